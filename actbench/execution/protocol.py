"""The messages between a worker and its parent, and the events that the parent makes of them.

A message is one JSON line over a pipe. The parent writes blocks (`Block` or `MicroBlock`), and the worker
answers with the messages below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from pydantic import Field, TypeAdapter

from actbench.records.base import Record
from actbench.records.block import BlockRecord

if TYPE_CHECKING:
    from actbench.plan.micro import MicroBlock, MicroPlan
    from actbench.plan.models import Block, Plan


class Ready(Record):
    """The worker has loaded TensorFlow and waits for a block."""

    kind: Literal["ready"] = "ready"


class Progress(Record):
    """All activations have finished an epoch of a block, or a round of `actbench micro`.

    Attributes:
        block: Id of the block.
        epoch: Number of finished epochs or rounds, 1 to `epochs`.
        epochs: Number of planned epochs or rounds.
        unit: What `epoch` counts.
        validation_score: By label, the accuracy or R² after this epoch. Scores that are not finite are left
            out; without a validation split it is empty.
    """

    kind: Literal["progress"] = "progress"
    block: str
    epoch: int
    epochs: int
    unit: Literal["epoch", "round"] = "epoch"
    validation_score: dict[str, float]


class Finished(Record):
    """The worker has measured a block. The parent also makes this event of a block that failed."""

    kind: Literal["finished"] = "finished"
    record: BlockRecord


class Refused(Record):
    """The worker cannot measure the block, and another try would not help, as with a damaged dataset.

    Attributes:
        message: A complete message for the user.
    """

    kind: Literal["refused"] = "refused"
    message: str


class Broken(Record):
    """An unforeseen exception ended the block; another worker may measure it.

    Attributes:
        error: One line that says what happened, followed by the traceback.
    """

    kind: Literal["broken"] = "broken"
    error: str


Message = Annotated[Ready | Progress | Finished | Refused | Broken, Field(discriminator="kind")]

_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


def parse_message(line: str) -> Message:
    """Return the message of a line from a worker.

    Raises:
        pydantic.ValidationError: The line is no message.
    """
    return _MESSAGE.validate_json(line)


@dataclass(frozen=True)
class Started:
    """A block is about to be sent to a worker.

    Attributes:
        block: Id of the block.
    """

    block: str


@dataclass(frozen=True)
class WorkerDied:
    """The worker that measured a block has died.

    Attributes:
        block: Id of the block.
        reason: What is known about the death.
        will_retry: True if another worker measures the block again.
    """

    block: str
    reason: str
    will_retry: bool


Event = Started | Progress | WorkerDied | Finished


class Execute(Protocol):
    """A function that measures blocks; `execution.local.run_blocks` is one, tests have others."""

    def __call__(self, blocks: Iterable[Block | MicroBlock], /) -> Iterator[Event]:
        """Yield what happens, and take each block only after the blocks before it are measured."""
        ...


@dataclass(frozen=True)
class Beginning:
    """The work of a run, passed to the listener before the first event.

    Attributes:
        path: The run folder.
        plan: The whole plan.
        pending: The blocks that are not measured yet, in order.
        weights: Rough estimate of the time of each pending block relative to the others, by its id; empty if
            all take equally long.
    """

    path: Path
    plan: Plan | MicroPlan
    pending: tuple[Block | MicroBlock, ...]
    weights: Mapping[str, float] = field(default_factory=dict)
