"""What in a config does not fit its data, which only the data shows."""

from collections.abc import Iterator

from actbench.config.crosschecks import no_accuracy, softmax_of_numbers, unmatched_in_words
from actbench.config.schema import BenchConfig
from actbench.errors import Fault, collecting
from actbench.plan import plan_cells
from actbench.planned import Setting
from actbench.records import DatasetInfo, TargetInfo


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
