"""One exception per kind of failure, each with the exit code that the command line returns for it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_SHOWN_LENGTH = 60

Key = tuple[str | int, ...]
"""Of a config: keys and indices, from the root down."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in what a user has given.

    Attributes:
        message: What is wrong; what is allowed; what may have been meant.
        key: What it is about, if that is a key of a config.
    """

    message: str
    key: Key = ()

    def __str__(self) -> str:
        """As a line of a message."""
        return f"{format_key(self.key)}: {self.message}" if self.key else self.message


class ActbenchError(Exception):
    """Anything that ends a command with a message instead of a traceback.

    The message is complete: it says what is wrong, where, and what would be right.
    """

    exit_code = 2


class InputError(ActbenchError):
    """What a user has given is wrong; the message has one line per fault.

    Attributes:
        faults: What is wrong; text alone is about no key.
    """

    def __init__(self, *faults: Fault | str) -> None:
        self.faults = tuple(Fault(fault) if isinstance(fault, str) else fault for fault in faults)
        super().__init__("\n".join(map(str, self.faults)))


class ConfigError(InputError):
    """The command line or the config is wrong."""


class ArgumentError(ConfigError):
    """An argument of a function is wrong; the command line shows the option of the same name instead.

    Attributes:
        argument: The name in Python, such as "against".
        value: The given value, if the message names it beside the argument.
    """

    def __init__(self, argument: str, *messages: str, value: str = "") -> None:
        super().__init__(*messages)
        self.argument = argument
        self.value = value

    def __str__(self) -> str:
        """Return the message with the argument's name in Python."""
        return self.message(self.argument)

    def message(self, name: str) -> str:
        """Return one line per fault, each begun with this name for the argument."""
        shown = f"{name} {self.value}" if self.value else name
        return "\n".join(f"{shown}: {fault}" for fault in self.faults)


class DataError(InputError):
    """A dataset is missing, damaged, or not what the config says it is."""


class StoreError(ActbenchError):
    """A run folder or its ledger cannot be read, written or locked."""


class WorkerError(ActbenchError):
    """No worker can be started on this machine, as when TensorFlow cannot be imported."""


class GateFailedError(ActbenchError):
    """A comparison that decides over success came out badly: a regression, a run not reproduced."""

    exit_code = 1


class InconclusiveError(ActbenchError):
    """A decision was asked for that the measurements do not give."""

    exit_code = 3


class EnvironmentMismatchError(ActbenchError):
    """Numbers of two environments would be pooled or compared."""

    exit_code = 4


class NothingMeasuredError(ActbenchError):
    """There is no finished cell to report, or nothing that two runs could be compared in."""

    exit_code = 5


class CellsFailedError(ActbenchError):
    """The run ended, but some blocks could not be measured."""

    exit_code = 6


@contextmanager
def collecting(faults: list[Fault]) -> Iterator[None]:
    """Adds what is wrong with data to a list, so that what does not depend on it can be looked at, too."""
    try:
        yield
    except DataError as error:
        faults += error.faults


@contextmanager
def about(*key: str | int) -> Iterator[None]:
    """Says of everything that is found wrong with data inside that it is about this key."""
    try:
        yield
    except DataError as error:
        raise DataError(*(Fault(fault.message, key) for fault in error.faults)) from None


def format_key(key: Sequence[str | int]) -> str:
    """A key as in `activations[2].params.alpha`."""
    text = ""
    for step in key:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            word = step if re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", step) else quoted(step)
            text += f"{'.' if text else ''}{word}"
    return text


def quoted(value: object) -> str:
    """A value on one line, short, without control characters."""
    text = repr(value)
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 3]}..."


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """The end of a message about a word that is not among the allowed ones.

    Args:
        word: As the user wrote it; case and hyphens are forgiven.
        allowed: What would have been right.

    Returns:
        "; did you mean 'x'?" with the closest allowed word, or nothing where none is close.
    """
    from difflib import get_close_matches

    close = get_close_matches(word.lower().replace("-", "_"), list(allowed), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
