import pytest

from actbench.activations import ACTIVATIONS, NAMES, find


@pytest.mark.parametrize(
    ("name", "canonical"),
    [("relu", "relu"), ("swish", "silu"), ("silu", "silu"), ("hard_swish", "hard_silu")],
)
def test_find_resolves_aliases(name, canonical):
    assert find(name) is ACTIVATIONS[canonical]


@pytest.mark.parametrize("name", ["", "ReLU", "softmax", "glu", "threshold", "PReLU", "log_softmax"])
def test_find_knows_only_element_wise_functions_by_their_exact_name(name):
    with pytest.raises(KeyError):
        find(name)


def test_no_name_is_taken_twice():
    listed = [name for entry in ACTIVATIONS.values() for name in (entry.name, *entry.aliases)]
    assert len(set(listed)) == len(listed)
    assert set(listed) == set(NAMES)


def test_every_entry_has_a_formula():
    assert all(entry.formula for entry in ACTIVATIONS.values())


def test_parameters_cannot_be_changed_by_accident():
    with pytest.raises(TypeError):
        ACTIVATIONS["relu"].params["alpha"] = 1.0  # type: ignore[index]
