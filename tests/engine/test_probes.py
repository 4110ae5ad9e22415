"""What is seen inside a network, held against what can be computed by hand with NumPy."""

import keras
import numpy as np
import pytest

from actbench.engine.activation_layers import activation_layer
from actbench.engine.learner import Learner
from actbench.engine.probes import SATURATED_BELOW, Prober, probed_rows
from actbench.engine.runner import ENGINES
from tests.engine.tiny import cell, dataset, setting

pytestmark = pytest.mark.tensorflow


def probed(model, x=None, loss=lambda outputs: keras.ops.mean(outputs**2), epoch=0):
    x = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32) if x is None else x
    return Prober(model).probe(x, loss, epoch)


def network(entry, *, units=3, kernel=None, bias=0.0, layers=1, gated=False):
    """Hidden layers of that activation, their kernels and biases as given, on four features."""
    stack = [keras.Input((4,))]
    for index in range(layers):
        width = 2 * units if gated else units
        stack += [keras.layers.Dense(width, name=f"hidden_{index}"), activation_layer(cell(entry))]
    stack.append(keras.layers.Dense(1, name="output"))
    model = keras.Sequential(stack)
    for index in range(layers):
        layer = model.get_layer(f"hidden_{index}")
        if kernel is not None:
            layer.kernel.assign(np.full(layer.kernel.shape, kernel, np.float32))
        layer.bias.assign(np.broadcast_to(np.float32(bias), layer.bias.shape))
    return model


def test_a_relu_unit_that_is_negative_for_every_example_is_dead_and_gives_only_zeros():
    probe = probed(network("relu", kernel=0.01, bias=[-10.0, 10.0, 0.0]))
    assert probe.dead == pytest.approx([1 / 3])
    assert probe.saturated == (0.0,)  # half of the examples pass the third one
    assert 1 / 3 < probe.zeros[0] < 2 / 3


def test_a_unit_that_answers_to_few_examples_is_saturated_but_not_dead():
    x = np.zeros((100, 4), np.float32)
    x[:4] = 10.0
    probe = probed(network("relu", kernel=1.0, bias=[-1.0, -100.0, 1.0]), x)
    assert (probe.dead[0], probe.saturated[0]) == pytest.approx((1 / 3, 1 / 3))
    x[:6] = 10.0  # 6 of 100 pass: more than SATURATED_BELOW
    assert SATURATED_BELOW == 0.05
    assert probed(network("relu", kernel=1.0, bias=[-1.0, -100.0, 1.0]), x).saturated == (0.0,)


@pytest.mark.parametrize(
    ("entry", "bias", "dead", "saturated"),
    [
        ("sigmoid", 0.0, 0.0, 0.0),
        ("sigmoid", -8.0, 0.0, 1.0),
        ("sigmoid", 200.0, 1.0, 0.0),  # in single precision its slope is zero there
        ("tanh", 4.0, 0.0, 1.0),
        ("hard_sigmoid", 20.0, 1.0, 0.0),
        ("linear", 1000.0, 0.0, 0.0),
        ({"name": "leaky_relu", "params": {"negative_slope": 0.1}}, -10.0, 0.0, 0.0),
        ({"name": "leaky_relu", "params": {"negative_slope": 0.01}}, -10.0, 0.0, 1.0),
        # by its own largest slope, 1/1000, it is not flat; nor by that of an exponential, which has none
        ({"expr": "0.001 * tanh(x)", "label": "small"}, 0.0, 0.0, 0.0),
        ({"expr": "exp(x)", "label": "exp"}, 0.0, 0.0, 0.0),
        ({"name": "step", "surrogate": "none"}, 0.0, 1.0, 0.0),
        ({"name": "step", "surrogate": "sigmoid"}, 0.0, 0.0, 0.0),
        ("softmax", 0.0, 0.0, 0.0),
        ("prelu", -10.0, 1.0, 0.0),  # it starts as relu
        ({"name": "prelu", "params": {"alpha": 0.2}}, -10.0, 0.0, 0.0),
        ({"import": "tests.engine.imports:plain_tensorflow", "label": "own"}, 0.0, 0.0, 0.0),
        ({"import": "tests.engine.imports:zeros", "label": "own"}, 0.0, 1.0, 0.0),
    ],
)
def test_dead_and_saturated_are_told_by_the_slopes_that_the_engine_computes(entry, bias, dead, saturated):
    probe = probed(network(entry, kernel=0.01, bias=bias))
    assert (probe.dead, probe.saturated) == ((dead,), (saturated,))


def test_what_the_largest_slope_is_moves_with_trained_parameters():
    model = network(
        {"expr": "a * tanh(x)", "params": {"a": 0.1}, "trainable": True, "label": "own"}, bias=2.5
    )
    model.get_layer("hidden_0").kernel.assign(np.zeros((4, 3), np.float32))
    prober, x = Prober(model), np.zeros((5, 4), np.float32)

    def saturated():
        return prober.probe(x, lambda outputs: keras.ops.mean(outputs**2), 0).saturated

    assert saturated() == (1.0,)  # tanh'(2.5) is 0.027, of at most 0.1 a tenth of that
    [a] = model.layers[1].variables
    a.assign(1.0)  # still 0.027 of what is now at most 1
    assert saturated() == (1.0,)
    a.assign(4.0)  # 0.11, and the largest counts as at most 1
    assert saturated() == (0.0,)


