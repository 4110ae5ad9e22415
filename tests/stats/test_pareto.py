import numpy as np
import pytest

from actbench.stats.bootstrap import front_probabilities


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def constant_times(times: list[float], blocks: int) -> list[np.ndarray]:
    return [np.log(np.outer(times, np.ones(3)))] * blocks


def test_the_front_by_hand() -> None:
    # In order: best score, fastest, worse than both, equal to the best but slower.
    scores = np.array([[0.9, 0.9], [0.8, 0.8], [0.7, 0.7], [0.9, 0.9]])
    found = front_probabilities(scores, constant_times([2.0, 1.0, 3.0, 2.5], 2), rng())
    assert found.tolist() == [1.0, 1.0, 0.0, 0.0]


def test_exact_copies_share_the_front() -> None:
    scores = np.array([[0.9, 0.8]] * 3)
    assert front_probabilities(scores, constant_times([1.0] * 3, 2), rng()).tolist() == [1.0] * 3


def test_a_probability_is_the_share_of_draws_by_hand() -> None:
    # The second is slower, and better in the second block alone: by more than the first is in the other. Of
    # two blocks drawn, it is dominated only if both are the first: in a quarter of the draws.
    scores = np.array([[0.9, 0.8], [0.8, 0.95]])
    found = front_probabilities(scores, constant_times([1.0, 2.0], 2), rng())
    assert found.tolist() == [1.0, pytest.approx(0.75, abs=0.03)]


def test_a_drift_that_all_share_changes_nothing() -> None:
    # In the second block the machine is slow in two of three rounds, for all alike.
    drift = np.log([1.0, 9.0, 9.0])
    log_times = np.log([[1.0, 1.1, 1.2], [1.05, 1.15, 1.25]])
    scores = np.array([[0.9, 0.91], [0.9, 0.92]])
    with_drift = front_probabilities(scores, [log_times, log_times + drift], rng())
    assert with_drift.tolist() == front_probabilities(scores, [log_times, log_times], rng()).tolist()
