from collections.abc import Mapping
from typing import Any

import pytest

from actbench.config.schema.train import TargetConfig
from actbench.errors import DataError
from actbench.metrics.objectives import Objective, resolve_objectives
from actbench.records.run import TargetInfo

LABEL = TargetInfo(name="label", classes=10)
SIDE = TargetInfo(name="side", classes=2)
BMI = TargetInfo(name="bmi", classes=None)
AGE = TargetInfo(name="age", classes=None)


def asked(**targets: Mapping[str, Any]) -> dict[str, TargetConfig]:
    return {name: TargetConfig.model_validate(entry) for name, entry in targets.items()}


def test_without_a_word_each_target_gets_the_loss_of_its_kind() -> None:
    assert resolve_objectives([LABEL, BMI], None, {}) == (
        Objective("label", 10, "sparse_categorical_crossentropy"),
        Objective("bmi", None, "mse"),
    )


def test_losses_and_weights_are_as_asked_in_the_order_of_the_data() -> None:
    wanted = asked(age={"loss": "huber", "weight": 0.8}, bmi={})
    assert resolve_objectives([BMI, AGE], None, wanted) == (
        Objective("bmi", None, "mse", 1.0),
        Objective("age", None, "huber", 0.8),
    )


def test_a_weight_of_the_only_target_may_be_1() -> None:
    [objective] = resolve_objectives([BMI], None, asked(bmi={"weight": 1.0, "loss": "mae"}))
    assert objective == Objective("bmi", None, "mae")


def test_a_head_is_as_wide_as_its_loss_needs() -> None:
    of_loss = {
        loss: resolve_objectives([SIDE], loss, {})[0].units
        for loss in (None, "sparse_categorical_crossentropy", "binary_crossentropy")
    }
    assert list(of_loss.values()) == [2, 2, 1]
    assert resolve_objectives([BMI], "mae", {})[0].units == 1


@pytest.mark.parametrize(
    ("targets", "loss", "wanted", "message"),
    [
        (
            [BMI],
            "binary_crossentropy",
            {},
            "train.loss: binary_crossentropy is for two classes, and the target is a number; "
            "allowed: mse, mae, huber (bmi)",
        ),
        (
            [LABEL],
            "binary_crossentropy",
            {},
            "train.loss: binary_crossentropy is for two classes, and the target is 10 classes; "
            "allowed: sparse_categorical_crossentropy (label)",
        ),
        (
            [SIDE],
            "mse",
            {},
            "train.loss: mse is for a number, and the target is 2 classes; "
            "allowed: sparse_categorical_crossentropy, binary_crossentropy (side)",
        ),
        (
            [BMI, AGE],
            "mse",
            {},
            "train.loss: mse cannot be the loss of 2 targets; write one for each under targets, such as "
            "targets: {bmi: {loss: mse}}",
        ),
        (
            [BMI, AGE],
            None,
            {"bim": {}, "age": {"loss": "binary_crossentropy"}},
            "targets.bim: the data has no target 'bim'; allowed: bmi, age; did you mean 'bmi'?\n"
            "targets.age.loss: binary_crossentropy is for two classes, and the target is a number; "
            "allowed: mse, mae, huber (age)",
        ),
        (
            [LABEL],
            None,
            {"label": {"weight": 3.0}},
            "targets.label.weight: 3 of the only target would do no more than scale its loss; "
            "use 1, or remove the weight",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    targets: list[TargetInfo], loss: Any, wanted: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError) as refused:
        resolve_objectives(targets, loss, asked(**wanted))
    assert str(refused.value) == message
