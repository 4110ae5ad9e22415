"""Small blocks for tests of the engine and of the code that runs it."""

from collections.abc import Mapping
from typing import Any

from actbench.config.schema.dataset import DatasetConfig
from actbench.config.schema.measurement import ProbesConfig, TimingConfig
from actbench.config.schema.model import ModelConfig
from actbench.config.schema.train import EarlyStoppingConfig, TargetConfig, TrainConfig
from actbench.plan.cell import CellPlan
from actbench.plan.models import Block, Setting


def cell(label: str, name: str | None = None, **params: Any) -> CellPlan:
    return CellPlan(label=label, name=name or label, params=params)


def setting(
    *,
    train_samples: int = 500,
    validation: int = 100,
    test_samples: int = 200,
    hidden_units: tuple[int, ...] = (16, 8),
    optimizer: str = "adam",
    learning_rate: float = 0.001,
    batch_size: int = 64,
    epochs: int = 2,
    early_stopping: EarlyStoppingConfig | None = None,
    engine: Any = "compiled",
    slices_per_epoch: int = 3,
    inference_batch_sizes: tuple[int, ...] = (1, 8),
    inference_rounds: int = 3,
    target_ci: float | None = None,
    budget_s: float | None = None,
    probes: Any = (),
    loss: Any = None,
    targets: Mapping[str, Any] | None = None,
) -> Setting:
    return Setting(
        id="5e771265",
        dataset=DatasetConfig(
            name="mnist", validation=validation, train_samples=train_samples, test_samples=test_samples
        ),
        model=ModelConfig(hidden_units=hidden_units),
        train=TrainConfig(
            optimizer=optimizer,
            learning_rate=learning_rate,
            batch_size=batch_size,
            epochs=epochs,
            early_stopping=early_stopping,
            loss=loss,
        ),
        timing=TimingConfig(
            engine=engine,
            slices_per_epoch=slices_per_epoch,
            inference_batch_sizes=inference_batch_sizes,
            inference_rounds=inference_rounds,
            target_ci=target_ci,
            budget_s=budget_s,
        ),
        probes=ProbesConfig.model_validate(probes),
        targets={name: TargetConfig.model_validate(asked) for name, asked in (targets or {}).items()},
    )


def block(*cells: CellPlan, seed: int = 0, seeds: int = 1, **values: Any) -> Block:
    made = setting(**values)
    return Block(
        id=f"{made.id}-{seed}",
        setting=made,
        seed=seed,
        cells=cells,
        baseline="relu",
        seeds=seeds,
        extra_budget_s=made.timing.budget_s or 0.0,
    )
