import pytest

from actbench.analysis.comparison.changes import LeftOut
from actbench.analysis.comparison.runs import match_settings
from actbench.records.run import RunInfo, SettingInfo
from tests.factories import make_info


def info(*settings: SettingInfo, **values: object) -> RunInfo:
    made = make_info(**values)  # type: ignore[arg-type]
    data = made.dataset["11111111"]
    return made.model_copy(
        update={"settings": settings, "dataset": {setting.id: data for setting in settings}}
    )


def setting(name: str, **timing: object) -> SettingInfo:
    description = dict(make_info().settings[0].description)
    train = {**description["train"], **timing.pop("train", {})}  # type: ignore[dict-item]
    return SettingInfo(
        id=name,
        description={**description, "train": train, "timing": {**description["timing"], **timing}},
    )


def pairs(old: RunInfo, new: RunInfo) -> list[tuple[str, str]]:
    return [(pair.old.id, pair.new.id) for pair in match_settings(old, new)[0]]


@pytest.mark.parametrize(
    "timing",
    [
        {"slices_per_epoch": 8},
        {"inference_rounds": 3},
        {"inference_batch_sizes": []},
        {"target_ci": 0.01, "budget_s": 5.0},
        {"target_ci": None},
        {"engine": "keras"},
    ],
)
def test_other_timing_is_the_same_training(timing: dict[str, object]) -> None:
    assert pairs(info(setting("a")), info(setting("b", **timing))) == [("a", "b")]


@pytest.mark.parametrize("train", [{"epochs": 7}, {"schedule": "step"}])
def test_another_training_is_another_setting(train: dict[str, object]) -> None:
    matched, left_out = match_settings(info(setting("a")), info(setting("b", train=train)))
    assert matched == []
    assert left_out == [LeftOut("old", "a", "setting"), LeftOut("new", "b", "setting")]


def test_a_null_counts_as_absent_as_older_runs_have_fewer_keys() -> None:
    assert pairs(info(setting("a")), info(setting("b", train={"schedule": None}))) == [("a", "b")]


def test_settings_of_one_id_are_a_pair_whatever_else_would_fit() -> None:
    old = info(setting("a"), setting("b", slices_per_epoch=8))
    assert pairs(old, info(setting("a"))) == [("a", "a")]
    assert pairs(info(setting("a")), old) == [("a", "a")]
    assert pairs(old, old) == [("a", "a"), ("b", "b")]


def test_the_same_engine_is_preferred() -> None:
    old = info(setting("a"), setting("b", engine="keras"))
    new = info(setting("c", engine="keras", inference_rounds=9), setting("d", inference_rounds=9))
    assert pairs(old, new) == [("b", "c"), ("a", "d")]
    assert pairs(old, info(setting("d", inference_rounds=9))) == [("a", "d")]


def test_what_several_engines_would_fit_is_left_out() -> None:
    old = info(setting("a"), setting("b", engine="keras"))
    matched, left_out = match_settings(old, info(setting("c", engine="other")))
    assert matched == []
    assert [(entry.side, entry.setting) for entry in left_out] == [("old", "a"), ("old", "b"), ("new", "c")]
    assert all(entry.reason.endswith("so that several would fit") for entry in left_out)


def test_what_several_would_fit_is_left_out_and_said() -> None:
    matched, left_out = match_settings(
        info(setting("a"), setting("b", slices_per_epoch=8)), info(setting("c", slices_per_epoch=2))
    )
    reason = "a, b of OLD and c of NEW differ in their timing alone, so that several would fit"
    assert matched == []
    assert left_out == [
        LeftOut("old", "a", "setting", reason),
        LeftOut("old", "b", "setting", reason),
        LeftOut("new", "c", "setting", reason),
    ]


def test_pairs_stand_in_the_order_of_the_new_run() -> None:
    first, second = setting("a"), setting("b", train={"epochs": 9})
    assert pairs(info(first, second), info(second, first)) == [("b", "b"), ("a", "a")]


@pytest.mark.parametrize(
    ("field", "words"), [("sha256", "the data of mnist"), ("split_sha256", "the choice of examples of mnist")]
)
def test_other_data_is_refused_with_the_reason(field: str, words: str) -> None:
    old, new = info(setting("a")), info(setting("a"))
    data = new.dataset["a"].model_copy(update={field: "c" * 64})
    matched, [left_out] = match_settings(old, new.model_copy(update={"dataset": {"a": data}}))
    assert matched == []
    assert (left_out.side, left_out.what) == ("both", "setting")
    assert left_out.reason.startswith(f"{words} has another hash: ")
    assert left_out.reason.endswith("in OLD, cccccccccccc in NEW")


def test_where_weights_start_is_no_matter_of_the_setting() -> None:
    with_init = setting("b")
    model = {**with_init.description["model"], "init": {"name": "he_normal", "params": {}}}
    with_init = with_init.model_copy(update={"description": {**with_init.description, "model": model}})
    assert pairs(info(setting("a")), info(with_init)) == [("a", "b")]
    model = {**model, "hidden_units": [64]}
    wider = with_init.model_copy(update={"description": {**with_init.description, "model": model}})
    assert pairs(info(setting("a")), info(wider)) == []
