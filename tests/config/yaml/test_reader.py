import math

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from actbench.config.yaml.reader import MAX_DEPTH, MAX_NODES, parse_yaml, resolve_scalar


def read(text):
    parsed = parse_yaml(text, "f")
    assert parsed.mistakes == ()
    return parsed.root


def mistakes(text):
    return [str(mistake) for mistake in parse_yaml(text, "f").mistakes]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: [x, 2.5, {c: true}]", {"a": 1, "b": ["x", 2.5, {"c": True}]}),
        ("a: '1'\nb: \"true\"\nc: |\n  3\n", {"a": "1", "b": "true", "c": "3\n"}),
        ("on: off\n1: yes\nnull: 0", {"on": "off", "1": "yes", "null": 0}),
        ("a: &x [1, 2]\nb: *x\nc: *x", {"a": [1, 2], "b": [1, 2], "c": [1, 2]}),
        ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
        ("---\na: 1\n...\n", {"a": 1}),
        ("'<<': 1", {"<<": 1}),
        ("[]", []),
    ],
)
def test_values(text, value):
    assert read(text).to_python() == value


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_no_document(text):
    assert read(text) is None


def test_every_key_and_value_has_its_position():
    root = read("a: 1\nlong:\n  - x\n  - {k: v}\n")
    long = root.value["long"]
    item = long.node.value[1].value["k"]
    positions = [
        root.position,
        root.value["a"].node.position,
        long.key_position,
        long.node.position,
        item.key_position,
        item.node.position,
    ]
    assert [str(position) for position in positions] == ["f:1:1", "f:1:4", "f:2:1", "f:3:3", "f:4:6", "f:4:9"]


def test_an_alias_has_its_own_position():
    assert str(read("a: &x 1\nb: *x\n").value["b"].node.position) == "f:2:4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\nb:\n  c: 2\n  c: 3\n",
            "f:4:3: b.c: the key is there already at line 3, column 3; remove one of the two",
        ),
        (
            "a: !!python/object/apply:os.system [x]",
            "f:1:4: a: the tag '!!python/object/apply:os.system' is not supported; remove the tag",
        ),
        ("a: !own x", "f:1:4: a: the tag '!own' is not supported; remove the tag"),
        ("!!map {a: 1}", "f:1:1: the tag '!!map' is not supported; remove the tag"),
        (
            "a: &x {b: 1}\nc:\n  <<: *x",
            "f:3:3: c: merge keys (<<) are not supported; write the keys out",
        ),
        ("a: {[1]: 2}", "f:1:5: a: a key is not plain text; use a word as the key"),
        ("a: &x k\nb: {*x : 2}", "f:2:5: b: a key is not plain text; use a word as the key"),
        (
            "a: *nobody",
            "f:1:4: a: the alias *nobody has no anchor before it; write the value out",
        ),
        (
            "a: &x [*x]",
            "f:1:8: a[0]: the alias *x is inside the value that it stands for; write the value out",
        ),
        ("a: 1\n---\nb: 2\n", "f:2:1: a second document begins here; remove it"),
        ('a: "\\uD800"', "f:1:4: a: contains half of a character (a lone surrogate); use whole characters"),
        ("a: b: c", "f:1:5: cannot be read as YAML: mapping values are not allowed here"),
        (
            "a: 1\nb: [1, 2\n",
            "f:3:1: cannot be read as YAML: expected ',' or ']', but got '<stream end>' "
            "(while parsing a flow sequence that begins at line 2, column 4)",
        ),
        ("a: 1\n\x00b: 2", "f:2:1: the character U+0000 is not allowed in YAML; remove it"),
        ('"\\UFFFFFFFF"', "f:1:4: cannot be read as YAML: "),
        ("%YAML 1." + "1" * 5000 + "\n---\na", "f:1:"),
        ("'\x07'", "f:1:2: the character U+0007 is not allowed in YAML; remove it"),
    ],
)
def test_one_mistake(text, message):
    found = mistakes(text)
    assert len(found) == 1
    assert found[0].startswith(message)


