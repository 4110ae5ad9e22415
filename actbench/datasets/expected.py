"""What can be said of a dataset that is still to be downloaded."""

from actbench.datasets.registry import DATASETS
from actbench.datasets.wanted import Wanted, count_of
from actbench.records import DatasetInfo, TargetInfo


def expect(wanted: Wanted) -> DatasetInfo:
    """Sizes as they will be; nothing of the files, nor of how rows are drawn.

    Args:
        wanted: Names a dataset whose sizes the registry knows.
    """
    source = DATASETS[wanted.name or ""]
    assert source.train is not None
    assert source.test is not None
    validation = count_of(wanted.validation, source.train)
    return DatasetInfo(
        name=source.name,
        sha256="",
        train=wanted.train_samples or source.train - validation,
        validation=validation,
        test=wanted.test_samples or source.test,
        split_rule="",
        split_sha256="",
        features=source.features,
        targets=(TargetInfo(name="label" if source.classes else "value", classes=source.classes),),
    )
