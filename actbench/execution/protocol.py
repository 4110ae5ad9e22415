"""What a worker and its parent say to each other: one JSON line each, over pipes.

The parent writes blocks (`plan.Block`); the worker answers with the messages below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
    """An epoch of a block is over, for every activation, or a round of `actbench micro`.

    Attributes:
        block: Which block.
        epoch: Epochs or rounds finished, 1 to `epochs`.
        epochs: Epochs or rounds planned.
        unit: Which of the two.
        validation_score: Label to accuracy or R² after this epoch, where it is finite; empty without a
            validation split.
    """

    kind: Literal["progress"] = "progress"
    block: str
    epoch: int
    epochs: int
    unit: Literal["epoch", "round"] = "epoch"
    validation_score: dict[str, float]


class Finished(Record):
    """A block is over: what it measured, or, with status "failed", why it could not."""

    kind: Literal["finished"] = "finished"
    record: BlockRecord


class Refused(Record):
    """The worker cannot measure the block and trying again would not help, such as for a damaged dataset.

    Attributes:
        message: Complete, for the user.
    """

    kind: Literal["refused"] = "refused"
    message: str


class Broken(Record):
    """An unforeseen exception ended the block; another worker may do better.

    Attributes:
        error: One line that says what happened, then the traceback.
    """

    kind: Literal["broken"] = "broken"
    error: str


Message = Annotated[Ready | Progress | Finished | Refused | Broken, Field(discriminator="kind")]

message_from_json: TypeAdapter[Message] = TypeAdapter(Message)


@dataclass(frozen=True)
class Started:
    """A block is on its way to a worker."""

    block: str


@dataclass(frozen=True)
class WorkerDied:
    """The worker of a block is gone.

    Attributes:
        block: The block it was measuring.
        reason: What is known about the death.
        will_retry: Whether the block gets another worker.
    """

    block: str
    reason: str
    will_retry: bool


Event = Started | Progress | WorkerDied | Finished


@dataclass(frozen=True)
class Beginning:
    """What a run is about to do, told to the listener before its first event.

    Attributes:
        path: The run folder.
        plan: Everything planned.
        pending: The blocks still to be measured, in order.
        weights: How long each of them takes, roughly and in proportion to the others, by its id; empty where
            they take as long as each other.
    """

    path: Path
    plan: Plan | MicroPlan
    pending: tuple[Block | MicroBlock, ...]
    weights: Mapping[str, float] = field(default_factory=dict)
