"""The machine and the software that produced numbers."""

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
    variables: dict[str, str] = Field(default_factory=dict)
    device: str | None = None
    intra_op_threads: int | None = None
    inter_op_threads: int | None = None
    build: dict[str, str] = Field(default_factory=dict)


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
    varied: dict[str, Any] = Field(default_factory=dict)
    described: tuple[ActivationInfo, ...] = ()

    @property
    def name(self) -> str:
        """What varies, in words; the id of the only setting."""
        return format_values(self.varied) or self.id


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
