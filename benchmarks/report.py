"""How long `actbench report` takes on a ledger of 1,000 cells, in units of `import pandas`.

Both are fresh processes, run in turn; the ratio of the medians stands on the last line. The project promises
at most 3.
"""

import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from actbench.environment import describe_environment
from actbench.records.block import BlockRecord, Cell, Inference, Phases
from actbench.records.run import DatasetInfo, RunInfo, SettingInfo
from actbench.store.writing import create_or_resume

LABELS = ("relu", "tanh", "sigmoid", "softplus", "elu", "selu", "gelu", "silu", "mish", "placebo")
SEEDS = 100
EPOCHS, SLICES_PER_EPOCH = 5, 4
BATCH_SIZES, INFERENCE_ROUNDS = (1, 128, 1024), 50
REPETITIONS = 15
SETTING = "0a1b2c3d"
DESCRIPTION = {
    "dataset": {"name": "mnist"},
    "model": {"hidden_units": [128, 128]},
    "train": {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 128, "epochs": EPOCHS},
    "timing": {"engine": "compiled", "inference_batch_sizes": list(BATCH_SIZES)},
}


def main() -> None:
    """Builds the ledger, times both commands in turn, prints the figures."""
    with tempfile.TemporaryDirectory() as root:
        path = write_run(Path(root))
        size = (path / "ledger.jsonl").stat().st_size / 1e6
        report = ["-m", "actbench", "report", str(path)]
        commands = {"import pandas": ["-c", "import pandas"], "actbench report": report}
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for repetition in range(REPETITIONS + 1):
            for name, arguments in commands.items():
                elapsed = time_command(arguments)
                if repetition:  # the first one fills the file cache
                    seconds[name].append(elapsed)
    print(f"ledger: {SEEDS * len(LABELS):,} cells, {size:.1f} MB")
    for name, values in seconds.items():
        print(f"{name:16} {statistics.median(values):.3f} s [{min(values):.3f} to {max(values):.3f}]")
    ratio = statistics.median(seconds["actbench report"]) / statistics.median(seconds["import pandas"])
    print(f"report over import pandas: {ratio:.2f} (at most 3)")


def time_command(arguments: list[str]) -> float:
    """Seconds that a fresh Python takes."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def write_run(root: Path) -> Path:
    """A finished run folder with noise for numbers."""
    noise = random.Random(0)
    with create_or_resume(root, describe_run(), b"name: benchmark\n") as folder:
        for seed in range(SEEDS):
            folder.append(make_block(seed, noise))
    return folder.path


def describe_run() -> RunInfo:
    """What run.json says."""
    dataset = DatasetInfo(
        name="mnist",
        sha256="0" * 64,
        train=55_000,
        validation=5_000,
        test=10_000,
        split_rule="",
        split_sha256="",
    )
    return RunInfo(
        run_id="0123456789ab",
        name="benchmark",
        created_at="2026-01-02T03:04:05+00:00",
        command="benchmarks/report.py",
        overrides=(),
        config={},
        activations=LABELS,
        baseline="relu",
        placebo="placebo",
        blocks=tuple(f"{SETTING}-{seed}" for seed in range(SEEDS)),
        settings=(SettingInfo(id=SETTING, description=DESCRIPTION),),
        dataset={SETTING: dataset},
        environment=describe_environment(),
    )


def make_block(seed: int, noise: random.Random) -> BlockRecord:
    """One seed of every activation."""
    return BlockRecord(
        block=f"{SETTING}-{seed}",
        setting=SETTING,
        seed=seed,
        status="ok",
        started_at="2026-01-02T03:04:05+00:00",
        environment=describe_environment(),
        slice_steps=(108,) * (EPOCHS * SLICES_PER_EPOCH),
        slices_per_epoch=SLICES_PER_EPOCH,
        phases=Phases(
            wall_s=9.0,
            import_s=0.0,
            compile_s=0.0,
            training_s=8.0,
            inference_s=0.5,
            evaluation_s=0.1,
            data_s=0.0,
        ),
        peak_memory_bytes=10**9,
        cells=tuple(make_cell(label, noise) for label in LABELS),
    )


def make_cell(label: str, noise: random.Random) -> Cell:
    """One training."""
    return Cell(
        activation=label,
        status="ok",
        parameters=118_282,
        compile_s=0.7,
        slice_s=tuple(0.06 * noise.lognormvariate(0, 0.05) for _ in range(EPOCHS * SLICES_PER_EPOCH)),
        train_loss=(0.1,) * EPOCHS,
        train_score=(0.97,) * EPOCHS,
        validation_loss=(0.1,) * EPOCHS,
        validation_score=(0.97,) * EPOCHS,
        test_loss=0.1,
        test_score=noise.gauss(0.978, 0.001),
        inference=tuple(
            Inference(
                batch_size=size,
                latency_s=tuple(1e-4 * noise.lognormvariate(0, 0.1) for _ in range(INFERENCE_ROUNDS)),
                compile_s=None,
            )
            for size in BATCH_SIZES
        ),
    )


if __name__ == "__main__":
    main()
