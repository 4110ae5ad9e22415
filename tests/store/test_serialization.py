import json
import math

import pytest

from actbench.errors import StoreError
from actbench.records.base import SCHEMA_VERSION
from actbench.records.block import BlockRecord
from actbench.records.run import RunInfo
from actbench.store.ledger import decode_record, encode_record
from tests.factories import make_block, make_cell, make_failed_block, make_info


@pytest.mark.parametrize(
    "record",
    [
        make_block([make_cell(latency_s={1: [1e-4, 2e-4]}), make_cell("tanh", accuracy=None)]),
        make_failed_block(error='a "quoted"\nerror \u2028 µ'),
        make_info(),
    ],
    ids=["block", "failed block", "run"],
)
def test_what_is_written_is_read_back(record):
    content = encode_record(record)
    assert b"\n" not in content
    assert decode_record(type(record), content, "here") == record
    assert decode_record(type(record), encode_record(record, indent=2), "here") == record


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_json_is_refused(value):
    with pytest.raises(StoreError, match=r"a BlockRecord cannot be written: .*not JSON compliant"):
        encode_record(make_block([make_cell().model_copy(update={"slice_s": (0.1, value)})]))
    with pytest.raises(StoreError, match="a RunInfo cannot be written"):
        encode_record(make_info().model_copy(update={"config": {"train": {"learning_rate": value}}}))


def test_a_value_that_json_does_not_know_is_refused():
    with pytest.raises(StoreError, match="a RunInfo cannot be written: Object of type object is not JSON"):
        encode_record(make_info().model_copy(update={"config": {"name": object()}}))


def test_a_record_that_could_not_be_read_back_is_refused():
    with pytest.raises(StoreError, match="a BlockRecord cannot be written: status: Input should be"):
        encode_record(make_failed_block().model_copy(update={"status": "lost"}))


def test_an_undecodable_file_name_does_not_break_the_file():
    info = make_info().model_copy(update={"command": "actbench run caf\udce9.yaml"})
    assert decode_record(RunInfo, encode_record(info), "here").command == "actbench run caf?.yaml"


def test_a_newer_schema_says_to_upgrade():
    newer = json.loads(encode_record(make_failed_block())) | {
        "schema_version": SCHEMA_VERSION + 1,
        "novelty": 1,
    }
    with pytest.raises(
        StoreError, match=r"^ledger:3: written by a newer actbench .*; upgrade actbench to read"
    ):
        decode_record(BlockRecord, json.dumps(newer).encode(), "ledger:3")


def test_a_newer_schema_is_refused_even_where_it_looks_the_same():
    newer = make_failed_block().model_copy(update={"schema_version": SCHEMA_VERSION + 1})
    with pytest.raises(StoreError, match="newer actbench"):
        decode_record(BlockRecord, encode_record(newer), "here")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Invalid JSON"),
        (b"{}", "block: Field required"),
        (b"[1, 2]", "Input should be an object"),
        (b'"text"', "Input should be an object"),
        (b"\x00\x00\x00", "Invalid JSON"),
        (b"\xff\xfe", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
        (b'{"schema_version": "9"}', "schema_version: Input should be a valid integer"),
        (
            encode_record(make_failed_block()).replace(b'"seed": 0', b'"seed": true'),
            "seed: Input should be a valid int",
        ),
        (encode_record(make_failed_block()).replace(b'"seed"', b'"sead"'), "seed: Field required"),
        (encode_record(make_failed_block())[:-1], "Invalid JSON"),
    ],
)
def test_what_is_no_record_is_one_line_that_says_where(content, message):
    with pytest.raises(StoreError) as caught:
        decode_record(BlockRecord, content, "ledger.jsonl:7")
    assert str(caught.value).startswith(f"ledger.jsonl:7: not a valid BlockRecord: {message}")
    assert "\n" not in str(caught.value)
