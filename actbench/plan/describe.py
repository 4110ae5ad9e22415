"""What a planned cell is, in words and as a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actbench.activations.catalogue import find_activation
from actbench.activations.curves import activation_curve, expression_curve
from actbench.activations.expression.parser import parse
from actbench.config.schema.initializers import KERAS, MOMENT_MATCHED
from actbench.config.schema.section import describe_value
from actbench.records.run import ActivationInfo

if TYPE_CHECKING:
    from actbench.activations.curves import Curve
    from actbench.activations.entry import ParameterValue
    from actbench.plan.cell import CellPlan


def describe_cells(cells: Sequence[CellPlan]) -> tuple[ActivationInfo, ...]:
    """What run.json says of each activation."""
    return tuple(
        ActivationInfo(
            label=cell.label,
            definition=_definition(cell),
            init=format_initializer(cell),
            element_wise=_element_wise(cell),
            match=cell.match,
            twin_of=next((other.label for other in cells[:index] if are_twins(cell, other)), None),
            source_sha256=cell.source_sha256,
        )
        for index, cell in enumerate(cells)
    )


def curve_of_cell(cell: CellPlan) -> Curve | None:
    """The function as a curve, trained parameters at their start; None of imports and of what mixes units."""
    if cell.expr is not None:
        return expression_curve(parse(cell.expr, cell.params, longest=None), cell.params)
    return None if cell.name is None else activation_curve(find_activation(cell.name), cell.params)


def are_twins(cell: CellPlan, other: CellPlan) -> bool:
    """Whether two cells compute the same from the same start, as far as the catalogue knows."""
    if (cell.init, cell.init_params) != (other.init, other.init_params) or cell.trainable != other.trainable:
        return False
    if _unlabelled(cell) == _unlabelled(other):
        return True
    return _is_twin(cell, other) or _is_twin(other, cell)


def _is_twin(cell: CellPlan, other: CellPlan) -> bool:
    if cell.name is None or other.name is None or cell.trainable:
        return False
    entry, others = find_activation(cell.name), find_activation(other.name)
    return any(
        twin.name == others.name
        and {**entry.params, **cell.params} == {**entry.params, **twin.params}
        and {**others.params, **other.params} == {**others.params, **twin.other_params}
        for twin in entry.twins
    )


def _unlabelled(cell: CellPlan) -> CellPlan:
    params = cell.params if cell.name is None else {**find_activation(cell.name).params, **cell.params}
    return cell.model_copy(update={"label": "", "params": params})


def _definition(cell: CellPlan) -> str:
    what = cell.name or (f"expr {cell.expr}" if cell.expr is not None else f"import {cell.function}")
    told = [what, *(f"{name} {format_parameter(value)}" for name, value in cell.params.items())]
    if cell.trainable:
        told.append("trained")
    if cell.surrogate is not None:
        told.append(f"surrogate {cell.surrogate}")
    if cell.match is not None:
        told.append(f"match {cell.match}")
    return ", ".join(told)


def format_initializer(cell: CellPlan) -> str:
    """The initialiser of the hidden layers' weights."""
    if cell.init == KERAS:
        return "keras (glorot_uniform, the default of Dense)"
    if cell.init == MOMENT_MATCHED:
        curve = curve_of_cell(cell)
        gain = None if curve is None else curve.moments().gain
        return "moment_matched" if gain is None else f"moment_matched (normal, gain {gain:.4g})"
    given = ", ".join(f"{name} {format_parameter(value)}" for name, value in cell.init_params.items())
    return f"{cell.init} ({given})" if given else cell.init


def _element_wise(cell: CellPlan) -> bool | None:
    if cell.function is not None:
        return None
    return cell.name is None or find_activation(cell.name).element_wise


def format_parameter(value: ParameterValue | str) -> str:
    """A value as a config has it; the shortest that is still exact, so that other values have other words."""
    return value if isinstance(value, str) else describe_value(value).removesuffix(".0")
