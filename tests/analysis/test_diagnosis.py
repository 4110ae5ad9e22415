import math

import pytest

from actbench.analysis.diagnosis import diagnose, failure, moments, stopped_apart
from tests.factories import make_cell, make_probe


def seen(*probes_by_seed, asked=(0, "last")):
    """Of the only activation of a setting."""
    cells = [ended(probes) for probes in probes_by_seed]
    return moments(cells, asked, apart=stopped_apart(cells, asked))


def ended(probes, best_epoch=None):
    """A training whose last epoch is that of its last probe."""
    cell = make_cell(probes=probes, slice_s=(0.1, 0.1) * probes[-1].epoch)
    return cell.model_copy(update={"best_epoch": best_epoch})


def test_shares_and_moments_are_means_over_seeds_and_gradients_geometric_ones():
    [moment] = seen(
        [make_probe(gradient_norm=(1.0, 2.0), dead=(0.1, 0.0), variance=1.0)],
        [make_probe(gradient_norm=(4.0, 2.0), dead=(0.3, 0.0), variance=3.0)],
    )
    assert (moment.epoch, moment.seeds) == (0, 2)
    first, second = moment.layers
    assert (first.layer, second.layer) == (1, 2)
    assert first.dead.estimate == pytest.approx(0.2)
    assert (first.dead.ci_low, first.dead.ci_high) == (0.0, 1.0)  # a share: two seeds know no more
    assert first.preactivation_variance.estimate == pytest.approx(2.0)
    assert first.preactivation_variance.ci_low == 0.0
    assert first.gradient_norm.estimate == pytest.approx(2.0)
    assert moment.gradient_first_to_last.estimate == pytest.approx(math.sqrt(0.5 * 2.0))
    assert second.gradient_norm.ci_low is None  # equal samples do not show their spread


def test_moments_come_in_the_order_of_the_epochs():
    found = seen([make_probe(0), make_probe(3)], [make_probe(0)], asked=(0, 3))
    assert [(moment.epoch, moment.seeds) for moment in found] == [(0, 2), (3, 1)]


def test_trainings_that_stopped_after_different_epochs_share_a_last_moment():
    found = seen(
        [make_probe(0), make_probe(1), make_probe(3)], [make_probe(0), make_probe(1)], asked=(0, 1, "last")
    )
    assert [(moment.epoch, moment.seeds) for moment in found] == [(0, 2), (1, 2), (None, 2)]


def test_the_end_is_the_model_that_was_tested():
    best = ended([make_probe(0), make_probe(2, dead=0.5), make_probe(3)], best_epoch=2)
    cells, asked = [best, ended([make_probe(0), make_probe(3, dead=0.1)])], (0, 3, "last")
    assert stopped_apart(cells, asked)
    found = moments(cells, asked, apart=True)
    assert [(moment.epoch, moment.seeds) for moment in found] == [(0, 2), (3, 2), (None, 2)]
    assert found[-1].layers[0].dead.estimate == pytest.approx(0.3)


def test_who_stopped_after_one_epoch_shares_the_end_of_those_who_did_not():
    asked = (0, 2, "last")
    alike = [ended([make_probe(0), make_probe(2)])] * 2
    others = [ended([make_probe(0), make_probe(2), make_probe(3)]), ended([make_probe(0), make_probe(1)])]
    assert not stopped_apart(alike, asked)
    assert stopped_apart([*alike, *others], asked)
    assert not stopped_apart([*alike, *others], (0, 2))
    found = [(moment.epoch, moment.seeds) for moment in moments(alike, asked, apart=True)]
    assert found == [(0, 2), (2, 2), (None, 2)]  # epoch 2 was asked for, too
    found = [(moment.epoch, moment.seeds) for moment in moments(alike, (0, "last"), apart=True)]
    assert found == [(0, 2), (None, 2)]


def test_one_that_diverged_has_no_end():
    diverged = make_cell(accuracy=None, probes=[make_probe(0)])
    assert [moment.epoch for moment in moments([diverged], (0, "last"), apart=True)] == [0]


