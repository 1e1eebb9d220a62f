"""``junit.xml`` for continuous-integration servers.

A case that is not applicable is ``skipped``; ``inconclusive`` and ``not_run`` are failures whose type
says so, since nothing was shown; an error of the harness is an ``error``. A declared deviation stays a
failure and carries its text as a property: whether it matters is the exit code's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from conform62351.reports.model.report import CaseReport, RunReport
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.text import case_block
from conform62351.reports.render.visible import visible
from conform62351.reports.render.words import explained

FAILURES = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.NOT_RUN)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: RunReport) -> bytes:
    """Return ``report`` as JUnit XML, a test suite for each group."""
    groups: dict[str, list[CaseReport]] = {}
    for case in report.cases:
        groups.setdefault(case.group, []).append(case)
    root = ElementTree.Element("testsuites", {"name": "conform62351", **_counts(report.cases)})
    for group, cases in groups.items():
        facts = {"name": _clean(group), **_counts(cases), "timestamp": _clean(report.header.started)}
        suite = ElementTree.SubElement(root, "testsuite", facts)
        _properties(suite, _facts(report))
        for case in cases:
            _test_case(suite, report, case)
    ElementTree.indent(root, space=" ")
    octets: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return octets + b"\n"


def _clean(text: str) -> str:
    return _NOT_XML.sub("", visible(text, lines=True))


def _counts(cases: Iterable[CaseReport]) -> dict[str, str]:
    verdicts = [case.verdict for case in cases]
    return {
        "tests": str(len(verdicts)),
        "failures": str(sum(verdict in FAILURES for verdict in verdicts)),
        "errors": str(verdicts.count(Verdict.ERROR)),
        "skipped": str(verdicts.count(Verdict.NOT_APPLICABLE)),
        "time": f"{sum(case.duration_s for case in cases):.3f}",
    }


def _facts(report: RunReport) -> dict[str, str]:
    header = report.header
    return {
        "vendor": header.dut.vendor,
        "product": header.dut.product,
        "hardware_version": header.dut.hardware_version,
        "software_version": header.dut.software_version,
        "edition": header.edition,
        "harness": header.harness,
        "seed": str(header.seed),
        "complete": str(report.complete).lower(),
        "explore": str(header.explore).lower(),
        "builtin": str(header.builtin).lower(),
    }


def _properties(parent: ElementTree.Element, values: dict[str, str]) -> None:
    element = ElementTree.SubElement(parent, "properties")
    for name, value in values.items():
        ElementTree.SubElement(element, "property", {"name": name, "value": _clean(value)})


def _test_case(suite: ElementTree.Element, report: RunReport, case: CaseReport) -> None:
    element = ElementTree.SubElement(
        suite,
        "testcase",
        {"name": _clean(case.id), "classname": _clean(case.group), "time": f"{case.duration_s:.3f}"},
    )
    facts = {
        "verdict": case.verdict.value,
        "severity": case.severity.value if case.severity else "",
        "basis": case.basis,
        "clause": case.clause,
        "provenance": case.provenance,
        "deviation": case.deviation,
        "unstable": "true" if case.unstable else "",
    }
    _properties(element, {name: value for name, value in facts.items() if value})
    if case.verdict is Verdict.NOT_APPLICABLE:
        ElementTree.SubElement(element, "skipped", {"message": _clean(f"not applicable: {case.reason}")})
    elif case.verdict in FAILURES or case.verdict is Verdict.ERROR:
        kind = "error" if case.verdict is Verdict.ERROR else "failure"
        said = ElementTree.SubElement(element, kind, {"type": _type(case), "message": _clean(_message(case))})
        said.text = "\n" + _clean(case_block(report, case)) + "\n"


def _type(case: CaseReport) -> str:
    if case.verdict is Verdict.FAIL and case.severity:
        return str(case.severity.value)
    return str(case.verdict.value).upper()


def _message(case: CaseReport) -> str:
    for check in case.checks:
        if check.verdict is case.verdict is Verdict.FAIL:
            expected = " or ".join(check.expected)
            return f"{check.requirement}: expected {expected}, got {check.got}"
    return explained(case.reason) or str(case.verdict.value)
