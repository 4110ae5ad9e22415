"""Which cells of a run are trained again, and the plan of doing so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from actbench.config.schema.bench import BenchConfig
from actbench.datasets.dataset import describe
from actbench.environment import compare_environments
from actbench.errors import ArgumentError, DataError, NothingMeasuredError, StoreError
from actbench.execution.local import run_blocks
from actbench.execution.protocol import Event, Finished
from actbench.plan.build import make_plan
from actbench.plan.models import Block, Plan
from actbench.rng import permutation
from actbench.store.stored import open_run, require_trainings
from actbench.workflows.verify_outcome import Verification, check_cell

if TYPE_CHECKING:
    from actbench.metrics import ScoreName
    from actbench.plan.cell import CellPlan
    from actbench.records.block import BlockRecord, Cell
    from actbench.records.run import RunInfo
    from actbench.store.stored import StoredRun


@dataclass(frozen=True)
class Recorded:
    """A cell of the ledger, with what it takes to train it again.

    Attributes:
        record: The block it was measured in.
        measured: What it measured there.
        block: The block as it is planned today; its id may be another, for newer versions hash other keys.
        cell: The cell as it is planned today.
    """

    record: BlockRecord
    measured: Cell
    block: Block
    cell: CellPlan


def recorded_cells(stored: StoredRun) -> list[Recorded]:
    """All cells of the ledger that are reported, diverged ones included, in the order of the plan.

    Each has the hyper-parameters that were chosen for it.

    Raises:
        StoreError: The run's config cannot be run today, or makes another plan.
    """
    planned = dict(zip(stored.info.blocks, _planned_today(stored).blocks, strict=True))
    return [
        Recorded(record, measured, planned[record.block], cell.model_copy(update={"tuned": measured.tuned}))
        for record in stored.records
        if not record.tuning
        for measured, cell in zip(record.cells, planned[record.block].cells, strict=False)
    ]


def choose(recorded: Sequence[Recorded], wanted: int) -> list[Recorded]:
    """That many cells, always the same, spread over activations and blocks as evenly as it goes.

    Args:
        recorded: From `recorded_cells`.
        wanted: At least 1; all cells where there are fewer.

    Returns:
        In the order given.
    """
    if wanted >= len(recorded):
        return list(recorded)
    left = permutation(len(recorded), seed=0, role="verify").tolist()
    activations: Counter[str] = Counter()
    blocks: Counter[str] = Counter()

    def uses(index: int) -> tuple[int, int]:
        return activations[recorded[index].cell.label], blocks[recorded[index].block.id]

    chosen = []
    for _ in range(wanted):
        index = min(left, key=uses)
        left.remove(index)
        chosen.append(index)
        activations[recorded[index].cell.label] += 1
        blocks[recorded[index].block.id] += 1
    return [recorded[index] for index in sorted(chosen)]


def check_data(info: RunInfo, chosen: Sequence[Recorded]) -> None:
    """Refuses to train on other data than the run did.

    Raises:
        DataError: The file or the choice of its rows has another hash.
    """
    settings = {entry.record.setting: entry.block.setting for entry in chosen}
    for name, setting in settings.items():
        then, own = info.dataset[name], setting.data_sha256
        if own is not None:  # of files that have changed, nothing else is to be told
            files = " and ".join(filter(None, (setting.dataset.path, setting.dataset.test_path)))
            _check_hash(then.name, "its file", then.sha256, own, f"restore what was in {files} then")
        now = describe(setting.dataset.wanted(), setting.kinds)
        _check_hash(then.name, "its file", then.sha256, now.sha256, _remedy(info))
        _check_hash(then.name, "the choice of its rows", then.split_sha256, now.split_sha256, _remedy(info))


def _check_hash(data: str, what: str, was: str, is_now: str, remedy: str) -> None:
    if was != is_now:
        raise DataError(
            f"{data} is not what the run was trained on: {what} has the hash {is_now}, recorded is {was}; "
            f"{remedy}"
        )


def replay(stored: StoredRun, chosen: Sequence[Recorded]) -> Plan:
    """The plan of the chosen cells alone, without the timing that comes after the training."""
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
    """Refuses functions of the user's that are not those of the run."""
    then = {entry.label: entry.source_sha256 for entry in info.described_in(info.settings[0].id)}
    for cell in plan.final[0].cells:  # the same functions in every setting
        if cell.function is not None and then.get(cell.label) != cell.source_sha256:
            raise DataError(
                f"{cell.label}: the source of {cell.function} is not what the run was trained with; "
                "verify with the source that it had then"
            )


def _remedy(info: RunInfo) -> str:
    version = info.environment.packages.get("actbench", "unknown")
    return f"verify with the actbench that made the run, version {version}"


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
