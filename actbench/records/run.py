"""What was planned, where, with what: the content of run.json."""

from typing import Any, Literal

from pydantic import Field

from actbench.records.dataset import DatasetInfo
from actbench.records.environment import Environment
from actbench.records.record import SCHEMA_VERSION, Record
from actbench.varied import name_of


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
        return name_of(self.varied) or self.id


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
