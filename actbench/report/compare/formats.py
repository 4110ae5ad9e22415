"""The formats of a comparison of two runs. To add one, write its function and add it to `CHANGES_FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actbench.report.compare.benchmark_action import changes_to_benchmark_action
from actbench.report.compare.document import lay_out_changes
from actbench.report.compare.json import changes_to_json
from actbench.report.compare.junit import changes_to_junit
from actbench.report.renderers.markdown import to_markdown
from actbench.report.renderers.terminal import to_terminal

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import Changes
    from actbench.analysis.comparison.gate import Check, Gate


@dataclass(frozen=True)
class GatedChanges:
    """Everything that a format may show of a comparison.

    Attributes:
        changes: From `compare_runs`.
        gate: The limits that NEW has to keep.
        checks: From `check_all`.
        width: Columns of the terminal.
        color: True if the terminal may show bold and dim text.
    """

    changes: Changes
    gate: Gate
    checks: Sequence[Check]
    width: int = 80
    color: bool = False


def _terminal(shown: GatedChanges) -> str:
    return to_terminal(lay_out_changes(shown.changes, shown.gate, shown.checks), shown.width, shown.color)


def _markdown(shown: GatedChanges) -> str:
    return to_markdown(lay_out_changes(shown.changes, shown.gate, shown.checks))


# In the order in which `actbench compare --help` lists them, which has the names, too.
CHANGES_FORMATS: dict[str, Callable[[GatedChanges], str]] = {
    "terminal": _terminal,
    "markdown": _markdown,
    "json": lambda shown: changes_to_json(shown.changes, shown.gate, shown.checks),
    "junit": lambda shown: changes_to_junit(shown.changes, shown.checks),
    "benchmark-action": lambda shown: changes_to_benchmark_action(shown.changes),
}


def render_changes(
    changes: Changes,
    gate: Gate,
    checks: Sequence[Check],
    format: str,  # noqa: A002 - the name of the command's option
    *,
    width: int = 80,
    color: bool = False,
) -> str:
    """Return a comparison in one of the `CHANGES_FORMATS`.

    Args:
        changes: From `compare_runs`.
        gate: The limits that NEW has to keep.
        checks: From `check_all`.
        format: A key of `CHANGES_FORMATS`.
        width: Columns of the terminal; other formats ignore it.
        color: True if the terminal may show bold and dim text; other formats ignore it.

    Returns:
        Text that ends with a newline.
    """
    return CHANGES_FORMATS[format](GatedChanges(changes, gate, checks, width, color))