def test_what_is_not_finite_is_left_out_and_no_gradient_anywhere_is_counted():
    [moment] = seen(
        [make_probe(gradient_norm=(0.0, 2.0), mean=None)],
        [make_probe(gradient_norm=(1.0, None))],
    )
    first, last = moment.layers
    assert (first.gradient_norm.estimate, first.without_gradient) == (0.0, 1)
    assert first.preactivation_mean.estimate == 0.1
    assert last.gradient_norm.estimate == pytest.approx(2.0)
    assert moment.gradient_first_to_last.estimate == 0.0


@pytest.mark.parametrize("norms", [(0.5,), (0.5, 0.0), (0.5, None), (None, 0.5), ()])
def test_there_is_no_ratio_with_one_layer_or_without_a_gradient_at_the_last(norms):
    [moment] = seen([make_probe(gradient_norm=norms)])
    assert moment.gradient_first_to_last is None


@pytest.mark.parametrize(
    ("score", "diverged", "constant", "expected"),
    [
        (0.95, 0, 0.1, None),
        (0.88, 0, 0.1, None),
        (0.86, 0, 0.1, "behind"),  # a tenth of the way from 0.1 to 0.95 is 0.085
        (0.108, 0, 0.1, "constant"),
        (0.11, 0, 0.1, "behind"),
        (0.95, 1, 0.1, "diverged"),
        (None, 3, 0.1, "diverged"),
        (-0.01, 0, 0.0, "constant"),  # R²
        (0.4, 0, 0.0, "behind"),
        (0.1, 0, None, None),  # a run of an older version does not tell
    ],
)
def test_what_counts_as_failed(score, diverged, constant, expected):
    luck = 0.0 if not constant else 0.009  # three standard errors of 10,000 examples
    assert failure(score, diverged, 0.95, constant, luck=luck, surely_worse=True) == expected
    noisy = failure(score, diverged, 0.95, constant, luck=luck, surely_worse=False)
    assert noisy == (None if expected == "behind" else expected)


@pytest.mark.parametrize(
    ("probe", "cause", "layers"),
    [
        ({"gradient_norm": (0.0, 0.0, 0.1)}, "no gradient", (1, 2)),
        ({"gradient_norm": (3e-7, 1e-3, 1.0)}, "vanishing", (1, 3)),
        ({"gradient_norm": (2e3, 1.0)}, "exploding", (1, 2)),
        ({"gradient_norm": (1.0, None)}, "not finite", (2,)),
        ({"dead": (0.1, 0.6)}, "dead", (2,)),
        ({"dead": (0.1, 0.2), "saturated": (0.45, 0.2)}, "saturated", (1,)),
        ({"gradient_norm": (1.1e-3, 1.0), "dead": 0.2, "saturated": 0.2}, None, None),
        ({"gradient_norm": (0.0, 0.5), "dead": (0.0, 1.0)}, "no gradient", (1,)),
    ],
)
def test_the_cause_that_explains_the_most_is_found(probe, cause, layers):
    found = diagnose("constant", seen([make_probe(**probe)]))
    if cause is None:
        assert found.finding is None
    else:
        assert (found.finding.cause, found.finding.layers) == (cause, layers)


def test_the_latest_moment_that_shows_a_cause_is_told():
    dying = diagnose("behind", seen([make_probe(0), make_probe(2, dead=0.8)]))
    assert dying.finding.moment.epoch == 2
    early = diagnose("behind", seen([make_probe(0, gradient_norm=(1e-6, 1.0)), make_probe(2)]))
    assert early.finding.moment.epoch == 0


def test_who_is_only_behind_and_shows_nothing_gets_no_diagnosis():
    assert diagnose("behind", seen([make_probe()])) is None
    assert diagnose("behind", ()) is None
    assert diagnose("diverged", ()) is None
    assert diagnose("diverged", seen([make_probe()])).finding is None
    assert diagnose("constant", ()).finding is None
