"""Which cells of a run are trained again, and the plan of doing so."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from actbench.config.schema import BenchConfig
from actbench.datasets import describe
from actbench.errors import DataError, StoreError
from actbench.plan import make_plan
from actbench.planned import Block, CellPlan, Plan
from actbench.records import BlockRecord, Cell, RunInfo
from actbench.store import StoredRun
from actbench.streams import permutation


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
