"""What the settings of a plan are trained on, looked at before anything runs."""

from collections.abc import Mapping

from actbench.config.crosschecks import unmatched_in_words
from actbench.config.schema import VerdictConfig
from actbench.datasets import describe
from actbench.datasets.download import download, is_missing
from actbench.datasets.expected import expect
from actbench.errors import ConfigError
from actbench.objectives import score_in_a_sentence
from actbench.planned import Plan, Setting
from actbench.records import DatasetInfo


def describe_data(plan: Plan, *, fetch: bool = False) -> dict[str, DatasetInfo]:
    """What there is to say of each setting's data, by the setting's id; own files are read whole.

    Args:
        plan: The settings, and the cells that have to suit their data.
        fetch: Whether to download what is missing; else that is described by what is known without it.

    Raises:
        DataError: The data cannot be used.
        ConfigError: A gated unit cannot match the plain model on it, or a loss, a target or a softmax does
            not fit it.
    """
    looked_at: dict[str, DatasetInfo] = {}
    infos = {}
    for setting in plan.settings:
        key = f"{setting.dataset.model_dump_json()} {setting.kinds}"
        if key not in looked_at:
            looked_at[key] = _describe(setting, fetch=fetch)
        infos[setting.id] = looked_at[key]
        objectives = setting.objectives(infos[setting.id].targets)  # which refuses what does not fit
        if setting.model.output == "softmax" and all(objective.classes is None for objective in objectives):
            raise ConfigError(
                "model.output: softmax does nothing where numbers are predicted, as of "
                f"{setting.dataset.title}; allowed: logits"
            )
    _check_widths(plan, infos)
    return infos


def check_target(verdict: VerdictConfig, infos: Mapping[str, DatasetInfo]) -> None:
    """Refuses an accuracy to reach where the score is none.

    Raises:
        ConfigError: The config asks for one.
    """
    other = [info for info in infos.values() if info.score_name != "accuracy"]
    if verdict.target_accuracy is not None and other:
        raise ConfigError(
            f"verdict.target_accuracy: the score of {other[0].name} is "
            f"{score_in_a_sentence(other[0].score_name)}; allowed: with a single target of classes"
        )


def _describe(setting: Setting, *, fetch: bool) -> DatasetInfo:
    name = setting.dataset.name
    if name is not None and is_missing(name):
        if not fetch:
            return expect(setting.dataset.wanted())
        download(name)
    return describe(setting.dataset.wanted(), setting.kinds, setting.data_sha256)


def _check_widths(plan: Plan, infos: dict[str, DatasetInfo]) -> None:
    """Refuses gated units that have no matching widths; of own data that shows only here."""
    for block in plan.blocks:
        data, plain = infos[block.setting.id], block.setting.model.network
        problem = unmatched_in_words(plain, data.features, block.setting.outputs(data.targets))
        for cell in block.cells:
            if cell.match == "params" and problem is not None:
                raise ConfigError(f"{cell.label}: {problem}")
