"""A report without a format: what is said, in what order, and which figures stand in which table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from actbench.report.formatting import format_value

if TYPE_CHECKING:
    from actbench.report.chart import Chart
    from actbench.report.formatting import FigureKind, Value


@dataclass(frozen=True)
class Column:
    """A column of figures of one kind.

    Attributes:
        title: With its unit.
        kind: How its figures are shown; "text" and "words" are aligned to the left, all others to the right;
            only "text" may be wrapped.
        indifferent: From where to where a difference counts as none; None where no verdict says so.
    """

    title: str
    kind: FigureKind
    indifferent: tuple[float, float] | None = None

    @property
    def left(self) -> bool:
        """Whether it is aligned to the left."""
        return self.kind in ("text", "words")


@dataclass(frozen=True)
class Table:
    """A titled table.

    Attributes:
        title: Names what is tabulated.
        columns: The first one names the row.
        rows: As many values each as there are columns.
        notes: What has to be said about single rows.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...] = ()

    def formatted(self) -> list[list[str]]:
        """The cells as they are shown, row by row."""
        return [
            [format_value(value, column.kind) for value, column in zip(row, self.columns, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True)
class Section:
    """One setting: what was trained, and its tables.

    Attributes:
        title: The heading.
        facts: Names and values.
        tables: In order.
        charts: Behind them, where a format has room for pictures.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes:
        title: The heading.
        facts: Names and values that hold for the whole run.
        sections: One per setting.
        notes: How to read the tables, one line each.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
