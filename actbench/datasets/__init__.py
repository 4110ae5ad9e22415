"""The datasets: what is known of each without loading it, and the way to load one.

The registry is free of NumPy, so that checking a config stays quick; the rest is imported on first use.
"""

from typing import TYPE_CHECKING

from actbench.datasets.formats import format_of
from actbench.datasets.registry import DATASETS, ONLY_TARGET, DatasetSource
from actbench.datasets.wanted import Wanted
from actbench.lazy import loader

if TYPE_CHECKING:
    from actbench.datasets.dataset import Dataset, Target, describe, prepare
    from actbench.datasets.raw import TargetKind
    from actbench.datasets.reading import sha256_of_own

__all__ = [
    "DATASETS",
    "ONLY_TARGET",
    "Dataset",
    "DatasetSource",
    "Target",
    "TargetKind",
    "Wanted",
    "describe",
    "format_of",
    "prepare",
    "sha256_of_own",
]

__getattr__ = loader(
    __name__,
    {
        "Dataset": "actbench.datasets.dataset",
        "Target": "actbench.datasets.dataset",
        "TargetKind": "actbench.datasets.raw",
        "describe": "actbench.datasets.dataset",
        "prepare": "actbench.datasets.dataset",
        "sha256_of_own": "actbench.datasets.reading",
    },
)
