"""The size of a network in parameters and multiplications, and the widths at which gated models match it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actbench.activations.catalogue import find_activation
from actbench.activations.gated_widths import match_widths
from actbench.config.schema.layers import UNDER_TEST, LayerConfigs


@dataclass(frozen=True)
class NetworkSize:
    """The size of a model, or of the layers of a model up to some layer.

    Attributes:
        width: The width of the output.
        parameters: Trained weights, without the weights of activations under test.
        products: Multiplications of an input with a weight: half the operations of a forward pass.
        projections: Shortcuts of residual blocks that have weights of their own.
    """

    width: int
    parameters: int = 0
    products: int = 0
    projections: int = 0

    def plus(self, width: int, parameters: int, products: int = 0, projections: int = 0) -> "NetworkSize":
        """Return the size with another layer on top, which has this width and adds these counts."""
        return NetworkSize(
            width, self.parameters + parameters, self.products + products, self.projections + projections
        )


def widths_under_test(layers: LayerConfigs) -> tuple[int, ...]:
    """Return the widths of the dense layers that apply the activation under test, in order."""
    found: list[int] = []
    for layer in layers:
        if layer.dense is not None and layer.activation == UNDER_TEST:
            found.append(layer.dense)
        found += widths_under_test(layer.block_layers)
    return tuple(found)


def network_size(
    layers: LayerConfigs,
    features: int,
    outputs: int,
    *,
    gated: bool = False,
    widths: Sequence[int] | None = None,
) -> NetworkSize:
    """Return the size of a whole model, its output layer included.

    Args:
        layers: The hidden layers.
        features: The width of the input.
        outputs: The number of units of all heads together.
        gated: Whether the activation under test is gated, so that its dense layers are twice as wide.
        widths: Widths of the dense layers under test after gating; None for the widths in `layers`.
    """
    under_test = iter(widths_under_test(layers) if widths is None else widths)
    hidden = _stacked(layers, NetworkSize(features), under_test, 2 if gated else 1)
    return hidden.plus(outputs, (hidden.width + 1) * outputs, hidden.width * outputs)


def matched_gated_widths(layers: LayerConfigs, features: int, outputs: int) -> tuple[int, ...]:
    """Return the widths at which a gated model has nearly as many parameters as the plain model.

    If possible, the same shortcuts have a projection in both models.
    """
    plain = network_size(layers, features, outputs)

    def count(widths: Sequence[int]) -> int:
        gated = network_size(layers, features, outputs, gated=True, widths=widths)
        return gated.parameters if gated.projections == plain.projections else 2 * plain.parameters

    return match_widths(widths_under_test(layers), plain.parameters, count)


def parameter_mismatch(layers: LayerConfigs, features: int, outputs: int) -> float:
    """Return the difference of the matched model's parameter count, relative to the plain model's."""
    plain = network_size(layers, features, outputs)
    matched = network_size(
        layers, features, outputs, gated=True, widths=matched_gated_widths(layers, features, outputs)
    )
    if matched.projections != plain.projections:
        return 1.0
    return (matched.parameters - plain.parameters) / plain.parameters


def _stacked(layers: LayerConfigs, below: NetworkSize, under_test: Iterator[int], gating: int) -> NetworkSize:
    for layer in layers:
        if layer.dense is not None:
            tested = layer.activation == UNDER_TEST
            width = next(under_test) if tested else layer.dense
            units = width * gating if tested else width
            below = below.plus(width, (below.width + 1) * units, below.width * units)
        elif layer.batch_norm is not None or layer.layer_norm is not None:
            below = below.plus(below.width, 2 * below.width)
        elif layer.block_layers:
            block = _stacked(layer.block_layers, below, under_test, gating)
            if block.width != below.width:
                weights = below.width * block.width
                block = block.plus(block.width, weights, weights, 1)
            below = block
        if layer.activation not in (None, UNDER_TEST):
            below = below.plus(below.width, _own_weights(str(layer.activation), below.width))
    return below


def _own_weights(activation: str, width: int) -> int:
    entry = find_activation(activation)
    if not entry.trained_by_default:
        return 0
    return width if entry.kind == "layer" else len(entry.parameters)
