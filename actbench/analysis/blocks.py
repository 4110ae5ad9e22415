"""The blocks of a stored run that may be tabulated together, and the margins that judge them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from actbench.config.schema.measurement import VerdictConfig
from actbench.environment import MACHINE_FACTS, compare_environments
from actbench.errors import EnvironmentMismatchError, NothingMeasuredError, StoreError, format_key

if TYPE_CHECKING:
    from actbench.records.block import BlockRecord
    from actbench.records.run import Environment, RunInfo


def finished_blocks(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    """Return the measured blocks, ordered by setting and seed, without those of a tuning.

    Args:
        records: Each block at most once, in any order.
    """
    return _ordered(record for record in records if record.status == "ok" and not record.tuning)


def failed_blocks(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    """Return the blocks that could not be measured, ordered by setting and seed, with those of a tuning.

    Args:
        records: Each block at most once, in any order.
    """
    return _ordered(record for record in records if record.status == "failed")


def _ordered(records: Iterable[BlockRecord]) -> list[BlockRecord]:
    return sorted(records, key=lambda record: (record.setting, record.seed))


def require_blocks(info: RunInfo, finished: Sequence[BlockRecord]) -> None:
    """Refuse a run of which no block is measured.

    Args:
        info: The run's plan.
        finished: Its measured blocks.

    Raises:
        NothingMeasuredError: If there is no such block.
    """
    if not finished:
        raise NothingMeasuredError(
            f"run {info.run_id}: none of its {len(info.final_blocks)} blocks is finished"
        )


def require_cells(info: RunInfo, finished: Sequence[BlockRecord]) -> None:
    """Refuse a run of which no training ended well.

    Args:
        info: The run's plan.
        finished: Its measured blocks.

    Raises:
        NothingMeasuredError: If no block is measured, or no cell of any block has status "ok".
    """
    require_blocks(info, finished)
    if not any(cell.status == "ok" for block in finished for cell in block.cells):
        raise NothingMeasuredError(
            f"run {info.run_id}: every training of its {len(finished)} finished blocks diverged"
        )


def common_environment(finished: Sequence[BlockRecord]) -> Environment:
    """Return the environment that all blocks were measured in.

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
        differences = _format_pairs(
            compare_environments(first, environment, only=(*MACHINE_FACTS, "tensorflow"))
        )
        if differences:
            raise EnvironmentMismatchError(
                f"times of different machines are not pooled: blocks {first_block} and {block} have "
                + ", ".join(differences)
            )
    return first


def machine_differences(
    first: Environment, second: Environment, engines: tuple[str | None, str | None] = (None, None)
) -> list[str]:
    """Describe what makes two environments different machines; empty for the same machine.

    Args:
        first: The one environment.
        second: The other environment.
        engines: The engine of the training in each, None where unknown. Times of two engines are no more
            comparable than those of two machines.
    """
    pairs = compare_environments(first, second, only=MACHINE_FACTS)
    if None not in engines and engines[0] != engines[1]:
        pairs["engine"] = engines
    return _format_pairs(pairs)


def _format_pairs(pairs: Mapping[str, tuple[object, object]]) -> list[str]:
    return [f"{name} {first!r} and {second!r}" for name, (first, second) in pairs.items()]


def verdict_config(info: RunInfo) -> VerdictConfig:
    """Return the margins and the alpha that a run's config asks for.

    Args:
        info: The run's plan. A run from before there were verdicts gets the defaults.

    Raises:
        StoreError: If a value is not allowed, as in a run.json that was edited by hand.
    """
    try:
        return VerdictConfig.model_validate(info.config.get("verdict", {}))
    except ValidationError as error:
        lines = (
            f"run.json of {info.run_id}: {format_key(('config', 'verdict', *item['loc']))}: {item['msg']}"
            for item in error.errors(include_url=False)
        )
        raise StoreError("\n".join(lines)) from None
