"""The keys of a dataset that are paths, and their meaning: relative to the folder of the config."""

from __future__ import annotations

import os
from pathlib import Path

PATH_KEYS = ("path", "test_path")


def absolute_path(path: str, folder: Path) -> str:
    """Return a path of a config in a folder as an absolute path; ~ stands for the home folder."""
    return os.path.abspath(os.path.join(folder, os.path.expanduser(path)))  # noqa: PTH100, PTH111, PTH118 - text in, text out
