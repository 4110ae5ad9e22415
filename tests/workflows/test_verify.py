import json
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actbench.environment import describe_environment
from actbench.errors import ConfigError, DataError, NothingMeasuredError, StoreError
from actbench.execution.protocol import Finished
from actbench.plan.models import Plan
from actbench.records.block import pack
from actbench.workflows.verify import RecordedCell, choose_cells, verify_run
from tests import blocks as plans
from tests.factories import make_failed_block
from tests.fake_worker import record_of
from tests.verify_runs import DIVERGED, having, measure, store


def rewrite_info(path, change):
    info = json.loads((path / "run.json").read_text())
    change(info)
    (path / "run.json").write_text(json.dumps(info))


def test_a_run_that_gives_the_same_numbers_is_identical(tmp_path):
    found = verify_run(store(tmp_path), execute=measure())
    assert [check.result for check in found.checks] == ["identical"] * 3
    assert found.result == "identical"
    assert found.conclusion == (
        "The run is reproduced here bit by bit: 3 of 3 trainings gave identical numbers; nothing that is "
        "recorded about the environment has changed since."
    )


@pytest.mark.parametrize(
    ("accuracy", "result"),
    [(0.494, "different"), (0.495, "within tolerance"), (0.505, "within tolerance"), (0.506, "different")],
)
def test_accuracies_are_held_against_the_tolerance(tmp_path, accuracy, result):
    path = store(tmp_path, having(test_score=0.5))
    found = verify_run(path, tolerance=0.005, execute=measure(having(test_score=accuracy)))
    assert {check.result for check in found.checks} == {result} == {found.result}
    assert {(check.recorded, check.again) for check in found.checks} == {(0.5, accuracy)}


@pytest.mark.parametrize(
    "quantity",
    [
        "train_loss",
        "train_score",
        "validation_loss",
        "validation_score",
        "test_loss",
        "test_score",
    ],
)
def test_the_last_bit_of_every_quantity_counts(tmp_path, quantity):
    def nudge(cell, seed):
        value = getattr(cell, quantity)
        nudged = (math.nextafter(value[0], 1.0),) if isinstance(value, tuple) else math.nextafter(value, 1.0)
        return cell.model_copy(update={quantity: nudged}) if seed == 1 else cell

    found = verify_run(store(tmp_path), 9, execute=measure(nudge))
    published = quantity.replace("score", "accuracy")
    assert [check.differing for check in found.checks if check.seed == 1] == [(published,)] * 3
    assert (found.count("identical"), found.count("within tolerance")) == (6, 3)
    assert "not bit by bit: 6 of 9 trainings" in found.conclusion


def test_which_examples_were_right_counts_where_it_was_recorded(tmp_path):
    recorded = store(tmp_path / "with", having(test_correct=pack(np.arange(100) < 50)))
    older = store(tmp_path / "without")
    again = measure(having(test_correct=pack(np.arange(100) >= 50)))
    assert verify_run(recorded, execute=again).checks[0].differing == ("test_correct",)
    assert verify_run(older, execute=again).result == "identical"


def test_the_metrics_that_were_recorded_count(tmp_path):
    recorded = store(tmp_path / "with", having(test_metrics={"accuracy": 0.5, "top5_accuracy": 0.9}))
    older = store(tmp_path / "fewer", having(test_metrics={"accuracy": 0.5}))
    again = measure(having(test_metrics={"accuracy": 0.5, "top5_accuracy": math.nextafter(0.9, 1.0)}))
    assert verify_run(recorded, execute=again).checks[0].differing == ("test_metrics",)
    assert verify_run(older, execute=again).result == "identical"
    lost = verify_run(recorded, execute=measure(having(test_metrics={"accuracy": 0.5})))
    assert lost.result == "within tolerance"


def test_what_diverged_has_to_diverge_again(tmp_path):
    fine, diverged = store(tmp_path / "fine"), store(tmp_path / "diverged", DIVERGED)
    assert verify_run(diverged, execute=measure(DIVERGED)).result == "identical"
    assert verify_run(diverged, execute=measure()).result == "different"
    assert verify_run(fine, execute=measure(DIVERGED)).result == "different"
    elsewhere = measure(lambda cell, seed: DIVERGED(having(validation_loss=())(cell, seed), seed))
    assert verify_run(diverged, execute=elsewhere).result == "within tolerance"


