"""The plan of `actbench micro`: blocks of one tensor each, with ids that say what they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Literal

from actbench.config.schema.activation import PLACEBO
from actbench.plan.cell import CellPlan
from actbench.records.base import Record, hash_content

COPY = "copy"

COPY_LABELS = (COPY, PLACEBO)
"""Labels of the two plain copies of a tensor, which no activation may have."""

COLUMNS = 100
"""Width of every tensor: the number of units that a gated or mixing activation sees."""

DType = Literal["float32", "bfloat16"]

Direction = Literal["forward", "forward + backward"]

DIRECTIONS: tuple[Direction, ...] = ("forward", "forward + backward")

_RUN_ID_DIGITS = 12


class MicroBlock(Record):
    """One tensor and one way to compute; all activations are timed on it, interleaved in one process.

    Attributes:
        id: Words without spaces, such as "10000-float32-compiled-forward".
        cells: The activations; the worker adds the two copies.
        elements: Elements of an activation's output; the input of a gated activation has twice as many.
        dtype: Type of the tensor's elements.
        compiled: True if XLA compiles the function; otherwise it runs operation by operation.
        direction: The function alone, or with its gradient.
        rounds: Number of values measured for each activation.
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
        """Return the labels of everything that is timed: the copy first, its placebo last."""
        return COPY, *(cell.label for cell in self.cells), PLACEBO

    @property
    def title(self) -> str:
        """Return the name of the block in progress messages."""
        return f"{self.elements:,} elements, {format_mode(self.dtype, self.compiled)}, {self.direction}"


class MicroPlan(Record):
    """Everything that a run of `actbench micro` measures.

    Attributes:
        run_id: 12 hexadecimal digits, a hash of what determines the numbers. The name does not enter it.
        name: The name of the run's folder.
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
    """Return the plan of all combinations.

    Args:
        name: The name of the run's folder.
        cells: The activations; their initializers are ignored, because no layer is trained.
        sizes: Elements of the tensors, multiples of `COLUMNS`.
        dtypes: Types of the tensors' elements.
        compiled: Whether XLA compiles; one value or both.
        rounds: Number of values measured for each activation and tensor.
    """
    without_init = tuple(cell.model_copy(update={"init": "keras", "init_params": {}}) for cell in cells)
    blocks = tuple(
        MicroBlock(
            id=f"{elements}-{dtype}-{'compiled' if by_xla else 'eager'}-{direction.replace(' + ', '-')}",
            cells=without_init,
            elements=elements,
            dtype=dtype,
            compiled=by_xla,
            direction=direction,
            rounds=rounds,
        )
        for elements, dtype, by_xla, direction in product(sorted(sizes), dtypes, compiled, DIRECTIONS)
    )
    content = [block.model_dump(mode="json") for block in blocks]
    return MicroPlan(run_id=hash_content(content, _RUN_ID_DIGITS), name=name, blocks=blocks)


def format_mode(dtype: str, compiled: bool) -> str:
    """Return the element type and whether XLA compiles as text, such as "float32, compiled"."""
    return f"{dtype}, {'compiled' if compiled else 'not compiled'}"
