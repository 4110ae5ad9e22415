"""Sections, lists and mappings of a config, which report all of their mistakes at once, in sentences.

A sentence says what is wrong, what to do and, for a misspelt word, what was probably meant. Pydantic
carries the sentences up, so that each keeps its path (`loc`) whatever section it was found in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import (
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, core_schema

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

    Args:
        found: The mistakes found before.
        validate: The validation.

    Returns:
        The result of `validate`.

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
                needed = " ".join((field.description or "").split())  # a description has line breaks
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


@dataclass(frozen=True)
class ListField:
    """A list, kept as a tuple.

    Attributes:
        example: A value as it is written in a config.
        may_be_empty: Whether `[]` is allowed.
        distinct: Whether equal items are refused.
    """

    example: str
    may_be_empty: bool = False
    distinct: bool = False

    def items(self, value: object) -> Sequence[object]:
        """Return the items of the value.

        Raises:
            PydanticCustomError: The value is not a list, or is empty.
        """
        if not isinstance(value, list | tuple):
            raise wrong_value(
                f"{describe_value(value)} is not a list; allowed: a list such as {self.example}"
            )
        if not value and not self.may_be_empty:
            raise wrong_value(f"the list is empty; add at least one item, such as {self.example}")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that checks the list and its items together (pydantic's hook)."""

        def validate(value: object, items_of_type: ValidatorFunctionWrapHandler) -> Any:
            items = self.items(value)
            made = report_all(self._repeated(items), lambda: items_of_type(tuple(items)))
            # Checked again, because 1 and 1.0 are equal once they are floats.
            return report_all(self._repeated(made), lambda: made)

        return core_schema.no_info_wrap_validator_function(validate, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema of the tuple with the limits of the list (pydantic's hook)."""
        least = {} if self.may_be_empty else {"minItems": 1}
        return {**handler(schema), **least, **({"uniqueItems": True} if self.distinct else {})}

    def _repeated(self, items: Sequence[object]) -> Iterator[InitErrorDetails]:
        seen: set[tuple[type, object]] = set()
        for index, item in enumerate(items if self.distinct else ()):
            if isinstance(item, int | float | str):
                # An equal item of another type, such as true beside 1, is refused for its type or converted.
                repeated = (type(item), item) in seen
                seen.add((type(item), item))
            else:
                repeated = item in items[:index]
            if repeated:
                yield mistake(f"{describe_value(item)} is in the list already; remove it", index)


@dataclass(frozen=True)
class MappingField:
    """A mapping with text as keys.

    Attributes:
        example: A value as it is written in a config.
    """

    example: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that checks the mapping before its values (pydantic's hook)."""

        def check(value: object) -> object:
            if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
                return value
            raise wrong_value(f"{describe_value(value)} is not a mapping; use one such as {self.example}")

        return core_schema.no_info_before_validator_function(check, handler(source))


@dataclass(frozen=True)
class CountOrListField(ListField):
    """A list of whole numbers, or a count n from 1 to `most`, which stands for the numbers 0 to n-1."""

    most: int = 10_000

    def items(self, value: object) -> Sequence[object]:
        """Return the listed numbers, or those that a count stands for."""
        if isinstance(value, list | tuple):
            return super().items(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= self.most:
            raise wrong_value(
                f"{describe_value(value)} is neither a count nor a list; "
                f"allowed: 1 to {self.most}, or a list such as {self.example}"
            )
        return range(value)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema of both forms (pydantic's hook)."""
        count = {"type": "integer", "minimum": 1, "maximum": self.most}
        return {"anyOf": [count, super().__get_pydantic_json_schema__(schema, handler)]}


@dataclass(frozen=True)
class NameOrListField(ListField):
    """A list of distinct names, or a single name, which stands for a list of one."""

    def items(self, value: object) -> Sequence[object]:
        """Return the listed names, or the single name as a tuple."""
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list | tuple):
            raise wrong_value(
                f"{describe_value(value)} is neither a name nor a list of names; "
                f"allowed: text, or a list such as {self.example}"
            )
        return super().items(value)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema of both forms (pydantic's hook)."""
        return {"anyOf": [{"type": "string"}, super().__get_pydantic_json_schema__(schema, handler)]}

    def _repeated(self, items: Sequence[object]) -> Iterator[InitErrorDetails]:
        for index, item in enumerate(items):
            if isinstance(item, str) and item in items[:index]:
                yield mistake(f"{describe_value(item)} is in the list already; remove it", index)
