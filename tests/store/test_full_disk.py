"""Disks that are really full, and limits that the kernel really enforces."""

import contextlib
import errno
import os
import resource
import subprocess

import pytest

from actbench.errors import StoreError
from actbench.store.ledger import Ledger, encode_record
from actbench.store.reading import open_run
from actbench.store.writing import create_or_resume
from tests.factories import make_block, make_cell, make_failed_block, make_info

RECORDS = [make_block([make_cell(), make_cell("tanh")], seed=seed) for seed in range(3)]
LINES = [encode_record(record) + b"\n" for record in RECORDS]


@contextlib.contextmanager
def file_size_limit(size):
    """No file of this process may grow beyond `size` bytes; a write is cut short there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of 64 KiB; only root may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"cannot mount a tiny disk: {error}")
    if done.returncode != 0:
        pytest.skip(f"cannot mount a tiny disk: {done.stderr.strip()}")
    yield disk
    # lazily: a file left open by a failing test must not leave the mount behind, and pytest stumbling over it
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk, leave=0):
    """Take all space but `leave` bytes."""
    filler = os.open(disk / "filler", os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(filler, b"\0" * 4096)
    os.ftruncate(filler, os.fstat(filler).st_size - leave)
    os.close(filler)


def append_until_it_fails(folder, appended):
    for seed in range(1000):
        record = make_block([make_cell(), make_cell("tanh")], seed=seed)
        folder.append(record)
        appended.append(record)


@pytest.mark.parametrize("room", [0, 1, 700, len(LINES[1]) - 1])
def test_a_line_that_does_not_fit_is_taken_back(tmp_path, room):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.append(RECORDS[0])
    with file_size_limit(len(LINES[0]) + room), pytest.raises(StoreError) as caught:
        ledger.append(RECORDS[1])
    assert str(caught.value) == (
        f"cannot append block {RECORDS[1].block} to {path}: File too large; "
        "the lines before it stay valid, and the run can be resumed"
    )
    assert path.read_bytes() == LINES[0]
    ledger.append(RECORDS[2])  # the same process may go on once there is room
    assert ledger.read() == [RECORDS[0], RECORDS[2]]
    assert [child.name for child in tmp_path.iterdir()] == ["ledger.jsonl"]


def test_where_it_cannot_even_be_taken_back_the_next_append_sets_it_aside(tmp_path, monkeypatch):
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.append(RECORDS[0])

    def fail(descriptor, length):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch, file_size_limit(len(LINES[0]) + 9):
        patch.setattr("os.ftruncate", fail)
        with pytest.raises(StoreError, match="File too large"):
            ledger.append(RECORDS[1])
    assert ledger.scan() == (RECORDS[:1], True)
    ledger.append(RECORDS[2])
    assert ledger.read() == [RECORDS[0], RECORDS[2]]
    assert path.with_name("ledger.torn-1").read_bytes() == LINES[1][:9]


def test_a_line_that_was_written_but_not_synced_is_taken_back(tmp_path, monkeypatch):
    ledger, fsync = Ledger(tmp_path / "ledger.jsonl"), os.fsync
    ledger.append(RECORDS[0])
    failures = [OSError(errno.EIO, os.strerror(errno.EIO))]

    def fail_once(descriptor):
        if failures:
            raise failures.pop()
        fsync(descriptor)

    monkeypatch.setattr("os.fsync", fail_once)
    with pytest.raises(StoreError, match="Input/output error; the lines before it stay valid"):
        ledger.append(RECORDS[1])
    assert ledger.read() == RECORDS[:1]


def test_a_full_disk_keeps_every_finished_line(tiny_disk):
    info = make_info(("relu", "tanh"), placebo=None, seeds=1000)
    with create_or_resume(tiny_disk, info, b"name: mnist\n") as folder:
        path = folder.path
        appended = []
        (tiny_disk / "filler").write_bytes(b"x" * 16_384)
        with pytest.raises(StoreError, match="No space left on device; the lines before it stay valid"):
            append_until_it_fails(folder, appended)
        assert len(appended) > 5
        with pytest.raises(StoreError, match=r"cannot write .*accuracy.csv: No space left on device"):
            folder.write_table("accuracy.csv", "x" * 4096)
    assert list(open_run(path).records) == appended
    assert not open_run(path).torn

    (tiny_disk / "filler").unlink()
    with create_or_resume(tiny_disk, info, b"") as folder:
        folder.write_table("accuracy.csv", "x")
        assert list(folder.records()) == appended
    assert sorted(child.name for child in path.iterdir()) == [
        "accuracy.csv", "config.yaml", "ledger.jsonl", "lock", "run.json"
    ]  # fmt: skip


def test_an_earlier_table_survives_a_full_disk(tiny_disk):
    with create_or_resume(tiny_disk, make_info(), b"") as folder:
        folder.write_table("time.csv", "earlier")
        fill(tiny_disk)
        with pytest.raises(StoreError, match="No space left"):
            folder.write_table("time.csv", "x" * 10_000)
        assert (folder.path / "time.csv").read_text() == "earlier"


@pytest.mark.parametrize("leave", [0, 4096, 8192, 12288, 16384])
def test_a_run_that_cannot_start_for_lack_of_space_can_start_later(tiny_disk, leave):
    fill(tiny_disk, leave)
    with contextlib.suppress(StoreError):
        create_or_resume(tiny_disk, make_info(), b"x" * 5000).close()
    (tiny_disk / "filler").unlink()
    with create_or_resume(tiny_disk, make_info(), b"x" * 5000) as folder:
        folder.append(make_failed_block())
        assert len(folder.records()) == 1


def test_a_torn_tail_stays_where_it_is_when_there_is_no_room_beside_it(tiny_disk):
    path = tiny_disk / "ledger.jsonl"
    path.write_bytes(LINES[0] + LINES[1][:500])
    fill(tiny_disk)
    with pytest.raises(StoreError, match=f"cannot write {path}: No space left on device"):
        Ledger(path).open()
    assert path.read_bytes() == LINES[0] + LINES[1][:500]
    assert Ledger(path).read() == RECORDS[:1]
    assert not list(tiny_disk.glob("ledger.torn-*"))
