import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actbench.analysis.verdicts import (
    IDENTICAL,
    Comparison,
    Difference,
    Verdict,
    decide_verdict,
    judge_differences,
    paired_difference,
    paired_log_ratio,
)
from actbench.stats.intervals import Interval, exact_interval, mean_interval, mean_over_blocks
from actbench.stats.significance import holm


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("interval", "p_adjusted", "beyond", "verdict"),
    [
        # The margin is 1: within it nothing matters, however sure.
        (Interval(0.0, -0.9, 0.9), 0.9, 0.0, "EQUIVALENT"),
        (Interval(0.5, 0.1, 0.9), 0.001, 0.0, "EQUIVALENT"),
        (Interval(0.5, -1.0, 1.0), 0.5, 0.0, "EQUIVALENT"),
        (exact_interval(0.0), 1.0, 0.0, "EQUIVALENT"),
        (exact_interval(0.0), None, 0.0, "EQUIVALENT"),
        # Partly beyond the margin: sure of a difference, though not of one that matters.
        (Interval(0.8, 0.2, 1.4), 0.01, 0.0, "BETTER"),
        (Interval(-0.8, -1.4, -0.2), 0.01, 0.0, "WORSE"),
        (Interval(2.0, 1.5, 2.5), 0.05, 0.0, "BETTER"),
        # Both the test and the interval must say so.
        (Interval(2.0, 1.5, 2.5), 0.0501, 0.0, "INCONCLUSIVE"),
        (Interval(2.0, 1.5, 2.5), None, 0.0, "INCONCLUSIVE"),
        (Interval(2.0, -0.1, 4.1), 0.01, 0.0, "INCONCLUSIVE"),
        (Interval(2.0, 0.0, 4.0), 0.01, 0.0, "INCONCLUSIVE"),
        (Interval(2.0, None, None), 0.01, 0.0, "INCONCLUSIVE"),
        (Interval(0.0, None, None), 1.0, 0.0, "INCONCLUSIVE"),
        (Interval(0.0, -1.1, 0.9), 0.5, 0.0, "INCONCLUSIVE"),
        # With `beyond` the interval must stay clear of the margin, too.
        (Interval(0.8, 0.2, 1.4), 0.01, 1.0, "INCONCLUSIVE"),
        (Interval(-0.8, -1.4, -0.2), 0.01, 1.0, "INCONCLUSIVE"),
        (Interval(2.0, 1.0, 3.0), 0.01, 1.0, "INCONCLUSIVE"),
        (Interval(2.0, 1.1, 2.9), 0.01, 1.0, "BETTER"),
        (Interval(-2.0, -2.9, -1.1), 0.01, 1.0, "WORSE"),
        (Interval(0.5, 0.1, 0.9), 0.01, 1.0, "EQUIVALENT"),
    ],
)
def test_decide_verdict(
    interval: Interval, p_adjusted: float | None, beyond: float, verdict: Verdict
) -> None:
    opposite: dict[Verdict, Verdict] = {"BETTER": "WORSE", "WORSE": "BETTER"}
    limits = {"margin": 1.0, "alpha": 0.05, "beyond": beyond}
    assert decide_verdict(interval, p_adjusted, larger_is_better=True, **limits) == verdict
    assert decide_verdict(interval, p_adjusted, larger_is_better=False, **limits) == opposite.get(
        verdict, verdict
    )


def verdicts(family: dict[str, Difference], **changes: float) -> dict[str, Comparison]:
    limits = {"margin": 0.001, "alpha": 0.05, **changes}
    return judge_differences(family, larger_is_better=True, **limits)


class TestPairedDifference:
    def test_says_what_its_parts_say(self) -> None:
        differences = [0.001, 0.002, 0.003, 0.002, 0.005]
        assert paired_difference(differences, rng()) == Difference(
            interval=mean_interval(differences),
            p=2 / 32,
            spread=pytest.approx(float(np.std(differences, ddof=1))),  # type: ignore[arg-type]
            seeds=5,
            sign_flip=True,
        )

    def test_order_is_irrelevant_to_the_last_bit(self) -> None:
        differences = list(rng(5).normal(0.001, 0.002, 20))  # beyond what is tried in full
        assert paired_difference(differences[::-1], rng()) == paired_difference(differences, rng())

    def test_equal_differences_are_no_certainty(self) -> None:
        difference = paired_difference([0.01] * 10, rng())
        assert difference == Difference(Interval(0.01, None, None), 2 / 1024, None, 10, sign_flip=True)
        assert verdicts({"tanh": difference})["tanh"].verdict == "INCONCLUSIVE"

    def test_what_is_counted_in_coarse_steps_is_known_to_half_of_one(self) -> None:
        assert paired_difference([-2.0] * 6, rng(), 0.5).interval == Interval(-2.0, -2.5, -1.5)
        assert not paired_difference([-2.0] * 5, rng(), 0.5).interval.bounded
        uneven = [-2.0, -2.0, -2.0, -2.0, -2.0, -1.0]
        assert paired_difference(uneven, rng(), 0.5).interval == mean_interval(uneven)

    def test_a_single_seed_is_inconclusive(self) -> None:
        difference = paired_difference([0.01], rng())
        assert difference == Difference(Interval(0.01, None, None), None, None, 1, sign_flip=True)
        assert verdicts({"tanh": difference})["tanh"] == Comparison(
            difference.interval, None, None, "INCONCLUSIVE", None
        )


