"""The import of a user's activation function, which is tried before it is trained with."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from actbench.activations.source import SourceError, find_function_source
from actbench.errors import DataError

if TYPE_CHECKING:
    from actbench.activations.entry import ParameterValue

_PROBE_SHAPE = (3, 4)

_OTHER_ROWS = 5

# A user's code that ends the process or interrupts itself is reported like one that fails.
_ANY_FAILURE = (Exception, SystemExit, KeyboardInterrupt)


def import_function(
    reference: str, params: Mapping[str, ParameterValue], source_sha256: str | None = None
) -> Callable[[Any], Any]:
    """Return the function with its parameters bound, once it has worked on small tensors, compiled and not.

    Args:
        reference: Such as "package.module:function"; the current folder is searched last.
        params: Keyword arguments.
        source_sha256: Hash of the function's source when the run was planned; None to take any source.

    Raises:
        DataError: The function cannot be imported, called or compiled, returns no tensor of the input's
            shape, has no gradient, or its source has changed.
    """
    module, _, name = reference.partition(":")
    _check_source(reference, source_sha256)
    folder = os.getcwd()  # noqa: PTH109 - sys.path holds strings
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        function = getattr(importlib.import_module(module), name)
    except _ANY_FAILURE as error:
        raise DataError(
            f"{reference}: the module {module} cannot be imported: {_format_error(error)}"
        ) from error
    if not callable(function):
        raise DataError(f"{reference}: {name} is a {type(function).__name__}; use a function")
    return _checked(reference, function, tuple(params.items()))


def _check_source(reference: str, source_sha256: str | None) -> None:
    try:
        source = find_function_source(reference)
    except SourceError as error:
        raise DataError(f"{reference}: {error}") from None
    if source_sha256 not in (None, source.sha256):
        raise DataError(
            f"{reference}: its source in {source.path} has changed since the run was planned; "
            "run again: a changed function is another cell"
        )


@functools.cache  # every layer of every model imports its function, and the check compiles it
def _checked(
    reference: str, function: Callable[..., Any], params: tuple[tuple[str, ParameterValue], ...]
) -> Callable[[Any], Any]:
    """Return the function with its parameters bound, once it is checked."""
    bound = functools.partial(function, **dict(params)) if params else function
    _check(reference, bound)
    return bound


def _check(reference: str, function: Callable[[Any], Any]) -> None:
    """Refuse a function that the engines could not train with."""
    x = tf.reshape(tf.linspace(-2.0, 2.0, _PROBE_SHAPE[0] * _PROBE_SHAPE[1]), _PROBE_SHAPE)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = _attempt(reference, "calling it on a tensor", lambda: function(x))
    if not tf.is_tensor(y):
        raise DataError(f"{reference}: it returns a {type(y).__name__}; return a tensor")
    if y.shape != x.shape or y.dtype != x.dtype:
        given = f"shape {tuple(y.shape)} and type {y.dtype.name}"
        raise DataError(
            f"{reference}: for a float32 tensor of shape {_PROBE_SHAPE} it returns {given}; "
            "return the same shape and type"
        )
    if tape.gradient(y, x) is None:
        raise DataError(f"{reference}: it has no gradient; use operations that TensorFlow differentiates")
    # The engines compile it for a batch, and trace it for any number of rows.
    compiled = tf.function(function, jit_compile=True, autograph=False)
    batch = tf.zeros((_OTHER_ROWS, _PROBE_SHAPE[1]))
    _attempt(reference, "compiling it with XLA", lambda: compiled(batch))
    traced = tf.function(function, autograph=False)
    any_rows = tf.TensorSpec((None, _PROBE_SHAPE[1]), tf.float32)
    _attempt(reference, "tracing it for any number of rows", lambda: traced.get_concrete_function(any_rows))


def _attempt(reference: str, what: str, call: Callable[[], Any]) -> Any:
    """Return the result of a call into the user's code; `what` names it in the error."""
    try:
        return call()
    except _ANY_FAILURE as error:
        raise DataError(f"{reference}: {what} failed: {_format_error(error)}") from error


def _format_error(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
