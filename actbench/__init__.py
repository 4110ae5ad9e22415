"""actbench: benchmarks of activation functions with paired seeds, interleaved timing and honest error bars.

Names are loaded when they are first used, so that `import actbench` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from actbench.errors import (
    ActbenchError,
    CellsFailedError,
    ConfigError,
    DataError,
    EnvironmentMismatchError,
    NothingMeasuredError,
    StoreError,
    WorkerError,
)

if TYPE_CHECKING:
    from actbench.api import Run, load, run
    from actbench.config.loader import load_config
    from actbench.config.schema.bench import BenchConfig

__all__ = [
    "ActbenchError",
    "BenchConfig",
    "CellsFailedError",
    "ConfigError",
    "DataError",
    "EnvironmentMismatchError",
    "NothingMeasuredError",
    "Run",
    "StoreError",
    "WorkerError",
    "load",
    "load_config",
    "run",
]

_LAZY = {
    "BenchConfig": "actbench.config.schema.bench",
    "Run": "actbench.api",
    "load": "actbench.api",
    "load_config": "actbench.config.loader",
    "run": "actbench.api",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    """List the public names, whether they are loaded or not."""
    return sorted(__all__)
