"""A plan, and what its settings are trained on, looked at before anything runs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actbench.config.loader import Given
from actbench.config.schema import BenchConfig
from actbench.datasets import Wanted, describe
from actbench.datasets.download import download, is_missing
from actbench.datasets.expected import expect
from actbench.datasets.wanted import DEFAULT_TEST
from actbench.errors import Fault, collecting
from actbench.misfits import misfits
from actbench.plan import make_plan, plan_setting
from actbench.planned import Plan, Setting
from actbench.records import DatasetInfo

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
