"""The steps of `actbench doctor`: sample the machine, time a placebo for some seconds, give advice.

The placebo is a second copy of one model, timed against the first: a difference between them is noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from actbench.analysis.design import summarize_placebo
from actbench.config.schema.activation import PLACEBO, ActivationConfig
from actbench.config.schema.bench import BenchConfig
from actbench.config.schema.dataset import DatasetConfig
from actbench.config.schema.keras_objects import OptimizerConfig
from actbench.config.schema.measurement import ProbesConfig, TimingConfig
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.train import TrainConfig
from actbench.environment import describe_environment
from actbench.errors import ArgumentError, DataError, WorkerError
from actbench.execution.local import run_blocks
from actbench.execution.machine import describe_machine, sample_machine
from actbench.execution.protocol import Finished
from actbench.plan.build import make_plan
from actbench.report.doctor import DoctorReport

if TYPE_CHECKING:
    from actbench.analysis.design import EngineName, PlaceboMeasurement
    from actbench.execution.machine import MachineSample, MachineState
    from actbench.execution.protocol import Execute
    from actbench.records.block import BlockRecord
    from actbench.records.run import Environment

_LONGEST_S = 3600.0

_BASELINE = "relu"

# A target for the width of the intervals that no measurement reaches: the time budget alone ends the rounds.
_NEVER_REACHED = 1e-9

# Limits beyond which advice is given.
_FEWEST_CORES = 2

_LOAD_PER_CORE = 0.5

_STEAL = 0.01

_LOW_MEMORY_BYTES = 2 * 2**30

_BUSY_CORES = 0.2

_SLOW_GOVERNORS = ("powersave", "conservative")


def examine(
    seconds: float = 10.0,
    *,
    root: Path = Path("/"),
    sample: Callable[[], MachineSample] = sample_machine,
    execute: Execute = run_blocks,
) -> DoctorReport:
    """Examine this machine; it takes the given seconds, and some more to start TensorFlow.

    Args:
        seconds: Seconds of timing, 1 to 3600.
        root: The file tree with `proc` and `sys`.
        sample: Reads the machine's counters; tests pass their own.
        execute: Measures blocks; tests pass their own.

    Raises:
        ArgumentError: `seconds` is out of range.
    """
    if not 1.0 <= seconds <= _LONGEST_S:
        raise ArgumentError("seconds", f"{seconds:g} is out of range; allowed: 1 to {_LONGEST_S:g}")
    before = sample()
    record, engine, problem = _time_placebo(seconds, execute)
    machine = describe_machine(root, before, sample())
    if record is None or record.environment is None:
        environment, measurement, xla = describe_environment(), None, None
    else:
        environment = record.environment
        measurement = summarize_placebo(record, engine, _BASELINE, PLACEBO)
        xla = engine == "compiled"
    advice = advise(environment, machine, measurement, problem)
    return DoctorReport(environment, machine, measurement, xla, problem, advice)


def _time_placebo(seconds: float, execute: Execute) -> tuple[BlockRecord | None, EngineName, str | None]:
    """Time relu against its placebo, with stock Keras if the compiled engine cannot.

    Returns:
        The block, the engine that measured it, and the reason why the compiled engine did not.
    """
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
    """Return a config whose slices have 100 steps, about as many as those of configs/mnist.yaml."""
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


def advise(
    environment: Environment,
    machine: MachineState,
    measurement: PlaceboMeasurement | None,
    problem: str | None,
) -> tuple[str, ...]:
    """Return one sentence for each reason why measurements are less steady here than they could be.

    Args:
        environment: Environment of the worker, or of this process if no worker could be started.
        machine: State of the machine from before to after the measurement.
        measurement: The placebo's times; None if nothing could be measured.
        problem: Reason why the compiled engine did not measure; None if it did.
    """
    return (
        *_engine_advice(measurement, problem),
        *_core_advice(environment, machine),
        *_load_advice(environment, machine),
        *_memory_advice(machine),
        *_placebo_advice(measurement),
    )


def _engine_advice(measurement: PlaceboMeasurement | None, problem: str | None) -> Iterator[str]:
    if measurement is None:
        yield f"Nothing can be measured here until this is solved: {problem}."
    elif problem is not None:
        yield f"XLA does not work here, so use timing: {{engine: keras}} in configs: {problem}."


def _core_advice(environment: Environment, machine: MachineState) -> Iterator[str]:
    cores, threads = environment.cores, environment.intra_op_threads
    if cores < _FEWEST_CORES:
        yield (
            f"Use a machine with at least {_FEWEST_CORES} cores: on a single core, every other process takes "
            "time from the measured one."
        )
    if threads is not None and threads != cores:
        yield (
            f"TensorFlow computes with {threads} threads on {cores} usable cores: make these numbers equal, "
            "for instance with taskset."
        )
    if machine.cores_quota is not None and machine.cores_quota < cores:
        yield (
            f"The control group grants {machine.cores_quota:g} cores' worth of time to {cores} cores, so "
            "threads are stopped now and then: raise the quota, or use fewer cores, with taskset."
        )
    governor = machine.governor or ""
    if any(name in governor for name in _SLOW_GOVERNORS):
        yield (
            f"The frequency governor is {governor}, under which the cores change their frequency: choose "
            "performance, with cpupower frequency-set --governor performance."
        )


def _load_advice(environment: Environment, machine: MachineState) -> Iterator[str]:
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
                "during the measurement: end or stop it."
            )
    if steal is not None and steal > _STEAL:
        yield (
            f"The hypervisor gave {100 * steal:.1f} % of the processor's time to other virtual machines: "
            "measure at a quieter time, or on a machine of your own."
        )


def _memory_advice(machine: MachineState) -> Iterator[str]:
    available, limit = machine.memory_available_bytes, machine.memory_limit_bytes
    free = min((size for size in (available, limit) if size is not None), default=_LOW_MEMORY_BYTES)
    if free < _LOW_MEMORY_BYTES:
        yield (
            f"Only {free / 2**30:.1f} GiB of memory are available, of which a worker takes about one: free "
            "some, because no time can be trusted while the system swaps."
        )


def _placebo_advice(measurement: PlaceboMeasurement | None) -> Iterator[str]:
    if measurement is not None and measurement.ratio.excludes(1.0):
        ratio = measurement.ratio.estimate
        yield (
            f"The placebo seems {100 * abs(ratio - 1):.1f} % {'slower' if ratio > 1 else 'faster'} than its "
            "original, though both are the same: run doctor again. If the difference stays, trust no "
            "difference of that size from a single process."
        )
