"""What in a config does not fit its data, which only the data shows."""

from collections.abc import Iterator

from actbench.config.crosschecks import unmatched_in_words
from actbench.config.schema import BenchConfig
from actbench.errors import Fault, collecting
from actbench.metric_names import score_in_a_sentence
from actbench.plan import plan_cells
from actbench.planned import Setting
from actbench.records import DatasetInfo, TargetInfo


def misfits(config: BenchConfig, setting: Setting, info: DatasetInfo) -> Iterator[Fault]:
    """Losses, targets, an output and a score that it cannot have.

    Args:
        config: Without a sweep.
        setting: It, planned.
        info: Of the data, which lacks targets that have been found wrong already.
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
        yield Fault(
            f"softmax does nothing where numbers are predicted, as of {info.name}; allowed: logits",
            ("model", "output"),
        )
    if config.verdict.target_accuracy is not None and info.score_name != "accuracy":
        yield Fault(
            f"the score of {info.name} is {score_in_a_sentence(info.score_name)}; allowed: with a single "
            "target of classes",
            ("verdict", "target_accuracy"),
        )


def unmatched(config: BenchConfig, setting: Setting, info: DatasetInfo) -> Iterator[Fault]:
    """Gated units that have no matching widths.

    Args:
        config: Without a sweep.
        setting: It, planned.
        info: Of data that nothing else is wrong with.
    """
    problem = unmatched_in_words(setting.model.network, info.features, setting.outputs(info.targets))
    for index, cell in enumerate(plan_cells(config)[: len(config.activations)]):
        if cell.match == "params" and problem is not None:
            yield Fault(problem, ("activations", index))
