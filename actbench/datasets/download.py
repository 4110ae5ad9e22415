"""Has Keras fetch what is missing from its cache, in a process of its own."""

import os
import subprocess
import sys

from actbench.datasets.keras_files import is_cached, remedy
from actbench.datasets.registry import DATASETS
from actbench.errors import DataError

_ENVIRONMENT = {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}


def is_missing(name: str | None) -> bool:
    """Whether a dataset has to be downloaded first."""
    source = DATASETS.get(name or "")
    return source is not None and source.kind == "keras" and not is_cached(source.name)


def download(name: str) -> None:
    """Fills Keras's cache, with Keras's progress on standard error if that is a terminal.

    Raises:
        DataError: It cannot be done; the message says where to put which file.
    """
    sys.stderr.write(f"downloading {name} into Keras's cache\n")
    sys.stderr.flush()
    path = os.pathsep.join(entry for entry in sys.path if entry)
    told = ""
    with subprocess.Popen(
        [sys.executable, "-m", "actbench.engine.download", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(os.environ) | _ENVIRONMENT | {"PYTHONPATH": path},
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None
        while piece := process.stdout.read(64):
            told = (told + piece)[-4000:]
            if sys.stderr.isatty():
                sys.stderr.write(piece)
    if process.returncode != 0 or not is_cached(name):
        lines = told.strip().splitlines() or ["nothing was told"]
        raise DataError(f"{name} could not be downloaded: {lines[-1]}; {remedy(name)}")
