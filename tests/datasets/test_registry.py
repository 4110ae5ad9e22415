import subprocess
import sys

import pytest

from actbench import datasets
from actbench.datasets import DATASETS, load


def test_the_registry_loads_neither_numpy_nor_pydantic():
    code = "import sys, actbench.datasets as d; d.DATASETS; print({'numpy', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_everything_that_is_exported_can_be_imported():
    assert all(hasattr(datasets, name) for name in datasets.__all__)


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_here"):
        datasets.nothing_here  # noqa: B018 - the access is what is tested


@pytest.mark.parametrize("name", DATASETS)
def test_the_registry_describes_the_file(name):
    source, raw = DATASETS[name], load(name)
    assert source.name == name
    assert raw.x_train.shape[0] == raw.y_train.size == source.train
    assert raw.x_test.shape[0] == raw.y_test.size == source.test
    assert raw.x_train[0].size == raw.x_test[0].size == source.features
    assert set(raw.y_train) == set(raw.y_test) == set(range(source.classes))
    assert {array.dtype.name for array in vars(raw).values()} == {"uint8"}
