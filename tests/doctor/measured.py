"""Blocks of the doctor that come out as the test says."""

from actbench.errors import WorkerError
from actbench.messages import Finished
from tests.factories import make_environment, make_failed_block
from tests.fake_worker import record_of


def timing(ratios, slice_s=0.05, ran=None):
    """An executor under which the placebo takes that many times as long as the original, round by round."""

    def execute(blocks):
        for block in blocks:
            if ran is not None:
                ran.append(block)
            record = record_of(block)
            relu, placebo = record.cells
            times = tuple(slice_s * ratio for ratio in ratios)
            cells = (
                relu.model_copy(
                    update={"slice_s": (slice_s,) * 2, "extra_slice_s": (slice_s,) * (len(times) - 2)}
                ),
                placebo.model_copy(update={"slice_s": times[:2], "extra_slice_s": times[2:]}),
            )
            yield Finished(
                record=record.model_copy(update={"cells": cells, "environment": make_environment()})
            )

    return execute


def failing(*engines, error="InternalError: no JIT\ntraceback", otherwise=()):
    """An executor whose workers die under these engines."""

    def execute(blocks):
        for block in blocks:
            if block.setting.timing.engine in engines:
                yield Finished(record=make_failed_block(error=error).model_copy(update={"block": block.id}))
            else:
                yield from timing(otherwise)([block])

    return execute


def without_worker(blocks):
    raise WorkerError("no worker could be started: No module named 'tensorflow'")
    yield
