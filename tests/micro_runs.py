"""Synthetic runs of `actbench micro`."""

import random
from collections.abc import Iterator, Sequence

from actbench.execution.protocol import Finished
from actbench.plan.cell import CellPlan
from actbench.plan.micro import MicroBlock, MicroPlan, make_micro_plan
from actbench.records.block import BlockRecord, MicroSamples, Phases
from actbench.records.run import RunInfo
from actbench.workflows.micro import describe_micro
from tests.factories import make_environment

NS = {"copy": 0.25, "placebo": 0.25, "relu": 0.3, "swiglu": 1.25}
"""Nanoseconds per element, forward; with the gradient twice that, but for the copies."""

_CALL_S = 1e-5


def micro_plan(
    *names: str, sizes: Sequence[int] = (1_000, 1_000_000), compiled=(True,), rounds=8
) -> MicroPlan:
    cells = [
        CellPlan(label=name, name=name, match="params" if name == "swiglu" else None)
        for name in names or ("relu",)
    ]
    return make_micro_plan("micro", cells, sizes, ["float32"], compiled, rounds)


def call_seconds(block: MicroBlock, label: str) -> float:
    """What every call takes: something for being made, and something for each element."""
    twice = 2 if block.direction != "forward" and label not in ("copy", "placebo") else 1
    return _CALL_S + twice * NS.get(label, 1.0) * 1e-9 * block.elements


def micro_record(block: MicroBlock, noise: float = 0.01, **changes: object) -> BlockRecord:
    """As the engine measures it: within a round, all are disturbed alike, and each a little on its own."""
    # Not NumPy's generator, whose numbers may change with its version: snapshots rest on these.
    rounds = random.Random(block.id)
    common = [rounds.lognormvariate(0, 5 * noise) for _ in range(block.rounds)]

    def times(label: str) -> tuple[float, ...]:
        own = random.Random(f"{block.id}/{label}")
        return tuple(
            call_seconds(block, label) * disturbance * own.lognormvariate(0, noise) for disturbance in common
        )

    record = BlockRecord(
        block=block.id,
        setting=block.id,
        seed=0,
        status="ok",
        started_at="2026-01-02T03:04:05+00:00",
        environment=make_environment(),
        slice_steps=(),
        slices_per_epoch=0,
        phases=Phases(
            wall_s=1.0,
            import_s=0.0,
            compile_s=0.5,
            training_s=0.0,
            inference_s=0.4,
            evaluation_s=0.0,
            data_s=0.0,
        ),
        peak_memory_bytes=10**9,
        cells=(),
        micro=tuple(MicroSamples(activation=label, calls=3, call_s=times(label)) for label in block.labels),
    )
    return record.model_copy(update=changes)


def micro_run(*names: str, **plan: object) -> tuple[RunInfo, list[BlockRecord]]:
    planned = micro_plan(*names, **plan)
    info = describe_micro(planned).model_copy(
        update={
            "run_id": "0123456789ab",
            "created_at": "2026-01-02T03:04:05+00:00",
            "command": "actbench micro",
            "environment": make_environment(device=None, intra_op_threads=None, inter_op_threads=None),
        }
    )
    return info, [micro_record(block) for block in planned.blocks]


def measured(blocks: Sequence[MicroBlock]) -> Iterator[Finished]:
    """Executes blocks in no time."""
    yield from (Finished(record=micro_record(block)) for block in blocks)
