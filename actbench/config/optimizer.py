"""How a config says which optimizer trains the weights, and with which parameters."""

from typing import Annotated, Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator, model_serializer

from actbench.config.fields import OneOf
from actbench.config.known import Value, known_params
from actbench.config.mistakes import gather, mistake
from actbench.config.optimizers import CLIPPING, LEFT_OUT, OPTIMIZERS
from actbench.config.section import NamedSection


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
