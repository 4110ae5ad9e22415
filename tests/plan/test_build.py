import hashlib
import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actbench.config.schema.bench import BenchConfig
from actbench.plan.build import make_plan
from actbench.plan.cell import CellPlan
from actbench.plan.models import Block, Plan, describe_setting, slice_steps, steps_per_epoch, training_flops
from tests.config.configs import fine_data


def plan(**changes):
    return make_plan(BenchConfig.model_validate(fine_data(**changes)))


def test_a_plan_has_a_block_for_every_seed_with_all_cells():
    made = plan(seeds=[5, 2])
    (setting,) = made.settings
    assert [block.id for block in made.blocks] == [f"{setting.id}-5", f"{setting.id}-2"]
    assert [block.seed for block in made.blocks] == [5, 2]
    assert all(block.setting == setting for block in made.blocks)
    assert made.blocks[0].cells == (
        CellPlan(label="relu", name="relu", params={}),
        CellPlan(label="leaky", name="leaky_relu", params={"negative_slope": 0.1}),
        CellPlan(label="swish", name="silu", params={}),
        CellPlan(label="placebo", name="relu", params={}),
    )
    assert (made.name, made.baseline, made.placebo, made.trainings) == ("example", "relu", "placebo", 8)


def test_every_block_knows_its_baseline_and_its_share_of_the_budget():
    made = plan(seeds=4, baseline="leaky", timing={"target_ci": 0.01, "budget_s": 60})
    assert {(block.baseline, block.seeds, block.extra_budget_s) for block in made.blocks} == {
        ("leaky", 4, 15.0)
    }
    assert {block.extra_budget_s for block in plan().blocks} == {0.0}


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_a_tuning_block_reaches_the_worker_as_it_was_planned(engine):
    made = plan(
        tune={"train.learning_rate": [0.1, 0.2]},
        timing={"engine": engine, "inference_rounds": 7},
        probes={"examples": 50},
    )
    for block in made.blocks:
        assert Block.model_validate_json(block.model_dump_json()) == block
    assert made.tuning[0].probe_epochs == ()
    assert all(block.setting == made.settings[0] for block in made.blocks)


def test_the_placebo_copies_the_baseline_with_its_parameters():
    cells = plan(baseline="leaky").blocks[0].cells
    assert cells[-1] == CellPlan(label="placebo", name="leaky_relu", params={"negative_slope": 0.1})


def test_without_a_placebo_there_is_none():
    made = plan(placebo=False)
    assert made.placebo is None
    assert [cell.label for cell in made.blocks[0].cells] == ["relu", "leaky", "swish"]


def test_ids_are_hexadecimal_and_the_same_in_every_process():
    made = plan()
    assert len(made.run_id) == 12
    assert len(made.settings[0].id) == 8
    assert int(made.run_id, 16) + int(made.settings[0].id, 16) > 0
    code = (
        "from tests.plan.test_build import plan\n"
        "made = plan()\n"
        "import sys; sys.stdout.write(f'{made.run_id} {made.settings[0].id}')"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout == f"{made.run_id} {made.settings[0].id}"


def test_ids_are_those_of_what_differs_from_the_defaults():
    """Runs are found by their ids, so a key with a default that is added later must not change them."""

    def digest(content):
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    made = plan(activations=["relu"], seeds=[4], timing={"engine": "compiled", "inference_rounds": 50})
    setting = digest(
        {
            "dataset": {"name": "mnist", "validation": 5000},
            "model": {"hidden_units": [128, 64]},
            "train": {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 128, "epochs": 5},
            "timing": {},
        }
    )[:8]
    assert made.settings[0].id == setting
    cells = [{"label": "relu", "name": "relu"}, {"label": "placebo", "name": "relu"}]
    run = {"blocks": [f"{setting}-4"], "cells": {setting: cells}, "baseline": "relu"}
    assert made.run_id == digest(run)[:12]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "another"},
        {"seeds": [0, 1, 2]},
        {"placebo": True},
        {"verdict": {"margin": 0.01, "target_accuracy": 0.98}},
        {"timing": {"engine": "compiled", "slices_per_epoch": 4}},
        {"model": {"hidden_units": [128, 64], "init": {"name": "keras", "params": {}}}},
        {"dataset": {"validation": 5000, "name": "mnist", "train_samples": None}},
        {"train": {"epochs": 5, "batch_size": 128, "learning_rate": 0.001, "optimizer": "adam"}},
        {
            "activations": [
                {"name": "relu", "label": "relu"},
                {"name": "leaky_relu", "params": {"negative_slope": 0.1}, "label": "leaky"},
                {"name": "silu", "label": "swish"},
            ]
        },
    ],
)
def test_what_does_not_move_the_numbers_does_not_move_the_run_id(changes):
    assert plan(**changes).run_id == plan().run_id


