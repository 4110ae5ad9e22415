from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from actbench.workflows.verify import Recorded, choose
from tests.blocks import block, cell
from tests.fake_worker import record_of


def grid(seeds, activations):
    labels = [cell(f"a{index}", "relu") for index in range(activations)]
    found = []
    for seed in range(seeds):
        planned = block(*labels, seed=seed)
        record = record_of(planned)
        found += [
            Recorded(record, measured, planned, plan)
            for measured, plan in zip(record.cells, labels, strict=True)
        ]
    return found


def names(chosen):
    return [(entry.record.seed, entry.cell.label) for entry in chosen]


SIZES = st.integers(1, 6)


@given(SIZES, SIZES, st.integers(1, 40))
def test_as_many_as_wanted_in_the_order_of_the_plan_each_once(seeds, activations, wanted):
    recorded = grid(seeds, activations)
    chosen = names(choose(recorded, wanted))
    assert len(chosen) == min(wanted, seeds * activations)
    assert chosen == [name for name in names(recorded) if name in chosen]
    assert chosen == names(choose(recorded, wanted))


@given(SIZES, SIZES, st.integers(1, 40))
def test_no_activation_is_chosen_much_more_often_than_another(seeds, activations, wanted):
    uses = Counter(label for _, label in names(choose(grid(seeds, activations), wanted)))
    counts = [uses[f"a{index}"] for index in range(activations)]
    assert max(counts) - min(counts) <= 1


@given(SIZES, SIZES)
def test_few_cells_have_all_different_seeds_and_activations(seeds, activations):
    wanted = min(seeds, activations)
    chosen = names(choose(grid(seeds, activations), wanted))
    assert len({seed for seed, _ in chosen}) == len({label for _, label in chosen}) == wanted
