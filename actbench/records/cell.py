"""What was measured of one training."""

from typing import Any, Literal

from pydantic import Field

from actbench.records.record import Record


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
