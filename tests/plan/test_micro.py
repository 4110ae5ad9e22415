import pytest

from actbench.plan.cell import CellPlan
from actbench.plan.micro import MicroBlock, make_micro_plan

RELU = CellPlan(label="relu", name="relu")


def plan(
    name="micro", cells=(RELU,), sizes=(1000, 100_000), dtypes=("float32",), compiled=(True,), rounds=10
):
    return make_micro_plan(name, cells, sizes, dtypes, compiled, rounds)


def test_there_is_a_block_for_every_combination_the_smallest_tensors_first():
    blocks = plan(sizes=(100_000, 1000), dtypes=("float32", "bfloat16"), compiled=(True, False)).blocks
    assert len(blocks) == 16
    assert [block.elements for block in blocks] == [1000] * 8 + [100_000] * 8
    assert [block.id for block in blocks[:4]] == [
        "1000-float32-compiled-forward",
        "1000-float32-compiled-forward-backward",
        "1000-float32-eager-forward",
        "1000-float32-eager-forward-backward",
    ]
    assert len({block.id for block in blocks}) == 16


def test_a_block_times_the_copy_the_activations_and_the_placebo():
    [block, _] = plan(cells=(RELU, CellPlan(label="mine", expr="x")), sizes=(1000,)).blocks
    assert block.labels == ("copy", "relu", "mine", "placebo")
    assert block.title == "1,000 elements, float32, compiled, forward"


def test_the_run_id_is_of_what_determines_the_numbers():
    assert plan().run_id == plan(name="other").run_id == plan(sizes=(100_000, 1000)).run_id
    changed = [
        plan(cells=(RELU.model_copy(update={"params": {"threshold": 1.0}}),)),
        plan(sizes=(1000,)),
        plan(dtypes=("bfloat16",)),
        plan(compiled=(False,)),
        plan(rounds=11),
    ]
    assert len({plan().run_id, *(other.run_id for other in changed)}) == 6


@pytest.mark.parametrize("init", ["he_normal", "moment_matched"])
def test_where_the_weights_of_a_model_would_start_plays_no_part(init):
    drawn = RELU.model_copy(update={"init": init, "init_params": {"seed": 1.0}})
    assert plan(cells=(drawn,)) == plan()


def test_a_block_survives_the_way_to_the_worker():
    for block in plan().blocks:
        assert MicroBlock.model_validate_json(block.model_dump_json()) == block
