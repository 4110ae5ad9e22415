"""The key `sweep`: lists of values by dotted key; each combination is a setting.

    sweep:
      model.hidden_units: [[100], [100, 100, 100]]
      zip: {train.batch_size: [32, 256], train.learning_rate: [0.001, 0.008]}

Each width goes with each pair of batch size and learning rate: four settings.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

from actbench.config.schema.section import Section, describe_value, mistake, report_all, wrong_value
from actbench.errors import did_you_mean

ZIP = "zip"

MOST_SETTINGS = 1000

SweptSections = Mapping[str, type[Section] | None]

ValueLists = dict[str, Sequence[Any]]

_EXAMPLE = "train.learning_rate: [0.001, 0.01]"


@dataclass(frozen=True)
class SweepField:
    """A mapping of dotted keys to lists of values; the values are checked in the config of each setting.

    Attributes:
        sections: The sections whose keys can be swept; None for a section whose keys are the user's names.
    """

    sections: SweptSections

    def check(self, value: object) -> dict[str, Any]:
        """Return the mapping if it holds lists of values by sweepable keys."""
        if not isinstance(value, Mapping):
            raise wrong_value(f"{describe_value(value)} is not a mapping; use one such as {{{_EXAMPLE}}}")
        return report_all(_mistakes(value, self.sections), lambda: dict(value))

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that calls `check` first (pydantic's hook)."""
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema with a list for each sweepable key (pydantic's hook)."""
        keys = {key: {"type": "array", "minItems": 1} for key in sweepable_keys(self.sections)}
        zipped = {"type": "object", "properties": keys}
        return {**handler(schema), "properties": {**keys, ZIP: zipped}}


def sweepable_keys(sections: SweptSections) -> list[str]:
    """Return the keys that can be swept: those of each section, and the sections as a whole."""
    return [
        *(
            f"{name}.{key}"
            for name, section in sections.items()
            for key in (section.keys() if section else ())
        ),
        *sections,
    ]


def sweep_axes(sweep: object, sections: SweptSections) -> Iterator[tuple[tuple[str, ...], ValueLists]]:
    """Yield the path and the lists of each axis: one key, or the keys under `zip`, which vary together.

    Args:
        sweep: The value in the config; invalid parts are omitted.
        sections: As in `SweepField`.
    """
    taken: list[str] = []
    for prefix, lists in _groups(sweep):
        fine: ValueLists = {
            key: values
            for key, values in lists.items()
            if isinstance(values, list | tuple) and values
            if _unknown(key, sections) is None and not any(keys_overlap(key, other) for other in taken)
        }
        taken += lists
        if fine and len({len(values) for values in fine.values()}) == 1:
            yield prefix, fine


def _groups(sweep: object) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for key, value in sweep.items() if isinstance(sweep, Mapping) else ():
        if key != ZIP:
            yield ("sweep",), {key: value}
        elif isinstance(value, Mapping):
            yield ("sweep", ZIP), value


def _mistakes(sweep: Mapping[str, Any], sections: SweptSections) -> Iterator[InitErrorDetails]:
    seen: list[str] = []
    count = 1
    if ZIP in sweep and not (isinstance(sweep[ZIP], Mapping) and sweep[ZIP]):
        example = f"{{{_EXAMPLE}, train.batch_size: [32, 256]}}"
        what = (
            "is empty"
            if isinstance(sweep[ZIP], Mapping)
            else f"{describe_value(sweep[ZIP])} is not a mapping of lists"
        )
        yield mistake(f"{what}; use a mapping such as {example}", ZIP)
    for (_, *prefix), lists in _groups(sweep):
        for key, values in lists.items():
            problem = _unknown(key, sections)
            if problem is not None:
                yield mistake(problem, *prefix, key, kind="unknown_key")
            elif taken := next((other for other in seen if keys_overlap(key, other)), None):
                yield mistake(f"{taken} is swept already; remove one of the two", *prefix, key)
            elif (wrong := explain_not_a_list(values)) is not None:
                yield mistake(f"{wrong}; use a list of values, as in {_EXAMPLE}", *prefix, key)
            seen.append(key)
        lengths = {len(values) for values in lists.values() if isinstance(values, list | tuple)}
        count *= max(lengths, default=1)
        if len(lengths) > 1:
            told = ", ".join(
                f"{key} {len(values)}" for key, values in lists.items() if hasattr(values, "__len__")
            )
            yield mistake(f"the lists are not equally long: {told}; use as many values in each", *prefix)
    if count > MOST_SETTINGS:
        yield mistake(f"makes {count} settings; allowed: up to {MOST_SETTINGS}")


def _unknown(key: str, sections: SweptSections) -> str | None:
    """Explain why a key cannot be swept; return None if it can, as far as the key alone shows."""
    name, *rest = key.split(".")
    section = sections.get(name)
    for step in rest:
        if section is None:
            break  # deeper keys are checked in the config of each setting
        field = section.keys().get(step)
        if field is None:
            section, name = None, ""
            break
        section = _section_of(field)
    if name in sections:
        return None
    *others, last = sections
    return (
        f"cannot be swept; allowed: keys of {', '.join(others)} and {last}, as in {_EXAMPLE}"
        f"{did_you_mean(key, sweepable_keys(sections))}"
    )


def _section_of(field: FieldInfo) -> type[Section] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def explain_not_a_list(values: object) -> str | None:
    """Explain why a value is not a list of values; return None if it is one."""
    if not isinstance(values, list | tuple):
        return f"{describe_value(values)} is not a list"
    return None if values else "the list is empty"


def swept_keys(sweep: object) -> Iterator[str]:
    """Yield all swept keys of a sweep, which may not be valid."""
    for _, lists in _groups(sweep):
        yield from lists


def keys_overlap(key: str, other: str) -> bool:
    """Return whether two keys are equal or one is a part of the other."""
    return f"{key}.".startswith(f"{other}.") or f"{other}.".startswith(f"{key}.")
