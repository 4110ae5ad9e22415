import math

import pytest

from actbench.analysis.diagnosis import ends_differ, summarize_probes
from tests.factories import make_cell, make_probe


def seen(*probes_by_seed, asked=(0, "last")):
    """Of the only activation of a setting."""
    cells = [ended(probes) for probes in probes_by_seed]
    return summarize_probes(cells, asked, apart=ends_differ(cells, asked))


def ended(probes, best_epoch=None):
    """A training whose last epoch is that of its last probe."""
    cell = make_cell(probes=probes, slice_s=(0.1, 0.1) * probes[-1].epoch)
    return cell.model_copy(update={"best_epoch": best_epoch})


def test_shares_and_statistics_are_means_over_seeds_and_gradients_geometric_ones():
    [probed] = seen(
        [make_probe(gradient_norm=(1.0, 2.0), dead=(0.1, 0.0), variance=1.0)],
        [make_probe(gradient_norm=(4.0, 2.0), dead=(0.3, 0.0), variance=3.0)],
    )
    assert (probed.epoch, probed.seeds) == (0, 2)
    first, second = probed.layers
    assert (first.layer, second.layer) == (1, 2)
    assert first.dead.estimate == pytest.approx(0.2)
    assert (first.dead.ci_low, first.dead.ci_high) == (0.0, 1.0)  # a share: two seeds know no more
    assert first.preactivation_variance.estimate == pytest.approx(2.0)
    assert first.preactivation_variance.ci_low == 0.0
    assert first.gradient_norm.estimate == pytest.approx(2.0)
    assert probed.gradient_first_to_last.estimate == pytest.approx(math.sqrt(0.5 * 2.0))
    assert second.gradient_norm.ci_low is None  # equal samples do not show their spread


def test_probed_epochs_come_in_the_order_of_the_epochs():
    found = seen([make_probe(0), make_probe(3)], [make_probe(0)], asked=(0, 3))
    assert [(probed.epoch, probed.seeds) for probed in found] == [(0, 2), (3, 1)]


def test_trainings_that_stopped_after_different_epochs_share_a_last_probe():
    found = seen(
        [make_probe(0), make_probe(1), make_probe(3)], [make_probe(0), make_probe(1)], asked=(0, 1, "last")
    )
    assert [(probed.epoch, probed.seeds) for probed in found] == [(0, 2), (1, 2), (None, 2)]


def test_the_end_is_the_model_that_was_tested():
    best = ended([make_probe(0), make_probe(2, dead=0.5), make_probe(3)], best_epoch=2)
    cells, asked = [best, ended([make_probe(0), make_probe(3, dead=0.1)])], (0, 3, "last")
    assert ends_differ(cells, asked)
    found = summarize_probes(cells, asked, apart=True)
    assert [(probed.epoch, probed.seeds) for probed in found] == [(0, 2), (3, 2), (None, 2)]
    assert found[-1].layers[0].dead.estimate == pytest.approx(0.3)


def test_who_stopped_after_one_epoch_shares_the_end_of_those_who_did_not():
    asked = (0, 2, "last")
    alike = [ended([make_probe(0), make_probe(2)])] * 2
    others = [ended([make_probe(0), make_probe(2), make_probe(3)]), ended([make_probe(0), make_probe(1)])]
    assert not ends_differ(alike, asked)
    assert ends_differ([*alike, *others], asked)
    assert not ends_differ([*alike, *others], (0, 2))
    found = [(probed.epoch, probed.seeds) for probed in summarize_probes(alike, asked, apart=True)]
    assert found == [(0, 2), (2, 2), (None, 2)]  # epoch 2 was asked for, too
    found = [(probed.epoch, probed.seeds) for probed in summarize_probes(alike, (0, "last"), apart=True)]
    assert found == [(0, 2), (None, 2)]


def test_one_that_diverged_has_no_end():
    diverged = make_cell(accuracy=None, probes=[make_probe(0)])
    assert [probed.epoch for probed in summarize_probes([diverged], (0, "last"), apart=True)] == [0]


def test_what_is_not_finite_is_left_out_and_no_gradient_anywhere_is_counted():
    [probed] = seen(
        [make_probe(gradient_norm=(0.0, 2.0), mean=None)],
        [make_probe(gradient_norm=(1.0, None))],
    )
    first, last = probed.layers
    assert (first.gradient_norm.estimate, first.without_gradient) == (0.0, 1)
    assert first.preactivation_mean.estimate == 0.1
    assert last.gradient_norm.estimate == pytest.approx(2.0)
    assert probed.gradient_first_to_last.estimate == 0.0


@pytest.mark.parametrize("norms", [(0.5,), (0.5, 0.0), (0.5, None), (None, 0.5), ()])
def test_there_is_no_ratio_with_one_layer_or_without_a_gradient_at_the_last(norms):
    [probed] = seen([make_probe(gradient_norm=norms)])
    assert probed.gradient_first_to_last is None
