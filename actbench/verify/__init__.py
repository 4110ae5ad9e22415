"""Trains some cells of a run again and holds what they measure against the ledger.

Each block runs with the chosen cells alone. That this changes no number is a promise of the engine, and is
verified with the rest.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from actbench.environment import compare_environments
from actbench.errors import ArgumentError, NothingMeasuredError
from actbench.execution import Event, run_blocks
from actbench.messages import Finished
from actbench.metric_names import ScoreName
from actbench.planned import Block, Plan
from actbench.records import BlockRecord
from actbench.store import StoredRun, open_run, require_trainings
from actbench.verify.choice import Recorded, check_data, choose, recorded_cells, replay
from actbench.verify.outcome import CellCheck, Result, Verification, check_cell

__all__ = ["CELLS", "TOLERANCE", "CellCheck", "Result", "Verification", "verify_run"]

CELLS = 3
# Half a percentage point: more than seeds of one activation usually differ by, so that beyond it is another
# result.
TOLERANCE = 0.005

Execute = Callable[[Sequence[Block]], Iterator[Event]]


def verify_run(
    path: Path,
    cells: int = CELLS,
    *,
    tolerance: float = TOLERANCE,
    listen: Callable[[Plan | Event], None] = lambda _: None,
    execute: Execute = run_blocks,
) -> Verification:
    """Trains some cells of a run again; the run folder is only read.

    Args:
        path: The run folder.
        cells: How many; all where there are fewer.
        tolerance: Largest difference in test score that passes, 0 to 1.
        listen: Called with the plan of what will be trained and then with every event.
        execute: Measures blocks; tests pass their own.

    Raises:
        ConfigError: `cells` or `tolerance` is out of range.
        StoreError: The run cannot be read, nothing was trained in it, or its config makes another plan today.
        DataError: The data is not what the run was trained on.
        NothingMeasuredError: No cell is recorded, or none could be trained again.
    """
    _check_arguments(cells, tolerance)
    stored = open_run(path)
    require_trainings(stored)
    recorded = recorded_cells(stored)
    if not recorded:
        raise NothingMeasuredError(f"{path}: no block is measured, so that there is nothing to verify")
    chosen = choose(recorded, cells)
    check_data(stored.info, chosen)
    plan = replay(stored, chosen)
    listen(plan)
    again: dict[str, BlockRecord] = {}
    for event in execute(plan.blocks):
        if isinstance(event, Finished):
            again[event.record.block] = event.record
        listen(event)
    failed = tuple(record for record in again.values() if record.status == "failed")
    if len(failed) == len(again):
        raise NothingMeasuredError(f"{path}: no block could be measured again: {failed[0].reason}")
    return Verification(
        path=path,
        run_id=stored.info.run_id,
        tolerance=tolerance,
        scores=tuple(dict.fromkeys(_score(stored, entry) for entry in chosen)),
        checks=tuple(
            check_cell(entry.record, entry.measured, again[entry.block.id], tolerance, _score(stored, entry))
            for entry in chosen
        ),
        names={setting.id: setting.name for setting in stored.info.settings},
        changes=tuple(dict.fromkeys(_changes(chosen, again))),
        failed=failed,
    )


def _check_arguments(cells: int, tolerance: float) -> None:
    if cells < 1:
        raise ArgumentError("cells", f"{cells} cells cannot be verified; allowed: 1 or more")
    if not 0.0 <= tolerance <= 1.0:
        raise ArgumentError("tolerance", f"{tolerance} is no difference of scores; allowed: 0 to 1")


def _score(stored: StoredRun, entry: Recorded) -> ScoreName:
    return stored.info.dataset[entry.record.setting].score_name


def _changes(chosen: Sequence[Recorded], again: dict[str, BlockRecord]) -> Iterator[tuple[str, str, str]]:
    for entry in chosen:
        before, now = entry.record.environment, again[entry.block.id].environment
        if before is not None and now is not None:
            for name, (old, new) in compare_environments(before, now).items():
                yield name, str(old), str(new)
