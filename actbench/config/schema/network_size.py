"""The size of a network in parameters and multiplications, and the widths at which gated models match it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from actbench.activations.catalogue import find_activation
from actbench.activations.gated_widths import match_widths
from actbench.config.schema.layers import UNDER_TEST, LayerConfigs


@dataclass(frozen=True)
class NetworkSize:
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

    def plus(self, width: int, parameters: int, products: int = 0, projections: int = 0) -> "NetworkSize":
        """With another layer on top."""
        return NetworkSize(
            width, self.parameters + parameters, self.products + products, self.projections + projections
        )


def widths_under_test(layers: LayerConfigs) -> tuple[int, ...]:
    """Of the dense layers that apply the activation under test, in order."""
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
    """Of the whole model.

    Args:
        layers: The hidden ones.
        features: Width of the input.
        outputs: Units of all heads together.
        gated: Whether the activation under test takes a layer of twice its width.
        widths: Of the dense layers under test, after gating; None for those that the layers say.
    """
    under_test = iter(widths_under_test(layers) if widths is None else widths)
    hidden = _stacked(layers, NetworkSize(features), under_test, 2 if gated else 1)
    return hidden.plus(outputs, (hidden.width + 1) * outputs, hidden.width * outputs)


def matched_gated_widths(layers: LayerConfigs, features: int, outputs: int) -> tuple[int, ...]:
    """Widths of the dense layers under test with which a gated model has nearly the plain one's parameters.

    No shortcut gets or loses a projection by it, where that can be had.
    """
    plain = network_size(layers, features, outputs)

    def count(widths: Sequence[int]) -> int:
        gated = network_size(layers, features, outputs, gated=True, widths=widths)
        return gated.parameters if gated.projections == plain.projections else 2 * plain.parameters

    return match_widths(widths_under_test(layers), plain.parameters, count)


def parameter_mismatch(layers: LayerConfigs, features: int, outputs: int) -> float:
    """How far the matched model's parameter count is from the plain one's, relative to that."""
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
