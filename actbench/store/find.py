"""Finding runs under a folder, by path, name or id."""

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

_DEPTH = 3

_SHORTEST_ID = 4

_NEVER = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class RunSummary:
    """One run in a list.

    Attributes:
        path: The run folder.
        name: The config's name.
        run_id: As in run.json.
        created_at: ISO 8601 with time zone; empty when the run cannot be read.
        finished: Blocks measured; a failed one is not.
        planned: Blocks of the plan; 0 when the run cannot be read.
        note: What is wrong with the run; None when nothing is.
        kind: As in run.json; None when the run cannot be read.
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
    """The run folder that is meant.

    Args:
        root: Where runs are, such as `results`.
        reference: None for the newest; a run folder; a config's name; a run id or at least its first 4
            characters; or a folder with runs in it. Of several runs of one name or in one folder, the newest.

    Raises:
        StoreError: There is none, or the beginning of an id fits several.
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
            raise StoreError(f"{reference!r} begins several run ids under {root}: {', '.join(sorted(begun))}")
        return begun.popitem()[1]
    inside = newest_runs(given)
    if inside:
        return inside[0]
    raise StoreError(_not_found(root, reference, list(names.values())))


def list_runs(root: Path) -> list[RunSummary]:
    """All runs under a folder, the newest first; none when there is no such folder.

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
    """As in run.json, or as the folders say when that is damaged."""
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
        except OSError:  # a file, or not to be read
            return
        for path in inside:
            yield from _run_folders(path, depth - 1)


def _last_active(path: Path) -> tuple[datetime, str]:
    """When the run or its last block was started; the path makes the order of equals stable.

    It is as the files say: their own times are those of the checkout where a run came with a repository.
    """
    return max(_starts(path), default=_NEVER), str(path)


def _starts(path: Path) -> Iterator[datetime]:
    with contextlib.suppress(StoreError, ValueError):
        yield _moment(read_info(path).created_at)
    with contextlib.suppress(StoreError, ValueError):
        if (last := Ledger(path / LEDGER_FILE).last()) is not None:
            yield _moment(last.started_at)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _not_found(root: Path, reference: str, names: list[tuple[str, str]]) -> str:
    message = f"{reference!r} is no run folder (it would hold {INFO_FILE})"
    if not names:
        return f"{message}, and there is no run under {root}"
    message = f"{message}, and no run under {root} has this name or id"
    near = difflib.get_close_matches(reference, [word for pair in names for word in pair], n=1)
    if near:
        return f"{message}; did you mean {near[0]}?"
    return f"{message}; there is: {', '.join(dict.fromkeys(name for name, _ in names))}"
