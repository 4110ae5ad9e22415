"""The steps of `actbench verify`: choose cells of a run, train them again, compare with the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from actbench.analysis.verification import Verification, check_cell
from actbench.config.schema.bench import BenchConfig
from actbench.datasets.dataset import describe
from actbench.environment import compare_environments
from actbench.errors import ArgumentError, DataError, NothingMeasuredError, StoreError
from actbench.execution.local import run_blocks
from actbench.execution.protocol import Finished
from actbench.plan.build import make_plan
from actbench.plan.models import Plan
from actbench.rng import permutation
from actbench.store.reading import open_run, require_trainings

if TYPE_CHECKING:
    from actbench.execution.protocol import Event, Execute
    from actbench.metrics.registry import ScoreName
    from actbench.plan.cell import CellPlan
    from actbench.plan.models import Block
    from actbench.records.block import BlockRecord, Cell
    from actbench.records.run import RunInfo
    from actbench.store.reading import StoredRun

CELLS = 3

# Half a percentage point of accuracy: the seeds of one activation usually differ by less, so that a larger
# difference is another result.
TOLERANCE = 0.005


@dataclass(frozen=True)
class RecordedCell:
    """A cell of the ledger beside the plan that trains it again.

    Attributes:
        record: The block in the ledger.
        measured: The cell in that block.
        block: The block as today's plan has it. Its id may differ, because newer versions hash other keys.
        cell: The cell as today's plan has it.
    """

    record: BlockRecord
    measured: Cell
    block: Block
    cell: CellPlan


def verify_run(
    path: Path,
    cells: int = CELLS,
    *,
    tolerance: float = TOLERANCE,
    listen: Callable[[Plan | Event], None] = lambda _: None,
    execute: Execute = run_blocks,
) -> Verification:
    """Train some cells of a run again and compare the results; the run folder is only read.

    Args:
        path: The run folder.
        cells: Number of cells, at least 1; all cells if the run has fewer.
        tolerance: Largest difference in test score that passes, 0 to 1.
        listen: Called with the plan of the second trainings, then with every event.
        execute: Measures blocks; tests pass their own.

    Raises:
        ArgumentError: `cells` or `tolerance` is out of range.
        StoreError: The run cannot be read, nothing was trained in it, or its config makes another plan today.
        DataError: The data is not what the run was trained on.
        NothingMeasuredError: No cell is recorded, or none could be trained again.
    """
    _check_arguments(cells, tolerance)
    stored = open_run(path)
    require_trainings(stored)
    recorded = recorded_cells(stored)
    if not recorded:
        raise NothingMeasuredError(f"{path}: no block is measured, so there is nothing to verify")
    chosen = choose_cells(recorded, cells)
    _check_data(stored.info, chosen)
    plan = _replay_plan(stored, chosen)
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
        raise ArgumentError("tolerance", f"{tolerance} is not a difference of scores; allowed: 0 to 1")


def _score(stored: StoredRun, entry: RecordedCell) -> ScoreName:
    return stored.info.dataset[entry.record.setting].score_name


def _changes(chosen: Sequence[RecordedCell], again: dict[str, BlockRecord]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the recorded and the present value of each fact of the environment that changed."""
    for entry in chosen:
        before, now = entry.record.environment, again[entry.block.id].environment
        if before is not None and now is not None:
            for name, (old, new) in compare_environments(before, now).items():
                yield name, str(old), str(new)


def recorded_cells(stored: StoredRun) -> list[RecordedCell]:
    """Return all cells of the ledger that are reported, diverged ones included, in the order of the plan.

    Each has the hyper-parameters that were chosen for it; trainings that tried candidates are left out.

    Raises:
        StoreError: The run's config cannot be run today, or makes another plan.
    """
    planned = dict(zip(stored.info.blocks, _planned_today(stored).blocks, strict=True))
    return [
        RecordedCell(
            record, measured, planned[record.block], cell.model_copy(update={"tuned": measured.tuned})
        )
        for record in stored.records
        if not record.tuning
        for measured, cell in zip(record.cells, planned[record.block].cells, strict=False)
    ]


