"""Which hyper-parameters each activation gets: those that did best on validation data."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actbench.analysis.grid_edges import edges, is_number
from actbench.config.tune import SEEDS, tuned
from actbench.config.variants import candidates_of
from actbench.records import BlockRecord, Cell

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
