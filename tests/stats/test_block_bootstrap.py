import numpy as np
import pytest

from actbench.rng import generator
from actbench.stats.bootstrap import median_standard_error


def autocorrelated(n, correlation, rng):
    series = rng.normal(size=n)
    for index in range(1, n):
        series[index] += correlation * series[index - 1]
    return series


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_the_estimate_is_near_the_truth_also_where_neighbors_resemble_each_other(correlation):
    rng = generator(0, "a test")
    runs = [autocorrelated(300, correlation, rng) for _ in range(200)]
    truth = np.std([np.median(run) for run in runs])
    estimates = [median_standard_error(run, rng) for run in runs]
    assert np.median(estimates) == pytest.approx(truth, rel=0.2)


def test_independent_normal_samples_have_the_textbook_error():
    # of the median: sqrt(pi / 2 / n)
    rng = generator(0, "a test")
    estimates = [median_standard_error(rng.normal(size=400), rng) for _ in range(100)]
    assert np.mean(estimates) == pytest.approx(np.sqrt(np.pi / 2 / 400), rel=0.15)


def test_it_scales_with_the_values_and_ignores_their_place():
    values = generator(0, "a test").normal(size=50)
    plain = median_standard_error(values, generator(1, "resamples"))
    assert median_standard_error(10 * values + 7, generator(1, "resamples")) == pytest.approx(10 * plain)
    assert plain == median_standard_error(values.tolist(), generator(1, "resamples"))


@pytest.mark.parametrize("n", [2, 3, 6, 50])
def test_equal_samples_have_no_error(n):
    assert median_standard_error([0.3] * n, generator(0, "resamples")) == pytest.approx(0, abs=1e-12)
