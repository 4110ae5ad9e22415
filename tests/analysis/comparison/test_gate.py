import pytest

from actbench.analysis.comparison.changes import Changes
from actbench.analysis.comparison.gate import Check, Gate, check_all
from tests.analysis.comparison.two_runs import compared, joined, small_run, with_timing, with_training
from tests.factories import SyntheticRun, make_environment

BOTH = Gate(("accuracy", "time"))


def only(changes: Changes, gate: Gate, activation: str = "tanh") -> list[Check]:
    return [check for check in check_all(changes, gate) if check.activation == activation]


def slower(by: float) -> Changes:
    return compared(small_run(), small_run(slowdown={"tanh": by}))


def dropped(by: float) -> Changes:
    """Each seed loses as much, give or take 1e-5."""
    return compared(
        small_run(), small_run(accuracy=lambda _, seed: 0.9 + 0.001 * seed - by + 1e-5 * (seed % 2))
    )


def test_no_gate_checks_nothing() -> None:
    assert check_all(slower(2.0), Gate()) == ()


@pytest.mark.parametrize(
    ("by", "limit", "ruling"),
    [
        (1.10, 0.05, "failed"),
        (1.00, 0.05, "passed"),
        (0.50, 0.05, "passed"),
        (1.05, 0.05, "undecided"),
        (1.10, 0.20, "passed"),
        (1.00, 0.00, "undecided"),
    ],
)
def test_time_fails_only_beyond_the_limit(by: float, limit: float, ruling: str) -> None:
    [check] = only(slower(by), Gate(("time",), max_slowdown=limit))
    assert (check.ruling, check.quantity, check.limit) == (ruling, "training step", 1 + limit)


@pytest.mark.parametrize(
    ("by", "limit", "ruling"),
    [
        (0.003, None, "failed"),
        (0.0005, None, "passed"),
        (0.001, None, "undecided"),
        (-0.01, None, "passed"),
        (0.003, 0.01, "passed"),
        (0.0005, 0.0, "failed"),
    ],
)
def test_accuracy_fails_only_beyond_the_limit(by: float, limit: float | None, ruling: str) -> None:
    [check] = only(dropped(by), Gate(("accuracy",), max_drop=limit))
    assert (check.ruling, check.quantity) == (ruling, "accuracy")
    assert check.limit == -(0.001 if limit is None else limit)


def test_identical_accuracies_pass_a_limit_of_zero() -> None:
    [check] = only(compared(small_run(), small_run()), Gate(("accuracy",), max_drop=0.0))
    assert check.ruling == "passed"


def test_without_an_interval_nothing_is_decided() -> None:
    changes = compared(small_run(seeds=[0]), small_run(seeds=[0], slowdown={"tanh": 3.0}))
    [check] = only(changes, Gate(("time",)))
    assert check.ruling == "undecided"


def test_every_time_is_judged() -> None:
    changes = compared(small_run(latency_s={1: 1e-4, 8: 1e-4}), small_run(latency_s={1: 1e-4, 8: 2e-4}))
    rulings = {check.quantity: check.ruling for check in only(changes, Gate(("accuracy", "time")))}
    assert rulings == {
        "accuracy": "passed",
        "training step": "passed",
        "inference, batch size 1": "passed",
        "inference, batch size 8": "failed",
    }


def diverging(seeds: int, accuracy: float = 0.9) -> Changes:
    def new(label: str, seed: int) -> float | None:
        return None if label == "tanh" and seed < seeds else accuracy + 0.0011 * seed

    return compared(small_run(), small_run(accuracy=new))


def test_accuracies_of_the_survivors_alone_decide_nothing() -> None:
    [check] = only(diverging(1), Gate(("accuracy",)))
    assert check.ruling == "undecided"
    assert check.reason == "diverged 0 of 6 in OLD, 1 of 6 in NEW"


def test_a_training_that_always_ended_well_and_never_does_is_worse_than_any_drop() -> None:
    accuracy, time = only(diverging(6), BOTH)
    reason = "diverged 0 of 6 in OLD, 6 of 6 in NEW"
    assert (accuracy.ruling, accuracy.quantity, accuracy.reason) == ("failed", "accuracy", reason)
    assert (time.ruling, time.quantity, time.reason) == ("undecided", "training step", reason)


def test_where_nothing_ends_well_any_more_everything_fails() -> None:
    changes = compared(small_run(), small_run(accuracy=lambda *_: None))
    assert [check.ruling for check in check_all(changes, Gate(("accuracy",)))] == ["failed", "failed"]


