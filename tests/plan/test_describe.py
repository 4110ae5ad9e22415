import pytest

from actbench.config.schema.activation import ActivationConfig
from actbench.config.schema.keras_objects import InitConfig
from actbench.plan.cell import plan_cell
from actbench.plan.describe import are_twins, describe_cells


def cell(entry, model_init="keras"):
    return plan_cell(ActivationConfig.model_validate(entry), InitConfig.model_validate(model_init))


def described(*entries, model_init="keras"):
    return describe_cells([cell(entry, model_init) for entry in entries])


@pytest.mark.parametrize(
    ("entry", "definition"),
    [
        ("relu", "relu"),
        ({"name": "leaky_relu", "params": {"negative_slope": 0.1}}, "leaky_relu, negative_slope 0.1"),
        ({"name": "relu", "params": {"max_value": None}}, "relu, max_value null"),
        ({"name": "gelu", "params": {"approximate": True}}, "gelu, approximate true"),
        ("prelu", "prelu, trained"),
        ({"name": "pelu", "trainable": False}, "pelu"),
        ({"name": "step", "surrogate": "sigmoid"}, "step, surrogate sigmoid"),
        ("glu", "glu, match params"),
        (
            {"expr": "x*sigmoid(b*x)", "params": {"b": 1.5}, "trainable": True},
            "expr x * sigmoid(b * x), b 1.5, trained",
        ),
        ({"import": "keras.ops:silu"}, "import keras.ops:silu"),
    ],
)
def test_definitions_say_all_that_was_chosen(entry, definition):
    [info] = described(entry)
    assert info.definition == definition


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("relu", "keras (glorot_uniform, the default of Dense)"),
        ({"name": "relu", "init": "recommended"}, "he_normal"),
        ({"name": "relu", "init": "moment_matched"}, "moment_matched (normal, gain 1.414)"),
        (
            {"name": "relu", "init": {"name": "random_normal", "params": {"stddev": 0.01}}},
            "random_normal (stddev 0.01)",
        ),
    ],
)
def test_initializers_as_text(entry, words):
    [info] = described(entry)
    assert words in info.init


def test_what_mixes_units_is_marked():
    infos = described("relu", "softmax", "glu", {"expr": "2 * x"}, {"import": "keras.ops:silu"})
    assert [info.element_wise for info in infos] == [True, False, False, True, None]
    assert [info.match for info in infos] == [None, None, "params", None, None]
    assert [info.source_sha256 is not None for info in infos] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("elu", "celu", True),
        ("relu6", {"name": "relu", "params": {"max_value": 6}, "label": "a"}, True),
        ("relu", {"name": "leaky_relu", "params": {"negative_slope": 0}, "label": "a"}, True),
        ("relu", {"name": "leaky_relu", "label": "a"}, False),
        ("silu", "swish", True),
        ("silu", {"name": "swish_beta", "trainable": False, "label": "a"}, True),
        ("silu", "swish_beta", False),  # whose beta is trained
        ({"expr": "x*2"}, {"expr": "x * 2", "label": "a"}, True),
        ({"expr": "x*2"}, {"expr": "2 * x"}, False),  # the same, but it takes algebra to know
        ("elu", {"name": "celu", "init": "he_normal"}, False),
        ("glu", {"name": "glu", "match": "width", "label": "a"}, False),
        ("relu", {"name": "relu", "params": {"negative_slope": 0}, "label": "a"}, True),
        ({"import": "keras.ops:silu"}, "silu", False),
    ],
)
def test_twins(one, other, same):
    assert are_twins(cell(one), cell(other)) == same == are_twins(cell(other), cell(one))


def test_a_twin_is_named_once_by_the_first_of_its_kind():
    infos = described("elu", "relu", "celu", {"name": "elu", "label": "again"})
    assert [info.twin_of for info in infos] == [None, None, "elu", "elu"]