def test_mistakes_before_the_end_of_what_can_be_read_are_reported_too():
    found = mistakes("a: 1\na: !t 2\nb: [*nobody\n")
    assert [line.partition(";")[0] for line in found] == [
        "f:2:1: a: the key is there already at line 1, column 1",
        "f:2:4: a: the tag '!t' is not supported",
        "f:3:5: b[0]: the alias *nobody has no anchor before it",
    ]
    assert len(mistakes("a: 1\na: 2\nb: [\n")) == 2


def test_an_anchor_used_again_hides_the_value_before():
    assert mistakes("a: &x 1\nb: &x [*x]") == [
        "f:2:8: b[0]: the alias *x is inside the value that it stands for; write the value out"
    ]


def test_the_first_of_two_equal_keys_stays_so_that_it_is_checked_too():
    assert parse_yaml("a: 1\na: 2", "f").root.to_python() == {"a": 1}


def test_a_bomb_of_aliases_is_stopped_early():
    levels = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 30)]
    text = "\n".join(["l0: &l0 [x, x, x, x, x, x, x, x, x]", *levels])
    assert mistakes(text) == [
        f"f:5:10: l4[0]: more than {MAX_NODES} values, aliases written out; use fewer values"
    ]


def test_the_number_of_values_has_an_exact_bound():
    items = MAX_NODES - 1
    assert mistakes(f"[{','.join('1' * items)}]") == []
    assert len(mistakes(f"[{','.join('1' * (items + 1))}]")) == 1


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_stopped_long_before_python_is_exhausted(opening):
    found = mistakes(opening * 50_000)
    assert len(found) == 1
    assert f"nested more than {MAX_DEPTH} levels deep; use fewer levels" in found[0]


def test_depth_has_an_exact_bound():
    lists = MAX_DEPTH - 1
    assert mistakes("[" * lists + "1" + "]" * lists) == []
    assert len(mistakes("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH)) == 1


def test_aliases_do_not_get_around_the_depth():
    text = "a: &x [[[[[[[[[[1]]]]]]]]]]\n"
    nested = "[" * (MAX_DEPTH - 5)
    closed = "]" * (MAX_DEPTH - 5)
    assert len(mistakes(f"{text}b: {nested}*x{closed}")) == 1


def test_override_values_have_no_lines():
    parsed = parse_yaml("{a: 1, a: 2}", "--set k", lines=False)
    assert [str(mistake) for mistake in parsed.mistakes] == [
        "--set k: a: the key is there already; remove one of the two"
    ]


def test_python_objects_are_never_made(monkeypatch):
    monkeypatch.setattr(yaml.constructor.BaseConstructor, "__init__", None)
    assert mistakes("a: !!python/object/new:actbench.NoSuchThing [1]")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL"),
        ("true", True), ("True", True), ("FALSE", False), ("tRUE", "tRUE"),
        ("yes", "yes"), ("on", "on"), ("off", "off"), ("n", "n"),
        ("0", 0), ("-12", -12), ("+3", 3), ("010", 10), ("0o17", 15), ("0xfF", 255), ("0b1", "0b1"),
        ("1_000", "1_000"), ("1:30", "1:30"), ("190:20:30", "190:20:30"), ("1" * 401, "1" * 401),
        ("1e-3", 0.001), ("1E3", 1000.0), ("1.", 1.0), (".5", 0.5), ("-1.5e+2", -150.0), ("+.5", 0.5),
        (".", "."), ("e3", "e3"), ("1e", "1e"), ("1.2.3", "1.2.3"), ("١", "١"),  # noqa: RUF001 # Arabic digit
        (".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf), ("inf", "inf"), ("nan", "nan"),
        ("2024-01-31", "2024-01-31"), ("1 ", "1 "), ("1\n", "1\n"), ("<<", "<<"), ("relu", "relu"),
    ],
)  # fmt: skip
def test_plain_scalars_are_yaml_1_2(text, value):
    resolved = resolve_scalar(text)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_nan(text):
    assert math.isnan(resolve_scalar(text))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_survive(number):
    resolved = resolve_scalar(repr(number))
    assert resolved == number
    assert isinstance(resolved, float)


@given(st.integers(min_value=-(10**300), max_value=10**300))
def test_whole_numbers_survive(number):
    assert resolve_scalar(str(number)) == number


@given(st.text())
def test_any_text_means_something(text):
    assert isinstance(resolve_scalar(text), str | int | float | bool | None)
