"""Yes or no for each of many examples, as text that fits into a JSON line: one bit each."""

import base64
import binascii
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from actbench.records.base import SCHEMA_VERSION, Record
from actbench.records.run import Environment


def pack(correct: npt.NDArray[np.bool_]) -> str:
    """Base64 of `numpy.packbits`.

    Args:
        correct: Shape (n,).
    """
    return base64.b64encode(np.packbits(correct).tobytes()).decode("ascii")


def unpack(packed: str, n: int) -> npt.NDArray[np.bool_]:
    """What was packed.

    Args:
        packed: As `pack` wrote it.
        n: How many examples it is about, at least 0.

    Returns:
        Shape (n,).

    Raises:
        ValueError: It is not base64, or not of n examples.
    """
    try:
        content = base64.b64decode(packed, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(content) != -(-n // 8):
        raise ValueError(f"{len(content)} bytes are not {n} bits")
    return np.unpackbits(np.frombuffer(content, dtype=np.uint8), count=n).astype(np.bool_)


class Inference(Record):
    """Raw latencies of one activation at one batch size.

    Attributes:
        batch_size: Examples per call.
        latency_s: One value per round, extra ones at the end; value i of every cell of the block was taken in
            the same round.
        compile_s: Seconds spent compiling this batch size's program; None where it was already compiled.
    """

    batch_size: int
    latency_s: tuple[float, ...]
    compile_s: float | None


class Probe(Record):
    """What a network looks like inside at one moment, on examples that all cells of a setting have in common.

    Layers are the hidden ones, from the input on: an activation with the dense layer before it.
    docs/method.md defines each figure.

    Attributes:
        epoch: Epochs trained before; 0 is before training.
        dead: Share of the units whose slope is zero for every example, by layer.
        saturated: Share of the other units whose mean slope is under 5 % of the largest, by layer.
        zeros: Share of the outputs that are exactly zero, by layer.
        preactivation_mean: Over units and examples, by layer; None where it is not finite.
        preactivation_variance: Likewise.
        gradient_norm: Of the mean loss with respect to the kernel, by layer; None where it is not finite.
        output_gradient_norm: The same of the output layer, of all of them together where there are several.
    """

    epoch: int
    dead: tuple[float, ...]
    saturated: tuple[float, ...]
    zeros: tuple[float, ...]
    preactivation_mean: tuple[float | None, ...]
    preactivation_variance: tuple[float | None, ...]
    gradient_norm: tuple[float | None, ...]
    output_gradient_norm: float | None


class Cell(Record):
    """One training: setting x seed x activation.

    Attributes:
        activation: The label.
        status: "ok", or "diverged" when a loss stopped being finite; the cell ends there.
        parameters: Trainable weights of the model.
        compile_s: Seconds to build, trace and compile the model and its programs; None where done before.
        slice_s: Seconds of each training slice, one per round; a diverged cell has fewer, and so has one that
            stopped early.
        train_loss: Mean loss over each epoch's batches, as seen while training.
        train_score: The same for the score: accuracy, R², or with several targets the mean of theirs.
        validation_loss: After each epoch; empty when the config has no validation split.
        validation_score: After each epoch, likewise.
        test_loss: After the last epoch; None when diverged.
        test_score: After the last epoch; None when diverged.
        inference: One entry per batch size; empty when diverged.
        test_metrics: After the last epoch, by name: accuracy, top5_accuracy of more than five classes, r2,
            rmse, mae; with several targets behind the target's name, as bmi_rmse. Empty when diverged.
        test_correct: Which test examples were right, in the dataset's order, as `bits.pack` writes it; None
            when diverged, where there is not a single target of classes, and in records of schema version 1.
        extra_slice_s: Seconds of each timing-only slice after the training, one per round; none if diverged.
        probes: In the order of their epochs; none after it diverged, nor in records of older versions.
        epochs_trained: Epochs until the training ended, by early stopping or at its cap; None without early
            stopping, and when diverged.
        best_epoch: The epoch, from 1, whose weights were put back before the test; None where the last
            epoch's stayed.
        tuned: Hyper-parameters of its own, by dotted key: what was chosen for it, in a tuning block the
            candidate.
    """

    activation: str
    status: Literal["ok", "diverged"]
    parameters: int
    compile_s: float | None
    slice_s: tuple[float, ...]
    train_loss: tuple[float | None, ...]
    train_score: tuple[float | None, ...]
    validation_loss: tuple[float | None, ...]
    validation_score: tuple[float | None, ...]
    test_loss: float | None
    test_score: float | None
    inference: tuple[Inference, ...]
    test_metrics: dict[str, float] = Field(default_factory=dict)
    test_correct: str | None = None
    extra_slice_s: tuple[float, ...] = ()
    probes: tuple[Probe, ...] = ()
    epochs_trained: int | None = None
    best_epoch: int | None = None
    tuned: dict[str, Any] = Field(default_factory=dict)


class Phases(Record):
    """Where a block's wall time went, in seconds.

    The harness itself is `wall_s` less import, compilation, training and inference.

    Attributes:
        wall_s: From taking the block to handing back its record, plus the import for a worker's first block.
        import_s: Importing TensorFlow; 0 except in a worker's first block.
        compile_s: Tracing and compiling.
        training_s: The timed slices.
        inference_s: The inference calls, one untimed round before the timed ones included.
        evaluation_s: Validation and test metrics, untimed; part of the harness.
        data_s: Loading and placing the dataset; part of the harness.
        probes_s: Looking inside the networks; part of the harness. 0 in records of older versions.
    """

    wall_s: float
    import_s: float
    compile_s: float
    training_s: float
    inference_s: float
    evaluation_s: float
    data_s: float
    probes_s: float = 0.0


class MicroSamples(Record):
    """Raw times of one activation alone, or of a copy, on one tensor.

    Attributes:
        activation: The label.
        calls: Calls that each value is the mean of, for one alone may be too short to be timed.
        call_s: Seconds of a call, one value per round; value i of all labels was taken in the same round.
    """

    activation: str
    calls: int
    call_s: tuple[float, ...]


class BlockRecord(Record):
    """All cells of one setting and seed, measured interleaved in one process.

    Attributes:
        schema_version: Of this line.
        block: Identifies the block within the run.
        setting: Identifies the setting within the run.
        seed: The replicate.
        status: "ok", or "failed" when the worker died twice; then there are no cells.
        error: Why it failed; None when ok.
        started_at: ISO 8601 with time zone.
        environment: Where it ran; None when failed.
        slice_steps: Training steps of each slice, in order; the slices of one epoch follow each other.
        slices_per_epoch: How many slices make one epoch.
        extra_slice_steps: Training steps of each timing-only slice, in order.
        micro: What a block of `actbench micro` measured, the copy first and the placebo last; such a block
            has no cells, and no other block has any of these.
        candidate: What a tuning block tried, by dotted key; it has looked at no test data. Empty of others.
        phases: Where the wall time went; None when failed.
        peak_memory_bytes: Largest resident size of the worker so far; None when failed.
        cells: In the order of the config, the placebo last.
    """

    schema_version: int = SCHEMA_VERSION
    block: str
    setting: str
    seed: int
    status: Literal["ok", "failed"]
    error: str | None = None
    started_at: str
    environment: Environment | None
    slice_steps: tuple[int, ...]
    slices_per_epoch: int
    phases: Phases | None
    peak_memory_bytes: int | None
    cells: tuple[Cell, ...]
    extra_slice_steps: tuple[int, ...] = ()
    micro: tuple[MicroSamples, ...] = ()
    candidate: dict[str, Any] = Field(default_factory=dict)

    @property
    def tuning(self) -> bool:
        """Whether it serves to choose hyper-parameters, and nothing else."""
        return bool(self.candidate)

    @property
    def reason(self) -> str:
        """Why it failed, in one line; the rest of `error` is for those who look closer."""
        return (self.error or "").partition("\n")[0]
