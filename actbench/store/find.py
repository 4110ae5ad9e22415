"""The search for runs under a folder, by path, name or id."""

import contextlib
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from actbench.errors import StoreError
from actbench.store.files import INFO_FILE, LEDGER_FILE, is_run_folder
from actbench.store.ledger import Ledger
from actbench.store.reading import open_run, read_info

# Folders below the given one: <name>/<run id>, and one more for a folder of several such folders.
_DEPTH = 3

# Digits of a run id that are enough to refer to a run.
_SHORTEST_ID = 4

# The time of a run whose files do not say when it was started: it is the oldest.
_NEVER = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class RunSummary:
    """One run in a list of runs.

    Attributes:
        path: The run folder.
        name: The config's name.
        run_id: As in run.json.
        created_at: ISO 8601 with time zone; empty if the run cannot be read.
        finished: Number of measured blocks, without failed ones.
        planned: Number of blocks of the plan; 0 if the run cannot be read.
        note: A message about what is wrong with the run; None if nothing is.
        kind: As in run.json; None if the run cannot be read.
    """

    path: Path
    name: str
    run_id: str
    created_at: str
    finished: int
    planned: int
    note: str | None = None
    kind: str | None = None


def find_run(root: Path, reference: str | None = None) -> Path:
    """Return the run folder that a reference means.

    Args:
        root: The folder of all runs, such as `results`.
        reference: A run folder, a config's name, a run id or at least its first 4 characters, or a folder
            that holds runs. If several runs have the name or are in the folder, the newest is meant. None
            means the newest run of all.

    Raises:
        StoreError: There is no such run, or several run ids begin with the reference.
    """
    if reference is None:
        return _newest(root)
    given = Path(reference)
    if is_run_folder(given):
        return given
    names = {path: _name_and_id(path) for path in newest_runs(root)}
    for path, name_and_id in names.items():
        if reference in name_and_id:
            return path
    newest_last = reversed(names.items())
    begun = {run_id: path for path, (_, run_id) in newest_last if run_id.startswith(reference)}
    if len(reference) >= _SHORTEST_ID and begun:
        if len(begun) > 1:
            raise StoreError(
                f"{reference!r} is the beginning of several run ids under {root}; "
                f"use one of {', '.join(sorted(begun))}"
            )
        return begun.popitem()[1]
    inside = newest_runs(given)
    if inside:
        return inside[0]
    raise StoreError(_not_found(root, reference, list(names.values())))


def list_runs(root: Path) -> list[RunSummary]:
    """Return all runs under a folder, the newest first; none if there is no such folder.

    A run that cannot be read is in the list, with a note.
    """
    return [_summary(path) for path in newest_runs(root)]


def _summary(path: Path) -> RunSummary:
    try:
        run = open_run(path)
    except StoreError as error:
        name, run_id = _name_and_id(path)
        return RunSummary(path, name, run_id, created_at="", finished=0, planned=0, note=str(error))
    finished = sum(record.status == "ok" for record in run.records)
    failed = len(run.records) - finished
    return RunSummary(
        path=path,
        name=run.info.name,
        run_id=run.info.run_id,
        created_at=run.info.created_at,
        finished=finished,
        planned=len(run.info.blocks),
        note=f"failed blocks: {failed}" if failed else None,
        kind=run.info.kind,
    )


def _name_and_id(path: Path) -> tuple[str, str]:
    """Return the name and the id in run.json; if it is damaged, those of the folders."""
    try:
        info = read_info(path)
    except StoreError:
        return path.parent.name, path.name
    return info.name, info.run_id


def _newest(root: Path) -> Path:
    runs = newest_runs(root)
    if not runs:
        raise StoreError(f"there is no run under {root}; start one with: actbench run CONFIG")
    return runs[0]


def newest_runs(root: Path) -> list[Path]:
    """Return all run folders under a folder, the most recently active first."""
    return sorted(_run_folders(root), key=_last_active, reverse=True)


def _run_folders(root: Path, depth: int = _DEPTH) -> Iterator[Path]:
    if is_run_folder(root):
        yield root
    elif depth > 0:
        try:
            inside = sorted(root.iterdir())
        except OSError:  # a file, or a folder that must not be read
            return
        for path in inside:
            yield from _run_folders(path, depth - 1)


def _last_active(path: Path) -> tuple[datetime, str]:
    """Return when the run or its last block was started, and the path, which orders runs of the same time.

    The times are read from the files, because the file system has the time of the checkout for a run that
    came with a repository.
    """
    return max(_starts(path), default=_NEVER), str(path)


def _starts(path: Path) -> Iterator[datetime]:
    with contextlib.suppress(StoreError, ValueError):
        yield _moment(read_info(path).created_at)
    with contextlib.suppress(StoreError, ValueError):
        if (last := Ledger(path / LEDGER_FILE).last()) is not None:
            yield _moment(last.started_at)


def _moment(text: str) -> datetime:
    """Return a time of ISO 8601; without a time zone it is taken as UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _not_found(root: Path, reference: str, names: list[tuple[str, str]]) -> str:
    """Return the message about a reference that means no run."""
    message = f"{reference!r} is no run folder (it would hold {INFO_FILE})"
    if not names:
        return f"{message}, and there is no run under {root}"
    message = f"{message}, and no run under {root} has this name or id"
    near = difflib.get_close_matches(reference, [word for pair in names for word in pair], n=1)
    if near:
        return f"{message}; did you mean {near[0]}?"
    return f"{message}; use one of {', '.join(dict.fromkeys(name for name, _ in names))}"
