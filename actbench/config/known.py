"""Parameters that a config may give to something by name, each with its default and what it may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError

from actbench.config.fields import Flag, Number, OneOf, Whole
from actbench.config.mistakes import gather, mistake, refuse, show
from actbench.errors import did_you_mean

Value = float | int | bool | str | None


@dataclass(frozen=True)
class Known:
    """One parameter.

    Attributes:
        default: Keras's; None where there is none of the parameter unless it is given.
        kind: What it may be.
    """

    default: Value
    kind: Number | Whole | Flag | OneOf


def known_params(params: object, of: str, known: Mapping[str, Known], example: str) -> dict[str, Any]:
    """The parameters, normalised.

    Args:
        params: As in the config.
        of: What they are parameters of.
        known: All that it has.
        example: How some are written.

    Raises:
        PydanticCustomError: They are no mapping.
        ValidationError: Some are unknown, or may not have that value.
    """
    if not isinstance(params, Mapping):
        raise refuse(f"{show(params)} is not a mapping; allowed: one such as {example}")
    found, values = [], dict[str, Any]()
    for key, value in params.items():
        if key not in known:
            allowed = ", ".join(known) or "no parameters"
            message = f"{of} has no such parameter; allowed: {allowed}{did_you_mean(str(key), known)}"
            found.append(mistake(message, key, kind="unknown_key"))
            continue
        try:
            values[key] = known[key].kind.check(value)
        except PydanticCustomError as error:
            found.append(mistake(error.message(), key))
    return gather(found, lambda: values)
