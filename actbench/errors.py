"""One exception per kind of failure, each with the exit code that the command line returns for it."""

from collections.abc import Iterable


class ActbenchError(Exception):
    """Anything that ends a command with a message instead of a traceback.

    The message is complete: it says what is wrong, where, and what would be right.
    """

    exit_code = 2


class ConfigError(ActbenchError):
    """The command line or the config is wrong; the message has one line per mistake."""


class DataError(ActbenchError):
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
