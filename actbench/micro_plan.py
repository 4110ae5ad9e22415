"""What `actbench micro` measures: blocks of one tensor each, with ids that depend on their content."""

import hashlib
import json
from collections.abc import Sequence
from itertools import product
from typing import Literal

from actbench.plan import CellPlan
from actbench.records import Record

COLUMNS = 100
"""Width of every tensor: the units that a gated or mixing activation sees."""

COPY = "copy"
COPY_PLACEBO = "copy, again"

DType = Literal["float32", "bfloat16"]
Direction = Literal["forward", "forward + backward"]
DTYPES: tuple[DType, ...] = ("float32", "bfloat16")
DIRECTIONS: tuple[Direction, ...] = ("forward", "forward + backward")


class MicroBlock(Record):
    """One tensor, one way to compute: all activations on it run interleaved in one process.

    Attributes:
        id: 8 hexadecimal digits, a hash of the rest.
        cells: The activations; copies are added where it is measured.
        elements: What an activation gives back; a gated one takes twice as many.
        dtype: Of the tensor.
        compiled: Whether by XLA, or operation by operation.
        direction: The function alone, or with its gradient.
        rounds: How often each is timed.
    """

    kind: Literal["micro"] = "micro"
    id: str = ""
    cells: tuple[CellPlan, ...]
    elements: int
    dtype: DType
    compiled: bool
    direction: Direction
    rounds: int

    @property
    def title(self) -> str:
        """What progress calls it."""
        return f"{self.elements:,} elements, {way_in_words(self.dtype, self.compiled, self.direction)}"


def way_in_words(dtype: str, compiled: bool, direction: str) -> str:
    """How it is computed, such as "float32, compiled, forward"."""
    return f"{dtype}, {'compiled' if compiled else 'not compiled'}, {direction}"


class MicroPlan(Record):
    """A whole run of `actbench micro`.

    Attributes:
        run_id: 12 hexadecimal digits, a hash of what determines the numbers.
        name: Of the folder.
        blocks: The largest tensors last.
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
        cells: The activations.
        sizes: Elements of the tensors, multiples of `COLUMNS`.
        dtypes: Of the tensors.
        compiled: Whether by XLA; one or both.
        rounds: How often each is timed.
    """
    unnamed = [
        MicroBlock(
            cells=tuple(cells),
            elements=elements,
            dtype=dtype,
            compiled=by_xla,
            direction=direction,
            rounds=rounds,
        )
        for elements, dtype, by_xla, direction in product(sorted(sizes), dtypes, compiled, DIRECTIONS)
    ]
    blocks = tuple(block.model_copy(update={"id": _digest(block.model_dump_json(), 8)}) for block in unnamed)
    return MicroPlan(run_id=_digest(json.dumps([block.id for block in blocks]), 12), name=name, blocks=blocks)


def _digest(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