def test_one_different_cell_decides(tmp_path):
    def off(cell, seed):
        wrong = (cell.activation, seed) == ("tanh", 2)
        return cell.model_copy(update={"test_score": 0.1}) if wrong else cell

    found = verify_run(store(tmp_path), 9, execute=measure(off))
    assert [(check.activation, check.seed) for check in found.checks if check.result == "different"] == [
        ("tanh", 2)
    ]
    assert found.result == "different"
    assert found.conclusion.startswith(
        "The run is not reproduced here: 1 of 9 trainings did not come within 0.5 percentage points"
    )


def test_each_block_runs_once_with_the_chosen_cells_and_nothing_after_the_training(tmp_path):
    ran, told = [], []
    found = verify_run(store(tmp_path), 5, execute=measure(ran=ran), listen=told.append)
    trained = [(block.seed, cell.label) for block in ran for cell in block.cells]
    assert trained == [(check.seed, check.activation) for check in found.checks]
    assert len(trained) == 5
    assert [block.seed for block in ran] == sorted({block.seed for block in ran})
    first = ran[0]
    assert (first.inference_batch_sizes, first.target_ci, first.probe_epochs) == ((), None, ())
    assert first.setting.timing.slices_per_epoch == 2
    assert isinstance(told[0], Plan)
    assert told[0].blocks == tuple(ran)
    assert [type(event) for event in told[1:]] == [Finished] * len(ran)


def test_more_cells_than_there_are_means_all(tmp_path):
    assert len(verify_run(store(tmp_path, measured=2), 1000, execute=measure()).checks) == 6


@pytest.mark.parametrize(
    ("cells", "tolerance", "message"),
    [
        (0, 0.1, "^cells: 0 cells .* 1 or more"),
        (-3, 0.1, "^cells: .* 1 or more"),
        (1, float("nan"), "^tolerance: .* 0 to 1"),
        (1, -0.1, "^tolerance: .* 0 to 1"),
        (1, 1.1, "^tolerance: .* 0 to 1"),
    ],
)
def test_arguments_out_of_range(tmp_path, cells, tolerance, message):
    with pytest.raises(ConfigError, match=message):
        verify_run(store(tmp_path), cells, tolerance=tolerance, execute=measure())


def test_what_has_changed_in_the_environment_is_named(tmp_path):
    here = describe_environment()
    now = here.model_copy(update={"packages": here.packages | {"numpy": "9.9"}, "cores": 99})
    found = verify_run(store(tmp_path), execute=measure(environment=now))
    assert found.changes == (("cores", str(here.cores), "99"), ("numpy", here.packages["numpy"], "9.9"))
    assert found.conclusion.endswith("; changed since: cores, numpy.")


def test_the_run_folder_is_only_read(tmp_path):
    path = store(tmp_path)
    before = {file.name: file.read_bytes() for file in path.iterdir()}
    verify_run(path, execute=measure())
    assert {file.name: file.read_bytes() for file in path.iterdir()} == before


def test_a_run_without_a_measured_block_cannot_be_verified(tmp_path):
    with pytest.raises(NothingMeasuredError, match="nothing to verify"):
        verify_run(store(tmp_path, measured=0), execute=measure())


def failing(*seeds):
    def execute(blocks):
        for block in blocks:
            failed = make_failed_block(seed=block.seed).model_copy(update={"block": block.id})
            yield Finished(record=failed if block.seed in seeds else record_of(block))

    return execute


def test_blocks_that_cannot_be_measured_again_are_told(tmp_path):
    found = verify_run(store(tmp_path), 9, execute=failing(1))
    assert (found.count("failed"), found.count("identical"), found.result) == (3, 6, "identical")
    assert [record.seed for record in found.failed] == [1]
    with pytest.raises(NothingMeasuredError, match=r"signal 9"):
        verify_run(store(tmp_path), 9, execute=failing(0, 1, 2))


