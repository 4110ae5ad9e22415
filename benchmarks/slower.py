"""A real effect: is each of mish and softplus found slower than relu per training step, in every run?

Runs configs/mnist.yaml anew as often as asked, each into a folder of its own, and prints the verdicts on the
training time, the placebo's beside them. Finished runs, given as folders, are read instead.

    python benchmarks/slower.py [--runs 5] [--out DIR]      # five runs take about 25 minutes
    python benchmarks/slower.py DIR/run-1 DIR/run-2         # what was kept by --out
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from actbench.report import build
from actbench.report.renderers.json import as_object
from actbench.store.find import find_run
from actbench.store.reading import open_run
from actbench.workflows.run import run_benchmark

CONFIG = Path(__file__).parents[1] / "configs" / "mnist.yaml"
SLOWER = ("mish", "softplus")


def run_anew(runs: int, out: Path) -> Iterator[Path]:
    """Run folders, each as soon as it is finished."""
    for run in range(1, runs + 1):
        yield run_benchmark(CONFIG, out / f"run-{run}", fresh=True).path


def time_ratios(folder: Path) -> dict[str, dict[str, Any]]:
    """Interval and verdict of every activation's training time, by label."""
    stored = open_run(folder)
    [setting] = as_object(build.build(stored.info, stored.records), "time")["settings"]
    return {row["activation"]: row["train_time_ratio"] for row in setting["rows"]}


def found_slower(folder: Path) -> bool:
    """Prints what the run says; whether it finds all of SLOWER slower than the baseline."""
    found = time_ratios(folder)
    for label in (*SLOWER, "placebo"):
        ratio = found[label]
        interval = "{estimate:.3f} [{ci_low:.3f}, {ci_high:.3f}]".format(**ratio)
        print(f"  {label:9} {interval}  {ratio['verdict']}", flush=True)
    return all(found[label]["verdict"] == "WORSE" for label in SLOWER)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="*", metavar="RUN", help="a finished run of configs/mnist.yaml")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep the runs here")
    arguments = parser.parse_args()
    verdicts = []
    with tempfile.TemporaryDirectory() as scratch:
        out = arguments.out or Path(scratch)
        given = (find_run(Path("results"), folder) for folder in arguments.folders)
        for folder in given if arguments.folders else run_anew(arguments.runs, out):
            print(f"{folder}:")
            verdicts.append(found_slower(folder))
    print(f"{' and '.join(SLOWER)} found slower (WORSE) in {sum(verdicts)} of {len(verdicts)} runs")


if __name__ == "__main__":
    main()
