"""An examination of the machine: the facts, the placebo measured for some seconds, and advice.

The placebo is a second copy of one model, timed against the first: a difference between them is noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from actbench.analysis.times import common_slices
from actbench.config.schema.activation import PLACEBO, ActivationConfig
from actbench.config.schema.bench import BenchConfig
from actbench.config.schema.dataset import DatasetConfig
from actbench.config.schema.measurement import ProbesConfig, TimingConfig
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.optimizers import OptimizerConfig
from actbench.config.schema.train import TrainConfig
from actbench.environment import describe_environment
from actbench.errors import ConfigError, DataError, WorkerError
from actbench.execution.local import run_blocks
from actbench.execution.machine import describe_machine, sample_machine
from actbench.execution.protocol import Event, Finished
from actbench.plan.build import make_plan
from actbench.plan.models import Block
from actbench.rng import generator
from actbench.stats.intervals import Mean, blocks_mean

if TYPE_CHECKING:
    from actbench.execution.machine import Machine, MachineSample
    from actbench.records.block import BlockRecord
    from actbench.records.run import Environment
    from actbench.stats.intervals import Interval

EngineName = Literal["compiled", "keras"]

Execute = Callable[[Sequence[Block]], Iterator[Event]]

EXTRAPOLATED_SEEDS = 10

_LONGEST_S = 3600.0

_BASELINE = "relu"

_NEVER_REACHED = 1e-9

# Limits beyond which advice is given.
_FEWEST_CORES = 2

_LOAD_PER_CORE = 0.5

_STEAL = 0.01

_LOW_MEMORY_BYTES = 2 * 2**30

_BUSY_CORES = 0.2

_SLOW_GOVERNORS = ("powersave", "conservative")


@dataclass(frozen=True)
class Measurement:
    """The times of relu and of its placebo, two copies of the same, in one process.

    Attributes:
        engine: Engine that ran them.
        rounds: Slices of each.
        slice_s: Median seconds of a slice.
        ratio: The placebo's time over the original's in the same round: median, 95 % interval.
        smallest_difference: Half of the width of that interval, relative: a difference of time that is
            smaller cannot be told from none. None without an interval: with fewer than six rounds, or where
            all ratios are equal.
        smallest_difference_10_seeds: The same for a run of ten blocks that are each as steady as this one: an
            extrapolation, blind to what differs between processes.
    """

    engine: EngineName
    rounds: int
    slice_s: float
    ratio: Interval
    smallest_difference: float | None
    smallest_difference_10_seeds: float | None


@dataclass(frozen=True)
class DoctorReport:
    """The findings of an examination.

    Attributes:
        environment: Environment of the worker, as in every record; without device, threads and build where
            no worker could be started.
        machine: State of the machine from before to after the measurement.
        measurement: The placebo's times; None where nothing could be measured.
        xla: True if TensorFlow compiles with XLA here; None where nothing could be measured.
        problem: Why the compiled engine did not measure; None when it did.
        advice: A sentence for each reason why measurements are less steady here than they could be.
    """

    environment: Environment
    machine: Machine
    measurement: Measurement | None
    xla: bool | None
    problem: str | None
    advice: tuple[str, ...]


def examine(
    seconds: float = 10.0,
    *,
    root: Path = Path("/"),
    sample: Callable[[], MachineSample] = sample_machine,
    execute: Execute = run_blocks,
) -> DoctorReport:
    """Measure for about that many seconds, and some more to start TensorFlow.

    Args:
        seconds: Seconds of timing, 1 to 3600.
        root: The file tree with `proc` and `sys`.
        sample: Reads the machine's counters; tests pass their own.
        execute: Measures blocks; tests pass their own.

    Raises:
        ConfigError: `seconds` is out of range.
    """
    if not 1.0 <= seconds <= _LONGEST_S:
        raise ConfigError(f"{seconds:g} seconds cannot be measured; allowed: 1 to {_LONGEST_S:g}")
    before = sample()
    record, engine, problem = _time_placebo(seconds, execute)
    machine = describe_machine(root, before, sample())
    if record is None or record.environment is None:
        environment, measurement, xla = describe_environment(), None, None
    else:
        environment, measurement = record.environment, summarize_placebo(record, engine)
        xla = engine == "compiled"
    advice = advise(environment, machine, measurement, problem)
    return DoctorReport(environment, machine, measurement, xla, problem, advice)


def _time_placebo(seconds: float, execute: Execute) -> tuple[BlockRecord | None, EngineName, str | None]:
    """Return the block, the engine that measured it, and why the compiled engine did not."""
    problem = None
    engines: tuple[EngineName, ...] = ("compiled", "keras")
    for engine in engines:
        plan = make_plan(_config(seconds, engine))
        try:
            [record] = [event.record for event in execute(plan.blocks) if isinstance(event, Finished)]
        except (DataError, WorkerError) as error:
            return None, engine, str(error)
        if record.status == "ok":
            return record, engine, problem
        problem = problem or record.reason
    return None, engine, problem


def _config(seconds: float, engine: EngineName) -> BenchConfig:
    """Configure slices of 100 steps: about what configs/mnist.yaml has."""
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


def summarize_placebo(record: BlockRecord, engine: EngineName) -> Measurement:
    """Return what a block of relu and its placebo shows; the block's status is "ok"."""
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
        smallest_difference_10_seeds=_half_width(_of_several_blocks(mean, EXTRAPOLATED_SEEDS)),
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


