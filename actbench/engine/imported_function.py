"""Functions of the user's, imported in the worker."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from actbench.activations.source import SourceError, find_source
from actbench.errors import DataError

if TYPE_CHECKING:
    from actbench.activations.entry import ParameterValue

_PROBE_SHAPE = (3, 4)

_OTHER_ROWS = 5

# a user's code that ends the process or is interrupted by itself is told of like one that fails
_ANYTHING = (Exception, SystemExit, KeyboardInterrupt)


def import_function(
    reference: str, params: Mapping[str, ParameterValue], source_sha256: str | None = None
) -> Callable[[Any], Any]:
    """The function, its parameters bound, after it has been tried on small tensors, as it is and compiled.

    Args:
        reference: As "package.module:function"; the current folder is searched last.
        params: Keyword arguments.
        source_sha256: What `find_source` hashed when the run was planned; None to take the function as it is.

    Raises:
        DataError: It cannot be imported, called or compiled, gives no tensor of the input's shape, has no
            gradient, or its source has changed.
    """
    module, _, name = reference.partition(":")
    _check_source(reference, source_sha256)
    folder = os.getcwd()  # noqa: PTH109 - sys.path holds strings
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        function = getattr(importlib.import_module(module), name)
    except _ANYTHING as error:
        raise DataError(f"{reference}: the module {module} cannot be imported: {_told(error)}") from error
    if not callable(function):
        raise DataError(f"{reference}: {name} is a {type(function).__name__}; allowed: a function")
    return _tried(reference, function, tuple(params.items()))


def _check_source(reference: str, source_sha256: str | None) -> None:
    try:
        source = find_source(reference)
    except SourceError as error:
        raise DataError(f"{reference}: {error}") from None
    if source_sha256 not in (None, source.sha256):
        raise DataError(
            f"{reference}: its source in {source.path} has changed since the run was planned; "
            "run again: a changed function is another cell"
        )


@functools.cache  # every layer of every model asks, and compiling takes its time
def _tried(
    reference: str, function: Callable[..., Any], params: tuple[tuple[str, ParameterValue], ...]
) -> Callable[[Any], Any]:
    bound = functools.partial(function, **dict(params)) if params else function
    _try(reference, bound)
    return bound


def _try(reference: str, function: Callable[[Any], Any]) -> None:
    x = tf.reshape(tf.linspace(-2.0, 2.0, _PROBE_SHAPE[0] * _PROBE_SHAPE[1]), _PROBE_SHAPE)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = _called(reference, "calling it on a tensor", lambda: function(x))
    if not tf.is_tensor(y):
        raise DataError(f"{reference}: it gives a {type(y).__name__}; needed: a tensor")
    if y.shape != x.shape or y.dtype != x.dtype:
        given = f"shape {tuple(y.shape)} and type {y.dtype.name}"
        raise DataError(
            f"{reference}: of a float32 tensor of shape {_PROBE_SHAPE} it gives {given}; needed: the same"
        )
    if tape.gradient(y, x) is None:
        raise DataError(f"{reference}: it has no gradient; needed: operations that TensorFlow differentiates")
    # as the engines do: compiled for a batch, and traced for any number of rows
    compiled = tf.function(function, jit_compile=True, autograph=False)
    batch = tf.zeros((_OTHER_ROWS, _PROBE_SHAPE[1]))
    _called(reference, "compiling it with XLA", lambda: compiled(batch))
    traced = tf.function(function, autograph=False)
    any_rows = tf.TensorSpec((None, _PROBE_SHAPE[1]), tf.float32)
    _called(reference, "tracing it for any number of rows", lambda: traced.get_concrete_function(any_rows))


def _called(reference: str, what: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except _ANYTHING as error:
        raise DataError(f"{reference}: {what} failed: {_told(error)}") from error


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
