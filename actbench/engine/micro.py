"""Times activations alone, on a tensor that stays in place, against a copy of that tensor."""

import math
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from actbench.engine.activation_layers import activation_layer
from actbench.engine.memory import peak_memory_bytes
from actbench.engine.stopwatch import Stopwatch, garbage_collection_paused
from actbench.micro_plan import COLUMNS, COPY, COPY_PLACEBO, MicroBlock
from actbench.plan import CellPlan
from actbench.records import BlockRecord, Environment, MicroRecord, MicroSamples, Phases
from actbench.streams import balanced_order, generator

_SAMPLE_S = 0.0005  # shorter ones would time the clock and the waiting
_MOST_CALLS = 1000
_WARM_UP_CALLS = 3

Call = Callable[[], Any]


def measure_micro(
    block: MicroBlock, environment: Environment, stopwatch: Stopwatch, on_round: Callable[[int], None]
) -> BlockRecord:
    """All activations of a block and two copies, in interleaved rounds.

    A sample is the mean of as many calls as take the copy half a millisecond; outputs are computed in full.

    Args:
        block: What to measure.
        environment: Recorded with it.
        stopwatch: Started when the block was taken.
        on_round: Called after each round with its number, from 1.

    Raises:
        DataError: An imported function cannot be had.
    """
    started_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    with stopwatch.measure("compile"):
        calls = _calls(block)
        for call in calls.values():
            for _ in range(_WARM_UP_CALLS):
                call()
    repeats = _repeats(calls[COPY])
    samples: dict[str, list[float]] = {label: [] for label in calls}
    labels = list(calls)
    for index in range(block.rounds):
        with stopwatch.measure("inference"), garbage_collection_paused():
            for position in balanced_order(len(labels), 0, f"micro {block.elements}", index):
                label = labels[position]
                samples[label].append(_seconds(calls[label], repeats))
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
        phases=Phases(
            wall_s=stopwatch.since_start_s(),
            import_s=stopwatch.total_s("import"),
            compile_s=stopwatch.total_s("compile"),
            training_s=0.0,
            inference_s=stopwatch.total_s("inference"),
            evaluation_s=0.0,
            data_s=0.0,
        ),
        peak_memory_bytes=peak_memory_bytes(),
        cells=(),
        micro=MicroRecord(
            calls=repeats,
            samples=tuple(MicroSamples(label=label, call_s=tuple(times)) for label, times in samples.items()),
        ),
    )


def _calls(block: MicroBlock) -> dict[str, Call]:
    """What is timed, by label; a gated unit gets a tensor of twice the width."""
    rows = block.elements // COLUMNS
    tensors = {width: _normal(rows, width, block.dtype) for width in (COLUMNS, 2 * COLUMNS)}
    copy = _copy(tensors[COLUMNS], block.compiled)
    calls = {COPY: copy, COPY_PLACEBO: copy}
    for cell in block.cells:
        x = tensors[COLUMNS if cell.match is None else 2 * COLUMNS]
        calls[cell.label] = _activation(cell, x, tensors[COLUMNS], block)
    return calls


def _normal(rows: int, width: int, dtype: str) -> tf.Tensor:
    values = generator(0, "micro", width).standard_normal((rows, width), dtype=np.float32)
    return tf.cast(values, dtype)


def _copy(x: tf.Tensor, compiled: bool) -> Call:
    if not compiled:
        return lambda: tf.raw_ops.DeepCopy(x=x)
    # XLA knows no copy; a factor that it does not know at compile time makes a loop that reads and writes all
    one = tf.ones((), x.dtype)

    def times(tensor: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
        return tensor * factor

    program = tf.function(times, jit_compile=True, autograph=False).get_concrete_function(x, one)
    return lambda: program(x, one)


def _activation(cell: CellPlan, x: tf.Tensor, upstream: tf.Tensor, block: MicroBlock) -> Call:
    layer: keras.layers.Layer = activation_layer(cell, dtype=block.dtype)
    layer.build(x.shape)
    weights = layer.trainable_variables

    def forward(inputs: tf.Tensor, _: tf.Tensor) -> Any:
        return layer(inputs)

    def with_gradient(inputs: tf.Tensor, gradient: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
        # what a training step needs of it: the outputs, and the gradients of its inputs and weights
        sources = [inputs, *(weight.value for weight in weights)]
        return outputs, tape.gradient(
            outputs, sources, gradient, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )

    function = forward if block.direction == "forward" else with_gradient
    if block.compiled:
        program = tf.function(function, jit_compile=True, autograph=False)
        function = program.get_concrete_function(x, upstream)
    return lambda: function(x, upstream)


def _repeats(copy: Call) -> int:
    copy_s = min(_seconds(copy, 5) for _ in range(5))
    return min(_MOST_CALLS, max(1, math.ceil(_SAMPLE_S / copy_s)))


def _seconds(call: Call, repeats: int) -> float:
    """Mean seconds of a call; the device has finished when the clock stops."""
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    tf.test.experimental.sync_devices()
    return (time.perf_counter() - start) / repeats
