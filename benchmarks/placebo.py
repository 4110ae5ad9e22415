"""A relu model and its identical twin: how far from 1 does their time ratio come out, by which method?

Every method times the same slices of the same training, equally many of each model, in fresh processes; the
methods take turns, so that the machine's moods hit all alike.

    actbench          a real `actbench run` of benchmarks/twins/placebo.yaml: the placebo's ratio and interval
    sequential        all slices of relu, then all of its twin, in one process
    pytest-benchmark  the two as tests, with its defaults
    pyperf            two processes for each; flagged where `pyperf compare_to` finds their means different

    pip install -e '.[benchmarks]'
    python benchmarks/placebo.py [--runs 20] [--methods actbench,pyperf] [--json FILE]

A run of all methods takes about 70 seconds. FILE gets a line for every result as soon as it is there; the
table is over all that FILE then holds, so that 20 runs may come in pieces, and `--runs 0` only tabulates.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scipy.stats import ttest_ind

from actbench.report import build
from actbench.report.renderers.json import as_object
from actbench.workflows.run import run_benchmark

TWINS = Path(__file__).parent / "twins"
GOAL_DISTANCE = 0.02
GOAL_FLAGGED = 1

Samples = dict[str, list[float]]


@dataclass(frozen=True)
class Result:
    """What one method said in one run.

    Attributes:
        run: From 1.
        method: One of METHODS.
        ratios: Time of the twin over time of relu, by the name of the estimate.
        flagged: Whether the method itself calls the two different; None where it has no way to tell.
        wall_s: What the answer took, start of the processes and compilation included.
        interval: 95 %; actbench's alone.
    """

    run: int
    method: str
    ratios: dict[str, float]
    flagged: bool | None
    wall_s: float
    interval: tuple[float, float] | None = None


def with_actbench(folder: Path) -> dict[str, Any]:
    """The placebo of a real run."""
    outcome = run_benchmark(TWINS / "placebo.yaml", folder)
    [placebo] = as_object(build.build(outcome.info, outcome.records))["placebo"]["settings"]
    ratio = placebo["train_time_ratio"]
    return {
        "ratios": {"estimate": ratio["estimate"]},
        "interval": (ratio["ci_low"], ratio["ci_high"]),
        "flagged": bool(placebo["flagged"]),
    }


def sequentially(_: Path) -> dict[str, Any]:
    """As a blog post would do it."""
    return {"ratios": ratios(json.loads(call(TWINS / "sequential.py"))), "flagged": None}


def with_pytest_benchmark(folder: Path) -> dict[str, Any]:
    """The raw times that pytest-benchmark saves."""
    saved = folder / "pytest-benchmark.json"
    # Without this repository's configuration, which is for its own tests.
    alone = ("-c", "/dev/null", "--rootdir", TWINS, "-p", "no:cacheprovider")
    call("-m", "pytest", *alone, TWINS / "with_pytest_benchmark.py", "--benchmark-json", saved)
    found = {entry["param"]: entry["stats"]["data"] for entry in json.loads(saved.read_text())["benchmarks"]}
    return {"ratios": ratios(found), "flagged": None}


def with_pyperf(folder: Path) -> dict[str, Any]:
    """The values that pyperf saves, of all its processes."""
    import pyperf

    saved = folder / "pyperf.json"
    call(TWINS / "with_pyperf.py", "--copy-env", "--output", saved)
    suite = pyperf.BenchmarkSuite.load(str(saved))
    found = {benchmark.get_name(): list(benchmark.get_values()) for benchmark in suite.get_benchmarks()}
    # Student's t, as in `pyperf compare_to`.
    p = ttest_ind(found["placebo"], found["relu"]).pvalue
    return {"ratios": ratios(found), "flagged": bool(p <= 0.05)}


METHODS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "actbench": with_actbench,
    "sequential": sequentially,
    "pytest-benchmark": with_pytest_benchmark,
    "pyperf": with_pyperf,
}


def call(*arguments: str | Path) -> str:
    """Standard output of a fresh Python; what it says in failing is shown."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{arguments} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def ratios(seconds: Samples) -> dict[str, float]:
    """Twin over relu, by means and by medians."""
    estimates = {"means": statistics.mean, "medians": statistics.median}
    return {name: of(seconds["placebo"]) / of(seconds["relu"]) for name, of in estimates.items()}


def measure(run: int, method: str) -> Result:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = METHODS[method](Path(folder))
    return Result(run=run, method=method, wall_s=time.perf_counter() - start, **found)


def line(result: Result) -> str:
    """One result, as it comes in."""
    found = ", ".join(f"{name} {ratio:.4f}" for name, ratio in result.ratios.items())
    interval = "" if result.interval is None else " [{:.4f}, {:.4f}]".format(*result.interval)
    flag = " FLAGGED" if result.flagged else ""
    return f"run {result.run:2}  {result.method:16}  {found}{interval}{flag}  ({result.wall_s:.0f} s)"


def table(results: Iterable[Result]) -> str:
    """A line for every method and estimate."""
    lines = [f"{'method':26}  {'ratio':16}  {'worst':>7}  flagged"]
    for method in METHODS:
        mine = [result for result in results if result.method == method]
        for name in mine[0].ratios if mine else ():
            found = [result.ratios[name] for result in mine]
            flagged = flags(mine) if name == next(iter(mine[0].ratios)) else ""
            spread = f"{min(found):.3f} to {max(found):.3f}"
            lines.append(f"{f'{method}, {name}':26}  {spread:16}  {worst(found):7.2%}  {flagged}".rstrip())
    return "\n".join(lines)


def flags(results: Iterable[Result]) -> str:
    """How often a method itself calls the two different."""
    answers = [result.flagged for result in results if result.flagged is not None]
    return f"{sum(answers)} of {len(answers)}" if answers else "cannot tell"


def worst(found: Iterable[float]) -> float:
    """The largest distance from 1."""
    return max(abs(ratio - 1) for ratio in found)


def figure(results: Iterable[Result]) -> str:
    """How actbench did, and what was promised."""
    mine = [result for result in results if result.method == "actbench"]
    if not mine:
        return "no run of actbench itself"
    return (
        f"the placebo of actbench: {sum(bool(result.flagged) for result in mine)} of {len(mine)} flagged "
        f"(goal: at most {GOAL_FLAGGED} of 20); worst estimate "
        f"{worst(result.ratios['estimate'] for result in mine):.2%} from 1 (goal {GOAL_DISTANCE:.0%})"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    methods = arguments.methods.split(",")
    if unknown := [method for method in methods if method not in METHODS]:
        parser.error(f"unknown method {', '.join(unknown)}; allowed: {', '.join(METHODS)}")
    results = []
    if arguments.json and arguments.json.exists():
        results = [Result(**json.loads(text)) for text in arguments.json.read_text().splitlines()]
    done = max((result.run for result in results), default=0)
    for run in range(done + 1, done + 1 + arguments.runs):
        for method in methods:
            results.append(measure(run, method))
            print(line(results[-1]), flush=True)
            if arguments.json:
                with arguments.json.open("a") as file:
                    file.write(json.dumps(asdict(results[-1])) + "\n")
    print(table(results))
    print(figure(results))


if __name__ == "__main__":
    main()
