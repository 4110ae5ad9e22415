"""The checks of a config against its data, which the config alone does not allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from actbench.config.checks import (
    explain_missing_accuracy,
    explain_parameter_mismatch,
    explain_softmax_of_numbers,
)
from actbench.datasets.dataset import describe, describe_from_registry
from actbench.datasets.loading import own_files_sha256
from actbench.datasets.readers.keras_sets import download, must_download
from actbench.datasets.spec import DEFAULT_TEST
from actbench.errors import Fault, collect_faults
from actbench.plan.models import Setting, plan_cells
from actbench.records.run import DatasetInfo, TargetInfo

if TYPE_CHECKING:
    from actbench.config.loader import LoadedConfig
    from actbench.config.schema.bench import BenchConfig
    from actbench.datasets.spec import DatasetSpec

# Values that every dataset accepts; they replace wrong values, so that the rest can be checked.
_ACCEPTED: dict[str, Any] = {
    "test": DEFAULT_TEST,
    "validation": 0,
    "train_samples": None,
    "test_samples": None,
    "preprocess": None,
}


def check_data(loaded: LoadedConfig, *, fetch: bool = False) -> tuple[list[Setting], dict[str, DatasetInfo]]:
    """Check a config against its data, and return what `make_plan` and a run need to know of them.

    Args:
        loaded: The config. The user's own files are read whole.
        fetch: Download missing datasets. By default they are described by what is known without them.

    Returns:
        The settings of the config's `variants`, in order, and the description of each one's data by its id.

    Raises:
        DataError: The data cannot be used, or something in the config does not fit them. All mistakes in all
            settings are reported together, each with the place where it is written.
    """
    checker = _Checker(fetch=fetch)
    settings: list[Setting] = []
    infos: dict[str, DatasetInfo] = {}
    faults = []
    for varied, variant in loaded.config.variants:
        setting, info, mistakes = checker.check(variant, varied)
        faults.append(mistakes)
        if setting is not None:
            settings.append(setting)
            if info is not None:
                infos[setting.id] = info
    if any(faults):
        raise loaded.data_error(faults)
    return settings, infos


_Description = tuple[DatasetInfo | None, list[Fault]]
"""The description of a dataset, None if it cannot be described, and the mistakes in the request."""


class _Checker:
    """Checks settings against their data, and describes each dataset once.

    Args:
        fetch: As in `check_data`.
    """

    def __init__(self, *, fetch: bool) -> None:
        self._fetch = fetch
        self._described: dict[str, _Description] = {}

    def check(
        self, config: BenchConfig, varied: Mapping[str, Any]
    ) -> tuple[Setting | None, DatasetInfo | None, list[Fault]]:
        """Check a config without a sweep.

        Args:
            config: One of the `variants` of a config.
            varied: The values by which it differs from the others, by dotted key.

        Returns:
            The setting, None if its files cannot be read; the description of its data; all mistakes.
        """
        spec = config.dataset.spec()
        unreadable: list[Fault] = []
        with collect_faults(unreadable):
            setting = Setting.from_config(config, varied, own_files_sha256(spec))
            key = f"{setting.dataset.model_dump_json()} {setting.kinds}"
            if key not in self._described:
                self._described[key] = self._describe_what_fits(spec, setting)
            info, faults = self._described[key]
            if info is None:
                return setting, None, faults
            return setting, info, [*faults, *_mismatches(config, setting, info, complete=not faults)]
        return None, None, _at_source(unreadable, spec)

    def _describe_what_fits(self, spec: DatasetSpec, setting: Setting) -> _Description:
        """Describe a dataset, and drop wrong parts of the request until the rest can be described."""
        found: list[Fault] = []
        rest: DatasetSpec | None = spec
        same_data = True
        while rest is not None:
            faults: list[Fault] = []
            with collect_faults(faults):
                return self._describe(rest, setting), found
            faults = _at_source(faults, rest)
            # Once other targets or parts replace wrong ones, a further mistake may come of that alone.
            found += faults if same_data else []
            smaller = _without(rest, faults)
            same_data = same_data and smaller == replace(rest, features=smaller and smaller.features)
            rest = smaller
        return None, found

    def _describe(self, spec: DatasetSpec, setting: Setting) -> DatasetInfo:
        if spec.name is not None and must_download(spec.name):
            if not self._fetch:
                return describe_from_registry(spec)
            download(spec.name)
        return describe(spec, setting.kinds, setting.data_sha256)


def _at_source(faults: list[Fault], spec: DatasetSpec) -> list[Fault]:
    """Return faults with a key: a fault without a key gets that of the file or dataset."""
    source = ("dataset", "name" if spec.path is None else "path")
    return [Fault(fault.message, fault.key or source) for fault in faults]


def _without(spec: DatasetSpec, faults: list[Fault]) -> DatasetSpec | None:
    """Return a request without its wrong parts; None if nothing can be dropped or nothing is left."""
    keys = {fault.key[1:] for fault in faults}
    rest = replace(
        spec,
        target=tuple(name for index, name in enumerate(spec.target) if ("target", index) not in keys),
        features=spec.features
        and tuple(name for index, name in enumerate(spec.features) if ("features", index) not in keys),
        **{key: accepted for key, accepted in _ACCEPTED.items() if (key,) in keys},
    )
    nothing_left = (spec.target and not rest.target) or (spec.features and not rest.features)
    return None if rest == spec or nothing_left else rest


def _mismatches(
    config: BenchConfig, setting: Setting, info: DatasetInfo, *, complete: bool
) -> Iterator[Fault]:
    """Yield the losses, targets, outputs, scores and gated units that do not fit the data.

    Args:
        config: A config without a sweep.
        setting: Its setting.
        info: The description of its data, without targets that were found to be wrong.
        complete: True if nothing was found to be wrong. Otherwise the width of the outputs may be another one
            for that reason alone, so that gated widths are not checked.
    """
    faults: list[Fault] = []
    names = [target.name for target in info.targets]
    wrong = [TargetInfo(name=name, classes=None) for name in config.dataset.target or () if name not in names]
    with collect_faults(faults):
        setting.objectives([*info.targets, *wrong])
    if wrong:
        # A fault about a wrong target, or about the target that was meant, repeats the first mistake.
        yield from (fault for fault in faults if fault.key[0] != "targets" or fault.key[1] in names)
        return
    yield from faults
    if setting.model.output == "softmax" and all(target.classes is None for target in info.targets):
        yield Fault(explain_softmax_of_numbers(info.name), ("model", "output"))
    if config.verdict.target_accuracy is not None and info.score_name != "accuracy":
        yield Fault(explain_missing_accuracy(info.name, info.score_name), ("verdict", "target_accuracy"))
    if complete and not faults:
        yield from _unmatched_widths(config, setting, info)


def _unmatched_widths(config: BenchConfig, setting: Setting, info: DatasetInfo) -> Iterator[Fault]:
    """Yield the gated activations for which no width matches the plain layer's parameter count."""
    problem = explain_parameter_mismatch(setting.model.network, info.features, setting.outputs(info.targets))
    for index, cell in enumerate(plan_cells(config)[: len(config.activations)]):
        if cell.match == "params" and problem is not None:
            yield Fault(problem, ("activations", index))