def choose_cells(recorded: Sequence[RecordedCell], number: int) -> list[RecordedCell]:
    """Choose cells, always the same ones, spread as evenly as possible over activations and blocks.

    Args:
        recorded: From `recorded_cells`.
        number: Number of cells, at least 1; all cells if there are fewer.

    Returns:
        The chosen cells, in the order given.
    """
    if number >= len(recorded):
        return list(recorded)
    left = permutation(len(recorded), seed=0, role="verify").tolist()
    activations: Counter[str] = Counter()
    blocks: Counter[str] = Counter()

    def uses(index: int) -> tuple[int, int]:
        return activations[recorded[index].cell.label], blocks[recorded[index].block.id]

    chosen = []
    for _ in range(number):
        index = min(left, key=uses)
        left.remove(index)
        chosen.append(index)
        activations[recorded[index].cell.label] += 1
        blocks[recorded[index].block.id] += 1
    return [recorded[index] for index in sorted(chosen)]


def _check_data(info: RunInfo, chosen: Sequence[RecordedCell]) -> None:
    """Refuse to train on other data than the run did.

    Raises:
        DataError: The file or the choice of its rows has another hash.
    """
    settings = {entry.record.setting: entry.block.setting for entry in chosen}
    for name, setting in settings.items():
        then, own = info.dataset[name], setting.data_sha256
        if own is not None:  # The user's own file: if it has changed, the remedy is to restore it.
            files = " and ".join(filter(None, (setting.dataset.path, setting.dataset.test_path)))
            _check_hash(then.name, "its file", then.sha256, own, f"restore what was in {files} then")
        now = describe(setting.dataset.spec(), setting.kinds)
        _check_hash(then.name, "its file", then.sha256, now.sha256, _remedy(info))
        _check_hash(then.name, "the choice of its rows", then.split_sha256, now.split_sha256, _remedy(info))


def _check_hash(data: str, what: str, was: str, is_now: str, remedy: str) -> None:
    if was != is_now:
        raise DataError(
            f"{data} is not what the run was trained on: {what} has the hash {is_now}, recorded is {was}; "
            f"{remedy}"
        )


def _replay_plan(stored: StoredRun, chosen: Sequence[RecordedCell]) -> Plan:
    """Return the plan of the chosen cells alone, without the timing that comes after the training."""
    cells: dict[str, tuple[CellPlan, ...]] = {}
    for entry in chosen:
        cells[entry.block.id] = (*cells.get(entry.block.id, ()), entry.cell)
    blocks = {
        entry.block.id: entry.block.model_copy(update={"cells": cells[entry.block.id], "training_only": True})
        for entry in chosen
    }
    return Plan(
        run_id=stored.info.run_id,
        name=stored.info.name,
        settings=tuple({entry.block.setting.id: entry.block.setting for entry in chosen}.values()),
        blocks=tuple(blocks.values()),
        baseline=stored.info.baseline,
        placebo=stored.info.placebo,
    )


def _planned_today(stored: StoredRun) -> Plan:
    """Return the plan that this version makes of the run's config.

    Raises:
        StoreError: This version cannot run the config, or makes another plan of it.
        DataError: The source of an imported function has changed.
    """
    info = stored.info
    try:
        plan = make_plan(BenchConfig.model_validate(info.config))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise StoreError(
            f"{stored.path}: this actbench cannot run its config: {place}: {first['msg']}; {_remedy(info)}"
        ) from None
    seeds = {record.block: record.seed for record in stored.records}
    today = {name: block.seed for name, block in zip(info.blocks, plan.blocks, strict=False)}
    if (len(plan.blocks), plan.labels, today | seeds) != (len(info.blocks), info.activations, today):
        raise StoreError(
            f"{stored.path}: its config makes another plan today, of {len(plan.blocks)} blocks with the "
            f"cells {', '.join(plan.labels)}; {_remedy(info)}"
        )
    _check_sources(info, plan)
    return plan


def _check_sources(info: RunInfo, plan: Plan) -> None:
    """Refuse imported functions whose source is not the one that the run was trained with."""
    then = {entry.label: entry.source_sha256 for entry in info.described_in(info.settings[0].id)}
    for cell in plan.final[0].cells:  # every setting has the same functions
        if cell.function is not None and then.get(cell.label) != cell.source_sha256:
            raise DataError(
                f"{cell.label}: the source of {cell.function} is not what the run was trained with; "
                "verify with the source that it had then"
            )


def _remedy(info: RunInfo) -> str:
    version = info.environment.packages.get("actbench", "unknown")
    return f"verify with the actbench that made the run, version {version}"
