"""What was measured of one setting and seed: a line of the ledger."""

from typing import Any, Literal

from pydantic import Field

from actbench.records.cell import Cell
from actbench.records.environment import Environment
from actbench.records.record import SCHEMA_VERSION, Record


class Phases(Record):
    """Where a block's wall time went, in seconds.

    The harness itself is `wall_s` less import, compilation, training and inference.

    Attributes:
        wall_s: From taking the block to handing back its record, plus the import for a worker's first block.
        import_s: Importing TensorFlow; 0 except in a worker's first block.
        compile_s: Tracing and compiling.
        training_s: The timed slices.
        inference_s: The inference calls, one untimed round before the timed ones included.
        evaluation_s: Validation and test metrics, untimed; part of the harness.
        data_s: Loading and placing the dataset; part of the harness.
        probes_s: Looking inside the networks; part of the harness. 0 in records of older versions.
    """

    wall_s: float
    import_s: float
    compile_s: float
    training_s: float
    inference_s: float
    evaluation_s: float
    data_s: float
    probes_s: float = 0.0


class MicroSamples(Record):
    """Raw times of one activation alone, or of a copy, on one tensor.

    Attributes:
        activation: The label.
        calls: Calls that each value is the mean of, for one alone may be too short to be timed.
        call_s: Seconds of a call, one value per round; value i of all labels was taken in the same round.
    """

    activation: str
    calls: int
    call_s: tuple[float, ...]


class BlockRecord(Record):
    """All cells of one setting and seed, measured interleaved in one process.

    Attributes:
        schema_version: Of this line.
        block: Identifies the block within the run.
        setting: Identifies the setting within the run.
        seed: The replicate.
        status: "ok", or "failed" when the worker died twice; then there are no cells.
        error: Why it failed; None when ok.
        started_at: ISO 8601 with time zone.
        environment: Where it ran; None when failed.
        slice_steps: Training steps of each slice, in order; the slices of one epoch follow each other.
        slices_per_epoch: How many slices make one epoch.
        extra_slice_steps: Training steps of each timing-only slice, in order.
        micro: What a block of `actbench micro` measured, the copy first and the placebo last; such a block
            has no cells, and no other block has any of these.
        candidate: What a tuning block tried, by dotted key; it has looked at no test data. Empty of others.
        phases: Where the wall time went; None when failed.
        peak_memory_bytes: Largest resident size of the worker so far; None when failed.
        cells: In the order of the config, the placebo last.
    """

    schema_version: int = SCHEMA_VERSION
    block: str
    setting: str
    seed: int
    status: Literal["ok", "failed"]
    error: str | None = None
    started_at: str
    environment: Environment | None
    slice_steps: tuple[int, ...]
    slices_per_epoch: int
    phases: Phases | None
    peak_memory_bytes: int | None
    cells: tuple[Cell, ...]
    extra_slice_steps: tuple[int, ...] = ()
    micro: tuple[MicroSamples, ...] = ()
    candidate: dict[str, Any] = Field(default_factory=dict)

    @property
    def tuning(self) -> bool:
        """Whether it serves to choose hyper-parameters, and nothing else."""
        return bool(self.candidate)

    @property
    def reason(self) -> str:
        """Why it failed, in one line; the rest of `error` is for those who look closer."""
        return (self.error or "").partition("\n")[0]
