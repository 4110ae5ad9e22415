"""The key `tune`: hyper-parameters of which each activation gets the values that do best for it.

    tune: {train.learning_rate: [1e-4, 3e-4, 1e-3, 3e-3, 1e-2], seeds: 2}

Each candidate, here a learning rate, trains every activation with two seeds of its own; what does best on
validation data is what the activation is compared with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

from actbench.config.schema.fields import IntegerField
from actbench.config.schema.section import describe_value, mistake, report_all, wrong_value
from actbench.config.sweep.sweep import explain_not_a_list, keys_overlap, swept_keys
from actbench.errors import did_you_mean

SEEDS = "seeds"

DEFAULT_SEEDS = 2

MOST_CANDIDATES = 100

TUNABLE = ("train.learning_rate", "train.optimizer.params", "model.kernel_regularizer")
"""Keys of which, or below which, each activation may have a value of its own: the steps, their order and
the layers stay the same for all, so that slices can be paired."""

_EXAMPLE = "train.learning_rate: [1e-4, 1e-3, 1e-2]"

_COUNT = IntegerField(1, 1000)


@dataclass(frozen=True)
class TuneField:
    """A mapping of dotted keys to lists of candidates, and `seeds`, a count."""

    def check(self, value: object) -> dict[str, Any]:
        """Return the mapping with the number of seeds filled in."""
        if not isinstance(value, Mapping):
            raise wrong_value(
                f"{describe_value(value)} is not a mapping; use one such as {{{_EXAMPLE}, seeds: 2}}"
            )
        return report_all(_mistakes(value), lambda: {SEEDS: DEFAULT_SEEDS, **value} if value else {})

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that calls `check` first (pydantic's hook)."""
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema with the lists by key and the count (pydantic's hook)."""
        keys = {key: {"type": "array", "minItems": 2} for key in TUNABLE}
        count = {"type": "integer", "minimum": 1, "maximum": 1000, "default": DEFAULT_SEEDS}
        return {**handler(schema), "properties": {**keys, SEEDS: count}}


def candidate_lists(tune: object) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yield each tuned key with its list of candidates; invalid entries are omitted."""
    seen: list[str] = []
    for key, values in tune.items() if isinstance(tune, Mapping) else ():
        fine = _tunable(key) and explain_not_a_list(values) is None
        if fine and not any(keys_overlap(key, other) for other in seen):
            yield key, values
        seen.append(key)


def check_tuned_keys(raw: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
    """Yield the tuned keys that are swept, too.

    Args:
        raw: The config, which may not be valid.
    """
    swept = list(swept_keys(raw.get("sweep")))
    for key, _ in candidate_lists(raw.get("tune")):
        taken = next((other for other in swept if keys_overlap(key, other)), None)
        if taken is not None:
            yield mistake(f"{taken} is swept; remove the key from sweep or from tune", "tune", key)


def _mistakes(tune: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
    seen: list[str] = []
    keys = [key for key in tune if key != SEEDS]
    for key in keys:
        if not _tunable(key):
            hint = did_you_mean(key, [*TUNABLE, SEEDS])
            allowed = f"{', '.join(TUNABLE)} and keys below them, and {SEEDS}"
            yield mistake(f"cannot be tuned; allowed: {allowed}{hint}", key, kind="unknown_key")
        elif taken := next((other for other in seen if keys_overlap(key, other)), None):
            yield mistake(f"{taken} is tuned already; remove one of the two", key)
        elif (wrong := explain_not_a_list(tune[key])) is not None or len(tune[key]) < 2:
            wrong = wrong or "there is nothing to choose from"
            yield mistake(f"{wrong}; use a list of at least two values, as in {_EXAMPLE}", key)
        seen.append(key)
    if tune and not keys:
        yield mistake(f"names no key to tune; add keys with lists of values, as in {_EXAMPLE}")
    if SEEDS in tune:
        yield from _wrong_count(tune[SEEDS])
    count = prod(len(values) for _, values in candidate_lists(tune))
    if count > MOST_CANDIDATES:
        yield mistake(f"makes {count} candidates; allowed: up to {MOST_CANDIDATES}")


def _wrong_count(value: object) -> Iterator[InitErrorDetails]:
    try:
        _COUNT.check(value)
    except PydanticCustomError as error:
        yield mistake(str(error), SEEDS)


def _tunable(key: object) -> bool:
    return isinstance(key, str) and any(f"{key}.".startswith(f"{allowed}.") for allowed in TUNABLE)
