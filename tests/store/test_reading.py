import numpy as np
import pytest

from actbench.errors import StoreError
from actbench.records.block import pack, unpack
from actbench.store.ledger import encode_record
from actbench.store.reading import open_run
from actbench.store.writing import create_or_resume
from tests.factories import make_block, make_cell, make_failed_block, make_info

INFO = make_info(("relu",), placebo=None, seeds=3)
CONFIG = b"# as given\nname: mnist\n"
GOOD = make_block([make_cell(latency_s={1: [0.1, 0.2]})], seed=1)
LATENCY = GOOD.cells[0].inference


def test_a_block_that_nobody_planned_is_an_error(tmp_path):
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.append(make_block([make_cell()]))
    with (folder.path / "ledger.jsonl").open("ab") as file:
        file.write(encode_record(make_failed_block(seed=77)) + b"\n")
    with pytest.raises(StoreError, match="block 11111111-77 is not in the plan"):
        open_run(folder.path)


def cells_of(record, **changes):
    return {"cells": tuple(cell.model_copy(update=changes) for cell in record.cells)}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"cells": ()}, "its cells are not those of the plan, relu"),
        (cells_of(GOOD, activation="tanh"), "its cells are not those of the plan"),
        ({"cells": GOOD.cells * 2}, "its cells are not those of the plan"),
        ({"environment": None}, "it does not say where it was measured"),
        ({"phases": None}, "it does not say where it was measured"),
        (cells_of(GOOD, slice_s=(0.1,)), "a cell does not have 2 values of slice_s"),
        (cells_of(GOOD, test_score=None), "a cell has no test score"),
        (cells_of(GOOD, epochs_trained=2), "a cell does not have 4 values of slice_s"),
        (cells_of(GOOD, epochs_trained=0, slice_s=()), "a cell does not have the losses of 0 epochs"),
        (cells_of(GOOD, epochs_trained=1), "a cell does not have the losses of 1 epochs"),
        (
            cells_of(GOOD, epochs_trained=1, validation_loss=(0.1,), best_epoch=2),
            "a cell does not have the losses of 1 epochs",
        ),
        (cells_of(GOOD, inference=()), "a cell has other inference batch sizes or rounds"),
        (
            cells_of(GOOD, inference=(LATENCY[0].model_copy(update={"batch_size": 2}),)),
            "a cell has other inference batch sizes or rounds",
        ),
        ({"extra_slice_steps": (4,)}, "a cell does not have 1 values of extra_slice_s"),
        (cells_of(GOOD, extra_slice_s=(0.1,)), "a cell does not have 0 values of extra_slice_s"),
        (
            cells_of(GOOD, test_correct="AAAA"),
            "test_correct of a cell does not have one bit for each test example",
        ),
        (
            cells_of(GOOD, test_correct="?"),
            "test_correct of a cell does not have one bit for each test example",
        ),
        ({"setting": "22222222"}, "its setting is not in the plan"),
    ],
)
def test_a_block_that_could_not_be_tabulated_is_an_error(tmp_path, changes, problem):
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        folder.append(GOOD.model_copy(update={"block": "11111111-0", "seed": 0}))
        folder.append(GOOD)
        assert len(folder.records()) == 2
        folder.append(GOOD.model_copy(update=changes))
    ledger = folder.path / "ledger.jsonl"
    for action in (lambda: create_or_resume(tmp_path, INFO, CONFIG), lambda: open_run(folder.path)):
        with pytest.raises(StoreError, match=f"^{ledger}: block 11111111-1 is damaged: {problem}"):
            action()


def test_blocks_may_differ_in_their_rounds_but_cells_of_a_block_may_not(tmp_path):
    info = make_info(("relu", "tanh"), placebo=None)

    def block(seed, relu, tanh):
        calls = {"relu": relu, "tanh": tanh}
        cells = [
            make_cell(label, latency_s={1: [0.1] * n}, extra_slice_s=[0.1] * seed)
            for label, n in calls.items()
        ]
        return make_block(cells, seed=seed).model_copy(update={"extra_slice_steps": (10,) * seed})

    with create_or_resume(tmp_path, info, CONFIG) as folder:
        folder.append(block(0, 2, 2))
        folder.append(block(1, 5, 5))
        assert len(folder.records()) == 2
        folder.append(block(2, 5, 4))
        with pytest.raises(StoreError, match="block 11111111-2 is damaged: a cell has other inference"):
            folder.records()


def test_which_examples_were_right_is_told_of_the_whole_test_set(tmp_path):
    with create_or_resume(tmp_path, INFO, CONFIG) as folder:
        correct = np.arange(INFO.dataset["11111111"].test) % 3 == 0
        folder.append(make_block([make_cell().model_copy(update={"test_correct": pack(correct)})]))
    (record,) = open_run(folder.path).records
    np.testing.assert_array_equal(unpack(record.cells[0].test_correct, correct.size), correct)


def test_cells_in_another_order_than_planned_are_an_error(tmp_path):
    info = make_info(("relu", "tanh"), placebo=None)
    with create_or_resume(tmp_path, info, CONFIG) as folder:
        folder.append(make_block([make_cell("tanh"), make_cell("relu")]))
        with pytest.raises(StoreError, match="its cells are not those of the plan, relu, tanh"):
            folder.records()


def test_a_diverged_cell_may_be_shorter(tmp_path):
    info = make_info(("relu", "tanh"), placebo=None)
    cells = [make_cell(latency_s={1: [0.1]}), make_cell("tanh", accuracy=None, slice_s=(0.1,))]
    with create_or_resume(tmp_path, info, CONFIG) as folder:
        folder.append(make_block(cells))
    assert len(open_run(folder.path).records) == 1
