"""What an entry of `activations` may say, and what is said to one that may not."""

import json
import math

import pytest
from pydantic import ValidationError

from actbench.config.schema.activation import ActivationConfig
from actbench.config.schema.bench import BenchConfig
from actbench.plan.build import make_plan
from tests.config.configs import fine_data

TRAINABLE = "prelu, swish_beta, isru, pelu, aria2, snake"
GATED = "glu, bilinear, reglu, geglu, swiglu"
INITS = (
    "keras, recommended, moment_matched, glorot_uniform, glorot_normal, he_uniform, he_normal, "
    "lecun_uniform, lecun_normal, variance_scaling, random_normal, random_uniform, truncated_normal, "
    "orthogonal, identity, "
    "constant, ones, zeros"
)


def mistakes(*entries, **changes):
    """Path and sentence of every mistake that these entries, after relu, make."""
    with pytest.raises(ValidationError) as caught:
        BenchConfig.model_validate(fine_data(activations=["relu", *entries], **changes))
    return [(".".join(map(str, item["loc"])), item["msg"]) for item in caught.value.errors()]


@pytest.mark.parametrize(
    ("entry", "path", "sentence"),
    [
        ({"label": "a"}, "name", "is missing; needed: one of name, import and expr"),
        ({"name": None, "label": "a"}, "name", "is missing; needed: one of name, import and expr"),
        (
            {"name": "tanh", "expr": "x"},
            "expr",
            "name defines the activation already; use only one of name, import and expr",
        ),
        # parameters
        (
            {"name": "threshold"},
            "params",
            "threshold needs threshold and default_value; add numbers, such as params: {threshold: 0, "
            "default_value: 0}",
        ),
        (
            {"name": "threshold", "params": {"threshold": 1.0}},
            "params",
            "threshold needs default_value; add numbers, such as params: {default_value: 0}",
        ),
        (
            {"name": "threshold", "params": {"treshold": 1.0, "default_value": 0}},
            "params.treshold",
            "threshold has no such parameter; allowed: threshold, default_value; did you mean 'threshold'?",
        ),
        (
            {"name": "celu", "params": {"alpha": 0}},
            "params.alpha",
            "0 is not above 0; allowed: a number above 0",
        ),
        (
            {"name": "relu", "label": "a", "params": {"negative_slope": -1}},
            "params.negative_slope",
            "-1 is below 0; allowed: a number at least 0",
        ),
        (
            {"name": "softmax", "params": {"axis": 0}},
            "params.axis",
            "softmax has no parameters; remove params",
        ),
        # expressions
        (
            {"expr": "x * y"},
            "expr",
            "'x * y': column 5: unknown name 'y'; allowed: e, pi, x, and params of your own",
        ),
        (
            {"expr": "x.real"},
            "expr",
            "'x.real': column 2: the character '.' is not allowed; allowed: numbers, x, parameters, "
            "+ - * / **, comparisons inside where, and the functions",
        ),
        (
            {"expr": "2 * x", "params": {"beta": 1.0}},
            "expr",
            "'2 * x': column 1: beta is not used; write an expression in x and all of its params",
        ),
        (
            {"expr": "x * b", "params": {"b": "one"}},
            "params.b",
            "'one' is not a number; allowed: a number",
        ),
        (
            {"expr": "x * exp", "params": {"exp": 1.0}, "label": "a"},
            "params.exp",
            "'exp' has a meaning of its own in an expression; use another name",
        ),
        (
            {"expr": "x", "params": {"lambda": 1.0}},
            "params.lambda",
            "'lambda' is not a parameter name; "
            "allowed: letters, digits and _, such as beta, but no keyword of Python",
        ),
        (
            {"expr": 3, "label": "a"},
            "expr",
            "3 is not text; use text, in quotes if it looks like something else",
        ),
        ({"expr": "x + " * 20 + "x"}, "label", "is too long for a label; add a label of its own"),
        # imports
        (
            {"import": "silu"},
            "import",
            "'silu' is not a reference to a function; write package.module:function",
        ),
        (
            {"import": "no_such_package.ops:silu"},
            "import",
            "there is no module no_such_package: 'no_such_package' is not found; use a module of an "
            "installed package or of the current folder",
        ),
        (
            {"import": "keras.opps:silu"},
            "import",
            "there is no module keras.opps: 'opps' is not found in keras; use a module of an "
            "installed package or of the current folder",
        ),
        (
            {"import": "math:tanh"},
            "import",
            "the module math has no Python source; write a Python function that calls it",
        ),
        # what does not apply
        (
            {"name": "tanh", "match": "width"},
            "match",
            f"has no effect here; use match with a gated unit: {GATED}",
        ),
        (
            {"expr": "x", "match": "params"},
            "match",
            f"has no effect here; use match with a gated unit: {GATED}",
        ),
        ({"name": "tanh", "surrogate": "none"}, "surrogate", "has no effect here; use surrogate with step"),
        (
            {"name": "tanh", "trainable": True},
            "trainable",
            f"tanh has no weights; use trainable with {TRAINABLE}",
        ),
        (
            {"name": "tanh", "trainable": False},
            "trainable",
            f"tanh has no weights; use trainable with {TRAINABLE}",
        ),
        (
            {"name": "prelu", "trainable": False},
            "trainable",
            "the weights of prelu are always trained; use true, or the activation leaky_relu",
        ),
        (
            {"expr": "x", "trainable": True},
            "trainable",
            "there are no params to train; add params",
        ),
        (
            {"import": "keras.ops:elu", "params": {"alpha": 1.0}, "trainable": True},
            "trainable",
            "the parameters of an imported function are numbers; use an expr, or remove trainable",
        ),
        # words
        (
            {"name": "step", "surrogate": "ste"},
            "surrogate",
            "'ste' is not a known surrogate; allowed: none, straight_through, sigmoid",
        ),
        ({"name": "glu", "match": "size"}, "match", "'size' is not a known match; allowed: params, width"),
        # initializers
        (
            {"name": "tanh", "init": "he_norml"},
            "init.name",
            f"'he_norml' is not a known initializer; allowed: {INITS}; did you mean 'he_normal'?",
        ),
        (
            {"name": "tanh", "init": {"name": "random_normal", "params": {"std": 1}}},
            "init.params.std",
            "random_normal has no such parameter; allowed: mean, stddev; did you mean 'stddev'?",
        ),
        (
            {"name": "tanh", "init": {"name": "keras", "params": {"seed": 1}}},
            "init.params.seed",
            "keras has no parameters; remove params",
        ),
        (
            {"name": "tanh", "init": {"name": "variance_scaling", "params": {"mode": "fan"}}},
            "init.params.mode",
            "'fan' is not a known word; allowed: fan_in, fan_out, fan_avg; did you mean 'fan_in'?",
        ),
        (
            {"name": "tanh", "init": {"name": "variance_scaling", "params": {"scale": 0}}},
            "init.params.scale",
            "0 is not above 0; allowed: a number above 0",
        ),
        (
            {"name": "tanh", "init": {"name": "random_normal", "params": {"stddev": -1}}},
            "init.params.stddev",
            "-1 is not above 0; allowed: a number above 0",
        ),
        (
            {"name": "tanh", "init": {"name": "random_uniform", "params": {"minval": 1}}},
            "init.params",
            "minval 1 is not below maxval 0.05; use a minval below maxval",
        ),
        (
            {"name": "leaky_relu", "params": {"negative_slope": math.nan}},
            "params.negative_slope",
            "nan is not a finite number of single precision; allowed: a number at least 0",
        ),
        ({"expr": ""}, "expr", "'': column 1: it is empty; write an expression such as x * sigmoid(x)"),
        (
            {"expr": "x", "init": "recommended"},
            "init",
            "no initializer is recommended for an expr; "
            "allowed: moment_matched, keras or an initializer of Keras",
        ),
        (
            {"name": "softmax", "init": "moment_matched"},
            "init",
            "softmax is not element-wise: there is no gain to match; allowed: recommended or keras",
        ),
        (
            {"expr": "1 / x", "init": "moment_matched"},
            "init",
            "E[f(z)^2] is 0 or not finite: there is no gain to match; "
            "allowed: keras or an initializer of Keras",
        ),
    ],
)
def test_one_mistake_gets_one_sentence(entry, path, sentence):
    assert mistakes(entry) == [(f"activations.1.{path}", sentence)]


