"""The words of messages, and the exit codes of their errors."""

import pytest

from actbench import errors
from actbench.errors import (
    ActbenchError,
    ArgumentError,
    DataError,
    Fault,
    InputError,
    at_key,
    collect_faults,
    did_you_mean,
    format_key,
    short_repr,
)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ((), ""),
        (("seeds",), "seeds"),
        (("activations", 2, "params", "alpha"), "activations[2].params.alpha"),
        (("targets", "a b"), "targets.'a b'"),
    ],
)
def test_a_key_is_written_as_in_a_path(key, text):
    assert format_key(key) == text


def test_a_long_value_is_cut_to_sixty_characters():
    assert short_repr("a" * 58) == repr("a" * 58)
    assert short_repr("a" * 59) == f"'{'a' * 56}..."
    assert short_repr("a\nb") == r"'a\nb'"


def test_the_closest_word_is_suggested():
    assert did_you_mean("Leaky-Relu", ["relu", "leaky_relu"]) == "; did you mean 'leaky_relu'?"
    assert did_you_mean("tanh", ["relu", "leaky_relu"]) == ""


def test_faults_have_one_line_each():
    error = InputError("is empty", Fault("is missing", ("dataset", "path")))
    assert str(error) == "is empty\ndataset.path: is missing"


def test_an_argument_is_named_in_every_line():
    error = ArgumentError("against", "is unknown", "is empty", value="'x'")
    assert str(error) == "against 'x': is unknown\nagainst 'x': is empty"
    assert error.message("--against").startswith("--against 'x': is unknown")


def test_faults_are_collected_and_get_their_key():
    faults = []
    with collect_faults(faults), at_key("dataset", "test_path"):
        raise DataError("is damaged", Fault("is empty", ("elsewhere",)))
    with collect_faults(faults):
        pass
    assert faults == [
        Fault("is damaged", ("dataset", "test_path")),
        Fault("is empty", ("dataset", "test_path")),
    ]


def test_other_errors_are_not_collected():
    with pytest.raises(ZeroDivisionError), collect_faults([]), at_key("a"):
        _ = 1 / 0


def test_every_error_has_an_exit_code_that_is_not_success():
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ActbenchError)
    ]
    assert len(kinds) >= 10
    assert all(1 <= kind.exit_code <= 6 for kind in kinds)