@pytest.mark.parametrize(
    "changes",
    [
        {"seeds": 4},
        {"seeds": [0, 1, 3]},
        {"placebo": False},
        {"baseline": "leaky"},
        {"timing": {"engine": "keras"}},
        {"timing": {"inference_rounds": 51}},
        {"timing": {"target_ci": 0.01}},
        {"dataset": {"name": "mnist", "validation": 5001}},
        {"model": {"hidden_units": [64, 128]}},
        {"train": fine_data()["train"] | {"learning_rate": 0.002}},
        {"activations": ["relu", "swish"]},
        {"activations": ["relu", {"name": "leaky_relu", "label": "leaky"}, "swish"]},
    ],
)
def test_what_moves_the_numbers_moves_the_run_id(changes):
    assert plan(**changes).run_id != plan().run_id


def test_the_setting_id_depends_on_the_setting_alone():
    same = plan(activations=["relu"], seeds=1, placebo=False).settings[0].id
    assert same == plan().settings[0].id
    assert plan(model={"hidden_units": [128]}).settings[0].id != same


def test_a_sweep_makes_settings_with_blocks_that_follow_each_other():
    made = plan(seeds=2, sweep={"train.epochs": [1, 2], "model.init": ["keras", "recommended"]})
    assert [setting.name for setting in made.settings] == [
        "epochs 1, init keras",
        "epochs 1, init recommended",
        "epochs 2, init keras",
        "epochs 2, init recommended",
    ]
    assert [block.setting for block in made.blocks] == [x for x in made.settings for _ in range(2)]
    assert len({setting.id for setting in made.settings}) == 4
    assert made.blocks[2].title == "epochs 1, init recommended, seed 0"
    inits = [made.cells(setting)[0].init for setting in made.settings]
    assert inits == ["keras", "he_normal", "keras", "he_normal"]


def test_a_setting_has_the_same_id_whatever_it_was_swept_with():
    alone = plan(train=fine_data()["train"] | {"epochs": 2})
    swept = plan(sweep={"train.epochs": [1, 2]})
    assert swept.settings[1].id == alone.settings[0].id
    assert swept.run_id != alone.run_id
    assert plan(sweep={"train.epochs": [2]}).run_id == alone.run_id


def test_the_budget_is_shared_by_the_blocks_that_have_a_target():
    made = plan(seeds=2, sweep={"timing": [{}, {"target_ci": 0.01}, {"target_ci": 0.02, "budget_s": 60}]})
    assert [block.extra_budget_s for block in made.blocks] == [0, 0, 30, 30, 15, 15]


def test_plans_and_blocks_travel_as_json():
    made = plan(activations=["relu", {"name": "gelu", "params": {"approximate": True}}])
    assert Plan.model_validate_json(made.model_dump_json()) == made
    assert Block.model_validate_json(made.blocks[0].model_dump_json()) == made.blocks[0]
    params = json.loads(made.blocks[0].model_dump_json())["cells"][1]["params"]
    assert params == {"approximate": True}


@pytest.mark.parametrize(
    ("examples", "steps"), [(1, 1), (127, 1), (128, 1), (129, 2), (256, 2), (55_000, 430), (6000, 47)]
)
def test_steps_per_epoch_count_the_short_batch(examples, steps):
    assert steps_per_epoch(plan().settings[0], examples) == steps


