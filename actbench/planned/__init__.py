"""What is planned: cells, settings, blocks, and the run that they make."""

from actbench.planned.block import Block
from actbench.planned.cell import CellPlan
from actbench.planned.plan import Plan
from actbench.planned.setting import TUNED, Setting, describe_setting, differing, with_tuned

__all__ = [
    "TUNED",
    "Block",
    "CellPlan",
    "Plan",
    "Setting",
    "describe_setting",
    "differing",
    "with_tuned",
]
