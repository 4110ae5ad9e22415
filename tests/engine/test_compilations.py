"""XLA compiles one program per (activation, batch shape), whatever the slices, epochs and seeds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.tensorflow

SCRIPT = """
import sys
from pathlib import Path
from actbench.engine.measure import Measurer
from tests.blocks import block, cell

def programs():
    return len(list(Path(sys.argv[1]).glob("*inference_run*before_optimizations.txt")))

measurer = Measurer(import_s=0.0)
for seed in (0, 1, 2):
    cells = (cell("relu"), cell("tanh"))
    measurer.measure(block(*cells, seed=seed, epochs=3, slices_per_epoch=5), lambda *_: None)
    print(programs())
"""


def test_one_compilation_per_activation_and_batch_shape(tmp_path):
    environment = os.environ | {
        "XLA_FLAGS": f"--xla_dump_to={tmp_path} --xla_dump_hlo_as_text",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        env=environment,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    # Two activations, each with a program for full batches and one for the short last batch.
    assert done.stdout.split() == ["4", "4", "4"]
