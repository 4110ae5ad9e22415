"""The slices that `actbench run placebo.yaml` times, one model after the other, for other tools to time."""

import os
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from actbench.config.loader import parse_config, read_config_text
from actbench.datasets.dataset import prepare
from actbench.engine import runtime
from actbench.engine.compiled import CompiledEngine
from actbench.engine.protocols import Sums
from actbench.plan.build import make_plan
from actbench.plan.models import slice_steps, steps_per_epoch
from actbench.rng import permutation

CONFIG = Path(__file__).with_name("placebo.yaml")
PLAN = make_plan(parse_config(read_config_text(CONFIG), str(CONFIG)))
SETTING = PLAN.settings[0]
# Slices of each model in the whole run; the epochs have more steps than slices.
COUNT = len(PLAN.blocks) * SETTING.train.epochs * SETTING.timing.slices_per_epoch


@cache
def engine() -> CompiledEngine:
    """One engine for both models, as in a run."""
    runtime.configure()
    return CompiledEngine(SETTING, prepare(SETTING.dataset.spec()))


def slices(label: str) -> Iterator[Callable[[], Sums]]:
    """The slices of one model: seed by seed, epoch by epoch, each to be called once and in order.

    The model is built and compiled when the first is asked for, and reset where a seed begins, outside the
    call.

    Args:
        label: "relu", or "placebo" for its twin.
    """
    rows = len(engine().dataset.train)
    [cell] = (cell for cell in PLAN.blocks[0].cells if cell.label == label)
    trainer = engine().trainer(cell)
    trainer.compile()
    for block in PLAN.blocks:
        trainer.reset(block.seed)
        for epoch in range(SETTING.train.epochs):
            order = engine().place(permutation(rows, block.seed, "batches", epoch))
            start = 0
            for steps in slice_steps(steps_per_epoch(SETTING, rows), SETTING.timing.slices_per_epoch):
                yield partial(trainer.train, order, start, start + steps)
                start += steps
