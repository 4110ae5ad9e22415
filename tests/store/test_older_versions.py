"""Ledgers of schema 1 to 3 had one target, of classes, and named its score accuracy."""

import json
from typing import Any

import pytest

from actbench.errors import StoreError
from actbench.records.block import BlockRecord
from actbench.store.ledger import decode_record, encode_record
from tests.factories import make_block, make_cell, make_failed_block


def as_schema_3(record: BlockRecord) -> dict[str, Any]:
    """Return a record as the version of schema 3 wrote it."""
    written = {**json.loads(encode_record(record)), "schema_version": 3}
    for cell in written["cells"]:
        for name in ("train", "validation", "test"):
            cell[f"{name}_accuracy"] = cell.pop(f"{name}_score")
        del cell["test_metrics"]
        del cell["probes"]
    return written


BLOCK = make_block(
    [make_cell(validation_accuracy=(0.5, 0.6)), make_cell("tanh", accuracy=None)], slices_per_epoch=1
)


def test_an_older_block_is_read_into_the_new_shape() -> None:
    older = as_schema_3(BLOCK)
    assert "test_accuracy" in older["cells"][0]
    found = decode_record(BlockRecord, json.dumps(older).encode(), "ledger:1")
    assert found == BLOCK.model_copy(update={"schema_version": 3})
    assert found.cells[0].test_metrics == {"accuracy": 0.9}
    assert found.cells[1].test_metrics == {}


def test_an_older_failed_block_is_read_as_it_is() -> None:
    older = json.dumps(as_schema_3(make_failed_block())).encode()
    assert decode_record(BlockRecord, older, "ledger:1").status == "failed"


@pytest.mark.parametrize("damage", [{"test_accuracy": "high"}, {"parameters": None}])
def test_damage_in_an_older_block_is_still_an_error(damage: dict[str, Any]) -> None:
    older = as_schema_3(BLOCK)
    older["cells"][0] |= damage
    with pytest.raises(StoreError, match=r"ledger:1: not a valid BlockRecord: cells\.0"):
        decode_record(BlockRecord, json.dumps(older).encode(), "ledger:1")


def test_names_of_old_are_damage_in_a_block_of_today() -> None:
    mixed = {**as_schema_3(BLOCK), "schema_version": BLOCK.schema_version}
    with pytest.raises(StoreError, match="not a valid BlockRecord"):
        decode_record(BlockRecord, json.dumps(mixed).encode(), "ledger:1")
