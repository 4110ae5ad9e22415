import json
import math
import os
import re

import pytest
from click.testing import CliRunner

from actbench.activations.catalogue import ACTIVATIONS
from actbench.cli._app import main
from tests.commands import actbench, modules_after

KEYS = [
    *(
        "name",
        "label",
        "aliases",
        "kind",
        "params",
        "parameters",
        "formula",
        "latex",
        "derivative",
        "range",
        "bounded",
    ),
    *("monotonic", "smooth", "zero_centred", "element_wise", "trainable", "surrogate", "init"),
    *("twins", "paper"),
    *("expected_value", "second_moment", "gain", "recommended_init", "recommended_init_source"),
    *("layer", "note", "points"),
]


def show(*arguments):
    return CliRunner().invoke(main, ["show", *arguments])


def text(*arguments):
    result = show(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def objects(*arguments):
    return json.loads(text(*arguments, "--format", "json"), parse_constant=pytest.fail)


def refusal(*arguments):
    result = show(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["gelu"],
        ["{name: leaky_relu, params: {negative_slope: 0.1}}"],
        ["{expr: x * sigmoid(beta * x), params: {beta: 1.5}, label: mine}"],
        ["swiglu"],
        ["softmax"],
        ["sigmoid", "tanh", "relu"],
    ],
    ids=["function", "parameter", "expression", "gated", "mixing", "several"],
)
def test_what_is_shown(snapshot, arguments):
    assert text(*arguments) == snapshot


def test_every_activation_can_be_shown_within_80_columns():
    shown = text(*(_with_required(name) for name in ACTIVATIONS))
    assert max(map(len, shown.splitlines())) <= 80
    for name in ACTIVATIONS:
        assert f"\n{name}" in f"\n{shown}"


def test_no_control_codes_where_nobody_watches():
    done = actbench("show", "gelu", "relu")
    assert done.returncode == 0
    assert [character for character in done.stdout if not character.isprintable() and character != "\n"] == []


def test_colour_on_a_terminal(monkeypatch):
    monkeypatch.setattr("actbench.cli.show.screen", lambda: (80, True))
    shown = CliRunner().invoke(main, ["show", "gelu", "relu"], color=True).stdout
    assert "\x1b[1mgelu" in shown
    assert "\x1b[0m gelu" in shown.partition("f(x)\x1b")[2]


def test_json_has_the_documented_names():
    for shown in objects("gelu", "softmax", "swiglu", "x + 1"):
        assert list(shown) == KEYS


def test_json_of_a_function():
    [gelu] = objects("gelu")
    assert gelu["formula"] == "x * (1 + erf(x / sqrt(2))) / 2"
    assert gelu["params"] == {"approximate": False}
    assert gelu["expected_value"] == pytest.approx(1 / (2 * math.sqrt(math.pi)), rel=1e-12)
    assert gelu["gain"] == pytest.approx(gelu["second_moment"] ** -0.5, rel=1e-12)
    assert gelu["recommended_init"] == "he_normal"
    assert (gelu["monotonic"], gelu["smooth"], gelu["bounded"], gelu["zero_centred"]) == (
        False, True, False, False,
    )  # fmt: skip
    assert gelu["range"][0] == pytest.approx(-0.16997, abs=1e-5)
    assert gelu["range"][1] is None
    assert [point["x"] for point in gelu["points"]] == [-10, -3, -1, -0.5, 0, 0.5, 1, 3, 10]
    at_one = next(point for point in gelu["points"] if point["x"] == 1)
    normal = 0.5 * (1 + math.erf(1 / math.sqrt(2)))
    assert at_one["f"] == pytest.approx(normal, rel=1e-12)
    density = math.exp(-0.5) / math.sqrt(2 * math.pi)
    assert at_one["derivative"] == pytest.approx(normal + density, rel=1e-12)


def test_the_parameters_given_decide_formula_points_and_moments():
    [leaky] = objects("{name: leaky_relu, params: {negative_slope: 0.5}}")
    assert leaky["params"] == {"negative_slope": 0.5}
    assert leaky["points"][0] == {"x": -10.0, "f": -5.0, "derivative": 0.5}
    assert leaky["second_moment"] == pytest.approx((1 + 0.25) / 2)
    [exact, tanh] = objects("gelu", "{name: gelu, params: {approximate: true}}")
    assert "tanh" in tanh["formula"]
    assert "tanh" in tanh["derivative"]
    assert exact["points"] != tanh["points"]
    assert exact["points"][6]["derivative"] == pytest.approx(tanh["points"][6]["derivative"], abs=1e-3)


