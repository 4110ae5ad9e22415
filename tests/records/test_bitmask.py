import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actbench.records.block import pack, unpack


@given(st.lists(st.booleans(), max_size=100))
def test_what_is_packed_is_unpacked(values):
    correct = np.array(values, dtype=np.bool_)
    found = unpack(pack(correct), len(values))
    assert found.dtype == np.bool_
    np.testing.assert_array_equal(found, correct)


def test_the_text_is_short_and_always_the_same():
    # 1010 0000 and 1000 0000: the first example is the highest bit
    assert pack(np.array([True, False, True, False, False, False, False, False, True])) == "oIA="
    assert len(pack(np.ones(10_000, dtype=np.bool_))) == 1668


@pytest.mark.parametrize(
    ("packed", "n", "problem"),
    [
        ("oIA=", 8, "2 bytes are not 8 bits"),
        ("oIA=", 17, "2 bytes are not 17 bits"),
        ("oIA", 9, "not base64"),
        ("o-A=", 9, "not base64"),
        ("é", 1, "ASCII"),
    ],
)
def test_what_is_not_of_that_many_examples_is_refused(packed, n, problem):
    with pytest.raises(ValueError, match=problem):
        unpack(packed, n)
