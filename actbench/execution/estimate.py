"""How long a plan would take on this machine: a rough figure, from a moment of matrix products."""

import time
from collections.abc import Mapping, Sequence

import numpy as np

from actbench.plan import Block, Plan, Setting, training_flops
from actbench.records import DatasetInfo

# Wall time over the time of the matrix products alone, and seconds to compile one activation: round figures
# from benchmarks/epoch.py and the shipped run. They serve this estimate and nothing else.
_TRAINING_OVERHEAD = {"compiled": 1.3, "keras": 9.0}
_COMPILE_S = {"compiled": 2.0, "keras": 3.0}
_CALL_OVERHEAD_S = {"compiled": 0.0003, "keras": 0.06}
_START_S = 8.0


def estimate_s(plan: Plan, pending: Sequence[Block], data: Mapping[str, DatasetInfo]) -> float:
    """Seconds that these blocks of the plan would take here; expect it to be off by half either way.

    Without timing-only rounds: they take at most `Block.extra_budget_s`, and may need less.

    Args:
        plan: All of it.
        pending: What is still to be measured.
        data: What each setting is trained on, by the setting's id.
    """
    if not pending:
        return 0.0
    rate = _product_flops_per_s()
    settings = [setting for setting in plan.settings if any(block.setting == setting for block in pending)]
    return _START_S + sum(_setting_s(setting, data[setting.id], pending, rate) for setting in settings)


def _setting_s(setting: Setting, data: DatasetInfo, pending: Sequence[Block], rate: float) -> float:
    rows = data.train
    engine = setting.timing.engine
    total_flops = training_flops(setting, data.features, data.outputs, rows)
    forward_flops = total_flops / setting.train.epochs / rows / 3
    cells = sum(len(block.cells) for block in pending if block.setting == setting)
    inference_s = sum(
        setting.timing.inference_rounds * (forward_flops * size / rate + _CALL_OVERHEAD_S[engine])
        for size in setting.timing.inference_batch_sizes
    )
    compile_s = _COMPILE_S[engine] * len(pending[0].cells)
    return cells * (total_flops / rate * _TRAINING_OVERHEAD[engine] + inference_s) + compile_s


def _product_flops_per_s(size: int = 512, duration_s: float = 0.2) -> float:
    a = np.full((size, size), 0.5, dtype=np.float32)
    a @ a
    products, start = 0, time.perf_counter()
    while (elapsed_s := time.perf_counter() - start) < duration_s:
        a @ a
        products += 1
    return 2 * size**3 * products / elapsed_s
