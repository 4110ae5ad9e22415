"""The tables of a report and its output formats: what each one declares, and one line for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from actbench.errors import ArgumentError, did_you_mean

if TYPE_CHECKING:
    from actbench.analysis.figures import Row
    from actbench.report.chart import Chart
    from actbench.report.document import Document, DocumentSection, Table
    from actbench.report.view import Report, SettingView


@dataclass(frozen=True, kw_only=True)
class Renderer:
    """An output format: one of two functions. It has the name that it is registered under.

    Attributes:
        document: Return a document, with its rounded figures, as text that ends with a newline. The other
            arguments are the columns of the terminal, and True for bold and dim text; files need neither.
        figures: Return the unrounded figures of one table, or of "all", as text that ends with a newline.
    """

    document: Callable[[Document, int, bool], str] | None = None
    figures: Callable[[Report, str], str] | None = None

    def __post_init__(self) -> None:
        """Refuse a declaration that says nothing, or two things.

        Raises:
            ValueError: Not exactly one function is given.
        """
        if (self.document is None) == (self.figures is None):
            raise ValueError("a renderer has either document or figures")


Compares = Literal["nothing", "figures", "verdicts"]
"""Relation of a table to the baseline: it shows differences or ratios ("figures"), and judges them, too."""


@dataclass(frozen=True)
class RepeatedFigures:
    """Figures that one activation has several times, such as a latency for each batch size.

    JSON has them as a list of objects. The table's CSV has one line for each.

    Attributes:
        key: Key of the list in JSON.
        objects: Return the objects of one activation, for JSON.
        csv_columns: Keys of a line in CSV, so that an activation without figures has the same columns.
        csv_lines: Return the lines of one activation, each with some of `csv_columns`.
        csv_of_all: Return the columns that stand for the lines in the CSV of all tables, which has one line
            per activation; none by default.
    """

    key: str
    objects: Callable[[SettingView, Row], list[dict[str, Any]]]
    csv_columns: tuple[str, ...]
    csv_lines: Callable[[SettingView, Row], list[dict[str, Any]]]
    csv_of_all: Callable[[SettingView, Row], dict[str, Any]] = lambda *_: {}


@dataclass(frozen=True)
class OwnRows:
    """Rows of a table that are not one per setting and activation.

    Attributes:
        csv_lines: Return the lines of the table's CSV.
        csv_example: Return a line without figures, for the columns of a table that has no lines.
        run_objects: Return the list that JSON has at its top under the table's name; other tables leave it
            empty. None for no such list.
        setting_object: Return what JSON has in each setting under the table's name, whichever table was asked
            for. None for no such key.
    """

    csv_lines: Callable[[Report], list[dict[str, Any]]]
    csv_example: Callable[[Report], dict[str, Any]]
    run_objects: Callable[[Report], list[dict[str, Any]]] | None = None
    setting_object: Callable[[SettingView], dict[str, Any] | None] | None = None


@dataclass(frozen=True, kw_only=True)
class ReportTable:
    """A table of a report. Its name is the one that it is registered under.

    Attributes:
        build: Return the tables of one setting.
        notes: Return how to read them, one string per note.
        compares: "verdicts" if the table judges differences to the baseline, "figures" if it shows some.
        values: Return the figures of one activation, by their names in JSON and CSV: numbers, text, or the
            objects of `json_values`.
        repeated: Figures that an activation has several times.
        own_rows: Rows instead of those of `values` and `repeated`.
        build_overview: Return a section over all settings, which stands at the head of a report.
        charts: Return the charts of one setting.
        absence: Return the reason why a run does not have the table; None if it has the table.
        in_all: False if a report of all tables leaves it out.
        new_data: True if `generalise` adds to it.
        csv_name: Stem of its file in a run folder; its name by default.
    """

    build: Callable[[SettingView], list[Table]] = lambda _: []
    notes: Callable[[Report], tuple[str, ...]]
    compares: Compares = "nothing"
    values: Callable[[SettingView, Row], dict[str, Any]] = lambda *_: {}
    repeated: RepeatedFigures | None = None
    own_rows: OwnRows | None = None
    build_overview: Callable[[Report], DocumentSection] | None = None
    charts: Callable[[SettingView], list[Chart]] = lambda _: []
    absence: Callable[[Report], str | None] = lambda _: None
    in_all: bool = True
    new_data: bool = False
    csv_name: str = ""


Entry = TypeVar("Entry")

ALL_TABLES = "all"
"""The name that stands for every table of a report."""


class Registry(Generic[Entry]):
    """Entries by name, in the order in which a report shows and a message lists them.

    Attributes:
        aliases: Former names, which stay valid, with the names that replaced them.
    """

    def __init__(
        self,
        argument: str,
        entries: Mapping[str, str],
        aliases: Mapping[str, str] | None = None,
        also: tuple[str, ...] = (),
    ) -> None:
        """Take the entries that come with actbench.

        Args:
            argument: Name of the argument that takes the names, for messages.
            entries: "module:object" by name; the module is imported when `find` first needs the object.
            aliases: Former names, which stay valid, with the names that replaced them.
            also: Words that the argument takes besides, such as "all".
        """
        self._argument = argument
        self._entries: dict[str, Entry | str] = dict(entries)
        self.aliases = dict(aliases or {})
        self._also = also

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the entries."""
        return tuple(self._entries)

    @property
    def choices(self) -> tuple[str, ...]:
        """Return everything that the argument takes, but for aliases."""
        return (*self._entries, *self._also)

    def register(self, name: str, entry: Entry | str) -> None:
        """Add an entry behind the others; a script or a plug-in of its own calls this.

        Args:
            name: The name on the command line and in Python.
            entry: The object, or "module:object", which is imported when it is needed.

        Raises:
            ValueError: The name is taken.
        """
        if name in self.choices or name in self.aliases:
            raise ValueError(f"there is a {self._argument} {name!r} already; use another name")
        self._entries[name] = entry

    def unregister(self, name: str) -> None:
        """Remove an entry."""
        del self._entries[name]

    def resolve(self, word: str) -> str:
        """Return the name that a name or an alias stands for.

        Raises:
            ArgumentError: There is no such name.
        """
        name = self.aliases.get(word, word)
        if name not in self.choices:
            hint = did_you_mean(str(word), (*self.choices, *self.aliases))
            allowed = ", ".join(self.choices)
            raise ArgumentError(self._argument, f"there is no {word!r}; allowed: {allowed}{hint}")
        return name

    def find(self, name: str) -> Entry:
        """Return the entry of a name or of an alias, and import it if need be."""
        name = self.aliases.get(name, name)
        entry = self._entries[name]
        if isinstance(entry, str):
            module, _, attribute = entry.partition(":")
            found: Entry = getattr(import_module(module), attribute)
            self._entries[name] = found
            return found
        return entry


