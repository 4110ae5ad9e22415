"""The terminal format: a document as text for a screen of a given width."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from actbench.report.chart import to_text
from actbench.report.registry import Renderer

if TYPE_CHECKING:
    from actbench.report.document import Document, Table

_GAP = 2  # columns between two figures: the padding, and the place of a box's line

_LABEL = 12  # columns that a label keeps beside wide figures; a longer one is folded


def to_terminal(document: Document, width: int, color: bool) -> str:
    """Return lines of a width. Labels and sentences may be wrapped; figures are never cut or wrapped.

    Args:
        document: The document to show.
        width: Columns of the screen; a table whose figures need more is printed wider.
        color: True to use control sequences for bold and dim text.
    """
    text = io.StringIO()
    console = Console(file=text, width=width, force_terminal=color, no_color=not color, highlight=False)
    console.print(Text(document.title, style="bold"))
    _print_facts(console, document.facts)
    for section in document.sections:
        console.print()
        console.print(Text(section.title, style="bold"))
        _print_facts(console, section.facts)
        for table in section.tables:
            console.print()
            _print_table(console, table)
        for chart in section.charts:
            console.print()
            console.print(Text.from_ansi(to_text(chart, width, color)), end="")
    console.print()
    for note in document.notes:
        console.print(Text(note, style="dim"))
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _print_facts(console: Console, facts: tuple[tuple[str, str], ...]) -> None:
    grid = RichTable.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(Text(name, style="dim"), Text(value))
    console.print(grid)


def _print_table(console: Console, table: Table) -> None:
    grid = RichTable(box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False)
    rows = table.formatted()
    needed = -_GAP
    for column, *cells in zip(table.columns, *rows, strict=True):
        least = max(map(cell_len, (column.title, *cells)))
        if column.kind == "text":
            least = min(least, _LABEL)
        needed += least + _GAP
        grid.add_column(
            Text(column.title),
            justify="left" if column.left else "right",
            no_wrap=column.kind != "text",
            min_width=least,
            overflow="fold",
        )
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    console.print(Text(table.title, style="bold"))
    width = console.width
    console.width = max(width, needed)
    console.print(grid)
    console.width = width
    for note in table.notes:
        console.print(Text(note))


TERMINAL = Renderer(document=to_terminal)
