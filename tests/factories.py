"""Synthetic runs: small, quick, and with every figure under the test's control."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from actbench.records.block import BlockRecord, Cell, Inference, Phases, Probe, pack
from actbench.records.run import ActivationInfo, DatasetInfo, Environment, RunInfo, SettingInfo, TargetInfo

THIRTEEN = (
    "linear", "sigmoid", "hard_sigmoid", "tanh", "softsign", "softplus", "relu", "leaky_relu_0.1", "elu",
    "selu", "gelu", "silu", "mish",
)  # fmt: skip


def make_environment(**changes: Any) -> Environment:
    values: dict[str, Any] = {
        "cpu": "Example CPU @ 2.50GHz",
        "cores": 2,
        "memory_bytes": 8 * 2**30,
        "system": "Linux 6.1",
        "python": "3.11.2",
        "packages": {"actbench": "0.1.0", "keras": "3.15.0", "numpy": "2.4.6", "tensorflow": "2.21.0"},
        "device": "CPU",
        "intra_op_threads": 2,
        "inter_op_threads": 2,
    }
    return Environment(**(values | changes))


def make_probe(
    epoch: int = 0,
    *,
    gradient_norm: Sequence[float | None] = (0.5, 0.4),
    dead: float | Sequence[float] = 0.0,
    saturated: float | Sequence[float] = 0.0,
    zeros: float | Sequence[float] = 0.0,
    mean: float | None = 0.1,
    variance: float | None = 1.0,
    output_gradient_norm: float | None = 0.3,
) -> Probe:
    """Return a probe with one layer for each gradient norm; a single share is that of all layers."""
    layers = len(gradient_norm)

    def shares(given: float | Sequence[float]) -> tuple[float, ...]:
        return (given,) * layers if isinstance(given, float) else tuple(given)

    return Probe(
        epoch=epoch,
        dead=shares(dead),
        saturated=shares(saturated),
        zeros=shares(zeros),
        preactivation_mean=(mean,) * layers,
        preactivation_variance=(variance,) * layers,
        gradient_norm=tuple(gradient_norm),
        output_gradient_norm=output_gradient_norm,
    )


def make_cell(
    activation: str = "relu",
    *,
    accuracy: float | None = 0.9,
    slice_s: Sequence[float] = (0.1, 0.1),
    latency_s: Mapping[int, Sequence[float]] | None = None,
    compile_s: float | None = None,
    slices_per_epoch: int = 2,
    test_loss: float = 0.4,
    validation_accuracy: Sequence[float] = (),
    test_correct: Sequence[bool] | None = None,
    extra_slice_s: Sequence[float] = (),
    parameters: int = 118_282,
    metrics: Mapping[str, float] | None = None,
    probes: Sequence[Probe] = (),
) -> Cell:
    """Return a cell; accuracy None makes it diverged, with the given slices and no inference.

    With other targets than one of classes, `accuracy` is the score, and `metrics` has it by name.
    """
    ok = accuracy is not None
    epochs = len(slice_s) // slices_per_epoch
    return Cell(
        activation=activation,
        status="ok" if ok else "diverged",
        parameters=parameters,
        compile_s=compile_s,
        slice_s=tuple(slice_s),
        train_loss=(0.5,) * epochs if ok else (None,) * epochs,
        train_score=(0.8,) * epochs,
        validation_loss=(0.45,) * len(validation_accuracy),
        validation_score=tuple(validation_accuracy),
        test_loss=test_loss if ok else None,
        test_score=accuracy,
        test_metrics=dict({"accuracy": accuracy} if metrics is None else metrics) if ok else {},
        inference=tuple(
            Inference(batch_size=size, latency_s=tuple(values), compile_s=None)
            for size, values in ((latency_s or {}) if ok else {}).items()
        ),
        test_correct=None if test_correct is None else pack(np.array(test_correct)),
        extra_slice_s=tuple(extra_slice_s),
        probes=tuple(probes),
    )


def make_block(
    cells: Sequence[Cell],
    *,
    seed: int = 0,
    setting: str = "11111111",
    slices_per_epoch: int = 2,
    environment: Environment | None = None,
) -> BlockRecord:
    return BlockRecord(
        block=f"{setting}-{seed}",
        setting=setting,
        seed=seed,
        status="ok",
        started_at="2026-01-02T03:04:05+00:00",
        environment=environment or make_environment(),
        slice_steps=(10,) * max(len(cell.slice_s) for cell in cells),
        slices_per_epoch=slices_per_epoch,
        phases=Phases(
            wall_s=10.0,
            import_s=0.0,
            compile_s=1.0,
            training_s=7.0,
            inference_s=1.0,
            evaluation_s=0.2,
            data_s=0.1,
        ),
        peak_memory_bytes=10**9,
        cells=tuple(cells),
        extra_slice_steps=(10,) * max(len(cell.extra_slice_s) for cell in cells),
    )


def make_failed_block(
    *, seed: int = 0, setting: str = "11111111", error: str = "the worker was killed (signal 9)"
) -> BlockRecord:
    return BlockRecord(
        block=f"{setting}-{seed}",
        setting=setting,
        seed=seed,
        status="failed",
        error=error,
        started_at="2026-01-02T03:04:05+00:00",
        environment=None,
        slice_steps=(),
        slices_per_epoch=2,
        phases=None,
        peak_memory_bytes=None,
        cells=(),
    )


def make_info(
    activations: Sequence[str] = ("relu", "tanh", "placebo"),
    *,
    seeds: int = 3,
    settings: Sequence[str] = ("11111111",),
    baseline: str = "relu",
    placebo: str | None = "placebo",
    slices_per_epoch: int = 2,
    epochs: int = 1,
    inference_batch_sizes: Sequence[int] = (),
    config: Mapping[str, Any] | None = None,
    test_examples: int = 10_000,
    described: Sequence[ActivationInfo] = (),
    probes: Sequence[int | str] | None = None,
    constant_score: float | None = None,
    targets: Mapping[str, int | None] | None = None,
) -> RunInfo:
    """Return the content of run.json; `config` adds keys to the resolved config, such as `verdict`.

    `targets` has the number of classes of each target, None for a number; by default the run is an older one,
    which did not record its targets.
    """
    description: dict[str, Any] = {
        "dataset": {"name": "mnist", "validation": 5000, "train_samples": None, "test_samples": None},
        "model": {"hidden_units": [128, 128]},
        "train": {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 128, "epochs": epochs},
        "timing": {
            "engine": "compiled",
            "slices_per_epoch": slices_per_epoch,
            "inference_batch_sizes": list(inference_batch_sizes),
            "inference_rounds": 50,
        },
    }
    if probes is not None:
        description["probes"] = {"epochs": list(probes), "examples": 1000}
    dataset = DatasetInfo(
        constant_score=constant_score,
        name="mnist",
        sha256="a" * 64,
        train=55_000,
        validation=5_000,
        test=test_examples,
        split_rule="the last rows",
        split_sha256="b" * 64,
        targets=tuple(TargetInfo(name=name, classes=classes) for name, classes in (targets or {}).items()),
    )
    return RunInfo(
        run_id="0123456789ab",
        name="mnist",
        created_at="2026-01-02T03:04:05+00:00",
        command="actbench run configs/mnist.yaml",
        overrides=(),
        config={"name": "mnist", **(config or {})},
        activations=tuple(activations),
        baseline=baseline,
        placebo=placebo,
        blocks=tuple(f"{setting}-{seed}" for setting in settings for seed in range(seeds)),
        settings=tuple(SettingInfo(id=setting, description=description) for setting in settings),
        dataset=dict.fromkeys(settings, dataset),
        environment=make_environment(device=None, intra_op_threads=None, inter_op_threads=None),
        described=tuple(described),
    )


@dataclass(frozen=True)
class SyntheticRun:
    info: RunInfo
    records: list[BlockRecord]


def make_run(
    activations: Sequence[str] = (*THIRTEEN, "placebo"),
    *,
    seeds: int = 6,
    epochs: int = 2,
    slices_per_epoch: int = 4,
    inference_batch_sizes: Sequence[int] = (1, 128),
    inference_rounds: int = 10,
    settings: Sequence[str] = ("11111111",),
    diverges: Callable[[str, int], bool] = lambda *_: False,
    probed: bool = False,
) -> SyntheticRun:
    """Return a whole run with plausible noise; the placebo has relu's accuracy and nearly its times.

    If it is `probed`, the cells that did not diverge were probed at the end.
    """
    labels = [label for label in activations if label != "placebo"]
    blocks = []
    for setting in settings:
        for seed in range(seeds):
            # Not NumPy's generator, whose numbers may change with its version: snapshots rest on these.
            noise = random.Random(f"{setting}/{seed}")
            shared = noise.gauss(0, 0.0005)
            cells = []
            for label in activations:
                index = labels.index("relu" if label == "placebo" else label)
                own = random.Random(f"{setting}/{seed}/{index}").gauss(0, 0.0005)
                diverged = diverges(label, seed)
                slices = 3 if diverged else epochs * slices_per_epoch
                cells.append(
                    make_cell(
                        label,
                        accuracy=None if diverged else round(0.975 + 0.0003 * index + shared + own, 4),
                        slice_s=[
                            0.05 * (1 + 0.01 * index) * noise.lognormvariate(0, 0.01) for _ in range(slices)
                        ],
                        latency_s={
                            size: [
                                (1e-4 + 1e-6 * size) * noise.lognormvariate(0, 0.05)
                                for _ in range(inference_rounds)
                            ]
                            for size in inference_batch_sizes
                        },
                        compile_s=0.7 if seed == 0 else None,
                        slices_per_epoch=slices_per_epoch,
                        probes=[make_probe(epochs)] if probed and not diverged else (),
                    )
                )
            blocks.append(make_block(cells, seed=seed, setting=setting, slices_per_epoch=slices_per_epoch))
    info = make_info(
        activations,
        seeds=seeds,
        settings=settings,
        placebo="placebo" if "placebo" in activations else None,
        slices_per_epoch=slices_per_epoch,
        epochs=epochs,
        inference_batch_sizes=inference_batch_sizes,
        probes=("last",) if probed else None,
    )
    return SyntheticRun(info, blocks)
