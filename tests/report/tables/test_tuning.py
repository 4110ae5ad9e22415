import csv
import io

import pytest
from syrupy.assertion import SnapshotAssertion

from actbench.errors import ConfigError
from actbench.report import build
from tests.factories import SyntheticRun, make_block, make_cell, make_run

RATE = "train.learning_rate"
RATES = (0.001, 0.01, 0.1)
BEST = {"relu": 0.01, "tanh": 0.1}


@pytest.fixture(scope="module")
def tuned() -> SyntheticRun:
    """Three rates and two seeds; relu does best in the middle, tanh on the edge, and once it diverges."""
    run = make_run(("relu", "tanh", "placebo"), seeds=3, inference_batch_sizes=(), inference_rounds=0)
    [setting] = run.info.settings
    description = {
        **setting.description,
        "train": {**setting.description["train"], "learning_rate": "tuned"},
        "tune": {RATE: list(RATES), "seeds": 2},
    }
    tried = []
    for rate in RATES:
        for seed in (11, 12):
            cells = [
                make_cell(
                    label,
                    accuracy=None if (label, rate, seed) == ("tanh", 0.001, 12) else 0.9,
                    validation_accuracy=(0.5, 0.95 if rate == best else 0.9),
                )
                for label, best in BEST.items()
            ]
            tried.append(
                make_block(cells, seed=seed).model_copy(
                    update={"candidate": {RATE: rate}, "block": f"tune-{rate}-{seed}"}
                )
            )
    chosen = {label: {RATE: BEST.get(label, BEST["relu"])} for label in run.info.activations}
    final = [
        record.model_copy(
            update={
                "cells": tuple(
                    cell.model_copy(update={"tuned": chosen[cell.activation]}) for cell in record.cells
                )
            }
        )
        for record in run.records
    ]
    ids = tuple(record.block for record in tried)
    info = run.info.model_copy(
        update={
            "settings": (setting.model_copy(update={"description": description}),),
            "blocks": (*ids, *run.info.blocks),
            "tuning_blocks": ids,
        }
    )
    return SyntheticRun(info, [*tried, *final])


def shown(run: SyntheticRun, form: str, table: str) -> str:
    return build.render(build.build(run.info, run.records), form, table)


@pytest.mark.parametrize("form", ["terminal", "csv"])
def test_the_table_of_candidates(tuned: SyntheticRun, snapshot: SnapshotAssertion, form: str) -> None:
    assert shown(tuned, form, "tuning") == snapshot


@pytest.mark.parametrize("form", ["terminal", "markdown", "html"])
@pytest.mark.parametrize("table", ["accuracy", "all"])
def test_every_report_names_the_choice_and_warns_of_the_edge(
    tuned: SyntheticRun, form: str, table: str
) -> None:
    text = " ".join(shown(tuned, form, table).split())
    assert "learning_rate 0.1: tanh; learning_rate 0.01: relu" in text
    assert "in 12 trainings" in text
    assert "tanh: learning_rate 0.1 lies on the edge of the grid" in text
    assert "relu: learning_rate" not in text.replace("relu; learning_rate", "")


def test_a_candidate_of_which_all_trainings_diverged_has_the_columns_of_the_others(
    tuned: SyntheticRun,
) -> None:
    hopeless = [
        record.model_copy(update={"cells": (make_cell("relu", accuracy=None), *record.cells[1:])})
        if record.candidate == {RATE: 0.1}
        else record
        for record in tuned.records
    ]
    rows = list(csv.DictReader(io.StringIO(shown(SyntheticRun(tuned.info, hopeless), "csv", "tuning"))))
    assert list(rows[0]) == list(csv.DictReader(io.StringIO(shown(tuned, "csv", "tuning"))).fieldnames or ())
    [row] = [row for row in rows if (row["activation"], row[RATE]) == ("relu", "0.1")]
    assert (row["validation_accuracy"], row["diverged"]) == ("", "2")


def test_a_report_without_tuning_says_nothing_of_it() -> None:
    run = make_run(("relu", "tanh", "placebo"), seeds=3)
    text = shown(run, "terminal", "all")
    assert "tun" not in text
    assert "tuning.csv" not in build.table_files(run.info, run.records)


def test_what_was_tuned_is_compared_with_nothing(tuned: SyntheticRun) -> None:
    built = build.build(tuned.info, tuned.records, against="tanh")
    with pytest.raises(ConfigError, match="table tuning compares nothing"):
        build.render(built, "csv", "tuning")