def test_mistakes_of_one_entry_are_reported_together():
    entry = {
        "name": "tanh",
        "params": {"alpha": 1},
        "match": "width",
        "surrogate": "none",
        "init": "best",
        "labl": "a",
    }
    assert sorted(path for path, _ in mistakes(entry)) == [
        "activations.1.init.name",
        "activations.1.labl",
        "activations.1.match",
        "activations.1.params.alpha",
        "activations.1.surrogate",
    ]


def test_an_entry_that_cannot_have_the_models_initializer_is_told_so():
    model = {"hidden_units": [8], "init": "moment_matched"}
    assert mistakes("softmax", model=model) == [
        (
            "activations.1",
            "model.init: softmax is not element-wise: there is no gain to match; allowed: recommended or "
            "keras; add an init to the activation",
        )
    ]
    own = {"name": "softmax", "init": "keras"}
    assert BenchConfig.model_validate(fine_data(activations=["relu", own], model=model))


def test_a_gated_model_that_cannot_be_matched_is_refused_with_what_can_be_had():
    [(path, sentence)] = mistakes("glu", model={"hidden_units": [3]})
    assert path == "activations.1"
    assert sentence == (
        "no gated widths give the plain model's number of parameters within 1 %: the widths [2] give "
        "+32.4 %; use match: width, or wider hidden layers"
    )
    wide = {"name": "glu", "match": "width"}
    assert BenchConfig.model_validate(fine_data(activations=["relu", wide], model={"hidden_units": [3]}))


