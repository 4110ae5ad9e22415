"""The formats of a comparison of two runs: one line each, which names the function that writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actbench.report.registry import Registry

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import Changes
    from actbench.analysis.comparison.gate import Check, Gate


@dataclass(frozen=True)
class GatedChanges:
    """Everything that a format may show of a comparison.

    Attributes:
        changes: What changed from OLD to NEW, from `compare_runs`.
        gate: The limits that NEW has to keep.
        checks: The rulings of the gate, from `check_all`.
        width: Columns of the terminal.
        color: True if the terminal may show bold and dim text.
    """

    changes: Changes
    gate: Gate
    checks: Sequence[Check]
    width: int = 80
    color: bool = False


_HERE = "actbench.report.compare"

CHANGES_FORMATS: Registry[Callable[[GatedChanges], str]] = Registry(
    "format",
    {
        "terminal": f"{_HERE}.document:changes_to_terminal",
        "markdown": f"{_HERE}.document:changes_to_markdown",
        "json": f"{_HERE}.json:changes_to_json",
        "junit": f"{_HERE}.junit:changes_to_junit",
        "benchmark-action": f"{_HERE}.benchmark_action:changes_to_benchmark_action",
    },
)


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
        format: A name in `CHANGES_FORMATS`.
        width: Columns of the terminal; other formats ignore it.
        color: True if the terminal may show bold and dim text; other formats ignore it.

    Returns:
        Text that ends with a newline.

    Raises:
        ArgumentError: There is no such format.
    """
    write = CHANGES_FORMATS.find(CHANGES_FORMATS.resolve(format))
    return write(GatedChanges(changes, gate, checks, width, color))
