from collections.abc import Sequence
from typing import Any

import pytest

from actbench.analysis.figures import Tuning
from actbench.analysis.run import estimate_run
from actbench.analysis.tuning import chosen_values, summarize_tuning
from actbench.config.schema.train import ScheduleConfig
from actbench.records.block import BlockRecord, Cell
from tests.factories import make_block, make_cell, make_failed_block, make_run

RATE = "train.learning_rate"
TUNE: dict[str, Any] = {RATE: [0.1, 0.001, 0.01], "seeds": 2}


def trained(
    score: float | None, loss: float | None = 0.5, *, label: str = "relu", best_epoch: int | None = None
) -> Cell:
    """A cell of two epochs that ends with this validation score; None for one that diverged."""
    cell = make_cell(label, accuracy=0.9 if score is not None else None, slice_s=(0.1,) * 4)
    seen = {"validation_score": (0.3, score), "validation_loss": (0.4, loss), "best_epoch": best_epoch}
    return cell.model_copy(update=seen)


def tried(values: dict[str, Any], *cells: Cell, seed: int = 7) -> BlockRecord:
    return make_block(cells, seed=seed).model_copy(update={"candidate": values})


def records(
    scores: dict[float, Sequence[float | None]], losses: dict[float, float] | None = None
) -> list[BlockRecord]:
    """A block for every rate and score."""
    return [
        tried({RATE: rate}, trained(score, (losses or {}).get(rate, 0.5)), seed=seed)
        for rate, own in scores.items()
        for seed, score in enumerate(own)
    ]


def tuned(found: list[BlockRecord], tune: dict[str, Any] | None = None) -> Tuning:
    [only] = summarize_tuning(tune or TUNE, found, ["relu"])
    return only


def test_the_highest_mean_score_is_chosen() -> None:
    own = tuned(records({0.1: (0.5, 0.9), 0.001: (0.6, 0.6), 0.01: (0.8, 0.8)}))
    assert own.chosen == {RATE: 0.01}
    assert own.edges == ()
    assert [candidate.score for candidate in own.candidates] == pytest.approx([0.7, 0.6, 0.8])
    assert [candidate.seeds for candidate in own.candidates] == [2, 2, 2]


def test_the_order_of_the_ledger_does_not_matter() -> None:
    found = records({0.1: (0.1, 0.2, 0.3), 0.001: (0.3, 0.1, 0.2), 0.01: (0.2, 0.3, 0.1)})
    tune = {**TUNE, "seeds": 3}
    assert tuned(found, tune) == tuned(found[::-1], tune)
    assert tuned(found, tune).chosen == {RATE: 0.001}


def test_of_equal_scores_the_lower_loss_is_chosen_and_then_the_smaller_value() -> None:
    equal = {0.1: (0.7, 0.7), 0.001: (0.7, 0.7), 0.01: (0.7, 0.7)}
    assert tuned(records(equal, {0.1: 0.2})).chosen == {RATE: 0.1}
    assert tuned(records(equal)).chosen == {RATE: 0.001}


def test_what_is_no_number_is_taken_in_the_order_of_the_config() -> None:
    key = "model.kernel_regularizer"
    values = [{"l1": None, "l2": 0.1}, None]
    found = [tried({key: value}, trained(0.7), seed=seed) for value in values[::-1] for seed in (0, 1)]
    own = tuned(found, {key: values, "seeds": 2})
    assert own.chosen == {key: values[0]}
    assert own.edges == ()


def test_a_training_that_diverged_is_worse_than_any_that_did_not() -> None:
    own = tuned(records({0.1: (0.99, None), 0.001: (0.1, 0.1), 0.01: (None, None)}))
    assert own.chosen == {RATE: 0.001}
    assert [(entry.diverged, entry.score) for entry in own.candidates] == [(1, 0.99), (0, 0.1), (2, None)]


def test_a_score_that_is_not_finite_counts_as_diverged() -> None:
    found = records({0.1: (0.9, 0.9), 0.001: (0.2, 0.2), 0.01: (0.1, 0.1)})
    broken = [record for record in found if record.candidate == {RATE: 0.1}]
    others = [record for record in found if record.candidate != {RATE: 0.1}]
    broken = [tried(record.candidate, trained(0.9, None), seed=record.seed) for record in broken]
    assert tuned([*broken, *others]).chosen == {RATE: 0.001}


