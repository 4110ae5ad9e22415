import os

import pytest

from actbench.errors import StoreError
from actbench.store.writing import FolderLock
from tests.store.processes import start, stop

HOLD = """
import subprocess, sys
from pathlib import Path
from actbench.store.writing import FolderLock
lock = FolderLock(Path(sys.argv[1]))
if sys.argv[2] == "with a child":
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    print(child.pid, flush=True)
print("held", flush=True)
if sys.stdin.readline() == "release\\n":
    lock.release()
    print("released", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def hold(tmp_path):
    processes = []

    def start_holder(how="alone"):
        process = start(HOLD, tmp_path, how)
        processes.append(process)
        return process

    yield start_holder
    for process in processes:
        stop(process)


def test_a_second_process_is_told_who_holds_it(hold, tmp_path):
    holder = hold()
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(StoreError, match=f"^{tmp_path} is in use by process {holder.pid};"):
        FolderLock(tmp_path)


def test_of_many_at_once_exactly_one_gets_it(hold):
    processes = [hold() for _ in range(4)]
    outputs = [process.stdout.readline() for process in processes]
    assert sorted(outputs) == ["", "", "", "held\n"]


def test_a_kill_releases_it(hold, tmp_path):
    holder = hold()
    holder.stdout.readline()
    stop(holder)
    FolderLock(tmp_path).release()


def test_a_child_that_outlives_its_parent_does_not_keep_it(hold, tmp_path):
    holder = hold("with a child")
    child = int(holder.stdout.readline())
    try:
        holder.stdout.readline()
        holder.kill()
        holder.wait()
        os.kill(child, 0)  # still there
        FolderLock(tmp_path).release()
    finally:
        os.kill(child, 9)


def test_release_lets_another_process_in(hold, tmp_path):
    holder = hold()
    holder.stdout.readline()
    print("release", file=holder.stdin, flush=True)
    assert holder.stdout.readline() == "released\n"
    FolderLock(tmp_path).release()


def test_the_same_process_cannot_hold_it_twice(tmp_path):
    lock = FolderLock(tmp_path)
    with pytest.raises(StoreError, match=f"in use by process {os.getpid()};"):
        FolderLock(tmp_path)
    lock.release()
    lock.release()
    FolderLock(tmp_path).release()


def test_a_longer_pid_of_an_earlier_holder_leaves_no_digits(tmp_path):
    (tmp_path / "lock").write_text("99999999999")
    lock = FolderLock(tmp_path)
    assert (tmp_path / "lock").read_text() == str(os.getpid())
    lock.release()


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(StoreError, match=r"cannot lock .*missing: No such file or directory"):
        FolderLock(tmp_path / "missing")
