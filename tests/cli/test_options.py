import click
import pytest
from click.testing import CliRunner

from actbench.cli._options import read_share, read_words


def given(*arguments: str) -> tuple[int, str]:
    """Exit code, and what the options were read as or the message."""

    @click.command()
    @click.option("--limit", callback=read_share(most=2.0))
    @click.option("--kinds", callback=read_words(("accuracy", "time")))
    def command(limit: float | None, kinds: tuple[str, ...]) -> None:
        click.echo(f"{limit} {kinds}", nl=False)

    result = CliRunner().invoke(command, arguments)
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5%", 0.05),
        ("0.05", 0.05),
        (" 5 % ", 0.05),
        ("0", 0.0),
        ("0%", 0.0),
        ("0.1%", 0.001),
        ("150%", 1.5),
        ("1e-3", 0.001),
    ],
)
def test_a_share_is_a_percentage_or_a_fraction(text: str, value: float) -> None:
    code, shown = given("--limit", text)
    assert code == 0
    assert float(shown.split()[0]) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5", "'5' would be 500 %; write 5% or 0.05"),
        ("1", "'1' would be 100 %; write 1% or 0.01"),
        ("-5%", "'-5%' is not a share"),
        ("nan", "'nan' is not a share"),
        ("nan%", "'nan%' is not a share"),
        ("inf%", "'inf%' is not a share"),
        ("five", "'five' is not a share; write it as 5% or 0.05"),
        ("", "'' is not a share"),
        ("5%%", "'5%%' is not a share"),
        ("5% or so", "is not a share"),
        ("201%", "'201%' is too large; allowed: up to 200%"),
    ],
)
def test_what_is_no_share(text: str, words: str) -> None:
    code, message = given(f"--limit={text}")
    assert code == 2
    assert words in message


@pytest.mark.parametrize(
    ("text", "read"),
    [("time", ("time",)), ("accuracy, time", ("accuracy", "time")), ("time,time", ("time",))],
)
def test_words_of_a_list(text: str, read: tuple[str, ...]) -> None:
    assert given("--kinds", text) == (0, f"None {read}")


def test_options_that_are_not_given() -> None:
    assert given() == (0, "None ()")


def test_all_unknown_words_are_named_with_what_is_allowed() -> None:
    code, message = given("--kinds", "speed,acuracy,time")
    assert code == 2
    assert "'speed', 'acuracy' cannot be judged; allowed: accuracy, time; did you mean 'accuracy'?" in message


@pytest.mark.parametrize("text", ["", "accuracy,", "accuracy;time"])
def test_no_word_is_no_list(text: str) -> None:
    assert given("--kinds", text)[0] == 2
