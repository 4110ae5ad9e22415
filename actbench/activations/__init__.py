"""Which activation functions there are, known without loading TensorFlow."""

from actbench.activations.catalogue import ACTIVATIONS, NAMES, Activation, ParameterValue, find

__all__ = ["ACTIVATIONS", "NAMES", "Activation", "ParameterValue", "find"]
