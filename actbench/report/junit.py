"""A comparison of two runs as JUnit XML, which CI services show as test results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from actbench.analysis.changes import Changes, RowChange, SettingChange, timed_in_words
from actbench.analysis.comparisons import Comparison
from actbench.analysis.gate import Check
from actbench.report.numbers import format_value, verdict_in_words
from actbench.report.ruling import check_in_words


@dataclass(frozen=True)
class _Case:
    activation: str
    quantity: str
    comparison: Comparison | None
    figure: str


def changes_to_junit(changes: Changes, checks: Sequence[Check]) -> str:
    """One suite per setting, one case per activation and metric.

    A limit of the gate that is broken is a failure. What is undecided is skipped: for the gate where it
    judges the metric, by the verdict INCONCLUSIVE where it does not.
    """
    root = ET.Element("testsuites", name=f"{changes.new.info.name}: NEW compared with OLD")
    for setting in changes.settings:
        _add_suite(root, changes, setting, checks)
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        element.set("tests", str(len(cases)))
        element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
        element.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
        element.set("errors", "0")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_suite(root: ET.Element, changes: Changes, setting: SettingChange, checks: Sequence[Check]) -> None:
    name = f"{changes.new.info.name}.{setting.pair.new.id}"
    suite = ET.SubElement(root, "testsuite", name=name)
    properties = ET.SubElement(suite, "properties")
    for key, value in _properties(changes, setting):
        ET.SubElement(properties, "property", name=key, value=value)
    judged = {
        (check.activation, check.quantity): check for check in checks if check.setting == setting.pair.new.id
    }
    for row in setting.rows:
        for case in _cases(row, setting.two_machines):
            title = f"{case.activation}: {case.quantity}"
            if setting.two_machines and case.quantity != "accuracy":
                title += " (two machines)"
            element = ET.SubElement(suite, "testcase", classname=name, name=title)
            _add_ruling(element, case, judged.get((case.activation, case.quantity)))


def _properties(changes: Changes, setting: SettingChange) -> Iterator[tuple[str, str]]:
    yield "old", changes.old.info.run_id
    yield "new", changes.new.info.run_id
    if setting.machines:
        treatment = "times of TWO MACHINES" if setting.two_machines else "times not compared"
        yield "machines", f"{treatment}: {', '.join(setting.machines)}"
    for name, (old, new) in changes.software.items():
        yield f"software.{name}", f"{old} → {new}"
    for entry in changes.left_out:
        if entry.setting in (setting.pair.old.id, setting.pair.new.id):
            yield f"left out ({entry.side})", f"{entry.what}{f': {entry.reason}' if entry.reason else ''}"


def _cases(row: RowChange, two_machines: bool) -> Iterator[_Case]:
    accuracy = row.accuracy.comparison if row.accuracy else None
    figure = "no training ended well in one of the runs"
    if row.accuracy and accuracy:
        figure = (
            "identical bit for bit"
            if row.accuracy.identical
            else f"difference {format_value(accuracy.interval, 'points')} points"
        )
    yield _Case(row.activation, "accuracy", accuracy, figure)
    for change in row.times:
        ratio = f"NEW/OLD {format_value(change.comparison.interval, 'ratio')}"
        if two_machines:
            ratio += ", of two machines"
        yield _Case(row.activation, timed_in_words(change.timed), change.comparison, ratio)


def _add_ruling(element: ET.Element, case: _Case, check: Check | None) -> None:
    words = f"{verdict_in_words(case.comparison)}; {case.figure}" if case.comparison else case.figure
    if check is not None and check.ruling == "failed":
        ET.SubElement(element, "failure", type=check.kind, message=check_in_words(check)).text = words
    elif check is not None and check.ruling == "undecided":
        ET.SubElement(element, "skipped", message=check_in_words(check))
    elif case.comparison is None or (check is None and case.comparison.verdict == "INCONCLUSIVE"):
        ET.SubElement(element, "skipped", message=words)
    ET.SubElement(element, "system-out").text = words
