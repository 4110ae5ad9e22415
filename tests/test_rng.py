import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from actbench.rng import balanced_order, generator, integer, normal, permutation, uniform

seeds = st.integers(0, 2**31 - 1)


@given(n=st.integers(0, 300), seed=seeds, role=st.text(max_size=8), index=st.integers(0, 10**6))
def test_a_permutation_has_everything_once_and_repeats(n, seed, role, index):
    order = permutation(n, seed, role, index)
    assert sorted(order.tolist()) == list(range(n))
    assert order.dtype == np.int32
    np.testing.assert_array_equal(order, permutation(n, seed, role, index))


def test_the_streams_are_these_on_every_machine_and_version():
    assert permutation(8, 0, "batches").tolist() == [7, 0, 1, 4, 5, 3, 6, 2]
    assert integer(0, "weights", 1) == 1342305586
    assert uniform(2, 0, "test").tolist() == [0.5189987284150916, 0.5078217930400973]
    assert normal(2, 0, "test") == pytest.approx([-1.2084031280958443, 1.3048959754003846], rel=1e-12)


def test_seed_role_and_index_each_give_another_stream():
    orders = {
        tuple(permutation(50, seed, role, index).tolist())
        for seed in (0, 1)
        for role in ("batches", "round")
        for index in (0, 1)
    }
    assert len(orders) == 8


def test_the_global_generator_is_neither_read_nor_moved():
    np.random.seed(1)  # noqa: NPY002 - the test is about it
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - likewise
    order = permutation(20, 3, "batches")
    np.random.seed(2)  # noqa: NPY002 - likewise
    np.testing.assert_array_equal(order, permutation(20, 3, "batches"))
    np.random.seed(1)  # noqa: NPY002 - likewise
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002 - likewise


def test_generators_repeat_and_differ():
    def draws(*arguments):
        return generator(*arguments).random(3).tolist()

    assert draws(3, "resamples", 1) == draws(3, "resamples", 1)
    assert len({tuple(draws(*arguments)) for arguments in ((3, "a"), (4, "a"), (3, "b"), (3, "a", 1))}) == 4


def test_orders_are_uniform():
    first = np.bincount([permutation(5, 0, "round", index)[0] for index in range(5000)], minlength=5)
    # Each count is binomial(5000, 1/5): standard deviation 28; 5 of them either way.
    assert np.abs(first - 1000).max() < 142


@given(n=st.integers(1, 15), seed=seeds, square=st.integers(0, 1000))
def test_balanced_orders_favor_no_place_and_no_predecessor(n, seed, square):
    rounds = n * (1 + n % 2)
    orders = np.array([balanced_order(n, seed, "round", square * rounds + index) for index in range(rounds)])
    for place in orders.T:
        assert np.bincount(place, minlength=n).tolist() == [rounds // n] * n
    follows = np.zeros((n, n), dtype=int)
    np.add.at(follows, (orders[:, :-1].ravel(), orders[:, 1:].ravel()), 1)
    assert (follows[~np.eye(n, dtype=bool)] == rounds // n).all()
    assert not follows.diagonal().any()


def test_balanced_orders_repeat_and_are_fresh_for_every_square_seed_and_role():
    def orders(seed, role, square):
        return tuple(tuple(balanced_order(14, seed, role, 14 * square + row).tolist()) for row in range(14))

    assert orders(3, "round", 1) == orders(3, "round", 1)
    made = {
        orders(*arguments) for arguments in ((3, "round", 1), (3, "round", 2), (4, "round", 1), (3, "a", 1))
    }
    assert len(made) == 4


@pytest.mark.parametrize(("draw", "cdf"), [(uniform, stats.uniform.cdf), (normal, stats.norm.cdf)])
def test_numbers_have_their_distribution(draw, cdf):
    drawn = draw(20_000, 3, "test", 1)
    assert stats.kstest(drawn, cdf).pvalue > 0.001
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.03
    assert np.array_equal(drawn[:7], draw(7, 3, "test", 1))
    assert not np.isin(drawn, draw(20_000, 3, "test", 2)).any()


@given(seed=seeds, index=st.integers(0, 1000))
def test_integers_fit_a_library_seed(seed, index):
    assert 0 <= integer(seed, "weights", index) < 2**31
