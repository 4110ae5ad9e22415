"""What a worker and its parent say to each other: one JSON line each, over pipes.

The parent writes blocks (`plan.Block`); the worker answers with the messages below.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from actbench.records import BlockRecord, Record


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
