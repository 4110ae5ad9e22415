"""actbench: benchmarks of activation functions with paired seeds, interleaved timing and honest error bars.

    import actbench

    run = actbench.run("configs/mnist.yaml")
    run.accuracy

Nothing is loaded before it is used: `import actbench` takes no time, and TensorFlow stays in the workers.
"""

from typing import TYPE_CHECKING

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
from actbench.lazy import loader

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

__getattr__ = loader(
    __name__,
    {
        "BenchConfig": "actbench.config.schema",
        "Run": "actbench.api",
        "load": "actbench.api",
        "load_config": "actbench.config.loader",
        "run": "actbench.api",
    },
)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
