"""Types of the lists and mappings in a config.

They annotate fields, as in `Annotated[tuple[int, ...], ListField("[1, 2]")]`. A list as a whole and its items
are checked together, so that no mistake hides another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, InitErrorDetails, core_schema

from actbench.config.schema.section import describe_value, mistake, report_all, wrong_value


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
            return report_all(
                self._repeated(made), lambda: made
            )  # again, because 1 and 1.0 are equal once they are floats

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
                repeated = (
                    type(item),
                    item,
                ) in seen  # of another type it is refused, or understood as another
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