def test_where_all_diverge_the_smallest_is_taken_and_it_is_told() -> None:
    own = tuned(records({0.1: (None, None), 0.001: (None, 0.2), 0.01: (None, None)}))
    assert own.hopeless
    assert own.chosen == {RATE: 0.001}


def test_the_score_is_that_of_the_weights_that_early_stopping_puts_back() -> None:
    found = records({0.1: (0.6, 0.6), 0.001: (0.5, 0.5), 0.01: (0.2, 0.2)})
    early = [tried({RATE: 0.1}, trained(0.6, best_epoch=1), seed=seed) for seed in (0, 1)]
    own = tuned([*early, *(record for record in found if record.candidate != {RATE: 0.1})])
    assert own.candidates[0].score == pytest.approx(0.3)
    assert own.chosen == {RATE: 0.001}


def test_each_key_has_its_own_edge() -> None:
    other = "train.optimizer.params.momentum"
    tune = {RATE: [1.0, 2.0], other: [0.1, 0.5, 0.9], "seeds": 1}
    found = [
        tried({RATE: rate, other: momentum}, trained(0.9 if (rate, momentum) == (2.0, 0.5) else 0.1))
        for rate in (1.0, 2.0)
        for momentum in (0.1, 0.5, 0.9)
    ]
    own = tuned(found, tune)
    assert own.chosen == {RATE: 2.0, other: 0.5}
    assert own.edges == (RATE,)


COSINE = {"schedule": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 100}
REGULARIZER = "model.kernel_regularizer.l2"
PARAMS = "train.optimizer.params"


def edges_of(key: str, values: Sequence[Any], chosen: Any, optimizer: str | None = "sgd") -> tuple[str, ...]:
    found = [tried({key: value}, trained(0.9 if value == chosen else 0.1)) for value in values]
    [own] = summarize_tuning({key: list(values), "seeds": 1}, found, ["relu"], optimizer)
    assert own.chosen == {key: chosen}
    return own.edges


@pytest.mark.parametrize(("chosen", "on_edge"), [(0.1, True), (COSINE, False), (0.01, False), (0.001, True)])
def test_beside_schedules_the_edge_is_that_of_the_numbers(chosen: Any, on_edge: bool) -> None:
    assert edges_of(RATE, [0.1, COSINE, 0.001, 0.01], chosen) == ((RATE,) if on_edge else ())


@pytest.mark.parametrize("chosen", ["a", True, None])
def test_what_is_no_number_has_no_edge(chosen: Any) -> None:
    assert edges_of(f"{PARAMS}.any", [0.5, chosen], chosen) == ()


@pytest.mark.parametrize(
    ("key", "values", "chosen", "optimizer", "on_edge"),
    [
        (f"{PARAMS}.momentum", [0.0, 0.5, 0.9], 0.0, "sgd", False),  # from 0 on
        (f"{PARAMS}.momentum", [0.0, 0.5, 0.9], 0.9, "sgd", True),
        (f"{PARAMS}.momentum", [0.1, 0.5, 0.9], 0.1, "rmsprop", True),
        (f"{PARAMS}.momentum", [0, 1], 1, "muon", False),  # to 1
        (f"{PARAMS}.beta_1", [0.0, 0.9], 0.0, "adam", False),
        (f"{PARAMS}.beta_1", [0.1, 1.0], 1.0, "lion", False),
        (f"{PARAMS}.learning_rate_power", [-0.5, 0], 0, "ftrl", False),
        (f"{PARAMS}.ns_steps", [1, 5], 1, "muon", False),
        (f"{PARAMS}.ns_steps", [1, 5], 5, "muon", True),
        (f"{PARAMS}.momentum", [0.0, 0.5], 0.0, None, True),
        (f"{RATE}.alpha", [0.0, 0.1], 0.0, "sgd", False),
        (f"{RATE}.alpha", [0.0, 0.1], 0.1, "sgd", True),
        (f"{RATE}.t_mul", [1.0, 2.0], 1.0, "sgd", False),
        (f"{RATE}.decay_steps", [1, 100], 1, "sgd", False),
        (f"{RATE}.unheard_of", [1, 100], 1, "sgd", True),
        (RATE, [0.1, 1.0], 0.1, "sgd", True),
        (REGULARIZER, [0.1, 1.0], 0.1, "sgd", True),
    ],
)
def test_the_smallest_and_the_largest_that_are_allowed_are_no_edge(
    key: str, values: Sequence[float], chosen: float, optimizer: str | None, on_edge: bool
) -> None:
    assert edges_of(key, values, chosen, optimizer) == ((key,) if on_edge else ())


