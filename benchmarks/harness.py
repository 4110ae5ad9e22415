"""What share of a run's wall time is the harness itself, and how much memory the run takes.

Runs the config as a user would and reads the ledger; --out keeps the run, which is thrown away otherwise.

    python benchmarks/harness.py [CONFIG] [--out DIR]       # configs/mnist.yaml takes about five minutes
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from actbench.store.find import find_run
from actbench.store.reading import open_run

PHASES = ("import_s", "compile_s", "training_s", "inference_s")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", nargs="?", default="configs/mnist.yaml")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.out or Path(scratch)
        start = time.perf_counter()
        command = (sys.executable, "-m", "actbench", "run", arguments.config, "--out", str(folder))
        subprocess.run((*command, "--fresh", "--quiet"), stdout=subprocess.DEVNULL, check=True)
        wall_s = time.perf_counter() - start
        records = [record for record in open_run(find_run(folder, None)).records if record.phases]
    spent_s = {name: sum(getattr(record.phases, name) for record in records) for name in PHASES}
    for name, value in {"wall_s": wall_s, **spent_s}.items():
        print(f"{name:13} {value:8.2f}")
    # The largest process of the run is the worker.
    peak_bytes = max(record.peak_memory_bytes or 0 for record in records)
    print(
        f"harness: {1 - sum(spent_s.values()) / wall_s:.2%} of the wall time (goal 5 %); "
        f"peak memory {peak_bytes / 1e9:.2f} GB (goal 2.5 GB)"
    )


if __name__ == "__main__":
    main()
