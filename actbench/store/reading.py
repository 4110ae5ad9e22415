"""Whether the finished blocks are those of the plan, and hold all that can be tabulated of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.errors import StoreError
from actbench.records.run import RunInfo
from actbench.store.files import INFO_FILE, LEDGER_FILE, reporting
from actbench.store.ledger import Ledger
from actbench.store.serialization import decode

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord, Cell


def check_planned(blocks: Iterable[str], info: RunInfo, path: Path) -> None:
    """Refuses blocks that nobody planned.

    Args:
        blocks: Their ids.
        info: The plan.
        path: The ledger, for the message.

    Raises:
        StoreError: There is one.
    """
    unplanned = sorted(set(blocks) - set(info.blocks))
    if unplanned:
        raise StoreError(f"{path}: block {unplanned[0]} is not in the plan of the {INFO_FILE} beside it")


def check_measured(records: Sequence[BlockRecord], info: RunInfo, path: Path) -> None:
    """Refuses blocks without what the analysis relies on beyond the types of the fields.

    Args:
        records: Those that are measured, each block once.
        info: The plan.
        path: The ledger, for the message.

    Raises:
        StoreError: There is one.
    """
    batch_sizes: dict[tuple[str, bool], list[int]] = {}  # by setting: its seeds are pooled
    for record in records:
        problem = _incomplete_micro(record, info) if info.kind == "micro" else _incomplete(record, info)
        calls = {_calls(cell) for cell in record.cells if cell.status == "ok"}
        sizes = [size for size, _ in min(calls, default=())]
        pooled = (record.setting, record.tuning)
        if len(calls) > 1 or (calls and sizes != batch_sizes.setdefault(pooled, sizes)):
            problem = problem or "a cell has other inference batch sizes or rounds than the others"
        if problem is not None:
            raise StoreError(f"{path}: block {record.block} is damaged: {problem}")


def _incomplete(record: BlockRecord, info: RunInfo) -> str | None:
    if record.setting not in info.dataset:
        return f"its setting is not in the plan of the {INFO_FILE} beside it"
    if record.tuning != (record.block in info.tuning_blocks):
        return "it is of a tuning where the plan has none there, or the other way round"
    planned = [label for label in info.activations if not (record.tuning and label == info.placebo)]
    if [cell.activation for cell in record.cells] != planned:
        return f"its cells are not those of the plan, {', '.join(planned)}"
    if record.environment is None or record.phases is None:
        return "it does not say where it was measured, or how long that took"
    ended_well = [cell for cell in record.cells if cell.status == "ok"]
    uneven = next(filter(None, (_uneven(cell, record) for cell in ended_well)), None)
    if uneven is not None:
        return uneven
    return _unseen(ended_well, record, info)


def _uneven(cell: Cell, record: BlockRecord) -> str | None:
    """What does not fit the rounds and epochs of a training that ended well."""
    rounds = _rounds(cell, record)
    if len(cell.slice_s) != rounds or rounds > len(record.slice_steps):
        return f"a cell does not have {rounds} values of slice_s"
    if len(cell.extra_slice_s) != len(record.extra_slice_steps):
        return f"a cell does not have {len(record.extra_slice_steps)} values of extra_slice_s"
    if cell.epochs_trained is not None and not _epochs_told(cell, cell.epochs_trained):
        return f"a cell does not tell of {cell.epochs_trained} epochs"
    return None


def _unseen(ended_well: Sequence[Cell], record: BlockRecord, info: RunInfo) -> str | None:
    """What trainings that ended well do not tell of the data they were judged by."""
    if record.tuning:
        missing = any(not cell.validation_score for cell in ended_well)
        return "a cell has no validation score" if missing else None
    if any(cell.test_score is None for cell in ended_well):
        return "a cell has no test score"
    if not all(_tells_of_all(cell, info.dataset[record.setting].test) for cell in ended_well):
        return "which test examples a cell got right is not told of all of them"
    return None


def _rounds(cell: Cell, record: BlockRecord) -> int:
    """How many slices a training took that ended well: fewer than the longest where it stopped early."""
    if cell.epochs_trained is None:
        return len(record.slice_steps)
    return cell.epochs_trained * record.slices_per_epoch


def _epochs_told(cell: Cell, epochs: int) -> bool:
    """Whether there is a loss of every epoch, and the best is one of them."""
    if not len(cell.train_loss) == len(cell.validation_loss) == epochs:
        return False
    return cell.best_epoch is None or 1 <= cell.best_epoch <= epochs


def _incomplete_micro(record: BlockRecord, info: RunInfo) -> str | None:
    if tuple(samples.activation for samples in record.micro) != info.activations:
        return f"it has not timed what the plan names, {', '.join(info.activations)}"
    if record.environment is None or record.phases is None:
        return "it does not say where it was measured, or how long that took"
    if len({len(samples.call_s) for samples in record.micro}) != 1:
        return "it has not timed all of them equally often"
    if not all(seconds > 0.0 for samples in record.micro for seconds in samples.call_s):
        return "a call took no time"
    return None


def _tells_of_all(cell: Cell, examples: int) -> bool:
    """Whether `test_correct`, where there is one, is about this many examples."""
    if cell.test_correct is None:
        return True
    from actbench.records.block import unpack  # loads numpy, which takes a moment

    try:
        return len(unpack(cell.test_correct, examples)) == examples
    except ValueError:
        return False


def _calls(cell: Cell) -> tuple[tuple[int, int], ...]:
    """Batch size and number of rounds of each inference measurement."""
    return tuple((entry.batch_size, len(entry.latency_s)) for entry in cell.inference)


@dataclass(frozen=True)
class StoredRun:
    """A run as it lies on disk.

    Attributes:
        path: The run folder.
        info: What was planned.
        records: The finished blocks, each once, in the order of the plan.
        torn: Whether the ledger ends in the middle of a line, because a writer was stopped or is at it now.
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
    return StoredRun(path, info, latest(records, info, ledger.path), torn)


def require_trainings(stored: StoredRun) -> None:
    """Refuse a run that is not one of `actbench run`.

    Raises:
        StoreError: Nothing was trained in it.
    """
    if stored.info.kind == "micro":
        raise StoreError(
            f"{stored.path} is a run of actbench micro, in which nothing was trained; "
            "allowed: one of actbench run"
        )


def read_info(path: Path) -> RunInfo:
    """The plan of a run folder.

    Raises:
        StoreError: As `open_run`.
    """
    with reporting(f"read {path / INFO_FILE}"):
        try:
            content = (path / INFO_FILE).read_bytes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StoreError(f"{path} is no run folder: it has no {INFO_FILE}") from error
    info = decode(RunInfo, content, str(path / INFO_FILE))
    for role, label in (("baseline", info.baseline), ("placebo", info.placebo)):
        if label is not None and label not in info.activations:
            raise StoreError(
                f"{path / INFO_FILE}: is damaged: the {role}, {label}, is none of its activations, "
                f"{', '.join(info.activations)}"
            )
    return info


def latest(records: Iterable[BlockRecord], info: RunInfo, path: Path) -> tuple[BlockRecord, ...]:
    """The last record of each block, in the order of the plan: a failed block may have been tried again.

    Args:
        records: In the order of the ledger.
        info: The plan.
        path: The ledger, for the message.

    Raises:
        StoreError: A block is not in the plan, or holds what could not be tabulated.
    """
    by_block = {record.block: record for record in records}
    check_planned(by_block, info, path)
    kept = tuple(by_block[block] for block in info.blocks if block in by_block)
    check_measured([record for record in kept if record.status == "ok"], info, path)
    return kept