_HERE = "actbench.report"

TABLES: Registry[ReportTable] = Registry(
    "table",
    {  # in the order of the report, and of the keys of a row in JSON
        "summary": f"{_HERE}.tables.summary:SUMMARY",
        "accuracy": f"{_HERE}.tables.accuracy:ACCURACY",
        "time": f"{_HERE}.tables.time:TIME",
        "pareto": f"{_HERE}.tables.pareto:PARETO",
        "inference": f"{_HERE}.tables.inference:INFERENCE",
        "diagnostics": f"{_HERE}.tables.diagnostics:DIAGNOSTICS",
        "metrics": f"{_HERE}.tables.metrics:METRICS",
        "tuning": f"{_HERE}.tables.tuning:TUNING",
    },
    aliases={"why": "diagnostics"},  # the earlier name; scripts may use it
    also=(ALL_TABLES,),
)

FORMATS: Registry[Renderer] = Registry(
    "format",
    {
        "terminal": f"{_HERE}.renderers.terminal:TERMINAL",
        "markdown": f"{_HERE}.renderers.markdown:MARKDOWN",
        "html": f"{_HERE}.renderers.html:HTML",
        "latex": f"{_HERE}.renderers.latex:LATEX",
        "csv": f"{_HERE}.renderers.csv:CSV",
        "json": f"{_HERE}.renderers.json:JSON",
    },
)
