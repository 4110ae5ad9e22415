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
from actbench.engine.runner import Measurer
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.train import TrainConfig
from tests.blocks import block, cell

MODEL = ModelConfig.model_validate(
    {"layers": [
        {"dense": 8, "activation": "*"}, "batch_norm", {"dropout": 0.2}, {"residual": [{"dense": 4}]}
    ],
     "kernel_regularizer": {"l2": 1e-4}}
)
TRAIN = TrainConfig.model_validate(
    {
        "optimizer": "adam", "batch_size": 64, "epochs": 3, "early_stopping": {"patience": 1},
        "learning_rate": {"schedule": "cosine_decay", "initial_learning_rate": 0.01, "decay_steps": 20},
    }
)

def programs():
    return len(list(Path(sys.argv[1]).glob("*inference_run*before_optimizations.txt")))

measurer = Measurer(import_s=0.0)
for seed in (0, 1, 2):
    cells = (cell("relu"), cell("tanh"))
    planned = block(*cells, seed=seed, slices_per_epoch=5, inference_batch_sizes=())
    setting = planned.setting.model_copy(update={"model": MODEL, "train": TRAIN})
    measurer.measure(planned.model_copy(update={"setting": setting}), lambda *_: None)
    print(programs())
"""


def test_one_compilation_per_activation_and_batch_shape(tmp_path):
    environment = os.environ | {
        "XLA_FLAGS": f"--xla_dump_to={tmp_path} --xla_dump_hlo_as_text --xla_dump_hlo_module_re=_run",
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
