"""The tables of a report and the output formats: one line each, which names the object that declares it.

Names import nothing. `actbench report --help` lists them without numpy, and a report loads only the formats
that it is written in.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Generic, TypeVar

from actbench.errors import ArgumentError, did_you_mean

if TYPE_CHECKING:
    from actbench.report.renderers.renderer import Renderer
    from actbench.report.tables.table import ReportTable

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
