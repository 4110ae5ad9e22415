"""What may be wrong between an activation and the model; judged before either is known to be valid."""

from collections.abc import Iterator, Mapping

from pydantic_core import InitErrorDetails

from actbench.activations import NAMES, find
from actbench.activations.gating import TOLERANCE
from actbench.config.activation import KINDS, ActivationConfig
from actbench.config.applicability import init_name, unfit_init
from actbench.config.mistakes import mistake
from actbench.config.model import layers_of
from actbench.config.network import Layers, applied_alone, gated_widths, mismatch
from actbench.datasets import DATASETS
from actbench.metric_names import ScoreName, score_in_a_sentence
from actbench.objectives import LOSSES, Objective, default_loss, unfit


def unfit_inits(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Activations that cannot have the initialiser of the model, and have none of their own."""
    of_model = init_name(value_of(raw.get("model"), "init"))
    for index, entry in entries_of(raw):
        kind = next((kind for kind in KINDS if entry.get(kind) is not None), None)
        if kind is None or entry.get("init") is not None or (kind == "name" and entry[kind] not in NAMES):
            continue
        problem = unfit_init(kind, find(str(entry[kind])) if kind == "name" else None, of_model, entry)
        if problem is not None:
            yield mistake(f"model.init: {problem}, by init of its own", "activations", index)


def unmatched(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Gated units whose model cannot have nearly as many parameters as the plain one."""
    layers = layers_of(raw.get("model"))
    dataset = DATASETS.get(str(value_of(raw.get("dataset"), "name")))
    if layers is None:
        return
    outputs = None if dataset is None else _outputs(raw, dataset.classes)
    for index, entry in entries_of(raw):
        name = entry.get("name")
        if name not in NAMES or not find(str(name)).gated:
            continue
        if applied_alone(layers):
            yield mistake(
                "a gated unit takes a dense layer of twice its width, and a layer of the model applies the "
                'activation by itself; allowed: {dense: 64, activation: "*"} in place of {activation: "*"}',
                "activations",
                index,
            )
        elif outputs is not None and dataset is not None and entry.get("match") != "width":
            problem = unmatched_in_words(layers, dataset.features, outputs)
            if problem is not None:
                yield mistake(problem, "activations", index)


def _outputs(raw: Mapping[str, object], classes: int | None) -> int | None:
    """Units of the head of a dataset with a name; None where what is said of its loss leaves that open."""
    loss = value_of(raw.get("train"), "loss") or default_loss(classes)
    if raw.get("targets") or loss not in tuple(LOSSES) or unfit(loss, classes):
        return None
    return Objective("", classes, loss).units


def unmatched_in_words(layers: Layers, features: int, outputs: int) -> str | None:
    """Why no widths of gated layers give the plain model's number of parameters; None where some do.

    Args:
        layers: The plain model's hidden ones.
        features: Width of an example.
        outputs: Width of the output.
    """
    off = mismatch(layers, features, outputs)
    if abs(off) <= TOLERANCE:
        return None
    return (
        "no gated widths are found within 1 % of the plain one's parameters: with the widths "
        f"{list(gated_widths(layers, features, outputs))} it has {100 * off:+.1f} %; "
        "allowed: match: width, or wider hidden layers"
    )


def unfit_losses(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """A loss beside a mapping of losses, or one that a dataset of known classes cannot have."""
    loss = value_of(raw.get("train"), "loss")
    if not isinstance(loss, str) or loss not in LOSSES:
        return
    targets = raw.get("targets")
    if targets and isinstance(targets, Mapping):
        yield mistake(
            "goes without targets; allowed: the loss of each target there, "
            f"such as targets: {{{next(iter(targets))}: {{loss: {loss}}}}}",
            "train",
            "loss",
        )
    dataset = DATASETS.get(str(value_of(raw.get("dataset"), "name")))
    if dataset is None:
        return
    problem = unfit(loss, dataset.classes)
    if problem:
        yield mistake(problem, "train", "loss")


def unfit_for_numbers(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """What only classes have, where a dataset is known to have a number to predict."""
    dataset = DATASETS.get(str(value_of(raw.get("dataset"), "name")))
    if dataset is None or dataset.classes is not None:
        return
    if value_of(raw.get("model"), "output") == "softmax":
        yield mistake(softmax_of_numbers(dataset.name), "model", "output")
    if value_of(raw.get("verdict"), "target_accuracy") is not None:
        yield mistake(no_accuracy(dataset.name, "r2"), "verdict", "target_accuracy")


def softmax_of_numbers(data: str) -> str:
    """What is wrong with it."""
    return f"softmax does nothing where numbers are predicted, as of {data}; allowed: logits"


def no_accuracy(data: str, score: ScoreName) -> str:
    """Why an accuracy cannot be reached where that is not the score."""
    told = score_in_a_sentence(score)
    return f"the score of {data} is {told}; allowed: with a single target of classes"


def unvalidated(raw: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """What looks at validation examples, in a config that has none."""
    wanted = (
        (raw.get("tune") or None, "choose by", ("tune",)),
        (value_of(raw.get("train"), "early_stopping"), "see the loss on", ("train", "early_stopping")),
        (value_of(raw.get("verdict"), "target_accuracy"), "reach it on", ("verdict", "target_accuracy")),
    )
    for value, purpose, path in wanted:
        if value is not None:
            yield mistake(
                f"there is no validation split to {purpose}; allowed: together with dataset.validation, "
                "such as validation: 5000",
                *path,
            )


def value_of(section: object, key: str, default: object = None) -> object:
    """A value of a section that may be checked already, or may be no section at all."""
    if isinstance(section, Mapping):
        return section.get(key, default)
    return getattr(section, key, None)


def entries_of(raw: Mapping[str, object]) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The activations that are mappings once written out, with their places in the list."""
    entries = raw.get("activations")
    for index, entry in enumerate(entries if isinstance(entries, list | tuple) else ()):
        written = entry.model_dump() if isinstance(entry, ActivationConfig) else entry
        written = ActivationConfig.written_out(written)
        if isinstance(written, Mapping):
            yield index, written
