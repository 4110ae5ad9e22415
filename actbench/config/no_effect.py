"""Keys of a config that would do nothing, for what another part of it says.

A value that is the default anyway is no mistake: a config that was understood has all of them written out.
Nor is one beside a sweep or a tuning, where it may do something in another setting.
"""

from collections.abc import Iterator, Mapping, Sequence

from pydantic_core import InitErrorDetails

from actbench.activations import NAMES, find
from actbench.config.activation import ActivationConfig
from actbench.config.applicability import init_name
from actbench.config.crosschecks import entries_of, value_of
from actbench.config.init import InitConfig
from actbench.config.initializers import INIT_NAMES, KERAS
from actbench.config.layers import UNDER_TEST
from actbench.config.mistakes import mistake
from actbench.config.model import ModelConfig, layers_of
from actbench.config.network import initialised_for
from actbench.config.optimizers import OPTIMIZERS
from actbench.config.probes import ProbesConfig
from actbench.config.section import Section
from actbench.config.timing import TimingConfig

_NO_HIDDEN_LAYER = "there is no hidden layer, and the output layer keeps Keras's default"


def without_effect(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """An initialiser, or a width, that no layer could have; a kind of momentum where there is none."""
    layers = layers_of(raw.get("model"))
    if layers is not None and UNDER_TEST not in initialised_for(layers):
        yield from _of_activations(raw, any_layer=bool(layers))
    init = init_name(value_of(raw.get("model"), "init"))
    if layers == () and init in INIT_NAMES and init != KERAS:
        why = f"{init} does nothing: {_NO_HIDDEN_LAYER}"
        yield mistake(f"{why}; allowed: keras, or a hidden layer", "model", "init")
    yield from _nesterov(value_of(raw.get("train"), "optimizer"))


def _of_activations(raw: Mapping[str, object], *, any_layer: bool) -> Iterator[InitErrorDetails]:
    why = (
        "every dense layer before the activation under test has one of its own"
        if any_layer
        else _NO_HIDDEN_LAYER
    )
    for index, entry in entries_of(raw):
        init, name = init_name(entry.get("init")), entry.get("name")
        if init in INIT_NAMES and init != KERAS:
            yield mistake(f"{init} does nothing: {why}; allowed: without init", "activations", index, "init")
        if not any_layer and entry.get("match") == "width" and name in NAMES and find(str(name)).gated:
            message = "width does nothing without a hidden layer; allowed: without match"
            yield mistake(message, "activations", index, "match")


def _nesterov(optimizer: object) -> Iterator[InitErrorDetails]:
    known = OPTIMIZERS.get(str(value_of(optimizer, "name")), {})
    params = value_of(optimizer, "params")
    if "nesterov" not in known or not isinstance(params, Mapping):
        return
    momentum = params.get("momentum", known["momentum"].default)
    if momentum == 0 and params.get("nesterov") is (not known["nesterov"].default):
        message = "does nothing without momentum; allowed: together with momentum: 0.9, say"
        yield mistake(message, "train", "optimizer", "params", "nesterov")


def settled(
    model: ModelConfig,
    timing: TimingConfig,
    probes: ProbesConfig,
    activations: Sequence[ActivationConfig],
    *,
    placebo: bool,
) -> dict[str, Section]:
    """Return sections in which keys that do nothing beside others have their defaults.

    Equal work has equal ids so. Such values are not refused, because finished runs may have them.

    Args:
        model: As written.
        timing: As written.
        probes: As written.
        activations: What is compared.
        placebo: Whether a placebo is, too.

    Returns:
        The sections that differ from what is written, by name.
    """
    written: dict[str, Section] = {"model": model, "timing": timing, "probes": probes}
    now = dict(written)
    only_under_test = set(initialised_for(model.network)) <= {UNDER_TEST}
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
