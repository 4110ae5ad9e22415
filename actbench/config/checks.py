"""Checks between sections of a config, by subject: labels, initializers, gated units, losses, validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic_core import InitErrorDetails

from actbench.activations.catalogue import ACTIVATION_NAMES, find_activation
from actbench.activations.gated_widths import PARAMETER_TOLERANCE
from actbench.config.schema.activation import (
    PLACEBO,
    SOURCE_KEYS,
    ActivationConfig,
    default_label,
    explain_unfit_initializer,
    initializer_name,
    raw_activations,
)
from actbench.config.schema.keras_objects import INIT_NAMES, KERAS, OPTIMIZERS, InitConfig
from actbench.config.schema.layers import UNDER_TEST, has_lone_activation, kernel_activations, read_layers
from actbench.config.schema.measurement import ProbesConfig, TimingConfig
from actbench.config.schema.network_size import matched_gated_widths, parameter_mismatch
from actbench.config.schema.section import describe_value, mistake, raw_value
from actbench.datasets.spec import DATASETS
from actbench.errors import did_you_mean
from actbench.metrics.objectives import LOSSES, Objective, default_loss, loss_misfit
from actbench.metrics.registry import describe_score

if TYPE_CHECKING:
    from actbench.config.schema.layers import LayerConfigs
    from actbench.config.schema.model import ModelConfig
    from actbench.config.schema.section import Section
    from actbench.metrics.registry import ScoreName

_NO_HIDDEN_LAYER = "there is no hidden layer, and the output layer keeps Keras's default"


def check_labels(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield repeated or reserved labels, and a baseline that is not among the labels."""
    entries = raw.get("activations")
    labels = [_label(entry) for entry in entries] if isinstance(entries, list | tuple) else []
    for index, label in enumerate(labels):
        if label is not None and label in labels[:index]:
            taken = f"{describe_value(label)} is the label of activations[{labels.index(label)}] already"
            yield mistake(f"{taken}; use another label", "activations", index, "label")
        if label == PLACEBO and raw.get("placebo", True) is not False:
            reserved = f"{describe_value(label)} is reserved for the second copy of the baseline"
            yield mistake(f"{reserved}; use another label, or placebo: false", "activations", index, "label")
    baseline, known = raw.get("baseline"), [label for label in labels if label and label.isprintable()]
    if isinstance(baseline, str) and known and baseline not in known:
        allowed = f"{', '.join(known)}{did_you_mean(baseline, known)}"
        yield mistake(
            f"{describe_value(baseline)} is not among the activations; allowed: {allowed}", "baseline"
        )


def _label(entry: object) -> str | None:
    """Return the label of an activation's entry, which may not be valid; None if it has none."""
    if isinstance(entry, ActivationConfig):
        return entry.label
    if isinstance(entry, Mapping):
        entry = entry.get("label", default_label(entry))
    return entry if isinstance(entry, str) else None


