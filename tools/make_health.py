"""Script that makes configs/health.csv, the table of configs/health.yaml: the same invented people each time.

    python tools/make_health.py

Nobody was measured. Body mass index and life expectancy follow from the other columns by the formulas below,
with noise. They have curves, an interaction and outliers, so that a network has something to find.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

Values = npt.NDArray[np.float64]

ROWS = 4000
DEFAULT_OUTPUT = Path(__file__).parent.parent / "configs" / "health.csv"


class Draws:
    """A source of random columns, made of raw words of PCG64, which NumPy keeps the same across versions."""

    def __init__(self, rows: int) -> None:
        self._bits = np.random.PCG64(20260101)
        self._rows = rows

    def uniform(self, low: float, high: float) -> Values:
        """Return uniform numbers between the two, shape (rows,)."""
        words = np.asarray(self._bits.random_raw(self._rows), dtype=np.uint64)
        return low + (high - low) * ((words >> np.uint64(11)) + 0.5) / 2.0**53

    def normal(self, mean: float, deviation: float) -> Values:
        """Return normal numbers, shape (rows,)."""
        return mean + deviation * ndtri(self.uniform(0.0, 1.0))

    def one_of(self, categories: tuple[str, ...]) -> npt.NDArray[np.str_]:
        """Return categories, each with the same probability, shape (rows,)."""
        return np.array(categories)[self.uniform(0.0, len(categories)).astype(int)]


def make_table(rows: int = ROWS) -> pd.DataFrame:
    """Return the invented people, one per row; the last two columns are the targets."""
    draws = Draws(rows)
    age = draws.uniform(18, 90)
    sex = draws.one_of(("female", "male"))
    height_cm = draws.normal(165, 7) + np.where(sex == "male", 12, 0)
    exercise_h = np.maximum(draws.normal(3, 2.5), 0)
    sleep_h = draws.normal(7.2, 1.1)
    smoker = np.where(draws.uniform(0, 1) < 0.22, "yes", "no")
    drinks = np.maximum(draws.normal(4, 5), 0)
    diet = draws.one_of(("mixed", "plant_based", "fast_food"))
    systolic = draws.normal(112, 10) + 0.35 * (age - 40) + np.where(smoker == "yes", 6, 0)
    bmi = (
        23
        + 4 * np.sin((age - 18) / 72 * np.pi)
        + np.select([diet == "fast_food", diet == "plant_based"], [3.5, -1.5], 0)
        - 2.5 * np.tanh(exercise_h / 3)
        + 0.8 * (sleep_h - 7.5) ** 2
        + draws.normal(0, 1.2)
    )
    life_expectancy = (
        84
        + np.where(sex == "female", 3, 0)
        - np.where(smoker == "yes", 4 + 0.4 * drinks, 0)  # an interaction with drinking
        - 0.12 * np.maximum(bmi - 25, 0) ** 2
        - 0.08 * np.maximum(systolic - 130, 0)
        + 2 * np.tanh(exercise_h / 3)
        + draws.normal(0, 1.5)
        # accidents: outliers, to which the huber loss gives little weight
        - np.where(draws.uniform(0, 1) < 0.03, draws.uniform(10, 25), 0)
    )
    return pd.DataFrame(
        {
            "age": age.round(0).astype(int),
            "sex": sex,
            "height_cm": height_cm.round(0).astype(int),
            "exercise_h_per_week": exercise_h.round(1),
            "sleep_h": sleep_h.round(1),
            "smoker": smoker,
            "drinks_per_week": drinks.round(0).astype(int),
            "diet": diet,
            "systolic_mmhg": systolic.round(0).astype(int),
            "bmi": bmi.round(1),
            "life_expectancy": life_expectancy.round(1),
        }
    )


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description="Make the table of configs/health.yaml.")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT)
    output: Path = parser.parse_args().output
    make_table().to_csv(output, index=False, lineterminator="\n")
    print(f"{output}: {output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
