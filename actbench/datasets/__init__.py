"""The datasets: what is known of each without loading it, and the way to load one.

The registry is free of NumPy, so that checking a config stays quick; the rest is imported on first use.
"""

from typing import TYPE_CHECKING, Any

from actbench.datasets.registry import DATASETS, DatasetSource

if TYPE_CHECKING:
    from actbench.datasets.dataset import Dataset, Target, describe, prepare
    from actbench.datasets.raw import RawData, load

__all__ = ["DATASETS", "Dataset", "DatasetSource", "RawData", "Target", "describe", "load", "prepare"]

_LAZY = {
    "Dataset": "actbench.datasets.dataset",
    "Target": "actbench.datasets.dataset",
    "describe": "actbench.datasets.dataset",
    "prepare": "actbench.datasets.dataset",
    "RawData": "actbench.datasets.raw",
    "load": "actbench.datasets.raw",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY[name]), name)
