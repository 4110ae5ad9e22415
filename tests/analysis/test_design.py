from pathlib import Path

import pytest

from actbench.analysis.design import TYPICAL_SD, Design, observed_sd
from actbench.store.reading import open_run
from tests.factories import make_block, make_cell, make_info

REFERENCE = Path("results/reference/mnist")


def design(seeds=10, comparisons=12, alpha=0.05, margin=0.001, sd=0.0016):
    return Design(seeds, comparisons, alpha, margin, sd)


def records(*accuracies):
    """Blocks of relu at 0.9, tanh with these accuracies, and a placebo."""
    return [
        make_block(
            [make_cell("relu", accuracy=0.9), make_cell("tanh", accuracy=accuracy), make_cell("placebo")],
            seed=seed,
        )
        for seed, accuracy in enumerate(accuracies)
    ]


@pytest.mark.parametrize(("seeds", "decidable"), [(1, False), (8, False), (9, True), (10, True), (100, True)])
def test_twelve_comparisons_take_nine_seeds(seeds, decidable):
    # 0.05 / 12 = 1/240 lies between 2/2**8 = 1/128 and 2/2**9 = 1/256.
    assert design(seeds).decidable is decidable
    assert design(seeds).seeds_to_decide == 9


def test_a_single_comparison_takes_six_seeds():
    assert not design(5, 1).decidable
    assert design(6, 1).decidable


def test_nothing_can_be_decided_without_a_comparison():
    assert not design(comparisons=0).decidable


def test_the_detectable_difference_scales_with_the_spread():
    # At alpha 0.05, 34 seeds find half a standard deviation (published, see test_power), not much less.
    found = design(34, 1, sd=0.002).detectable_difference
    assert 0.00095 < found <= 0.001
    assert design(34, 1, sd=0.004).detectable_difference == pytest.approx(2 * found)
    assert design(8).detectable_difference is None


def test_seeds_to_detect_the_margin():
    assert design(comparisons=1, margin=0.001, sd=0.002).seeds_to_detect_margin == 34


def test_the_half_width_is_that_of_the_t_interval():
    # t(0.975; 9) = 2.262 in any table; 2.262 * 0.0016 / sqrt(10)
    assert design(10).half_width == pytest.approx(0.0011446, abs=1e-6)
    assert design(1).half_width is None


def test_equivalence_is_likely_from_the_seeds_named_on():
    enough = design().seeds_to_show_equivalence
    assert design(1).equivalence_power == 0.0
    assert design(enough).equivalence_power >= 0.8 > design(enough - 1).equivalence_power
    assert design(enough).half_width < 0.001


def test_the_typical_spread_is_that_of_the_shipped_run():
    stored = open_run(REFERENCE)
    assert observed_sd(stored.info, stored.records) == pytest.approx(TYPICAL_SD, abs=5e-6)


def test_the_observed_spread_is_that_of_paired_differences_from_the_baseline():
    assert observed_sd(make_info(), records(0.90, 0.91, 0.92)) == pytest.approx(0.01)


def test_the_observed_spread_is_the_median_over_activations():
    info = make_info(("relu", "tanh", "elu", "gelu"), placebo=None, seeds=2)
    accuracies = [(0.9, 0.9, 0.9, 0.9), (0.9, 0.9, 0.92, 0.98)]
    blocks = [
        make_block(
            [make_cell(label, accuracy=value) for label, value in zip(info.activations, row, strict=True)],
            seed=seed,
        )
        for seed, row in enumerate(accuracies)
    ]
    assert observed_sd(info, blocks) == pytest.approx(0.02 / 2**0.5)


@pytest.mark.parametrize(
    "accuracies", [(), (0.91,), (0.91, None), (0.91, 0.91, 0.91)], ids=["none", "one", "diverged", "equal"]
)
def test_too_little_to_see_a_spread_in(accuracies):
    assert observed_sd(make_info(), records(*accuracies)) is None