def check_initializers(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield activations that cannot have the model's initializer and have no initializer of their own."""
    of_model = initializer_name(raw_value(raw.get("model"), "init"))
    for index, entry in raw_activations(raw):
        kind = next((kind for kind in SOURCE_KEYS if entry.get(kind) is not None), None)
        if (
            kind is None
            or entry.get("init") is not None
            or (kind == "name" and entry[kind] not in ACTIVATION_NAMES)
        ):
            continue
        problem = explain_unfit_initializer(
            kind, find_activation(str(entry[kind])) if kind == "name" else None, of_model, entry
        )
        if problem is not None:
            remedy = "add an init to the activation"
            yield mistake(f"model.init: {problem}; {remedy}", "activations", index)


def check_gated_units(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield gated units whose model cannot have nearly as many parameters as the plain model."""
    layers = read_layers(raw.get("model"))
    dataset = DATASETS.get(str(raw_value(raw.get("dataset"), "name")))
    if layers is None:
        return
    outputs = None if dataset is None else _output_units(raw, dataset.classes)
    for index, entry in raw_activations(raw):
        name = entry.get("name")
        if name not in ACTIVATION_NAMES or not find_activation(str(name)).gated:
            continue
        if has_lone_activation(layers):
            yield mistake(
                "a gated unit takes a dense layer of twice its width, and a layer of the model applies the "
                'activation by itself; use {dense: 64, activation: "*"} in place of {activation: "*"}',
                "activations",
                index,
            )
        elif outputs is not None and dataset is not None and entry.get("match") != "width":
            problem = explain_parameter_mismatch(layers, dataset.features, outputs)
            if problem is not None:
                yield mistake(problem, "activations", index)


def _output_units(raw: Mapping[str, object], classes: int | None) -> int | None:
    """Return the output units for a named dataset; None if its loss is invalid or depends on targets."""
    loss = raw_value(raw.get("train"), "loss") or default_loss(classes)
    if raw.get("targets") or loss not in tuple(LOSSES) or loss_misfit(loss, classes):
        return None
    return Objective("", classes, loss).units


def explain_parameter_mismatch(layers: LayerConfigs, features: int, outputs: int) -> str | None:
    """Explain why no widths give a gated model as many parameters as the plain model; None if some do.

    Args:
        layers: The hidden layers of the plain model.
        features: The width of an example.
        outputs: The width of the output.
    """
    off = parameter_mismatch(layers, features, outputs)
    if abs(off) <= PARAMETER_TOLERANCE:
        return None
    return (
        "no gated widths give the plain model's number of parameters within 1 %: the widths "
        f"{list(matched_gated_widths(layers, features, outputs))} give {100 * off:+.1f} %; "
        "use match: width, or wider hidden layers"
    )


def check_losses(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield a `train.loss` that stands beside `targets` or cannot be used for the named dataset."""
    loss = raw_value(raw.get("train"), "loss")
    if not isinstance(loss, str) or loss not in LOSSES:
        return
    targets = raw.get("targets")
    if targets and isinstance(targets, Mapping):
        yield mistake(
            "cannot be used beside targets; write the loss of each target there, "
            f"such as targets: {{{next(iter(targets))}: {{loss: {loss}}}}}",
            "train",
            "loss",
        )
    dataset = DATASETS.get(str(raw_value(raw.get("dataset"), "name")))
    if dataset is None:
        return
    problem = loss_misfit(loss, dataset.classes)
    if problem:
        yield mistake(problem, "train", "loss")


def check_numeric_target(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield keys that need classes if the named dataset has a number to predict."""
    dataset = DATASETS.get(str(raw_value(raw.get("dataset"), "name")))
    if dataset is None or dataset.classes is not None:
        return
    if raw_value(raw.get("model"), "output") == "softmax":
        yield mistake(explain_softmax_of_numbers(dataset.name), "model", "output")
    if raw_value(raw.get("verdict"), "target_accuracy") is not None:
        yield mistake(explain_missing_accuracy(dataset.name, "r2"), "verdict", "target_accuracy")


def explain_softmax_of_numbers(data: str) -> str:
    """Explain why softmax has no effect on data whose target is a number."""
    return f"softmax has no effect where numbers are predicted, as of {data}; use logits"


def explain_missing_accuracy(data: str, score: ScoreName) -> str:
    """Explain why data with another score than accuracy has no target accuracy."""
    return (
        f"the score of {data} is {describe_score(score)}; use target_accuracy with a single target of classes"
    )


def check_validation_split(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield keys that need validation examples. Call this for a config without a validation split."""
    wanted = (
        (raw.get("tune") or None, "choose by", ("tune",)),
        (raw_value(raw.get("train"), "early_stopping"), "see the loss on", ("train", "early_stopping")),
        (
            raw_value(raw.get("verdict"), "target_accuracy"),
            "reach the accuracy on",
            ("verdict", "target_accuracy"),
        ),
    )
    for value, purpose, path in wanted:
        if value is not None:
            yield mistake(
                f"there is no validation split to {purpose}; "
                "add dataset.validation, such as validation: 5000",
                *path,
            )


def check_no_effect(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield an initializer or a `match` that no layer can have, and `nesterov` without momentum."""
    layers = read_layers(raw.get("model"))
    if layers is not None and UNDER_TEST not in kernel_activations(layers):
        yield from _useless_keys_of_activations(raw, any_layer=bool(layers))
    init = initializer_name(raw_value(raw.get("model"), "init"))
    if layers == () and init in INIT_NAMES and init != KERAS:
        why = f"{init} has no effect: {_NO_HIDDEN_LAYER}"
        yield mistake(f"{why}; use keras, or add a hidden layer", "model", "init")
    yield from _useless_nesterov(raw_value(raw.get("train"), "optimizer"))


def _useless_keys_of_activations(raw: Mapping[str, object], *, any_layer: bool) -> Iterator[InitErrorDetails]:
    """Yield `init` and `match` of activations before which no dense layer could use them.

    Args:
        raw: The config, which may not be valid.
        any_layer: True if the model has hidden layers.
    """
    why = (
        "every dense layer before the activation under test has an activation of its own"
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


def _useless_nesterov(optimizer: object) -> Iterator[InitErrorDetails]:
    """Yield `nesterov` if the optimizer has no momentum; its default is not refused."""
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
    """Return sections in which keys that have no effect beside other keys have their defaults.

    Then equal work has equal ids. Values without effect are not refused, because finished runs may have them.

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
    if len(activations) + placebo < 2:  # timing-only rounds sample ratios, and one activation has no ratio
        now["timing"] = now["timing"].model_copy(update={"target_ci": None, "budget_s": None})
    if not probes.epochs:
        now["probes"] = probes.model_copy(update={"examples": ProbesConfig().examples})
    return {name: section for name, section in now.items() if section != written[name]}
