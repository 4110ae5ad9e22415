"""A block of `actbench micro`: activations alone and copies of their tensor, timed in interleaved rounds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from actbench.config.schema.activation import PLACEBO
from actbench.engine.activation_layers import activation_layer
from actbench.engine.rounds import garbage_collection_paused, peak_memory_bytes
from actbench.plan.micro import COLUMNS, COPY
from actbench.records.block import BlockRecord, MicroSamples
from actbench.rng import balanced_order, generator

if TYPE_CHECKING:
    from actbench.engine.rounds import Stopwatch
    from actbench.plan.cell import CellPlan
    from actbench.plan.micro import MicroBlock
    from actbench.records.run import Environment

_SAMPLE_S = 0.001  # a shorter sample would time the clock, too

_MOST_CALLS = 10_000  # of one sample, where a call takes less than 0.1 µs

_WARM_UP_CALLS = 3  # the first traces and compiles, the next fill the caches

# The unsigned integers that hold the bits of each type.
_BITS = {tf.float32: tf.uint32, tf.bfloat16: tf.uint16}

Call = Callable[[], object]


def measure_micro(
    block: MicroBlock,
    make_calls: Callable[[MicroBlock], Mapping[str, Call]],
    wait: Call,
    environment: Environment,
    stopwatch: Stopwatch,
    on_round: Callable[[int], None],
) -> BlockRecord:
    """Time everything in a block, once a round, in random orders that together favor none.

    A sample is the mean of as many calls in a row as take a millisecond, so that small tensors are in the
    caches, as they are in a network.

    Args:
        block: The activations, and how they are computed.
        make_calls: Returns the calls that are timed, by label, in the order of the record.
        wait: Returns when the device has finished all calls.
        environment: Recorded with the block.
        stopwatch: Started when the block was taken.
        on_round: Called after each round with its number, from 1.
    """
    started_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    # With the gradient a call does what training does, without it what inference does.
    phase = "inference" if block.direction == "forward" else "training"

    def seconds(call: Call, repeats: int, phase: str) -> float:
        with stopwatch.measure(phase) as lap:
            for _ in range(repeats):
                call()
            wait()
        return lap.elapsed_s / repeats

    with stopwatch.measure("compile"):
        calls = make_calls(block)
        for call in calls.values():
            for _ in range(_WARM_UP_CALLS):
                call()
        wait()
    labels = list(calls)
    repeats = {label: _repeats(seconds(call, _WARM_UP_CALLS, phase)) for label, call in calls.items()}
    samples: dict[str, list[float]] = {label: [] for label in labels}
    for index in range(block.rounds):
        with garbage_collection_paused():
            for position in balanced_order(len(labels), 0, f"micro {block.id}", index):
                label = labels[position]
                samples[label].append(seconds(calls[label], repeats[label], phase))
        on_round(index + 1)
    return BlockRecord(
        block=block.id,
        setting=block.id,
        seed=0,
        status="ok",
        started_at=started_at,
        environment=environment,
        slice_steps=(),
        slices_per_epoch=0,
        phases=stopwatch.phases(),
        peak_memory_bytes=peak_memory_bytes(),
        cells=(),
        micro=tuple(
            MicroSamples(activation=label, calls=repeats[label], call_s=tuple(times))
            for label, times in samples.items()
        ),
    )


def _repeats(call_s: float) -> int:
    """Return how many calls of so many seconds make a sample."""
    return min(_MOST_CALLS, math.ceil(_SAMPLE_S / call_s)) if call_s > 0 else _MOST_CALLS


def make_calls(block: MicroBlock) -> dict[str, Call]:
    """Return a call for each label of the block, which computes its outputs into new memory.

    All calls work on the same standard normal tensors; a gated unit gets one of twice the width.

    Args:
        block: The activations, and how they are computed.

    Raises:
        DataError: An imported function cannot be used.
    """
    x, wide, upstream = (
        _normal(block, index, width) for index, width in enumerate((COLUMNS, 2 * COLUMNS, COLUMNS))
    )
    calls = {COPY: _copy(x, block.compiled)}
    for cell in block.cells:
        calls[cell.label] = _activation(cell, x if cell.match is None else wide, upstream, block)
    return {**calls, PLACEBO: _copy(x, block.compiled)}


def wait() -> None:
    """Return when all calls are done. On a CPU they are when they return, and asking takes 0.2 ms."""
    if tf.config.list_physical_devices("GPU"):
        tf.test.experimental.sync_devices()


def _normal(block: MicroBlock, index: int, width: int) -> tf.Tensor:
    shape = (block.elements // COLUMNS, width)
    return tf.cast(generator(0, "micro", index).standard_normal(shape, dtype=np.float32), block.dtype)


def _copy(x: tf.Tensor, compiled: bool) -> Call:
    """Return a call that copies `x` by an exclusive or with a zero, which XLA does not know to be zero.

    These were measured and rejected: `tf.identity`, which moves nothing; `DeepCopy`, which takes longer than
    relu and which XLA does not have; a product with 1, which is arithmetic in bfloat16.
    """
    bits = _BITS[x.dtype]
    zero = tf.zeros((), bits)
    if not compiled:
        whole = tf.bitcast(x, bits)  # the same memory
        return lambda: tf.bitwise.bitwise_xor(whole, zero)

    def copied(tensor: tf.Tensor, nothing: tf.Tensor) -> tf.Tensor:
        return tf.bitcast(tf.bitwise.bitwise_xor(tf.bitcast(tensor, bits), nothing), tensor.dtype)

    return _call(copied, compiled, x, zero)


def _activation(cell: CellPlan, x: tf.Tensor, upstream: tf.Tensor, block: MicroBlock) -> Call:
    layer = activation_layer(cell, dtype=block.dtype)
    layer.build(x.shape)
    weights = [weight.value for weight in layer.trainable_variables]

    # `call`, because calling the layer itself takes 50 µs more than its function. Two arguments, because the
    # copy has two, and handing one over takes 10 µs.
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
    """Return the function with its tensors bound, compiled by XLA or operation by operation."""
    if compiled:
        # A concrete function spares every call the search that `tf.function` makes for it.
        program = tf.function(function, jit_compile=True, autograph=False)
        function = program.get_concrete_function(*tensors)
    return lambda: function(*tensors)
