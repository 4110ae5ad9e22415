"""The run folders on disk: what was planned, and one durable line for every finished block."""

from actbench.store.find import RunSummary, find_run, list_runs, newest_runs
from actbench.store.layout import run_path
from actbench.store.ledger import Ledger
from actbench.store.run_folder import RunFolder, create_or_resume
from actbench.store.stored import StoredRun, open_run, read_info, require_trainings

__all__ = [
    "Ledger",
    "RunFolder",
    "RunSummary",
    "StoredRun",
    "create_or_resume",
    "find_run",
    "list_runs",
    "newest_runs",
    "open_run",
    "read_info",
    "require_trainings",
    "run_path",
]
