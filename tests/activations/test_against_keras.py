"""The only tests here that load Keras."""

import inspect

import pytest

from actbench.activations import ACTIVATIONS, NAMES, find
from actbench.config.optimizers import OPTIMIZERS

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


@pytest.mark.parametrize("name", NAMES)
def test_parameters_and_defaults_are_those_of_the_keras_function(keras, name):
    signature = inspect.signature(getattr(keras.activations, name))
    _input, *params = signature.parameters.values()
    assert {param.name: param.default for param in params} == dict(find(name).params)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_function_is_element_wise_and_called_as_the_catalogue_says(keras, name):
    function, params = getattr(keras.activations, name), find(name).params
    x = keras.ops.linspace(-3.0, 3.0, 12)
    whole = keras.ops.convert_to_numpy(function(x, **params))
    halves = [keras.ops.convert_to_numpy(function(part, **params)) for part in (x[:5], x[5:])]
    assert whole.shape == (12,)
    assert whole.tolist() == pytest.approx([*halves[0].tolist(), *halves[1].tolist()], rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_keras_makes_the_optimizer_from_its_name(keras, name):
    assert type(keras.optimizers.get(name)).__name__.lower() == name
