from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actbench.config.loader import MAX_BYTES, load_config, parse_config
from actbench.config.schema.bench import BenchConfig
from actbench.errors import ConfigError
from tests.config.configs import FINE, fine_data, message


def test_a_fine_config_is_what_it_says():
    assert parse_config(FINE, "c.yaml") == BenchConfig.model_validate(fine_data())


def test_every_mistake_has_a_line_of_its_own_in_the_order_of_the_file():
    text = (
        FINE.replace("name: example", "name: a/b")
        .replace("validation: 5000", "validaton: 5000, train_samples: 70000")
        .replace("negative_slope: 0.1", "negative_slop: 0.1")
        .replace("- swish", "- swihs\n  - relu")
        .replace("baseline: relu", "baseline: rely")
        .replace("1e-3", ".inf")
        .replace("  epochs: 5", "  epochs: true\n  epochs: 7")
        .replace("seeds: 3", "seeds: [1, 2, 1]\nplacebo: on\nzoom: {}")
    )
    assert message(text, ["model.hidden_units=[0]", "timing.engine=tf"]).splitlines() == [
        "c.yaml:1:7: name: 'a/b' cannot name a folder; "
        "allowed: up to 100 letters, digits, '.', '_' and '-', with a letter or digit first",
        "c.yaml:2:24: dataset.validaton: unknown key; "
        "allowed: name, path, format, target, features, test_path, test, validation, train_samples, "
        "test_samples, preprocess, samples, noise; did you mean 'validation'?",
        "c.yaml:2:56: dataset.train_samples: 70000 is more than there are; "
        "allowed: 10 to 60000 (mnist has 60000 training examples)",
        "c.yaml:7:33: activations[1].params.negative_slop: leaky_relu has no such parameter; "
        "allowed: negative_slope; did you mean 'negative_slope'?",
        "c.yaml:8:5: activations[2]: 'swihs' is not a known activation; "
        "allowed: the names that `actbench list activations` shows; did you mean 'swish'?",
        "c.yaml:9:5: activations[3]: 'relu' is the label of activations[0] already; use another label",
        "c.yaml:10:11: baseline: 'rely' is not among the activations; "
        "allowed: relu, leaky, swihs, relu; did you mean 'relu'?",
        "c.yaml:13:18: train.learning_rate: inf is not a finite number of single precision; "
        "allowed: a number above 0",
        "c.yaml:15:11: train.epochs: true is not a whole number; allowed: 1 to 1000000",
        "c.yaml:16:3: train.epochs: the key is there already at line 15, column 3; remove one of the two",
        "c.yaml:17:15: seeds[2]: 1 is in the list already; remove it",
        "c.yaml:18:10: placebo: 'on' is neither true nor false; allowed: true or false",
        "c.yaml:19:1: zoom: unknown key; "
        "allowed: name, dataset, model, activations, baseline, train, targets, seeds, timing, probes, "
        "verdict, placebo, sweep, tune",
        "--set model.hidden_units: model.hidden_units[0]: 0 is too small; allowed: 1 to 65536",
        "--set timing.engine: 'tf' is not a known engine; allowed: compiled, keras",
    ]


def test_a_missing_key_is_reported_at_the_mapping_that_lacks_it():
    text = (
        FINE.replace("  epochs: 5\n", "").replace("baseline: relu\n", "").replace("- swish", "- {label: x}")
    )
    assert message(text).splitlines() == [
        "c.yaml:1:1: baseline: is missing; "
        "needed: the label of the activation that the others are compared with",
        "c.yaml:8:5: activations[2].name: is missing; needed: one of name, import and expr",
        "c.yaml:9:1: train.epochs: is missing; needed: how often each training example is seen; "
        "with early_stopping, the maximum",
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "c.yaml: is empty; write a config such as configs/mnist.yaml"),
        ("# nothing\n", "c.yaml: is empty; write a config such as configs/mnist.yaml"),
        ("---\n", "c.yaml: is empty; write a config such as configs/mnist.yaml"),
        (
            "[1, 2]",
            "c.yaml:1:1: a list is not a mapping; allowed: a mapping with the keys "
            "name, dataset, model, activations, baseline, train, targets, seeds, timing, probes, verdict, "
            "placebo, sweep, tune",
        ),
        (
            "a: [",
            "c.yaml:1:5: cannot be read as YAML: expected the node content, but found '<stream end>' "
            "(while parsing a flow node that begins at line 1, column 5)",
        ),
    ],
)
def test_what_is_no_config_at_all_gets_one_line(text, line):
    assert message(text) == line


