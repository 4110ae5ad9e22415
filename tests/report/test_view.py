import csv
import io
import json

import pytest

from actbench.report import build
from actbench.report.view import SORT_DESCRIPTIONS, SORTS, Sort
from tests.factories import make_block, make_cell, make_info

LABELS = ("relu", "Tanh", "elu", "broken", "placebo")
BLOCK = make_block(
    [
        make_cell("relu", accuracy=0.8, slice_s=(2.0, 2.0)),
        make_cell("Tanh", accuracy=0.9, slice_s=(3.0, 3.0)),
        make_cell("elu", accuracy=0.7, slice_s=(1.0, 1.0)),
        make_cell("broken", accuracy=None, slice_s=()),
        make_cell("placebo", accuracy=0.8, slice_s=(2.0, 2.0)),
    ]
)


@pytest.mark.parametrize(
    ("sort", "labels"),
    [
        ("accuracy", ["Tanh", "relu", "placebo", "elu", "broken"]),
        ("time", ["elu", "relu", "placebo", "Tanh", "broken"]),
        ("activation", ["broken", "elu", "placebo", "relu", "Tanh"]),
        ("config", list(LABELS)),
    ],
)
def test_sort(sort: Sort, labels: list[str]) -> None:
    built = build.build(make_info(LABELS), [BLOCK], sort)
    assert [row.activation for row in built.estimates.settings[0].rows] == labels
    described = SORT_DESCRIPTIONS[sort].format(score="accuracy")
    assert f"sorted by  {described}" in build.render(built, "terminal")


@pytest.mark.parametrize(
    ("sort", "labels"),
    [
        ("accuracy", ["Tanh", "relu", "elu", "broken", "placebo"]),  # the placebo has no rank
        ("time", ["elu", "relu", "placebo", "Tanh", "broken"]),
        ("activation", ["broken", "elu", "placebo", "relu", "Tanh"]),
        ("config", list(LABELS)),
    ],
)
def test_sort_over_settings(sort: Sort, labels: list[str]) -> None:
    settings = ("11111111", "22222222")
    blocks = [BLOCK.model_copy(update={"setting": name, "block": f"{name}-0"}) for name in settings]
    built = build.build(make_info(LABELS, seeds=1, settings=settings), blocks, sort)
    assert [row.activation for row in built.estimates.summary] == labels


@pytest.mark.parametrize(
    ("sort", "labels", "unmeasured"),
    [
        ("accuracy", ["Tanh", "relu", "elu", "broken"], ["relu", "Tanh", "elu", "broken"]),
        ("time", ["elu", "relu", "Tanh", "broken"], ["relu", "Tanh", "elu", "broken"]),
        ("activation", ["broken", "elu", "relu", "Tanh"], ["broken", "elu", "relu", "Tanh"]),
        ("config", ["relu", "Tanh", "elu", "broken"], ["relu", "Tanh", "elu", "broken"]),
    ],
)
@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_was_tuned_stands_in_the_order_of_the_rows(
    form: str, sort: Sort, labels: list[str], unmeasured: list[str]
) -> None:
    info = make_info(LABELS, seeds=1, settings=("11111111", "22222222"))
    tune = {"train.learning_rate": [0.1, 0.01], "seeds": 1}
    settings = tuple(
        entry.model_copy(update={"description": {**entry.description, "tune": tune}})
        for entry in info.settings
    )
    text = build.render(
        build.build(info.model_copy(update={"settings": settings}), [BLOCK], sort), form, "tuning"
    )
    if form == "csv":
        found = [
            (row["setting_id"], row["activation"], row["train.learning_rate"])
            for row in csv.DictReader(io.StringIO(text))
        ]
    else:
        found = [
            (entry["setting"]["id"], own["activation"], str(candidate["values"]["train.learning_rate"]))
            for entry in json.loads(text)["settings"]
            for own in entry["tuning"]["activations"]
            for candidate in own["candidates"]
        ]
    assert found == [
        (setting, label, rate)
        for setting, order in (("11111111", labels), ("22222222", unmeasured))
        for label in order
        for rate in ("0.1", "0.01")
    ]


def test_every_key_is_described() -> None:
    assert set(SORT_DESCRIPTIONS) == set(SORTS)
