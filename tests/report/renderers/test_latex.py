"""Whatever stands in a cell is set as it is; looked at as set by pdfLaTeX when it was written."""

import re

from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from actbench.report import build
from actbench.report.document import Column, Document, DocumentSection, Table
from actbench.report.renderers.latex import to_latex
from tests.factories import make_run

COMMANDS = {
    r"\textbackslash{}": "\\",
    r"\textasciitilde{}": "~",
    r"\textasciicircum{}": "^",
    r"\textless{}": "<",
    r"\textgreater{}": ">",
    r"\textbar{}": "|",
    r"\textquotedbl{}": '"',
    r"\rule{.5em}{1.5ex}": "█",
    r"$\rightarrow$": "→",
    "$-$": "-",
    **{f"{sign}{{}}": sign for sign in "-,'`"},
    **{f"\\{character}": character for character in "&%$#_{}"},
}
TOKEN = re.compile("|".join(map(re.escape, sorted(COMMANDS, key=len, reverse=True))))


def row_of(label: str) -> str:
    columns = (Column("activation", "text"), Column("n", "count"))
    table = Table("t", columns, ((label, 3),))
    lines = to_latex(Document("d", (), (DocumentSection("s", (), (table,)),), ())).splitlines()
    return lines[lines.index(r"\midrule") + 1]


@given(st.text("ab 1.*,'`[]&%$#_{}\\~^<>|\"█→-+'²µ", max_size=20))
def test_whatever_a_label_contains_is_text(label: str) -> None:
    row = row_of(label)
    assert row.endswith(r" & 3 \\")
    text = row.removesuffix(r" & 3 \\")
    assert not text.startswith(("[", "*"))
    assert not re.search(r"([-,'`])\1", text)
    assert not set(TOKEN.sub("", text.removeprefix("{}"))) & set("\\&%$#_{}~^")
    shown = re.sub(r"^\{\}(?=[\[*])", "", text)
    assert TOKEN.sub(lambda match: COMMANDS[match[0]], shown) == " ".join(label.split())


def test_numbers_have_minus_signs_and_words_keep_their_hyphens() -> None:
    assert row_of("-0.3 [-1.2, +0.1] at 95-percent, -b, 1e-3").startswith(
        "$-$0.3 [$-$1.2, +0.1] at 95-percent, -b, 1e-3"
    )


def test_a_fragment(snapshot: SnapshotAssertion) -> None:
    run = make_run(("relu", "hard_tanh", "placebo"), seeds=3)
    text = build.render(build.build(run.info, run.records), "latex", "accuracy")
    assert text == snapshot
    opened, closed = (re.findall(rf"\\{word}{{(\w+)}}", text) for word in ("begin", "end"))
    assert sorted(opened) == sorted(closed)
