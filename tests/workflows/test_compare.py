import pytest

from actbench.analysis.comparison.changes import Changes
from actbench.analysis.comparison.gate import Gate, check_all
from actbench.errors import ActbenchError
from actbench.records.run import TargetInfo
from actbench.workflows.compare import comparison_error
from tests.analysis.comparison.two_runs import LABELS, compared, joined, small_run, with_timing, with_training
from tests.factories import SyntheticRun, make_environment

ELSEWHERE = {"environment": make_environment(cores=4)}


def ending(changes: Changes, *fail_on: str, strict: bool = False) -> tuple[int, str]:
    """Exit code and message."""
    gate = Gate(fail_on, strict=strict)  # type: ignore[arg-type]
    error: ActbenchError | None = comparison_error(changes, gate, check_all(changes, gate))
    return (0, "") if error is None else (error.exit_code, str(error))


def worse(label: str, seed: int) -> float:
    return 0.85 + 0.0011 * seed


def diverging(label: str, seed: int) -> float | None:
    return None if label == "tanh" and seed == 0 else 0.9 + 0.001 * seed


def lost(label: str, seed: int) -> float | None:
    return None if label == "tanh" else 0.9 + 0.001 * seed


def test_what_is_not_there_is_called_by_its_name() -> None:
    def numbers(run: SyntheticRun) -> SyntheticRun:
        targets = (TargetInfo(name="bmi", classes=None),)
        dataset = {
            key: each.model_copy(update={"targets": targets}) for key, each in run.info.dataset.items()
        }
        return SyntheticRun(run.info.model_copy(update={"dataset": dataset}), run.records)

    elsewhere = with_training(small_run(**ELSEWHERE), "22222222", epochs=9)
    assert ending(compared(numbers(small_run()), numbers(elsewhere))) == (
        5, "there is nothing to compare: no R² and no time that both runs have measured",
    )  # fmt: skip


def of(**new: object) -> Changes:
    return compared(small_run(), small_run(**new))  # type: ignore[arg-type]


def disjoint() -> Changes:
    return compared(small_run(), with_training(small_run(**ELSEWHERE), "22222222", epochs=9))


def other_engine(**options: object) -> Changes:
    new = with_timing(small_run(), "22222222", engine="keras")
    return compared(small_run(), new, **options)


def other_slices() -> Changes:
    new = with_timing(small_run(), "22222222", slices_per_epoch=1)
    records = [record.model_copy(update={"slices_per_epoch": 1}) for record in new.records]
    return compared(small_run(), SyntheticRun(new.info, records))


@pytest.mark.parametrize(
    ("changes", "fail_on", "strict", "code"),
    [
        (of(), (), False, 0),
        (of(), ("accuracy", "time"), True, 0),
        (of(slowdown={"tanh": 2.0}), (), False, 0),
        (of(slowdown={"tanh": 2.0}), ("accuracy",), False, 0),
        (of(slowdown={"tanh": 2.0}), ("time",), False, 1),
        (of(accuracy=worse), ("time",), False, 0),
        (of(accuracy=worse), ("accuracy", "time"), False, 1),
        (of(slowdown={"tanh": 1.05}), ("time",), False, 0),
        (of(slowdown={"tanh": 1.05}), ("time",), True, 3),
        (of(slowdown={"tanh": 1.05, "relu": 2.0}), ("time",), True, 1),
        (of(accuracy=diverging), ("accuracy",), False, 0),
        (of(accuracy=diverging), ("accuracy",), True, 3),
        (of(**ELSEWHERE), (), False, 4),
        (of(**ELSEWHERE), ("time",), False, 4),
        (of(**ELSEWHERE), ("accuracy", "time"), False, 4),
        (of(**ELSEWHERE), ("accuracy",), True, 0),
        (of(accuracy=worse, **ELSEWHERE), ("accuracy", "time"), True, 1),
        (of(accuracy=diverging, **ELSEWHERE), ("accuracy", "time"), True, 4),
        (other_engine(), (), False, 4),
        (other_engine(), ("time",), False, 4),
        (other_engine(), ("accuracy",), True, 0),
        (other_engine(accept_environment=True), ("accuracy", "time"), True, 0),
        (of(labels=("relu", "placebo")), (), False, 0),
        (of(labels=("relu", "placebo")), ("accuracy", "time"), False, 0),
        (of(labels=("relu", "placebo")), ("accuracy", "time"), True, 3),
        (of(accuracy=lost), (), False, 0),
        (of(accuracy=lost), ("time",), False, 0),
        (of(accuracy=lost), ("time",), True, 3),
        (of(accuracy=lost), ("accuracy", "time"), False, 1),
        (of(accuracy=lambda *_: None), ("accuracy",), False, 1),
        (of(accuracy=lambda *_: None), ("time",), False, 5),
        (of(accuracy=lambda *_: None), (), False, 5),
        (disjoint(), (), False, 5),
        (disjoint(), ("accuracy",), False, 5),
        (disjoint(), ("time",), True, 5),
        (other_slices(), (), False, 0),
        (other_slices(), ("accuracy",), True, 0),
        (other_slices(), ("time",), False, 5),
        (other_slices(), ("accuracy", "time"), False, 5),
    ],
)
def test_exit_codes(changes: Changes, fail_on: tuple[str, ...], strict: bool, code: int) -> None:
    assert ending(changes, *fail_on, strict=strict)[0] == code


