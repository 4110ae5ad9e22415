"""actbench: benchmarks of activation functions with paired seeds, interleaved timing and honest error bars.

    import actbench

    run = actbench.run("configs/mnist.yaml")
    run.accuracy

Nothing is loaded before it is used: `import actbench` takes no time, and TensorFlow stays in the workers.
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
    from actbench.config.schema import BenchConfig

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
    "BenchConfig": "actbench.config.schema",
    "Run": "actbench.api",
    "load": "actbench.api",
    "load_config": "actbench.config.loader",
    "run": "actbench.api",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
