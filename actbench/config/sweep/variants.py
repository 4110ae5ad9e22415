"""Combinations of values from a sweep or a tuning, and the configs that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from actbench.config.schema.section import MistakeKind, Section, describe_value, mistake
from actbench.config.sweep.sweep import MOST_SETTINGS, ZIP, sweep_axes
from actbench.config.sweep.tune import MOST_CANDIDATES, candidate_lists
from actbench.errors import format_key
from actbench.records.base import format_values

if TYPE_CHECKING:
    from actbench.config.sweep.sweep import SweptSections, ValueLists

Loc = tuple[str | int, ...]


@dataclass(frozen=True)
class Variant:
    """One combination of values.

    Attributes:
        values: The values by dotted key.
        written: The path in the config at which each value is written.
    """

    values: dict[str, Any]
    written: dict[str, Loc]

    @property
    def name(self) -> str:
        """Return the name of the combination in messages."""
        return format_values(self.values)

    def put_into(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return a copy of the config with these values replaced."""
        for key, value in self.values.items():
            config = _put(config, key.split("."), value)
        return dict(config)

    def joined_with(self, other: Variant) -> Variant:
        """Return a variant with these values and those of another."""
        return Variant({**self.values, **other.values}, {**self.written, **other.written})

    def written_at(self, loc: Loc) -> Loc | None:
        """Return the path at which a swept or tuned value is written; None for any other place."""
        for key, written in self.written.items():
            path = tuple(key.split("."))
            if loc[: len(path)] == path:
                return (*written, *loc[len(path) :])
        return None

    def keys_below_scalars(self, config: Mapping[str, Any]) -> Iterator[tuple[Loc, Loc, str]]:
        """Yield the keys below a number or a list of the config, whose values cannot be put anywhere.

        Yields:
            The path of that number or list, the path at which the key is written, and the message.
        """
        for key, written in self.written.items():
            path = tuple(key.split("."))
            node: Any = config
            for depth, step in enumerate(path):
                entries = _entries(node)
                if entries is None:
                    what = f"{format_key(path[:depth])} is {describe_value(node)}, which has no keys"
                    yield path[:depth], written[:-1], f"{what}; use a list of values for it as a whole"
                    break
                node = entries.get(step)

    def swept_parent(self, loc: Loc) -> Loc | None:
        """Return the path of the swept key that a place in the config leads to; None if there is none."""
        keys = (key for key in self.written if tuple(key.split("."))[: len(loc)] == loc)
        return next((self.written[key][:-1] for key in keys), None)


def sweep_variants(sweep: object, sections: SweptSections) -> list[Variant]:
    """Return every combination of a sweep, the last key changing fastest; one empty one without a sweep.

    Args:
        sweep: The value in the config. Invalid parts are omitted; of too many values only the first counts.
        sections: The parts of a config whose keys can be swept.
    """
    return _combinations(sweep_axes(sweep, sections), MOST_SETTINGS)


def tune_candidates(tune: object) -> list[Variant]:
    """Return every combination of a tuning, as `sweep_variants` does of a sweep.

    Args:
        tune: The value in the config; invalid parts are omitted.
    """
    return _combinations(
        ((("tune",), {key: values}) for key, values in candidate_lists(tune)), MOST_CANDIDATES
    )


