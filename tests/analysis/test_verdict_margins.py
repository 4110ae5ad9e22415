import pytest

from actbench.analysis.cells import verdict_of
from actbench.analysis.comparison.runs import compare_runs
from actbench.analysis.run import estimate
from actbench.config.schema.measurement import VerdictConfig
from actbench.errors import StoreError
from actbench.records.run import RunInfo
from tests.analysis.comparison.two_runs import small_run
from tests.factories import make_info


def edited(info: RunInfo, verdict: object) -> RunInfo:
    return info.model_copy(update={"config": info.config | {"verdict": verdict}})


def test_the_run_is_judged_by_its_own_config() -> None:
    assert verdict_of(edited(make_info(), {"margin": 0.02})) == VerdictConfig(margin=0.02)


def test_a_run_from_before_verdicts_is_judged_by_the_defaults() -> None:
    info = make_info()
    config = {key: value for key, value in info.config.items() if key != "verdict"}
    assert verdict_of(info.model_copy(update={"config": config})) == VerdictConfig()


def test_all_that_is_wrong_is_told_with_what_is_allowed() -> None:
    with pytest.raises(StoreError) as caught:
        verdict_of(edited(make_info(), {"margin": -1, "alpah": 0.05}))
    where = f"run.json of {make_info().run_id}: config.verdict"
    unknown, negative = str(caught.value).splitlines()
    assert unknown.startswith(f"{where}.alpah: unknown key; allowed: margin, ")
    assert unknown.endswith("did you mean 'alpha'?")
    assert negative == f"{where}.margin: -1 is not above 0; allowed: a number above 0 and below 1"


def test_what_is_no_mapping_is_told_likewise() -> None:
    with pytest.raises(StoreError, match=r"config\.verdict: null is not a mapping; allowed: a mapping"):
        verdict_of(edited(make_info(), None))


def test_report_and_compare_refuse_an_edited_run() -> None:
    run = small_run()
    info = edited(run.info, {"alpha": 2})
    with pytest.raises(StoreError, match=r"config\.verdict\.alpha"):
        estimate(info, run.records)
    with pytest.raises(StoreError, match=r"config\.verdict\.alpha"):
        compare_runs(run.info, run.records, info, run.records)
