"""A whole config: the sections, the sweep, the tuning, and the checks between them.

The models hold a config with shorthand expanded, defaults filled in and aliases of names resolved.
They are as strict as the loader, so the Python API gives the same messages.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails

from actbench.config.checks import (
    check_gated_units,
    check_initializers,
    check_labels,
    check_losses,
    check_no_effect,
    check_numeric_target,
    check_validation_split,
    reset_unused_keys,
)
from actbench.config.schema.activation import ActivationConfig
from actbench.config.schema.dataset import DatasetConfig
from actbench.config.schema.fields import BooleanField, FolderNameField, IntegerField, TextField
from actbench.config.schema.measurement import ProbesConfig, TimingConfig, VerdictConfig, check_probe_epochs
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.section import (
    CountOrListField,
    ListField,
    MappingField,
    Section,
    raw_value,
    report_all,
)
from actbench.config.schema.train import TargetConfig, TrainConfig
from actbench.config.sweep.sweep import SweepField
from actbench.config.sweep.tune import SEEDS, TuneField, check_tuned_keys
from actbench.config.sweep.variants import (
    ResolvedSections,
    find_repeated,
    resolve_keys,
    resolve_lists,
    resolve_values,
    sweep_variants,
    tune_candidates,
    validate_all,
)

SWEPT_SECTIONS: dict[str, type[Section] | None] = {
    "dataset": DatasetConfig,
    "model": ModelConfig,
    "train": TrainConfig,
    "timing": TimingConfig,
    "targets": None,  # its keys are names of the data's targets
}
"""The sections that make a setting; a sweep may vary their keys."""


class BenchConfig(Section):
    """A whole config.

    With a sweep, its sections are those of the first setting, with a tuning those of the first candidate. As
    plain data those of a sweep are what was written, for defaults that depend on a swept key are those of
    each setting.
    """

    name: Annotated[str, FolderNameField()]
    """the name of the run's folder"""
    dataset: DatasetConfig
    """a mapping such as {name: mnist, validation: 5000}"""
    model: ModelConfig
    """a mapping such as {hidden_units: [128, 128]}"""
    activations: Annotated[tuple[ActivationConfig, ...], ListField("[relu, tanh]")]
    """the activations to compare: names, or mappings with name, params and label"""
    baseline: Annotated[str, TextField()]
    """the label of the activation that the others are compared with"""
    train: TrainConfig
    """a mapping with optimizer, learning_rate, batch_size and epochs"""
    targets: Annotated[dict[str, TargetConfig], MappingField("{bmi: {loss: mse, weight: 1.0}}")] = Field(
        default_factory=dict
    )
    """loss and weight of each target, if there are several; by default the usual loss, and weight 1"""
    seeds: Annotated[
        tuple[Annotated[int, IntegerField(0, 2**31 - 1)], ...], CountOrListField("[0, 1, 2]", distinct=True)
    ]
    """the seeds, one replicate each: a list, or a count n, which stands for 0 to n-1"""
    timing: TimingConfig = Field(default_factory=TimingConfig)
    """a mapping such as {engine: compiled}"""
    probes: ProbesConfig = Field(default_factory=ProbesConfig)
    """when to probe the insides of the networks, such as {epochs: [0, last]}; false for never"""
    verdict: VerdictConfig = Field(default_factory=VerdictConfig)
    """a mapping such as {margin: 0.001}"""
    placebo: Annotated[bool, BooleanField()] = True
    """whether a second copy of the baseline runs, which shows how large differences by noise alone are"""
    sweep: Annotated[dict[str, Any], SweepField(SWEPT_SECTIONS)] = Field(default_factory=dict)
    """lists of values by key, such as {train.learning_rate: [0.001, 0.01]}: each combination is a setting;
    those under zip go together"""
    tune: Annotated[dict[str, Any], TuneField()] = Field(default_factory=dict)
    """lists of candidates by key, and a number of seeds, such as {train.learning_rate: [1e-4, 1e-3, 1e-2],
    seeds: 2}: each activation gets the value that does best for it on validation data"""
    _settings: tuple[tuple[dict[str, Any], ResolvedSections], ...] = PrivateAttr(())
    _written: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def variants(self) -> "tuple[tuple[dict[str, Any], BenchConfig], ...]":
        """Return the swept values by dotted key and the config without a sweep of each setting."""
        if not self.sweep:
            return (({}, self),)
        return tuple(
            (varied, self.model_copy(update={**sections, "sweep": {}})) for varied, sections in self._settings
        )

    @property
    def candidates(self) -> tuple[dict[str, Any], ...]:
        """Return each combination of the values to be tuned, by dotted key; empty without a tuning."""
        return tuple(candidate.values for candidate in tune_candidates(self.tune)) if self.tune else ()

    @property
    def tuning_seeds(self) -> int:
        """Return the number of seeds with which each candidate is trained; 0 without a tuning."""
        return int(self.tune[SEEDS]) if self.tune else 0

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped: dict[str, Any] = handler(self)
        return {**dumped, **self._written} if self.sweep else dumped

    @model_validator(mode="wrap")
    @classmethod
    def _go_through(cls, raw: Any, validate: ModelWrapValidatorHandler["BenchConfig"]) -> "BenchConfig":
        if not isinstance(raw, Mapping):
            return validate(raw)

        def understand(raw: Mapping[str, Any]) -> "BenchConfig":
            config = validate(raw)
            changed = reset_unused_keys(
                config.model, config.timing, config.probes, config.activations, placebo=config.placebo
            )
            return config.model_copy(update=changed) if changed else config

        if not (raw.get("sweep") or raw.get("tune")):
            return report_all(check_no_effect(raw), lambda: understand(raw))
        settings, candidates = (
            sweep_variants(raw.get("sweep"), SWEPT_SECTIONS),
            tune_candidates(raw.get("tune")),
        )
        # what they say is judged once, but the tuning with each setting, whose validation split it needs
        unswept = {key: value for key, value in raw.items() if key != "sweep"}
        alone = {key: value for key, value in unswept.items() if key != "tune"}
        pairs = [(setting, candidate) for setting in settings for candidate in candidates]
        around = [unswept if candidate is candidates[0] else alone for _, candidate in pairs]
        configs = validate_all(
            [setting.joined_with(candidate) for setting, candidate in pairs], [raw, *around[1:]], understand
        )
        sections = [{name: getattr(config, name) for name in SWEPT_SECTIONS} for config in configs]
        of_candidates, of_settings = sections[: len(candidates)], sections[:: len(candidates)]
        same = [*find_repeated(settings, of_settings), *find_repeated(candidates, of_candidates, "candidate")]
        if same:
            raise ValidationError.from_exception_data("config", same)
        varied = list(map(resolve_values, settings, of_settings))
        swept = resolve_lists(settings, varied)
        tried = list(map(resolve_values, candidates, of_candidates))
        tune = {**configs[0].tune, **resolve_lists(candidates, tried)}
        config = configs[0].model_copy(update={"sweep": swept, "tune": tune})
        if swept:
            config._settings = tuple(zip(varied, of_settings, strict=True))
            config._written = {
                name: resolve_keys(raw.get(name), of_settings[0][name]) for name in SWEPT_SECTIONS
            }
        return config

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        """Yield the mistakes between sections."""
        yield from check_labels(raw)
        yield from check_initializers(raw)
        yield from check_gated_units(raw)
        yield from check_probe_epochs(raw, raw_value(raw.get("train"), "epochs"))
        yield from check_losses(raw)
        yield from check_numeric_target(raw)
        validation = raw_value(raw.get("dataset"), "validation", 0)
        yield from check_tuned_keys(raw)
        if validation == 0:
            yield from check_validation_split(raw)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a config, shorthand included."""
    schema = _without_titles(BenchConfig.model_json_schema(mode="validation"))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "actbench config", **schema}


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Remove pydantic's titles, which repeat each key and are noise in an editor."""
    nested = {key: _without_titles(value) for key, value in schema.items() if isinstance(value, dict)}
    return {key: value for key, value in (schema | nested).items() if key != "title"}
