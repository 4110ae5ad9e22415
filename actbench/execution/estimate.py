"""How long a plan would take on this machine: a rough figure, from a moment of matrix products."""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from actbench.micro_plan import MicroBlock
from actbench.planned import Block
from actbench.records import DatasetInfo
from actbench.steps import training_flops

# Wall time over the time of the matrix products alone, and seconds to compile one activation: round figures
# from benchmarks/epoch.py and the shipped run. They serve this estimate and nothing else.
_TRAINING_OVERHEAD = {"compiled": 1.3, "keras": 9.0}
_COMPILE_S = {"compiled": 2.0, "keras": 3.0}
_CALL_OVERHEAD_S = {"compiled": 0.0003, "keras": 0.06}
_START_S = 8.0  # of a worker; each setting has one
_TYPICAL_FLOPS_PER_S = 5e10


def estimate_s(pending: Sequence[Block], data: Mapping[str, DatasetInfo]) -> dict[str, float]:
    """Seconds that these blocks would take here, by setting; expect them to be off by half either way.

    Without timing-only rounds: they take at most `Block.extra_budget_s`, and may need less.

    Args:
        pending: What is still to be measured.
        data: What each setting is trained on, by the setting's id.
    """
    seconds = _blocks_s(pending, data, _product_flops_per_s()) if pending else {}
    found: dict[str, float] = {}
    for block in pending:
        found[block.setting.id] = found.get(block.setting.id, 0.0) + seconds[block.id]
    return found


def weights(pending: Sequence[Block | MicroBlock], data: Mapping[str, DatasetInfo]) -> dict[str, float]:
    """How long each block takes, roughly and in proportion to the others.

    Args:
        pending: What is to be measured.
        data: As in `estimate_s`; nothing of blocks of `actbench micro`.
    """
    trained = [block for block in pending if isinstance(block, Block)]
    return {**{block.id: 1.0 for block in pending}, **_blocks_s(trained, data, _TYPICAL_FLOPS_PER_S)}


def _blocks_s(blocks: Sequence[Block], data: Mapping[str, DatasetInfo], rate: float) -> dict[str, float]:
    """Seconds of each; the first of a setting starts a worker, the first of a candidate compiles."""
    seconds: dict[str, float] = {}
    before: Block | None = None
    for block in blocks:
        seconds[block.id] = _block_s(block, data[block.setting.id], rate)
        started = before is not None and before.setting.id == block.setting.id
        if not started:
            seconds[block.id] += _START_S
        if not started or (before is not None and before.candidate != block.candidate):
            seconds[block.id] += _COMPILE_S[block.setting.timing.engine] * len(block.cells)
        before = block
    return seconds


def _block_s(block: Block, data: DatasetInfo, rate: float) -> float:
    setting, rows = block.setting, data.train
    engine = setting.timing.engine
    total_flops = training_flops(setting, data.features, setting.outputs(data.targets), rows)
    forward_flops = total_flops / setting.train.epochs / rows / 3
    inference_s = sum(
        setting.timing.inference_rounds * (forward_flops * size / rate + _CALL_OVERHEAD_S[engine])
        for size in setting.timing.inference_batch_sizes
    )
    return len(block.cells) * (total_flops / rate * _TRAINING_OVERHEAD[engine] + inference_s)


def _product_flops_per_s(size: int = 512, duration_s: float = 0.2) -> float:
    a = np.full((size, size), 0.5, dtype=np.float32)
    a @ a
    products, start = 0, time.perf_counter()
    while (elapsed_s := time.perf_counter() - start) < duration_s:
        a @ a
        products += 1
    return 2 * size**3 * products / elapsed_s
