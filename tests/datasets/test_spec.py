import subprocess
import sys

import pytest

from actbench.datasets.dataset import prepare
from actbench.datasets.spec import DATASETS, DatasetSpec


def test_the_registry_loads_neither_numpy_nor_pydantic():
    code = "import sys, actbench.datasets.spec; print({'numpy', 'pydantic'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", [name for name, source in DATASETS.items() if source.kind != "keras"])
def test_the_registry_describes_what_is_there(name):
    source, info = DATASETS[name], prepare(DatasetSpec(name=name)).info
    assert source.name == info.name == name
    assert info.features == source.features
    assert [target.classes for target in info.targets] == [source.classes]
    assert (info.train, info.test) == ((source.train, source.test) if source.train else (1600, 400))
