"""Synthetic runs on disk."""

from pathlib import Path

from actbench.store.writing import create_or_resume
from tests.factories import SyntheticRun


def store(root: Path, run: SyntheticRun) -> Path:
    """Write a run as `actbench run` does, and return its folder."""
    with create_or_resume(root, run.info, b"name: mnist\n") as folder:
        for record in run.records:
            folder.append(record)
    return folder.path
