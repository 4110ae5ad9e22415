"""A sweep's settings and a tuning's candidates: each combination of values, put into the config."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import prod
from typing import Any

from actbench.config.mistakes import show
from actbench.config.section import Section
from actbench.config.sweep import MOST_SETTINGS, Lists, Sections, axes_of
from actbench.config.tune import MOST_CANDIDATES, tuned
from actbench.errors import format_key
from actbench.varied import name_of

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
        return name_of(self.values)

    def put_into(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of the config with these values in the place of its own."""
        for key, value in self.values.items():
            config = _put(config, key.split("."), value)
        return dict(config)

    def joined(self, other: "Variant") -> "Variant":
        """These values and those of another."""
        return Variant({**self.values, **other.values}, {**self.written, **other.written})

    def source(self, loc: Loc) -> Loc | None:
        """Where it is written what stands there in the config; None for what is neither swept nor tuned."""
        for key, written in self.written.items():
            path = tuple(key.split("."))
            if loc[: len(path)] == path:
                return (*written, *loc[len(path) :])
        return None

    def misplaced(self, config: Mapping[str, Any]) -> Iterator[tuple[Loc, Loc, str]]:
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
                    what = f"{format_key(path[:depth])} is {show(node)}, which has no keys"
                    yield path[:depth], written[:-1], f"{what}; allowed: a list of values for it as a whole"
                    break
                node = entries.get(step)

    def maker(self, loc: Loc) -> Loc | None:
        """The swept key of which a part stands for that place; None where there is none."""
        keys = (key for key in self.written if tuple(key.split("."))[: len(loc)] == loc)
        return next((self.written[key][:-1] for key in keys), None)


def variants_of(sweep: object, sections: Sections) -> list[Variant]:
    """Every combination, the last key changing fastest; one without values where nothing can be swept.

    Args:
        sweep: As written; what is wrong in it is left out, and of too many values all but the first.
        sections: The parts of a config whose keys can be swept.
    """
    return _combinations(axes_of(sweep, sections), MOST_SETTINGS)


def candidates_of(tune: object) -> list[Variant]:
    """Likewise of a tuning.

    Args:
        tune: As written; as in `variants_of`.
    """
    return _combinations(((("tune",), {key: values}) for key, values in tuned(tune)), MOST_CANDIDATES)


def with_values(sections: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Sections of a config with these values by dotted key in the place of their own, not checked yet."""
    return Variant(dict(values), {}).put_into(sections)


def _combinations(axes: Iterable[tuple[Loc, Lists]], most: int) -> list[Variant]:
    steps_of = [list(_steps(prefix, lists)) for prefix, lists in axes]
    if prod(map(len, steps_of)) > most:
        steps_of = [steps[:1] for steps in steps_of]
    nothing = Variant({}, {})
    return [reduce(Variant.joined, steps, nothing) for steps in product(*steps_of)]


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
