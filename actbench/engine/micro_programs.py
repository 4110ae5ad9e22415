"""What `actbench micro` times: activations and copies as functions of tensors that stay in place."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from actbench.config.schema import PLACEBO
from actbench.engine.activation_layers import activation_layer
from actbench.engine.micro import Call
from actbench.micro_plan import COLUMNS, COPY, MicroBlock
from actbench.planned import CellPlan
from actbench.streams import generator

_BITS = {tf.float32: tf.uint32, tf.bfloat16: tf.uint16}


def make_calls(block: MicroBlock) -> dict[str, Call]:
    """A function for each label of the block; every call computes all its outputs into new memory.

    All work on the same standard normal tensors; a gated unit gets one of twice the width.

    Args:
        block: What to compute, and how.

    Raises:
        DataError: An imported function cannot be had.
    """
    x, wide, upstream = (
        _normal(block, index, width) for index, width in enumerate((COLUMNS, 2 * COLUMNS, COLUMNS))
    )
    calls = {COPY: _copy(x, block.compiled)}
    for cell in block.cells:
        calls[cell.label] = _activation(cell, x if cell.match is None else wide, upstream, block)
    return {**calls, PLACEBO: _copy(x, block.compiled)}


def wait() -> None:
    """Returns when all calls are done; on a CPU they are when they return, and asking takes 0.2 ms."""
    if tf.config.list_physical_devices("GPU"):
        tf.test.experimental.sync_devices()


def _normal(block: MicroBlock, index: int, width: int) -> tf.Tensor:
    shape = (block.elements // COLUMNS, width)
    return tf.cast(generator(0, "micro", index).standard_normal(shape, dtype=np.float32), block.dtype)


def _copy(x: tf.Tensor, compiled: bool) -> Call:
    """Reads every bit and writes it elsewhere, by an exclusive or with a zero that XLA does not know is one.

    Measured and left: `tf.identity`, which moves nothing; `DeepCopy`, which takes longer than relu does and
    which XLA has not; a product with 1, which in bfloat16 is arithmetic.
    """
    bits = _BITS[x.dtype]
    zero = tf.zeros((), bits)
    if not compiled:
        whole = tf.bitcast(x, bits)  # of the same memory
        return lambda: tf.bitwise.bitwise_xor(whole, zero)

    def copied(tensor: tf.Tensor, nothing: tf.Tensor) -> tf.Tensor:
        return tf.bitcast(tf.bitwise.bitwise_xor(tf.bitcast(tensor, bits), nothing), tensor.dtype)

    return _call(copied, compiled, x, zero)


def _activation(cell: CellPlan, x: tf.Tensor, upstream: tf.Tensor, block: MicroBlock) -> Call:
    layer = activation_layer(cell, dtype=block.dtype)
    layer.build(x.shape)
    weights = [weight.value for weight in layer.trainable_variables]

    # `call`, because calling the layer itself takes 50 µs that the function does not; two arguments, because
    # the copy has as many and each takes 10 µs to hand over
    def forward(inputs: tf.Tensor, _: tf.Tensor) -> Any:
        return layer.call(inputs)

    def with_gradient(inputs: tf.Tensor, gradient: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer.call(inputs)
        return outputs, tape.gradient(
            outputs,
            [inputs, *weights],
            output_gradients=gradient,
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )

    function = forward if block.direction == "forward" else with_gradient
    return _call(function, block.compiled, x, upstream)


def _call(function: Callable[..., Any], compiled: bool, *tensors: tf.Tensor) -> Call:
    if compiled:
        # a concrete function spares every call what `tf.function` does to find it
        program = tf.function(function, jit_compile=True, autograph=False)
        function = program.get_concrete_function(*tensors)
    return lambda: function(*tensors)
