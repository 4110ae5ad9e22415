import math
from itertools import pairwise

import numpy as np

from actbench.datasets.dataset import Dataset, Target
from actbench.engine.evaluation import HeadPredictions, Task
from actbench.engine.protocols import Sums
from actbench.metrics.objectives import Objective
from actbench.metrics.regression import total_squares
from actbench.records.run import DatasetInfo
from tests.blocks import setting

NUMBER = Objective("y", None, "mse")


def column(values):
    return np.array(values, dtype=np.float32)


def metrics_of(objective, y, output):
    measured = HeadPredictions.of(objective, y, output).measure()
    return {metric.name: value for metric, value in measured.items()}


def data(*targets, rows=(4, 2, 2)):
    info = DatasetInfo(
        name="tiny",
        sha256="",
        train=rows[0],
        validation=rows[1],
        test=rows[2],
        split_rule="",
        split_sha256="",
    )
    bounds = np.cumsum([0, *rows])
    parts = [range(start, stop) for start, stop in pairwise(bounds.tolist())]
    return Dataset(np.zeros((bounds[-1], 1), np.float32), targets, *parts, info)


class TestNumbers:
    def test_errors_of_a_known_case(self):
        head = HeadPredictions.of(NUMBER, column([1, 2, 3, 6]), column([[1], [2], [3], [2]]))
        found = {metric.name: value for metric, value in head.measure().items()}
        assert found == {"r2": 1 - 16 / 14, "rmse": 2.0, "mae": 1.0}
        assert next(iter(found)) == "r2"  # the score
        assert head.correct is None

    def test_the_mean_explains_nothing_and_worse_is_below_zero(self):
        y = column([1, 2, 3])
        assert metrics_of(NUMBER, y, np.full((3, 1), 2, np.float32))["r2"] == 0.0
        assert metrics_of(NUMBER, y, np.full((3, 1), 1000, np.float32))["r2"] < -1e5

    def test_a_large_offset_costs_no_digits(self):
        """In single precision, or by a difference of sums of squares, nothing would be left."""
        spread = np.array([-1, 0, 1, 0], dtype=np.float64)
        y = (1e6 + spread).astype(np.float32)
        assert total_squares(np, y.astype(np.float64)) == 2.0
        assert metrics_of(NUMBER, y, (y + column([0.5, 0, 0, 0]))[:, np.newaxis])["r2"] == 1 - 0.25 / 2

    def test_errors_beyond_single_precision_stay_finite(self):
        found = metrics_of(NUMBER, column([0, 1]), column([[3e38], [0]]))
        assert all(math.isfinite(value) for value in found.values())


class TestClasses:
    def test_top_5_only_where_there_are_more(self):
        five, six = (Objective("y", classes, "sparse_categorical_crossentropy") for classes in (5, 6))
        assert list(metrics_of(five, *one_hot(5))) == ["accuracy"]
        assert list(metrics_of(six, *one_hot(6))) == ["accuracy", "top5_accuracy"]

    def test_five_larger_logits_are_one_too_many(self):
        logits = np.array([[9, 8, 7, 6, 5, 4], [9, 8, 7, 6, 4, 5]], dtype=np.float32)
        objective = Objective("y", 6, "sparse_categorical_crossentropy")
        y = np.array([5, 5], dtype=np.int32)
        assert metrics_of(objective, y, logits) == {"accuracy": 0.0, "top5_accuracy": 0.5}
        np.testing.assert_array_equal(HeadPredictions.of(objective, y, logits).correct, [False, False])

    def test_a_single_logit_is_right_on_its_side_of_zero(self):
        y = np.array([0, 1, 0, 1], dtype=np.int32)
        head = HeadPredictions.of(Objective("y", 2, "binary_crossentropy"), y, column([[-1], [2], [0], [0]]))
        np.testing.assert_array_equal(head.correct, [True, True, True, False])
        np.testing.assert_array_equal(head.logits, [[0, -1], [0, 2], [0, 0], [0, 0]])
        assert metrics_of(Objective("y", 2, "binary_crossentropy"), y, head.logits[:, 1:]) == {
            "accuracy": 0.75
        }


def one_hot(classes):
    return np.arange(classes, dtype=np.int32), np.eye(classes, dtype=np.float32)


def test_the_score_of_a_training_is_over_all_its_slices():
    y = column([0, 2, 4, 6, 1, 2, 1, 2])
    task = Task(setting(), data(Target("y", y, None)))
    sums = Sums(1.0, (3.0,), 2) + Sums(2.0, (2.0,), 2)
    assert task.train_score(sums) == 1 - 5 / 20
    assert task.train_score(Sums(1.0, (math.inf,), 4)) is None
    classes = Task(setting(), data(Target("y", np.arange(8, dtype=np.int32) % 2, 2)))
    assert classes.train_score(Sums(1.0, (3,), 4)) == 0.75


def test_several_targets_have_the_mean_as_score_and_metrics_by_name():
    y = column([0, 2, 4, 6, 1, 2, 1, 3])
    side = np.array([0, 1, 0, 1, 0, 1, 0, 1], dtype=np.int32)
    task = Task(setting(), data(Target("y", y, None), Target("side", side, 2)))
    outputs = [column([[1], [2]]), column([[1, 0], [1, 0]])]
    found = task.evaluate(range(6, 8), 0.5, outputs)
    assert found.metrics == {
        "y_r2": 0.5,
        "y_rmse": math.sqrt(0.5),
        "y_mae": 0.5,
        "side_accuracy": 0.5,
    }
    assert (found.loss, found.score, found.correct) == (0.5, 0.5, None)
