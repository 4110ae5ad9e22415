"""What `--against` and `--generalise` change in a report."""

import json
import re

import numpy as np
import pytest

from actbench.errors import ConfigError
from actbench.report import build
from tests.factories import SyntheticRun, make_block, make_cell, make_info, make_run

EXAMPLES = 200


def run_with_answers(seeds: int = 4) -> SyntheticRun:
    """A run that kept which of 200 test examples were right: relu and its placebo nine tenths, tanh fewer."""
    rng = np.random.default_rng(0)
    info = make_info(("relu", "tanh", "placebo"), seeds=seeds)
    dataset = {key: value.model_copy(update={"test": EXAMPLES}) for key, value in info.dataset.items()}
    blocks = []
    for seed in range(seeds):
        right = {"relu": rng.random(EXAMPLES) < 0.9, "tanh": rng.random(EXAMPLES) < 0.8}
        right["placebo"] = right["relu"]
        cells = [
            make_cell(label, accuracy=float(np.mean(answers)), test_correct=answers.tolist())
            for label, answers in right.items()
        ]
        blocks.append(make_block(cells, seed=seed))
    return SyntheticRun(info.model_copy(update={"dataset": dataset}), blocks)


def test_new_data_stands_beside_new_seeds_and_is_explained_in_one_line() -> None:
    run = run_with_answers()
    built = build.build(run.info, run.records, generalise=True)
    text = build.render(built, "markdown", "accuracy")
    assert "| activation | new seeds | new seeds and data | n |" in text
    assert len(re.findall(r"^- New seeds: the range that other seeds would give", text, re.MULTILINE)) == 1
    rows = {row["activation"]: row for row in json.loads(build.render(built, "json"))["settings"][0]["rows"]}
    for label in ("relu", "tanh"):
        seeds, data = rows[label]["accuracy"], rows[label]["accuracy_new_data"]
        assert data["mean"] == pytest.approx(seeds["mean"])
    assert rows["relu"]["accuracy_diff_new_data"] is None
    assert rows["tanh"]["accuracy_diff_new_data"]["mean"] == pytest.approx(
        rows["tanh"]["accuracy_diff"]["mean"]
    )


def test_without_being_asked_there_is_nothing_on_new_data() -> None:
    run = run_with_answers()
    built = build.build(run.info, run.records)
    assert "new_data" not in build.render(built, "json")
    assert "new_data" not in build.render(built, "csv")
    assert "new seeds" not in build.render(built, "terminal").lower()


def generalised(run: SyntheticRun) -> str:
    return build.render(build.build(run.info, run.records, generalise=True), "markdown", "accuracy")


NOT_KEPT = "has not kept which test examples were right"
ONE_SEED = "one seed cannot speak of others"


def test_a_run_that_kept_no_answers_says_so() -> None:
    text = generalised(make_run(("relu", "tanh"), seeds=3))
    assert NOT_KEPT in text
    assert ONE_SEED not in text


def test_answers_that_a_single_training_has_not_kept_are_told() -> None:
    run = run_with_answers()
    *blocks, last = run.records
    tanh = last.cells[1].model_copy(update={"test_correct": None})
    forgotten = last.model_copy(update={"cells": (last.cells[0], tanh, last.cells[2])})
    assert NOT_KEPT in generalised(SyntheticRun(run.info, [*blocks, forgotten]))


def test_kept_answers_are_not_missed() -> None:
    text = generalised(run_with_answers())
    assert NOT_KEPT not in text
    assert ONE_SEED not in text


def test_one_seed_is_no_lack_of_answers() -> None:
    text = generalised(run_with_answers(seeds=1))
    assert NOT_KEPT not in text
    assert ONE_SEED in text


def test_everything_right_is_no_lack_of_answers() -> None:
    cells = [make_cell(label, accuracy=1.0, test_correct=[True] * 8) for label in ("relu", "tanh")]
    info = make_info(("relu", "tanh"), placebo=None, seeds=2, test_examples=8)
    text = generalised(SyntheticRun(info, [make_block(cells, seed=seed) for seed in (0, 1)]))
    assert NOT_KEPT not in text


def test_a_diverged_training_has_no_answers_to_keep() -> None:
    run = run_with_answers()
    first, *blocks = run.records
    diverged = make_block([*first.cells[:1], make_cell("tanh", accuracy=None), *first.cells[2:]])
    assert NOT_KEPT not in generalised(SyntheticRun(run.info, [diverged, *blocks]))


def test_against_another_activation() -> None:
    run = make_run(("relu", "tanh", "elu", "placebo"), seeds=4)
    built = build.build(run.info, run.records, against="tanh")
    content = json.loads(build.render(built, "json"))
    assert (content["run"]["baseline"], content["run"]["compared_with"]) == ("relu", "tanh")
    rows = {row["activation"]: row for row in content["settings"][0]["rows"]}
    assert rows["tanh"]["accuracy_diff"] is None
    assert rows["relu"]["accuracy_diff"]["mean"] == pytest.approx(
        rows["relu"]["accuracy"]["mean"] - rows["tanh"]["accuracy"]["mean"]
    )
    text = build.render(built, "terminal")
    assert re.search(r"baseline +tanh in this report; relu in the config", text)
    assert re.search(r"tanh .* baseline", text)
    # The placebo stays a copy of the config's baseline, and is checked against that.
    usual = build.build(run.info, run.records)
    assert built.estimates.settings[0].placebo == usual.estimates.settings[0].placebo


def test_against_another_the_placebo_s_row_is_not_its_own_ratio() -> None:
    run = make_run(("relu", "tanh", "elu", "placebo"), seeds=4)
    note = "ratios to tanh; the placebo's own ratio, to relu, is in the setting's line on the placebo"
    against = build.build(run.info, run.records, against="tanh")
    assert build.render(against, "markdown", "time").count(note) == 1
    assert build.render(against, "markdown", "inference").count(note) == 2
    assert build.render(against, "markdown", "accuracy").count(note) == 0
    assert note not in build.render(build.build(run.info, run.records), "markdown")
    original = build.render(build.build(run.info, run.records, against="placebo"), "markdown", "time")
    assert note.replace("tanh", "placebo") in original


def test_against_the_placebo_the_others_are_judged_as_against_its_original() -> None:
    run = run_with_answers()

    def adjusted(against: str) -> float | None:
        built = build.build(run.info, run.records, against=against)
        rows = {row.activation: row for row in built.estimates.settings[0].rows}
        assert rows["tanh"].score_diff is not None
        return rows["tanh"].score_diff.p_adjusted

    assert adjusted("placebo") == adjusted("relu")


def test_against_a_third_one_a_copy_gets_its_originals_verdict() -> None:
    run = make_run(("relu", "tanh", "elu", "gelu", "placebo"), seeds=8)
    rows = build.build(run.info, run.records, against="tanh").estimates.settings[0].rows
    relu, placebo = (next(row for row in rows if row.activation == label) for label in ("relu", "placebo"))
    assert relu.score_diff is not None
    assert relu.score_diff.p_adjusted != relu.score_diff.p
    assert placebo.score_diff == relu.score_diff


def test_against_what_is_not_there() -> None:
    run = make_run(("relu", "tanh"), seeds=2)
    with pytest.raises(ConfigError, match=r"^against: 'tahn' .* allowed: relu, tanh; did you mean 'tanh'\?"):
        build.build(run.info, run.records, against="tahn")
