import pytest

from actbench.activations.expression.parser import LONGEST_TEXT, ExpressionError, parse
from actbench.activations.expression.tree import node_to_latex

HOSTILE = [
    # Python could do something with these; the number is the column that is refused.
    ("__import__('os').system('true')", 12),
    ("x.__class__", 2),
    ("(x).real", 4),
    ("exp.__globals__", 4),
    ("exp(x).shape", 7),
    ("lambda: x", 1),
    ("[x for x in x]", 1),
    ("x[0]", 2),
    ("f'{x}'", 2),
    ("'x' * 9", 1),
    ("print(x)", 1),
    ("x + eval(x)", 5),
    ("open(x)", 1),
    ("exp(x)(x)", 7),
    ("exp(x=x)", 6),
    ("exp(*x)", 5),
    ("min(**x)", 7),
    ("x if x > 0 else 0", 3),
    ("x and x", 3),
    ("not x", 1),
    ("x @ x", 3),
    ("x // 2", 3),
    ("x % 2", 3),
    ("x & 1", 3),
    ("~x", 1),
    ("(x := 2)", 4),
    ("x; x", 2),
    ("x\n+ 1", 2),
    ("x # y", 3),
    ("x\\", 2),
    ("x\x00", 2),
    ("\uff58", 1),  # a wide x
    ("x + \U0001d465", 5),  # an italic one
    ("exec('x')", 6),
    ("().__class__.__bases__[0].__subclasses__()", 3),
    ("(lambda: x)()", 2),
    ("(yield x)", 2),
    ("await x", 1),
    ("import os", 1),
    ("x = 2", 3),
    ("exp(x)**exp(x)", 9),
    ("x << 2", 3),
    ("x <> 2", 3),
    ("x | x", 3),
    ("x ^ 2", 3),
    ("x ! x", 3),
    ("[*x]", 1),
    ("{x: x}", 1),
    ("(*x)", 2),
    ("max(*x, x)", 5),
    ("print x", 7),
    ("`x`", 1),
    ("x\t", 2),
    ("\ufeffx", 1),
    ("x \u2212 1", 3),  # a minus of typographers
    ("x * \udc80", 5),  # half of a character
    ("x * \u0662", 5),  # an Arabic 2
    # numbers
    ("0x10 * x", 1),
    ("1_000 * x", 1),
    ("x * 01", 5),
    ("2x", 1),
    ("x * 1.5.2", 5),
    ("x * 1e", 5),
    ("x * 1.real", 5),
    ("9" * 39 + " * x", 1),
    ("x ** 1e3", 6),
    ("x ** -101", 6),
    ("nan * x", 1),
    ("inf * x", 1),
    # something is missing, or superfluous
    ("x x", 3),
    ("exp(x x)", 7),
    ("2 x", 3),
    ("2 (x)", 3),
    ("(x) (x)", 5),
    ("exp(x) exp(x)", 8),
    ("x * / x", 5),
    ("* x", 1),
    ("max(, x)", 5),
    ("max(x,, x)", 7),
    ("where(x > , 1, 2)", 11),
    ("x, x", 2),
    ("(x, x)", 3),
    ("exp((x, x))", 7),
    ("()", 1),
    ("x * ()", 5),
    ("x * ", 5),
    ("-", 2),
    ("exp(", 4),
    ("exp(x))", 7),
    (")x(", 1),
    # sizes
    ("10**10**10 * x", 5),
    ("x ** 1000", 6),
    ("x ** x", 6),
    ("9" * 400 + "*x", 1),
    ("1e400 * x", 1),
    ("1 / 0 * x", 1),
    ("log(0) * x", 1),
    ("x * sqrt(0 - 1)", 5),
    ("(" * 33 + "x" + ")" * 33, 33),
    ("-" * 40 + "x", 33),
    ("x" + " + x" * 200, 501),
    # constants that are not numbers
    ("1j * x", 1),
    ("True * x", 1),
    ("None", 1),
    # names and calls
    ("x * y", 5),
    ("sigmod(x)", 1),
    ("exp", 1),
    ("x * exp", 5),
    ("exp()", 1),
    ("exp(x, x)", 1),
    ("where(x, 1, 0)", 7),
    ("where(0 < x < 1, x, 0)", 15),
    ("where(x in 1, x, 0)", 9),
    ("x > 0", 1),
    # no x
    ("2", 1),
    ("", 1),
    ("  ", 1),
    ("x +", 4),
    ("  x * y", 7),
    (" x.real", 3),
    (" (x", 2),
    ("(x", 1),
    ("x)", 2),
]


