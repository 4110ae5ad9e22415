import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.config.schema import network_size as network
from actbench.config.schema.model import ModelConfig


def layers(widths):
    return ModelConfig(hidden_units=tuple(widths)).network


def parameters(widths, features, outputs, *, gated=False):
    return network.network_size(layers(widths), features, outputs, gated=gated).parameters


def matched_widths(widths, features, outputs):
    return network.matched_gated_widths(layers(widths), features, outputs)


def mismatch(widths, features, outputs):
    return network.parameter_mismatch(layers(widths), features, outputs)


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
    assert all(own <= width for own, width in zip(found, widths, strict=True))
    # of few narrow layers one unit may be more than two percent of all, and the others make up for it
    if len(widths) > 2 or max(widths) >= 100:
        assert abs(gated / plain - 1) <= 0.01
        shares = [own / width for own, width in zip(found, widths, strict=True)]
        assert max(shares) - min(shares) < 0.3  # one scale, but where a unit of a dominant layer is much


@pytest.mark.parametrize("width", [1, 2, 3, 5, 7, 12, 15, 40])
def test_a_single_layer_gets_the_best_width_there_is(width):
    plain = parameters([width], 20, 3)
    best = min(abs(parameters([some], 20, 3, gated=True) / plain - 1) for some in range(1, width + 1))
    assert abs(mismatch([width], 20, 3)) in (pytest.approx(best), pytest.approx(0, abs=0.01))


@pytest.mark.parametrize("widths", [[14, 16], [128, 128], [16, 8, 4, 2]])
def test_where_there_is_a_match_nearby_it_is_found(widths):
    assert abs(mismatch(widths, 784, 10)) <= 0.01


def test_layers_stay_alike_where_one_scale_is_near_enough():
    assert len(set(matched_widths([128, 128], 784, 10))) == 1
    assert len(set(matched_widths([1024] * 3, 784, 10))) == 1


def test_what_the_others_make_up_for_makes_no_layer_wider_than_the_plain_one():
    found = matched_widths([24, 24, 8], 4, 2)
    assert found[2] <= 8
    assert abs(mismatch([24, 24, 8], 4, 2)) <= 0.01


def test_layers_that_one_factor_leaves_between_two_widths_differ_by_one_unit():
    found = matched_widths([7] * 20, 7, 2)
    assert abs(mismatch([7] * 20, 7, 2)) <= 0.01
    assert set(found) == {4, 5}


def test_many_layers_do_not_take_long():
    assert abs(mismatch([64] * 60, 784, 10)) <= 0.01
    mismatch([3] * 300, 784, 10)
