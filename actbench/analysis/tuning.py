"""Where a value that was chosen lies on the edge of what was tried, with more beyond that might do better."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard, get_args

from actbench.config.schema.fields import Number, Whole
from actbench.config.schema.optimizers import OPTIMIZERS
from actbench.config.schema.train import ScheduleConfig
from actbench.config.sweep.tune import SEEDS, tuned
from actbench.config.sweep.variants import candidates_of

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord, Cell

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


Values = dict[str, Any]

# Means of the same accuracies in another order may differ in the last bit.
_DIGITS = 12


@dataclass(frozen=True)
class Candidate:
    """What was tried with one activation.

    Attributes:
        values: By dotted key.
        seeds: Trainings that ended well.
        diverged: Trainings that did not, or whose validation score is not finite.
        score: On the validation split, mean over the former; None without any.
        loss: Likewise.
    """

    values: Values
    seeds: int
    diverged: int
    score: float | None
    loss: float | None


@dataclass(frozen=True)
class Tuning:
    """What was tried with one activation, and what came of it.

    Attributes:
        activation: The label.
        candidates: In the order of the config.
        chosen: The values that its final trainings have; None where some candidate is still to be tried.
        edges: The keys of which `chosen` has the smallest or the largest number that was tried, and more is
            allowed.
    """

    activation: str
    candidates: tuple[Candidate, ...]
    chosen: Values | None
    edges: tuple[str, ...]

    @property
    def hopeless(self) -> bool:
        """Whether no candidate had a training that ended well in every seed."""
        return all(candidate.diverged for candidate in self.candidates)


def tunings(
    tune: Mapping[str, Any],
    records: Iterable[BlockRecord],
    labels: Sequence[str],
    optimizer: str | None = None,
) -> tuple[Tuning, ...]:
    """What the tuning of one setting showed, for each activation.

    Best is the candidate with the fewest trainings that diverged; of those the one with the highest mean
    validation score at the end of the training, or at the epoch that early stopping went back to; of equal
    ones the one with the lowest mean validation loss; then the smaller value, or of a list that holds more
    than numbers the one that stands first. Where final trainings are done, chosen is what these have.

    Args:
        tune: As in the config.
        records: What the ledger holds of the setting, in any order.
        labels: Of the activations, without the placebo.
        optimizer: Its name, for `edges`.
    """
    finished = [record for record in records if record.status == "ok"]
    tried = [record for record in finished if record.tuning]
    final = [record for record in finished if not record.tuning]
    values = [candidate.values for candidate in candidates_of(tune)]
    blocks = [[record for record in tried if record.candidate == own] for own in values]
    complete = all(len(found) == tune[SEEDS] for found in blocks)
    lists = dict(tuned(tune))
    made = []
    for label in labels:
        cells = [_cells(found, label) for found in blocks]
        candidates = tuple(map(_candidate, values, cells))
        chosen = next((cell.tuned for cell in _cells(final, label) if cell.tuned), None)
        if chosen is None and complete:
            chosen = min(candidates, key=lambda candidate: _rank(candidate, lists)).values
        made.append(Tuning(label, candidates, chosen, tuple(edges(chosen or {}, lists, optimizer))))
    return tuple(made)


def chosen_values(
    tune: Mapping[str, Any], records: Iterable[BlockRecord], labels: Sequence[str]
) -> dict[str, Values] | None:
    """What was chosen for each activation; None where there is more to try. Arguments as of `tunings`."""
    found = {tuning.activation: tuning.chosen for tuning in tunings(tune, records, labels)}
    chosen = {label: values for label, values in found.items() if values is not None}
    return chosen if len(chosen) == len(labels) else None


def _cells(records: Iterable[BlockRecord], label: str) -> list[Cell]:
    return [cell for record in records for cell in record.cells if cell.activation == label]


def _candidate(values: Values, cells: Sequence[Cell]) -> Candidate:
    ends = [end for end in map(_end, cells) if end is not None]
    return Candidate(
        values=values,
        seeds=len(ends),
        diverged=len(cells) - len(ends),
        score=math.fsum(score for score, _ in ends) / len(ends) if ends else None,
        loss=math.fsum(loss for _, loss in ends) / len(ends) if ends else None,
    )


def _end(cell: Cell) -> tuple[float, float] | None:
    """Validation score and loss of what the training gave; None where it diverged."""
    if cell.status != "ok":
        return None
    epoch = (cell.best_epoch or len(cell.validation_score)) - 1
    score, loss = cell.validation_score[epoch], cell.validation_loss[epoch]
    return None if score is None or loss is None else (score, loss)


def _rank(candidate: Candidate, lists: Mapping[str, Sequence[Any]]) -> tuple[Any, ...]:
    """Smallest for the best."""
    score = -math.inf if candidate.score is None else round(candidate.score, _DIGITS)
    loss = math.inf if candidate.loss is None else round(candidate.loss, _DIGITS)
    order = [
        value if all(map(is_number, lists[key])) else lists[key].index(value)
        for key, value in candidate.values.items()
    ]
    return candidate.diverged, -score, loss, *order
