"""What one could do for steadier measurements: a sentence for every reason that was found, and no others."""

from collections.abc import Iterator

from actbench.doctor.machine import Machine
from actbench.doctor.measurement import Measurement
from actbench.records import Environment

_FEWEST_CORES = 2
_LOAD_PER_CORE = 0.5
_STEAL = 0.01
_LOW_MEMORY_BYTES = 2 * 2**30
_BUSY_CORES = 0.2
_SLOW_GOVERNORS = ("powersave", "conservative")


def advise(
    environment: Environment, machine: Machine, measurement: Measurement | None, problem: str | None
) -> tuple[str, ...]:
    """The sentences; none where nothing speaks against measuring here.

    Args:
        environment: Of the worker, or of this process where no worker could be started.
        machine: Seen from before to after the measurement.
        measurement: None where nothing could be measured.
        problem: Why the compiled engine did not measure; None when it did.
    """
    return (
        *_on_the_engine(measurement, problem),
        *_on_cores(environment, machine),
        *_on_company(environment, machine),
        *_on_memory(machine),
        *_on_the_placebo(measurement),
    )


def _on_the_engine(measurement: Measurement | None, problem: str | None) -> Iterator[str]:
    if measurement is None:
        yield f"Nothing can be measured here before this is solved: {problem}."
    elif problem is not None:
        yield f"XLA does not work here, so use timing: {{engine: keras}} in configs: {problem}."


def _on_cores(environment: Environment, machine: Machine) -> Iterator[str]:
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


def _on_company(environment: Environment, machine: Machine) -> Iterator[str]:
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


def _on_memory(machine: Machine) -> Iterator[str]:
    available, limit = machine.memory_available_bytes, machine.memory_limit_bytes
    free = min((size for size in (available, limit) if size is not None), default=_LOW_MEMORY_BYTES)
    if free < _LOW_MEMORY_BYTES:
        yield (
            f"Only {free / 2**30:.1f} GiB of memory can be had, of which a worker takes about one: make "
            "room, for nothing can be timed while the system swaps."
        )


def _on_the_placebo(measurement: Measurement | None) -> Iterator[str]:
    if measurement is not None and measurement.ratio.excludes(1.0):
        ratio = measurement.ratio.estimate
        yield (
            f"The placebo seems {100 * abs(ratio - 1):.1f} % {'slower' if ratio > 1 else 'faster'} than its "
            "original, which it cannot be: run this again, and if it stays so, believe no difference of that "
            "size from a single process."
        )
