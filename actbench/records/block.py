"""The record of a measured block: its trainings, their raw times and scores, and where the time went."""

import base64
import binascii
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from actbench.records.base import SCHEMA_VERSION, Record
from actbench.records.run import Environment


def pack(correct: npt.NDArray[np.bool_]) -> str:
    """Return booleans as text for a JSON line: one bit each, in base64.

    Args:
        correct: Shape (n,); True for an example that was classified correctly.
    """
    return base64.b64encode(np.packbits(correct).tobytes()).decode("ascii")


def unpack(packed: str, n: int) -> npt.NDArray[np.bool_]:
    """Return the booleans that `pack` wrote.

    Args:
        packed: The text from `pack`.
        n: Number of examples, at least 0.

    Returns:
        Shape (n,).

    Raises:
        ValueError: The text is not base64, or is not about n examples.
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
        latency_s: Seconds of a call, one value per round, those of extra rounds at the end. Value i of every
            cell of the block was taken in the same round.
        compile_s: Seconds to compile the program for this batch size; None if it was compiled already.
    """

    batch_size: int
    latency_s: tuple[float, ...]
    compile_s: float | None


class Probe(Record):
    """The state inside a network at one moment, on examples that all cells of a setting have in common.

    Layers are the hidden ones, from the input on. A layer is an activation and the dense layer before it.
    docs/method.md defines each figure.

    Attributes:
        epoch: Number of epochs trained before; 0 is before the training.
        dead: Share of the units whose slope is zero for every example, by layer.
        saturated: Share of the other units whose mean slope is under 5 % of the largest, by layer.
        zeros: Share of the outputs that are exactly zero, by layer.
        preactivation_mean: Mean over units and examples, by layer; None if it is not finite.
        preactivation_variance: Variance over units and examples, by layer; None if it is not finite.
        gradient_norm: Norm of the mean loss's gradient with respect to the kernel, by layer; None if it is
            not finite.
        output_gradient_norm: The same norm for the output layer, or for all output layers together.
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
        compile_s: Seconds to build, trace and compile the model and its programs; None if they existed.
        slice_s: Seconds of each training slice, one per round. A cell that diverged or stopped early has
            fewer than the others.
        train_loss: Mean loss over each epoch's batches, as seen while training.
        train_score: The score over each epoch's batches: accuracy, R², or the mean over several targets.
        validation_loss: Loss after each epoch; empty without a validation split.
        validation_score: Score after each epoch; empty without a validation split.
        test_loss: Loss after the last epoch; None if the cell diverged.
        test_score: Score after the last epoch; None if the cell diverged.
        inference: One entry per batch size; empty if the cell diverged.
        test_metrics: Metrics after the last epoch, by name, such as accuracy or rmse. With several targets
            the target's name precedes, as in bmi_rmse. Empty if the cell diverged.
        test_correct: The test examples that were classified correctly, in the dataset's order, as `pack`
            writes them. None if the cell diverged, if there is not a single target of classes, and in records
            of schema version 1.
        extra_slice_s: Seconds of each timing-only slice after the training, one per round; empty if the cell
            diverged.
        probes: In the order of their epochs; none after the cell diverged, and none in older versions.
        epochs_trained: Number of epochs until early stopping or the limit ended the training; None without
            early stopping, and if the cell diverged.
        best_epoch: The epoch, from 1, whose weights were restored before the test; None if the weights of the
            last epoch were kept.
        tuned: The cell's own hyper-parameters, by dotted key: the chosen values, and in a tuning block the
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
    """The parts of a block's wall time, in seconds.

    The harness itself is `wall_s` less import, compilation, training and inference.

    Attributes:
        wall_s: From receiving the block to returning its record; a worker's first block includes the import.
        import_s: Importing TensorFlow; 0 except for a worker's first block.
        compile_s: Tracing and compiling.
        training_s: The timed slices.
        inference_s: The inference calls, including one untimed round before the timed ones.
        evaluation_s: Validation and test metrics, untimed; part of the harness.
        data_s: Loading and placing the dataset; part of the harness.
        probes_s: Probing the networks; part of the harness. 0 in records of older versions.
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
    """The raw times of one activation, or of a copy, on one tensor.

    Attributes:
        activation: The label.
        calls: Number of calls that each value is the mean of. One call may be too short to be timed.
        call_s: Seconds of a call, one value per round. Value i of all labels was taken in the same round.
    """

    activation: str
    calls: int
    call_s: tuple[float, ...]


class BlockRecord(Record):
    """All cells of one setting and seed, measured interleaved in one process.

    Attributes:
        schema_version: The version of this line of the ledger.
        block: Identifies the block within the run.
        setting: Identifies the setting within the run.
        seed: Number of the replicate; weights and orders are drawn from it.
        status: "ok", or "failed" if its worker died twice; then there are no cells.
        error: Reason of the failure; None if the status is "ok".
        started_at: ISO 8601 with time zone.
        environment: The environment of the worker; None if the block failed.
        slice_steps: Training steps of each slice, in order; the slices of one epoch follow each other.
        slices_per_epoch: Number of slices in one epoch.
        extra_slice_steps: Training steps of each timing-only slice, in order.
        micro: The times of a block of `actbench micro`, the copy first and the placebo last. Such a block has
            no cells; other blocks have no such times.
        candidate: The values that a tuning block tried, by dotted key, without using test data; empty for a
            final block.
        phases: Where the wall time went; None if the block failed.
        peak_memory_bytes: Largest resident size of the worker so far; None if the block failed.
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
        """Return True for a tuning block, which only serves to choose hyper-parameters."""
        return bool(self.candidate)

    @property
    def reason(self) -> str:
        """Return the first line of `error`, which says why the block failed."""
        return (self.error or "").partition("\n")[0]
