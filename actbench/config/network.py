"""What a model amounts to in numbers: widths, parameters, products; known without building it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actbench.activations import find
from actbench.activations.gating import matched_widths
from actbench.config.layers import UNDER_TEST, PlainLayerConfig

Layers = Sequence[PlainLayerConfig]

_LINEAR = "linear"


@dataclass(frozen=True)
class Sizes:
    """Of a model, or of its hidden layers.

    Attributes:
        width: Of what comes out.
        parameters: Trained weights; of activations under test none but those of the layers before them.
        products: Weights that are multiplied with an input: half the operations of a forward pass.
        projections: Shortcuts with weights of their own.
    """

    width: int
    parameters: int = 0
    products: int = 0
    projections: int = 0

    def plus(self, width: int, parameters: int, products: int = 0, projections: int = 0) -> "Sizes":
        """With another layer on top."""
        return Sizes(
            width, self.parameters + parameters, self.products + products, self.projections + projections
        )


def widths_under_test(layers: Layers) -> tuple[int, ...]:
    """Of the dense layers that apply the activation under test, in order."""
    found: list[int] = []
    for layer in layers:
        if layer.dense is not None and layer.activation == UNDER_TEST:
            found.append(layer.dense)
        found += widths_under_test(layer.inside)
    return tuple(found)


def applied_alone(layers: Layers) -> bool:
    """Whether a layer applies the activation under test to something else than a dense layer of its own."""
    return any(
        (layer.dense is None and layer.activation == UNDER_TEST) or applied_alone(layer.inside)
        for layer in layers
    )


def sizes(
    layers: Layers, features: int, outputs: int, *, gated: bool = False, widths: Sequence[int] | None = None
) -> Sizes:
    """Of the whole model.

    Args:
        layers: The hidden ones.
        features: Width of the input.
        outputs: Units of all heads together.
        gated: Whether the activation under test takes a layer of twice its width.
        widths: Of the dense layers under test, after gating; None for those that the layers say.
    """
    under_test = iter(widths_under_test(layers) if widths is None else widths)
    hidden = _stacked(layers, Sizes(features), under_test, 2 if gated else 1)
    return hidden.plus(outputs, (hidden.width + 1) * outputs, hidden.width * outputs)


def gated_widths(layers: Layers, features: int, outputs: int) -> tuple[int, ...]:
    """Widths of the dense layers under test with which a gated model has nearly the plain one's parameters.

    No shortcut gets or loses a projection by it, where that can be had.
    """
    plain = sizes(layers, features, outputs)

    def count(widths: Sequence[int]) -> int:
        gated = sizes(layers, features, outputs, gated=True, widths=widths)
        return gated.parameters if gated.projections == plain.projections else 2 * plain.parameters

    return matched_widths(widths_under_test(layers), plain.parameters, count)


def mismatch(layers: Layers, features: int, outputs: int) -> float:
    """How far the matched model's parameter count is from the plain one's, relative to that."""
    plain = sizes(layers, features, outputs)
    matched = sizes(layers, features, outputs, gated=True, widths=gated_widths(layers, features, outputs))
    if matched.projections != plain.projections:
        return 1.0
    return (matched.parameters - plain.parameters) / plain.parameters


def initialised_for(layers: Layers) -> tuple[str, ...]:
    """For which activation the kernel of each dense layer is initialised, in the order of building.

    That is its own; where it has none, the next one before another dense layer; else linear. A block's
    projection comes after the block, and is there whether it is needed or not.
    """
    return tuple(reversed(list(_backwards(layers, [_LINEAR]))))


def _backwards(layers: Layers, following: list[str]) -> Iterator[str]:
    # following[0] is the activation that comes next
    for layer in reversed(layers):
        if layer.dense is not None:
            yield layer.activation or following[0]
            following[0] = _LINEAR
        elif layer.activation is not None:
            following[0] = layer.activation
        elif layer.inside:
            yield following[0]
            yield from _backwards(layer.inside, following)


def _stacked(layers: Layers, below: Sizes, under_test: Iterator[int], gating: int) -> Sizes:
    for layer in layers:
        if layer.dense is not None:
            tested = layer.activation == UNDER_TEST
            width = next(under_test) if tested else layer.dense
            units = width * gating if tested else width
            below = below.plus(width, (below.width + 1) * units, below.width * units)
        elif layer.batch_norm is not None or layer.layer_norm is not None:
            below = below.plus(below.width, 2 * below.width)
        elif layer.inside:
            block = _stacked(layer.inside, below, under_test, gating)
            if block.width != below.width:
                weights = below.width * block.width
                block = block.plus(block.width, weights, weights, 1)
            below = block
        if layer.activation not in (None, UNDER_TEST):
            below = below.plus(below.width, _own_weights(str(layer.activation), below.width))
    return below


def _own_weights(activation: str, width: int) -> int:
    entry = find(activation)
    if not entry.trained:
        return 0
    return width if entry.kind == "layer" else len(entry.parameters)
