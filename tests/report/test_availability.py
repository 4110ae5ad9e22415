"""Tables that a run does not have."""

from pathlib import Path

import pytest

from actbench.errors import ConfigError
from actbench.report import build
from actbench.report.registry import FORMATS
from tests.factories import SyntheticRun, make_run

LACKED: dict[str, str] = {
    "summary": "it is over settings, and fewer than two are measured",
    "tuning": "the config of this run has no tune, so that nothing was tuned",
    "inference": "no inference was timed: timing.inference_batch_sizes is empty in what is measured",
    "diagnostics": "nothing was probed: probes is false in what is measured, or an older actbench "
    "measured it",
}


@pytest.fixture(scope="module")
def bare() -> SyntheticRun:
    return make_run(("relu", "tanh", "placebo"), seeds=2, inference_batch_sizes=())


@pytest.mark.parametrize("form", FORMATS.names)
@pytest.mark.parametrize("table", LACKED)
def test_it_is_refused_in_every_format(bare: SyntheticRun, form: str, table: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build.render(build.build(bare.info, bare.records), form, table)
    assert str(caught.value) == f"table {table}: {LACKED[table]}; use another table"


@pytest.mark.parametrize("form", FORMATS.names)
def test_all_of_the_tables_are_all_that_there_are(bare: SyntheticRun, form: str) -> None:
    text = build.render(build.build(bare.info, bare.records), form, "all")
    assert "accuracy" in text
    assert "latency" not in text.lower()


def test_the_title_and_the_files_name_what_there_is(bare: SyntheticRun) -> None:
    text = build.render(build.build(bare.info, bare.records), "markdown")
    assert text.splitlines()[0] == "# mnist: accuracy, time, pareto, metrics"
    files = build.table_files(bare.info, bare.records)
    assert [Path(name).stem for name in files] == ["accuracy", "time", "pareto", "metrics"]


def test_of_two_settings_it_is_enough_that_one_has_it() -> None:
    with_sizes = make_run(("relu", "tanh"), seeds=2, settings=("11111111", "22222222"))
    records = [
        record
        if record.setting == "11111111"
        else record.model_copy(
            update={"cells": tuple(cell.model_copy(update={"inference": ()}) for cell in record.cells)}
        )
        for record in with_sizes.records
    ]
    built = build.build(with_sizes.info, records)
    assert build.render(built, "terminal", "inference").count("inference, batch size 1:") == 1
