"""Run a scenario once for every system call that it writes with, and kill it at that call.

    python -m tests.store.kill_points SCENARIO FOLDER

A killed write leaves half of its bytes. After each kill the folder must be accepted by the next run, and hold
every block that was reported as appended. Prints the number of places at which it was killed.
"""

import os
import sys
from pathlib import Path

from actbench.store.reading import open_run
from actbench.store.writing import create_or_resume
from tests.factories import make_block, make_cell, make_info

INFO = make_info(("relu",), placebo=None, seeds=6)
BLOCKS = [make_block([make_cell()], seed=seed) for seed in range(6)]
CALLS = ("open", "write", "fsync", "replace", "rename", "unlink", "mkdir", "ftruncate")


def arm(place: int) -> None:
    """Make the `place`-th call from now the last thing that this process does."""
    count = 0

    def wrap(name, call):
        def wrapped(*arguments, **keywords):
            nonlocal count
            count += 1
            if count == place:
                if name == "write":
                    call(arguments[0], arguments[1][: len(arguments[1]) // 2])
                os._exit(9)
            return call(*arguments, **keywords)

        return wrapped

    for name in CALLS:
        setattr(os, name, wrap(name, getattr(os, name)))


def prepare(root: Path, blocks: int, tail: bytes = b"") -> None:
    with create_or_resume(root, INFO, b"old") as folder:
        for record in BLOCKS[:blocks]:
            folder.append(record)
        folder.write_table("accuracy.csv", "old")
    with (folder.path / "ledger.jsonl").open("ab") as ledger:
        ledger.write(tail)


def scenario(name: str, root: Path, report) -> None:
    with create_or_resume(root, INFO, b"new", fresh=name == "fresh", tables=["accuracy.csv"]) as folder:
        for record in BLOCKS[2:4]:
            folder.append(record)
            report(record.seed)
        folder.write_table("accuracy.csv", "new")


def killed_at(name: str, root: Path, place: int) -> tuple[bool, set[int]]:
    """Return True if the scenario was killed before its end, and the seeds reported until then."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        write = os.write
        arm(place)
        scenario(name, root, lambda seed: write(write_end, bytes([seed])))
        os._exit(0)
    os.close(write_end)
    _, status = os.waitpid(child, 0)
    reported = set(os.read(read_end, 100))
    os.close(read_end)
    assert os.waitstatus_to_exitcode(status) in (0, 9)
    return os.waitstatus_to_exitcode(status) == 9, reported


def seeds(root: Path) -> list[int]:
    return [record.seed for record in open_run(root / INFO.name / INFO.run_id).records]


def check(name: str, root: Path, reported: set[int]) -> None:
    path = root / INFO.name / INFO.run_id
    assert (path / "config.yaml").exists() or not (path / "run.json").exists()
    with create_or_resume(root, INFO, b"later") as folder:
        kept = {record.seed for record in folder.records()}
        assert reported <= kept, (reported, kept)
        old = [file for file in path.glob("ledger.old-*") if file.read_bytes().count(b"\n") == 2]
        if name in ("resume", "torn"):
            assert {0, 1} <= kept, kept
        elif name == "fresh":
            assert old or {0, 1} <= kept, kept
        for record in BLOCKS:
            if record.seed not in kept:
                folder.append(record)
        table = path / "accuracy.csv"
        assert not table.exists() or table.read_text() in ("old", "new")
    assert (path / "config.yaml").read_bytes() in (b"old", b"new", b"later")
    assert seeds(root) == list(range(6))
    assert (path / "ledger.jsonl").read_bytes().count(b"\n") == 6, "a block was measured twice"


def main(name: str, folder: Path) -> None:
    for place in range(1, 200):
        root = folder / f"{name}-{place}"
        if name in ("resume", "fresh"):
            prepare(root, blocks=2)
        elif name == "torn":
            prepare(root, blocks=2, tail=b'{"half')
        killed, reported = killed_at(name, root, place)
        if not killed:
            assert reported == {2, 3}
            sys.stdout.write(str(place - 1))
            return
        check(name, root, reported)
    raise AssertionError("the scenario never came to its end")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
