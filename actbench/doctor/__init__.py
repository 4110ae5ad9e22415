"""Looks at the machine and measures the placebo on it, to say how small a difference could be seen here."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from actbench.doctor.advice import advise
from actbench.doctor.machine import Machine, describe_machine, observe
from actbench.doctor.measurement import Engine, Execute, Measurement, evaluate, measure
from actbench.environment import describe_environment
from actbench.errors import ConfigError, DataError, WorkerError
from actbench.execution import run_blocks
from actbench.records import BlockRecord, Environment

__all__ = ["Diagnosis", "Machine", "Measurement", "examine"]

_LONGEST_S = 3600.0


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found.

    Attributes:
        environment: Of the worker, as in every record; without device, threads and build where no worker
            could be started.
        machine: Seen from before to after the measurement.
        measurement: The placebo's; None where nothing could be measured.
        xla: Whether TensorFlow compiles with XLA here; None where nothing could be measured.
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
    clock: Callable[[], float] = time.monotonic,
    execute: Execute = run_blocks,
) -> Diagnosis:
    """Measures for about that many seconds, and some more to start TensorFlow.

    Args:
        seconds: Of timing, 1 to 3600.
        root: The file tree with `proc` and `sys`.
        clock: Monotonic, in seconds.
        execute: Measures blocks; tests pass their own.

    Raises:
        ConfigError: `seconds` is out of range.
    """
    if not 1.0 <= seconds <= _LONGEST_S:
        raise ConfigError(f"{seconds:g} seconds cannot be measured; allowed: 1 to {_LONGEST_S:g}")
    before = observe(root, clock)
    record, engine, problem = _measured(seconds, execute)
    machine = describe_machine(root, before, observe(root, clock))
    if record is None or record.environment is None:
        environment, measurement, xla = describe_environment(), None, None
    else:
        environment, measurement, xla = record.environment, evaluate(record, engine), engine == "compiled"
    advice = advise(environment, machine, measurement, problem)
    return Diagnosis(environment, machine, measurement, xla, problem, advice)


def _measured(seconds: float, execute: Execute) -> tuple[BlockRecord | None, Engine, str | None]:
    """The block, the engine that measured it, and why the compiled one did not."""
    problem = None
    engines: tuple[Engine, ...] = ("compiled", "keras")
    for engine in engines:
        try:
            record = measure(seconds, engine, execute)
        except (DataError, WorkerError) as error:
            return None, engine, str(error)
        if record.status == "ok":
            return record, engine, problem
        problem = problem or record.reason
    return None, engine, problem