@pytest.mark.parametrize(
    ("steps", "slices", "expected"),
    [(430, 4, (107, 108, 107, 108)), (8, 4, (2, 2, 2, 2)), (3, 4, (1, 1, 1)), (1, 1, (1,)), (5, 1, (5,))],
)
def test_slices(steps, slices, expected):
    assert slice_steps(steps, slices) == expected


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_slices_cover_the_epoch_evenly_and_none_is_empty(steps, slices):
    made = slice_steps(steps, slices)
    assert sum(made) == steps
    assert len(made) == min(steps, slices)
    assert min(made) >= 1
    assert max(made) - min(made) <= 1


def test_training_flops_are_six_for_each_weight_example_and_epoch():
    weights = 784 * 128 + 128 * 64 + 64 * 10
    assert (
        training_flops(plan().settings[0], features=784, outputs=10, train_size=100) == 6 * weights * 100 * 5
    )


TUNE = {"train.learning_rate": [1e-3, 1e-2, 1e-1], "seeds": 2}


def test_tuning_blocks_come_first_with_seeds_of_their_own_and_without_a_placebo():
    made = plan(tune=TUNE, seeds=4)
    assert made.blocks == (*made.tuning, *made.final)
    assert (len(made.tuning), len(made.final)) == (6, 4)
    assert {len(block.cells) for block in made.tuning} == {3}
    assert made.labels == ("relu", "leaky", "swish", "placebo")
    assert [block.candidate["train.learning_rate"] for block in made.tuning] == [
        1e-3, 1e-3, 1e-2, 1e-2, 1e-1, 1e-1,
    ]  # fmt: skip
    assert {block.seed for block in made.tuning}.isdisjoint(block.seed for block in made.final)
    assert len({block.seed for block in made.tuning}) == 2
    assert made.trainings == 6 * 3 + 4 * 4


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 12), st.sets(st.integers(0, 5), max_size=6))
def test_tuning_seeds_are_never_final_seeds(count, indices):
    drawn = [block.seed for block in plan(tune={**TUNE, "seeds": 6}).tuning[:6]]
    taken = sorted({drawn[index] for index in indices} | {7})
    seeds = [block.seed for block in plan(tune={**TUNE, "seeds": count}, seeds=taken).tuning][:count]
    assert len(set(seeds)) == count
    assert not set(seeds) & set(taken)
    free = [seed for seed in drawn if seed not in taken]
    assert seeds[: len(free)] == free[:count]  # a taken seed moves no other


def test_what_is_tuned_has_a_say_in_the_ids_and_what_stands_in_its_place_has_none():
    tuned = plan(tune=TUNE)
    assert tuned.run_id != plan().run_id
    assert tuned.run_id != plan(tune={**TUNE, "seeds": 3}).run_id
    train = {"optimizer": "adam", "learning_rate": 0.5, "batch_size": 128, "epochs": 5}
    assert plan(tune=TUNE, train=train).run_id == tuned.run_id
    assert describe_setting(tuned.settings[0])["train"]["learning_rate"] == "tuned"


def test_final_blocks_take_what_was_chosen_and_the_placebo_what_the_baseline_has():
    block = plan(tune=TUNE).final[0]
    rates = {"relu": 0.1, "leaky": 0.2, "swish": 0.3}
    given_values = block.with_chosen({label: {"train.learning_rate": rate} for label, rate in rates.items()})
    assert given_values.id == block.id
    assert [cell.tuned["train.learning_rate"] for cell in given_values.cells] == [0.1, 0.2, 0.3, 0.1]
    settings = [block.setting.for_cell(cell) for cell in given_values.cells]
    assert [setting.train.learning_rate for setting in settings] == [0.1, 0.2, 0.3, 0.1]
    assert {setting.train.batch_size for setting in settings} == {128}


def test_a_cell_may_have_parameters_of_the_optimizer_and_a_regularizer_of_its_own():
    [setting] = plan().settings
    values = {"train.optimizer.params.beta_1": 0.5, "model.kernel_regularizer": {"l2": 0.1}}
    own = setting.for_cell(CellPlan(label="relu", name="relu", tuned=values))
    assert own.train.optimizer.params == {"beta_1": 0.5}
    assert own.model.kernel_regularizer is not None
    assert own.model.kernel_regularizer.l2 == 0.1
    assert (own.train.learning_rate, own.id) == (setting.train.learning_rate, setting.id)
