"""Lists that say that no item may stand in them twice, whatever kind of item they hold."""

from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from actbench.config.schema.fields import BooleanField, EpochField, IntegerField, NumberField, TextField
from actbench.config.schema.layers import LayerConfig
from actbench.config.schema.section import ListField

KINDS: list[tuple[Any, list[Any]]] = [
    (Annotated[int, IntegerField(0, 9)], [1, 2, 1]),
    (Annotated[float, NumberField()], [0.5, 2, 0.5]),
    (Annotated[float, NumberField()], [1, 2, 1.0]),  # equal once they are understood
    (Annotated[str, TextField()], ["a", "b", "a"]),
    (Annotated[bool, BooleanField()], [True, False, True]),
    (Annotated[Any, EpochField(9)], ["last", 1, "last"]),
    (LayerConfig, [{"dense": 8}, {"dense": 9}, {"dense": 8}]),
    (LayerConfig, [{"dense": 8}, {"dense": 9}, {"dense": 8, "activation": None}]),
]


def validate(kind, items, **options):
    return TypeAdapter(Annotated[tuple[kind, ...], ListField("[]", **options)]).validate_python(items)


@pytest.mark.parametrize(("kind", "items"), KINDS)
def test_a_list_of_distinct_items_has_none_twice(kind, items):
    with pytest.raises(ValidationError) as caught:
        validate(kind, items, distinct=True)
    [mistake] = caught.value.errors()
    assert mistake["loc"] == (2,)
    assert mistake["msg"].endswith("is in the list already; remove it")
    assert len(validate(kind, items[:2], distinct=True)) == 2
    assert len(validate(kind, items)) == 3


def test_what_is_wrong_and_what_is_repeated_are_told_together():
    with pytest.raises(ValidationError) as caught:
        validate(Annotated[int, IntegerField(0, 9)], [1, 1.0, True, 1, 10], distinct=True)
    assert [(item["loc"], item["msg"].partition(";")[0]) for item in caught.value.errors()] == [
        ((3,), "1 is in the list already"),
        ((1,), "1.0 is not a whole number"),
        ((2,), "true is not a whole number"),
        ((4,), "10 is too large"),
    ]
