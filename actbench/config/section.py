"""What all parts of a config have in common: they know their keys and report all their mistakes at once."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, TypeVar

from pydantic import ConfigDict, GetJsonSchemaHandler, ModelWrapValidatorHandler, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, InitErrorDetails

from actbench.config.mistakes import gather, mistake, refuse, show
from actbench.errors import did_you_mean
from actbench.records import Record

S = TypeVar("S", bound="Section")


class Section(Record):
    """A mapping of a config. The text under each field is its description in messages and in the JSON Schema.

    Attributes:
        shorthand: What else may be written, for the message that it is not a mapping.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, serialize_by_alias=True)

    shorthand: ClassVar[str] = ""

    @classmethod
    def written_out(cls, raw: object) -> object:
        """The mapping that a shorthand stands for."""
        return raw

    @classmethod
    def mistakes_across(cls, raw: Mapping[str, object]) -> Iterable[InitErrorDetails]:
        """What is wrong between keys; judged before they are valid, so that no mistake hides another."""
        del raw
        return ()

    @model_validator(mode="wrap")
    @classmethod
    def _report_all(cls: type[S], raw: Any, validate: ModelWrapValidatorHandler[S]) -> S:
        if isinstance(raw, cls):
            return raw
        mapping = cls.written_out(raw)
        if not isinstance(mapping, Mapping):
            allowed = f"{cls.shorthand}a mapping with the keys {', '.join(cls.keys())}"
            raise refuse(f"{show(mapping)} is not a mapping; allowed: {allowed}")
        keys = cls.keys()
        known = {key: value for key, value in mapping.items() if key in keys}
        found = [*cls._wrong_keys(mapping), *cls.mistakes_across(mapping)]
        return gather(found, lambda: validate(known))

    @classmethod
    def keys(cls) -> dict[str, FieldInfo]:
        """What may be written, which is a field's alias where it has one."""
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
                needed = " ".join((field.description or "").split())  # which has lines in the source
                yield mistake(f"is missing; needed: {needed}", key, kind="missing_key")


class NamedSection(Section):
    """A section for which its name alone may stand.

    Attributes:
        names: What `name` may be.
    """

    shorthand: ClassVar[str] = "a name, or "
    names: ClassVar[tuple[str, ...]]

    @classmethod
    def written_out(cls, raw: object) -> object:
        """The mapping that a name alone stands for."""
        return {"name": raw} if isinstance(raw, str) else raw

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Pydantic's hook: either form."""
        return {"anyOf": [{"enum": list(cls.names)}, handler(schema)]}
