import pytest

from actbench import report
from actbench.report import SORTS, Sort
from actbench.report.ordering import DESCRIPTIONS
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
    built = report.build(make_info(LABELS), [BLOCK], sort)
    assert [row.activation for row in built.estimates.settings[0].rows] == labels
    assert f"sorted by  {DESCRIPTIONS[sort].format(score='accuracy')}" in report.render(built, "terminal")


def test_every_key_is_described() -> None:
    assert set(DESCRIPTIONS) == set(SORTS)
