"""Records as tidy pandas data frames, one row per observation, for notebooks and further analysis.

Every frame starts with the columns `setting`, `block`, `seed` (int) and `activation`, and is ordered by
setting and seed. Failed blocks have no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from actbench.analysis.blocks import finished_blocks

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord, Cell

_KEYS = ["setting", "block", "seed", "activation"]


def trainings_frame(records: Iterable[BlockRecord]) -> pd.DataFrame:
    """Return one row per cell.

    Further columns: `status` ("ok" or "diverged"), `parameters` (int), `score` (accuracy, R², or the mean of
    these over several targets), one column per measured metric, such as `test_accuracy` (a fraction) or
    `test_rmse`, `test_loss`, and `compile_s` (seconds; NaN where an earlier block compiled the programs).
    Score, metrics and loss are NaN if the cell diverged.
    """
    cells = list(_cells(records))
    metrics = list(dict.fromkeys(name for _, _, cell in cells for name in cell.test_metrics))
    rows = [
        (
            *keys,
            cell.status,
            cell.parameters,
            cell.test_score,
            *(cell.test_metrics.get(name) for name in metrics),
            cell.test_loss,
            cell.compile_s,
        )
        for keys, _, cell in cells
    ]
    numbers = ["score", *(f"test_{name}" for name in metrics), "test_loss", "compile_s"]
    frame = pd.DataFrame(rows, columns=[*_KEYS, "status", "parameters", *numbers])
    return frame.astype(dict.fromkeys(numbers, "float64"))


def slices_frame(records: Iterable[BlockRecord]) -> pd.DataFrame:
    """Return one row per timed training slice, those of diverged cells included.

    Further columns: `round` and `epoch` (both from 0), `steps` (int), `slice_s` (seconds).
    """
    rows = [
        (*keys, position, position // block.slices_per_epoch, steps, seconds)
        for keys, block, cell in _cells(records)
        for position, (steps, seconds) in enumerate(zip(block.slice_steps, cell.slice_s, strict=False))
    ]
    return pd.DataFrame(rows, columns=[*_KEYS, "round", "epoch", "steps", "slice_s"])


def inference_calls_frame(records: Iterable[BlockRecord]) -> pd.DataFrame:
    """Return one row per timed inference call.

    Further columns: `batch_size` (int), `round` (from 0), `latency_s` (seconds).
    """
    rows = [
        (*keys, entry.batch_size, position, seconds)
        for keys, _, cell in _cells(records)
        for entry in cell.inference
        for position, seconds in enumerate(entry.latency_s)
    ]
    return pd.DataFrame(rows, columns=[*_KEYS, "batch_size", "round", "latency_s"])


def _cells(
    records: Iterable[BlockRecord],
) -> Iterator[tuple[tuple[str, str, int, str], BlockRecord, Cell]]:
    for block in finished_blocks(records):
        for cell in block.cells:
            yield (block.setting, block.block, block.seed, cell.activation), block, cell