def test_the_message_names_what_failed_which_limit() -> None:
    code, message = ending(of(slowdown={"tanh": 2.0}, accuracy=worse), "accuracy", "time")
    assert code == 1
    first, *lines = message.splitlines()
    assert first == "NEW is beyond 3 limits:"
    assert [line.split(" [")[0] for line in lines] == [
        "  relu: accuracy -4.98",
        "  tanh: accuracy -4.98",
        "  tanh: training step 2.000",
    ]
    assert lines[0].endswith("is beyond -0.10 (setting 11111111)")
    assert lines[2].endswith("is beyond 1.050 (setting 11111111)")


def test_the_message_names_what_cannot_be_told() -> None:
    _, message = ending(of(slowdown={"tanh": 1.05}), "time", strict=True)
    first, line = message.splitlines()
    assert first == "it cannot be told whether NEW keeps 1 limit:"
    assert line.startswith("  tanh: training step 1.050 [")
    assert line.endswith("may be on either side of 1.050 (setting 11111111)")


def test_the_message_names_what_is_lost() -> None:
    _, message = ending(of(accuracy=lost), "accuracy")
    assert message.splitlines() == [
        "NEW is beyond 1 limit:",
        "  tanh: accuracy diverged 0 of 6 in OLD, 6 of 6 in NEW (setting 11111111)",
    ]
    _, message = ending(of(labels=("relu", "placebo")), "time", strict=True)
    assert message.splitlines() == [
        "it cannot be told whether NEW keeps 1 limit:",
        "  tanh: training step is in OLD only (setting 11111111)",
    ]


def test_another_machine_is_named_with_the_ways_out() -> None:
    _, message = ending(of(**ELSEWHERE))
    assert "cores 2 and 4" in message
    assert "`accept_environment`" in message
    assert "`fail_on` accuracy" in message


def test_one_activation_that_fails_in_one_of_several_settings_is_enough() -> None:
    other = with_training(small_run(), "22222222", epochs=9)
    slow = with_training(small_run(slowdown={"tanh": 2.0}), "22222222", epochs=9)
    code, message = ending(compared(joined(small_run(), other), joined(small_run(), slow)), "time")
    assert code == 1
    assert "(setting 22222222)" in message
    assert "11111111" not in message


def test_no_label_in_common_is_nothing_in_common() -> None:
    changes = compared(small_run(LABELS), small_run(("elu", "gelu"), baseline="elu", placebo=None))
    assert ending(changes) == (
        5, "there is nothing to compare: no accuracy and no time that both runs have measured",
    )  # fmt: skip


def test_a_setting_of_several_is_called_by_what_varies() -> None:
    def named(run: SyntheticRun) -> SyntheticRun:
        settings = tuple(
            setting.model_copy(update={"varied": {"train.epochs": epochs}})
            for setting, epochs in zip(run.info.settings, (3, 9), strict=True)
        )
        return SyntheticRun(run.info.model_copy(update={"settings": settings}), run.records)

    old = joined(small_run(), with_training(small_run(), "22222222", epochs=9))
    new = joined(small_run(), with_training(small_run(slowdown={"tanh": 2.0}), "22222222", epochs=9))
    _, message = ending(compared(named(old), named(new)), "time")
    assert "(setting epochs 9)" in message
    assert "22222222" not in message
