"""Runs `actbench` in a process of its own, as a user does."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def actbench(*args: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    command = [sys.executable, "-m", "actbench", *args]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def modules_after(*args: str) -> set[str]:
    """The top-level modules that a command has imported when it ends."""
    code = (
        "import sys\n"
        "from actbench.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False)\n"
        "sys.stderr.write(' '.join({name.partition('.')[0] for name in sys.modules}))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *args],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        check=True,
    )
    return set(done.stderr.split())