class TestPairedLogRatio:
    def test_says_what_the_blocks_say(self) -> None:
        ratios = [[0.01, 0.02, 0.03], [0.03, 0.04, 0.05], [0.00, 0.03, 0.09]]
        mean = mean_over_blocks(ratios, rng())
        spread = float(np.std([0.02, 0.04, 0.03], ddof=1))
        assert paired_log_ratio(ratios, rng()) == Difference(
            mean.interval,
            mean.p,
            pytest.approx(spread),
            3,  # type: ignore[arg-type]
        )

    def test_the_spread_of_seeds_is_unknown_from_one(self) -> None:
        difference = paired_log_ratio([rng(2).normal(0.5, 0.01, 40)], rng())
        assert difference.interval.bounded
        assert difference.p is not None
        assert difference.p < 0.001
        assert (difference.spread, difference.seeds) == (None, 1)

    def test_equal_ratios_are_no_certainty(self) -> None:
        difference = paired_log_ratio([[0.5, 0.5], [0.5]], rng())
        assert difference == Difference(Interval(0.5, None, None), None, None, 2)


class TestCompare:
    def family(self) -> dict[str, Difference]:
        noise = rng(4).normal(0, 0.002, (4, 10))
        means = {"better": 0.01, "worse": -0.01, "open": 0.001}
        found = {
            label: paired_difference(list(mean + row), rng())
            for (label, mean), row in zip(means.items(), noise, strict=False)
        }
        return {**found, "same": paired_difference(list(noise[3] / 100), rng()), "identical": IDENTICAL}

    def test_all_four_verdicts(self) -> None:
        judged = verdicts(self.family())
        assert {label: comparison.verdict for label, comparison in judged.items()} == {
            "better": "BETTER",
            "worse": "WORSE",
            "open": "INCONCLUSIVE",
            "same": "EQUIVALENT",
            "identical": "EQUIVALENT",
        }

    def test_what_computed_the_same_differs_by_exactly_nothing(self) -> None:
        judged = verdicts({"identical": IDENTICAL})["identical"]
        assert judged == Comparison(Interval(0.0, 0.0, 0.0), 1.0, 1.0, "EQUIVALENT", None)

    def test_p_is_adjusted_over_the_family(self) -> None:
        family = self.family()
        judged = verdicts(family)
        assert [comparison.p for comparison in judged.values()] == [entry.p for entry in family.values()]
        assert [comparison.p_adjusted for comparison in judged.values()] == holm(
            [entry.p for entry in family.values()]
        )
        # 2/1024 is decisive alone, and after Holm's adjustment among 26 no longer.
        alone = {"better": family["better"]}
        crowd = {**alone, **{f"other {index}": family["open"] for index in range(25)}}
        assert verdicts(alone)["better"].verdict == "BETTER"
        assert verdicts(crowd)["better"].verdict == "INCONCLUSIVE"

    def test_only_what_is_open_needs_seeds(self) -> None:
        judged = verdicts(self.family())
        needed = judged["open"].seeds_needed
        assert needed is not None
        assert needed > 10
        assert [label for label, entry in judged.items() if entry.seeds_needed is not None] == ["open"]

    def test_a_larger_family_needs_more_seeds(self) -> None:
        # For a difference well beyond the margin, which only the test holds up.
        likely = paired_difference([0.004, 0.006, 0.003, 0.007, 0.005], rng())
        crowd = {str(index): likely for index in range(12)}
        alone, among = verdicts({"0": likely})["0"].seeds_needed, verdicts(crowd)["0"].seeds_needed
        assert alone is not None
        assert among is not None
        assert 5 < alone < among

    @pytest.mark.parametrize(("beyond", "verdict"), [(0.0, "BETTER"), (0.05, "INCONCLUSIVE")])
    def test_beyond_is_asked_of_every_activation(self, beyond: float, verdict: Verdict) -> None:
        family = {"better": self.family()["better"]}
        assert verdicts(family, beyond=beyond)["better"].verdict == verdict

    def test_another_scale_moves_the_interval_alone(self) -> None:
        judged = verdicts(self.family())["open"]
        mapped = judged.map(math.exp)
        assert mapped.interval == judged.interval.map(math.exp)
        assert (mapped.p, mapped.p_adjusted, mapped.verdict, mapped.seeds_needed) == (
            judged.p, judged.p_adjusted, judged.verdict, judged.seeds_needed,
        )  # fmt: skip

    @given(st.permutations(["better", "worse", "open", "same", "identical"]))
    def test_the_order_of_activations_is_irrelevant(self, labels: list[str]) -> None:
        family = self.family()
        assert verdicts({label: family[label] for label in labels}) == verdicts(family)

    def test_no_activation_no_verdict(self) -> None:
        assert verdicts({}) == {}
