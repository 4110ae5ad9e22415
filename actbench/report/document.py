"""The format-free document: headings, facts, tables and notes, which every renderer shows in its own way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from actbench.report.formatting import format_value

if TYPE_CHECKING:
    from actbench.report.chart import Chart
    from actbench.report.formatting import FigureKind, Value

Facts = tuple[tuple[str, str], ...]
"""Names and values, such as ("system", "Linux 6.1")."""


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes:
        title: The heading.
        facts: Names and values that hold for the whole run.
        sections: The sections, in a report one per setting.
        notes: How to read the tables, one line each.
    """

    title: str
    facts: Facts
    sections: tuple[DocumentSection, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class DocumentSection:
    """A part of a document, such as what was trained in one setting, and its tables.

    Attributes:
        title: The heading.
        facts: Names and values that hold for this section.
        tables: The tables, in order.
        charts: The charts behind the tables; formats without pictures leave them out.
    """

    title: str
    facts: Facts
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class Table:
    """A titled table.

    Attributes:
        title: The caption.
        columns: The columns, of which the first names the row.
        rows: As many values each as there are columns.
        notes: Remarks about single rows.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...] = ()

    def formatted(self) -> list[list[str]]:
        """Return the cells as they are shown, row by row."""
        return [
            [format_value(value, column.kind) for value, column in zip(row, self.columns, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True)
class Column:
    """A column of figures of one kind.

    Attributes:
        title: The heading, with the unit.
        kind: How the figures are shown. "text" and "words" are aligned to the left, all others to the right;
            only "text" may be wrapped.
        indifferent: The range in which a difference does not matter; None if no verdict is given on it.
    """

    title: str
    kind: FigureKind
    indifferent: tuple[float, float] | None = None

    @property
    def left(self) -> bool:
        """Return True for a column that is aligned to the left."""
        return self.kind in ("text", "words")
