"""The objectives of a model: which loss each of its targets is trained with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from actbench.errors import DataError, Fault, did_you_mean

if TYPE_CHECKING:
    from actbench.errors import Key
    from actbench.metrics.metric import TargetKind
    from actbench.metrics.registry import TargetLike

Loss = Literal["sparse_categorical_crossentropy", "binary_crossentropy", "mse", "mae", "huber"]

LOSSES: dict[Loss, TargetKind] = {
    "sparse_categorical_crossentropy": "classes",
    "binary_crossentropy": "classes",
    "mse": "number",
    "mae": "number",
    "huber": "number",
}
"""The kind of target that each loss is for; the names are Keras's, and the first of a kind is its default."""

_TWO_CLASSES: Loss = "binary_crossentropy"


@dataclass(frozen=True)
class Objective:
    """A head of a model: the target that it predicts, and the loss that it is trained with.

    Attributes:
        target: The target's name.
        classes: The target's number of classes; None for a number.
        loss: The loss that training minimizes.
        weight: Factor of this loss in the sum over all heads.
    """

    target: str
    classes: int | None
    loss: Loss
    weight: float = 1.0

    @property
    def units(self) -> int:
        """Width of the head: one unit per class, or a single one for a number or the logit of two classes."""
        return self.classes if self.classes and self.loss == "sparse_categorical_crossentropy" else 1


class ObjectiveOptions(Protocol):
    """The loss and the weight that a config asks for, for one of several targets."""

    @property
    def loss(self) -> Loss | None:
        """The loss; None for the default of the target's kind."""

    @property
    def weight(self) -> float:
        """Factor of the loss in the sum over all targets."""


def resolve_objectives(
    targets: Sequence[TargetLike], loss: Loss | None, options: Mapping[str, ObjectiveOptions]
) -> tuple[Objective, ...]:
    """Return what a model is trained for, one objective per target of the data.

    Args:
        targets: The data's targets, at least one.
        loss: The config's `train.loss`.
        options: The config's `targets`; a target that is not named there has its default loss and weight 1.

    Raises:
        DataError: The data lacks a target of `options`, a loss does not fit, or the only target has a weight.
    """
    names = [target.name for target in targets]
    faults = [
        Fault(
            f"the data has no target {name!r}; allowed: {', '.join(names)}{did_you_mean(name, names)}",
            ("targets", name),
        )
        for name in options
        if name not in names
    ]
    if loss is not None and len(targets) > 1:
        faults.append(
            Fault(
                f"{loss} cannot be the loss of {len(targets)} targets; write one for each under targets, "
                f"such as targets: {{{names[0]}: {{loss: {default_loss(targets[0].classes)}}}}}",
                ("train", "loss"),
            )
        )
    objectives = []
    for target in targets:
        own = options.get(target.name)
        chosen = (own.loss if own else loss) or default_loss(target.classes)
        key: Key = ("targets", target.name, "loss") if own else ("train", "loss")
        misfit = loss_misfit(chosen, target.classes)
        if misfit and (own or len(targets) == 1):
            faults.append(Fault(f"{misfit} ({target.name})", key))
        if own and own.weight != 1.0 and len(targets) == 1:
            faults.append(Fault(_weight_alone(own.weight), ("targets", target.name, "weight")))
        objectives.append(Objective(target.name, target.classes, chosen, own.weight if own else 1.0))
    if faults:
        raise DataError(*faults)
    return tuple(objectives)


def _weight_alone(weight: float) -> str:
    """Explain why the only target takes no weight: scaled, a cross-entropy is no longer in nats."""
    return f"{weight:g} of the only target would do no more than scale its loss; use 1, or remove the weight"


def default_loss(classes: int | None) -> Loss:
    """Return the loss of a target for which the config names none; `classes` is None for a number."""
    return "mse" if classes is None else "sparse_categorical_crossentropy"


def loss_misfit(loss: Loss, classes: int | None) -> str:
    """Explain why `loss` cannot be used for a target; empty if it can.

    Args:
        loss: One of `LOSSES`.
        classes: The target's number of classes; None for a number.
    """
    kind: TargetKind = "number" if classes is None else "classes"
    fitting = [name for name, of in LOSSES.items() if of == kind and (classes == 2 or name != _TWO_CLASSES)]
    if loss in fitting:
        return ""
    target = "a number" if classes is None else f"{classes} classes"
    needed = (
        "two classes" if loss == _TWO_CLASSES else {"number": "a number", "classes": "classes"}[LOSSES[loss]]
    )
    return f"{loss} is for {needed}, and the target is {target}; allowed: {', '.join(fitting)}"
