"""Dropout's masks: the same bits however they are computed, and random enough."""

import numpy as np
import pytest
import tensorflow as tf

from actbench.engine.model import AlphaDropout, Dropout, keep_mask

pytestmark = pytest.mark.tensorflow

ROWS, UNITS, STEPS = 64, 50, 200


@pytest.fixture(scope="module")
def masks():
    """Shape (seed, step, row, unit); seeds and steps that follow each other, as those of a run do."""

    @tf.function(jit_compile=True)
    def draw(seed_and_step):
        return keep_mask(tf.constant([ROWS, UNITS]), 0.3, seed_and_step)

    return np.stack([[draw(tf.constant([seed, step], tf.int64)) for step in range(STEPS)] for seed in (7, 8)])


def test_a_graph_and_eager_mode_and_xla_draw_the_same(masks):
    shape, seed_and_step = tf.constant([ROWS, UNITS]), tf.constant([8, 5], tf.int64)
    np.testing.assert_array_equal(keep_mask(shape, 0.3, seed_and_step), masks[1, 5])
    graph = tf.function(keep_mask)
    np.testing.assert_array_equal(graph(shape, 0.3, seed_and_step), masks[1, 5])


def test_a_mask_is_the_hash_that_its_source_describes(masks):
    def mixed(x):
        for shift, factor in ((16, 0x21F0AAAD), (15, 0xD35A2D97)):
            x = ((x ^ (x >> shift)) * factor) % 2**32
        return x ^ (x >> 15)

    key = mixed(mixed(7) ^ 2)
    for place in (0, 1, UNITS, ROWS * UNITS - 1):
        hashed = mixed(mixed(place ^ key) ^ mixed((key + 0x9E3779B9) % 2**32))
        assert masks[0, 2].ravel()[place] == (hashed >= 0.3 * 2**32)


def test_as_many_are_left_out_as_independent_draws_would_leave_out(masks):
    def standardised(counts, draws):
        return (counts - 0.3 * draws) / np.sqrt(0.3 * 0.7 * draws)

    left = ~masks
    for axes in [(0, 1), (0, 1, 2), (2, 3), (0, 2, 3)]:  # by place, unit, mask, and step
        z = standardised(left.sum(axis=axes), np.prod([left.shape[axis] for axis in axes]))
        assert np.abs(z).max() < 5
        assert z.var() == pytest.approx(1, abs=5 * np.sqrt(2 / z.size))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),  # the next step
        ((0,), (1,)),  # the next seed
        ((..., slice(None, -1), slice(None)), (..., slice(1, None), slice(None))),  # the next example
        ((..., slice(None, -1)), (..., slice(1, None))),  # the next unit
    ],
)
def test_neighbours_do_not_know_of_each_other(masks, one, other):
    a, b = masks[one].astype(float).ravel(), masks[other].astype(float).ravel()
    assert abs(np.corrcoef(a, b)[0, 1]) < 5 / np.sqrt(a.size)


def test_masks_of_different_steps_are_not_rearrangements_of_each_other(masks):
    left_out = (~masks).sum(axis=(2, 3)).ravel()
    assert np.unique(left_out).size > 50


def test_what_stays_is_scaled_so_that_the_mean_stays():
    layer = Dropout(0.25, seed=1)
    out = np.asarray(layer(np.full((400, 50), 3.0, np.float32), training=True))
    assert set(np.unique(out)) == {0.0, 4.0}
    assert out.mean() == pytest.approx(3, abs=0.1)
    assert (np.asarray(layer(np.ones((2, 3), np.float32), training=False)) == 1).all()


def test_alpha_dropout_keeps_mean_and_variance_and_sets_to_the_lowest_value_of_selu():
    normal = np.random.default_rng(0).standard_normal((2000, 50)).astype(np.float32)
    layer = AlphaDropout(0.2, seed=1)
    out = np.asarray(layer(normal, training=True))
    assert out.mean() == pytest.approx(0, abs=0.02)
    assert out.var() == pytest.approx(1, abs=0.03)
    values, counts = np.unique(out, return_counts=True)
    assert counts.max() / out.size == pytest.approx(0.2, abs=0.01)
    a = (0.8 * (1 + 0.2 * 1.7580993408473766**2)) ** -0.5
    assert values[counts.argmax()] == pytest.approx(a * -1.7580993408473766 * 0.8, rel=1e-5)


@pytest.mark.parametrize("make", [Dropout, AlphaDropout])
def test_a_rate_of_zero_leaves_all(make):
    ones = np.ones((3, 4), np.float32)
    np.testing.assert_array_equal(make(0.0)(ones, training=True), ones)