def with_values(sections: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return sections with the values at these dotted keys replaced; the result is not validated."""
    return Variant(dict(values), {}).put_into(sections)


def _combinations(axes: Iterable[tuple[Loc, ValueLists]], most: int) -> list[Variant]:
    steps_of = [list(_steps(prefix, lists)) for prefix, lists in axes]
    if prod(map(len, steps_of)) > most:
        steps_of = [steps[:1] for steps in steps_of]
    nothing = Variant({}, {})
    return [reduce(Variant.joined_with, steps, nothing) for steps in product(*steps_of)]


def _steps(prefix: Loc, lists: Mapping[str, Sequence[Any]]) -> Iterator[Variant]:
    for index, values in enumerate(zip(*lists.values(), strict=True)):
        yield Variant(dict(zip(lists, values, strict=True)), {key: (*prefix, key, index) for key in lists})


def _put(node: object, path: Sequence[str], value: Any) -> Any:
    if not path:
        return value
    entries = _entries(node)
    if entries is None:
        return node
    step, *deeper = path
    return {**entries, step: _put(entries.get(step), deeper, value)}


def _entries(node: object) -> dict[str, Any] | None:
    """Return the keys and values of a part of a config, a name expanded; None if it cannot have keys."""
    if isinstance(node, Section):
        return node.model_dump(exclude_unset=True)
    if isinstance(node, str):
        return {"name": node}
    if node is None:
        return {}
    return dict(node) if isinstance(node, Mapping) else None


C = TypeVar("C")

LocatedMistake = tuple[Loc, MistakeKind, str]
"""The path of a mistake, its kind, and its message."""


def validate_all(
    variants: Sequence[Variant],
    around: Sequence[Mapping[str, Any]],
    validate: Callable[[Mapping[str, Any]], C],
) -> list[C]:
    """Validate the config of each variant, and report the mistakes of all, each mistake once.

    Args:
        variants: All variants.
        around: The config that each variant is put into.
        validate: The function that validates one config.

    Raises:
        ValidationError: There is at least one mistake.
    """
    made: list[C] = []
    wrong: list[list[LocatedMistake]] = []
    for variant, config in zip(variants, around, strict=True):
        outcome = _attempt(variant.put_into(config), validate)
        items = outcome.errors(include_url=False) if isinstance(outcome, ValidationError) else []
        if not isinstance(outcome, ValidationError):
            made.append(outcome)
        places = [item["loc"] for item in items]
        misplaced = [entry for entry in variant.keys_below_scalars(config) if entry[0] not in places]
        wrong.append(
            [
                *((key, "unknown_key", message) for _, key, message in misplaced),
                *(
                    (_place(variant, config, item["loc"]), cast(MistakeKind, item["type"]), item["msg"])
                    for item in items
                ),
            ]
        )
    if any(wrong):
        details = [
            mistake(message, *loc, kind=kind) for loc, kind, message in merge_mistakes(wrong, variants)
        ]
        raise ValidationError.from_exception_data("config", details)
    return made


def _place(variant: Variant, config: Mapping[str, Any], loc: Loc) -> Loc:
    """Return the path at which to report a mistake: the swept key's, if only that key creates the place."""
    node: Any = config
    for step in loc:
        node = node.get(step) if isinstance(node, Mapping) else None
    if node is not None and not isinstance(node, str):
        return loc
    return variant.written_at(loc) or variant.swept_parent(loc) or loc


def merge_mistakes(
    wrong: Sequence[Sequence[LocatedMistake]], variants: Sequence[Variant]
) -> list[LocatedMistake]:
    """Return the mistakes of all variants, each once, at the path where its value is written.

    Args:
        wrong: The mistakes of each variant, with paths in the config that it is put into.
        variants: All variants.
    """
    found: dict[LocatedMistake, list[Variant]] = {}
    for variant, mistakes in zip(variants, wrong, strict=True):
        for loc, kind, message in mistakes:
            found.setdefault((variant.written_at(loc) or loc, kind, message), []).append(variant)
    return [
        (loc, kind, f"{message}{_whose(loc, whose, variants)}")
        for (loc, kind, message), whose in found.items()
    ]


def _attempt(config: Mapping[str, Any], validate: Callable[[Mapping[str, Any]], C]) -> C | ValidationError:
    try:
        return validate(config)
    except ValidationError as error:
        return error


def find_repeated(
    variants: Sequence[Variant], made: Sequence[Any], what: str = "setting"
) -> Iterator[InitErrorDetails]:
    """Yield the values whose variants repeat what an earlier variant makes.

    Args:
        variants: All variants.
        made: The result of each variant.
        what: The noun for a result in messages.
    """
    told = set()
    for index, variant in enumerate(variants):
        first = made.index(made[index])
        if first < index:
            loc = next(loc for key, loc in variant.written.items() if variants[first].written[key] != loc)
            if loc not in told:
                told.add(loc)
                yield mistake(f"makes the {what} {variants[first].name} again; remove one of the two", *loc)


def _whose(loc: Loc, whose: Sequence[Variant], variants: Sequence[Variant]) -> str:
    """Name the settings of a mistake that not all have and whose path does not lie in sweep or tune."""
    if loc[:1] in (("sweep",), ("tune",)) or len(whose) == len(variants):
        return ""
    more = f" and {len(whose) - 1} more" if len(whose) > 1 else ""
    return f" (in the setting {whose[0].name}{more})"


ResolvedSections = Mapping[str, Section | Mapping[str, Section]]


def resolve_values(variant: Variant, sections: ResolvedSections) -> dict[str, Any]:
    """Return the values of a variant as validation converted them."""
    plain = {name: _plain(section) for name, section in sections.items()}

    def understood(key: str, value: Any) -> Any:
        found: Any = plain
        for step in key.split("."):
            if not isinstance(found, Mapping) or step not in found:
                return value
            found = found[step]
        return found

    return {key: understood(key, value) for key, value in variant.values.items()}


def resolve_lists(variants: Sequence[Variant], varied: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a sweep or a tuning with its values as validation converted them, such as paths made absolute.

    Args:
        variants: All variants.
        varied: The values of each variant, as `resolve_values` returns them.
    """
    sweep: dict[str, Any] = {}
    for variant, values in zip(variants, varied, strict=True):
        for key, (_, *path, index) in variant.written.items():
            lists = sweep.setdefault(ZIP, {}) if ZIP in path[:-1] else sweep
            values_of_key = lists.setdefault(key, [])
            if index == len(values_of_key):
                values_of_key.append(values[key])
    return sweep


def resolve_keys(given: object, section: Section | Mapping[str, Section]) -> dict[str, Any]:
    """Return those keys of a section that the config has, with values as validation converted them."""
    if isinstance(given, Section):
        return given.model_dump(mode="json", exclude_unset=True)
    keys = given if isinstance(given, Mapping) else ()
    return {key: value for key, value in _plain(section).items() if key in keys}


def _plain(section: Section | Mapping[str, Section]) -> dict[str, Any]:
    if isinstance(section, Section):
        return section.model_dump(mode="json")
    return {name: part.model_dump(mode="json") for name, part in section.items()}
