"""The catalogue agrees with the installed Keras in functions, aliases, parameters, defaults and twins."""

import inspect

import numpy as np
import pytest

from actbench.activations.catalogue import ACTIVATION_NAMES, ACTIVATIONS, find_activation
from actbench.config.schema.fields import ChoiceField
from actbench.config.schema.keras_objects import INITIALIZERS

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

FROM_KERAS = [
    name
    for name in ACTIVATION_NAMES
    if find_activation(name).kind in ("keras", "mixing") or find_activation(name).name == "glu"
]
NO_FUNCTIONS = {"get", "serialize", "deserialize"}
NOT_OFFERED = {"axis"}  # always the axis of the units


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


def test_the_catalogue_has_what_keras_has_and_nothing_that_it_has_lost(keras):
    theirs = {name for name, value in vars(keras.activations).items() if callable(value)} - NO_FUNCTIONS
    assert theirs == set(FROM_KERAS)


def test_aliases_are_those_of_keras(keras):
    for entry in ACTIVATIONS.values():
        for alias in entry.aliases:
            assert getattr(keras.activations, alias) is getattr(keras.activations, entry.name)


@pytest.mark.parametrize("name", FROM_KERAS)
def test_parameters_and_defaults_are_those_of_the_keras_function(keras, name):
    _input, *params = inspect.signature(getattr(keras.activations, name)).parameters.values()
    offered = {param.name: param for param in params if param.name not in NOT_OFFERED}
    entry = find_activation(name)
    assert set(offered) == set(entry.params)
    for parameter in entry.parameters:
        default = offered[parameter.name].default
        assert (default is inspect.Parameter.empty) == parameter.required
        assert parameter.required or (default, type(default)) == (parameter.default, type(parameter.default))


def test_the_layers_defaults_are_as_the_catalogue_says(keras):
    assert keras.layers.LeakyReLU().negative_slope == pytest.approx(0.3)
    assert "0.3" in find_activation("leaky_relu").layer_note
    layer = keras.layers.PReLU()
    layer.build((None, 2))
    assert layer.alpha.numpy().tolist() == [0.0, 0.0]
    assert find_activation("prelu").params == {"alpha": 0.0}
    relu, elu = keras.layers.ReLU(), keras.layers.ELU()
    assert (relu.max_value, relu.negative_slope, relu.threshold, elu.alpha) == (None, 0.0, 0.0, 1.0)


@pytest.mark.parametrize(
    "name", [name for name, entry in ACTIVATIONS.items() if entry.element_wise or entry.kind == "mixing"]
)
def test_what_is_element_wise_and_what_is_not(keras, name):
    from actbench.engine.activation_layers import activation_layer
    from tests.engine.tiny import cell

    required = {"threshold": {"threshold": 0.25, "default_value": 0.0}}.get(name, {})
    layer = activation_layer(cell({"name": name, "params": required}))
    x = np.linspace(-0.05, 0.05, 12, dtype=np.float32)[None]  # all of these lie in the support of sparsemax
    moved = x.copy()
    moved[0, -1] = 0.1
    before, after = (
        keras.ops.convert_to_numpy(layer(keras.ops.convert_to_tensor(some))) for some in (x, moved)
    )
    same = bool((before[0, :-1] == after[0, :-1]).all())
    assert same == ACTIVATIONS[name].element_wise


TWINS = [(entry, twin) for entry in ACTIVATIONS.values() for twin in entry.twins]


@pytest.mark.parametrize(("entry", "twin"), TWINS, ids=lambda value: value.name)
def test_twins_compute_the_same(entry, twin):
    import tensorflow as tf

    from actbench.engine.activation_layers import activation_layer
    from tests.engine.tiny import cell

    x = tf.constant(np.random.default_rng(0).normal(0, 3, (50, 20)).astype(np.float32))
    results = []
    for name, params in ((entry.name, dict(twin.params)), (twin.name, dict(twin.other_params))):
        params = {**{p.name: p.default for p in find_activation(name).parameters if p.required}, **params}
        layer = activation_layer(cell({"name": name, "params": params}))
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        results.append((y.numpy(), tape.gradient(y, x).numpy()))
    (mine, my_slope), (other, others_slope) = results
    equal = bool((mine == other).all() and (my_slope == others_slope).all())
    assert equal or not twin.bitwise
    np.testing.assert_allclose(mine, other, atol=1e-6)
    np.testing.assert_allclose(my_slope, others_slope, atol=1e-6)


BITWISE = [(entry, twin) for entry, twin in TWINS if twin.bitwise]


@pytest.mark.parametrize(("entry", "twin"), BITWISE, ids=lambda value: value.name)
def test_bitwise_twins_train_to_equal_weights(entry, twin):
    from actbench.engine.compiled import CompiledEngine
    from tests.engine.tiny import cell, dataset, setting

    ended = []
    for name, params in ((entry.name, dict(twin.params)), (twin.name, dict(twin.other_params))):
        engine = CompiledEngine(setting(), dataset())
        trainer = engine.trainer(cell({"name": name, "params": params}))
        trainer.compile()
        trainer.reset(seed=2)
        for _ in range(5):
            trainer.train(engine.place(np.arange(32, dtype=np.int32)), 0, 2)
        ended.append(trainer.model.get_weights())
    assert BITWISE
    for mine, other in zip(*ended, strict=True):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_keras_makes_the_initializer_from_its_name_and_has_its_parameters(keras, name):
    from actbench.engine.model import keras_initializer

    class_ = type(keras_initializer(name, {}))
    signature = inspect.signature(class_.__init__).parameters.values()
    plain = [p for p in signature if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in ("self", "seed")]
    theirs = {p.name: p.default for p in plain if not p.name.endswith("_axes")}  # only convolutions have axes
    assert theirs == {key: known.default for key, known in INITIALIZERS[name].items()}
    for key, known in INITIALIZERS[name].items():
        for choice in known.kind.words if isinstance(known.kind, ChoiceField) else ():
            assert keras_initializer(name, {key: choice}).get_config()[key] == choice


def test_no_initializer_of_keras_is_left_out_but_one(keras):
    from actbench.engine.model import keras_initializer

    listed = vars(keras.initializers).values()
    theirs = {value.__name__ for value in listed if inspect.isclass(value)} - {"Initializer"}
    ours = {type(keras_initializer(name, {})).__name__ for name in INITIALIZERS}
    assert theirs - ours <= {"STFT"}
