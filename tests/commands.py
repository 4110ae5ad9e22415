"""Command lines that tests start as real processes, as a user does."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ACTBENCH = (sys.executable, "-m", "actbench")


def fake_worker(folder, *mishaps):
    """The command of a worker without TensorFlow; see `tests.fake_worker`."""
    return (sys.executable, "-m", "tests.fake_worker", str(folder), *mishaps)


def actbench(*arguments):
    """Runs the command to its end."""
    return _run([*ACTBENCH, *map(str, arguments)])


def start_actbench(*arguments):
    """Starts the command and returns its process."""
    command = [*ACTBENCH, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def modules_after(*arguments):
    """The top-level modules that a command has imported when it ends."""
    code = (
        "import sys\n"
        "from actbench.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = _run([sys.executable, "-c", code, *arguments])
    done.check_returncode()
    return set(done.stderr.split())


def _run(command):
    environment = os.environ | {"COLUMNS": "80"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
