"""Where a run lies, and what the files in its folder are called."""

from pathlib import Path

CONFIG_FILE = "config.yaml"
INFO_FILE = "run.json"
LEDGER_FILE = "ledger.jsonl"


def run_path(root: Path, name: str, run_id: str) -> Path:
    """Where a run lies or would lie under the folder of all runs."""
    return root / name / run_id


def is_run_folder(path: Path) -> bool:
    """Whether a run was started here; it may still be damaged."""
    try:
        return (path / INFO_FILE).is_file()
    except OSError:  # for instance a folder that may not be searched
        return False
