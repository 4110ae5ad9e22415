"""A comparison of two runs, written down in the format that is asked for."""

from collections.abc import Sequence
from typing import Literal, get_args

from actbench.analysis.changes import Changes
from actbench.analysis.gate import Check, Gate

ChangesFormat = Literal["terminal", "markdown", "json", "junit", "benchmark-action"]
CHANGES_FORMATS: tuple[ChangesFormat, ...] = get_args(ChangesFormat)


def render_changes(
    changes: Changes,
    gate: Gate,
    checks: Sequence[Check],
    format: ChangesFormat,  # noqa: A002 - the name of the command's option
    *,
    width: int = 80,
    color: bool = False,
) -> str:
    """Write a comparison down.

    Args:
        changes: From `compare_runs`.
        gate: What NEW may not do.
        checks: From `check_all`.
        format: Which one.
        width: Columns of the terminal; other formats ignore it.
        color: Whether the terminal may show bold and dim text; other formats ignore it.

    Returns:
        Text that ends with a newline.
    """
    match format:
        case "json":
            from actbench.report.changes_json import changes_to_json

            return changes_to_json(changes, gate, checks)
        case "junit":
            from actbench.report.junit import changes_to_junit

            return changes_to_junit(changes, checks)
        case "benchmark-action":
            from actbench.report.benchmark_action import changes_to_benchmark_action

            return changes_to_benchmark_action(changes)
        case "markdown":
            from actbench.report.changes_layout import lay_out_changes
            from actbench.report.markdown import to_markdown

            return to_markdown(lay_out_changes(changes, gate, checks))
        case "terminal":
            from actbench.report.changes_layout import lay_out_changes
            from actbench.report.terminal import to_terminal

            return to_terminal(lay_out_changes(changes, gate, checks), width, color)
