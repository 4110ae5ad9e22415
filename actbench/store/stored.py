"""Reading a run folder, also while another process writes to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from actbench.errors import StoreError
from actbench.records import BlockRecord, RunInfo
from actbench.store.codec import decode
from actbench.store.files import reporting
from actbench.store.ledger import Ledger

CONFIG_FILE = "config.yaml"
INFO_FILE = "run.json"
LEDGER_FILE = "ledger.jsonl"


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
    """Read a run folder; one without a ledger has no records.

    Raises:
        StoreError: It is no run folder, damaged, or written by a newer actbench.
    """
    info = read_info(path)
    ledger = Ledger(path / LEDGER_FILE)
    return StoredRun(path, info, latest(ledger, info), ledger.torn)


def is_run_folder(path: Path) -> bool:
    """Whether a run was started here; it may still be damaged."""
    try:
        return (path / INFO_FILE).is_file()
    except OSError:  # for instance a folder that may not be searched
        return False


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
    return decode(RunInfo, content, str(path / INFO_FILE))


def latest(ledger: Ledger, info: RunInfo) -> tuple[BlockRecord, ...]:
    """The last line of each block, in the order of the plan: a failed block may have been tried again.

    Raises:
        StoreError: As `Ledger.read`, or a block is not in the plan.
    """
    by_block = {record.block: record for record in ledger.read()}
    _check_planned(by_block, info, ledger.path)
    return tuple(by_block[block] for block in info.blocks if block in by_block)


def _check_planned(blocks: Iterable[str], info: RunInfo, path: Path) -> None:
    unplanned = sorted(set(blocks) - set(info.blocks))
    if unplanned:
        raise StoreError(f"{path}: block {unplanned[0]} is not in the plan of the {INFO_FILE} beside it")
