"""Synthetic runs on disk."""

from pathlib import Path

from actbench.store.writing import create_or_resume
from tests.factories import SyntheticRun


def store(root: Path, run: SyntheticRun) -> Path:
    """Writes a run as `actbench run` would, and returns its folder."""
    with create_or_resume(root, run.info, b"name: mnist\n") as folder:
        for record in run.records:
            folder.append(record)
    return folder.path
