"""The same slices under pyperf: two processes for each model; a value is one slice."""

import time
from collections.abc import Callable, Iterator
from functools import cache

import pyperf

PROCESSES = 2
VALUES = 96  # of a process: together as many as a run of placebo.yaml has slices of each model


@cache
def remaining(label: str) -> Iterator[Callable[[], object]]:
    """The model's slices, compiled by the worker process that times them and by no other."""
    from slices import slices

    return slices(label)


def timed(loops: int, label: str) -> float:
    """Seconds of so many slices."""
    total_s = 0.0
    for _ in range(loops):
        run = next(remaining(label))
        start = time.perf_counter()
        run()
        total_s += time.perf_counter() - start
    return total_s


if __name__ == "__main__":
    runner = pyperf.Runner(processes=PROCESSES, values=VALUES, loops=1)
    for label in ("relu", "placebo"):
        runner.bench_time_func(label, timed, label)
