"""Where a value that was chosen lies on the edge of what was tried, with more beyond that might do better."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard, get_args

from actbench.config.fields import Number, Whole
from actbench.config.optimizers import OPTIMIZERS
from actbench.config.schedules import ScheduleConfig

_PARAMS, _SCHEDULE = "train.optimizer.params.", "train.learning_rate."


def edges(
    chosen: Mapping[str, Any], lists: Mapping[str, Sequence[Any]], optimizer: str | None
) -> Iterator[str]:
    """The keys of which a number was chosen that is the smallest or the largest of those tried.

    Left out are those of which it is the smallest or the largest that is allowed, too.

    Args:
        chosen: Value by dotted key.
        lists: What was tried of each; of a list that holds more than numbers, these alone count.
        optimizer: Its name, for the limits of its parameters; None where these do not matter.
    """
    for key, value in chosen.items():
        if is_number(value):
            tried = list(filter(is_number, lists[key]))
            lowest, highest = _limits(key, optimizer)
            if lowest < value == min(tried) or max(tried) == value < highest:
                yield key


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value of a config can be smaller or larger than others."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _limits(key: str, optimizer: str | None) -> tuple[float, float]:
    """The smallest and the largest allowed value; infinite where there is none, as of what is above 0."""
    kind = _kind(key, optimizer)
    if isinstance(kind, Whole):
        return kind.low, kind.high
    low, high = (kind.at_least, kind.at_most) if isinstance(kind, Number) else (None, None)
    return -math.inf if low is None else low, math.inf if high is None else high


def _kind(key: str, optimizer: str | None) -> object:
    """What a number at that key may be; None where there is neither a smallest nor a largest."""
    name = key.rpartition(".")[2]
    if key.startswith(_PARAMS):
        known = OPTIMIZERS.get(optimizer or "", {}).get(name)  # run.json may be edited
        return known and known.kind
    if key.startswith(_SCHEDULE) and name in ScheduleConfig.model_fields:
        annotated, _ = get_args(ScheduleConfig.model_fields[name].annotation)
        [kind] = annotated.__metadata__  # of `Annotated[float, Number(at_least=0)] | None`
        return kind
    return None
