"""The record of a run, the content of run.json: settings, activations, datasets and machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from actbench.metrics.registry import score_name
from actbench.records.base import SCHEMA_VERSION, Record, format_values

if TYPE_CHECKING:
    from actbench.metrics.registry import ScoreName


class Environment(Record):
    """The machine and the software that produced the numbers.

    Attributes:
        cpu: Model name of the processor.
        cores: Number of cores that the process may use.
        memory_bytes: Physical memory.
        system: Operating system and release.
        python: Version of Python.
        packages: The version of each package that can move a number.
        variables: Environment variables that change how TensorFlow and its libraries compute.
        device: The device that TensorFlow computes on, such as "CPU"; None in the parent, which does not
            load it.
        intra_op_threads: Threads inside one operation; None in the parent.
        inter_op_threads: Threads across operations; None in the parent.
        build: The source and the compiler of TensorFlow, and the devices and the processor (by family and
            model) that it found. Empty in the parent and in records of schema version 1.
    """

    cpu: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    packages: dict[str, str]
    variables: dict[str, str] = Field(default_factory=dict)
    device: str | None = None
    intra_op_threads: int | None = None
    inter_op_threads: int | None = None
    build: dict[str, str] = Field(default_factory=dict)


class TargetInfo(Record):
    """A target: one column or label that the models predict.

    Attributes:
        name: As in the data.
        classes: Number of classes; None for a number.
        rule: A text that says why the target was taken for classes or for a number.
    """

    name: str
    classes: int | None
    rule: str = ""


class DatasetInfo(Record):
    """The data that the models were trained and tested on.

    Attributes:
        name: As in the config; for the user's own data the name of the file or folder.
        sha256: Hash of the source's content; for a synthetic dataset, of its parameters.
        train, validation, test: Number of examples in each part.
        split_rule: A text that says how the parts were drawn.
        split_sha256: Hash of the chosen row numbers, so that a changed rule cannot pass unseen.
        features: Values per example; 0 in runs of older versions, which lack all that follows.
        targets: The targets, in the order of the data.
        preprocess: A text that says what was done to the features.
        files: The SHA-256 of each file's content, by name.
        constant_score: Score of the best constant prediction on the test part: the share of the largest
            class, 0 for R², the mean over several targets. None in runs of older versions.
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
        """Return the score that verdicts compare."""
        return score_name(self.targets)

    @property
    def in_nats(self) -> bool:
        """Return True if the loss is a cross-entropy, or a sum of cross-entropies."""
        return all(target.classes is not None for target in self.targets)


class ActivationInfo(Record):
    """One activation as the report shows it.

    Attributes:
        label: The name of the activation in tables.
        definition: The function and its parameters as text.
        init: The initializer of the hidden layers' weights as text.
        element_wise: True if each output depends on one input alone; None if that is unknown, as for an
            imported function.
        match: What a gated layer has in common with a plain one; None for other activations.
        twin_of: Label of an earlier activation of the run that computes the same function.
        source_sha256: Hash of an imported function's source.
    """

    label: str
    definition: str
    init: str
    element_wise: bool | None
    match: Literal["params", "width"] | None = None
    twin_of: str | None = None
    source_sha256: str | None = None


class SettingInfo(Record):
    """One setting as the report shows it.

    Attributes:
        id: Identifies the setting within the run.
        description: The sections of the config that belong to it: dataset, model, train, timing and others.
        varied: The values by which it differs from the other settings, by dotted key; empty for the only one.
        described: The activations in their order, if they are not the same in every setting, as with a sweep
            over initializers; otherwise empty.
    """

    id: str
    description: dict[str, Any]
    varied: dict[str, Any] = Field(default_factory=dict)
    described: tuple[ActivationInfo, ...] = ()

    @property
    def name(self) -> str:
        """Return the varied values as text; for the only setting its id."""
        return format_values(self.varied) or self.id


class RunInfo(Record):
    """The content of run.json: the plan of a run, and the environment in which it was begun.

    Attributes:
        schema_version: The version of run.json and of the ledger beside it.
        run_id: Hash of what determines the numbers.
        name: The config's name.
        kind: "benchmark" for `actbench run`; "micro" for `actbench micro`, whose settings are its blocks.
        created_at: ISO 8601 with time zone.
        command: The command line of the process that created the run.
        overrides: The `KEY=VALUE` replacements in the config, as given.
        config: The resolved config, with every default filled in.
        activations: Labels in the order of the config, the placebo last; for `actbench micro` the copy first.
        baseline: Label of the activation that the others are compared with.
        placebo: Label of the placebo; None if it is switched off.
        blocks: Ids of all planned blocks, in order.
        tuning_blocks: Ids of the blocks among them that serve to choose hyper-parameters.
        settings: In the order of the plan.
        dataset: The data of each setting, by the setting's id.
        environment: The environment of the process that created the run.
        described: The activations in their order, if they are the same in every setting; otherwise, and in
            runs of older versions, empty.
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
        """Return the ids of the blocks that are reported, in order: all but the tuning blocks."""
        return tuple(block for block in self.blocks if block not in self.tuning_blocks)

    def described_in(self, setting: str) -> tuple[ActivationInfo, ...]:
        """Return the activations of a setting in their order; empty in runs of older versions.

        Args:
            setting: The setting's id.
        """
        return next(entry.described for entry in self.settings if entry.id == setting) or self.described
