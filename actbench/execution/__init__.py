"""Who runs the blocks. Blocks go in, typed events come out; nothing here knows what a block measures."""

from actbench.execution.local import Event, Started, WorkerDied, run_blocks

__all__ = ["Event", "Started", "WorkerDied", "run_blocks"]
