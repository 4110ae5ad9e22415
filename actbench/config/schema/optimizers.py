"""The optimizers that a config can name: the classes of `keras.optimizers`, in small letters.

The learning rate is not among their parameters: it has a key of its own. Left out are averages of weights
(`use_ema` and its like), gradient accumulation and loss scaling: stock `fit` and a hand-written loop treat
them differently. `ScheduleFreeAdamW` is left out, since its weights for training are not those for
prediction, and so are the wrappers, which have no parameters of their own.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_serializer

from actbench.config.schema.fields import Flag, Known, Number, OneOf, Value, Whole, known_params
from actbench.config.schema.section import NamedSection, gather, mistake

LEFT_OUT = (
    "use_ema",
    "ema_momentum",
    "ema_overwrite_frequency",
    "gradient_accumulation_steps",
    "loss_scale_factor",
)
"""Of every optimizer of Keras."""

_POSITIVE = Number(above=0)

_NOT_NEGATIVE = Number(at_least=0)

_SHARE = Number(at_least=0, at_most=1.0)

_DECAY = Number(at_least=0, below=1.0)

CLIPPING: Mapping[str, Known] = {
    name: Known(None, _POSITIVE) for name in ("clipnorm", "clipvalue", "global_clipnorm")
}
"""Limits of the gradients, of which one may be given: the norm of each variable's, the size of each number,
the norm of all together."""


def _params(**own: Known) -> Mapping[str, Known]:
    return {"weight_decay": Known(None, _NOT_NEGATIVE), **own, **CLIPPING}


def _adam(beta_1: float = 0.9, beta_2: float = 0.999, epsilon: float = 1e-7) -> dict[str, Known]:
    return {
        "beta_1": Known(beta_1, _DECAY),
        "beta_2": Known(beta_2, _DECAY),
        "epsilon": Known(epsilon, _POSITIVE),
    }


_EPSILON = Known(1e-7, _POSITIVE)

_AMSGRAD = Known(False, Flag())

_ACCUMULATOR = Known(0.1, _NOT_NEGATIVE)

_ANY = Number()

OPTIMIZERS: Mapping[str, Mapping[str, Known]] = {
    "sgd": _params(momentum=Known(0.0, _SHARE), nesterov=Known(False, Flag())),
    "adam": _params(**_adam(), amsgrad=_AMSGRAD),
    "adamw": _params(weight_decay=Known(0.004, _NOT_NEGATIVE), **_adam(), amsgrad=_AMSGRAD),
    "rmsprop": _params(
        rho=Known(0.9, _DECAY),
        momentum=Known(0.0, _SHARE),
        epsilon=_EPSILON,
        centered=Known(False, Flag()),
    ),
    "adagrad": _params(initial_accumulator_value=_ACCUMULATOR, epsilon=_EPSILON),
    "adadelta": _params(rho=Known(0.95, _DECAY), epsilon=_EPSILON),
    "adamax": _params(**_adam()),
    "nadam": _params(**_adam()),
    "ftrl": _params(
        learning_rate_power=Known(-0.5, Number(at_most=0)),
        initial_accumulator_value=_ACCUMULATOR,
        l1_regularization_strength=Known(0.0, _NOT_NEGATIVE),
        l2_regularization_strength=Known(0.0, _NOT_NEGATIVE),
        l2_shrinkage_regularization_strength=Known(0.0, _NOT_NEGATIVE),
        beta=Known(0.0, _NOT_NEGATIVE),
    ),
    "lion": _params(beta_1=Known(0.9, Number(above=0, at_most=1.0)), beta_2=Known(0.99, _DECAY)),
    "adafactor": _params(
        beta_2_decay=Known(-0.8, Number(below=0)),
        epsilon_1=Known(1e-30, _POSITIVE),
        epsilon_2=Known(1e-3, _POSITIVE),
        clip_threshold=Known(1.0, _POSITIVE),
        relative_step=Known(True, Flag()),
    ),
    "lamb": _params(**_adam()),
    "muon": _params(
        weight_decay=Known(0.004, _NOT_NEGATIVE),
        adam_beta_1=Known(0.9, _DECAY),
        adam_beta_2=Known(0.999, _DECAY),
        adam_weight_decay=Known(0.004, _NOT_NEGATIVE),
        epsilon=_EPSILON,
        muon_a=Known(3.4445, _ANY),
        muon_b=Known(-4.775, _ANY),
        muon_c=Known(2.0315, _ANY),
        adam_lr_ratio=Known(1.0, _POSITIVE),
        momentum=Known(0.95, _SHARE),
        ns_steps=Known(5, Whole(1, 100)),
        nesterov=Known(True, Flag()),
        rms_rate=Known(0.2, _NOT_NEGATIVE),
    ),
}
"""Parameters of each, with Keras's defaults."""


class OptimizerConfig(NamedSection):
    """An optimizer of Keras; a name alone stands for its defaults."""

    names: ClassVar[tuple[str, ...]] = tuple(OPTIMIZERS)

    name: Annotated[str, OneOf("optimizer", tuple(OPTIMIZERS))]
    """an optimizer of Keras, such as adam"""
    params: dict[str, Value] = Field(default_factory=dict)
    """the parameters that differ from Keras's defaults, such as {momentum: 0.9, nesterov: true}, or one of
    clipnorm, clipvalue and global_clipnorm"""

    @field_validator("params", mode="before")
    @classmethod
    def _known_to_the_optimizer(cls, params: object, info: ValidationInfo) -> object:
        name = info.data.get("name")
        if name is None:
            return {}  # with an unknown name there is nothing to judge the parameters by
        found = []
        if isinstance(params, dict) and "learning_rate" in params:
            params = {key: value for key, value in params.items() if key != "learning_rate"}
            found.append(mistake("has a key of its own; allowed: train.learning_rate", "learning_rate"))
        if isinstance(params, dict):
            known_by_keras = [key for key in params if key in LEFT_OUT]
            why = "is left out, as docs/models.md says; allowed: without it"
            found += [mistake(why, key, kind="unknown_key") for key in known_by_keras]
            params = {key: value for key, value in params.items() if key not in LEFT_OUT}
            clips = [clip for clip in CLIPPING if params.get(clip) is not None]
            found += [
                mistake(f"{clips[0]} clips already; allowed: one of {', '.join(CLIPPING)}", clip)
                for clip in clips[1:]
            ]
        known = OPTIMIZERS[name]
        return gather(found, lambda: known_params(params, name, known, "{momentum: 0.9}"))

    @model_serializer
    def _as_written(self) -> str | dict[str, Any]:
        return {"name": self.name, "params": dict(self.params)} if self.params else self.name

    def __str__(self) -> str:
        """In words."""
        return self.name
