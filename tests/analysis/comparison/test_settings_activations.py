import pytest

from actbench.analysis.comparison.changes import LeftOut, SettingPair
from actbench.analysis.comparison.settings import match_activations
from actbench.plan.cell import CellPlan
from actbench.plan.describe import describe_cells
from actbench.records.run import ActivationInfo
from tests.factories import make_info

KERAS_INIT = "keras (glorot_uniform, the default of Dense)"


def test_activations_that_both_have_without_the_placebo() -> None:
    old = make_info(("relu", "tanh", "elu", "placebo"))
    new = make_info(("elu", "gelu", "relu", "placebo"))
    labels, left_out = match_activations(old, new, SettingPair(old.settings[0], new.settings[0]))
    assert labels == ["elu", "relu"]
    setting = new.settings[0].id
    assert left_out == [
        LeftOut("new", setting, "activation gelu"),
        LeftOut("old", setting, "activation tanh"),
    ]


def activations(slope: float) -> dict[str, object]:
    return {"activations": [{"name": "leaky_relu", "params": {"negative_slope": slope}, "label": "leaky"}]}


def test_a_label_that_means_something_else_is_refused() -> None:
    old, new = (make_info(("leaky",), config=activations(slope), placebo=None) for slope in (0.1, 0.2))
    labels, [left_out] = match_activations(old, new, SettingPair(old.settings[0], new.settings[0]))
    assert labels == []
    assert left_out.side == "both"
    assert (
        left_out.reason
        == "it is leaky_relu, negative_slope 0.1 in OLD and leaky_relu, negative_slope 0.2 in NEW"
    )
    assert match_activations(old, old, SettingPair(old.settings[0], old.settings[0])) == (["leaky"], [])


def described(label: str, **changes: object) -> ActivationInfo:
    [known] = describe_cells([CellPlan(label=label, name="leaky_relu", params={"negative_slope": 0.1})])
    return known.model_copy(update=changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"twin_of": "relu"}, None),
        (
            {"definition": "leaky_relu, negative_slope 0.10000001"},
            "it is leaky_relu, negative_slope 0.1 in OLD and leaky_relu, negative_slope 0.10000001 in NEW",
        ),
        ({"init": "he_normal"}, f"its weights start from {KERAS_INIT} in OLD and he_normal in NEW"),
        ({"source_sha256": "f" * 64}, "its source has the hash None in OLD and ffffffffffff in NEW"),
    ],
)
def test_what_makes_a_label_another_activation(changes: dict[str, object], reason: str | None) -> None:
    old, new = (
        make_info(("leaky",), placebo=None, described=[described("leaky", **some)]) for some in ({}, changes)
    )
    labels, left_out = match_activations(old, new, SettingPair(old.settings[0], new.settings[0]))
    assert labels == (["leaky"] if reason is None else [])
    assert [entry.reason for entry in left_out] == ([] if reason is None else [reason])


def test_an_older_run_describes_its_activations_by_its_config() -> None:
    old = make_info(("leaky",), config=activations(0.1), placebo=None)
    new = make_info(("leaky",), placebo=None, described=[described("leaky")])
    assert match_activations(old, new, SettingPair(old.settings[0], new.settings[0])) == (["leaky"], [])
    other = make_info(("leaky",), placebo=None, described=[described("leaky", init="he_normal")])
    assert match_activations(old, other, SettingPair(old.settings[0], other.settings[0]))[0] == []
