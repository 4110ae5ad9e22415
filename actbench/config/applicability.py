"""Which keys of an activation's entry do something for it, and which initialiser it can have."""

from collections.abc import Iterator, Mapping

from pydantic_core import InitErrorDetails

from actbench.activations import ACTIVATIONS, Activation, find
from actbench.activations.expression import ExpressionError, parse
from actbench.config.initializers import MOMENT_MATCHED, RECOMMENDED
from actbench.config.mistakes import mistake


def misplaced(kind: str, what: object, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Keys that would do nothing, or cannot be had.

    Args:
        kind: "name", "import" or "expr".
        what: The value of that key; a name is one of the catalogue.
        raw: The entry.
    """
    entry = find(str(what)) if kind == "name" else None
    if raw.get("trainable") is not None:
        problem = _untrainable(kind, entry, raw)
        if problem is not None:
            yield mistake(problem, "trainable")
    if raw.get("match") is not None and not (entry and entry.gated):
        yield mistake(f"does nothing here; allowed: with gated units, {_listed(gated=True)}", "match")
    if raw.get("surrogate") is not None and not (entry and entry.kind == "step"):
        yield mistake("does nothing here; allowed: with step", "surrogate")
    problem = unfit_init(kind, entry, init_name(raw.get("init")), raw)
    if problem is not None:
        yield mistake(problem, "init")


def unfit_init(
    kind: str, entry: Activation | None, init: str | None, raw: Mapping[str, object]
) -> str | None:
    """Why an activation cannot have an initialiser; None where it can, or that cannot be told.

    Args:
        kind: "name", "import" or "expr".
        entry: Its row in the catalogue, if it has one.
        init: The initialiser's name; None for none.
        raw: The entry.
    """
    if init == RECOMMENDED and entry is None:
        return f"nobody recommends one for an {kind}; allowed: moment_matched, keras or a Keras initialiser"
    if init == MOMENT_MATCHED and entry is not None and entry.kind == "mixing":
        return f"{entry.name} is not element-wise: there is no gain to match; allowed: recommended or keras"
    if init == MOMENT_MATCHED and kind != "import" and _has_no_gain(entry, raw):
        return (
            "E[f(z)^2] is 0 or not finite: there is no gain to match; allowed: keras or a Keras initialiser"
        )
    return None


def _has_no_gain(entry: Activation | None, raw: Mapping[str, object]) -> bool:
    """Whether the second moment of an entry is of no use; False of one that is wrong in another way."""
    from actbench.activations.curves import Curve, curve_of, curve_of_expression  # numpy takes its time

    params = raw.get("params", {})
    if not isinstance(params, Mapping) or not all(
        isinstance(value, int | float | None) for value in params.values()
    ):
        return False
    try:
        if entry is None:
            curve: Curve | None = curve_of_expression(parse(str(raw.get("expr")), params), params)
        else:
            known = {key: value for key, value in params.items() if key in entry.params}
            curve = curve_of(entry, known)
    except ExpressionError:
        return False
    return curve is not None and curve.moments().gain is None


def init_name(init: object) -> str | None:
    """The name in a value of `init` that may not be checked yet."""
    if isinstance(init, Mapping):
        init = init.get("name")
    init = getattr(init, "name", init)
    return init if isinstance(init, str) else None


def _untrainable(kind: str, entry: Activation | None, raw: Mapping[str, object]) -> str | None:
    if kind == "import":
        return "the parameters of an imported function are numbers; allowed: an expr, or without trainable"
    if entry is None:
        return None if raw.get("params") else "there are no params to train; allowed: together with params"
    if entry.trainable == "no":
        return f"{entry.name} has no weights; allowed: with {_listed(gated=False)}"
    if entry.trainable == "always" and raw["trainable"] is False:
        return f"the weights of {entry.name} are always trained; allowed: true, or leaky_relu"
    return None


def _listed(*, gated: bool) -> str:
    if gated:
        return ", ".join(name for name, entry in ACTIVATIONS.items() if entry.gated)
    return ", ".join(name for name, entry in ACTIVATIONS.items() if entry.trainable != "no")
