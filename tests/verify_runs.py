"""A stored run, and second measurements of it that come out as the test says."""

from actbench.config.schema.bench import BenchConfig
from actbench.datasets.dataset import describe
from actbench.environment import describe_environment
from actbench.execution.protocol import Finished
from actbench.plan.build import make_plan
from actbench.records.run import RunInfo, SettingInfo
from actbench.store.writing import create_or_resume
from tests.fake_worker import record_of

CONFIG = {
    "name": "tiny",
    "dataset": {"name": "mnist", "validation": 100, "train_samples": 300, "test_samples": 100},
    "model": {"hidden_units": [8]},
    "activations": ["relu", "tanh"],
    "baseline": "relu",
    "train": {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 64, "epochs": 1},
    "seeds": 3,
    "timing": {"slices_per_epoch": 2, "inference_batch_sizes": [8]},
}


def store(root, change=lambda cell, _: cell, *, measured=3, **info_changes):
    """Writes a run of three seeds and returns its folder."""
    config = BenchConfig.model_validate(CONFIG)
    plan = make_plan(config)
    [setting] = plan.settings
    info = RunInfo(
        run_id=plan.run_id,
        name=plan.name,
        created_at="2026-11-21T08:00:00+00:00",
        command="actbench run tiny.yaml",
        overrides=(),
        config=config.model_dump(mode="json"),
        activations=tuple(cell.label for cell in plan.blocks[0].cells),
        baseline=plan.baseline,
        placebo=plan.placebo,
        blocks=tuple(block.id for block in plan.blocks),
        settings=(SettingInfo(id=setting.id, description={}),),
        dataset={setting.id: describe(setting.dataset.spec())},
        environment=describe_environment(),
    ).model_copy(update=info_changes)
    with create_or_resume(root, info, b"") as folder:
        for block in plan.blocks[:measured]:
            folder.append(changed(record_of(block), change))
    return folder.path


def measure(change=lambda cell, _: cell, *, ran=None, **record_changes):
    """An executor; `ran` collects the blocks it is given."""

    def execute(blocks):
        for block in blocks:
            if ran is not None:
                ran.append(block)
            record = changed(record_of(block), change)
            yield Finished(record=record.model_copy(update=record_changes))

    return execute


def changed(record, change):
    return record.model_copy(update={"cells": tuple(change(cell, record.seed) for cell in record.cells)})


def having(**values):
    """Changes a cell's values, in every cell."""
    return lambda cell, _: cell.model_copy(update=values)


DIVERGED = having(status="diverged", test_score=None, test_loss=None, train_loss=(None,))
