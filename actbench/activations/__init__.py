"""Which activation functions there are, known without loading TensorFlow."""

from actbench.activations.catalogue import ACTIVATIONS, FAMILIES, NAMES, find
from actbench.activations.entry import Activation, Parameter, ParameterValue

__all__ = ["ACTIVATIONS", "FAMILIES", "NAMES", "Activation", "Parameter", "ParameterValue", "find"]