@pytest.mark.parametrize(("text", "column"), HOSTILE)
def test_what_is_no_arithmetic_is_refused_at_its_column(text, column):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.column == column
    assert caught.value.message
    assert "\n" not in caught.value.message


def test_a_misspelt_function_is_guessed():
    with pytest.raises(
        ExpressionError, match=r"unknown function 'sigmod'; allowed: .*; did you mean 'sigmoid'\?"
    ):
        parse("sigmod(x)")


def test_a_misspelt_parameter_is_guessed():
    with pytest.raises(ExpressionError, match=r"unknown name 'betta'.*; did you mean 'beta'\?") as caught:
        parse("x * betta + beta", ["beta"])
    assert caught.value.column == 5


def test_a_parameter_that_does_nothing_is_refused():
    with pytest.raises(ExpressionError, match="beta is not used"):
        parse("2 * x", ["beta"])
    assert parse("2", ["beta"], all_used=False).params == ()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("x*sigmoid( 1.702*x )", "x * sigmoid(1.702 * x)"),
        ("x-(1-x)-2", "x - (1 - x) - 2"),
        ("(x-1)-x", "x - 1 - x"),
        ("x/(2*x)/3", "x / (2 * x) / 3"),
        ("-x**2", "-x**2"),
        ("(-x)**2", "(-x)**2"),
        ("-(x+1)", "-(x + 1)"),
        ("2**-2*x", "2**-2 * x"),
        ("(x**2)**3", "(x**2)**3"),
        ("+x", "x"),
        ("  x + 1 ", "x + 1"),
        ("where(x>=0,1.0,-1)*x", "where(x >= 0, 1, -1) * x"),
        ("max(x,0,e)*pi", "max(x, 0, e) * pi"),
        ("x * -0", "x * 0"),
        ("x*2.50", "x * 2.5"),
        ("x*.5 + 5.", "x * 0.5 + 5"),
        ("x * 9007199254740993", "x * 9007199254740992"),
        ("x**2*(-2)**3", "x**2 * (-2)**3"),
        ("x - -2", "x - -2"),
        ("3.141592653589793 * x", "pi * x"),
        ("x*1e-05", "x * 1e-05"),
    ],
)
def test_text_is_canonical_and_reads_back(text, canonical):
    once = parse(text)
    assert once.text == canonical
    again = parse(canonical)
    assert (again.root, again.text) == (once.root, canonical)


def test_parameters_are_listed_in_the_order_of_their_use():
    assert parse("b * x + a", ["a", "b"]).params == ("b", "a")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x / (1 + abs(x))", [r"\frac{x}{1 + \left|x\right|}"]),
        ("where(x > 0, x, alpha * x)", [r"\begin{cases}", r"\alpha", r"\end{cases}"]),
        ("sqrt(x**2 + 1)", [r"\sqrt{x^{2} + 1}"]),
        ("exp(-x)", ["e^{-x}"]),
        ("(x + 1) * 2", [r"\left(x + 1\right)"]),
        ("tanh(x)", [r"\tanh\left(x\right)"]),
    ],
)
def test_latex(text, parts):
    latex = node_to_latex(parse(text, ["alpha"] if "alpha" in text else []).root)
    assert all(part in latex for part in parts)
    assert latex.count("{") == latex.count("}")


def test_what_is_short_enough_as_written_can_be_read_again_in_canonical_form():
    written = "+".join([f"max({','.join(['x*x'] * 16)})"] * 7)
    assert len(written) < LONGEST_TEXT
    read = parse(written)
    assert len(read.text) > LONGEST_TEXT
    assert parse(read.text, longest=None) == read
    with pytest.raises(ExpressionError, match="longer than 500"):
        parse(read.text)


@pytest.mark.parametrize("text", ["x**(1/2)", "x**0.5", "x**sqrt(0.25)", "x**(-(-1)/2)"])
def test_an_exponent_may_be_any_constant(text):
    assert parse(text) == parse("x**0.5")


@pytest.mark.parametrize("exponent", ["99 + 2", "x", "2 * a", "1e3"])
def test_an_exponent_that_is_none_or_huge_is_refused(exponent):
    with pytest.raises(ExpressionError, match="exponent"):
        parse(f"x**({exponent})", ["a"], all_used=False)
