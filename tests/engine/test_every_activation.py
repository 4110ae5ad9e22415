"""Every activation trains under both engines, and its model survives a round trip through a file."""

import keras
import numpy as np
import pytest

from actbench.activations.catalogue import ACTIVATIONS
from actbench.engine.activation_layers import activation_layer
from actbench.engine.compiled import CompiledEngine
from actbench.engine.keras_fit import KerasEngine
from tests.engine.tiny import CLASSES, FEATURES, cell, dataset, setting

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

REQUIRED = {"threshold": {"threshold": 0.1, "default_value": 0.0}}
ENTRIES = {
    **{name: {"name": name, "params": REQUIRED.get(name, {})} for name in ACTIVATIONS},
    **{
        f"{name}, width": {"name": name, "match": "width"}
        for name, entry in ACTIVATIONS.items()
        if entry.gated
    },
    "step, straight_through": {"name": "step", "surrogate": "straight_through"},
    "step, sigmoid": {"name": "step", "surrogate": "sigmoid"},
    "snake, trained": {"name": "snake", "trainable": True},
    "isru, trained": {"name": "isru", "trainable": True},
    "pelu, fixed": {"name": "pelu", "trainable": False},
    "expr": {"expr": "x * sigmoid(1.702 * x)"},
    "expr, trained": {"expr": "a * x * sigmoid(b * x)", "params": {"a": 1.0, "b": 1.5}, "trainable": True},
    "import": {"import": "keras.ops:silu"},
    "import, params": {"import": "keras.ops:elu", "params": {"alpha": 0.5}},
}
# With these widths no gated model is within 1 % of the plain one's parameters, which a config would refuse.
WIDTHS = (24, 16)


# One of each kind in every run of the tests, the others with the heavy ones: each takes seconds to compile.
OF_EACH_KIND = {
    "gelu", "squareplus", "prelu", "snake, trained", "softmax", "swiglu", "step, sigmoid", "expr, trained",
    "import, params",
}  # fmt: skip


@pytest.fixture(scope="module")
def data():
    return dataset()


@pytest.mark.parametrize(
    "name",
    [name if name in OF_EACH_KIND else pytest.param(name, marks=pytest.mark.heavy) for name in ENTRIES],
)
def test_three_steps_under_both_engines_end_alike_and_the_model_can_be_saved(data, name, tmp_path):
    plan = cell(ENTRIES[name])
    ended = []
    for make in (CompiledEngine, KerasEngine):
        engine = make(setting(WIDTHS), data)
        trainer = engine.trainer(plan)
        trainer.reset(seed=1)
        before = [weight.copy() for weight in trainer.model.get_weights()]
        order = np.arange(32, dtype=np.int32)
        sums = [trainer.train(engine.place(order), 0, 2), trainer.train(engine.place(order), 0, 1)]
        assert all(np.isfinite(part.loss) for part in sums)
        assert sum(part.examples for part in sums) == 48
        ended.append((before, trainer.model.get_weights()))
    (start, compiled), (same_start, stock) = ended
    for mine, other in zip(start, same_start, strict=True):
        np.testing.assert_array_equal(mine, other)
    for mine, other in zip(compiled, stock, strict=True):
        np.testing.assert_allclose(mine, other, atol=2e-5)
    assert any((a != b).any() for a, b in zip(start, compiled, strict=True))

    trainer.model.save(tmp_path / "cell.keras")
    loaded = keras.saving.load_model(tmp_path / "cell.keras")
    np.testing.assert_array_equal(loaded(data.x), trainer.model(data.x))


@pytest.mark.parametrize("name", [name for name, entry in ACTIVATIONS.items() if entry.gated])
def test_a_gated_model_has_the_plain_ones_parameters_or_its_width(data, name):
    plain, matched, wide = (
        CompiledEngine(setting((64, 32)), data).trainer(cell(entry))
        for entry in ("relu", name, {"name": name, "match": "width"})
    )
    assert abs(matched.parameters / plain.parameters - 1) <= 0.01
    hidden = 2 * ((FEATURES + 1) * 64 + 65 * 32)
    assert wide.parameters == hidden + 33 * CLASSES


def test_glu_is_that_of_keras_bit_for_bit():
    from actbench.engine.activation_layers import activation_layer

    x = keras.ops.convert_to_tensor(np.random.default_rng(0).standard_normal((7, 12)), dtype="float32")
    ours, theirs = activation_layer(cell("glu"))(x), keras.activations.glu(x)
    np.testing.assert_array_equal(ours, theirs)


