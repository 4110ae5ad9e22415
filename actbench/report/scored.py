"""How scores and metrics are shown: accuracies in percent, R² and what has its own unit as plain numbers."""

from dataclasses import dataclass

from actbench.metric_names import ScoreName, measured, score_in_words
from actbench.records import DatasetInfo
from actbench.report.numbers import Kind, format_value


@dataclass(frozen=True)
class Shown:
    """A quantity in tables.

    Attributes:
        name: In words.
        kind: How its figures are shown.
        difference: How a difference of two is.
    """

    name: str
    kind: Kind
    difference: Kind

    @property
    def percent(self) -> bool:
        """Whether it is in percent, and a difference in points."""
        return self.kind == "percent"

    def value(self, figure: float) -> str:
        """A figure in a sentence."""
        return f"{format_value(figure, self.kind)}{' %' if self.percent else ''}"

    @property
    def title(self) -> str:
        """The name with its unit."""
        return f"{self.name} %" if self.percent else self.name

    @property
    def difference_title(self) -> str:
        """Of the column of differences."""
        return "difference, points" if self.percent else "difference"

    @property
    def unit(self) -> str:
        """Behind a difference in a sentence, such as " points"."""
        return " points" if self.percent else ""


def shown_score(name: ScoreName) -> Shown:
    """The score of a setting."""
    return _share(score_in_words(name)) if name == "accuracy" else _fitted(score_in_words(name))


def shown_metric(name: str, dataset: DatasetInfo) -> Shown:
    """Another metric of the contract.

    Args:
        name: As in `figures.Metric`.
        dataset: Whose targets it may be of.
    """
    if name == "test_loss" and dataset.in_nats:
        return Shown("test loss, 0.001 nats", "thousandths", "signed thousandths")
    if name in _OTHERS:
        return _OTHERS[name]
    if name == f"train_{dataset.score_name}":
        return _named(shown_score(dataset.score_name), "train")
    target, metric = measured(name, dataset.targets)
    shown = {
        "accuracy": _share("accuracy"),
        "top5_accuracy": _share("top-5 accuracy"),
        "r2": _fitted("R²"),
    }.get(metric, Shown(metric.upper(), "significant", "signed significant"))
    return _named(shown, f"{target}: test" if target else "test")


def _named(shown: Shown, before: str) -> Shown:
    return Shown(f"{before} {shown.name}", shown.kind, shown.difference)


def _share(name: str) -> Shown:
    return Shown(name, "percent", "points")


def _fitted(name: str) -> Shown:
    return Shown(name, "score", "signed score")


_OTHERS: dict[str, Shown] = {
    "test_loss": Shown("test loss", "significant", "signed significant"),
    "epochs_trained": Shown("epochs trained", "decimal", "signed decimal"),
    "epochs_to_target": Shown("epochs to target", "decimal", "signed decimal"),
    "seconds_to_target": Shown("seconds to target", "seconds", "ratio"),
}
