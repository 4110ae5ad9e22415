"""The Markdown format: a document as GitHub reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from actbench.report.registry import Renderer

if TYPE_CHECKING:
    from actbench.report.document import Document, Table

# Signs that GitHub would read as markup. Underscores inside words and brackets without a link are plain text.
_SPECIAL = re.compile(r"[\\|*`<]|(?<!\w)_|_(?!\w)|\](?=[(\[:])")


def to_markdown(document: Document) -> str:
    """Return headings, lists of facts, tables and notes. Labels stay text, whatever signs they contain."""
    lines = [f"# {_text(document.title)}", "", *_facts(document.facts)]
    for section in document.sections:
        lines += ["", f"## {_text(section.title)}", "", *_facts(section.facts)]
        for table in section.tables:
            lines += ["", f"### {_text(table.title)}", "", *_table(table)]
    lines += ["", *(f"- {_text(note)}" for note in document.notes)]
    return "\n".join(lines) + "\n"


def _facts(facts: Iterable[tuple[str, str]]) -> list[str]:
    return [f"- **{name}**: {_text(value)}" for name, value in facts]


def _table(table: Table) -> list[str]:
    lines = [
        _line(_text(column.title) for column in table.columns),
        _line("---" if column.left else "---:" for column in table.columns),
        *(_line(map(_text, row)) for row in table.formatted()),
    ]
    if table.notes:
        lines += ["", *(f"- {_text(note)}" for note in table.notes)]
    return lines


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(words: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", " ".join(words.split()))


MARKDOWN = Renderer(document=lambda document, *_: to_markdown(document))