@pytest.mark.parametrize(
    ("entry", "label"),
    [
        ("swish", "swish"),
        ({"name": "swish"}, "swish"),
        ({"expr": " x * sigmoid(x) "}, "x * sigmoid(x)"),
        ({"import": "keras.ops:silu"}, "silu"),
        ({"import": "keras.ops:silu", "label": "mine"}, "mine"),
    ],
)
def test_labels(entry, label):
    assert ActivationConfig.model_validate(entry).label == label


ENTRIES = [
    "relu",
    {"name": "leaky_relu", "params": {"negative_slope": 0.1}, "label": "leaky"},
    {"name": "threshold", "params": {"threshold": 0, "default_value": -1}},
    {"name": "gelu", "params": {"approximate": True}},
    {"name": "relu", "params": {"max_value": None}, "label": "unlimited"},
    {"name": "step", "surrogate": "straight_through"},
    {"name": "swiglu", "match": "width", "init": "recommended"},
    {"name": "snake", "trainable": True},
    {"expr": "x * sigmoid(b * x)", "params": {"b": 1}, "trainable": True, "init": "moment_matched"},
    {"import": "keras.ops:elu", "params": {"alpha": 0.5}},
    {"name": "tanh", "init": {"name": "variance_scaling", "params": {"scale": 2, "mode": "fan_avg"}}},
]


def test_a_config_with_all_of_it_makes_the_same_plan_after_a_round_trip():
    config = BenchConfig.model_validate(fine_data(activations=ENTRIES, baseline="relu"))
    again = BenchConfig.model_validate(json.loads(json.dumps(config.model_dump(mode="json"))))
    assert again == config
    assert make_plan(again) == make_plan(config)
    assert config.model_dump()["activations"][9]["import"] == "keras.ops:elu"


def test_configs_of_older_runs_are_still_understood():
    old = {"name": "leaky_relu", "params": {"negative_slope": 0.1}, "label": "leaky"}
    assert ActivationConfig.model_validate(old) == ActivationConfig.model_validate(ENTRIES[1])


def test_what_cells_are_planned():
    config = BenchConfig.model_validate(
        fine_data(
            activations=[
                *ENTRIES,
                {"name": "pelu", "trainable": False},
                {"name": "pelu", "label": "p"},
            ],
            baseline="relu",
            model={"hidden_units": [128], "init": "he_uniform"},
        )
    )
    cells = {cell.label: cell for cell in make_plan(config).blocks[0].cells}
    assert (cells["relu"].init, cells["relu"].trainable, cells["relu"].match) == ("he_uniform", False, None)
    assert (cells["step"].surrogate, cells["relu"].surrogate) == ("straight_through", None)
    assert (cells["swiglu"].match, cells["swiglu"].init) == ("width", "he_normal")
    assert cells["snake"].trainable
    assert not cells["pelu"].trainable
    assert cells["p"].trainable
    expr = cells["x * sigmoid(b * x)"]
    assert (expr.expr, expr.params, expr.trainable, expr.init) == (
        "x * sigmoid(b * x)",
        {"b": 1.0},
        True,
        "moment_matched",
    )
    imported = cells["elu"]
    assert imported.function == "keras.ops:elu"
    assert len(imported.source_sha256) == 64
    assert (cells["tanh"].init, cells["tanh"].init_params) == (
        "variance_scaling",
        {"scale": 2.0, "mode": "fan_avg"},
    )
    assert cells["placebo"] == cells["relu"].model_copy(update={"label": "placebo"})


def test_spaces_of_an_expression_do_not_make_another_cell():
    plans = [
        make_plan(BenchConfig.model_validate(fine_data(activations=["relu", {"expr": text, "label": "e"}])))
        for text in ("x*sigmoid(x)", "x * sigmoid( x )", "x * tanh(x)")
    ]
    assert plans[0].run_id == plans[1].run_id != plans[2].run_id