def test_what_the_catalogue_says_of_the_defaults_is_not_said_of_other_parameters():
    [usual, unusual] = objects("snake", "{name: snake, params: {a: 2.0}}")
    assert usual["monotonic"] is True
    assert [unusual[key] for key in ("range", "bounded", "monotonic", "smooth")] == [None] * 4


def test_the_slope_at_a_kink_is_that_of_the_catalogue_and_so_keras_s():
    [relu] = objects("relu")
    assert next(point for point in relu["points"] if point["x"] == 0)["derivative"] == 0.0


def test_an_alias_shows_its_function_under_the_name_given():
    [swish] = objects("swish")
    assert (swish["name"], swish["label"]) == ("silu", "swish")
    assert "swish" in swish["aliases"]


def test_twins_are_seen_from_either_side():
    [relu6, celu] = objects("relu6", "celu")
    assert relu6["twins"] == [{"params": {}, "name": "relu", "other_params": {"max_value": 6.0}}]
    assert [twin["name"] for twin in celu["twins"]] == ["elu"]


def test_a_gated_unit_is_judged_with_another_normal_value():
    [glu, sigmoid] = objects("glu", "sigmoid")
    assert glu["expected_value"] == 0.0
    assert glu["second_moment"] == pytest.approx(sigmoid["second_moment"])
    assert glu["points"] == sigmoid["points"]


def test_what_is_no_curve_has_neither_points_nor_moments():
    [softmax] = objects("softmax")
    assert softmax["element_wise"] is False
    assert softmax["points"] == []
    assert [softmax[key] for key in ("expected_value", "second_moment", "gain", "zero_centred")] == [None] * 4


@pytest.mark.parametrize("expression", ["x*sigmoid(x)", " x*sigmoid(x) ", "{expr: x*sigmoid(x)}"])
def test_an_expression(expression):
    [mine, silu] = objects(expression, "silu")
    assert (mine["name"], mine["kind"], mine["trainable"]) == ("x*sigmoid(x)", "expression", "no")
    assert mine["formula"] == silu["formula"]
    assert mine["gain"] == pytest.approx(silu["gain"])
    for here, there in zip(mine["points"], silu["points"], strict=True):
        assert here == pytest.approx(there, rel=1e-12, abs=1e-300)
    assert [mine[key] for key in ("derivative", "range", "paper", "recommended_init")] == [None] * 4


@pytest.mark.parametrize("expression", ["x", "x-pi", "pi-x"])
def test_a_word_with_x_is_no_name(expression):
    [mine] = objects(expression)
    assert (mine["kind"], mine["label"]) == ("expression", expression)


def test_where_an_expression_is_not_finite_there_is_null():
    [log] = objects("log(x)")
    assert log["points"][0]["f"] is None
    assert [log[key] for key in ("expected_value", "second_moment", "gain")] == [None] * 3
    assert "gain  none: E[f(z)^2] is zero or not finite" in text("log(x)")


def test_an_expression_that_begins_with_minus_comes_after_two():
    [negative] = json.loads(text("--format", "json", "--", "-x"))
    assert negative["points"][0]["f"] == 10.0


def test_a_bare_name_has_an_example_of_what_a_config_requires():
    assert "threshold: required, here 0" in text("threshold")


def test_other_parameters_than_the_defaults_have_their_own_twins():
    assert "identical" in text("elu")
    assert "identical" not in text("{name: elu, params: {alpha: 2}}")
    assert "to relu6" in text("{name: relu, params: {max_value: 6}}")
    assert "identical" not in text("{name: relu, params: {threshold: 1}}")


def test_the_surrogate_and_the_initializer_are_shown_where_they_are_given():
    shown = text("{name: step, surrogate: sigmoid, init: he_normal}")
    assert re.search(r"surrogate +sigmoid", shown)
    assert re.search(r"^init +he_normal", shown, flags=re.MULTILINE)
    assert not re.search("^init ", text("relu"), flags=re.MULTILINE)