def test_a_flood_of_mistakes_is_cut():
    lines = message(FINE + "".join(f"k{i}: 1\n" for i in range(250))).splitlines()
    assert len(lines) == 101
    assert lines[-1] == "and 150 more mistakes"


def test_control_characters_never_reach_the_terminal():
    found = message(FINE + '"\\e]0;x\\a": 1\n', ["tr\x1bain=1", 'baseline="\\e[2J"'])
    assert all(character.isprintable() or character == "\n" for character in found)


def test_a_file_is_read(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + FINE.replace("example", "m").encode())
    assert load_config(path, ["seeds=[7]"]).seeds == (7,)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "is not UTF-8 text (byte 1); save it as UTF-8"),
        (FINE.encode("utf-16"), "is not UTF-8 text (byte 1); save it as UTF-8"),
        (b"#" * (MAX_BYTES + 1), f"is too large; allowed: up to {MAX_BYTES} bytes"),
        (b"", "is empty; write a config such as configs/mnist.yaml"),
    ],
)
def test_a_file_that_is_no_config(tmp_path, content, expected):
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value) == f"{path}: {expected}"


def test_a_comment_of_the_largest_size_is_still_read(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_bytes(FINE.encode() + b"#" * (MAX_BYTES - len(FINE.encode())))
    assert load_config(path).name == "example"


def test_what_cannot_be_opened(tmp_path):
    for path, expected in [
        (tmp_path / "none.yaml", "there is no such file; use the path of a YAML file"),
        (tmp_path, "is a directory; use the path of a YAML file"),
        (tmp_path / ("x" * 300), "cannot be read: File name too long"),
        (Path("a\0b"), "cannot be read: "),
    ]:
        with pytest.raises(ConfigError) as caught:
            load_config(path)
        assert str(caught.value).startswith(f"{path}: {expected}")


def test_what_may_not_be_read(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigError, match=r"c\.yaml: cannot be read: Permission denied$"):
        load_config(tmp_path / "c.yaml")


YAML_LIKE = st.text(
    alphabet=st.sampled_from("ab:-[]{}, \n\t#&*!|>'\"%@`?.~<0123456789e\\ux\x00\x85\u2028\ud800é")
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), YAML_LIKE))
def test_any_text_is_a_config_or_a_config_error(text):
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "c.yaml")
    assert str(caught.value).startswith("c.yaml")


@settings(max_examples=150, deadline=None)
@given(st.text(), st.sampled_from(["", "train.", "train.epochs=", "activations=", "seeds=[", "name="]))
def test_any_override_is_taken_or_a_config_error(text, beginning):
    try:
        parse_config(FINE, "c.yaml", [beginning + text])
    except ConfigError as error:
        assert str(error).startswith("--set ")  # noqa: PT017 # it may also be fine


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_file_is_a_config_or_a_config_error(tmp_path, content):
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load_config(path)


@settings(max_examples=100, deadline=None)
@given(
    st.floats(min_value=1e-30, max_value=1e30), st.sampled_from([str, repr, yaml.safe_dump, "{:e}".format])
)
def test_learning_rates_survive_however_they_are_written(number, write):
    text = write(number).removesuffix("...\n").strip()
    config = parse_config(FINE.replace("1e-3", text), "c.yaml")
    assert config.train.learning_rate == float(text)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(fine_data())), JUNK)
def test_any_value_anywhere_is_fine_or_a_config_error(key, value):
    text = yaml.safe_dump(fine_data() | {key: value}, allow_unicode=True)
    try:
        parse_config(text, "c.yaml")
    except ConfigError as error:
        assert str(error)  # noqa: PT017 # it may also be fine
