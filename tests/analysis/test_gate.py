import pytest

from actbench.analysis.changes import Changes
from actbench.analysis.gate import Check, Gate, check_all
from tests.two_runs import compared, small_run


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


@pytest.mark.parametrize("seeds", [1, 6])
def test_accuracies_of_the_survivors_alone_decide_nothing(seeds: int) -> None:
    [check] = only(diverging(seeds), Gate(("accuracy",)))
    assert check.ruling == "undecided"
    assert check.reason == f"diverged 0 of 6 in OLD, {seeds} of 6 in NEW"


def test_what_fails_among_the_survivors_fails() -> None:
    [check] = only(diverging(1, accuracy=0.8), Gate(("accuracy",)))
    assert (check.ruling, check.reason) == ("failed", "")
