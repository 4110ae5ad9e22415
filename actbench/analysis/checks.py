"""What a setting says about its own times: their noise, and whether they are as well known as asked."""

from dataclasses import dataclass

from actbench.analysis.intervals import CONFIDENCE, Interval


@dataclass(frozen=True)
class PlaceboCheck:
    """What the second copy of the baseline says about the run: any difference it shows is noise.

    Attributes:
        score_equal: Whether its score is exactly the baseline's in every block, both having
            diverged counting as equal; None where they did in all of them.
        diverged: Blocks in which both diverged.
        train_time_ratio: Its training time over the baseline's.
        inference: Its latency over the baseline's, by batch size.
    """

    score_equal: bool | None
    diverged: int
    train_time_ratio: Interval | None
    inference: dict[int, Interval | None]

    @property
    def tested(self) -> dict[str, Interval]:
        """The time ratios that have an interval, by their CSV names ("inference_128_time_ratio")."""
        ratios = {"train_time_ratio": self.train_time_ratio}
        ratios |= {f"inference_{size}_time_ratio": ratio for size, ratio in self.inference.items()}
        return {name: ratio for name, ratio in ratios.items() if ratio is not None and ratio.bounded}

    @property
    def flagged(self) -> dict[str, Interval]:
        """Those of them whose interval excludes 1."""
        return {name: ratio for name, ratio in self.tested.items() if ratio.excludes(1.0)}

    @property
    def chance(self) -> float:
        """How likely at least one is flagged where nothing but chance is at work, were they independent."""
        return 1.0 - CONFIDENCE ** len(self.tested)


@dataclass(frozen=True)
class TimingTarget:
    """How far the timing-only rounds of a setting have come.

    Attributes:
        target_ci: Half-width asked for of every time ratio's interval, relative, as in the config.
        met: Ratios to the config's baseline, of training and inference, that are known as well as that.
        ratios: How many there are, the placebo's included.
        unknown: Those of them without an interval, which have not met it.
        widest: Largest half-width of those with one; None without any.
    """

    target_ci: float
    met: int
    ratios: int
    unknown: int
    widest: float | None
