import json
import sys
from functools import partial

import pytest

from actbench.errors import NothingMeasuredError, StoreError
from actbench.execution.local import run_blocks
from actbench.execution.protocol import Beginning, Finished, Started
from actbench.records.base import SCHEMA_VERSION
from actbench.store.find import list_runs
from actbench.store.reading import open_run
from actbench.workflows.micro import run_micro
from tests.micro_runs import measured, micro_plan, micro_record


def run(tmp_path, plan=None, execute=measured, **options):
    return run_micro(plan or micro_plan("relu", "swiglu"), tmp_path / "results", execute=execute, **options)


def test_a_run_leaves_config_plan_ledger_and_table(tmp_path):
    outcome = run(tmp_path)
    assert outcome.path == tmp_path / "results" / "micro" / micro_plan("relu", "swiglu").run_id
    names = {path.name for path in outcome.path.iterdir()}
    assert names == {"config.yaml", "run.json", "ledger.jsonl", "micro.csv", "lock"}
    info = json.loads((outcome.path / "run.json").read_text())
    assert info["schema_version"] == SCHEMA_VERSION
    assert (info["kind"], info["baseline"], info["placebo"]) == ("micro", "copy", "placebo")
    assert info["activations"] == ["copy", "relu", "swiglu", "placebo"]
    assert info["config"]["activations"][1] == {"label": "swiglu", "name": "swiglu", "match": "params"}
    assert info["config"]["micro"][0] == {
        "elements": 1000,
        "dtype": "float32",
        "compiled": True,
        "direction": "forward",
        "rounds": 8,
    }
    assert json.loads((outcome.path / "config.yaml").read_text()) == info["config"]
    assert len((outcome.path / "ledger.jsonl").read_text().splitlines()) == 4
    assert len((outcome.path / "micro.csv").read_text().splitlines()) == 1 + 4 * 4


def test_a_finished_run_is_read_again_and_not_measured_again(tmp_path):
    first = run(tmp_path)
    again = run(tmp_path, execute=lambda blocks: measured(1 / 0 for _ in blocks))
    assert again.records == first.records == open_run(first.path).records


def test_an_interrupted_run_goes_on_where_it_was(tmp_path):
    def interrupted(blocks):
        for position, block in enumerate(blocks):
            yield Started(block.id)
            if position == 2:
                raise KeyboardInterrupt
            yield Finished(record=micro_record(block))

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, execute=interrupted)
    begun = []
    outcome = run(
        tmp_path, listen=lambda event: begun.append(event) if isinstance(event, Beginning) else None
    )
    assert [block.id for block in begun[0].pending] == [block.id for block in begun[0].plan.blocks[2:]]
    assert [record.status for record in outcome.records] == ["ok"] * 4


def test_fresh_measures_everything_again_and_deletes_nothing(tmp_path):
    path = run(tmp_path).path
    run(tmp_path, fresh=True)
    assert len((path / "ledger.old-1.jsonl").read_text().splitlines()) == 4


def test_other_rounds_or_activations_are_another_run(tmp_path):
    paths = {
        run(tmp_path, plan).path
        for plan in (micro_plan("relu"), micro_plan("relu", rounds=9), micro_plan("tanh"))
    }
    assert len(paths) == 3


def failing(*positions):
    def execute(blocks):
        for position, block in enumerate(blocks):
            failed = {"status": "failed", "error": "killed\nby 9", "micro": (), "environment": None}
            yield Finished(record=micro_record(block, **(failed if position in positions else {})))

    return execute


def test_a_failed_block_is_recorded_and_tried_again_next_time(tmp_path):
    outcome = run(tmp_path, execute=failing(1))
    assert [record.reason for record in outcome.failed] == ["killed"]
    assert run(tmp_path).failed == ()


def test_a_run_in_which_nothing_could_be_measured_says_why(tmp_path):
    with pytest.raises(NothingMeasuredError, match="killed"):
        run(tmp_path, execute=failing(0, 1, 2, 3))


def test_a_worker_that_dies_twice_leaves_a_failed_block(tmp_path):
    dying = 'import sys; print(\'{"kind": "ready"}\', flush=True); sys.stdin.readline(); sys.exit(3)'
    execute = partial(run_blocks, command=(sys.executable, "-c", dying))
    with pytest.raises(NothingMeasuredError, match="exit code 3"):
        run(tmp_path, micro_plan("relu", sizes=(1000,)), execute=execute)
    [listed] = list_runs(tmp_path / "results")
    assert (listed.finished, listed.planned, listed.note) == (0, 2, "failed blocks: 2")


def test_runs_of_both_kinds_are_listed(tmp_path):
    run(tmp_path)
    [listed] = list_runs(tmp_path / "results")
    assert (listed.name, listed.kind, listed.finished, listed.planned, listed.note) == (
        "micro", "micro", 4, 4, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"micro": ()}, "it has not timed what the plan names, copy, relu, placebo"),
        ({"environment": None}, "it does not say where it was measured"),
        ({"short": True}, "it has not timed all activations equally often"),
        ({"zero": True}, "a call took no time"),
    ],
)
def test_a_damaged_block_is_told(tmp_path, changes, problem):
    plan = micro_plan("relu", sizes=(1000,))

    def damaged(blocks):
        for block in blocks:
            record = micro_record(block, **{k: v for k, v in changes.items() if k not in ("short", "zero")})
            if "short" in changes or "zero" in changes:
                *others, last = record.micro
                times = last.call_s[:-1] if "short" in changes else (0.0, *last.call_s[1:])
                spoilt = last.model_copy(update={"call_s": times})
                record = record.model_copy(update={"micro": (*others, spoilt)})
            yield Finished(record=record)

    with pytest.raises(StoreError, match=f"1000-float32-compiled-forward is damaged: {problem}"):
        run(tmp_path, plan, execute=damaged)
