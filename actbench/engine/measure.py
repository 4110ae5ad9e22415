"""Measures blocks in this process: loads each setting's data once and keeps its compiled models."""

from collections.abc import Callable

from actbench.datasets import Dataset, prepare
from actbench.engine import runtime
from actbench.engine.block import BlockRunner, OnEpoch
from actbench.engine.compiled import CompiledEngine
from actbench.engine.stock import StockEngine
from actbench.engine.stopwatch import Stopwatch
from actbench.engine.trainer import Engine
from actbench.plan import Block, Setting
from actbench.records import BlockRecord

ENGINES: dict[str, Callable[[Setting, Dataset], Engine]] = {"compiled": CompiledEngine, "keras": StockEngine}


class Measurer:
    """Turns blocks into records.

    Args:
        import_s: Seconds that importing TensorFlow took; charged to the first block.
    """

    def __init__(self, import_s: float) -> None:
        self._environment = runtime.describe_runtime()
        self._unclaimed_import_s = import_s
        self._setting_id = ""
        self._runner: BlockRunner | None = None

    def measure(self, block: Block, on_epoch: OnEpoch) -> BlockRecord:
        """Trains and times one block.

        Raises:
            DataError: The dataset cannot be loaded.
        """
        stopwatch = Stopwatch(import_s=self._unclaimed_import_s)
        self._unclaimed_import_s = 0.0
        if self._runner is None or self._setting_id != block.setting.id:
            with stopwatch.measure("data"):
                self._runner = self._prepare(block.setting)
            self._setting_id = block.setting.id
        return self._runner.run(block, stopwatch, on_epoch)

    def _prepare(self, setting: Setting) -> BlockRunner:
        config = setting.dataset
        dataset = prepare(config.name, config.validation, config.train_samples, config.test_samples)
        engine = ENGINES[setting.timing.engine](setting, dataset)
        return BlockRunner(engine, len(dataset.train), dataset.validation, dataset.test, self._environment)
