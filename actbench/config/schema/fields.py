"""Types of the single values in a config; each refuses other values with a plain sentence.

They annotate the fields of sections, as in `Annotated[int, IntegerField(1, 100)]`. Pydantic's own messages do
not say both what is wrong and what is allowed, and its lax mode turns `true` into 1.
"""

import re
import struct
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from actbench.activations.expression.tree import LARGEST_NUMBER
from actbench.config.schema.section import describe_value, mistake, report_all, wrong_value
from actbench.errors import did_you_mean

LONGEST_LABEL = 60

_SMALLEST_NUMBER = 2.0**-126  # TensorFlow takes the still smaller ones of single precision for 0

_ONCE_ROUNDED = " in single precision"

_FOLDER_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"


class _Scalar:
    """A type whose values are checked, and some of them converted, before pydantic validates them."""

    def check(self, value: object) -> object:
        """Return the value to keep.

        Raises:
            PydanticCustomError: The value is not allowed.
        """
        raise NotImplementedError

    def _json_schema(self) -> dict[str, Any]:
        # what the JSON Schema says beyond the type
        return {}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that calls `check` before the type's own validation (pydantic's hook)."""
        return core_schema.no_info_before_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON Schema of the type with the limits of the field (pydantic's hook)."""
        return {**handler(schema), **self._json_schema()}


