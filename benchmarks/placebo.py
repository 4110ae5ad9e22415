"""Six copies of relu: how far from 1 does the time ratio of identical things come out?

Each run is a real `actbench run` of 8 blocks with 24 rounds each, about as many rounds as configs/mnist.yaml.

    python benchmarks/placebo.py [--runs 5]
"""

import argparse
import json
import tempfile
from pathlib import Path

from actbench import report
from actbench.run import run_benchmark

CONFIG = """
name: placebo
dataset: {name: mnist, validation: 5000}
model: {hidden_units: [128, 128]}
activations:
  - relu
  - {name: relu, label: copy_1}
  - {name: relu, label: copy_2}
  - {name: relu, label: copy_3}
  - {name: relu, label: copy_4}
  - {name: relu, label: copy_5}
baseline: relu
placebo: false
train: {optimizer: adam, learning_rate: 0.001, batch_size: 128, epochs: 3}
seeds: 8
timing: {slices_per_epoch: 8, inference_batch_sizes: []}
"""


def ratios(folder: Path) -> list[float]:
    """The five time ratios of one run."""
    config = folder / "placebo.yaml"
    config.write_text(CONFIG)
    outcome = run_benchmark(config, folder)
    found = json.loads(report.render(report.build(outcome.info, outcome.records), "json"))
    rows = found["settings"][0]["rows"]
    return [row["train_time_ratio"]["estimate"] for row in rows if row["activation"] != "relu"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    worst = []
    for index in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            found = ratios(Path(folder))
        worst.append(max(abs(ratio - 1.0) for ratio in found))
        print(f"run {index + 1}: " + " ".join(f"{ratio:.4f}" for ratio in sorted(found)), flush=True)
    within = sum(distance <= 0.01 for distance in worst)
    print(
        f"time ratios of identical models: worst {max(worst):.2%} from 1 (goal 2.5 %); "
        f"all within 1 % in {within} of {runs} runs"
    )


if __name__ == "__main__":
    main()
