"""The key `verdict`: when a difference counts. The verdict changes no measured number and no run id."""

from typing import Annotated

from actbench.config.schema.fields import NumberField
from actbench.config.schema.section import Section


class VerdictConfig(Section):
    """The margins and the level at which a difference counts."""

    margin: Annotated[float, NumberField(above=0, below=1.0)] = 0.001
    """differences of accuracy up to this fraction count as none: 0.001 is 0.1 points"""
    time_margin: Annotated[float, NumberField(above=0, below=1.0)] = 0.01
    """relative differences of time up to this count as none: 0.01 is 1 %"""
    loss_margin: Annotated[float, NumberField(above=0)] = 0.005
    """differences of loss up to this, in nats, count as none"""
    alpha: Annotated[float, NumberField(above=0, at_most=0.05)] = 0.05
    """adjusted p up to which a difference is believed; at most 0.05, because the intervals are 95 %"""
    target_accuracy: Annotated[float, NumberField(above=0, below=1.0)] | None = None
    """validation accuracy, a fraction, to which epochs and seconds are reported; null for none"""
