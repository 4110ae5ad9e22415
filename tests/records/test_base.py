import math

import pytest
from pydantic import ValidationError

from tests.factories import make_cell


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_record_holds_no_value_that_json_does_not_know(value):
    with pytest.raises(ValidationError, match="finite number"):
        make_cell(slice_s=(0.1, value))


def test_a_record_does_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        make_cell().parameters = 3
