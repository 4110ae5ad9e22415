"""The LaTeX format: a document as a fragment to be included in a paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from actbench.report.registry import Renderer

if TYPE_CHECKING:
    from actbench.report.document import Document, Table

_ESCAPED = str.maketrans(
    {
        **{character: f"\\{character}" for character in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "█": r"\rule{.5em}{1.5ex}",  # the bars of probabilities are made of it
        "→": r"$\rightarrow$",
    }
)

_LIGATURE = re.compile(r"([-,'`])(?=\1)")  # TeX would set two of these as one sign

_MINUS = re.compile(r"(?<![\w.])-(?=\d)")


def to_latex(document: Document) -> str:
    """Return a fragment for `input`: headings, a table environment for each table, the notes as a list.

    The first line names the packages that the fragment needs. pdfLaTeX sets Latin letters alone; labels in
    other alphabets, such as a Greek letter, need LuaLaTeX or XeLaTeX with a font that has them.
    """
    lines = [
        r"% \usepackage{booktabs}; for pdfLaTeX \usepackage[T1]{fontenc}, for other alphabets LuaLaTeX",
        rf"\section*{{{_text(document.title)}}}",
        *_facts(document.facts),
    ]
    for section in document.sections:
        lines += ["", rf"\subsection*{{{_text(section.title)}}}", *_facts(section.facts)]
        for table in section.tables:
            lines += ["", *_table(table, section.title)]
    lines += ["", *_items(document.notes)]
    return "\n".join(lines) + "\n"


def _facts(facts: Sequence[tuple[str, str]]) -> list[str]:
    if not facts:
        return []
    items = (rf"\item[{{{_text(name)}}}] {_text(value)}" for name, value in facts)
    return [r"\begin{description}", *items, r"\end{description}"]


def _items(notes: Sequence[str]) -> list[str]:
    if not notes:
        return []
    return [r"\begin{itemize}", *(rf"\item {_text(note)}" for note in notes), r"\end{itemize}"]


def _table(table: Table, section: str) -> list[str]:
    alignment = "".join("l" if column.left else "r" for column in table.columns)
    return [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{_text(section)}: {_text(table.title)}}}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        _row(map(_text, (column.title for column in table.columns))),
        r"\midrule",
        *(_row(map(_figure, row)) for row in table.formatted()),
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\smallskip\footnotesize {_text(note)}" for note in table.notes),
        r"\end{table}",
    ]


def _row(cells: Iterable[str]) -> str:
    return rf"{' & '.join(cells)} \\"


def _figure(cell: str) -> str:
    return _MINUS.sub("$-$", _text(cell))


def _text(words: str) -> str:
    text = _LIGATURE.sub(r"\1{}", " ".join(words.split()).translate(_ESCAPED))
    return (
        f"{{}}{text}" if text.startswith(("[", "*")) else text
    )  # else the command before would take it as its option


LATEX = Renderer(document=lambda document, *_: to_latex(document))