@pytest.mark.parametrize("written", ["sgd", {"name": "sgd", "params": {"momentum": "tuned"}}])
def test_a_report_knows_the_limits_of_the_setting_s_optimizer(written: Any) -> None:
    key = f"{PARAMS}.momentum"
    run = make_run(("relu", "tanh", "placebo"), seeds=2)
    [setting] = run.info.settings
    train = {**setting.description["train"], "optimizer": written}
    tune = {key: [0.0, 0.9], "seeds": 1}
    changed = setting.model_copy(
        update={"description": {**setting.description, "train": train, "tune": tune}}
    )
    info = run.info.model_copy(update={"settings": (changed,)})
    more = [tried({key: value}, trained(1 - value), trained(value, label="tanh")) for value in tune[key]]
    ids = [record.model_copy(update={"block": f"tune-{place}"}) for place, record in enumerate(more)]
    found = estimate_run(info, [*ids, *run.records]).settings[0].tuning
    assert [(own.chosen, own.edges) for own in found] == [({key: 0.0}, ()), ({key: 0.9}, (key,))]


@pytest.mark.parametrize("name", [name for name in ScheduleConfig.model_fields if name != "schedule"])
def test_every_key_of_a_schedule_says_what_it_may_be(name: str) -> None:
    assert edges_of(f"{RATE}.{name}", [5, 7], 5) == (f"{RATE}.{name}",)


def test_nothing_is_chosen_before_every_candidate_was_tried_with_every_seed() -> None:
    found = records({0.1: (0.5, 0.9), 0.001: (0.6, 0.6), 0.01: (0.8,)})
    assert tuned(found).chosen is None
    assert chosen_values(TUNE, found, ["relu"]) is None
    failed = make_failed_block(seed=1).model_copy(update={"candidate": {RATE: 0.01}})
    assert chosen_values(TUNE, [*found, failed], ["relu"]) is None


def test_activations_choose_for_themselves_alone() -> None:
    alone = records({0.1: (0.5, 0.9), 0.001: (0.6, 0.6), 0.01: (0.8, 0.8)})
    beside = [
        record.model_copy(update={"cells": (*record.cells, trained(record.candidate[RATE], label="tanh"))})
        for record in alone
    ]
    assert chosen_values(TUNE, beside, ["relu", "tanh"]) == {"relu": {RATE: 0.01}, "tanh": {RATE: 0.1}}
    assert summarize_tuning(TUNE, beside, ["relu"]) == summarize_tuning(TUNE, alone, ["relu"])


def test_what_final_trainings_have_stays_chosen() -> None:
    found = records({0.1: (0.5, 0.9), 0.001: (0.6, 0.6), 0.01: (0.8, 0.8)})
    final = make_block([trained(0.9).model_copy(update={"tuned": {RATE: 0.1}})])
    assert tuned([*found, final]).chosen == {RATE: 0.1}


def test_tuning_blocks_are_in_no_other_figure() -> None:
    run = make_run(("relu", "tanh", "placebo"), seeds=3)
    [setting] = run.info.settings
    description = {**setting.description, "tune": TUNE}
    described = setting.model_copy(update={"description": description})
    more = [
        tried({RATE: rate}, trained(0.9), trained(0.9, label="tanh"), seed=seed)
        for rate in TUNE[RATE]
        for seed in (11, 12)
    ]
    ids = tuple(f"tune-{number}" for number in range(len(more)))
    more = [record.model_copy(update={"block": name}) for record, name in zip(more, ids, strict=True)]
    info = run.info.model_copy(
        update={"settings": (described,), "blocks": (*ids, *run.info.blocks), "tuning_blocks": ids}
    )
    without = estimate_run(run.info, run.records)
    within = estimate_run(info, [*more, *run.records])
    assert within.settings[0].rows == without.settings[0].rows
    assert within.settings[0].placebo == without.settings[0].placebo
    assert within.finished == without.finished == len(info.final_blocks) == 3
    assert [own.activation for own in within.settings[0].tuning] == ["relu", "tanh"]
