"""A sweep's settings and a tuning's candidates: each combination of values, put into the config."""

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
        values: By dotted key.
        written: Where each is written, seen from the config.
    """

    values: dict[str, Any]
    written: dict[str, Loc]

    @property
    def name(self) -> str:
        """What it is called in a message."""
        return format_values(self.values)

    def put_into(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of the config with these values in the place of its own."""
        for key, value in self.values.items():
            config = _put(config, key.split("."), value)
        return dict(config)

    def joined_with(self, other: Variant) -> Variant:
        """These values and those of another."""
        return Variant({**self.values, **other.values}, {**self.written, **other.written})

    def written_at(self, loc: Loc) -> Loc | None:
        """Where it is written what stands there in the config; None for what is neither swept nor tuned."""
        for key, written in self.written.items():
            path = tuple(key.split("."))
            if loc[: len(path)] == path:
                return (*written, *loc[len(path) :])
        return None

    def keys_below_scalars(self, config: Mapping[str, Any]) -> Iterator[tuple[Loc, Loc, str]]:
        """Keys below a number or a list of the config: nothing would come of their values.

        Yields:
            Where that number or list stands, where the key is written, and what is wrong.
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
        """The swept key of which a part stands for that place; None where there is none."""
        keys = (key for key in self.written if tuple(key.split("."))[: len(loc)] == loc)
        return next((self.written[key][:-1] for key in keys), None)


def sweep_variants(sweep: object, sections: SweptSections) -> list[Variant]:
    """Every combination, the last key changing fastest; one without values where nothing can be swept.

    Args:
        sweep: As written; what is wrong in it is left out, and of too many values all but the first.
        sections: The parts of a config whose keys can be swept.
    """
    return _combinations(sweep_axes(sweep, sections), MOST_SETTINGS)


def tune_candidates(tune: object) -> list[Variant]:
    """Likewise of a tuning.

    Args:
        tune: As written; as in `sweep_variants`.
    """
    return _combinations(
        ((("tune",), {key: values}) for key, values in candidate_lists(tune)), MOST_CANDIDATES
    )


def with_values(sections: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Sections of a config with these values by dotted key in the place of their own, not checked yet."""
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
    """Of a part of a config, a name alone standing for itself; None of what has no keys."""
    if isinstance(node, Section):
        return node.model_dump(exclude_unset=True)
    if isinstance(node, str):
        return {"name": node}
    if node is None:
        return {}
    return dict(node) if isinstance(node, Mapping) else None


C = TypeVar("C")

LocatedMistake = tuple[Loc, MistakeKind, str]
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
    """Where to tell what is wrong; with what only a swept key makes a mapping, at that key."""
    node: Any = config
    for step in loc:
        node = node.get(step) if isinstance(node, Mapping) else None
    if node is not None and not isinstance(node, str):
        return loc
    return variant.written_at(loc) or variant.swept_parent(loc) or loc


def merge_mistakes(
    wrong: Sequence[Sequence[LocatedMistake]], variants: Sequence[Variant]
) -> list[LocatedMistake]:
    """What is wrong with any of them, each mistake once, where its value is written.

    Args:
        wrong: With each variant, seen from the config that it is put into.
        variants: All.
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
                yield mistake(f"makes the {what} {variants[first].name} again; remove one of the two", *loc)


def _whose(loc: Loc, whose: Sequence[Variant], variants: Sequence[Variant]) -> str:
    """In which settings something is wrong that is not in all, and not at a value of sweep or tuning."""
    if loc[:1] in (("sweep",), ("tune",)) or len(whose) == len(variants):
        return ""
    more = f" and {len(whose) - 1} more" if len(whose) > 1 else ""
    return f" (in the setting {whose[0].name}{more})"


ResolvedSections = Mapping[str, Section | Mapping[str, Section]]


def resolve_values(variant: Variant, sections: ResolvedSections) -> dict[str, Any]:
    """The values by which a setting differs, as they were understood."""
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
    """The sweep with its values as they were understood, such as a path from the config's folder.

    So of a tuning.

    Args:
        variants: All.
        varied: The values of each.
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
    """Those keys of a section that the config has, as they were understood."""
    if isinstance(given, Section):
        return given.model_dump(mode="json", exclude_unset=True)
    keys = given if isinstance(given, Mapping) else ()
    return {key: value for key, value in _plain(section).items() if key in keys}


def _plain(section: Section | Mapping[str, Section]) -> dict[str, Any]:
    if isinstance(section, Section):
        return section.model_dump(mode="json")
    return {name: part.model_dump(mode="json") for name, part in section.items()}
