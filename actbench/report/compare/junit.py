"""A comparison of two runs as JUnit XML, which CI services show as test results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from actbench.analysis.comparison.changes import format_timed
from actbench.report.compare.facts import check_in_words, left_out_in_words
from actbench.report.formatting import format_value, format_verdict, score_format

if TYPE_CHECKING:
    from actbench.analysis.comparison.changes import Changes, RowChange, SettingChange
    from actbench.analysis.comparison.gate import Check
    from actbench.analysis.verdicts import Comparison
    from actbench.report.compare.formats import GatedChanges


@dataclass(frozen=True)
class _Case:
    activation: str
    quantity: str
    comparison: Comparison | None
    figure: str
    title: str


def changes_to_junit(shown: GatedChanges) -> str:
    """Return a comparison as JUnit XML.

    There is one suite per setting, and in it one case per activation and quantity, and one per omission. A
    broken limit of the gate is a failure. A case is skipped if the gate cannot decide it, if it is
    INCONCLUSIVE and no limit applies, or if it is left out of the comparison.
    """
    changes, checks = shown.changes, shown.checks
    root = ET.Element("testsuites", name=f"{changes.new.info.name}: NEW compared with OLD")
    settings = {setting.pair.new.id: setting for setting in changes.settings}
    for name in dict.fromkeys([*settings, *(entry.setting for entry in changes.left_out)]):
        _add_suite(root, changes, name, settings.get(name), checks)
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        element.set("tests", str(len(cases)))
        element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
        element.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
        element.set("errors", "0")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_suite(
    root: ET.Element, changes: Changes, name: str, setting: SettingChange | None, checks: Sequence[Check]
) -> None:
    suite = ET.SubElement(root, "testsuite", name=f"{changes.new.info.name}.{name}")

    def add(title: str) -> ET.Element:
        return ET.SubElement(suite, "testcase", classname=suite.attrib["name"], name=title)

    properties = ET.SubElement(suite, "properties")
    for key, value in _properties(changes, setting):
        ET.SubElement(properties, "property", name=key, value=value)
    judged = {(check.activation, check.quantity): check for check in checks if check.setting == name}
    for case in _cases(setting) if setting else ():
        _add_ruling(changes, add(case.title), case, judged.pop((case.activation, case.quantity), None))
    for check in judged.values():  # of activations and quantities that NEW no longer has
        ET.SubElement(
            add(f"{check.activation}: {check.quantity}"), "skipped", message=check_in_words(changes, check)
        )
    for entry in changes.left_out:
        if entry.setting == name:
            ET.SubElement(
                add(f"left out: {entry.what}"), "skipped", message=left_out_in_words(changes, entry)
            )


def _properties(changes: Changes, setting: SettingChange | None) -> Iterator[tuple[str, str]]:
    yield "old", changes.old.info.run_id
    yield "new", changes.new.info.run_id
    if setting and setting.machines:
        treatment = "times of TWO MACHINES" if setting.two_machines else "times not compared"
        yield "machines", f"{treatment}: {', '.join(setting.machines)}"
    for name, (old, new) in changes.software.items():
        yield f"software.{name}", f"{old} → {new}"


def _cases(setting: SettingChange) -> Iterator[_Case]:
    for row in setting.rows:
        yield _score_case(setting, row)
        for change in row.times:
            quantity = format_timed(change.timed)
            ratio = f"NEW/OLD {format_value(change.comparison.interval, 'ratio')}"
            title = f"{row.activation}: {quantity}"
            if setting.two_machines:
                ratio += ", of two machines"
                title += " (two machines)"
            yield _Case(row.activation, quantity, change.comparison, ratio, title)


def _score_case(setting: SettingChange, row: RowChange) -> _Case:
    shown = score_format(setting.score_name)
    if row.score is None:
        comparison, figure = None, "no training ended well in one of the runs"
    else:
        comparison = row.score.comparison
        difference = f"difference {format_value(comparison.interval, shown.difference)}{shown.unit}"
        figure = "identical bit for bit" if row.score.identical else difference
    return _Case(row.activation, shown.name, comparison, figure, f"{row.activation}: {shown.name}")


def _add_ruling(changes: Changes, element: ET.Element, case: _Case, check: Check | None) -> None:
    words = f"{format_verdict(case.comparison)}; {case.figure}" if case.comparison else case.figure
    if check is not None and check.ruling == "failed":
        ET.SubElement(
            element, "failure", type=check.kind, message=check_in_words(changes, check)
        ).text = words
    elif check is not None and check.ruling == "undecided":
        ET.SubElement(element, "skipped", message=check_in_words(changes, check))
    elif case.comparison is None or (check is None and case.comparison.verdict == "INCONCLUSIVE"):
        ET.SubElement(element, "skipped", message=words)
    ET.SubElement(element, "system-out").text = words
