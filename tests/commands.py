"""Command lines that tests start as real processes, as a user does."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from actbench.execution.local import run_blocks
from actbench.workflows.run import run_benchmark

ROOT = Path(__file__).parents[1]
ACTBENCH = (sys.executable, "-m", "actbench")


def fake_worker(folder, *mishaps):
    """Return the command of a worker without TensorFlow; see `tests.fake_worker`."""
    return (sys.executable, "-m", "tests.fake_worker", str(folder), *mishaps)


def run_with_fake_worker(config, attempts, *mishaps, **options):
    """Run a config file with a fake worker; the results lie beside the file."""
    execute = partial(run_blocks, command=fake_worker(attempts, *mishaps))
    return run_benchmark(config, config.parent / "results", execute=execute, **options)


def actbench(*arguments):
    """Run the command to its end."""
    return _run([*ACTBENCH, *map(str, arguments)])


def start_actbench(*arguments):
    """Start the command and return its process."""
    command = [*ACTBENCH, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def modules_after(*arguments):
    """Return the top-level modules that a command has imported when it ends."""
    code = (
        "import sys\n"
        "from actbench.cli._app import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))\n"
    )
    done = _run([sys.executable, "-c", code, *arguments])
    done.check_returncode()
    return set(done.stderr.split())


def _run(command):
    environment = os.environ | {"COLUMNS": "80"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
