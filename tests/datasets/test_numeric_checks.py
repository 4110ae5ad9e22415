import numpy as np
import pytest

from actbench.datasets.numeric_checks import Rounding

WHOLE = [np.int32, np.uint32, np.int64, np.uint64]


def problem(*pieces):
    rounding = Rounding()
    for piece in pieces:
        rounding.add(piece)
    return rounding.problem


@pytest.fixture(params=[False, True], ids=["as here", "as on Apple silicon"])
def long_double(request, monkeypatch):
    if request.param:
        monkeypatch.setattr(np, "longdouble", np.float64)


@pytest.mark.usefixtures("long_double")
@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_whole_numbers_keep_all_their_bits(kind):
    numbers = np.arange(100).astype(kind) + kind(2**60)
    assert "too close together" in problem(numbers)
    assert "too close together" in problem(numbers[:50], numbers[50:])
    assert problem(np.full(100, 2**60 + 1, dtype=kind)) is None


@pytest.mark.usefixtures("long_double")
@pytest.mark.parametrize("kind", WHOLE)
def test_the_error_of_whole_numbers_is_exact(kind):
    ends = np.iinfo(kind)
    numbers = np.random.default_rng(0).integers(ends.min, ends.max, 1000, dtype=kind, endpoint=True)
    numbers = np.concatenate([numbers, numbers >> 17, np.array([ends.min, ends.max], dtype=kind)])
    for low in map(int, numbers):
        for span in (2000 * error(low) - 1, 2000 * error(low) + 1):
            if span > 0 and low + span <= ends.max:
                refused = problem(np.array([low, low + span], dtype=kind)) is not None
                assert refused == (span < 2000 * max(error(low), error(low + span)))


def error(number):
    return abs(number - int(np.float32(number)))


def test_pieces_of_whole_numbers_and_of_fractions_are_one_column():
    whole, fractions = np.array([2**60, 2**60 + 5]), np.array([0.5, 2.0**61])
    assert problem(whole, fractions) is problem(fractions, whole) is None
