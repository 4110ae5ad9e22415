"""The choice of hyper-parameters for each activation, from the blocks of a tuning."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard, get_args

from actbench.analysis.figures import Candidate, Tuning
from actbench.config.schema.fields import IntegerField, NumberField
from actbench.config.schema.keras_objects import OPTIMIZERS
from actbench.config.schema.train import ScheduleConfig
from actbench.config.sweep.tune import SEEDS, candidate_lists
from actbench.config.sweep.variants import tune_candidates

if TYPE_CHECKING:
    from actbench.analysis.figures import TunedValues
    from actbench.records.block import BlockRecord, Cell

_PARAMS, _SCHEDULE = "train.optimizer.params.", "train.learning_rate."

_DIGITS = 12  # means of the same accuracies in another order may differ in the last bit


def summarize_tuning(
    tune: Mapping[str, Any],
    records: Iterable[BlockRecord],
    labels: Sequence[str],
    optimizer: str | None = None,
) -> tuple[Tuning, ...]:
    """Return what the tuning of one setting showed, for each activation.

    The best candidate is the one with the fewest trainings that diverged. Of several such candidates it is
    the one with the highest mean validation score at the end of the training, or at the epoch that early
    stopping went back to; of equal ones the one with the lowest mean validation loss; then the one with the
    smaller value, or, of a list that holds more than numbers, the one that stands first. Where final
    trainings are done, what they were given is what was chosen.

    Args:
        tune: As in the config.
        records: The setting's records in the ledger, in any order.
        labels: Labels of the activations, without the placebo.
        optimizer: Name of the optimizer, for the allowed values of its parameters.
    """
    finished = [record for record in records if record.status == "ok"]
    tried = [record for record in finished if record.tuning]
    final = [record for record in finished if not record.tuning]
    values = [candidate.values for candidate in tune_candidates(tune)]
    blocks = [[record for record in tried if record.candidate == own] for own in values]
    complete = all(len(found) == tune[SEEDS] for found in blocks)
    lists = dict(candidate_lists(tune))
    tunings = []
    for label in labels:
        cells = [_cells(found, label) for found in blocks]
        candidates = tuple(map(_candidate, values, cells))
        chosen = next((cell.tuned for cell in _cells(final, label) if cell.tuned), None)
        if chosen is None and complete:
            chosen = min(candidates, key=lambda candidate: _rank(candidate, lists)).values
        tunings.append(Tuning(label, candidates, chosen, tuple(_edges(chosen or {}, lists, optimizer))))
    return tuple(tunings)


def chosen_values(
    tune: Mapping[str, Any], records: Iterable[BlockRecord], labels: Sequence[str]
) -> dict[str, TunedValues] | None:
    """Return the values chosen for each activation; None while a candidate is still to be tried.

    Args:
        tune: As in the config.
        records: The setting's records in the ledger, in any order.
        labels: Labels of the activations, without the placebo.
    """
    found = {tuning.activation: tuning.chosen for tuning in summarize_tuning(tune, records, labels)}
    chosen = {label: values for label, values in found.items() if values is not None}
    return chosen if len(chosen) == len(labels) else None


def _cells(records: Iterable[BlockRecord], label: str) -> list[Cell]:
    return [cell for record in records for cell in record.cells if cell.activation == label]


def _candidate(values: TunedValues, cells: Sequence[Cell]) -> Candidate:
    ends = [end for end in map(_end, cells) if end is not None]
    return Candidate(
        values=values,
        seeds=len(ends),
        diverged=len(cells) - len(ends),
        score=math.fsum(score for score, _ in ends) / len(ends) if ends else None,
        loss=math.fsum(loss for _, loss in ends) / len(ends) if ends else None,
    )


def _end(cell: Cell) -> tuple[float, float] | None:
    """Return validation score and loss of the model that the training ends with; None if it diverged."""
    if cell.status != "ok":
        return None
    epoch = (cell.best_epoch or len(cell.validation_score)) - 1
    score, loss = cell.validation_score[epoch], cell.validation_loss[epoch]
    return None if score is None or loss is None else (score, loss)


def _rank(candidate: Candidate, lists: Mapping[str, Sequence[Any]]) -> tuple[Any, ...]:
    """Return a sort key that is smallest for the best candidate."""
    score = -math.inf if candidate.score is None else round(candidate.score, _DIGITS)
    loss = math.inf if candidate.loss is None else round(candidate.loss, _DIGITS)
    order = [
        value if all(map(_is_number, lists[key])) else lists[key].index(value)
        for key, value in candidate.values.items()
    ]
    return candidate.diverged, -score, loss, *order


def _edges(
    chosen: Mapping[str, Any], lists: Mapping[str, Sequence[Any]], optimizer: str | None
) -> Iterator[str]:
    """Yield the keys whose chosen number is the smallest or largest tried, with more allowed beyond.

    Args:
        chosen: The chosen values by dotted key.
        lists: The values that were tried, by dotted key. Where a list holds more than numbers, only its
            numbers count.
        optimizer: Name of the optimizer, for the allowed values of its parameters.
    """
    for key, value in chosen.items():
        if _is_number(value):
            tried = list(filter(_is_number, lists[key]))
            lowest, highest = _allowed_range(key, optimizer)
            if lowest < value == min(tried) or max(tried) == value < highest:
                yield key


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _allowed_range(key: str, optimizer: str | None) -> tuple[float, float]:
    """Return the smallest and the largest allowed value.

    A bound that is not allowed itself, as that of a number above 0, counts as infinite: there is always a
    value between it and the smallest that was tried.
    """
    field = _field(key, optimizer)
    if isinstance(field, IntegerField):
        return field.low, field.high
    low, high = (field.at_least, field.at_most) if isinstance(field, NumberField) else (None, None)
    return -math.inf if low is None else low, math.inf if high is None else high


def _field(key: str, optimizer: str | None) -> object:
    """Return what the schema says of a key's numbers; None where it sets no limit."""
    name = key.rpartition(".")[2]
    if key.startswith(_PARAMS):
        known = OPTIMIZERS.get(optimizer or "", {}).get(name)  # run.json may be edited
        return known and known.kind
    if key.startswith(_SCHEDULE) and name in ScheduleConfig.model_fields:
        annotated, _ = get_args(ScheduleConfig.model_fields[name].annotation)
        [field] = annotated.__metadata__  # of `Annotated[float, Number(at_least=0)] | None`
        return field
    return None
