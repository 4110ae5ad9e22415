"""What in a config does not fit its data, which only the data shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from actbench.config.checks.compatibility import no_accuracy, softmax_of_numbers, unmatched_in_words
from actbench.datasets.dataset import describe, expect
from actbench.datasets.readers.keras_sets import download, is_missing
from actbench.datasets.spec import DEFAULT_TEST
from actbench.errors import Fault, collecting
from actbench.plan.build import make_plan, plan_cells, plan_setting
from actbench.records.run import DatasetInfo, TargetInfo

if TYPE_CHECKING:
    from actbench.config.loader import Given
    from actbench.config.schema.bench import BenchConfig
    from actbench.datasets.spec import Wanted
    from actbench.plan.models import Plan, Setting


def misfits(config: BenchConfig, setting: Setting, info: DatasetInfo, *, whole: bool) -> Iterator[Fault]:
    """Losses, targets, an output, a score and gated units that it cannot have.

    Args:
        config: Without a sweep.
        setting: It, planned.
        info: Of the data, which lacks targets that have been found wrong already.
        whole: Whether nothing has: else another width may come of that alone, and so of a loss that is wrong.
    """
    faults: list[Fault] = []
    names = [target.name for target in info.targets]
    lacking = [
        TargetInfo(name=name, classes=None) for name in config.dataset.target or () if name not in names
    ]
    with collecting(faults):
        setting.objectives([*info.targets, *lacking])
    if lacking:  # what is said of them, or of what they may have been meant for, is no further mistake
        yield from (fault for fault in faults if fault.key[0] != "targets" or fault.key[1] in names)
        return
    yield from faults
    if setting.model.output == "softmax" and all(target.classes is None for target in info.targets):
        yield Fault(softmax_of_numbers(info.name), ("model", "output"))
    if config.verdict.target_accuracy is not None and info.score_name != "accuracy":
        yield Fault(no_accuracy(info.name, info.score_name), ("verdict", "target_accuracy"))
    if whole and not faults:
        yield from _unmatched(config, setting, info)


def _unmatched(config: BenchConfig, setting: Setting, info: DatasetInfo) -> Iterator[Fault]:
    """Gated units that have no matching widths."""
    problem = unmatched_in_words(setting.model.network, info.features, setting.outputs(info.targets))
    for index, cell in enumerate(plan_cells(config)[: len(config.activations)]):
        if cell.match == "params" and problem is not None:
            yield Fault(problem, ("activations", index))


_USUAL: dict[str, Any] = {
    "test": DEFAULT_TEST,
    "validation": 0,
    "train_samples": None,
    "test_samples": None,
    "preprocess": None,
}


def plan_on_data(given: Given, *, fetch: bool = False) -> tuple[Plan, dict[str, DatasetInfo]]:
    """The plan, and what there is to say of each setting's data, by the setting's id.

    Args:
        given: The config; own files are read whole.
        fetch: Whether to download what is missing; else that is described by what is known without it.

    Raises:
        DataError: The data cannot be used, or something in the config does not fit it; what is wrong with any
            setting is told together, each where it is written.
    """
    looks = _Looks(fetch=fetch)
    found = [looks.at(config, varied) for varied, config in given.config.variants]
    if any(faults for _, _, faults in found):
        raise given.refusal([faults for _, _, faults in found])
    infos = {setting.id: info for setting, info, _ in found if setting is not None and info is not None}
    return make_plan(given.config, [setting for setting, _, _ in found if setting is not None]), infos


Look = tuple[DatasetInfo | None, list[Fault]]
"""The description of data, None where it cannot be described, and the mistakes in it."""


class _Looks:
    """Looks at the data of settings, at the same data once."""

    def __init__(self, *, fetch: bool) -> None:
        self._fetch = fetch
        self._taken: dict[str, Look] = {}

    def at(
        self, config: BenchConfig, varied: Mapping[str, Any]
    ) -> tuple[Setting | None, DatasetInfo | None, list[Fault]]:
        """Plan the setting of a config without a sweep, and look at its data.

        Args:
            config: One of the `variants` of a config.
            varied: The values by which it differs, by dotted key.

        Returns:
            The setting, None where it cannot be planned; the description of its data; all mistakes.
        """
        faults: list[Fault] = []
        with collecting(faults):
            setting = plan_setting(config, varied)
            key = f"{setting.dataset.model_dump_json()} {setting.kinds}"
            if key not in self._taken:
                self._taken[key] = self._look(setting)
            info, faults = self._taken[key]
            if info is None:
                return setting, None, faults
            return setting, info, [*faults, *misfits(config, setting, info, whole=not faults)]
        return None, None, _with_key(faults, config.dataset.wanted())

    def _look(self, setting: Setting) -> Look:
        """Goes on without what is wrong as long as it can."""
        wanted: Wanted | None = setting.dataset.wanted()
        found: list[Fault] = []
        alike = True
        while wanted is not None:
            faults: list[Fault] = []
            with collecting(faults):
                return self._describe(wanted, setting), found
            faults = _with_key(faults, wanted)
            found += faults if alike else []
            left = _without(wanted, faults)
            # with other targets or parts, what is wrong further on may come of that alone
            alike = alike and left == replace(wanted, features=left and left.features)
            wanted = left
        return None, found

    def _describe(self, wanted: Wanted, setting: Setting) -> DatasetInfo:
        if wanted.name is not None and is_missing(wanted.name):
            if not self._fetch:
                return expect(wanted)
            download(wanted.name)
        return describe(wanted, setting.kinds, setting.data_sha256)


def _with_key(faults: list[Fault], wanted: Wanted) -> list[Fault]:
    """What is wrong in a file is told at the key that names it."""
    source = ("dataset", "name" if wanted.path is None else "path")
    return [Fault(fault.message, fault.key or source) for fault in faults]


def _without(wanted: Wanted, faults: list[Fault]) -> Wanted | None:
    """The same without what of it is wrong; None where that leaves nothing to look at."""
    keys = {fault.key[1:] for fault in faults}
    left = replace(
        wanted,
        target=tuple(name for index, name in enumerate(wanted.target) if ("target", index) not in keys),
        features=wanted.features
        and tuple(name for index, name in enumerate(wanted.features) if ("features", index) not in keys),
        **{key: usual for key, usual in _USUAL.items() if (key,) in keys},
    )
    nothing = (wanted.target and not left.target) or (wanted.features and not left.features)
    return None if left == wanted or nothing else left
