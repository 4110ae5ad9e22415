import pytest

from actbench.errors import DataError
from actbench.metrics.classification import TOP5_ACCURACY
from actbench.metrics.registry import metric_name_clash, parse_metric_name, score_name
from actbench.metrics.regression import RMSE
from actbench.records.run import TargetInfo

LABEL = TargetInfo(name="label", classes=10)
BMI = TargetInfo(name="bmi", classes=None)


def test_the_score_is_that_of_the_only_target_or_a_mean() -> None:
    names = [score_name(targets) for targets in ([], [LABEL], [BMI], [BMI, LABEL])]
    assert names == ["accuracy", "accuracy", "r2", "score"]


def test_a_metric_is_known_behind_the_name_of_a_target() -> None:
    assert parse_metric_name("top5_accuracy", [LABEL]) == ("", TOP5_ACCURACY)
    assert parse_metric_name("label_top5_accuracy", [BMI, LABEL]) == ("label", TOP5_ACCURACY)
    assert parse_metric_name("bmi_rmse", [BMI, LABEL]) == ("bmi", RMSE)
    for targets in ([BMI], [BMI, LABEL]):
        with pytest.raises(DataError, match="label_mae, which is no metric"):
            parse_metric_name("label_mae", targets)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"a": 10, "a_top5": 2}, "the targets a and a_top5 would both have a metric called a_top5_accuracy"),
        ({"top5": 2, "b": 2}, "top5 would have a metric called top5_accuracy"),
        ({"b": 2, "train": None}, "train would have a metric called train_r2"),
        ({"a": 2, "a_top5": 2}, ""),
        ({"top5": None, "b": 2}, ""),
        ({"train": 2}, ""),
    ],
)
def test_targets_whose_metrics_would_have_one_name_are_told(
    targets: dict[str, int | None], message: str
) -> None:
    found = metric_name_clash([TargetInfo(name=name, classes=classes) for name, classes in targets.items()])
    assert message in found
    assert bool(message) == bool(found)
