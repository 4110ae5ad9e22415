"""What `actbench micro` measures: blocks of one tensor each, with ids that say what they are."""

import hashlib
import json
from collections.abc import Sequence
from itertools import product
from typing import Literal

from actbench.config.schema.activation import PLACEBO
from actbench.plan.cell import CellPlan
from actbench.records.base import Record

COPY = "copy"

RESERVED = (COPY, PLACEBO)
"""Labels of the plain copy and of the second one, which no activation may have."""

COLUMNS = 100
"""Width of every tensor: the units that a gated or mixing activation sees."""

DType = Literal["float32", "bfloat16"]

Direction = Literal["forward", "forward + backward"]

DIRECTIONS: tuple[Direction, ...] = ("forward", "forward + backward")

_RUN_DIGITS = 12


class MicroBlock(Record):
    """One tensor and one way to compute: all activations on it, interleaved in one process.

    Attributes:
        id: In words without spaces, such as "10000-float32-compiled-forward".
        cells: The activations; the copies are added where it is measured.
        elements: What an activation gives back; a gated one takes twice as many.
        dtype: Of the tensor.
        compiled: Whether by XLA, or operation by operation.
        direction: The function alone, or with its gradient.
        rounds: How often each is timed.
    """

    kind: Literal["micro"] = "micro"
    id: str
    cells: tuple[CellPlan, ...]
    elements: int
    dtype: DType
    compiled: bool
    direction: Direction
    rounds: int

    @property
    def labels(self) -> tuple[str, ...]:
        """Of all that is timed: the copy first, its placebo last."""
        return COPY, *(cell.label for cell in self.cells), PLACEBO

    @property
    def title(self) -> str:
        """What progress calls it."""
        mode = mode_in_words(self.dtype, self.compiled)
        return f"{self.elements:,} elements, {mode}, {self.direction}"


class MicroPlan(Record):
    """A whole run of `actbench micro`.

    Attributes:
        run_id: 12 hexadecimal digits, a hash of what determines the numbers; the name does not.
        name: Of the folder.
        blocks: The smallest tensors first.
    """

    run_id: str
    name: str
    blocks: tuple[MicroBlock, ...]


def make_micro_plan(
    name: str,
    cells: Sequence[CellPlan],
    sizes: Sequence[int],
    dtypes: Sequence[DType],
    compiled: Sequence[bool],
    rounds: int,
) -> MicroPlan:
    """The plan of all combinations.

    Args:
        name: Of the run's folder.
        cells: The activations; where their weights start plays no part here.
        sizes: Elements of the tensors, multiples of `COLUMNS`.
        dtypes: Of the tensors.
        compiled: Whether by XLA; one or both.
        rounds: How often each is timed.
    """
    alone = tuple(cell.model_copy(update={"init": "keras", "init_params": {}}) for cell in cells)
    blocks = tuple(
        MicroBlock(
            id=f"{elements}-{dtype}-{'compiled' if by_xla else 'eager'}-{direction.replace(' + ', '-')}",
            cells=alone,
            elements=elements,
            dtype=dtype,
            compiled=by_xla,
            direction=direction,
            rounds=rounds,
        )
        for elements, dtype, by_xla, direction in product(sorted(sizes), dtypes, compiled, DIRECTIONS)
    )
    content = json.dumps([block.model_dump(mode="json") for block in blocks], sort_keys=True, allow_nan=False)
    return MicroPlan(
        run_id=hashlib.sha256(content.encode()).hexdigest()[:_RUN_DIGITS], name=name, blocks=blocks
    )


def mode_in_words(dtype: str, compiled: bool) -> str:
    """On what and how it is computed, such as "float32, compiled"."""
    return f"{dtype}, {'compiled' if compiled else 'not compiled'}"
