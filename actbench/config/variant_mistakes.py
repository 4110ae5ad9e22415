"""What is wrong with a sweep's settings or a tuning's candidates, told where their values are written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from actbench.config.mistakes import Kind, mistake
from actbench.config.variants import Loc, Variant

C = TypeVar("C")

Wrong = tuple[Loc, Kind, str]
"""Where something is wrong, whether it is about a key or a value, and what."""


def validate_all(
    variants: Sequence[Variant],
    around: Sequence[Mapping[str, Any]],
    validate: Callable[[Mapping[str, Any]], C],
) -> list[C]:
    """Validates each, and reports all that is wrong with any of them, each mistake once.

    Args:
        variants: All.
        around: The config that each is put into.
        validate: What makes something of a config.

    Raises:
        ValidationError: There is at least one.
    """
    made: list[C] = []
    wrong: list[list[Wrong]] = []
    for variant, config in zip(variants, around, strict=True):
        outcome = _attempt(variant.put_into(config), validate)
        items = outcome.errors(include_url=False) if isinstance(outcome, ValidationError) else []
        if not isinstance(outcome, ValidationError):
            made.append(outcome)
        places = [item["loc"] for item in items]
        misplaced = [entry for entry in variant.misplaced(config) if entry[0] not in places]
        wrong.append(
            [
                *((key, "unknown_key", message) for _, key, message in misplaced),
                *(
                    (_place(variant, config, item["loc"]), cast(Kind, item["type"]), item["msg"])
                    for item in items
                ),
            ]
        )
    if any(wrong):
        details = [mistake(message, *loc, kind=kind) for loc, kind, message in each_once(wrong, variants)]
        raise ValidationError.from_exception_data("config", details)
    return made


def _place(variant: Variant, config: Mapping[str, Any], loc: Loc) -> Loc:
    """Where to tell what is wrong; with what only a swept key makes a mapping, at that key."""
    node: Any = config
    for step in loc:
        node = node.get(step) if isinstance(node, Mapping) else None
    if node is not None and not isinstance(node, str):
        return loc
    return variant.source(loc) or variant.maker(loc) or loc


def each_once(wrong: Sequence[Sequence[Wrong]], variants: Sequence[Variant]) -> list[Wrong]:
    """What is wrong with any of them, each mistake once, where its value is written.

    Args:
        wrong: With each variant, seen from the config that it is put into.
        variants: All.
    """
    found: dict[Wrong, list[Variant]] = {}
    for variant, mistakes in zip(variants, wrong, strict=True):
        for loc, kind, message in mistakes:
            found.setdefault((variant.source(loc) or loc, kind, message), []).append(variant)
    return [
        (loc, kind, f"{message}{_whose(loc, whose, variants)}")
        for (loc, kind, message), whose in found.items()
    ]


def _attempt(config: Mapping[str, Any], validate: Callable[[Mapping[str, Any]], C]) -> C | ValidationError:
    try:
        return validate(config)
    except ValidationError as error:
        return error


def repeated(
    variants: Sequence[Variant], made: Sequence[Any], what: str = "setting"
) -> Iterator[InitErrorDetails]:
    """Variants that make what an earlier one made already, each value that does it once.

    Args:
        variants: All.
        made: What each makes.
        what: What that is called.
    """
    told = set()
    for index, variant in enumerate(variants):
        first = made.index(made[index])
        if first < index:
            loc = next(loc for key, loc in variant.written.items() if variants[first].written[key] != loc)
            if loc not in told:
                told.add(loc)
                yield mistake(f"makes the {what} {variants[first].name} again; allowed: each once", *loc)


def _whose(loc: Loc, whose: Sequence[Variant], variants: Sequence[Variant]) -> str:
    """In which settings something is wrong that is not in all, and not at a value of sweep or tuning."""
    if loc[:1] in (("sweep",), ("tune",)) or len(whose) == len(variants):
        return ""
    more = f" and {len(whose) - 1} more" if len(whose) > 1 else ""
    return f" (in the setting {whose[0].name}{more})"
