import math

import numpy as np
import pytest

from actbench.activations.catalogue import ACTIVATION_NAMES, ACTIVATIONS, FAMILIES, find_activation
from actbench.activations.curves import activation_curve
from actbench.activations.entry import CHOSEN_BY_GAIN
from actbench.activations.expression.parser import parse
from actbench.analysis.portrait import portray
from actbench.config.schema.activation import ActivationConfig

SINGLE = [name for name, entry in ACTIVATIONS.items() if entry.element_wise]
X = np.unique(np.concatenate([np.linspace(-12, 12, 24_001), [-1e4, 1e4]]))


@pytest.mark.parametrize(
    ("name", "canonical"),
    [("relu", "relu"), ("swish", "silu"), ("silu", "silu"), ("hard_swish", "hard_silu"), ("glu", "glu")],
)
def test_find_resolves_aliases(name, canonical):
    assert find_activation(name) is ACTIVATIONS[canonical]


@pytest.mark.parametrize("name", ["", "ReLU", "PReLU", "axis"])
def test_find_knows_exact_names_only(name):
    with pytest.raises(KeyError):
        find_activation(name)


def test_no_name_is_taken_twice():
    listed = [name for entry in ACTIVATIONS.values() for name in (entry.name, *entry.aliases)]
    assert len(set(listed)) == len(listed)
    assert set(listed) == set(ACTIVATION_NAMES)
    assert sum(map(len, FAMILIES.values())) == len(ACTIVATIONS)


def test_papers_have_all_their_parts():
    for entry in ACTIVATIONS.values():
        assert entry.recommended.source
        if entry.paper is not None:
            assert entry.paper.authors
            assert entry.paper.title
            assert entry.paper.where
            assert 1950 <= entry.paper.year <= 2026


@pytest.mark.parametrize("name", [name for name, entry in ACTIVATIONS.items() if entry.kind != "mixing"])
def test_formulas_and_derivatives_are_expressions_in_x_and_the_parameters(name):
    entry = ACTIVATIONS[name]
    names = [key for key, default in entry.params.items() if not isinstance(default, bool)]
    names += ["value"] if entry.gated else []
    for text in (entry.formula, entry.derivative):
        parse(text, names, all_used=False)
    parse(entry.formula, names)  # refuses a formula that leaves x or a parameter out


@pytest.mark.parametrize("name", SINGLE)
def test_range_and_monotony_are_as_stated(name):
    entry = ACTIVATIONS[name]
    y = activation_curve(entry)(X)
    y = y[np.isfinite(y)]
    assert entry.monotonic == bool((np.diff(y) >= -1e-12).all())
    low, high = entry.range.low, entry.range.high
    assert y.min() >= low - 1e-12
    assert y.max() <= high + 1e-12
    # Bounds are tight, and a function without a bound grows.
    assert y.min() <= low + 2e-4 if math.isfinite(low) else y.min() < -8
    assert y.max() >= high - 2e-4 if math.isfinite(high) else y.max() > 8
    if entry.range.low_reached:
        assert y.min() == pytest.approx(low, abs=1e-6)
    assert entry.range.bounded == (math.isfinite(low) and math.isfinite(high))


@pytest.mark.parametrize("name", SINGLE)
def test_smoothness_is_as_stated(name):
    """Over a small step, the slope of a smooth function changes little; another slope jumps somewhere."""
    entry = ACTIVATIONS[name]
    curve = activation_curve(entry)
    x = np.arange(-4_000, 4_001) / 1_000 + 1e-9
    jumps = np.abs(np.diff(curve.slope(x)))
    values = np.abs(np.diff(curve(x)))
    scale = 1 + np.abs(curve.slope(x[:-1]))
    assert entry.smooth == bool((jumps / scale).max() < 0.02 and (values / scale).max() < 0.05)


@pytest.mark.parametrize("name", SINGLE)
def test_recommended_initializers_without_a_paper_have_the_nearer_gain(name):
    entry = ACTIVATIONS[name]
    if entry.recommended.source == CHOSEN_BY_GAIN:
        gain = activation_curve(entry).moments().gain
        to_he, to_lecun = abs(math.log(gain / math.sqrt(2))), abs(math.log(gain))
        assert entry.recommended.init == ("he_normal" if to_he < to_lecun else "lecun_normal")


def portrait(name):
    entry = {"name": name, "params": dict.fromkeys(ACTIVATIONS[name].required, 0.0)}
    [only] = portray([ActivationConfig.model_validate(entry)])
    return only


def test_zero_centered_is_computed():
    centered = {name for name in ACTIVATIONS if portrait(name).zero_centered}
    assert {"linear", "tanh", "selu", "softsign", "hard_tanh", "isru", "swiglu"} <= centered
    assert not {"relu", "sigmoid", "gelu", "elu", "snake"} & centered
    assert portrait("softmax").zero_centered is None


def test_parameters_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        ACTIVATIONS["leaky_relu"].parameters[0].default = 1.0
    ACTIVATIONS["leaky_relu"].params["negative_slope"] = 9.0  # changes a copy
    assert ACTIVATIONS["leaky_relu"].params == {"negative_slope": 0.2}


def test_a_required_parameter_has_no_default_to_lean_on():
    assert ACTIVATIONS["threshold"].required == ("threshold", "default_value")
    assert all(not entry.required for name, entry in ACTIVATIONS.items() if name != "threshold")
