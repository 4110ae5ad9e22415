"""Keys without effect beside other keys: some are refused, others get their defaults so that ids agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic_core import InitErrorDetails

from actbench.activations.catalogue import ACTIVATION_NAMES, find_activation
from actbench.config.schema.activation import initializer_name, raw_activations
from actbench.config.schema.initializers import INIT_NAMES, KERAS, InitConfig
from actbench.config.schema.layers import UNDER_TEST, kernel_activations, read_layers
from actbench.config.schema.optimizers import OPTIMIZERS
from actbench.config.schema.probes import ProbesConfig
from actbench.config.schema.section import mistake, raw_value
from actbench.config.schema.timing import TimingConfig

if TYPE_CHECKING:
    from actbench.config.schema.activation import ActivationConfig
    from actbench.config.schema.model import ModelConfig
    from actbench.config.schema.section import Section

_NO_HIDDEN_LAYER = "there is no hidden layer, and the output layer keeps Keras's default"


def check_no_effect(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield an initializer or a `match` that no layer can have, and `nesterov` without momentum."""
    layers = read_layers(raw.get("model"))
    if layers is not None and UNDER_TEST not in kernel_activations(layers):
        yield from _of_activations(raw, any_layer=bool(layers))
    init = initializer_name(raw_value(raw.get("model"), "init"))
    if layers == () and init in INIT_NAMES and init != KERAS:
        why = f"{init} has no effect: {_NO_HIDDEN_LAYER}"
        yield mistake(f"{why}; use keras, or add a hidden layer", "model", "init")
    yield from _nesterov(raw_value(raw.get("train"), "optimizer"))


def _of_activations(raw: Mapping[str, object], *, any_layer: bool) -> Iterator[InitErrorDetails]:
    why = (
        "every dense layer before the activation under test has one of its own"
        if any_layer
        else _NO_HIDDEN_LAYER
    )
    for index, entry in raw_activations(raw):
        init, name = initializer_name(entry.get("init")), entry.get("name")
        if init in INIT_NAMES and init != KERAS:
            yield mistake(f"{init} has no effect: {why}; remove init", "activations", index, "init")
        if (
            not any_layer
            and entry.get("match") == "width"
            and name in ACTIVATION_NAMES
            and find_activation(str(name)).gated
        ):
            message = "width has no effect without a hidden layer; remove match"
            yield mistake(message, "activations", index, "match")


def _nesterov(optimizer: object) -> Iterator[InitErrorDetails]:
    known = OPTIMIZERS.get(str(raw_value(optimizer, "name")), {})
    params = raw_value(optimizer, "params")
    if "nesterov" not in known or not isinstance(params, Mapping):
        return
    momentum = params.get("momentum", known["momentum"].default)
    if momentum == 0 and params.get("nesterov") is (not known["nesterov"].default):
        message = "has no effect without momentum; add one, such as momentum: 0.9"
        yield mistake(message, "train", "optimizer", "params", "nesterov")


def reset_unused_keys(
    model: ModelConfig,
    timing: TimingConfig,
    probes: ProbesConfig,
    activations: Sequence[ActivationConfig],
    *,
    placebo: bool,
) -> dict[str, Section]:
    """Return sections in which keys that do nothing beside others have their defaults.

    So equal work has equal ids. Such values are not refused, because finished runs may have them.

    Args:
        model: The valid section.
        timing: The valid section.
        probes: The valid section.
        activations: The compared activations, without the placebo.
        placebo: Whether a placebo runs, too.

    Returns:
        The changed sections by name.
    """
    written: dict[str, Section] = {"model": model, "timing": timing, "probes": probes}
    now = dict(written)
    only_under_test = set(kernel_activations(model.network)) <= {UNDER_TEST}
    if only_under_test and all(entry.init is not None for entry in activations):
        now["model"] = model.model_copy(update={"init": InitConfig()})
    if not timing.inference_batch_sizes:
        usual = TimingConfig.model_validate({"engine": timing.engine})
        now["timing"] = timing.model_copy(update={"inference_rounds": usual.inference_rounds})
        now["model"] = now["model"].model_copy(update={"output": "logits"})
    if len(activations) + placebo < 2:  # timing-only rounds take samples of ratios, of which there are none
        now["timing"] = now["timing"].model_copy(update={"target_ci": None, "budget_s": None})
    if not probes.epochs:
        now["probes"] = probes.model_copy(update={"examples": ProbesConfig().examples})
    return {name: section for name, section in now.items() if section != written[name]}
