import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from scipy.stats import gmean, t
from syrupy.assertion import SnapshotAssertion

from actbench.analysis.design import observed_sd
from actbench.analysis.run import estimate_run
from actbench.errors import ConfigError
from actbench.records.block import BlockRecord
from actbench.report import build
from actbench.report.view import Sort
from tests.factories import SyntheticRun, make_block, make_cell, make_info, make_run

IDS = tuple(str(digit) * 8 for digit in range(1, 7))


def swept(run: SyntheticRun) -> SyntheticRun:
    """Six settings: two learning rates and three depths."""
    settings = []
    for index, entry in enumerate(run.info.settings):
        rate, units = (0.001, 0.01)[index // 3], ([100], [100, 100], [100, 100, 100])[index % 3]
        description = {
            **entry.description,
            "train": {**entry.description["train"], "learning_rate": rate},
            "model": {"hidden_units": units},
        }
        varied = {"train.learning_rate": rate, "model.hidden_units": units}
        settings.append(entry.model_copy(update={"description": description, "varied": varied}))
    return SyntheticRun(run.info.model_copy(update={"settings": tuple(settings)}), run.records)


@pytest.fixture(scope="module")
def six() -> SyntheticRun:
    labels = ("linear", "tanh", "relu", "gelu", "placebo")
    return swept(make_run(labels, seeds=4, settings=IDS, inference_batch_sizes=(1,)))


def shown(run: SyntheticRun, form: str = "terminal", **options: Any) -> str:
    return build.render(build.build(run.info, run.records), form, **options)


def test_six_settings_on_the_terminal(six: SyntheticRun, snapshot: SnapshotAssertion) -> None:
    text = shown(six, table="accuracy") + shown(six, table="summary")
    assert text == snapshot
    assert max(map(len, text.splitlines())) <= 80


def test_the_whole_report_begins_with_the_summary(six: SyntheticRun) -> None:
    lines = shown(six).splitlines()
    titles = [line for line in lines if line.startswith(("summary over", "setting "))]
    assert titles[0] == "summary over settings"
    assert titles[1:3] == [
        "setting learning_rate 0.001, hidden_units [100]",
        "setting learning_rate 0.001, hidden_units [100, 100]",
    ]
    assert len(titles) == 7
    assert sum(line.startswith("dataset ") for line in lines) == 1  # what is common is told once


def test_a_summary_is_what_the_settings_figures_say(six: SyntheticRun) -> None:
    estimates = estimate_run(six.info, six.records)
    rows = {row.activation: row for row in estimates.summary}
    for label in ("linear", "tanh", "gelu"):
        own = [next(row for row in entry.rows if row.activation == label) for entry in estimates.settings]
        ratios = [row.train_time_ratio.interval.estimate for row in own]  # type: ignore[union-attr]
        differences = [row.score_diff.interval.estimate for row in own]  # type: ignore[union-attr]
        assert rows[label].train_time_ratio.estimate == pytest.approx(gmean(ratios))  # type: ignore[union-attr]
        mean = sum(differences) / 6
        assert rows[label].score_diff.estimate == pytest.approx(mean)  # type: ignore[union-attr]
        verdicts = [row.score_diff.verdict for row in own]  # type: ignore[union-attr]
        assert rows[label].score_verdicts == {
            verdict: verdicts.count(verdict) for verdict in ("BETTER", "WORSE", "EQUIVALENT", "INCONCLUSIVE")
        }
        assert rows[label].settings == 6
    assert sum(row.mean_rank or 0 for row in rows.values()) == pytest.approx(1 + 2 + 3 + 4)
    assert rows["placebo"].mean_rank is None
    assert rows["relu"].score_diff is rows["relu"].train_time_ratio is None


def tanh_ahead(differences: Sequence[float], seeds: int) -> list[BlockRecord]:
    """By how much tanh is better than relu in each setting, the same in every seed."""
    return [
        make_block(
            [make_cell("relu", accuracy=0.5), make_cell("tanh", accuracy=0.5 + difference)],
            seed=seed,
            setting=setting,
        )
        for setting, difference in zip(IDS, differences, strict=False)
        for seed in range(seeds)
    ]


def test_intervals_are_over_settings_not_over_seeds() -> None:
    records = tanh_ahead([0.01, 0.02, 0.06], seeds=5)
    info = make_info(("relu", "tanh"), seeds=5, settings=IDS[:3], placebo=None)
    [relu, tanh] = estimate_run(info, records).summary
    interval = tanh.score_diff
    assert interval is not None
    assert interval.ci_low is not None
    half = t.ppf(0.975, 2) * 0.0264575131 / 3**0.5
    assert interval.estimate - interval.ci_low == pytest.approx(half)
    assert (relu.mean_rank, tanh.mean_rank) == (2.0, 1.0)


def test_what_always_diverges_has_the_last_place_and_ties_share_theirs() -> None:
    scores = {IDS[0]: (0.5, 0.5, None), IDS[1]: (0.5, 0.6, 0.7)}
    records = [
        make_block(
            [make_cell(label, accuracy=score) for label, score in zip("abc", own, strict=True)],
            setting=setting,
        )
        for setting, own in scores.items()
    ]
    info = make_info("abc", seeds=1, settings=IDS[:2], baseline="a", placebo=None)
    rows = estimate_run(info, records).summary
    assert [row.mean_rank for row in rows] == [(1.5 + 3) / 2, (1.5 + 2) / 2, (3 + 1) / 2]
    assert [row.settings for row in rows] == [2, 2, 1]


def test_one_measured_setting_has_no_summary() -> None:
    run = make_run(("relu", "tanh"), settings=IDS[:2], seeds=2)
    begun = SyntheticRun(run.info, [record for record in run.records if record.setting == IDS[0]])
    assert json.loads(shown(begun, "json"))["summary"] == []
    assert "summary.csv" not in build.table_files(begun.info, begun.records)
    with pytest.raises(ConfigError, match=r"^table summary: it is over settings, and fewer than two"):
        shown(begun, table="summary")


def test_json_and_csv_have_the_summary_and_the_settings_names(six: SyntheticRun) -> None:
    value = json.loads(shown(six, "json", table="summary"))
    assert [row["activation"] for row in value["summary"]][-1] == "placebo"
    assert value["settings"][3]["setting"]["name"] == "learning_rate 0.01, hidden_units [100]"
    assert value["settings"][3]["setting"]["varied"] == {
        "train.learning_rate": 0.01,
        "model.hidden_units": [100],
    }
    tables = build.table_files(six.info, six.records)
    rows = list(csv.DictReader(io.StringIO(tables["summary.csv"])))
    assert [row["activation"] for row in rows] == [row["activation"] for row in value["summary"]]
    assert float(rows[0]["mean_rank"]) == value["summary"][0]["mean_rank"]
    assert rows[0]["accuracy_verdicts_EQUIVALENT"] == str(
        value["summary"][0]["accuracy_verdicts"]["EQUIVALENT"]
    )
    accuracy = list(csv.DictReader(io.StringIO(tables["accuracy.csv"])))
    assert accuracy[0]["setting"] == "learning_rate 0.001, hidden_units [100]"
    assert {row["setting_train_learning_rate"] for row in accuracy} == {"0.001", "0.01"}


def test_a_summary_is_sorted_as_the_settings_are(six: SyntheticRun) -> None:
    def order(sort: Sort) -> list[str]:
        return [row.activation for row in build.build(six.info, six.records, sort).estimates.summary]

    assert order("accuracy")[-1] == "placebo"
    assert order("config") == list(six.info.activations)
    assert order("activation") == sorted(six.info.activations)
    assert order("time")[0] == "linear"


def test_accuracies_and_r2_have_no_mean_difference() -> None:
    records = tanh_ahead([0.01, 10.0], seeds=3)
    both = {"classes": 2, "number": None}
    info = make_info(("relu", "tanh"), seeds=3, settings=IDS[:2], placebo=None)
    datasets = [make_info(targets={name: both[name]}).dataset["11111111"] for name in both]
    info = info.model_copy(update={"dataset": dict(zip(IDS, datasets, strict=False))})
    assert observed_sd(info, records) is None
    tanh = estimate_run(info, records).summary[1]
    assert tanh.score_diff is None
    assert (tanh.mean_rank, tanh.settings, sum(tanh.score_verdicts.values())) == (1.0, 2, 2)
    assert tanh.train_time_ratio is not None
    text = shown(SyntheticRun(info, records), table="summary")
    assert "not of one kind: their differences have no mean" in " ".join(text.split())
    assert "+5.0" not in text
