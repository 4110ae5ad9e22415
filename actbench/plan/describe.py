"""Descriptions of planned cells: as text in run.json, and as a curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actbench.activations.catalogue import find_activation
from actbench.activations.curves import activation_curve, expression_curve
from actbench.activations.expression.parser import parse
from actbench.config.schema.keras_objects import KERAS, MOMENT_MATCHED
from actbench.config.schema.section import describe_value
from actbench.records.run import ActivationInfo

if TYPE_CHECKING:
    from actbench.activations.curves import Curve
    from actbench.activations.entry import ParameterValue
    from actbench.plan.cell import CellPlan


def describe_cells(cells: Sequence[CellPlan]) -> tuple[ActivationInfo, ...]:
    """Return what run.json records of each activation."""
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
    """Return the activation as a curve, with trained parameters at their initial values.

    Returns:
        The curve; None for an imported function, and for an activation that mixes units.
    """
    if cell.expr is not None:
        return expression_curve(parse(cell.expr, cell.params, longest=None), cell.params)
    return None if cell.name is None else activation_curve(find_activation(cell.name), cell.params)


def are_twins(cell: CellPlan, other: CellPlan) -> bool:
    """Return True if two cells compute the same function from the same initial weights.

    The catalogue knows which activations are the same for some parameters. Equal functions that it does not
    know, such as two expressions written differently, are not found.
    """
    if (cell.init, cell.init_params) != (other.init, other.init_params) or cell.trainable != other.trainable:
        return False
    if _without_label(cell) == _without_label(other):
        return True
    return _catalogued_as_twin(cell, other) or _catalogued_as_twin(other, cell)


def _catalogued_as_twin(cell: CellPlan, other: CellPlan) -> bool:
    if cell.name is None or other.name is None or cell.trainable:
        return False
    entry, other_entry = find_activation(cell.name), find_activation(other.name)
    return any(
        twin.name == other_entry.name
        and {**entry.params, **cell.params} == {**entry.params, **twin.params}
        and {**other_entry.params, **other.params} == {**other_entry.params, **twin.other_params}
        for twin in entry.twins
    )


def _without_label(cell: CellPlan) -> CellPlan:
    """Return a cell with no label and every parameter, so that equal cells are equal records."""
    params = cell.params if cell.name is None else {**find_activation(cell.name).params, **cell.params}
    return cell.model_copy(update={"label": "", "params": params})


def _definition(cell: CellPlan) -> str:
    function = cell.name or (f"expr {cell.expr}" if cell.expr is not None else f"import {cell.function}")
    parts = [function, *(f"{name} {format_parameter(value)}" for name, value in cell.params.items())]
    if cell.trainable:
        parts.append("trained")
    if cell.surrogate is not None:
        parts.append(f"surrogate {cell.surrogate}")
    if cell.match is not None:
        parts.append(f"match {cell.match}")
    return ", ".join(parts)


def format_initializer(cell: CellPlan) -> str:
    """Return the initializer of the hidden layers' weights as text."""
    if cell.init == KERAS:
        return "keras (glorot_uniform, the default of Dense)"
    if cell.init == MOMENT_MATCHED:
        curve = curve_of_cell(cell)
        gain = None if curve is None else curve.moments().gain
        return "moment_matched" if gain is None else f"moment_matched (normal, gain {gain:.4g})"
    arguments = ", ".join(f"{name} {format_parameter(value)}" for name, value in cell.init_params.items())
    return f"{cell.init} ({arguments})" if arguments else cell.init


def _element_wise(cell: CellPlan) -> bool | None:
    if cell.function is not None:
        return None
    return cell.name is None or find_activation(cell.name).element_wise


def format_parameter(value: ParameterValue | str) -> str:
    """Return a value as a config has it, in the shortest exact text: other values have other texts."""
    return value if isinstance(value, str) else describe_value(value).removesuffix(".0")
