"""Every shipped config, run in this process with few examples, from its file to the tables of its run."""

from pathlib import Path

import pytest

from actbench.execution.protocol import Finished
from actbench.workflows.run import run_benchmark

pytestmark = [pytest.mark.tensorflow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

CONFIGS = sorted(Path("configs").glob("*.yaml"))
FEW = ("seeds=1", "placebo=false", "timing.inference_rounds=2", "timing.slices_per_epoch=1")
FEWER_ROWS = {
    "health": ("dataset.train_samples=200", "dataset.test_samples=100", "train.epochs=1"),
    "regression": ("dataset.samples=300", "dataset.validation=50", "train.epochs=1"),
    "smoke": ("dataset.validation=50", "dataset.train_samples=200", "dataset.test_samples=100"),
}
OF_MNIST = (*FEWER_ROWS["smoke"], "train.epochs=1")


def measure_here(blocks):
    from actbench.engine.runner import Measurer

    measurer = Measurer(import_s=0.0)
    for block in blocks:
        yield Finished(record=measurer.measure(block, lambda _: None))


@pytest.mark.parametrize(
    ("path", "more"),
    [
        *(
            pytest.param(path, (), id=path.stem, marks=() if path.stem == "smoke" else pytest.mark.heavy)
            for path in CONFIGS
        ),
        # two activations alone, and no short last batch, which is one more program for each
        pytest.param(
            Path("configs/health.yaml"),
            ("activations=[relu, tanh]", "dataset.train_samples=192"),
            id="health with two activations",
        ),
    ],
)
def test_it_runs_and_is_tabulated(path, more, tmp_path):
    overrides = (*FEW, *FEWER_ROWS.get(path.stem, OF_MNIST), *more)
    outcome = run_benchmark(path, tmp_path, overrides=overrides, execute=measure_here)
    assert outcome.failed == ()
    labels = [cell.activation for cell in outcome.records[0].cells]
    for record in outcome.records:
        assert [cell.activation for cell in record.cells] == labels
        assert all(cell.slice_s and min(cell.slice_s) > 0 for cell in record.cells)
    lines = (outcome.path / "accuracy.csv").read_text().splitlines()
    final = [record for record in outcome.records if not record.tuning]
    assert len(lines) == 1 + len(labels) * len(final)
