"""What Python code and notebooks use: `run`, `load`, and the `Run` that both return."""

from actbench.api.doing import load, run
from actbench.api.finished import Run

__all__ = ["Run", "load", "run"]
