"""Run folders that are read: run.json, the ledger, and the check that the two belong together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.errors import StoreError
from actbench.records.run import RunInfo
from actbench.store.files import INFO_FILE, LEDGER_FILE, as_store_error
from actbench.store.ledger import Ledger, decode_record

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord, Cell


@dataclass(frozen=True)
class StoredRun:
    """The content of a run folder.

    Attributes:
        path: The run folder.
        info: The content of run.json.
        records: The finished blocks, each once, in the order of the plan.
        torn: True if the ledger ends in the middle of a line, because a writer was stopped or is writing now.
    """

    path: Path
    info: RunInfo
    records: tuple[BlockRecord, ...]
    torn: bool


def open_run(path: Path) -> StoredRun:
    """Read a run folder.

    Raises:
        StoreError: It is no run folder, has no ledger, is damaged, or was written by a newer actbench.
    """
    info = read_info(path)
    ledger = Ledger(path / LEDGER_FILE)
    if not ledger.path.exists():
        raise StoreError(f"{path} has no {LEDGER_FILE}: its results are missing, or it was never started")
    records, torn = ledger.scan()
    return StoredRun(path, info, latest_records(records, info, ledger.path), torn)


def require_trainings(stored: StoredRun) -> None:
    """Refuse a run of `actbench micro`.

    Raises:
        StoreError: Nothing was trained in the run.
    """
    if stored.info.kind == "micro":
        raise StoreError(
            f"{stored.path} is a run of actbench micro, in which nothing was trained; "
            "use a run of actbench run"
        )


def read_info(path: Path) -> RunInfo:
    """Read the run.json of a run folder.

    Raises:
        StoreError: It is no run folder, is damaged, or was written by a newer actbench.
    """
    with as_store_error(f"read {path / INFO_FILE}"):
        try:
            content = (path / INFO_FILE).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StoreError(f"{path} is no run folder: it has no {INFO_FILE}") from error
    info = decode_record(RunInfo, content, str(path / INFO_FILE))
    for role, label in (("baseline", info.baseline), ("placebo", info.placebo)):
        if label is not None and label not in info.activations:
            raise StoreError(
                f"{path / INFO_FILE}: is damaged: the {role}, {label}, is none of its activations, "
                f"{', '.join(info.activations)}"
            )
    return info


def latest_records(records: Iterable[BlockRecord], info: RunInfo, ledger: Path) -> tuple[BlockRecord, ...]:
    """Return the last record of each block, in the order of the plan.

    A block has several records if it failed and was tried again.

    Args:
        records: All records, in the order of the ledger.
        info: The plan.
        ledger: The ledger's path, for messages.

    Raises:
        StoreError: A block is not in the plan, or a measured block lacks what the analysis relies on.
    """
    by_block = {record.block: record for record in records}
    unplanned = sorted(by_block.keys() - set(info.blocks))
    if unplanned:
        raise StoreError(f"{ledger}: block {unplanned[0]} is not in the plan of the {INFO_FILE} beside it")
    kept = tuple(by_block[block] for block in info.blocks if block in by_block)
    _check_measured([record for record in kept if record.status == "ok"], info, ledger)
    return kept


def _check_measured(records: Sequence[BlockRecord], info: RunInfo, ledger: Path) -> None:
    """Refuse measured blocks that lack what the analysis relies on beyond the types of the fields.

    Raises:
        StoreError: A block is damaged.
    """
    batch_sizes: dict[tuple[str, bool], list[int]] = {}  # by setting: the seeds of a setting are pooled
    for record in records:
        problem = _micro_problem(record, info) if info.kind == "micro" else _block_problem(record, info)
        calls = {_calls(cell) for cell in record.cells if cell.status == "ok"}
        sizes = [size for size, _ in min(calls, default=())]
        pooled = (record.setting, record.tuning)
        if len(calls) > 1 or (calls and sizes != batch_sizes.setdefault(pooled, sizes)):
            problem = problem or "a cell has other inference batch sizes or rounds than the others"
        if problem is not None:
            raise StoreError(f"{ledger}: block {record.block} is damaged: {problem}")


def _calls(cell: Cell) -> tuple[tuple[int, int], ...]:
    """Return the batch size and the number of rounds of each inference measurement."""
    return tuple((entry.batch_size, len(entry.latency_s)) for entry in cell.inference)


def _block_problem(record: BlockRecord, info: RunInfo) -> str | None:
    """Say what does not fit the plan in a block of trainings; None if everything does."""
    if record.setting not in info.dataset:
        return f"its setting is not in the plan of the {INFO_FILE} beside it"
    if record.tuning != (record.block in info.tuning_blocks):
        kinds = ("a tuning block", "a final block")
        recorded, planned = kinds if record.tuning else reversed(kinds)
        return f"it is {recorded}, and in the plan {planned}"
    labels = [label for label in info.activations if not (record.tuning and label == info.placebo)]
    if [cell.activation for cell in record.cells] != labels:
        return f"its cells are not those of the plan, {', '.join(labels)}"
    if record.environment is None or record.phases is None:
        return "it does not say where it was measured, or how long that took"
    finished = [cell for cell in record.cells if cell.status == "ok"]
    return next(
        filter(None, (_length_problem(cell, record) for cell in finished)),
        _score_problem(finished, record, info),
    )


def _length_problem(cell: Cell, record: BlockRecord) -> str | None:
    """Say which values of a finished training are not one for each round or epoch."""
    rounds = len(record.slice_steps)
    if cell.epochs_trained is not None:  # early stopping: the longest training of the block has all rounds
        rounds = cell.epochs_trained * record.slices_per_epoch
    if len(cell.slice_s) != rounds or rounds > len(record.slice_steps):
        return f"a cell does not have {rounds} values of slice_s"
    if len(cell.extra_slice_s) != len(record.extra_slice_steps):
        return f"a cell does not have {len(record.extra_slice_steps)} values of extra_slice_s"
    if cell.epochs_trained is not None and not _has_epochs(cell, cell.epochs_trained):
        return f"a cell does not have the losses of {cell.epochs_trained} epochs, the best one included"
    return None


def _has_epochs(cell: Cell, epochs: int) -> bool:
    """Return True if a training has a loss for each epoch, and its best epoch is one of them."""
    if not len(cell.train_loss) == len(cell.validation_loss) == epochs:
        return False
    return cell.best_epoch is None or 1 <= cell.best_epoch <= epochs


def _score_problem(finished: Sequence[Cell], record: BlockRecord, info: RunInfo) -> str | None:
    """Say which scores the finished trainings of a block lack."""
    if record.tuning:
        missing = any(not cell.validation_score for cell in finished)
        return "a cell has no validation score" if missing else None
    if any(cell.test_score is None for cell in finished):
        return "a cell has no test score"
    if not all(_has_examples(cell, info.dataset[record.setting].test) for cell in finished):
        return "test_correct of a cell does not have one bit for each test example"
    return None


def _has_examples(cell: Cell, examples: int) -> bool:
    """Return True if `test_correct`, where there is one, is about this many examples."""
    if cell.test_correct is None:
        return True
    from actbench.records.block import unpack

    try:
        return len(unpack(cell.test_correct, examples)) == examples
    except ValueError:
        return False


def _micro_problem(record: BlockRecord, info: RunInfo) -> str | None:
    """Say what does not fit the plan in a block of `actbench micro`; None if everything does."""
    if tuple(samples.activation for samples in record.micro) != info.activations:
        return f"it has not timed what the plan names, {', '.join(info.activations)}"
    if record.environment is None or record.phases is None:
        return "it does not say where it was measured, or how long that took"
    if len({len(samples.call_s) for samples in record.micro}) != 1:
        return "it has not timed all activations equally often"
    if not all(seconds > 0.0 for samples in record.micro for seconds in samples.call_s):
        return "a call took no time"
    return None
