"""What a block measured, and on what machine: immutable, raw, versioned.

A record holds samples as they were taken. Averages, ratios and intervals are derived later, in `analysis`.
Times are seconds (`_s`), accuracies fractions 0 to 1, R² at most 1. A value that does not exist (a diverged
loss) is None, because NaN is not JSON.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from actbench.objectives import ScoreName, score_name
from actbench.varied import name_of

SCHEMA_VERSION = 4


class Record(BaseModel):
    """Base of everything that is written to disk."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Environment(Record):
    """The machine and the software that produced the numbers.

    Attributes:
        cpu: Model name of the processor.
        cores: Cores this process may use.
        memory_bytes: Physical memory.
        system: Operating system and release.
        python: Version of Python.
        packages: Version of each package that can move a number.
        variables: Environment variables by which TensorFlow and its libraries are tuned.
        device: What TensorFlow computes on, such as "CPU"; None in the parent, which never loads it.
        intra_op_threads: Threads inside one operation; None where unknown, as `device`.
        inter_op_threads: Threads across operations; None where unknown, as `device`.
        build: What TensorFlow was built from and with, and what it found here: which processor, by family and
            model, and which devices. Empty where unknown, as `device`, and in records of schema version 1.
    """

    cpu: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    packages: dict[str, str]
    variables: dict[str, str] = {}
    device: str | None = None
    intra_op_threads: int | None = None
    inter_op_threads: int | None = None
    build: dict[str, str] = {}


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

    Layers are the hidden ones, from the input on: a dense layer with its activation. docs/method.md defines
    each figure.

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
    test_metrics: dict[str, float] = {}
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


class SettingInfo(Record):
    """One setting as the report shows it.

    Attributes:
        id: Identifies the setting within the run.
        description: The config's keys and values that make it: dataset, model, train, timing.
        varied: Those by which it differs from the other settings, by dotted key; empty for the only one.
        described: One per activation, in their order, where they are not the same in every setting, as under
            several initialisers; else empty.
    """

    id: str
    description: dict[str, Any]
    varied: dict[str, Any] = {}
    described: "tuple[ActivationInfo, ...]" = ()

    @property
    def name(self) -> str:
        """What varies, in words; the id of the only setting."""
        return name_of(self.varied) or self.id


class TargetInfo(Record):
    """What was predicted.

    Attributes:
        name: As in the data.
        classes: How many there are; None of a number.
        rule: Why it was taken for classes or for a number, in words.
    """

    name: str
    classes: int | None
    rule: str = ""


class DatasetInfo(Record):
    """What exactly was trained and tested on.

    Attributes:
        name: As in the config; of own data the name of the file or folder.
        sha256: Of the source's content; of a synthetic set, of what it is made from.
        train, validation, test: Examples in each part.
        split_rule: How the parts were drawn, in words.
        split_sha256: Of the chosen row numbers, so that a changed rule cannot pass unseen.
        features: Values per example; 0 in runs of older versions, as what follows is empty there.
        targets: What was predicted.
        preprocess: What was done to the features, in words.
        files: The SHA-256 of each file's content, by name.
        constant_score: What the best constant answer scores on the test part: the share of the largest class,
            0 of a number's R², the mean over several targets; None in runs of older versions.
    """

    name: str
    sha256: str
    train: int
    validation: int
    test: int
    split_rule: str
    split_sha256: str
    features: int = 0
    targets: tuple[TargetInfo, ...] = ()
    preprocess: str = ""
    files: dict[str, str] = Field(default_factory=dict)
    constant_score: float | None = None

    @property
    def score_name(self) -> ScoreName:
        """What verdicts are about."""
        return score_name(self.targets)

    @property
    def in_nats(self) -> bool:
        """Whether the loss is a cross-entropy, of however many targets."""
        return all(target.classes is not None for target in self.targets)


class ActivationInfo(Record):
    """One activation as the report shows it.

    Attributes:
        label: What tables call it.
        definition: What it is, in words, parameters included.
        init: Initialiser of the hidden layers' weights, in words.
        element_wise: Whether each output depends on one input alone; None where unknown, as of an import.
        match: What a gated layer has in common with the plain one; None of others.
        twin_of: Label of an earlier activation of the run that computes the same function.
        source_sha256: Of an imported function's source.
    """

    label: str
    definition: str
    init: str
    element_wise: bool | None
    match: Literal["params", "width"] | None = None
    twin_of: str | None = None
    source_sha256: str | None = None


class RunInfo(Record):
    """The content of run.json: what was planned, where, with what.

    Attributes:
        schema_version: Of run.json and of the ledger beside it.
        run_id: Hash of what determines the numbers.
        name: The config's name.
        kind: benchmark: of `actbench run`; micro: of `actbench micro`, whose settings are its blocks.
        created_at: ISO 8601 with time zone.
        command: The command line of the process that created the run.
        overrides: The `--set` arguments, as given.
        config: The resolved config, defaults filled in.
        activations: Labels in the order of the config, the placebo last; of `actbench micro` the copy first.
        baseline: Label of the activation that the others are compared with.
        placebo: Label of the placebo; None when switched off.
        blocks: Ids of all planned blocks, in order.
        tuning_blocks: Those of them that choose hyper-parameters.
        settings: In the order of the plan.
        dataset: One per setting's id.
        environment: Of the process that created the run.
        described: One per activation, in their order, where they are the same in every setting; empty where
            they are not, and in runs of older versions.
    """

    schema_version: int = SCHEMA_VERSION
    run_id: str
    name: str
    kind: Literal["benchmark", "micro"] = "benchmark"
    created_at: str
    command: str
    overrides: tuple[str, ...]
    config: dict[str, Any]
    activations: tuple[str, ...]
    baseline: str
    placebo: str | None
    blocks: tuple[str, ...]
    settings: tuple[SettingInfo, ...]
    dataset: dict[str, DatasetInfo]
    environment: Environment
    described: tuple[ActivationInfo, ...] = ()
    tuning_blocks: tuple[str, ...] = ()

    @property
    def final_blocks(self) -> tuple[str, ...]:
        """Ids of the blocks that are reported, in order: all but those of the tuning."""
        return tuple(block for block in self.blocks if block not in self.tuning_blocks)

    def described_in(self, setting: str) -> tuple[ActivationInfo, ...]:
        """One per activation of the setting with this id, in their order; empty in runs of older versions."""
        return next(entry.described for entry in self.settings if entry.id == setting) or self.described
