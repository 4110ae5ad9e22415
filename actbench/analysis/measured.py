"""Which of a run's records may be tabulated together."""

from collections.abc import Iterable, Sequence
from typing import Any

from actbench.errors import EnvironmentMismatchError, NothingMeasuredError
from actbench.records import BlockRecord, Environment, RunInfo


def finished_blocks(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    """The blocks that were measured, ordered by setting and seed, whenever they ran.

    Args:
        records: Each block at most once, in any order.
    """
    return _ordered(record for record in records if record.status == "ok")


def failed_blocks(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    """The blocks that could not be measured, ordered likewise."""
    return _ordered(record for record in records if record.status == "failed")


def require_cells(info: RunInfo, finished: Sequence[BlockRecord]) -> None:
    """Refuse to tabulate nothing.

    Raises:
        NothingMeasuredError: If no cell of any block ended with status "ok".
    """
    if not finished:
        raise NothingMeasuredError(f"run {info.run_id}: none of its {len(info.blocks)} blocks is finished")
    if not any(cell.status == "ok" for block in finished for cell in block.cells):
        raise NothingMeasuredError(
            f"run {info.run_id}: every training of its {len(finished)} finished blocks diverged"
        )


def common_environment(finished: Sequence[BlockRecord]) -> Environment:
    """The one machine that measured all blocks.

    Args:
        finished: At least one block with status "ok".

    Returns:
        The environment of the first block.

    Raises:
        EnvironmentMismatchError: If blocks differ in processor, cores, device, threads or TensorFlow.
    """
    (first_block, first), *others = (
        (block.block, block.environment) for block in finished if block.environment is not None
    )
    expected = _what_moves_times(first)
    for block, environment in others:
        differences = [
            f"{name} {expected[name]!r} and {value!r}"
            for name, value in _what_moves_times(environment).items()
            if value != expected[name]
        ]
        if differences:
            raise EnvironmentMismatchError(
                f"times of different machines are not pooled: blocks {first_block} and {block} have "
                + ", ".join(differences)
            )
    return first


def _ordered(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    return sorted(records, key=lambda record: (record.setting, record.seed))


def _what_moves_times(environment: Environment) -> dict[str, Any]:
    return {
        "cpu": environment.cpu,
        "cores": environment.cores,
        "device": environment.device,
        "intra_op_threads": environment.intra_op_threads,
        "inter_op_threads": environment.inter_op_threads,
        "tensorflow": environment.packages.get("tensorflow"),
    }
