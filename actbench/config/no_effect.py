"""Keys of a config that would do nothing, for what another part of it says.

A value that is the default anyway is no mistake: a config that was understood has all of them written out.
"""

from collections.abc import Iterator, Mapping

from pydantic_core import InitErrorDetails

from actbench.activations import NAMES, find
from actbench.config.applicability import init_name
from actbench.config.crosschecks import entries_of, value_of
from actbench.config.initializers import INIT_NAMES, KERAS
from actbench.config.layers import UNDER_TEST
from actbench.config.mistakes import mistake
from actbench.config.model import NO_HIDDEN_LAYER, layers_of
from actbench.config.network import initialised_for


def unused_of_activations(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """An initialiser, or a width, of activations before which no layer could have it."""
    layers = layers_of(raw.get("model"))
    if layers is None or UNDER_TEST in initialised_for(layers):
        return
    for index, entry in entries_of(raw):
        init, name = init_name(entry.get("init")), entry.get("name")
        if init in INIT_NAMES and init != KERAS:
            why = (
                "every dense layer before the activation under test has one of its own"
                if layers
                else NO_HIDDEN_LAYER
            )
            yield mistake(f"{init} does nothing: {why}; allowed: without init", "activations", index, "init")
        if not layers and entry.get("match") == "width" and name in NAMES and find(str(name)).gated:
            yield mistake(
                "width does nothing without a hidden layer; allowed: without match",
                "activations",
                index,
                "match",
            )


def unused_softmax(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """A softmax of an inference that nobody times."""
    sizes = value_of(raw.get("timing"), "inference_batch_sizes")
    if value_of(raw.get("model"), "output") == "softmax" and isinstance(sizes, list | tuple) and not sizes:
        yield mistake(
            "softmax does nothing where no inference is timed; allowed: logits, or together with "
            "timing.inference_batch_sizes, such as [1, 128]",
            "model",
            "output",
        )
