"""Measures blocks in this process: loads each setting's data once and keeps its compiled models."""

from collections.abc import Callable

from actbench.datasets import Dataset, prepare
from actbench.engine import runtime
from actbench.engine.block import BlockRunner
from actbench.engine.compiled import CompiledEngine
from actbench.engine.micro import measure_micro
from actbench.engine.micro_programs import make_calls, wait
from actbench.engine.stock import StockEngine
from actbench.engine.stopwatch import Stopwatch
from actbench.engine.trainer import Engine
from actbench.messages import Progress
from actbench.micro_plan import MicroBlock
from actbench.planned import Block, Setting
from actbench.records import BlockRecord

Report = Callable[[Progress], None]

ENGINES: dict[str, Callable[[Setting, Dataset], Engine]] = {"compiled": CompiledEngine, "keras": StockEngine}


class Measurer:
    """Turns blocks into records.

    Args:
        import_s: Seconds that importing TensorFlow took; charged to the first block.
    """

    def __init__(self, import_s: float) -> None:
        self._environment = runtime.describe_runtime()
        self._unclaimed_import_s = import_s
        self._setting: Setting | None = None
        self._runner: BlockRunner | None = None

    def measure(self, block: Block | MicroBlock, report: Report) -> BlockRecord:
        """Measures one block.

        Args:
            block: Trained and timed, or, of `actbench micro`, timed.
            report: Told of the progress.

        Raises:
            DataError: The dataset cannot be loaded, or an imported function cannot be had.
        """
        stopwatch = Stopwatch(import_s=self._unclaimed_import_s)
        self._unclaimed_import_s = 0.0
        if isinstance(block, MicroBlock):
            return self._measure_micro(block, stopwatch, report)
        epochs = block.setting.train.epochs

        def on_epoch(epoch: int, scores: dict[str, float]) -> None:
            report(Progress(block=block.id, epoch=epoch, epochs=epochs, validation_score=scores))

        if self._runner is None or self._setting != block.setting:
            with stopwatch.measure("data"):
                self._runner = self._prepare(block.setting)
            self._setting = block.setting
        return self._runner.run(block, stopwatch, on_epoch)

    def _measure_micro(self, block: MicroBlock, stopwatch: Stopwatch, report: Report) -> BlockRecord:
        def on_round(done: int) -> None:
            report(
                Progress(block=block.id, epoch=done, epochs=block.rounds, unit="round", validation_score={})
            )

        return measure_micro(block, make_calls, wait, self._environment, stopwatch, on_round)

    def _prepare(self, setting: Setting) -> BlockRunner:
        dataset = prepare(setting.dataset.wanted(), setting.kinds, setting.data_sha256)
        engine = ENGINES[setting.timing.engine](setting, dataset)
        return BlockRunner(engine, len(dataset.train), dataset.validation, dataset.test, self._environment)
