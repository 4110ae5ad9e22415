import math

import keras
import numpy as np
import pytest

from actbench.engine.compiled import CompiledEngine
from actbench.engine.learner import Learner
from actbench.errors import DataError
from tests.engine.tiny import CLASSES, FEATURES, cell, dataset, setting

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def kernels(entry, widths=(400, 300), seed=0, model_init="keras"):
    learner = Learner(setting(widths), dataset(), cell(entry, model_init))
    learner.reset(seed)
    dense = [layer for layer in learner.model.layers if isinstance(layer, keras.layers.Dense)]
    return [layer.kernel.numpy() for layer in dense]


def glorot_limit(kernel):
    return math.sqrt(6 / sum(kernel.shape))


def test_keras_is_the_default_of_dense_everywhere():
    for kernel in kernels("relu"):
        assert abs(kernel).max() <= glorot_limit(kernel)
        assert kernel.std() == pytest.approx(glorot_limit(kernel) / math.sqrt(3), rel=0.1)


@pytest.mark.parametrize(
    ("entry", "gain"),
    [
        ({"name": "relu", "init": "moment_matched"}, math.sqrt(2)),
        ({"name": "relu", "init": "recommended"}, math.sqrt(2)),
        ({"name": "selu", "init": "recommended"}, 1.0),
        ({"name": "tanh", "init": "moment_matched"}, 1.592537),
        ({"expr": "3 * x", "init": "moment_matched"}, 1 / 3),
        ({"expr": "a * x", "params": {"a": 4.0}, "trainable": True, "init": "moment_matched"}, 1 / 4),
        ({"import": "keras.ops:relu", "init": "moment_matched"}, math.sqrt(2)),
        ({"name": "step", "init": "moment_matched"}, math.sqrt(2)),
        ({"name": "reglu", "init": "moment_matched", "match": "width"}, math.sqrt(2)),
        ({"name": "relu", "init": {"name": "variance_scaling", "params": {"scale": 9.0}}}, 3.0),
    ],
)
def test_hidden_kernels_have_the_gain_and_the_output_layer_its_default(entry, gain):
    first, second, output = kernels(entry)
    for kernel in (first, second):
        expected = gain / math.sqrt(kernel.shape[0])
        # a standard deviation of n normal numbers is known to 1 / sqrt(2 n)
        assert kernel.std() == pytest.approx(expected, rel=5 / math.sqrt(2 * kernel.size))
    assert abs(output).max() <= glorot_limit(output)


def test_the_models_initializer_is_that_of_all_without_their_own():
    first, *_ = kernels("relu", model_init={"name": "constant", "params": {"value": 0.25}})
    assert (first == 0.25).all()
    first, *_ = kernels({"name": "relu", "init": "zeros"}, model_init="ones")
    assert not first.any()


@pytest.mark.parametrize("name", ["identity", "orthogonal"])
def test_a_gain_survives_from_seed_to_seed(name):
    entry = {"name": "relu", "init": {"name": name, "params": {"gain": 2.0}}}
    for seed in (0, 1):
        first, *_ = kernels(entry, (FEATURES,), seed)
        np.testing.assert_allclose(first @ first.T, 4 * np.eye(FEATURES), atol=1e-5)


def test_activations_share_weights_where_they_share_the_initializer():
    for one, other in zip(kernels("relu"), kernels({"expr": "x * sigmoid(x)"}), strict=True):
        np.testing.assert_array_equal(one, other)
    prelu = kernels("prelu")  # whose alphas are weights of layers in between
    for one, other in zip(kernels("relu"), prelu, strict=True):
        np.testing.assert_array_equal(one, other)
    own = kernels({"name": "relu", "init": "he_normal"})
    assert (own[0] != prelu[0]).any()
    np.testing.assert_array_equal(own[-1], prelu[-1])


def test_other_seeds_and_other_layers_have_other_weights():
    one, other = kernels("relu", (50, 50, 50)), kernels("relu", (50, 50, 50), seed=1)
    assert (one[1] != other[1]).any()
    assert (one[1] != one[2]).any()


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "relu"},
        {"name": "gelu"},
        {"name": "softplus"},
        {"name": "snake"},
        {"name": "sigmoid"},
        {"expr": "x * sigmoid(1.702 * x)"},
        {"import": "keras.ops:elu"},
    ],
    ids=lambda entry: next(iter(entry.values())),
)
def test_the_second_moment_of_the_signal_is_kept_through_ten_layers(entry):
    """The wider, the nearer to 1 the moment of the pre-activations stays; of 1,000 units within 1.5 times."""
    plan = cell({**entry, "init": "moment_matched"})
    learner = Learner(setting((1_000,) * 10), dataset(), plan)
    learner.reset(seed=3)
    rng = np.random.default_rng(1)
    first, *rest = [layer for layer in learner.model.layers if isinstance(layer, keras.layers.Dense)][:-1]
    given = (keras.layers.InputLayer, keras.layers.Dense)
    activations = [layer for layer in learner.model.layers if not isinstance(layer, given)]
    signal = rng.standard_normal((200, 1_000)).astype(np.float32)
    for dense, activation in zip(rest, activations, strict=False):
        signal = keras.ops.convert_to_numpy(dense(activation(signal)))
    assert 1 / 1.5 < float((signal.astype(np.float64) ** 2).mean()) < 1.5
    assert first.kernel.shape == (FEATURES, 1_000)


@pytest.mark.parametrize("function", ["zeros", "reciprocal"])
def test_an_import_without_a_second_moment_is_refused(function):
    with pytest.raises(DataError, match=rf"^{function}: E\[f\(z\)\^2\] is 0 or not finite"):
        CompiledEngine(setting(), dataset()).trainer(
            cell({"import": f"tests.engine.imports:{function}", "init": "moment_matched"})
        )


def test_the_tiny_model_is_what_the_tests_say():
    assert [kernel.shape for kernel in kernels("relu", (6, 5))] == [(FEATURES, 6), (6, 5), (5, CLASSES)]
