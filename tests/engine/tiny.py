"""The smallest block that trains: eight features, three classes, a few dozen examples."""

import numpy as np

from actbench.config.schema.activation import ActivationConfig
from actbench.config.schema.dataset import DatasetConfig
from actbench.config.schema.keras_objects import InitConfig
from actbench.config.schema.measurement import TimingConfig
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.train import TrainConfig
from actbench.datasets.dataset import Dataset, Target
from actbench.plan.cell import CellPlan, plan_cell
from actbench.plan.models import Setting
from actbench.records.run import DatasetInfo

FEATURES, CLASSES, ROWS, BATCH = 8, 3, 48, 16


def cell(entry, model_init="keras") -> CellPlan:
    """What an entry of a config amounts to."""
    return plan_cell(ActivationConfig.model_validate(entry), InitConfig.model_validate(model_init))


def setting(hidden_units=(6, 5), optimizer="adam", learning_rate=0.01) -> Setting:
    return Setting(
        id="tiny",
        dataset=DatasetConfig(name="mnist"),
        model=ModelConfig(hidden_units=hidden_units),
        train=TrainConfig(optimizer=optimizer, learning_rate=learning_rate, batch_size=BATCH, epochs=1),
        timing=TimingConfig(),
    )


def dataset() -> Dataset:
    """Three separable clouds."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, ROWS).astype(np.int32)
    x = rng.standard_normal((ROWS, FEATURES)).astype(np.float32)
    x[np.arange(ROWS), y] += 3
    info = DatasetInfo(
        name="tiny", sha256="", train=32, validation=8, test=8, split_rule="by hand", split_sha256=""
    )
    return Dataset(x, (Target("label", y, CLASSES),), range(32), range(32, 40), range(40, 48), info)
