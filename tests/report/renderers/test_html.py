"""What a page is made of: parsed as XML, so that whatever is not closed or not escaped is an error."""

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from actbench.report import build
from actbench.report.build import lay_out
from actbench.report.document import Column, Document, DocumentSection, Table
from actbench.report.micro import render_micro
from actbench.report.renderers.html import Scale, mark, scale_of, ticks, to_fragment, to_html
from actbench.stats.intervals import Interval
from tests.factories import make_run
from tests.micro_runs import micro_run

RATIO = Column("time ratio", "ratio")
HOSTILE = "<script>alert('x')</script> & \"quoted\" </td>"


def parsed(page: str) -> ElementTree.Element:
    return ElementTree.fromstring(page.removeprefix("<!doctype html>\n"))


def page_of(**options: object) -> str:
    run = make_run(("relu", "tanh", "gelu", "placebo"), seeds=3, inference_batch_sizes=(1,))
    return build.render(build.build(run.info, run.records), "html", **options)  # type: ignore[arg-type]


def document(*rows: tuple[object, ...], kind: str = "ratio", label: str = "a") -> Document:
    columns = (Column("activation", "text"), Column("time ratio", kind), Column("verdict", "words"))  # type: ignore[arg-type]
    table = Table(label, columns, rows, (label,))  # type: ignore[arg-type]
    return Document(
        label, ((label, label),), (DocumentSection(label, ((label, label),), (table,)),), (label,)
    )


def test_a_page(snapshot: SnapshotAssertion) -> None:
    assert page_of(table="accuracy") == snapshot


def test_every_cell_of_every_table_is_on_the_page() -> None:
    run = make_run(("relu", "tanh", "gelu", "placebo"), seeds=3)
    built = build.build(run.info, run.records)
    page = parsed(build.render(built, "html"))
    laid_out = lay_out(built, "all")
    tables = [table for section in laid_out.sections for table in section.tables]
    found = page.findall(".//table")
    assert len(found) == len(tables) >= 6
    for element, table in zip(found, tables, strict=True):
        caption = element.find("caption")
        assert caption is not None
        assert caption.text == table.title
        rows = [
            [cell.text or "" for cell in row if cell.get("class") != "drawn"]
            for row in element.findall("tbody/tr")
        ]
        assert rows == table.formatted()
        widths = {len(row) for row in element.iter("tr")}
        assert len(widths) == 1  # the pictures have their cells in head and foot, too
    told = "".join(page.itertext())
    for name, value in (*laid_out.facts, *laid_out.sections[0].facts):
        assert name in told
        assert value in told
    assert all(note in told for note in laid_out.notes)


def test_figures_are_on_the_right_and_words_on_the_left() -> None:
    page = parsed(to_html(document((HOSTILE, Interval(1.1, 1.0, 1.2), "WORSE"))))
    assert [cell.get("class") for cell in page.iter("td")][:4] == ["left label", None, "drawn", "left worse"]
    assert [head.get("class") for head in page.iter("th")] == ["left", None, None, "left"]


def test_a_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    page = page_of()
    assert not re.search(r"https?:|//|@import|url\(|<script|<link|\son\w+=", page.replace("<!doctype", ""))
    assert page == page_of()


def test_whatever_a_label_says_stays_text() -> None:
    page = parsed(to_html(document((HOSTILE, None, HOSTILE), label=HOSTILE)))
    assert not list(page.iter("script"))
    told = [element.text for element in page.iter() if element.text and "alert" in element.text]
    assert set(told) == {HOSTILE}
    assert len(told) == 12


def test_the_style_of_a_fragment_reaches_nothing_around_it() -> None:
    style = re.sub(
        r"@media\([^)]*\)\{(.*)\}", r"\1", parsed(f"<p>{to_fragment(document())}</p>")[0][0].text or ""
    )
    selectors = [part for rule in re.findall(r"([^{}]+)\{", style) for part in rule.strip().split(",")]
    assert len(selectors) > 15
    assert all(selector.startswith(".actbench") for selector in selectors)


def test_an_interval_is_drawn_to_scale_beside_its_figures() -> None:
    column = Column("time ratio", "ratio", (0.95, 1.05))
    scale = scale_of([Interval(1.1, 1.0, 1.2), "baseline", None], column)
    assert scale == Scale(1.0, 1.2, "ratio", (0.95, 1.05))
    band, zero, whisker, dot = ElementTree.fromstring(mark(Interval(1.1, 1.0, 1.2), scale))
    assert (band.get("x"), band.get("width")) == ("20.0", "45.0")  # cut off where the picture begins
    assert (whisker.get("x1"), dot.get("cx"), whisker.get("x2")) == ("20.0", "110.0", "200.0")
    assert zero.get("x1") == "20.0"
    assert len(ElementTree.fromstring(mark("baseline", scale))) == 2
    assert len(ElementTree.fromstring(mark(Interval(math.nan, None, None), scale))) == 2


def test_what_is_far_out_is_an_arrow_and_does_not_flatten_the_others() -> None:
    near = [Interval(x, x - 0.001, x + 0.001) for x in (0.98, 0.99, 1.0, 1.01, 1.02)]
    far = (Interval(9.0, 8.0, 10.0), Interval(0.1, 0.05, 0.2))
    scale = scale_of([*near, *far], RATIO)
    assert scale is not None
    assert (scale.low, scale.high) == (pytest.approx(0.979), pytest.approx(1.021))
    arrows = [ElementTree.fromstring(mark(value, scale)).find("path") for value in far]
    assert [arrow is not None and arrow.get("d", "")[:4] for arrow in arrows] == ["M214", "M6 1"]


def test_where_there_is_nothing_to_see_nothing_is_drawn() -> None:
    assert scale_of([Interval(1.0, None, None), "baseline"], RATIO) is None
    assert scale_of([], RATIO) is None
    page = to_html(document(("a", Interval(0.975, 0.97, 0.98), ""), kind="percent"))
    assert "<svg" not in page
    assert "Pictures:" not in page


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e6))
def test_ticks_are_a_few_round_figures_on_the_scale(low: float, width: float) -> None:
    high = low + width
    if high - low < 1e-6 * abs(low):
        return
    found = ticks(low, high)
    assert 1 <= len(found) <= 5
    slack = 1e-6 * (high - low)
    assert all(low - slack <= tick <= high + slack for tick in found)


def test_a_run_of_micro_brings_its_chart_along() -> None:
    info, records = micro_run("relu", "tanh", sizes=(1000, 10_000))
    page = render_micro(info, records, "html")
    [picture] = parsed(page).iter("img")
    assert (picture.get("src") or "").startswith("data:image/svg+xml;base64,")
    assert page == render_micro(info, records, "html")
