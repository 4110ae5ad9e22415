"""Which of a run's records may be tabulated together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from actbench.errors import EnvironmentMismatchError, NothingMeasuredError
from actbench.records import BlockRecord, Environment, RunInfo


def finished_blocks(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    """The blocks that were measured, ordered by setting and seed, whenever they ran; none of a tuning.

    Args:
        records: Each block at most once, in any order.
    """
    return _ordered(record for record in records if record.status == "ok" and not record.tuning)


def failed_blocks(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    """The blocks that could not be measured, those of a tuning included, ordered likewise."""
    return _ordered(record for record in records if record.status == "failed")


def require_blocks(info: RunInfo, finished: Sequence[BlockRecord]) -> None:
    """Refuse to compare nothing.

    Raises:
        NothingMeasuredError: If no block is finished.
    """
    if not finished:
        raise NothingMeasuredError(
            f"run {info.run_id}: none of its {len(info.final_blocks)} blocks is finished"
        )


def require_cells(info: RunInfo, finished: Sequence[BlockRecord]) -> None:
    """Refuse to tabulate nothing.

    Raises:
        NothingMeasuredError: If no cell of any block ended with status "ok".
    """
    require_blocks(info, finished)
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
    for block, environment in others:
        differences = _in_words(_what_moves_times(first), _what_moves_times(environment))
        if differences:
            raise EnvironmentMismatchError(
                f"times of different machines are not pooled: blocks {first_block} and {block} have "
                + ", ".join(differences)
            )
    return first


def machine(environment: Environment) -> dict[str, Any]:
    """What has to be the same for times to be comparable at all, by name; None where it is not known."""
    return {
        "cpu": environment.cpu,
        "processor": environment.build.get("processor"),
        "cores": environment.cores,
        "device": environment.device,
        "intra_op_threads": environment.intra_op_threads,
        "inter_op_threads": environment.inter_op_threads,
    }


def machine_differences(
    first: Environment, second: Environment, engines: tuple[str | None, str | None] = (None, None)
) -> list[str]:
    """In words, what makes two environments different machines; empty for the same one.

    Args:
        first: One of them.
        second: The other.
        engines: What ran the training in each; another engine is another machine, as far as times go.
    """
    before, now = engines
    return _in_words({**machine(first), "engine": before}, {**machine(second), "engine": now})


def _ordered(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    return sorted(records, key=lambda record: (record.setting, record.seed))


def _what_moves_times(environment: Environment) -> dict[str, Any]:
    return {**machine(environment), "tensorflow": environment.packages.get("tensorflow")}


def _in_words(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} {value!r} and {second[name]!r}"
        for name, value in first.items()
        if None not in (value, second[name]) and value != second[name]
    ]
