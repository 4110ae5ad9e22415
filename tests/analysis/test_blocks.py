import pytest

from actbench.analysis.blocks import (
    common_environment,
    failed_blocks,
    finished_blocks,
    machine_differences,
    require_cells,
    verdict_config,
)
from actbench.analysis.comparison.runs import compare_runs
from actbench.analysis.run import estimate_run
from actbench.config.schema.measurement import VerdictConfig
from actbench.errors import EnvironmentMismatchError, NothingMeasuredError, StoreError
from actbench.records.run import RunInfo
from tests.analysis.comparison.two_runs import small_run
from tests.factories import make_block, make_cell, make_environment, make_failed_block, make_info


def test_blocks_are_ordered_by_setting_and_seed() -> None:
    records = [
        make_block([make_cell()], seed=10),
        make_block([make_cell()], seed=9, setting="22222222"),
        make_failed_block(seed=3),
        make_block([make_cell()], seed=9),
        make_failed_block(seed=2),
    ]
    assert [block.block for block in finished_blocks(records)] == ["11111111-9", "11111111-10", "22222222-9"]
    assert [block.block for block in failed_blocks(records)] == ["11111111-2", "11111111-3"]


def test_nothing_finished() -> None:
    with pytest.raises(NothingMeasuredError, match="none of its 3 blocks is finished"):
        require_cells(make_info(), finished_blocks([make_failed_block()]))


def test_everything_diverged() -> None:
    blocks = [make_block([make_cell(accuracy=None)])]
    with pytest.raises(NothingMeasuredError, match="every training of its 1 finished blocks diverged"):
        require_cells(make_info(), blocks)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cpu": "Other CPU"}, "cpu 'Example CPU @ 2.50GHz' and 'Other CPU'"),
        ({"cores": 4}, "cores 2 and 4"),
        ({"device": "Example GPU"}, "device 'CPU' and 'Example GPU'"),
        ({"intra_op_threads": 1}, "intra_op_threads 2 and 1"),
        ({"inter_op_threads": 1}, "inter_op_threads 2 and 1"),
        ({"build": {"processor": "family 25"}}, "processor 'family 6' and 'family 25'"),
        ({"packages": {"tensorflow": "2.20.0"}}, "tensorflow '2.21.0' and '2.20.0'"),
    ],
)
def test_times_of_different_machines_are_not_pooled(change: dict[str, object], words: str) -> None:
    blocks = [
        make_block([make_cell()], seed=0, environment=make_environment(build={"processor": "family 6"})),
        make_block([make_cell()], seed=1, environment=make_environment(**change)),
    ]
    with pytest.raises(EnvironmentMismatchError) as caught:
        common_environment(blocks)
    assert "blocks 11111111-0 and 11111111-1" in str(caught.value)
    assert words in str(caught.value)


def test_what_moves_no_time_may_differ() -> None:
    first = make_environment()
    packages = {**first.packages, "numpy": "2.0.0"}
    blocks = [
        make_block([make_cell()], seed=0, environment=first),
        make_block([make_cell()], seed=1, environment=make_environment(memory_bytes=1, packages=packages)),
    ]
    assert common_environment(blocks) == first


def test_what_an_older_record_does_not_tell_is_no_difference() -> None:
    older, newer = make_environment(), make_environment(build={"processor": "family 6"})
    assert machine_differences(older, newer) == machine_differences(newer, older) == []


def test_other_software_is_the_same_machine() -> None:
    other = make_environment(packages={"tensorflow": "2.20.0"}, python="3.13.0", memory_bytes=1)
    assert machine_differences(make_environment(), other) == []


def edited(info: RunInfo, verdict: object) -> RunInfo:
    return info.model_copy(update={"config": info.config | {"verdict": verdict}})


def test_the_run_is_judged_by_its_own_config() -> None:
    assert verdict_config(edited(make_info(), {"margin": 0.02})) == VerdictConfig(margin=0.02)


def test_a_run_from_before_verdicts_is_judged_by_the_defaults() -> None:
    info = make_info()
    config = {key: value for key, value in info.config.items() if key != "verdict"}
    assert verdict_config(info.model_copy(update={"config": config})) == VerdictConfig()


def test_all_that_is_wrong_is_told_with_what_is_allowed() -> None:
    with pytest.raises(StoreError) as caught:
        verdict_config(edited(make_info(), {"margin": -1, "alpah": 0.05}))
    where = f"run.json of {make_info().run_id}: config.verdict"
    unknown, negative = str(caught.value).splitlines()
    assert unknown.startswith(f"{where}.alpah: unknown key; allowed: margin, ")
    assert unknown.endswith("did you mean 'alpha'?")
    assert negative == f"{where}.margin: -1 is not above 0; allowed: a number above 0 and below 1"


def test_what_is_no_mapping_is_told_likewise() -> None:
    with pytest.raises(StoreError, match=r"config\.verdict: null is not a mapping; allowed: a mapping"):
        verdict_config(edited(make_info(), None))


def test_report_and_compare_refuse_an_edited_run() -> None:
    run = small_run()
    info = edited(run.info, {"alpha": 2})
    with pytest.raises(StoreError, match=r"config\.verdict\.alpha"):
        estimate_run(info, run.records)
    with pytest.raises(StoreError, match=r"config\.verdict\.alpha"):
        compare_runs(run.info, run.records, info, run.records)
