from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.activations.gating import TOLERANCE
from actbench.config import network
from actbench.config.schema import ModelConfig


def layers(widths):
    return ModelConfig(hidden_units=tuple(widths)).network


def parameters(widths, features, outputs, *, gated=False):
    return network.sizes(layers(widths), features, outputs, gated=gated).parameters


def matched_widths(widths, features, outputs):
    return network.gated_widths(layers(widths), features, outputs)


def mismatch(widths, features, outputs):
    return network.mismatch(layers(widths), features, outputs)


def test_parameters_are_weights_and_biases():
    assert parameters([128, 128], 784, 10) == 784 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10
    assert parameters([5], 4, 3, gated=True) == 2 * (4 * 5 + 5) + 5 * 3 + 3


@settings(deadline=None, max_examples=200)
@given(st.lists(st.integers(32, 1024), min_size=1, max_size=6), st.integers(8, 1000), st.integers(2, 100))
def test_ordinary_models_are_matched_within_one_percent(widths, features, classes):
    found = matched_widths(widths, features, classes)
    assert len(found) == len(widths)
    plain, gated = parameters(widths, features, classes), parameters(found, features, classes, gated=True)
    assert gated / plain - 1 == pytest.approx(mismatch(widths, features, classes))
    # of few narrow layers one unit may be more than two percent of all
    if len(widths) > 2 or max(widths) >= 100:
        assert abs(gated / plain - 1) <= TOLERANCE
    shares = [own / width for own, width in zip(found, widths, strict=True)]
    assert max(shares) - min(shares) < 0.3  # one scale, but where a unit of a dominant layer is much


@pytest.mark.parametrize("widths", [[3], [7], [12], [4, 3], [6, 9], [5, 5, 5]])
def test_what_is_refused_cannot_be_had(widths):
    """Of the models with widths up to the plain ones', none near uniform is much nearer."""
    plain = parameters(widths, 20, 3)
    every = product(*(range(1, width + 1) for width in widths))
    best = min(abs(parameters(some, 20, 3, gated=True) / plain - 1) for some in every)
    found = abs(mismatch(widths, 20, 3))
    assert found <= max(best, TOLERANCE) + 1e-12 or len(widths) > 1


def test_many_layers_do_not_take_long():
    assert abs(mismatch([64] * 60, 784, 10)) <= TOLERANCE
