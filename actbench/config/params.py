"""Whether the parameters of an activation are those that it has, and within their bounds."""

import keyword
from collections.abc import Iterator, Mapping

from pydantic_core import InitErrorDetails, PydanticCustomError

from actbench.activations import Parameter, find
from actbench.activations.expression import CONSTANTS, FUNCTIONS
from actbench.config.fields import Flag, Number
from actbench.config.mistakes import mistake, show
from actbench.errors import did_you_mean

_TAKEN = ("x", *CONSTANTS, *FUNCTIONS)


def wrong_params(kind: str, what: object, params: object) -> Iterator[InitErrorDetails]:
    """What is wrong with the parameters of an entry, at the paths `params.<name>`.

    Args:
        kind: "name", "import" or "expr".
        what: The value of that key; a name is one of the catalogue.
        params: As in the config; what is no mapping has no wrong parameters.
    """
    if not isinstance(params, Mapping):
        return
    known = (
        {parameter.name: parameter for parameter in find(str(what)).parameters} if kind == "name" else None
    )
    for key, value in params.items():
        problem = _wrong_key(kind, str(what), key, known)
        if problem is not None:
            yield mistake(problem, "params", key, kind="unknown_key")
            continue
        try:
            if known is not None:
                _check(known[key], value)
            elif kind == "expr" or not (value is None or isinstance(value, bool)):
                Number().check(value)
        except PydanticCustomError as error:
            yield mistake(error.message(), "params", key)
    unknown = known is not None and any(key not in known for key in params)
    missing = [name for name, parameter in (known or {}).items() if parameter.required and name not in params]
    if missing and not unknown:  # a misspelt key is one mistake, not an unknown and a missing one
        example = ", ".join(f"{name}: 0" for name in missing)
        needs = f"{what} needs {' and '.join(missing)}; needed: numbers, such as params: {{{example}}}"
        yield mistake(needs, "params", kind="missing_key")


def _wrong_key(kind: str, what: str, key: object, known: Mapping[str, Parameter] | None) -> str | None:
    if known is not None:
        if key in known:
            return None
        allowed = ", ".join(known) or "no parameters"
        return f"{what} has no such parameter; allowed: {allowed}{did_you_mean(str(key), known)}"
    if not (isinstance(key, str) and key.isascii() and key.isidentifier()) or keyword.iskeyword(key):
        allowed = "letters, digits and _, such as beta, but no word of Python's"
        return f"{show(key)} is no name of a parameter; allowed: {allowed}"
    if kind == "expr" and key in _TAKEN:
        return f"{show(key)} has a meaning of its own in an expression; allowed: another name"
    return None


def _check(parameter: Parameter, value: object) -> None:
    if isinstance(parameter.default, bool):
        Flag().check(value)
    elif parameter.default is not None or value is not None:
        Number(above=parameter.above, at_least=parameter.at_least, at_most=parameter.at_most).check(value)
