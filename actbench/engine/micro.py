"""One block of `actbench micro`: activations alone and copies of their tensor, in interleaved rounds."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timezone

from actbench.engine.memory import peak_memory_bytes
from actbench.engine.stopwatch import Stopwatch, garbage_collection_paused
from actbench.micro_plan import MicroBlock
from actbench.records import BlockRecord, Environment, MicroSamples
from actbench.streams import balanced_order

_SAMPLE_S = 0.001  # a shorter sample would time the clock, too
_MOST_CALLS = 10_000
_WARM_UP_CALLS = 3

Call = Callable[[], object]


def measure_micro(
    block: MicroBlock,
    make_calls: Callable[[MicroBlock], Mapping[str, Call]],
    wait: Call,
    environment: Environment,
    stopwatch: Stopwatch,
    on_round: Callable[[int], None],
) -> BlockRecord:
    """Times everything in a block, once a round, in random orders that together favour none.

    A sample is the mean of as many calls in a row as take a millisecond, so that small tensors are in the
    caches, as they are in a network.

    Args:
        block: What to measure.
        make_calls: Prepares what is timed, by label, in the order of the record.
        wait: Returns when the device has done what it was called for.
        environment: Recorded with the block.
        stopwatch: Started when the block was taken.
        on_round: Called after each round with its number, from 1.
    """
    started_at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    # With its gradient it is what training does, without it what inference does.
    phase = "inference" if block.direction == "forward" else "training"

    def seconds(call: Call, repeats: int, phase: str) -> float:
        with stopwatch.measure(phase) as lap:
            for _ in range(repeats):
                call()
            wait()
        return lap.elapsed_s / repeats

    with stopwatch.measure("compile"):
        calls = make_calls(block)
        for call in calls.values():
            for _ in range(_WARM_UP_CALLS):
                call()
        wait()
    labels = list(calls)
    repeats = {label: _repeats(seconds(call, _WARM_UP_CALLS, phase)) for label, call in calls.items()}
    samples: dict[str, list[float]] = {label: [] for label in labels}
    for index in range(block.rounds):
        with garbage_collection_paused():
            for position in balanced_order(len(labels), 0, f"micro {block.id}", index):
                label = labels[position]
                samples[label].append(seconds(calls[label], repeats[label], phase))
        on_round(index + 1)
    return BlockRecord(
        block=block.id,
        setting=block.id,
        seed=0,
        status="ok",
        started_at=started_at,
        environment=environment,
        slice_steps=(),
        slices_per_epoch=0,
        phases=stopwatch.phases(),
        peak_memory_bytes=peak_memory_bytes(),
        cells=(),
        micro=tuple(
            MicroSamples(activation=label, calls=repeats[label], call_s=tuple(times))
            for label, times in samples.items()
        ),
    )


def _repeats(call_s: float) -> int:
    return min(_MOST_CALLS, math.ceil(_SAMPLE_S / call_s)) if call_s > 0 else _MOST_CALLS