def test_a_training_that_diverged_now_and_then_and_now_always_is_undecided() -> None:
    old = small_run(accuracy=lambda label, seed: None if (label, seed) == ("tanh", 0) else 0.9)
    new = small_run(accuracy=lambda label, _: None if label == "tanh" else 0.9)
    assert [check.ruling for check in only(compared(old, new), BOTH)] == ["undecided", "undecided"]
    assert only(compared(new, new), BOTH) == []  # OLD has nothing that could be lost


def test_an_activation_that_new_drops_is_undecided() -> None:
    old = small_run(latency_s={8: 1e-4})
    changes = compared(old, small_run(("relu", "placebo"), latency_s={8: 1e-4}))
    checks = only(changes, BOTH)
    assert [check.quantity for check in checks] == ["accuracy", "training step", "inference, batch size 8"]
    assert [check.kind for check in checks] == ["accuracy", "time", "time"]
    assert {(check.ruling, check.reason) for check in checks} == {("undecided", "is in OLD only")}
    assert [check.quantity for check in only(changes, Gate(("time",)))] == [
        "training step",
        "inference, batch size 8",
    ]
    assert only(compared(small_run(("relu", "placebo")), small_run()), BOTH) == []  # new, so nothing is lost


def test_an_activation_that_new_redefines_is_undecided() -> None:
    def run(slope: float) -> SyntheticRun:
        entry = {"name": "leaky_relu", "params": {"negative_slope": slope}, "label": "tanh"}
        return small_run(config={"activations": [entry]})

    reason = (
        "cannot be compared: it is leaky_relu, negative_slope 0.1 in OLD and "
        "leaky_relu, negative_slope 0.2 in NEW"
    )
    checks = only(compared(run(0.1), run(0.2)), BOTH)
    assert [(check.ruling, check.reason) for check in checks] == [("undecided", reason)] * 2


def test_a_time_that_new_drops_is_undecided() -> None:
    changes = compared(small_run(latency_s={8: 1e-4}), small_run())
    checks = {check.quantity: (check.ruling, check.reason) for check in only(changes, BOTH)}
    assert checks == {
        "accuracy": ("passed", ""),
        "training step": ("passed", ""),
        "inference, batch size 8": ("undecided", "is in OLD only"),
    }


def test_a_time_that_cannot_be_compared_is_undecided() -> None:
    new = with_timing(small_run(latency_s={8: 1e-4}), "22222222", slices_per_epoch=1)
    records = [record.model_copy(update={"slices_per_epoch": 1}) for record in new.records]
    changes = compared(small_run(latency_s={8: 1e-4}), SyntheticRun(new.info, records))
    rulings = {check.quantity: check for check in only(changes, Gate(("time",)))}
    assert rulings["inference, batch size 8"].ruling == "passed"
    assert rulings["training step"].ruling == "undecided"
    assert rulings["training step"].reason.startswith("cannot be compared: slices_per_epoch differs")
    assert rulings["training step"].setting == "22222222"


def test_a_setting_that_new_drops_is_undecided() -> None:
    dropped = with_training(small_run(), "b", epochs=9)
    changes = compared(joined(with_timing(small_run(), "a"), dropped), with_timing(small_run(), "a"))
    found = [(check.setting, check.activation, check.ruling) for check in check_all(changes, BOTH)]
    assert [entry for entry in found if entry[2] != "passed"] == [
        ("b", label, "undecided") for label in ("relu", "relu", "tanh", "tanh")
    ]


def test_a_setting_of_other_data_is_undecided_with_the_reason() -> None:
    new = with_timing(small_run(), "b", inference_rounds=9)
    data = new.info.dataset["b"].model_copy(update={"sha256": "c" * 64})
    info = new.info.model_copy(update={"dataset": {"b": data}})
    checks = check_all(compared(small_run(), SyntheticRun(info, new.records)), BOTH)
    assert {check.ruling for check in checks} == {"undecided"}
    assert all(
        check.reason.startswith("cannot be compared: the data of mnist has another hash") for check in checks
    )


def test_a_setting_that_new_has_not_begun_is_undecided() -> None:
    begun, other = with_timing(small_run(), "a"), with_training(small_run(), "b", epochs=9)
    planned = joined(begun, other)
    checks = check_all(compared(planned, SyntheticRun(planned.info, begun.records)), BOTH)
    reasons = {check.setting: (check.ruling, check.reason) for check in checks}
    assert reasons == {"a": ("passed", ""), "b": ("undecided", "is not measured in NEW")}


def test_times_of_another_machine_are_refused_not_undecided() -> None:
    changes = compared(small_run(), small_run(environment=make_environment(cores=4)))
    assert check_all(changes, Gate(("time",))) == ()


def test_what_fails_among_the_survivors_fails() -> None:
    [check] = only(diverging(1, accuracy=0.8), Gate(("accuracy",)))
    assert (check.ruling, check.reason) == ("failed", "")
