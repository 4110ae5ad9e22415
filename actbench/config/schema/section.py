"""Sections of a config, which report all of their mistakes at once, each in a plain sentence.

A sentence says what is wrong, what to do and, for a misspelt word, what was probably meant. Pydantic
carries the sentences up, so that each keeps its path (`loc`) whatever section it was found in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import (
    ConfigDict,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

from actbench.errors import did_you_mean, short_repr
from actbench.records.base import Record

T = TypeVar("T")

MistakeKind = Literal["value", "unknown_key", "missing_key"]


def mistake(message: str, *loc: str | int, kind: MistakeKind = "value") -> InitErrorDetails:
    """Return one mistake, to be passed to `report_all`.

    Args:
        message: The sentence.
        loc: The keys and indices that lead to the mistake from the section or list that reports it.
        kind: Whether a value is wrong, a key is unknown, or a key is missing.
    """
    return _details(kind, message, loc)


def wrong_value(message: str) -> PydanticCustomError:
    """Return the exception to raise for a value that is wrong as a whole."""
    return PydanticCustomError("value", message)


def report_all(found: Iterable[InitErrorDetails], validate: Callable[[], T]) -> T:
    """Validate, and report the mistakes of the validation together with those found before.

    Raises:
        ValidationError: There is at least one mistake.
    """
    mistakes = list(found)
    try:
        result = validate()
    except ValidationError as error:
        # a section reports its missing keys itself, and better than pydantic
        caught = (item for item in error.errors(include_url=False) if item["type"] != "missing")
        mistakes += [_details(item["type"], item["msg"], item["loc"]) for item in caught]
        raise ValidationError.from_exception_data("config", mistakes) from None
    if mistakes:
        raise ValidationError.from_exception_data("config", mistakes)
    return result


def describe_value(value: object) -> str:
    """Return a value as the author of a config would write it: short, on one line, no control characters."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, int) and value.bit_length() > 128:
        return "a huge number"
    return short_repr(value)


def raw_value(section: object, key: str, default: object = None) -> object:
    """Return the value of a key in a section that may be a mapping, a checked section, or something else."""
    if isinstance(section, Mapping):
        return section.get(key, default)
    return getattr(section, key, None)


def _details(kind: str, message: str, loc: tuple[str | int, ...]) -> InitErrorDetails:
    error = PydanticCustomError(kind, message)
    return InitErrorDetails(type=error, loc=loc, input=None)


S = TypeVar("S", bound="Section")


class Section(Record):
    """A mapping of a config. The text under each field is its description in messages and in the JSON Schema.

    Attributes:
        shorthand: The other forms that a message allows beside a mapping, such as "a name, or ".
    """

    model_config = ConfigDict(use_attribute_docstrings=True, serialize_by_alias=True)

    shorthand: ClassVar[str] = ""

    @classmethod
    def expand_shorthand(cls, raw: object) -> object:
        """Return the mapping that a shorthand stands for; return anything else as it is."""
        return raw

    @classmethod
    def mistakes_between_keys(cls, raw: Mapping[str, object]) -> Iterable[InitErrorDetails]:
        """Yield the mistakes between keys. The values may be invalid, so that no mistake hides another."""
        del raw
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _report_all(cls: type[S], raw: Any, validate: ModelWrapValidatorHandler[S]) -> S:
        if isinstance(raw, cls):
            return raw
        mapping = cls.expand_shorthand(raw)
        if not isinstance(mapping, Mapping):
            allowed = f"{cls.shorthand}a mapping with the keys {', '.join(cls.keys())}"
            raise wrong_value(f"{describe_value(mapping)} is not a mapping; allowed: {allowed}")
        keys = cls.keys()
        known = {key: value for key, value in mapping.items() if key in keys}
        found = [*cls._wrong_keys(mapping), *cls.mistakes_between_keys(mapping)]
        return report_all(found, lambda: validate(known))

    @classmethod
    def keys(cls) -> dict[str, FieldInfo]:
        """Return the fields by the keys that a config has for them: a field's alias or its name."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}

    @classmethod
    def _wrong_keys(cls, raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
        keys = cls.keys()
        missing = {key: field for key, field in keys.items() if key not in raw}
        for key in raw:
            if key not in keys:
                hint = did_you_mean(key, missing) or did_you_mean(key, keys)
                allowed = ", ".join(keys)
                yield mistake(f"unknown key; allowed: {allowed}{hint}", key, kind="unknown_key")
                # a misspelt key is one mistake, not an unknown and a missing one
                missing = {name: field for name, field in missing.items() if repr(name) not in hint}
        for key, field in missing.items():
            if field.is_required():
                needed = " ".join(
                    (field.description or "").split()
                )  # joined, because the description has line breaks
                yield mistake(f"is missing; needed: {needed}", key, kind="missing_key")


class NamedSection(Section):
    """A section that may be written as its name alone.

    Attributes:
        names: The allowed values of `name`.
    """

    shorthand: ClassVar[str] = "a name, or "
    names: ClassVar[tuple[str, ...]]

    @classmethod
    def expand_shorthand(cls, raw: object) -> object:
        """Return the mapping that a name alone stands for."""
        return {"name": raw} if isinstance(raw, str) else raw

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema of both forms (pydantic's hook)."""
        return {"anyOf": [{"enum": list(cls.names)}, handler(schema)]}
