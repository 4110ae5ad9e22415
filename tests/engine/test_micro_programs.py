"""What `actbench micro` times, by TensorFlow, on tiny tensors: that it computes what it says, all of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from actbench.activations.catalogue import ACTIVATIONS
from actbench.engine.micro import make_calls, measure_micro, wait
from actbench.engine.rounds import Stopwatch
from actbench.engine.runtime import describe_runtime
from actbench.errors import DataError
from actbench.plan.cell import CellPlan
from actbench.plan.micro import COPY_LABELS, make_micro_plan

pytestmark = pytest.mark.tensorflow

MODES = [pytest.param(True, id="compiled"), pytest.param(False, id="eager")]


def blocks_of(*cells, compiled=True, dtype="float32", rounds=6):
    """Forward, and forward + backward."""
    return make_micro_plan("micro", cells, [1000], [dtype], [compiled], rounds).blocks


def named(name, **values):
    return CellPlan(label=name, name=name, **values)


def bits(tensor):
    return np.asarray(tensor).view(np.uint8)


@pytest.fixture
def x():
    """The tensor that all work on."""
    return make_calls(blocks_of(named("linear"), compiled=False)[0])["linear"]()


@pytest.mark.parametrize("compiled", MODES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_copy_has_every_bit_in_another_place(compiled, dtype):
    linear = make_calls(blocks_of(named("linear"), compiled=False, dtype=dtype)[0])["linear"]()
    calls = make_calls(blocks_of(named("relu"), compiled=compiled, dtype=dtype)[0])
    for label in ("copy", "placebo"):
        first, second = calls[label](), calls[label]()
        assert np.array_equal(bits(first), bits(linear))
        # `_numpy` looks at the tensor's own memory, where `numpy` would copy it first
        assert not np.shares_memory(first._numpy(), second._numpy())
        assert not np.shares_memory(first._numpy(), linear._numpy())


def test_the_compiler_has_not_seen_through_the_copy():
    from actbench.engine import micro

    programs = []
    original = tf.function

    def spy(function, **options):
        programs.append(original(function, **options))
        return programs[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(micro.tf, "function", spy)
        make_calls(blocks_of(named("relu"))[0])
    x, zero = tf.zeros((10, 100)), tf.zeros((), tf.uint32)
    optimized = programs[0].experimental_get_compiler_ir(x, zero)(stage="optimized_hlo")
    assert "xor" in optimized
    assert "u32[10,100]" in optimized


@pytest.mark.parametrize("compiled", MODES)
def test_forward_is_the_function_of_standard_normal_values(x, compiled):
    assert x.shape == (10, 100)
    assert (abs(float(tf.reduce_mean(x))), float(tf.math.reduce_std(x))) == pytest.approx((0, 1), abs=0.1)
    forward = make_calls(blocks_of(named("gelu"), compiled=compiled)[0])["gelu"]()
    np.testing.assert_allclose(forward, keras.activations.gelu(x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("compiled", MODES)
def test_with_the_gradient_it_is_both_the_outputs_and_the_gradient_of_the_input(x, compiled):
    outputs, [gradient] = make_calls(blocks_of(named("tanh"), compiled=compiled)[1])["tanh"]()
    np.testing.assert_allclose(outputs, tf.tanh(x), rtol=1e-5)
    slope = 1 - tf.tanh(x) ** 2
    upstream = gradient / slope  # normal itself, and no copy of x
    assert float(tf.math.reduce_std(upstream)) == pytest.approx(1, abs=0.1)
    assert abs(np.corrcoef(np.ravel(upstream), np.ravel(x))[0, 1]) < 0.2


@pytest.mark.parametrize("compiled", MODES)
def test_trained_parameters_get_their_gradients_too(x, compiled):
    cells = (
        named("swish_beta", trainable=True),
        named("prelu", trainable=True),
        CellPlan(label="expr", expr="a*x + b*x", params={"a": 1.0, "b": 2.0}, trainable=True),
    )
    calls = make_calls(blocks_of(*cells, compiled=compiled)[1])
    shapes = {
        label: [tuple(gradient.shape) for gradient in calls[label]()[1]]
        for label in ("swish_beta", "prelu", "expr")
    }
    assert shapes == {
        "swish_beta": [(10, 100), ()],
        "prelu": [(10, 100), (100,)],
        "expr": [(10, 100), (), ()],
    }
    _, [_, by_a, by_b] = calls["expr"]()
    assert float(by_a) == pytest.approx(float(by_b), rel=1e-5)
    assert abs(float(by_a)) > 0


@pytest.mark.parametrize("compiled", MODES)
def test_a_gated_unit_gives_back_as_many_elements_as_the_others_of_twice_as_many(compiled):
    forward, backward = blocks_of(named("swiglu", match="params"), compiled=compiled)
    assert make_calls(forward)["swiglu"]().shape == (10, 100)
    outputs, [gradient] = make_calls(backward)["swiglu"]()
    assert (outputs.shape, gradient.shape) == ((10, 100), (10, 200))


@pytest.mark.parametrize("compiled", MODES)
@pytest.mark.parametrize("surrogate", ["none", "straight_through", "sigmoid"])
def test_the_step_has_a_gradient_of_whatever_it_is_given(x, compiled, surrogate):
    step = named("step", surrogate=surrogate)
    outputs, [gradient] = make_calls(blocks_of(step, compiled=compiled)[1])["step"]()
    np.testing.assert_array_equal(outputs, np.asarray(x) >= 0)
    assert bool(tf.reduce_any(gradient != 0)) == (surrogate != "none")


@pytest.mark.parametrize("compiled", MODES)
def test_what_does_not_depend_on_x_has_a_gradient_of_zeros(compiled):
    cell = CellPlan(label="expr", expr="where(x > 0, 1, 0)")
    _, [gradient] = make_calls(blocks_of(cell, compiled=compiled)[1])["expr"]()
    np.testing.assert_array_equal(gradient, np.zeros((10, 100)))


@pytest.mark.parametrize("compiled", MODES)
def test_in_bfloat16_everything_stays_bfloat16(compiled):
    cells = (named("gelu"), named("prelu", trainable=True), CellPlan(label="expr", expr="x*sigmoid(x)"))
    for block in blocks_of(*cells, compiled=compiled, dtype="bfloat16"):
        for call in make_calls(block).values():
            big = [tensor for tensor in tf.nest.flatten(call()) if tensor.shape.rank == 2]
            assert {tensor.dtype for tensor in big} <= {tf.bfloat16, tf.uint16}


@pytest.mark.heavy
@pytest.mark.parametrize("compiled", MODES)
def test_on_large_tensors_relu_costs_a_copy_and_what_computes_more_costs_more(compiled):
    names = ("relu", "gelu", "mish")
    forward, backward = make_micro_plan(
        "micro", list(map(named, names)), [3_000_000], ["float32"], [compiled], 30
    ).blocks

    def ratios(block):
        record = measure_micro(block, make_calls, wait, describe_runtime(), Stopwatch(), lambda _: None)
        copy, *others = (np.array(samples.call_s) for samples in record.micro)
        return {label: np.median(times / copy) for label, times in zip(block.labels[1:], others, strict=True)}

    alone, with_gradient = ratios(forward), ratios(backward)
    # wide, because the machine may be busy with other tests
    assert 0.7 < alone["placebo"] < 1.4
    assert 0.6 < alone["relu"] < 1.7
    assert 1.2 < with_gradient["relu"] < 5
    assert alone["relu"] < min(alone["gelu"], alone["mish"])
    assert with_gradient["relu"] < min(with_gradient["gelu"], with_gradient["mish"])


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("compiled", MODES)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_whole_catalogue_can_be_called(compiled, dtype):
    cells = [
        CellPlan(
            label=entry.name,
            name=entry.name,
            params={name: entry.params[name] for name in entry.required},
            trainable=entry.trainable != "no",
            match="params" if entry.gated else None,
            surrogate="sigmoid" if entry.kind == "step" else None,
        )
        for entry in ACTIVATIONS.values()
    ]
    for block in blocks_of(*cells, compiled=compiled, dtype=dtype):
        for label, call in make_calls(block).items():
            tensors = tf.nest.flatten(call())
            assert tuple(tensors[0].shape) == (10, 100), label
            for tensor in tensors:
                assert label in COPY_LABELS or bool(tf.reduce_all(tf.math.is_finite(tensor))), label


def test_an_import_that_cannot_be_had_is_refused():
    with pytest.raises(DataError, match="no_such_module"):
        make_calls(blocks_of(CellPlan(label="mine", function="no_such_module:f"))[0])


@pytest.mark.parametrize("compiled", MODES)
def test_a_block_is_measured(compiled):
    for block in blocks_of(named("relu"), named("softmax"), compiled=compiled):
        record = measure_micro(block, make_calls, wait, describe_runtime(), Stopwatch(), lambda _: None)
        assert [samples.activation for samples in record.micro] == ["copy", "relu", "softmax", "placebo"]
        assert all(seconds > 0 for samples in record.micro for seconds in samples.call_s)
        assert record.environment.device is not None
