"""The exceptions of the package, and the words of their messages.

There is one exception per kind of failure, with the exit code that the command line returns for it. A message
has the form `where: what is wrong; what to do`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_LONGEST_VALUE = 60  # characters of a value in a message, so that the message stays on about one line

Key = tuple[str | int, ...]
"""The place of a value in a config: keys and indices, from the root down."""


@dataclass(frozen=True)
class Fault:
    """A single mistake in a user's input.

    Attributes:
        message: What is wrong; what to do.
        key: The key of the config that the message is about; empty for anything else.
    """

    message: str
    key: Key = ()

    def __str__(self) -> str:
        """Return one line of a message."""
        return f"{format_key(self.key)}: {self.message}" if self.key else self.message


class ActbenchError(Exception):
    """The base of all errors that end a command with a message instead of a traceback.

    The message is complete: where the mistake is, what is wrong, and what to do.
    """

    exit_code = 2


class InputError(ActbenchError):
    """The input of a user is wrong; the message has one line per fault.

    Attributes:
        faults: All mistakes that were found together.
    """

    def __init__(self, *faults: Fault | str) -> None:
        self.faults = tuple(Fault(fault) if isinstance(fault, str) else fault for fault in faults)
        super().__init__("\n".join(map(str, self.faults)))


class ConfigError(InputError):
    """An argument or the config is wrong."""


class ArgumentError(ConfigError):
    """An argument of a function is wrong.

    The message names the argument; the command line replaces it by the option of the same name.

    Attributes:
        argument: Name of the argument in Python, such as "against".
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
        """Return one line per fault, each of which begins with the given name for the argument."""
        shown = f"{name} {self.value}" if self.value else name
        return "\n".join(f"{shown}: {fault}" for fault in self.faults)


class DataError(InputError):
    """A dataset is missing or damaged, or does not fit the config."""


class StoreError(ActbenchError):
    """A run folder or its ledger cannot be read, written or locked."""


class WorkerError(ActbenchError):
    """No worker process can be started on this machine; perhaps TensorFlow cannot be imported."""


class GateFailedError(ActbenchError):
    """A check failed: `compare` found a regression, or `verify` could not reproduce a run."""

    exit_code = 1


class InconclusiveError(ActbenchError):
    """The measurements do not allow the decision that was asked for."""

    exit_code = 3


class EnvironmentMismatchError(ActbenchError):
    """Measurements of different environments would be pooled or compared."""

    exit_code = 4


class NothingMeasuredError(ActbenchError):
    """There is no finished cell to report, or two runs have nothing in common to compare."""

    exit_code = 5


class CellsFailedError(ActbenchError):
    """The run ended, but some blocks could not be measured."""

    exit_code = 6


@contextmanager
def collect_faults(faults: list[Fault]) -> Iterator[None]:
    """Add the faults of a `DataError` raised inside to a list, so that independent checks can go on."""
    try:
        yield
    except DataError as error:
        faults += error.faults


@contextmanager
def at_key(*key: str | int) -> Iterator[None]:
    """Give all faults of a `DataError` raised inside this key of the config."""
    try:
        yield
    except DataError as error:
        raise DataError(*(Fault(fault.message, key) for fault in error.faults)) from None


def format_key(key: Sequence[str | int]) -> str:
    """Write a key of a config, such as `activations[2].params.alpha`."""
    text = ""
    for step in key:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            word = step if re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", step) else short_repr(step)
            text += f"{'.' if text else ''}{word}"
    return text


def short_repr(value: object) -> str:
    """Write a value on one line for a message: at most 60 characters, none of them a control character."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}..."


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """Return the end of a message about a word that is not among the allowed ones.

    Args:
        word: The word as the user wrote it; case and hyphens are ignored.
        allowed: The allowed words.

    Returns:
        "; did you mean 'x'?" with the closest allowed word; empty if none is close.
    """
    from difflib import get_close_matches  # takes a moment to load, and few commands fail

    close = get_close_matches(word.lower().replace("-", "_"), list(allowed), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
