"""Estimates of the time that a plan takes, from the measured costs of earlier blocks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from actbench.plan.models import Block, steps_per_epoch, training_flops

if TYPE_CHECKING:
    from actbench.plan.micro import MicroBlock
    from actbench.plan.models import Setting
    from actbench.records.block import BlockRecord
    from actbench.records.run import DatasetInfo

# How far a time may be from the estimate, as a factor either way. The figures are rough: on one machine the
# activations differ, and another program easily doubles all times; two machines differ by more.
SAME_MACHINE = 2.0

OTHER_MACHINE = 3.0

# Larger matrix products do more operations per second. The factor above grows with the difference in size, by
# at most this factor.
_MOST_FOR_SIZE = 2.0

# At most this share of a step's time is assumed not to grow with its operations. Only stock Keras reaches it.
_LARGEST_OVERHEAD = 0.8


@dataclass(frozen=True)
class Costs:
    """The measured times of the parts of a run.

    Attributes:
        start_s: Seconds to import TensorFlow and to load the data, once per setting.
        compile_s: Seconds to build an activation's model and to compile its training and evaluation.
        call_compile_s: Seconds to compile an activation's inference for one batch size.
        step_s: Seconds of one training step, mean over all activations.
        step_flops: Floating-point operations of the matrix products in that step.
        call_s: Seconds of one inference call at the smallest batch size, most of which is overhead.
        evaluation_share: Time of validation and tests as a fraction of the training's time.
        rest_s: Seconds of probes and the harness for one training. They do not grow with its length: as a
            fraction of a short run's training they would make a long run look several times too long.
    """

    start_s: float
    compile_s: float
    call_compile_s: float
    step_s: float
    step_flops: float
    call_s: float
    evaluation_share: float
    rest_s: float

    def of_step(self, flops: float) -> float:
        """Return the seconds of a step with this many operations."""
        return self._overhead_s + flops * self._s_per_flop

    def of_call(self, flops: float) -> float:
        """Return the seconds of an inference call with this many operations."""
        return self.call_s + flops * self._s_per_flop

    @property
    def _overhead_s(self) -> float:
        """Return the part of a step that does not grow with its operations: it is taken from a call."""
        return min(self.call_s, _LARGEST_OVERHEAD * self.step_s)

    @property
    def _s_per_flop(self) -> float:
        return (self.step_s - self._overhead_s) / self.step_flops


REFERENCE = {
    # The costs of results/reference/mnist, as `python -m tools.reference_costs` prints them.
    "compiled": Costs(
        start_s=4.69,
        compile_s=1.83,
        call_compile_s=0.0731,
        step_s=0.000606,
        step_flops=9.06e7,
        call_s=0.000134,
        evaluation_share=0.0379,
        rest_s=0.0325,
    ),
    # There is no reference run of this engine. One epoch of mnist.yaml was run under each engine on one
    # machine, and the ratios were applied to the figures above.
    "keras": Costs(
        start_s=4.7,
        compile_s=0.5,
        call_compile_s=0.07,
        step_s=0.002,
        step_flops=9.06e7,
        call_s=0.06,
        evaluation_share=0.3,
        rest_s=0.0325,
    ),
}
"""The costs to expect if nothing similar was measured on this machine, by engine."""


@dataclass(frozen=True)
class Basis:
    """The measurement that an estimate is derived from.

    Attributes:
        costs: The measured costs.
        source: A text that says where the costs were measured.
        spread: How far this machine may be from the costs now, as a factor either way.
    """

    costs: Costs
    source: str
    spread: float


@dataclass(frozen=True)
class Estimate:
    """The time that blocks are expected to take.

    Attributes:
        seconds: The time to expect.
        lower_s: The shortest time to be prepared for.
        upper_s: The longest time to be prepared for.
        source: A text that says where the costs were measured.
    """

    seconds: float
    lower_s: float
    upper_s: float
    source: str


def add_estimates(estimates: Collection[Estimate]) -> Estimate | None:
    """Return the time of all blocks together, with every source; None if there is nothing to add."""
    if not estimates:
        return None
    return Estimate(
        seconds=sum(estimate.seconds for estimate in estimates),
        lower_s=sum(estimate.lower_s for estimate in estimates),
        upper_s=sum(estimate.upper_s for estimate in estimates),
        source=" and ".join(dict.fromkeys(estimate.source for estimate in estimates)),
    )


def reference_basis(setting: Setting) -> Basis:
    """Return the basis for a setting to which nothing similar was measured on this machine."""
    return Basis(REFERENCE[setting.timing.engine], "the reference run of another machine", OTHER_MACHINE)


def derive_costs(setting: Setting, data: DatasetInfo, records: Iterable[BlockRecord]) -> Costs | None:
    """Return the costs of the measured blocks of a setting.

    A cost that they do not have, such as that of inference that was not timed, is the reference run's.

    Args:
        setting: The setting.
        data: The data that it was trained on.
        records: Blocks of its run. Failed blocks and those of other settings are ignored.

    Returns:
        The costs; None if no training is recorded.
    """
    measured = [
        (record, record.phases)
        for record in records
        if record.setting == setting.id and record.phases is not None
    ]
    trained = [(record.slice_steps, cell) for record, _ in measured for cell in record.cells]
    cells = [cell for _, cell in trained]
    steps = sum(sum(slice_steps[: len(cell.slice_s)]) for slice_steps, cell in trained)
    training_s = sum(sum(cell.slice_s) for cell in cells)
    if not steps or not training_s:
        return None
    other = REFERENCE[setting.timing.engine]
    inference = [own for cell in cells for own in cell.inference]
    smallest = min((own.batch_size for own in inference), default=0)
    latencies = [s for own in inference if own.batch_size == smallest for s in own.latency_s]
    starts = [phases.import_s + phases.data_s for _, phases in measured if phases.import_s]
    evaluation_s = sum(phases.evaluation_s for _, phases in measured)
    rest_s = sum(
        phases.wall_s
        - (phases.import_s + phases.data_s + phases.compile_s + phases.training_s + phases.inference_s)
        - phases.evaluation_s
        for _, phases in measured
    )
    return Costs(
        start_s=_mean(starts, other.start_s),
        compile_s=_mean([cell.compile_s for cell in cells], other.compile_s),
        call_compile_s=_mean([own.compile_s for own in inference], other.call_compile_s),
        step_s=training_s / steps,
        step_flops=step_flops(setting, data),
        call_s=_mean(latencies, other.call_s),
        evaluation_share=evaluation_s / training_s,
        rest_s=max(0.0, rest_s) / len(cells),
    )


def step_flops(setting: Setting, data: DatasetInfo) -> float:
    """Return the operations of the matrix products in one training step, as a mean over an epoch."""
    flops = training_flops(setting, data.features, setting.outputs(data.targets), data.train)
    return flops / (steps_per_epoch(setting, data.train) * setting.train.epochs)


def estimate_times(
    pending: Sequence[Block], data: Mapping[str, DatasetInfo], bases: Mapping[str, Basis]
) -> dict[str, Estimate]:
    """Estimate how long blocks take, by setting.

    Timing-only rounds are left out: they take at most `Block.extra_budget_s`, and may need less. With early
    stopping, the time to expect is that of all epochs, and the shortest time that of the fewest epochs.

    Args:
        pending: The blocks that are not measured yet.
        data: The data that each setting is trained on, by the setting's id.
        bases: The measurement to derive the time of each setting from, by its id.

    Returns:
        The time of each setting's pending blocks, by its id.
    """
    costs = {setting: basis.costs for setting, basis in bases.items()}
    longest, shortest = _blocks_s(pending, data, costs), _blocks_s(pending, data, costs, shortest=True)
    found: dict[str, Estimate] = {}
    for setting in {block.setting.id: block.setting for block in pending}.values():
        blocks = [block.id for block in pending if block.setting.id == setting.id]
        basis = bases[setting.id]
        ratio = max(1.0, step_flops(setting, data[setting.id])) / basis.costs.step_flops
        spread = basis.spread * min(_MOST_FOR_SIZE, max(ratio, 1 / ratio) ** 0.5)
        seconds = sum(longest[block] for block in blocks)
        found[setting.id] = Estimate(
            seconds=seconds,
            lower_s=sum(shortest[block] for block in blocks) / spread,
            upper_s=seconds * spread,
            source=basis.source,
        )
    return found


def block_weights(pending: Sequence[Block | MicroBlock], data: Mapping[str, DatasetInfo]) -> dict[str, float]:
    """Estimate how long each block takes, in proportion to the others.

    Args:
        pending: The blocks that are not measured yet. Those of `actbench micro` are taken as equally long.
        data: As in `estimate_times`; blocks of `actbench micro` have none.

    Returns:
        The weight of each block, by its id; only ratios have a meaning.
    """
    trained = [block for block in pending if isinstance(block, Block)]
    costs = {block.setting.id: REFERENCE[block.setting.timing.engine] for block in trained}
    return {**{block.id: 1.0 for block in pending}, **_blocks_s(trained, data, costs)}


def _blocks_s(
    blocks: Sequence[Block],
    data: Mapping[str, DatasetInfo],
    costs_by_setting: Mapping[str, Costs],
    *,
    shortest: bool = False,
) -> dict[str, float]:
    """Return the seconds of each block, by its id.

    The first block of a setting includes the start of a worker, and the first block of a candidate compiles.

    Args:
        blocks: In the order in which they are measured.
        data: As in `estimate_times`.
        costs_by_setting: The costs to apply, by the setting's id.
        shortest: Assume that early stopping ends every training as soon as it can.
    """
    seconds: dict[str, float] = {}
    before: Block | None = None
    for block in blocks:
        costs = costs_by_setting[block.setting.id]
        seconds[block.id] = _block_s(block, data[block.setting.id], costs, shortest=shortest)
        same_worker = before is not None and before.setting.id == block.setting.id
        if not same_worker:
            seconds[block.id] += costs.start_s
        if not same_worker or (before is not None and before.candidate != block.candidate):
            compile_s = costs.compile_s + len(block.inference_batch_sizes) * costs.call_compile_s
            seconds[block.id] += len(block.cells) * compile_s
        before = block
    return seconds


def _block_s(block: Block, data: DatasetInfo, costs: Costs, *, shortest: bool) -> float:
    setting, stopping = block.setting, block.setting.train.early_stopping
    epochs = setting.train.epochs
    if shortest and stopping is not None:
        epochs = min(epochs, stopping.patience + 1)
    flops = step_flops(setting, data)
    training_s = epochs * steps_per_epoch(setting, data.train) * costs.of_step(flops)
    forward_flops = flops * steps_per_epoch(setting, data.train) / data.train / 3  # of one example
    inference_s = setting.timing.inference_rounds * sum(
        costs.of_call(forward_flops * size) for size in block.inference_batch_sizes
    )
    return len(block.cells) * (training_s * (1 + costs.evaluation_share) + inference_s + costs.rest_s)


def _mean(values: Iterable[float | None], otherwise: float) -> float:
    known = [value for value in values if value is not None]
    return fmean(known) if known else otherwise
