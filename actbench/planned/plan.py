"""All blocks of a run."""

from actbench.planned.block import Block
from actbench.planned.cell import CellPlan
from actbench.planned.setting import Setting
from actbench.records import Record


class Plan(Record):
    """A whole run.

    Attributes:
        run_id: 12 hexadecimal digits, a hash of what determines the numbers; the name does not.
        name: The config's.
        settings: In the order of the config.
        blocks: Setting by setting, of each the tuning blocks first, seed by seed.
        baseline: Label of the activation that the others are compared with.
        placebo: Label of the placebo; None when switched off.
    """

    run_id: str
    name: str
    settings: tuple[Setting, ...]
    blocks: tuple[Block, ...]
    baseline: str
    placebo: str | None

    @property
    def trainings(self) -> int:
        """How many cells there are in all blocks."""
        return sum(len(block.cells) for block in self.blocks)

    @property
    def tuning_trainings(self) -> int:
        """How many of them choose hyper-parameters."""
        return sum(len(block.cells) for block in self.tuning)

    @property
    def tuning(self) -> tuple[Block, ...]:
        """The blocks that choose hyper-parameters."""
        return tuple(block for block in self.blocks if block.candidate)

    @property
    def final(self) -> tuple[Block, ...]:
        """The blocks that are reported: all others."""
        return tuple(block for block in self.blocks if not block.candidate)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the activations, the placebo last; the same in every block that is no tuning."""
        return tuple(cell.label for cell in self.final[0].cells)

    def cells(self, setting: Setting) -> tuple[CellPlan, ...]:
        """What is trained in each block of a setting that is no tuning."""
        return next(block.cells for block in self.final if block.setting == setting)
