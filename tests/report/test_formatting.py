import pytest

from actbench.report.formatting import (
    FigureKind,
    Value,
    format_duration,
    format_two_digits,
    format_value,
    latency_kind,
    metric_format,
)
from actbench.stats.intervals import Interval
from tests.factories import make_info


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (None, "ratio", "-"),
        ("baseline", "ratio", "baseline"),
        ("relu", "text", "relu"),
        (1000, "count", "1,000"),
        (Interval(0.97882, 0.97811, 0.97949), "percent", "97.88 [97.81, 97.95]"),
        (Interval(1.0, 1.0, 1.0), "percent", "100.00 [100.00, 100.00]"),
        (Interval(0.97882, None, None), "percent", "97.88"),
        (Interval(0.0012, -0.0003, 0.0027), "points", "+0.12 [-0.03, +0.27]"),
        (Interval(-0.00001, -0.00001, 0.0), "points", "+0.00 [+0.00, +0.00]"),
        (Interval(1.0341, 1.0294, 1.0402), "ratio", "1.034 [1.029, 1.040]"),
        (Interval(0.25411, 0.25249, 0.2561), "seconds", "0.254 [0.252, 0.256]"),
        (Interval(9.994, 9.8, 10.2), "seconds", "9.99 [9.80, 10.20]"),
        (Interval(9.996, 9.8, 10.2), "seconds", "10.0 [9.8, 10.2]"),
        (Interval(0.9996, 0.9, 1.1), "seconds", "1.00 [0.90, 1.10]"),
        (1234.5, "seconds", "1,234"),
        (0.0, "seconds", "0.00"),
        (0.00012345, "microseconds", "123"),
        (0.0012345, "milliseconds", "1.23"),
        (1_561_234.5, "thousands", "1,561"),
        (561_234.5, "thousands", "561"),
        (9_999.0, "thousands", "10.0"),
        (12.345, "thousands", "0.0123"),
        (Interval(0.8254, 0.8051, 0.8453), "score", "0.825 [0.805, 0.845]"),
        (Interval(-3130.8, -14390.3, 8128.7), "score", "-3,131 [-14,390, 8,129]"),
        (Interval(0.5, -23.456, 24.5), "score", "0.50 [-23.46, 24.50]"),
        (Interval(-3130.8, -14390.3, 8128.7), "signed score", "-3,131 [-14,390, +8,129]"),
        (123456.7, "score", "1.235e+05"),
        (Interval(1.3, 0.0, 2e8), "ratio", "1.300 [0.000, 2e8]"),
        (Interval(3.085e25, 0.0, 1.535e26), "thousandths", "3.08e28 [0.0, 1.53e29]"),
        (Interval(3.085e25, -1e24, 1.535e26), "signed thousandths", "+3.08e28 [-1.00e27, +1.53e29]"),
    ],
)
def test_format_value(value: Value, kind: FigureKind, shown: str) -> None:
    assert format_value(value, kind) == shown


@pytest.mark.parametrize(
    ("seconds", "kind"),
    [(0.00099, "microseconds"), (0.001, "milliseconds"), (0.99, "milliseconds"), (1.0, "seconds")],
)
def test_latency_kind(seconds: float, kind: FigureKind) -> None:
    assert latency_kind(seconds) == kind


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (245, "4:05"), (3600, "1:00:00"), (7384, "2:03:04")]
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.53, "0.53"), (8.1e-6, "8.1e-6"), (12_345, "1.2e4"), (0.0, "0"), (-0.02, "-0.02"), (1e-10, "1e-10")],
)
def test_two_digits(value: float, text: str) -> None:
    assert format_two_digits(value) == text


@pytest.mark.parametrize(
    ("targets", "name", "title"),
    [
        ({"bmi": None}, "rmse", "test RMSE"),
        ({"my_bmi": None, "train": 2}, "my_bmi_r2", "my_bmi: test R²"),
        ({"my_bmi": None, "train": 2}, "train_accuracy", "train: test accuracy %"),
        ({"my_bmi": None, "train": 2}, "train_score", "train score"),
        ({"a": 10, "b": 2}, "a_top5_accuracy", "a: test top-5 accuracy %"),
        ({"a_top5": 2, "b": 2}, "a_top5_accuracy", "a_top5: test accuracy %"),
        ({"top5": 2, "b": 2}, "top5_accuracy", "top5: test accuracy %"),
    ],
)
def test_names_of_metrics_say_of_which_target(targets: dict[str, int | None], name: str, title: str) -> None:
    [dataset] = make_info(targets=targets).dataset.values()
    assert metric_format(name, dataset).title == title
