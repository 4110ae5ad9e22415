import subprocess
import sys

import pytest

from actbench import datasets
from actbench.datasets import DATASETS, Wanted, prepare


def test_the_registry_loads_neither_numpy_nor_pydantic():
    code = "import sys, actbench.datasets as d; d.DATASETS; print({'numpy', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_everything_that_is_exported_can_be_imported():
    assert all(hasattr(datasets, name) for name in datasets.__all__)


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_here"):
        datasets.nothing_here  # noqa: B018 - the access is what is tested


@pytest.mark.parametrize("name", [name for name, source in DATASETS.items() if source.kind != "keras"])
def test_the_registry_describes_what_is_there(name):
    source, info = DATASETS[name], prepare(Wanted(name=name)).info
    assert source.name == info.name == name
    assert info.features == source.features
    assert [target.classes for target in info.targets] == [source.classes]
    assert (info.train, info.test) == ((source.train, source.test) if source.train else (1600, 400))