@dataclass(frozen=True)
class IntegerField(_Scalar):
    """A whole number from `low` to `high`, both included."""

    low: int
    high: int

    def check(self, value: object) -> int:
        """Return the number if it is whole and in the range."""
        if isinstance(value, bool) or not isinstance(value, int):
            wrong = "is not a whole number"
        elif value < self.low:
            wrong = "is too small"
        elif value > self.high:
            wrong = "is too large"
        else:
            return value
        raise wrong_value(f"{describe_value(value)} {wrong}; allowed: {self.low} to {self.high}")

    def _json_schema(self) -> dict[str, Any]:
        return {"minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class NumberField(_Scalar):
    """A finite number within the given limits; the limits also hold after rounding to single precision.

    Whole numbers become floats.
    """

    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None

    def check(self, value: object) -> float:
        """Return the number as a float."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            wrong = "is not a number"
        elif not abs(value) <= LARGEST_NUMBER:  # written so because `NaN > x` is false
            wrong = "is not a finite number of single precision"
        elif self.above is not None and _single(value) <= _single(self.above):
            wrong = f"is not above {self.above:g}{_ONCE_ROUNDED * (value > self.above)}"
        elif self.at_least is not None and value < self.at_least:
            wrong = f"is below {self.at_least:g}"
        elif self.below is not None and _single(value) >= _single(self.below):
            wrong = f"is not below {self.below:g}{_ONCE_ROUNDED * (value < self.below)}"
        elif self.at_most is not None and value > self.at_most:
            wrong = f"is above {self.at_most:g}"
        else:
            return float(value)
        raise wrong_value(f"{describe_value(value)} {wrong}; allowed: a number{self._limits()}")

    def _limits(self) -> str:
        limits = {
            "above": self.above,
            "at least": self.at_least,
            "below": self.below,
            "at most": self.at_most,
        }
        stated = [f" {word} {limit:g}" for word, limit in limits.items() if limit is not None]
        return " and".join(stated)

    def _json_schema(self) -> dict[str, Any]:
        limits = {
            "exclusiveMinimum": self.above,
            "minimum": self.at_least,
            "exclusiveMaximum": self.below,
            "maximum": self.at_most,
        }
        return {key: limit for key, limit in limits.items() if limit is not None}


def _single(number: float) -> float:
    """Return the number that a model computes with: rounded to float32, with subnormal numbers as 0."""
    rounded: float = struct.unpack("f", struct.pack("f", number))[0]
    return rounded if abs(rounded) >= _SMALLEST_NUMBER else 0.0


@dataclass(frozen=True)
class EpochField(_Scalar):
    """A number of epochs, from 0 to `high`, or the word `last`."""

    high: int

    def check(self, value: object) -> int | str:
        """Return the number or the word."""
        if value == "last":
            return "last"
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= self.high:
            raise wrong_value(f"{describe_value(value)} is not an epoch; allowed: 0 to {self.high}, or last")
        return value

    def _json_schema(self) -> dict[str, Any]:
        number = {"type": "integer", "minimum": 0, "maximum": self.high}
        return {"anyOf": [number, {"const": "last", "type": "string"}]}


@dataclass(frozen=True)
class CountOrShareField(_Scalar):
    """A whole number from `low` to `high`, or a share between 0 and 1."""

    low: int
    high: int

    def check(self, value: object) -> int | float:
        """Return the count or the share."""
        if isinstance(value, float) and 0 < value < 1:
            return value
        if isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high:
            return value
        raise wrong_value(
            f"{describe_value(value)} is neither a count nor a share; "
            f"allowed: {self.low} to {self.high} examples, or a share between 0 and 1 such as 0.2"
        )

    def _json_schema(self) -> dict[str, Any]:
        return {"minimum": 0, "maximum": self.high}


class BooleanField(_Scalar):
    """True or false as in YAML 1.2, where `yes` and `on` are text."""

    def check(self, value: object) -> bool:
        """Return the boolean."""
        if not isinstance(value, bool):
            raise wrong_value(f"{describe_value(value)} is neither true nor false; allowed: true or false")
        return value


class TextField(_Scalar):
    """Any text."""

    def check(self, value: object) -> str:
        """Return the text."""
        if not isinstance(value, str):
            raise wrong_value(
                f"{describe_value(value)} is not text; use text, in quotes if it looks like something else"
            )
        return value


class LabelField(TextField):
    """The label of an activation in tables: 1 to 60 printable characters, no space at either end."""

    def check(self, value: object) -> str:
        """Return the label."""
        text = super().check(value)
        if not (text.isprintable() and text == text.strip() and 1 <= len(text) <= LONGEST_LABEL):
            raise wrong_value(
                f"{describe_value(text)} cannot be a label; "
                f"allowed: 1 to {LONGEST_LABEL} printable characters without a space at either end"
            )
        return text

    def _json_schema(self) -> dict[str, Any]:
        return {"minLength": 1, "maxLength": LONGEST_LABEL}


class FolderNameField(TextField):
    """Text that is safe as the name of a folder on any system."""

    def check(self, value: object) -> str:
        """Return the name."""
        text = super().check(value)
        if not re.fullmatch(_FOLDER_NAME, text):
            raise wrong_value(
                f"{describe_value(text)} cannot name a folder; "
                "allowed: up to 100 letters, digits, '.', '_' and '-', with a letter or digit first"
            )
        return text

    def _json_schema(self) -> dict[str, Any]:
        return {"pattern": f"^{_FOLDER_NAME}$"}


@dataclass(frozen=True)
class ChoiceField(_Scalar):
    """One of a fixed set of words.

    Attributes:
        what: The noun for the words in messages, such as "optimizer".
        words: The allowed words.
        listing: The text that stands for the words in messages if they are too many to list.
    """

    what: str
    words: tuple[str, ...]
    listing: str | None = None

    def check(self, value: object) -> str:
        """Return the word."""
        if isinstance(value, str) and value in self.words:
            return value
        allowed = self.listing or ", ".join(self.words)
        hint = did_you_mean(value, self.words) if isinstance(value, str) else ""
        raise wrong_value(f"{describe_value(value)} is not a known {self.what}; allowed: {allowed}{hint}")

    def _json_schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


def explain_unknown_parameter(of: str, key: object, known: Collection[str]) -> str:
    """Return the message about a parameter that is not among the known ones.

    Args:
        of: The name of the activation, optimizer, initializer or schedule.
        key: The unknown parameter.
        known: The names of its parameters.
    """
    if not known:
        return f"{of} has no parameters; remove params"
    return f"{of} has no such parameter; allowed: {', '.join(known)}{did_you_mean(str(key), known)}"


KerasValue = float | int | bool | str | None


@dataclass(frozen=True)
class KerasParameter:
    """A parameter of a Keras class that a config may set.

    Attributes:
        default: The default in Keras; None for a parameter that is off by default.
        kind: The type of its values.
    """

    default: KerasValue
    kind: NumberField | IntegerField | BooleanField | ChoiceField


def validate_keras_params(
    params: object, of: str, known: Mapping[str, KerasParameter], example: str
) -> dict[str, Any]:
    """Return the parameters of a Keras class as its constructor takes them.

    Args:
        params: The value of `params` in the config.
        of: The name of the optimizer or initializer, for messages.
        known: All parameters of the class by name.
        example: A mapping as it is written in a config, for messages.

    Raises:
        PydanticCustomError: `params` is not a mapping.
        ValidationError: A parameter is unknown, or its value is not allowed.
    """
    if not isinstance(params, Mapping):
        raise wrong_value(f"{describe_value(params)} is not a mapping; use one such as {example}")
    found, values = [], dict[str, Any]()
    for key, value in params.items():
        if key not in known:
            found.append(mistake(explain_unknown_parameter(of, key, known), key, kind="unknown_key"))
            continue
        try:
            values[key] = known[key].kind.check(value)
        except PydanticCustomError as error:
            found.append(mistake(error.message(), key))
    return report_all(found, lambda: values)
