"""A CSV table of a million rows and 50 columns: actbench's way from file to training data, against pandas.

pandas reads it, and no more. actbench reads and hashes it, looks for what is missing, splits, scales and lays
out the parts. Each is a fresh process, the two in turn. Time is that of the clock on the wall, which other
processes on the machine move, and that of the processor; memory is the peak. The ratios stand on the last
line; the project promises at most 3.

    python benchmarks/table.py [ROWS [TEXTS]]

TEXTS of the columns, none by default, are text of ten categories, each of which becomes a column of its own.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc

COLUMNS, REPETITIONS = 50, 5

_TAIL = """
import json, resource, time
from actbench.engine.rounds import peak_memory_bytes
print(json.dumps([time.perf_counter() - started, time.process_time(), peak_memory_bytes()]))
"""
WAYS = {
    "pandas": (
        "import sys, time; started = time.perf_counter()\nimport pandas\nkept = pandas.read_csv(sys.argv[1])"
    ),
    "actbench": (
        "import sys, time; started = time.perf_counter()\n"
        "from actbench.datasets.dataset import prepare\nfrom actbench.datasets.spec import DatasetSpec\n"
        "kept = prepare(DatasetSpec(path=sys.argv[1], target=('c0',), test=0.2))"
    ),
}


def main() -> None:
    """Writes the table, reads it both ways in turn, prints the figures."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    texts = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        write_table(path, rows, texts)
        print(f"{rows:,} rows, {COLUMNS} columns, {texts} of text, {path.stat().st_size / 1e6:.0f} MB")
        taken: dict[str, list[list[float]]] = {name: [] for name in WAYS}
        for _ in range(REPETITIONS):
            for name, code in WAYS.items():
                taken[name].append(measure(code, path))
    medians = {
        name: [statistics.median(column) for column in zip(*runs, strict=True)]
        for name, runs in taken.items()
    }
    for name, (wall_s, processor_s, peak) in medians.items():
        print(f"{name:9} {wall_s:.2f} s, {processor_s:.2f} s of processor, peak {peak / 1e6:.0f} MB")
    wall, processor, memory = (
        ours / theirs for ours, theirs in zip(medians["actbench"], medians["pandas"], strict=True)
    )
    print(
        f"actbench over pandas: time {wall:.2f}, processor {processor:.2f}, memory {memory:.2f} (at most 3)"
    )


def write_table(path: Path, rows: int, texts: int) -> None:
    """Normally distributed numbers of single precision, and letters, some rows at a time."""
    noise = np.random.default_rng(0)
    numbers = COLUMNS - texts
    names = [f"c{column}" for column in range(COLUMNS)]
    kinds = [pa.float32()] * numbers + [pa.string()] * texts
    with pc.CSVWriter(path, pa.schema(list(zip(names, kinds, strict=True)))) as writer:
        for start in range(0, rows, 50_000):
            length = min(50_000, rows - start)
            block = noise.normal(size=(numbers, length)).astype(np.float32)
            letters = np.array(list("abcdefghij"))[noise.integers(10, size=(texts, length))]
            columns = [pa.array(column) for column in (*block, *letters)]
            writer.write_batch(pa.record_batch(columns, names=names))


def measure(code: str, path: Path) -> list[float]:
    """Seconds on the wall and of processor, and the peak of memory in bytes, of a fresh Python."""
    environment = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{_TAIL}", str(path)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    values: list[float] = json.loads(done.stdout)
    return values


if __name__ == "__main__":
    main()