@pytest.mark.parametrize(("key", "what"), [("sha256", "its file"), ("split_sha256", "choice of its rows")])
def test_other_data_is_refused(tmp_path, key, what):
    path = store(tmp_path)
    rewrite_info(path, lambda info: next(iter(info["dataset"].values())).update({key: "0" * 64}))
    told = rf"{what} has the hash .* recorded is 0000.*; verify with the actbench that made the run, version "
    with pytest.raises(DataError, match=told):
        verify_run(path, execute=measure())


def test_an_own_file_that_has_changed_since_is_to_be_restored(tmp_path):
    path, data = store(tmp_path), tmp_path / "data.csv"
    data.write_text("which may be no table any more")
    own = {"path": str(data), "target": "y", "test": 0.2}
    rewrite_info(path, lambda info: info["config"].update(dataset=own))
    with pytest.raises(DataError, match=rf"its file has the hash .*; restore what was in {data} then$"):
        verify_run(path, execute=measure())


def test_a_config_that_cannot_be_run_today_is_refused(tmp_path):
    path = store(tmp_path)
    rewrite_info(path, lambda info: info["config"].update(wavelets=3))
    with pytest.raises(StoreError, match="cannot run its config: wavelets: unknown key"):
        verify_run(path, execute=measure())


@pytest.mark.parametrize("changes", [{"seeds": [0, 1]}, {"seeds": [0, 1, 5]}, {"activations": ["relu"]}])
def test_a_config_that_makes_another_plan_is_refused(tmp_path, changes):
    path = store(tmp_path)
    rewrite_info(path, lambda info: info["config"].update(changes))
    with pytest.raises(StoreError, match="makes another plan today"):
        verify_run(path, execute=measure())


def test_a_run_of_the_first_schema_can_be_verified(tmp_path):
    path = store(tmp_path)

    def as_schema_1(info):
        info["schema_version"] = 1
        del (
            info["config"]["verdict"],
            info["config"]["timing"]["target_ci"],
            info["config"]["timing"]["budget_s"],
        )
        del info["environment"]["build"]

    rewrite_info(path, as_schema_1)
    ledger = path / "ledger.jsonl"
    blocks = [json.loads(line) for line in ledger.read_text().splitlines()]
    for block in blocks:
        block["schema_version"] = 1
        del block["extra_slice_steps"], block["environment"]["build"]
        for cell in block["cells"]:
            del cell["test_correct"], cell["extra_slice_s"]
    ledger.write_text("".join(f"{json.dumps(block)}\n" for block in blocks))
    found = verify_run(path, 4, execute=measure(having(test_score=0.1)))
    assert [check.result for check in found.checks] == ["different"] * 4


def grid(seeds, activations):
    labels = [plans.cell(f"a{index}", "relu") for index in range(activations)]
    found = []
    for seed in range(seeds):
        planned = plans.block(*labels, seed=seed)
        record = record_of(planned)
        found += [
            RecordedCell(record, measured, planned, plan)
            for measured, plan in zip(record.cells, labels, strict=True)
        ]
    return found


def names(chosen):
    return [(entry.record.seed, entry.cell.label) for entry in chosen]


SIZES = st.integers(1, 6)


@given(SIZES, SIZES, st.integers(1, 40))
def test_as_many_as_wanted_in_the_order_of_the_plan_each_once(seeds, activations, wanted):
    recorded = grid(seeds, activations)
    chosen = names(choose_cells(recorded, wanted))
    assert len(chosen) == min(wanted, seeds * activations)
    assert chosen == [name for name in names(recorded) if name in chosen]
    assert chosen == names(choose_cells(recorded, wanted))


@given(SIZES, SIZES, st.integers(1, 40))
def test_no_activation_is_chosen_much_more_often_than_another(seeds, activations, wanted):
    uses = Counter(label for _, label in names(choose_cells(grid(seeds, activations), wanted)))
    counts = [uses[f"a{index}"] for index in range(activations)]
    assert max(counts) - min(counts) <= 1


@given(SIZES, SIZES)
def test_few_cells_have_all_different_seeds_and_activations(seeds, activations):
    wanted = min(seeds, activations)
    chosen = names(choose_cells(grid(seeds, activations), wanted))
    assert len({seed for seed, _ in chosen}) == len({label for _, label in chosen}) == wanted
