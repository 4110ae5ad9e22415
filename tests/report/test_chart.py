import math
import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from actbench.errors import ConfigError
from actbench.report.chart import Chart, Line, check_suffix, to_bytes, to_text

X = tuple(step / 10 for step in range(-20, 21))


def chart(*lines, title="title", **changes):
    return Chart(title, "abscissa", "ordinate", lines, **changes)


def line(label="a", function=math.sin, **changes):
    return Line(label, X, tuple(map(function, X)), **changes)


def columns_of(text, marker):
    return sorted(
        {match.start() for row in text.splitlines() for match in re.finditer(re.escape(marker), row)}
    )


def strokes(svg):
    """Colour and dash of each curve, in the order in which they are drawn."""
    drawn = re.findall(r'<path d="[^"]*" clip-path="[^"]*" style="([^"]*)"', svg)
    styles = [dict(item.split(": ") for item in style.split("; ")) for style in drawn]
    return [
        (style["stroke"], "stroke-dasharray" in style) for style in styles if style["stroke-width"] == "1.8"
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 100])
def test_text_is_as_wide_as_asked_for(width):
    text = to_text(chart(line(), line("b", math.cos)), width)
    assert max(map(len, text.splitlines())) == width
    assert text.isprintable() or set(filter(lambda c: not c.isprintable(), text)) == {"\n"}


def test_text_is_never_wider_than_it_is_worth():
    assert max(map(len, to_text(chart(line()), 300).splitlines())) == 100


def test_text_is_the_same_each_time_whatever_was_drawn_before():
    first = to_text(chart(line()), 80)
    to_text(chart(line("b"), line("c", math.cos), title="other"), 50, color=True)
    assert to_text(chart(line()), 80) == first


def test_text_has_a_legend_where_there_is_a_choice():
    assert "•• a" not in to_text(chart(line("a")), 80)
    both = to_text(chart(line("a"), line("a", math.cos, dashed=True), line("b", math.exp)), 80)
    assert (both.count("•• a"), both.count("++ b")) == (1, 1)


def test_colour_only_when_asked_for():
    assert "\x1b[" in to_text(chart(line()), 80, color=True)
    assert "\x1b[" not in to_text(chart(line()), 80)


def test_a_gap_is_no_line():
    def beyond_one(x):
        return math.copysign(1.0, x) if abs(x) > 1 else math.nan

    columns = columns_of(to_text(chart(line(function=beyond_one)), 80), "•")
    gaps = [right - left for left, right in pairwise(columns)]
    assert max(gaps) > 20
    assert sorted(gaps)[-2] == 1
    assert to_text(chart(line("a", beyond_one), line("b")), 80).count("•• a") == 1


def test_the_abscissa_reaches_as_far_as_the_data_even_where_nothing_is_finite():
    half = chart(line(function=lambda x: x if x < 0 else math.nan))
    assert ">2.0</text>" in to_bytes([half], ".svg").decode()
    text = to_text(half, 80)
    ticks = list(map(float, text.splitlines()[-2].split()))
    assert (ticks[0], ticks[-1]) == (-2.0, 2.0)
    assert chart(line()).reach == (-2.0, 2.0)


def test_logarithmic_axes():
    sizes = (1e3, 1e5, 1e7)
    text = to_text(chart(Line("a", sizes, (1.0, 10.0, 100.0)), logarithmic="xy"), 80)
    ticks = [float(tick) for tick in text.splitlines()[-2].split()]
    assert (ticks[0], ticks[-1]) == (3.0, 7.0)
    assert "log10 abscissa" in text


def test_pictures_are_the_same_each_time():
    for suffix in (".svg", ".pdf", ".png"):
        picture = to_bytes([chart(line())], suffix)
        assert picture == to_bytes([chart(line())], suffix)
        assert b"Date" not in picture


def test_a_picture_does_not_depend_on_the_settings_of_the_user():
    import matplotlib

    plain = to_bytes([chart(line())], ".svg")
    with matplotlib.rc_context({"lines.linestyle": ":", "axes.facecolor": "black", "font.size": 30}):
        assert to_bytes([chart(line())], ".svg") == plain


def test_pictures_leave_no_state_behind(monkeypatch):
    import matplotlib

    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    before = matplotlib.rcParams.copy()
    to_bytes([chart(line())], ".png")
    assert matplotlib.rcParams.copy() == before
    assert "matplotlib.pyplot" not in sys.modules


def test_lines_of_one_label_share_a_colour_and_the_palette_can_be_told_apart():
    lines = [line(str(index)) for index in range(8)]
    drawn = strokes(to_bytes([chart(*lines, line("0", math.cos, dashed=True), line("8"))], ".svg").decode())
    assert len(set(drawn[:8])) == 8
    assert drawn[8] == (drawn[0][0], True)
    assert drawn[9] == (drawn[0][0], True)  # the palette's second time is drawn differently, too


def test_charts_stand_side_by_side_and_say_once_what_the_colours_are():
    both = (line("one"), line("two", math.cos))
    svg = to_bytes([chart(*both, title="left"), chart(*both, title="right")], ".svg").decode()
    words = re.findall(r">([^<>]+)</text>", svg)
    assert [words.count(word) for word in ("left", "right", "one", "two")] == [1, 1, 1, 1]
    width, height = map(float, re.findall(r'(?:width|height)="([\d.]+)pt"', svg))
    assert width > 1.5 * height


def test_the_description_is_kept():
    assert "hash 123" in to_bytes([chart(line())], ".svg", "hash 123").decode()


@pytest.mark.parametrize("name", ["a.svg", "a.b.png", "a.pdf"])
def test_suffixes_of_pictures(name):
    check_suffix(Path(name))


@pytest.mark.parametrize("name", ["a", "a.jpg", "svg", "a.svg.txt"])
def test_other_suffixes_are_refused(name):
    with pytest.raises(ConfigError, match=r"allowed: \.svg, \.png, \.pdf"):
        check_suffix(Path(name))


def test_a_few_whole_abscissae_have_a_tick_each():
    layers = chart(Line("a", (1, 2, 3), (1e-6, 1e-3, 1.0)), Line("b", (1, 2), (1.0, 1.0)), logarithmic="y")
    assert layers.counted == [1, 2, 3]
    assert chart(line()).counted == []
    text = to_text(layers, 60)
    assert text.splitlines()[-2].split() == ["1", "2", "3"]
    assert "log10 ordinate" in text
    assert "log10 abscissa" not in text
    svg = to_bytes([layers], ".svg").decode()
    assert [each for each in re.findall(r">([0-9.]+)</text>", svg) if "." in each] == []


def test_a_long_legend_stands_beside_the_lines_that_it_would_cover():
    def place(count):
        svg = to_bytes([chart(*(line(f"line {index}") for index in range(count)))], ".svg").decode()
        [left] = re.findall(r'id="legend_1">.*?<path d="M ([0-9.]+)', svg, re.DOTALL)
        [right] = re.findall(r'id="patch_2">.*?L ([0-9.]+)', svg, re.DOTALL)[:1]
        return float(left) - float(right)

    assert place(3) < 0
    assert place(12) > 0