def test_a_mistake_in_an_expression_is_pointed_at():
    assert refusal("x*sigmoid(y)") == (
        "x*sigmoid(y): column 11: unknown name 'y'; allowed: e, pi, x, and params of your own\n"
        "  x*sigmoid(y)\n"
        "            ^\n"
    )


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("gelou", "gelou: name: 'gelou' is not a known activation; allowed: the names that `actbench list "
                  "activations` shows; did you mean 'gelu'?"),
        ("leaky-relu", "did you mean 'leaky_relu'?"),
        ("ReLU", "did you mean 'relu'?"),
        ("", "'': column 1: it is empty"),
        ("2 * 3", "column 1: x is not used"),
        ("x\x1b[31m", "column 2: the character '\\x1b' is not allowed"),
        ("__import__('os').getpid()", "column 12: "),
        ("{name: elu, params: {alpa: 1}}", "elu has no such parameter; allowed: alpha; did you mean"),
        ("{name: threshold}", "params: threshold needs threshold and default_value"),
        ("{name: relu, params: {max_value: 0}}", "params.max_value: 0 is not above 0"),
        ("{expr: x * b, params: {b: 1}", "cannot be read as YAML"),
        ("{expr: x, params: {b: 1}}", "b is not used"),
        ("{}", "name: is missing; needed: one of name, import and expr"),
        ("{import: 'textwrap:fill'}", "textwrap:fill: what it computes is not known without running it"),
        ("{import: 'no_such_module:f'}", "there is no module no_such_module"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_refused_with_a_message(argument, message):
    shown = refusal(argument)
    assert message in shown
    assert "Traceback" not in shown


def test_all_mistakes_are_reported_together():
    lines = refusal("gelou", "x +", "{name: elu, params: {alpha: -1}, lable: a}", "relu").splitlines()
    beginnings = ("gelou: ", "x +: column ", "  x +", "  ", "{name: elu")
    assert [line.startswith(start) for line, start in zip(lines, beginnings, strict=False)] == [True] * 5
    assert sum(line.startswith("{name: elu") for line in lines) == 2


def test_nothing_to_show_is_a_usage_error():
    assert show().exit_code == 2


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_picture_in_the_format_of_its_suffix(tmp_path, suffix):
    path = tmp_path / f"curves.{suffix}"
    assert text("sigmoid", "tanh", "swiglu", "--plot", str(path))
    content = path.read_bytes()
    beginnings = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}
    assert content.startswith(beginnings[suffix])
    assert os.listdir(tmp_path) == [path.name]  # noqa: PTH208 - nothing else is left


def test_what_has_no_curve_is_told_of(tmp_path):
    done = show("softmax", "swiglu", "--plot", str(tmp_path / "a.svg"))
    assert done.exit_code == 0
    assert done.stderr == f"softmax has no curve, so it is not in {tmp_path / 'a.svg'}\n"


def test_a_picture_names_what_it_shows_and_is_the_same_each_time(tmp_path):
    first, second = tmp_path / "a.svg", tmp_path / "b.svg"
    for path in (first, second):
        text("sigmoid", "tanh", "x**2", "{name: elu, params: {alpha: 2.0}}", "--plot", str(path))
    assert first.read_bytes() == second.read_bytes()
    words = re.findall(r">([^<>]+)</text>", first.read_text())
    for word in ("sigmoid", "tanh", "x**2", "elu (alpha 2)", "f(x)", "f'(x)"):
        assert words.count(word) == 1
    assert "date" not in first.read_text()


def test_the_same_name_twice_with_other_parameters_has_its_own_line():
    shown = text(*(f"{{name: elu, params: {{alpha: {alpha}}}}}" for alpha in (0.5, 2.0)))
    assert "•• elu (alpha 0.5)" in shown
    assert "++ elu (alpha 2)" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["relu", "--plot", "{}/a.jpg"], ".jpg is not the suffix of a picture; allowed: .svg, .png, .pdf"),
        (["relu", "--plot", "{}/a"], "there is no suffix; allowed: .svg"),
        (["relu", "--plot", "{}/none/a.svg"], "cannot write"),
        (["softmax", "--plot", "{}/a.svg"], "there is no curve to draw"),
        (["gelou", "--plot", "{}/a.svg"], "did you mean 'gelu'?"),
    ],
)
def test_what_cannot_be_drawn_is_refused_and_leaves_nothing(tmp_path, arguments, message):
    shown = refusal(*(argument.format(tmp_path) for argument in arguments))
    assert message in shown
    assert len(shown.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_heavier_is_imported_than_what_is_shown_needs(tmp_path):
    plain = modules_after("show", "gelu", "x*sigmoid(x)", "--format", "json")
    assert not plain & {"tensorflow", "keras", "matplotlib", "plotext", "pandas"}
    drawn = modules_after("show", "gelu", "swiglu", "softmax", "--plot", str(tmp_path / "a.svg"))
    assert "matplotlib" in drawn
    assert not drawn & {"tensorflow", "keras"}


def _with_required(name):
    required = dict.fromkeys(ACTIVATIONS[name].required, 0.0)
    return json.dumps({"name": name, "params": required}) if required else name
