"""Reading a run folder, also while another process writes to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from actbench.errors import StoreError
from actbench.records import BlockRecord, RunInfo
from actbench.store.checks import check_measured, check_planned
from actbench.store.codec import decode
from actbench.store.files import reporting
from actbench.store.layout import INFO_FILE, LEDGER_FILE
from actbench.store.ledger import Ledger


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
