"""Records to figures: which samples make which estimate."""

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from actbench.analysis.figures import Estimates, InferenceEstimate, PlaceboCheck, Row, SettingEstimates
from actbench.analysis.intervals import Interval, clustered_interval, exactly, t_interval
from actbench.analysis.measured import common_environment, failed_blocks, finished_blocks, require_cells
from actbench.records import BlockRecord, Cell, RunInfo, SettingInfo

Floats = npt.NDArray[np.float64]


def estimate(info: RunInfo, records: Iterable[BlockRecord]) -> Estimates:
    """Tabulate a run, finished or not.

    Args:
        info: What was planned.
        records: What the ledger holds, in any order.

    Raises:
        NothingMeasuredError: If no training of the run ended well.
        EnvironmentMismatchError: If the blocks were measured on different machines.
    """
    records = list(records)
    finished = finished_blocks(records)
    require_cells(info, finished)
    environment = common_environment(finished)
    settings = tuple(
        _estimate_setting(info, setting, [block for block in finished if block.setting == setting.id])
        for setting in info.settings
    )
    return Estimates(environment, settings, len(finished), tuple(failed_blocks(records)))


def _estimate_setting(info: RunInfo, setting: SettingInfo, blocks: Sequence[BlockRecord]) -> SettingEstimates:
    cells = [{cell.activation: cell for cell in block.cells} for block in blocks]
    rows: tuple[Row, ...] = ()
    if blocks:
        epoch_slices = blocks[0].slices_per_epoch
        rows = tuple(_estimate_row(cells, label, info, epoch_slices) for label in info.activations)
    placebo = next((row for row in rows if row.activation == info.placebo), None)
    return SettingEstimates(
        setting=setting,
        dataset=info.dataset[setting.id],
        finished=len(blocks),
        rows=rows,
        placebo=None if placebo is None else _check_placebo(cells, placebo, info.baseline),
    )


def _estimate_row(blocks: Sequence[dict[str, Cell]], label: str, info: RunInfo, epoch_slices: int) -> Row:
    trained = [block[label] for block in blocks]
    ended_well = [cell for cell in trained if cell.status == "ok"]
    pairs = [
        (block[label], block[info.baseline])
        for block in blocks
        if block[label].status == "ok" and block[info.baseline].status == "ok"
    ]
    compile_s = [cell.compile_s for cell in trained if cell.compile_s is not None]
    return Row(
        activation=label,
        seeds=len(ended_well),
        pairs=len(pairs),
        diverged=len(trained) - len(ended_well),
        accuracy=t_interval([_accuracy(cell) for cell in ended_well]) if ended_well else None,
        accuracy_diff=_accuracy_diff(blocks, label, info, pairs),
        epoch_s=_geometric(_epoch_s(ended_well, epoch_slices)) if ended_well else None,
        train_time_ratio=_time_ratio(pairs, lambda cell: cell.slice_s),
        compile_s=float(np.median(compile_s)) if compile_s else None,
        inference=_estimate_inference(ended_well, pairs),
    )


def _accuracy_diff(
    blocks: Sequence[dict[str, Cell]], label: str, info: RunInfo, pairs: Sequence[tuple[Cell, Cell]]
) -> Interval | None:
    if not pairs or label == info.baseline:
        return None
    if label == info.placebo and _accuracies_equal(blocks, label, info.baseline):
        return exactly(0.0)  # by construction, unlike a tie of two activations
    return t_interval([_accuracy(cell) - _accuracy(base) for cell, base in pairs])


def _estimate_inference(
    cells: Sequence[Cell], pairs: Sequence[tuple[Cell, Cell]]
) -> tuple[InferenceEstimate, ...]:
    estimates = []
    batch_sizes = [entry.batch_size for entry in cells[0].inference] if cells else []
    for position, batch_size in enumerate(batch_sizes):
        latencies = np.array([cell.inference[position].latency_s for cell in cells])
        median, p95, p99 = (float(value) for value in np.quantile(latencies, (0.5, 0.95, 0.99)))
        estimates.append(
            InferenceEstimate(
                batch_size=batch_size,
                latency_s=median,
                latency_p95_s=p95,
                latency_p99_s=p99,
                items_per_s=batch_size / median,
                time_ratio=_time_ratio(pairs, lambda cell, at=position: cell.inference[at].latency_s),  # type: ignore[misc]
            )
        )
    return tuple(estimates)


def _check_placebo(blocks: Sequence[dict[str, Cell]], row: Row, baseline: str) -> PlaceboCheck:
    return PlaceboCheck(
        accuracy_equal=_accuracies_equal(blocks, row.activation, baseline),
        train_time_ratio=row.train_time_ratio,
        inference={entry.batch_size: entry.time_ratio for entry in row.inference},
    )


def _accuracies_equal(blocks: Sequence[dict[str, Cell]], label: str, baseline: str) -> bool:
    return all(block[label].test_accuracy == block[baseline].test_accuracy for block in blocks)


def _accuracy(cell: Cell) -> float:
    if cell.test_accuracy is None:
        raise ValueError(f"a training of {cell.activation} ended well but has no test accuracy")
    return cell.test_accuracy


def _epoch_s(cells: Sequence[Cell], epoch_slices: int) -> Floats:
    slices: Floats = np.array([cell.slice_s for cell in cells])
    epochs: Floats = slices.reshape(len(cells), -1, epoch_slices).sum(axis=2)
    return epochs


def _time_ratio(
    pairs: Sequence[tuple[Cell, Cell]], times: Callable[[Cell], tuple[float, ...]]
) -> Interval | None:
    if not pairs:
        return None
    if all(cell is base for cell, base in pairs):
        return exactly(1.0)  # the baseline's own
    ratios = np.array([times(cell) for cell, _ in pairs]) / np.array([times(base) for _, base in pairs])
    return _geometric(ratios)


def _geometric(values: Floats) -> Interval:
    """Interval of positive (blocks, rounds) samples, averaged as logarithms: x and 1/x weigh the same."""
    return clustered_interval(np.log(values)).map(math.exp)
