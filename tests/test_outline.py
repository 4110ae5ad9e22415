from pathlib import Path

import pytest

from actbench import outline
from actbench.analysis.design import TYPICAL_SD
from actbench.messages import Finished
from actbench.outline import make_outline
from actbench.run import run_benchmark
from tests.fake_worker import record_of

SMOKE, THREE = Path("configs/smoke.yaml"), ("seeds=3",)


def measured(blocks):
    """Tanh and gelu gain a point over relu from seed to seed."""
    for block in blocks:
        record = record_of(block)
        cells = tuple(
            cell.model_copy(update={"test_accuracy": 0.5 + (cell.activation != "relu") * 0.01 * block.seed})
            for cell in record.cells
        )
        yield Finished(record=record.model_copy(update={"cells": cells}))


@pytest.fixture
def done(tmp_path):
    return run_benchmark(SMOKE, tmp_path, overrides=THREE, execute=measured)


def test_a_finished_run_is_read_once_for_what_is_left_and_for_its_spread(done, tmp_path, monkeypatch):
    read, open_run = [], outline.open_run
    monkeypatch.setattr(outline, "open_run", lambda path: read.append(path) or open_run(path))
    found = make_outline(SMOKE, THREE, tmp_path)
    assert (found.folder, found.pending) == (done.path, ())
    assert found.design.sd == pytest.approx(0.01)
    assert read == [done.path]


def test_measuring_it_again_leaves_all_to_do_and_the_spread_known(done, tmp_path):
    found = make_outline(SMOKE, THREE, tmp_path, fresh=True)
    assert found.pending == found.plan.blocks
    assert found.sd_source.startswith("observed")


def test_a_run_that_cannot_be_read_is_as_good_as_none(done, tmp_path):
    (done.path / "run.json").write_text("{")
    found = make_outline(SMOKE, THREE, tmp_path)
    assert found.pending == found.plan.blocks
    assert found.design.sd == TYPICAL_SD