def test_resetting_puts_everything_back(data):
    trainer = CompiledEngine(setting(WIDTHS), data).trainer(cell(ENTRIES["expr, trained"]))
    trainer.compile()
    trainer.reset(seed=5)
    start = trainer.state()
    trainer.train(trainer._engine.place(np.arange(32, dtype=np.int32)), 0, 2)
    moved = trainer.state()
    trainer.reset(seed=5)
    assert any((a != b).any() for a, b in zip(start, moved, strict=True))
    for a, b in zip(start, trainer.state(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("make", [CompiledEngine, KerasEngine])
def test_trained_parameters_move_and_keep_their_bounds(data, make):
    start = {"a": 0.1, "b": 0.1}
    free = "where(x >= 0, a / b * x, a * expm1(min(x, 0) / b))"
    smallest = {}
    for label, entry in {
        "pelu": {"name": "pelu", "params": start},
        "free": {"expr": free, "params": start, "trainable": True},
    }.items():
        engine = make(setting(WIDTHS, optimizer="sgd", learning_rate=0.05), data)
        trainer = engine.trainer(cell(entry))
        trainer.compile()
        trainer.reset(seed=0)
        scalars = [weight for weight in trainer.model.trainable_variables if weight.shape == ()]
        assert len(scalars) == 4
        trainer.train(engine.place(np.arange(32, dtype=np.int32)), 0, 2)
        values = [float(weight.numpy()) for weight in scalars]
        assert len({round(value, 6) for value in values}) > 1
        smallest[label] = min(values)
    assert smallest["free"] < 0.09
    assert smallest["pelu"] == pytest.approx(0.1, abs=1e-7)


@pytest.mark.parametrize(
    "name",
    [name for name, entry in ACTIVATIONS.items() if entry.kind == "expression" and entry.trainable != "no"],
)
def test_no_trained_parameter_leaves_where_the_function_is_sound(data, name):
    """However hard the gradient pushes it down."""
    layer = activation_layer(cell({"name": name, "trainable": True}))
    x = np.linspace(-8, 8, 101, dtype=np.float32)[None]
    layer(x)
    for weight in layer.trainable_variables:
        weight.assign(-1e3)
        weight.assign(weight.constraint(weight) if weight.constraint is not None else weight)
    for parameter, weight in zip(ACTIVATIONS[name].parameters, layer.trainable_variables, strict=True):
        if parameter.above is not None:
            assert float(weight) > parameter.above
        if parameter.at_least is not None:
            assert float(weight) >= parameter.at_least
    assert np.isfinite(np.asarray(layer(x))).all()


class TestStep:
    def hidden_change(self, data, entry):
        engine = CompiledEngine(setting(WIDTHS, optimizer="sgd", learning_rate=0.1), data)
        trainer = engine.trainer(cell(entry))
        trainer.compile()
        trainer.reset(seed=0)
        before = [weight.copy() for weight in trainer.model.get_weights()]
        first = trainer.evaluate(data.train).loss
        for _ in range(20):
            trainer.train(engine.place(np.arange(32, dtype=np.int32)), 0, 2)
        changes = [float(abs(a - b).max()) for a, b in zip(before, trainer.model.get_weights(), strict=True)]
        return changes, first, trainer.evaluate(data.train).loss

    def test_without_a_surrogate_only_the_output_layer_learns(self, data):
        changes, first, last = self.hidden_change(data, "step")
        assert changes[:4] == [0.0] * 4
        assert min(changes[4:]) > 0
        assert last < first

    @pytest.mark.parametrize("surrogate", ["straight_through", "sigmoid"])
    def test_with_one_all_layers_do(self, data, surrogate):
        changes, first, last = self.hidden_change(data, {"name": "step", "surrogate": surrogate})
        assert min(changes) > 0
        assert last < first

    @pytest.mark.parametrize(
        ("surrogate", "slopes"),
        [
            ("none", [0, 0, 0, 0, 0]),
            ("straight_through", [0, 1, 1, 1, 0]),
            ("sigmoid", [0.1049936, 0.1966119, 0.25, 0.1966119, 0.1049936]),
        ],
    )
    def test_values_and_slopes(self, surrogate, slopes):
        import tensorflow as tf

        from actbench.engine.activation_layers import activation_layer

        layer = activation_layer(cell({"name": "step", "surrogate": surrogate}))
        x = tf.constant([[-2.0, -1.0, 0.0, 1.0, 2.0]])
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        assert y.numpy().tolist() == [[0, 0, 1, 1, 1]]
        np.testing.assert_allclose(tape.gradient(y, x).numpy()[0], slopes, rtol=1e-5)


def test_the_ops_of_expressions_are_those_of_float64():
    from actbench.activations.expression.float64 import compute_values
    from actbench.activations.expression.parser import parse
    from actbench.activations.expression.tree import OPERATIONS
    from actbench.engine.activation_layers import OPERATIONS_ON_TENSORS, activation_layer

    assert set(OPERATIONS_ON_TENSORS) == set(OPERATIONS)
    x = (np.arange(-24, 25) / 8).astype(np.float32)
    texts = [
        *(f"{name}(x)" for name in ("exp", "expm1", "abs", "sign", "relu", "sigmoid", "tanh", "softplus")),
        *(f"{name}(x)" for name in ("erf", "sin", "cos", "atan", "sinh", "cosh", "asinh")),
        *("log(x + 4)", "log1p(x + 4)", "sqrt(x + 4)", "x**2", "x**3", "2 / (x + 4) - -x", "x / sqrt(2)"),
        *("min(x, 1, -x)", "max(x, 1, -x)", "clip(x, -1, 2)"),
        *(f"where(x {sign} 0.5, x, 2 * x)" for sign in ("<", "<=", ">", ">=", "==", "!=")),
    ]
    for text in texts:
        found = activation_layer(cell({"expr": text}))(keras.ops.convert_to_tensor(x[None]))
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(found)[0],
            compute_values(parse(text), x),
            rtol=2e-6,
            atol=2e-6,
            err_msg=text,
        )
