"""What a setting is, section by section of its config, as reports tell it."""

from collections.abc import Mapping
from typing import Any

from actbench.objectives import default_loss
from actbench.records import DatasetInfo, RunInfo, SettingInfo


def sections_of(setting: SettingInfo, dataset: DatasetInfo) -> dict[str, Any]:
    """Its description, with the loss of each of several targets: a default one stands nowhere else."""
    if len(dataset.targets) < 2:
        return setting.description
    asked: Mapping[str, Any] = setting.description.get("targets", {})
    objectives = {
        target.name: _objective(asked.get(target.name, {}), target.classes) for target in dataset.targets
    }
    return {**setting.description, "targets": objectives}


def common_sections(info: RunInfo) -> dict[str, Any]:
    """What all of several settings have in common, so that it is told once; nothing of the only one."""
    first, *others = (sections_of(setting, info.dataset[setting.id]) for setting in info.settings)
    return {
        name: value
        for name, value in first.items()
        if others and all(other.get(name) == value for other in others)
    }


def _objective(asked: Mapping[str, Any], classes: int | None) -> dict[str, Any]:
    """The loss of a target, and its weight where it is another than that of all."""
    weight = asked.get("weight", 1.0)
    return {
        "loss": asked.get("loss") or default_loss(classes),
        **({} if weight == 1.0 else {"weight": weight}),
    }
