"""Command lines that tests start as real processes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ACTBENCH = (sys.executable, "-m", "actbench")


def fake_worker(folder, *mishaps):
    """The command of a worker without TensorFlow; see `tests.fake_worker`."""
    return (sys.executable, "-m", "tests.fake_worker", str(folder), *mishaps)


def actbench(*arguments, **options):
    """Runs the command to its end."""
    command = [*ACTBENCH, *(str(argument) for argument in arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


def start_actbench(*arguments):
    """Starts the command and returns its process."""
    command = [*ACTBENCH, *(str(argument) for argument in arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