def test_a_gated_unit_lives_while_its_value_or_its_gate_passes_something():
    closed = [0.0, 0.0, 0.0, -50.0, -50.0, 50.0]  # of three units: values, then gates
    probe = probed(network("reglu", kernel=0.01, bias=closed, gated=True))
    assert probe.dead == pytest.approx([2 / 3])
    wide_open = probed(network("glu", kernel=0.01, bias=[1.0] * 3 + [300.0] * 3, gated=True))
    assert (wide_open.dead, wide_open.saturated) == ((0.0,), (0.0,))
    assert probed(network("glu", kernel=0.01, bias=[1.0] * 3 + [-9.0] * 3, gated=True)).saturated == (1.0,)


def test_moments_and_gradients_are_those_of_numpy():
    model = network("tanh", layers=2)
    x = np.random.default_rng(1).normal(size=(50, 4)).astype(np.float32)
    (w1, b1), (w2, b2), (w3, b3) = (
        (layer.kernel.numpy().astype(float), layer.bias.numpy())
        for layer in model.layers
        if isinstance(layer, keras.layers.Dense)
    )
    z1 = x @ w1 + b1
    z2 = np.tanh(z1) @ w2 + b2
    y = np.tanh(z2) @ w3 + b3
    at_output = 2 * y / len(x)
    at_z2 = (at_output @ w3.T) * (1 - np.tanh(z2) ** 2)
    at_z1 = (at_z2 @ w2.T) * (1 - np.tanh(z1) ** 2)
    probe = probed(model, x)
    assert probe.preactivation_mean == pytest.approx((z1.mean(), z2.mean()), rel=1e-4, abs=1e-6)
    assert probe.preactivation_variance == pytest.approx((z1.var(), z2.var()), rel=1e-4)
    norms = np.linalg.norm(x.T @ at_z1), np.linalg.norm(np.tanh(z1).T @ at_z2)
    assert probe.gradient_norm == pytest.approx(norms, rel=1e-4)
    assert probe.output_gradient_norm == pytest.approx(np.linalg.norm(np.tanh(z2).T @ at_output), rel=1e-4)


def test_a_step_without_a_surrogate_lets_no_gradient_through():
    probe = probed(network({"name": "step", "surrogate": "none"}, layers=2))
    assert probe.gradient_norm == (0.0, 0.0)
    assert probe.output_gradient_norm > 0


def test_what_is_not_finite_is_none():
    probe = probed(network({"expr": "exp(x)", "label": "exp"}, kernel=100.0, layers=2))
    assert None in probe.gradient_norm
    assert None in probe.preactivation_variance
    assert probe.model_validate_json(probe.model_dump_json()) == probe


def test_without_hidden_layers_there_is_the_output_alone():
    probe = probed(keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)]))
    assert probe.gradient_norm == probe.dead == probe.zeros == ()
    assert probe.output_gradient_norm > 0


def test_dropout_and_batch_normalisation_in_between_are_passed_over_and_not_moved():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, name="first"),
            keras.layers.BatchNormalization(),
            activation_layer(cell("relu")),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Dense(1),
        ]
    )
    before = [variable.numpy() for variable in model.variables]
    first, second = probed(model), probed(model)
    assert first == second
    assert len(first.gradient_norm) == 1
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_a_sum_counts_as_what_its_first_branch_comes_from_and_an_activation_of_the_input_as_none():
    inputs = keras.Input((4,))
    early = activation_layer(cell("tanh"))(inputs)
    branch = keras.layers.Dense(4, name="branch")(early)
    hidden = activation_layer(cell("relu"))(keras.layers.Add()([branch, early]))
    model = keras.Model(inputs, [keras.layers.Dense(1)(hidden), keras.layers.Dense(2)(hidden)])
    probe = probed(model, loss=lambda one, two: keras.ops.mean(one) + keras.ops.mean(two))
    assert len(probe.gradient_norm) == 1
    alone = probed(model, loss=lambda one, _: keras.ops.mean(one))
    assert probe.output_gradient_norm > alone.output_gradient_norm > 0


def test_activations_one_after_another_share_a_dense_layer_and_its_gradient():
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3),
            activation_layer(cell("tanh")),
            keras.layers.Dense(5),  # without an activation: no layer
            keras.layers.Dense(4),
            activation_layer(cell("silu")),
            activation_layer(cell("tanh")),
            keras.layers.Dense(1),
        ]
    )
    probe = probed(model)
    first, second, third = probe.gradient_norm
    assert first != second == third
    assert probe.preactivation_mean[1] != probe.preactivation_mean[2]


def test_the_examples_are_training_rows_and_always_the_same():
    rows = probed_rows(range(32), 10)
    assert len(set(rows.tolist())) == 10
    assert set(rows.tolist()) < set(range(32))
    assert rows.tolist() == probed_rows(range(32), 10).tolist()
    assert rows.tolist() != sorted(rows.tolist())  # a file may be sorted by class
    assert sorted(probed_rows(range(32), 1000).tolist()) == list(range(32))


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_both_engines_see_the_same_and_no_variable_moves(engine):
    data = dataset()
    trainer = ENGINES[engine](setting(), data).trainer(cell("tanh"))
    trainer.reset(3)
    plain = Learner(setting(), data, cell("tanh"))
    plain.reset(3)
    before = trainer.state()
    assert trainer.probe(0) == plain.probe(0)
    assert trainer.probe(7).epoch == 7
    for now, then in zip(trainer.state(), before, strict=True):
        np.testing.assert_array_equal(now, then)