def advise(
    environment: Environment, machine: Machine, measurement: Measurement | None, problem: str | None
) -> tuple[str, ...]:
    """Return a sentence for every reason that was found; empty where nothing speaks against measuring here.

    Args:
        environment: Environment of the worker, or of this process where no worker could be started.
        machine: State of the machine from before to after the measurement.
        measurement: None where nothing could be measured.
        problem: Why the compiled engine did not measure; None when it did.
    """
    return (
        *_engine_advice(measurement, problem),
        *_core_advice(environment, machine),
        *_load_advice(environment, machine),
        *_memory_advice(machine),
        *_placebo_advice(measurement),
    )


def _engine_advice(measurement: Measurement | None, problem: str | None) -> Iterator[str]:
    if measurement is None:
        yield f"Nothing can be measured here before this is solved: {problem}."
    elif problem is not None:
        yield f"XLA does not work here, so use timing: {{engine: keras}} in configs: {problem}."


def _core_advice(environment: Environment, machine: Machine) -> Iterator[str]:
    cores, threads = environment.cores, environment.intra_op_threads
    if cores < _FEWEST_CORES:
        yield (
            f"Use a machine with at least {_FEWEST_CORES} cores: on a single one, whatever else runs takes "
            "its time from what is measured."
        )
    if threads is not None and threads != cores:
        yield (
            f"TensorFlow computes with {threads} threads on {cores} usable cores: make these numbers equal, "
            "for instance with taskset."
        )
    if machine.cores_quota is not None and machine.cores_quota < cores:
        yield (
            f"The control group grants {machine.cores_quota:g} cores' worth of time to {cores} cores, so "
            "that threads are stopped now and then: raise the quota, or use fewer cores, with taskset."
        )
    governor = machine.governor or ""
    if any(name in governor for name in _SLOW_GOVERNORS):
        yield (
            f"The frequency governor is {governor}, under which the cores change their pace: choose "
            "performance, with cpupower frequency-set --governor performance."
        )


def _load_advice(environment: Environment, machine: Machine) -> Iterator[str]:
    load, steal = machine.load_average, machine.steal
    if load is not None and load > _LOAD_PER_CORE * environment.cores:
        yield (
            f"The load average was {load:.1f} on {environment.cores} usable cores before anything was "
            "measured: wait until the machine is quiet, or expect wider intervals."
        )
    for process in machine.busy_processes or ():
        if process.cores >= _BUSY_CORES:
            yield (
                f"Process {process.pid} ({process.name}) used {100 * process.cores:.0f} % of a core "
                "meanwhile: end it, or let it wait."
            )
    if steal is not None and steal > _STEAL:
        yield (
            f"The hypervisor gave {100 * steal:.1f} % of the processor's time to other machines: come back "
            "at a quieter hour, or use a machine of your own."
        )


def _memory_advice(machine: Machine) -> Iterator[str]:
    available, limit = machine.memory_available_bytes, machine.memory_limit_bytes
    free = min((size for size in (available, limit) if size is not None), default=_LOW_MEMORY_BYTES)
    if free < _LOW_MEMORY_BYTES:
        yield (
            f"Only {free / 2**30:.1f} GiB of memory can be had, of which a worker takes about one: make "
            "room, for nothing can be timed while the system swaps."
        )


def _placebo_advice(measurement: Measurement | None) -> Iterator[str]:
    if measurement is not None and measurement.ratio.excludes(1.0):
        ratio = measurement.ratio.estimate
        yield (
            f"The placebo seems {100 * abs(ratio - 1):.1f} % {'slower' if ratio > 1 else 'faster'} than its "
            "original, which it cannot be: run this again, and if it stays so, believe no difference of that "
            "size from a single process."
        )
