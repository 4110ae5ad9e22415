"""The key `targets`: what is minimised of each of several."""

from typing import Annotated

from actbench.config.fields import Number, OneOf
from actbench.config.section import Section
from actbench.objectives import LOSSES, Loss


class TargetConfig(Section):
    """What is minimised of one of several targets."""

    loss: Annotated[Loss, OneOf("loss", tuple(LOSSES))] | None = None
    """as train.loss"""
    weight: Annotated[float, Number(above=0)] = 1.0
    """how much of the sum of all losses it makes"""
