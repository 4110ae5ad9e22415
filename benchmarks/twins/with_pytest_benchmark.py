"""The same slices under pytest-benchmark, with its defaults."""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from slices import COUNT, slices


@pytest.mark.parametrize("label", ["relu", "placebo"])
def test_slices(benchmark: BenchmarkFixture, label: str) -> None:
    remaining = slices(label)
    benchmark.pedantic(lambda run: run(), setup=lambda: ((next(remaining),), {}), rounds=COUNT)
