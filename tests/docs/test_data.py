"""The datasets that docs/data.md, docs/configs.md and the README show can be written in a config."""

import re
from pathlib import Path

import pytest
import yaml

from actbench.config.schema.dataset import DatasetConfig
from actbench.datasets.spec import DATASETS

DOCS = Path("docs/data.md").read_text(encoding="utf-8")
SHOWN = "".join(
    Path(page).read_text(encoding="utf-8") for page in ("docs/data.md", "docs/configs.md", "README.md")
)


@pytest.mark.parametrize("line", re.findall(r"^dataset: .*$", SHOWN, flags=re.MULTILINE))
def test_every_dataset_shown_can_be_written(line):
    DatasetConfig.model_validate(yaml.safe_load(line)["dataset"])


def test_every_name_and_every_key_is_told():
    told = re.findall(r"`(\w+)`", DOCS)
    assert not set(DATASETS) - set(told)
    assert not set(DatasetConfig.model_fields) - set(told)
