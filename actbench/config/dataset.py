"""The part of a config that names the data, checked against what is known of it without loading it."""

from typing import Annotated

from pydantic import ValidationInfo, field_validator

from actbench.config.fields import OneOf, Whole
from actbench.config.mistakes import refuse
from actbench.config.section import Section
from actbench.datasets import DATASETS, DatasetSource

_BILLION = 10**9


class DatasetConfig(Section):
    """What is trained, validated and tested on."""

    name: Annotated[str, OneOf("dataset", tuple(DATASETS))]
    """a dataset's name, as `actbench list datasets` shows it"""
    validation: Annotated[int, Whole(0, _BILLION)] = 0
    """examples taken from the training set, to look at after each epoch"""
    train_samples: Annotated[int, Whole(1, _BILLION)] | None = None
    """examples to train on, of those that validation leaves; all when not given"""
    test_samples: Annotated[int, Whole(1, _BILLION)] | None = None
    """examples to test on; all when not given"""

    @field_validator("validation")
    @classmethod
    def _leaves_examples_to_train_on(cls, size: int, info: ValidationInfo) -> int:
        source = _source(info)
        if source and size > source.train - source.classes:
            raise refuse(
                f"{size} leaves too few of the {source.train} training examples of {source.name}; "
                f"allowed: 0 to {source.train - source.classes}"
            )
        return size

    @field_validator("train_samples")
    @classmethod
    def _fits_the_training_set(cls, size: int | None, info: ValidationInfo) -> int | None:
        source, validation = _source(info), info.data.get("validation", 0)
        if source and size is not None and not source.classes <= size <= source.train - validation:
            taken = f", {validation} of which go to validation" if validation else ""
            raise refuse(
                f"{_too_many_or_few(size, source)}; allowed: {source.classes} to {source.train - validation} "
                f"({source.name} has {source.train} training examples{taken})"
            )
        return size

    @field_validator("test_samples")
    @classmethod
    def _fits_the_test_set(cls, size: int | None, info: ValidationInfo) -> int | None:
        source = _source(info)
        if source and size is not None and not source.classes <= size <= source.test:
            raise refuse(
                f"{_too_many_or_few(size, source)}; allowed: {source.classes} to {source.test} "
                f"({source.name} has {source.test} test examples)"
            )
        return size


def _source(info: ValidationInfo) -> DatasetSource | None:
    return DATASETS.get(info.data.get("name", ""))


def _too_many_or_few(size: int, source: DatasetSource) -> str:
    if size < source.classes:
        return f"{size} is less than one example for each of the {source.classes} classes"
    return f"{size} is more than there is"
