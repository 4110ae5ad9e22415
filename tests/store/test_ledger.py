import json
import os

import pytest

from actbench.errors import StoreError
from actbench.records.base import SCHEMA_VERSION
from actbench.store.ledger import Ledger, encode_record
from tests.factories import make_block, make_cell, make_failed_block

RECORDS = [make_block([make_cell(), make_cell("tanh")], seed=seed) for seed in range(3)]
LINES = [encode_record(record) + b"\n" for record in RECORDS]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.jsonl"


def names(path):
    return sorted(child.name for child in path.parent.iterdir())


def test_no_file_is_no_records(path):
    ledger = Ledger(path)
    assert ledger.read() == []
    assert ledger.scan() == ([], False)
    assert ledger.last() is None
    assert names(path) == []


def test_records_come_back_in_the_order_of_the_file(path):
    ledger = Ledger(path)
    for record in (RECORDS[2], RECORDS[0], RECORDS[2]):
        ledger.append(record)
    assert Ledger(path).read() == ledger.read() == [RECORDS[2], RECORDS[0], RECORDS[2]]
    assert path.read_bytes() == LINES[2] + LINES[0] + LINES[2]


def test_a_line_is_on_disk_before_append_returns(path, monkeypatch):
    done = []
    monkeypatch.setattr("os.fsync", lambda _: done.append(path.read_bytes()))
    ledger = Ledger(path)
    ledger.append(RECORDS[0])
    assert done == [b"", LINES[0]]  # the folder when the file was created, then the line
    ledger.append(RECORDS[1])
    assert done[2:] == [LINES[0] + LINES[1]]


def test_a_line_is_written_in_one_call(path, monkeypatch):
    calls, write = [], os.write
    monkeypatch.setattr(
        "os.write", lambda descriptor, data: calls.append(len(data)) or write(descriptor, data)
    )
    Ledger(path).append(RECORDS[0])
    assert calls == [len(LINES[0])]


def test_a_closed_ledger_opens_itself_again(path):
    ledger = Ledger(path)
    ledger.close()
    ledger.append(RECORDS[0])
    ledger.close()
    ledger.append(RECORDS[1])
    assert ledger.read() == RECORDS[:2]


def test_reading_does_not_touch_a_torn_file(path):
    path.write_bytes(LINES[0] + LINES[1][:100])
    ledger = Ledger(path)
    assert ledger.scan() == (RECORDS[:1], True)
    assert ledger.last() == RECORDS[0]
    assert path.read_bytes() == LINES[0] + LINES[1][:100]
    assert names(path) == ["ledger.jsonl"]


def test_a_last_line_cut_at_any_byte_is_set_aside_and_measured_again(path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)  # hundreds of them, and nothing here is killed
    last = encode_record(make_failed_block(seed=1)) + b"\n"
    for length in range(len(last) + 1):
        path.write_bytes(LINES[0] + last[:length])
        complete, torn = length == len(last), 0 < length < len(last)
        ledger = Ledger(path)
        records, found_torn = ledger.scan()
        assert len(records) == 1 + complete
        assert found_torn is torn
        assert ledger.last() == records[-1]
        ledger.append(RECORDS[2])
        ledger.close()
        assert path.read_bytes() == LINES[0] + (last if complete else b"") + LINES[2]
        aside = path.with_name("ledger.torn-1")
        assert aside.exists() is torn
        if torn:
            assert aside.read_bytes() == last[:length]
            aside.unlink()


def test_a_torn_tail_never_replaces_an_earlier_one(path):
    for number in (1, 2, 3):
        path.write_bytes(LINES[0] + b"tail %d" % number)
        ledger = Ledger(path)
        ledger.open()
        ledger.close()
    assert names(path) == ["ledger.jsonl", "ledger.torn-1", "ledger.torn-2", "ledger.torn-3"]
    assert path.with_name("ledger.torn-1").read_bytes() == b"tail 1"
    assert path.with_name("ledger.torn-3").read_bytes() == b"tail 3"


def test_the_tail_is_safe_aside_before_it_is_cut_off(path, monkeypatch):
    path.write_bytes(LINES[0] + b"tail")

    def refuse(descriptor, length):
        assert path.with_name("ledger.torn-1").read_bytes() == b"tail"
        raise KeyboardInterrupt

    monkeypatch.setattr("os.ftruncate", refuse)
    with pytest.raises(KeyboardInterrupt):
        Ledger(path).open()
    assert path.read_bytes() == LINES[0] + b"tail"


@pytest.mark.parametrize(
    "junk",
    [b"", b"junk", b"\x00" * 50, LINES[1][:-20], b"{}", b"\xff\xfe", LINES[1][:-1] + LINES[2][:-1]],
    ids=["empty", "junk", "zeros", "cut", "no record", "not UTF-8", "two records"],
)
@pytest.mark.parametrize("line", [1, 2, 3])
def test_junk_on_a_complete_line_is_an_error_wherever_it_is(path, junk, line):
    lines = list(LINES[:2])
    lines.insert(line - 1, junk + b"\n")
    path.write_bytes(b"".join(lines))
    with pytest.raises(StoreError) as caught:
        Ledger(path).read()
    assert str(caught.value).startswith(f"{path}:{line}: not a valid BlockRecord: ")


def test_a_newer_line_says_to_upgrade(path):
    newer = json.dumps(json.loads(LINES[1]) | {"schema_version": SCHEMA_VERSION + 1, "new_field": 1}).encode()
    path.write_bytes(LINES[0] + newer + b"\n")
    with pytest.raises(StoreError, match=f"{path}:2: written by a newer actbench .* upgrade"):
        Ledger(path).read()


def test_a_record_with_nan_leaves_the_file_as_it_was(path):
    ledger = Ledger(path)
    ledger.append(RECORDS[0])
    with pytest.raises(StoreError, match="not JSON compliant"):
        ledger.append(make_block([make_cell().model_copy(update={"slice_s": (float("nan"), 1.0)})]))
    ledger.append(RECORDS[1])
    assert ledger.read() == RECORDS[:2]


def test_an_interrupt_in_the_middle_of_a_line_is_like_a_kill(path, monkeypatch):
    ledger, write = Ledger(path), os.write
    ledger.append(RECORDS[0])

    def interrupt(descriptor, data):
        write(descriptor, data[:50])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("os.write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            ledger.append(RECORDS[1])
    ledger.append(RECORDS[2])
    assert ledger.read() == [RECORDS[0], RECORDS[2]]
    assert path.with_name("ledger.torn-1").read_bytes() == LINES[1][:50]


@pytest.mark.parametrize("action", [Ledger.read, Ledger.open, Ledger.last])
def test_a_folder_in_its_place_is_an_error(path, action):
    path.mkdir()
    with pytest.raises(StoreError, match=rf"cannot (read|write) {path}: Is a directory"):
        action(Ledger(path))


@pytest.mark.parametrize("tail", [b"", b"x", b"x" * 100_000])
@pytest.mark.parametrize("slices", [2, 50_000])
@pytest.mark.parametrize("before", [0, 1, 3])
def test_the_last_line_is_found_from_the_end(path, before, slices, tail):
    last = make_block([make_cell(slice_s=(0.1,) * slices)], seed=7)
    path.write_bytes(b"junk\n" * (before > 1) + LINES[0] * before + encode_record(last) + b"\n" + tail)
    assert Ledger(path).last() == last


def test_a_file_of_one_torn_line_has_no_last_line(path):
    path.write_bytes(b"x" * 100_000)
    assert Ledger(path).last() is None
