"""Optimizers, schedules and early stopping: what may be said, and that it is what Keras has."""

import inspect

import pytest
from pydantic import ValidationError

from actbench.config.schema.bench import BenchConfig
from actbench.config.schema.keras_objects import OPTIMIZERS
from actbench.config.schema.train import SCHEDULES, TrainConfig
from actbench.metrics.objectives import LOSSES
from tests.config.configs import fine_data

TRAIN = {"optimizer": "adam", "learning_rate": 0.01, "batch_size": 8, "epochs": 2}
COSINE = {"schedule": "cosine_decay", "initial_learning_rate": 0.1, "decay_steps": 10}
CLIPS = "clipnorm, clipvalue, global_clipnorm"


def one(**changes):
    with pytest.raises(ValidationError) as caught:
        BenchConfig.model_validate(fine_data(train=TRAIN | changes))
    (item,) = caught.value.errors()
    return ".".join(map(str, item["loc"]))[len("train.") :], item["msg"]


def sgd(**params):
    return {"optimizer": {"name": "sgd", "params": params}}


@pytest.mark.parametrize(
    ("changes", "path", "sentence"),
    [
        (
            sgd(momentun=0.9),
            "optimizer.params.momentun",
            f"sgd has no such parameter; allowed: weight_decay, momentum, nesterov, {CLIPS}; "
            "did you mean 'momentum'?",
        ),
        (
            sgd(use_ema=True),
            "optimizer.params.use_ema",
            "is not supported, as docs/models.md explains; remove it",
        ),
        (
            sgd(momentum=1.5),
            "optimizer.params.momentum",
            "1.5 is above 1; allowed: a number at least 0 and at most 1",
        ),
        (sgd(nesterov=1), "optimizer.params.nesterov", "1 is neither true nor false; allowed: true or false"),
        (
            sgd(clipnorm=1.0, clipvalue=1.0),
            "optimizer.params.clipvalue",
            f"clipnorm clips gradients already; use only one of {CLIPS}",
        ),
        (
            sgd(learning_rate=0.1),
            "optimizer.params.learning_rate",
            "has a key of its own; use train.learning_rate",
        ),
        (
            {"optimizer": {"name": "sgd", "params": 3}},
            "optimizer.params",
            "3 is not a mapping; use one such as {momentum: 0.9}",
        ),
        (
            {"learning_rate": COSINE | {"power": 2.0}},
            "learning_rate.power",
            "cosine_decay has no such parameter; allowed: initial_learning_rate, decay_steps, alpha, "
            "warmup_target, warmup_steps",
        ),
        (
            {"learning_rate": {"schedule": "cosine_decay", "initial_learning_rate": 0.1}},
            "learning_rate.decay_steps",
            "is missing; cosine_decay needs it",
        ),
        (
            {"learning_rate": COSINE | {"warmup_steps": 3}},
            "learning_rate.warmup_steps",
            "has no effect alone; use warmup_target and warmup_steps together",
        ),
        (
            {"learning_rate": COSINE | {"schedule": "cosine"}},
            "learning_rate.schedule",
            f"'cosine' is not a known schedule; allowed: {', '.join(SCHEDULES)}; "
            "did you mean 'cosine_decay'?",
        ),
        (
            {"learning_rate": {"schedule": "piecewise_constant_decay", "boundaries": [5], "values": [0.1]}},
            "learning_rate.values",
            "2 values are needed, one more than boundaries; add or remove values",
        ),
        (
            {
                "learning_rate": {
                    "schedule": "piecewise_constant_decay",
                    "boundaries": [5, 2],
                    "values": [0.1, 0.2, 0.3],
                }
            },
            "learning_rate.boundaries",
            "the steps do not rise; sort them, as in [1000, 2000]",
        ),
        (
            {"learning_rate": {"schedule": ["cosine_decay"]}},
            "learning_rate.schedule",
            f"a list is not a known schedule; allowed: {', '.join(SCHEDULES)}",
        ),
        ({"loss": ["mse"]}, "loss", f"a list is not a known loss; allowed: {', '.join(LOSSES)}"),
        (
            {"early_stopping": {"patience": 0}},
            "early_stopping.patience",
            "0 is too small; allowed: 1 to 1000000",
        ),
        (
            {"early_stopping": {}},
            "early_stopping.patience",
            "is missing; needed: epochs in a row without a lower validation loss after which a training ends",
        ),
    ],
)
def test_one_mistake_gets_one_sentence(changes, path, sentence):
    assert one(**changes) == (path, sentence)


def test_early_stopping_needs_a_validation_split():
    data = fine_data(train=TRAIN | {"early_stopping": {"patience": 2}}, dataset={"name": "mnist"})
    with pytest.raises(ValidationError, match="no validation split to see the loss on"):
        BenchConfig.model_validate(data)


def test_a_name_alone_stands_for_the_defaults():
    short = TrainConfig.model_validate(TRAIN)
    assert short == TrainConfig.model_validate(TRAIN | {"optimizer": {"name": "adam"}})
    assert short.model_dump()["optimizer"] == "adam"


@pytest.mark.tensorflow
def test_the_tables_are_what_the_installed_keras_has():
    import keras

    classes = {name.lower(): value for name, value in vars(keras.optimizers).items()}
    common = {
        "learning_rate", "name", "kwargs", "self", "use_ema", "ema_momentum", "ema_overwrite_frequency",
        "loss_scale_factor", "gradient_accumulation_steps", "exclude_layers", "exclude_embeddings",
    }  # fmt: skip
    for name, known in OPTIMIZERS.items():
        if name == "muon" and name not in classes:
            continue  # newer than the oldest Keras that is allowed
        signature = inspect.signature(classes[name].__init__).parameters
        if name == "muon" and "rms_rate" not in signature:
            continue  # Keras 3.12, the last for Python 3.10, has another
        theirs = {key: value.default for key, value in signature.items() if key not in common}
        assert {key: entry.default for key, entry in known.items()} == theirs, name
        for key, entry in known.items():
            if entry.default is not None:
                assert entry.kind.check(entry.default) == entry.default, (name, key)
    for name, (needed, optional) in SCHEDULES.items():
        schedule = getattr(keras.optimizers.schedules, name.title().replace("_", ""))
        signature = inspect.signature(schedule.__init__).parameters
        theirs = {key: value for key, value in signature.items() if key not in ("self", "name")}
        assert set(theirs) == {*needed, *optional}, name
        assert {key for key, value in theirs.items() if value.default is value.empty} == set(needed), name
    wrappers = {"lossscaleoptimizer", "multioptimizer", "optimizer", "optimizermap", "schedulefreeadamw"}
    rest = {
        key for key, value in classes.items() if inspect.isclass(value) and not key.startswith("_")
    } - wrappers
    assert rest == OPTIMIZERS.keys() & rest
    assert {type(keras.optimizers.get(name)).__name__.lower() for name in ("sgd", "adam")} <= rest
