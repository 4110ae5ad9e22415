"""A config that is an object gives what the same file gives, messages included."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actbench.config.loader import load_config, load_source
from actbench.config.schema.bench import BenchConfig
from actbench.config.schema.model import ModelConfig
from actbench.config.yaml.objects import to_yaml
from actbench.config.yaml.reader import parse_yaml
from actbench.errors import ConfigError
from tests.config.configs import FINE, fine_data
from tests.config.test_shipped_configs import FILES, ROOT


def message(source, overrides=()):
    with pytest.raises(ConfigError) as caught:
        load_source(source, overrides)
    return str(caught.value)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_is_kept_as_it_is(kind, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(FINE)
    found = load_source(kind(path), ["seeds=5"])
    assert found.text == FINE
    assert found.config == BenchConfig.model_validate(fine_data(seeds=5))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_config_that_was_read_can_be_written_down_and_read_again(path, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    config = load_config(path)
    found = load_source(config)
    assert found.config == config
    written = tmp_path / "written.yaml"
    written.write_text(found.text)
    assert load_config(written) == config


def test_a_mapping_is_a_config_with_its_overrides_in_what_is_kept(tmp_path):
    found = load_source(fine_data(), ["train.epochs=2"])
    assert found.config == BenchConfig.model_validate(fine_data(train={**fine_data()["train"], "epochs": 2}))
    written = tmp_path / "written.yaml"
    written.write_text(found.text)
    assert load_config(written) == found.config


def test_sections_tuples_and_numbers_of_numpy_are_taken_for_what_they_say():
    data = fine_data(
        model=ModelConfig(hidden_units=(128, 64)),
        seeds=np.int64(3),
        activations=tuple(fine_data()["activations"]),
    )
    data["train"]["learning_rate"] = np.float64(1e-3)
    assert load_source(data).config == load_source(fine_data()).config


def test_every_mistake_has_a_line_and_names_its_key():
    data = fine_data(baseline="rely", seeds=[1, 2, 1])
    data["train"] |= {"epochs": True, "momentun": 1}
    lines = message(data, ["model.hidden_units=[0]"]).splitlines()
    assert sorted(lines) == [
        "--set model.hidden_units: model.hidden_units[0]: 0 is too small; allowed: 1 to 65536",
        "config: baseline: 'rely' is not among the activations; "
        "allowed: relu, leaky, swish; did you mean 'relu'?",
        "config: seeds[2]: 1 is in the list already; remove it",
        "config: train.epochs: true is not a whole number; allowed: 1 to 1000000",
        "config: train.momentun: unknown key; allowed: optimizer, learning_rate, batch_size, epochs, "
        "early_stopping, loss",
    ]


def test_every_value_that_no_file_could_hold_has_a_line_of_its_own():
    data = fine_data(baseline="\ud800")
    data["activations"][1]["params"]["negative_slope"] = {1, 2}
    data["dataset"][5] = 1
    assert message(data).splitlines() == [
        "config: dataset: the key 5 is not text; use text as keys",
        "config: activations[1].params.negative_slope: {1, 2} cannot be written in YAML; "
        "allowed: None, booleans, numbers, text, lists and mappings",
        "config: baseline: contains half of a character (a lone surrogate); use whole characters",
    ]


def test_what_is_no_config_at_all_is_refused():
    assert message({}).startswith("config: name: is missing; needed: the name of the run's folder")
    assert message(["relu"]).startswith("config: a list is not a config; allowed: a path, a mapping or")
    assert message(3).startswith("config: 3 is not a config")


def test_a_mapping_without_end_is_refused():
    data = fine_data()
    data["model"]["model"] = data["model"]
    assert "nested more than 30 levels deep" in message(data)


MISLEADING = (
    "on",
    "1e-3",
    "0o7",
    "0x1F",
    "~",
    "null",
    ".inf",
    "-",
    "<<",
    "=",
    "1_000",
    "12:30:00",
    "a: b",
    "# x",
)
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(MISLEADING)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
KEYS = st.text("abc", min_size=1)


@given(st.dictionaries(KEYS, SCALARS | st.lists(SCALARS)))
def test_what_is_written_is_read_back(data):
    parsed = parse_yaml(to_yaml(data), "written")
    assert parsed.mistakes == ()
    assert parsed.root is not None
    assert parsed.root.to_python() == data


def test_text_that_any_version_of_yaml_takes_for_another_value_is_quoted():
    assert to_yaml({"a": "on", "b": "1e-3", "c": "relu"}) == "a: 'on'\nb: \"1e-3\"\nc: relu\n"
