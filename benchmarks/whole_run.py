"""A whole `actbench run` against the plain Keras script that a user would write for the same cells.

Both are fresh processes, run alternately. The script trains, evaluates and predicts once per cell and takes
no care of timing; actbench also runs its placebo and its inference rounds in the time counted.

    python benchmarks/whole_run.py [--pairs 2]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ACTIVATIONS = ["relu", "tanh", "sigmoid", "gelu"]
SEEDS, EPOCHS, VALIDATION = 5, 5, 5000

CONFIG = f"""
name: whole-run
dataset: {{name: mnist, validation: {VALIDATION}}}
model: {{hidden_units: [128, 128]}}
activations: [{", ".join(ACTIVATIONS)}]
baseline: relu
train: {{optimizer: adam, learning_rate: 0.001, batch_size: 128, epochs: {EPOCHS}}}
seeds: {SEEDS}
"""

PLAIN_SCRIPT = f"""
import json
import keras
import numpy as np

data = np.load({str(Path(__file__).parents[1] / "actbench" / "datasets" / "mnist.npz")!r})
x_train = data["x_train"].reshape(-1, 784).astype("float32") / 255
x_test = data["x_test"].reshape(-1, 784).astype("float32") / 255
y_train, y_test = data["y_train"], data["y_test"]
split = len(x_train) - {VALIDATION}
accuracies = {{}}
for activation in {ACTIVATIONS!r}:
    for seed in range({SEEDS}):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential([
            keras.Input((784,)),
            keras.layers.Dense(128, activation=activation),
            keras.layers.Dense(128, activation=activation),
            keras.layers.Dense(10),
        ])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True),
                      metrics=["accuracy"])
        model.fit(x_train[:split], y_train[:split], batch_size=128, epochs={EPOCHS},
                  validation_data=(x_train[split:], y_train[split:]), verbose=0)
        accuracies.setdefault(activation, []).append(model.evaluate(x_test, y_test, verbose=0)[1])
        model.predict(x_test, verbose=0)
print(json.dumps(accuracies))
"""


def timed(*command: str) -> tuple[float, str]:
    """Wall time and standard output of a process."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return time.perf_counter() - start, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=2)
    pairs = parser.parse_args().pairs
    factors = []
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "whole-run.yaml"
        config.write_text(CONFIG)
        actbench = (sys.executable, "-m", "actbench")
        for pair in range(pairs):
            ours_s, _ = timed(*actbench, "run", str(config), "--out", folder, "--fresh", "--quiet")
            plain_s, printed = timed(sys.executable, "-c", PLAIN_SCRIPT)
            factors.append(plain_s / ours_s)
            print(f"pair {pair + 1}: actbench {ours_s:.1f} s, plain script {plain_s:.1f} s", flush=True)
        _, reported = timed(*actbench, "report", "--out", folder, "--format", "json")
    plain = json.loads(printed)
    agree = True
    for row in json.loads(reported)["settings"][0]["rows"]:
        if row["activation"] in plain:
            values, ours = plain[row["activation"]], row["accuracy"]
            mean, spread = statistics.mean(values), statistics.stdev(values)
            # 2.776: Student's t, 97.5 %, 4 degrees of freedom, for the five seeds.
            low, high = (mean + sign * 2.776 * spread / SEEDS**0.5 for sign in (-1, 1))
            overlap = low <= ours["ci_high"] and ours["ci_low"] <= high
            agree = agree and overlap
            print(
                f"{row['activation']:8} accuracy: actbench {ours['mean']:.4f} "
                f"[{ours['ci_low']:.4f}, {ours['ci_high']:.4f}], plain {mean:.4f} [{low:.4f}, {high:.4f}]"
            )
    print(
        f"actbench takes {statistics.median(factors):.2f}x less wall time than the plain script (goal 3); "
        f"mean accuracies {'agree' if agree else 'DO NOT agree'} within their intervals"
    )


if __name__ == "__main__":
    main()
