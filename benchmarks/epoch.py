"""One epoch of MNIST: actbench's compiled loop, stock Keras `fit`, and the matrix products alone.

Interleaved in one process, in a fresh random order each round; the figures are medians of per-round ratios.

    python benchmarks/epoch.py [--rounds 15]
"""

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from actbench.config.schema.dataset import DatasetConfig
from actbench.config.schema.measurement import TimingConfig
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.train import TrainConfig
from actbench.datasets.dataset import Dataset, prepare
from actbench.datasets.spec import DatasetSpec
from actbench.engine import runtime
from actbench.engine.compiled import CompiledEngine
from actbench.plan.cell import CellPlan
from actbench.plan.models import Setting
from actbench.rng import permutation

BATCH_SIZE = 128
TARGETS = {(128, 128): (4.0, 1.35), (512, 512): (2.0, 1.2)}


def compiled_epoch(dataset: Dataset, hidden_units: tuple[int, ...]) -> Callable[[], None]:
    """The product's own trainer, one slice a whole epoch."""
    setting = Setting(
        id="benchmark",
        dataset=DatasetConfig(name="mnist"),
        model=ModelConfig(hidden_units=hidden_units),
        train=TrainConfig(optimizer="adam", learning_rate=0.001, batch_size=BATCH_SIZE, epochs=1),
        timing=TimingConfig(),
    )
    engine = CompiledEngine(setting, dataset)
    trainer = engine.trainer(CellPlan(label="relu", name="relu", params={}))
    trainer.compile()
    trainer.reset(0)
    rows = len(dataset.train)
    order = engine.place(permutation(rows, 0, "batches"))

    def run() -> None:
        trainer.train(order, 0, -(-rows // BATCH_SIZE))

    run()
    return run


def fit_epoch(dataset: Dataset, hidden_units: tuple[int, ...]) -> Callable[[], None]:
    """What a user writes, with Keras's defaults."""
    model = keras.Sequential(
        [keras.Input((dataset.x.shape[1],))]
        + [keras.layers.Dense(units, activation="relu") for units in hidden_units]
        + [keras.layers.Dense(dataset.targets[0].classes)]
    )
    model.compile(
        optimizer="adam",
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    x, y = dataset.x[: len(dataset.train)], dataset.targets[0].y[: len(dataset.train)]

    def run() -> None:
        model.fit(x, y, batch_size=BATCH_SIZE, epochs=1, verbose=0)

    run()
    return run


def products_epoch(dataset: Dataset, hidden_units: tuple[int, ...]) -> Callable[[], None]:
    """The products of the forward and the backward pass by numpy's BLAS, into arrays made beforehand.

    The first layer needs no gradient of its input. The inputs are the epoch's batches, one after the other.
    """
    rng = np.random.default_rng(0)
    widths = (dataset.x.shape[1], *hidden_units, dataset.targets[0].classes)
    kernels = [rng.normal(scale=0.05, size=shape).astype(np.float32) for shape in pairwise(widths)]
    gradients = [np.empty_like(kernel) for kernel in kernels]
    outputs = [np.empty((BATCH_SIZE, width), np.float32) for width in widths[1:]]
    deltas = [rng.normal(size=(BATCH_SIZE, width)).astype(np.float32) for width in widths]
    rows = len(dataset.train)

    def run() -> None:
        for start in range(0, rows, BATCH_SIZE):
            batch = dataset.x[start : min(start + BATCH_SIZE, rows)]
            size = len(batch)
            inputs = [batch, *(output[:size] for output in outputs)]
            for layer, kernel in enumerate(kernels):
                np.matmul(inputs[layer], kernel, out=inputs[layer + 1])
            for layer in reversed(range(len(kernels))):
                delta = deltas[layer + 1][:size]
                np.matmul(inputs[layer].T, delta, out=gradients[layer])
                if layer > 0:
                    np.matmul(delta, kernels[layer].T, out=deltas[layer][:size])

    run()
    return run


def seconds(run: Callable[[], None]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    runtime.configure()
    dataset = prepare(DatasetSpec(name="mnist"))
    lines = []
    for hidden_units, (faster, over) in TARGETS.items():
        runs = {
            "compiled": compiled_epoch(dataset, hidden_units),
            "fit": fit_epoch(dataset, hidden_units),
            "products": products_epoch(dataset, hidden_units),
        }
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name in random.sample(list(runs), len(runs)):
                times[name].append(seconds(runs[name]))
        for name, values in times.items():
            print(
                f"{list(hidden_units)} {name:9} median {statistics.median(values):.3f} s, "
                f"fastest {min(values):.3f} s"
            )
        fit_ratio, products_ratio = (
            statistics.median(top / below for top, below in zip(times[a], times[b], strict=True))
            for a, b in (("fit", "compiled"), ("compiled", "products"))
        )
        fastest_ratio = min(times["compiled"]) / min(times["products"])
        lines.append(
            f"{list(hidden_units)}: {fit_ratio:.2f}x faster than fit (goal {faster:g}), "
            f"{products_ratio:.2f}x the products (goal {over:g}; {fastest_ratio:.2f}x by the fastest of each)"
        )
    print("\n".join(lines))


if __name__ == "__main__":
    main()
