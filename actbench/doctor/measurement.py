"""The placebo, measured for some seconds: how small a difference of time can this machine show?"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from actbench.analysis.intervals import Interval
from actbench.analysis.means import Mean, blocks_mean
from actbench.analysis.times import common_slices
from actbench.config.optimizer import OptimizerConfig
from actbench.config.schema import (
    PLACEBO,
    ActivationConfig,
    BenchConfig,
    DatasetConfig,
    ModelConfig,
    ProbesConfig,
    TimingConfig,
    TrainConfig,
)
from actbench.execution import Event
from actbench.messages import Finished
from actbench.plan import make_plan
from actbench.planned import Block
from actbench.records import BlockRecord
from actbench.streams import generator

Engine = Literal["compiled", "keras"]
Execute = Callable[[Sequence[Block]], Iterator[Event]]

DEFAULT_SEEDS = 10
_BASELINE = "relu"
_NEVER_REACHED = 1e-9


@dataclass(frozen=True)
class Measurement:
    """What relu and its placebo, two copies of the same, showed in one process.

    Attributes:
        engine: Which one ran them.
        rounds: Slices of each.
        slice_s: Median seconds of a slice.
        ratio: The placebo's time over the original's in the same round: median, 95 % interval.
        smallest_difference: Half of the width of that interval, relative: a difference of time that is
            smaller cannot be told from none. None with too few rounds.
        smallest_difference_10_seeds: The same for a run of ten blocks that are each as steady as this one: an
            extrapolation, blind to what differs between processes.
    """

    engine: Engine
    rounds: int
    slice_s: float
    ratio: Interval
    smallest_difference: float | None
    smallest_difference_10_seeds: float | None


def measure(seconds: float, engine: Engine, execute: Execute) -> BlockRecord:
    """Trains relu and its placebo on a part of MNIST, then times them until the seconds are over."""
    plan = make_plan(_config(seconds, engine))
    finished = [event.record for event in execute(plan.blocks) if isinstance(event, Finished)]
    return finished[0]


def evaluate(record: BlockRecord, engine: Engine) -> Measurement:
    """What a block of `measure` says; its status is "ok"."""
    labels = [cell.activation for cell in record.cells]
    times = dict(zip(labels, common_slices(record.cells), strict=True))
    log_ratios = np.log(times[PLACEBO] / times[_BASELINE])
    mean = blocks_mean([log_ratios], generator(0, "doctor"))
    return Measurement(
        engine=engine,
        rounds=len(log_ratios),
        slice_s=float(np.median(times[_BASELINE])),
        ratio=mean.interval.map(math.exp),
        smallest_difference=_half_width(mean),
        smallest_difference_10_seeds=_half_width(_of_several_blocks(mean, DEFAULT_SEEDS)),
    )


def _config(seconds: float, engine: Engine) -> BenchConfig:
    """Slices of 100 steps: about what configs/mnist.yaml has."""
    return BenchConfig(
        name="doctor",
        dataset=DatasetConfig(name="mnist", train_samples=25_600, test_samples=1_000),
        model=ModelConfig(hidden_units=(128, 128)),
        activations=(ActivationConfig(name=_BASELINE, label=_BASELINE),),
        baseline=_BASELINE,
        train=TrainConfig(
            optimizer=OptimizerConfig(name="adam"), learning_rate=0.001, batch_size=128, epochs=3
        ),
        seeds=(0,),
        timing=TimingConfig(
            engine=engine,
            slices_per_epoch=2,
            inference_batch_sizes=(),
            target_ci=_NEVER_REACHED,
            budget_s=seconds,
        ),
        probes=ProbesConfig(epochs=()),
    )


def _of_several_blocks(mean: Mean, blocks: int) -> Mean:
    if mean.standard_error is None:
        return mean
    return Mean(mean.estimate, mean.standard_error / math.sqrt(blocks), blocks - 1)


def _half_width(mean: Mean) -> float | None:
    interval = mean.interval
    if interval.ci_low is None or interval.ci_high is None:
        return None
    return math.expm1((interval.ci_high - interval.ci_low) / 2)
