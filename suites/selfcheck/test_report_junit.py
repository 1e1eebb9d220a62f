"""``junit.xml``: how verdicts are mapped, and that it is XML whatever a device says."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given, settings

from conform62351.reports.model.events import AnyEvent
from conform62351.reports.model.run import reduce_run
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.junit import render_junit
from conform62351.suites.selfcheck import report_samples as samples


def parsed(events: list[AnyEvent]) -> ElementTree.Element:
    return ElementTree.fromstring(render_junit(reduce_run(events)))


def outcome(root: ElementTree.Element, name: str) -> list[tuple[str, str | None]]:
    """Return tag and type of what a test case holds beside its properties."""
    (case,) = [case for case in root.iter("testcase") if case.get("name") == name]
    return [(child.tag, child.get("type")) for child in case if child.tag != "properties"]


def properties(root: ElementTree.Element, name: str) -> dict[str | None, str | None]:
    (case,) = [case for case in root.iter("testcase") if case.get("name") == name]
    return {item.get("name"): item.get("value") for item in case.iter("property")}


def test_verdicts_are_mapped() -> None:
    root = parsed(samples.whole_run())
    assert outcome(root, "OSI/SRV/GROUP0/BV-value-0") == []
    assert outcome(root, "OSI/SRV/COTP/BI-class-4") == [("failure", "security")]
    assert outcome(root, "OSI/SRV/ACSE/BI-no-baseline") == [("failure", "INCONCLUSIVE")]
    assert outcome(root, "OSI/SRV/MMS/BV-write") == [("failure", "NOT_RUN")]
    assert outcome(root, "OSI/SRV/MMS/BV-read") == [("error", "ERROR")]
    assert outcome(root, "OSI/CLI/COTP/BV-connect") == [("skipped", None)]


def test_counts_agree_with_the_cases() -> None:
    root = parsed(samples.whole_run())
    for element in [root, *root.iter("testsuite")]:
        cases = list(element.iter("testcase"))
        assert int(element.get("tests", "")) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(attribute, "")) == len(list(element.iter(tag)))


def test_group_is_suite_and_class_name() -> None:
    root = parsed(samples.whole_run())
    (suite,) = [suite for suite in root.iter("testsuite") if suite.get("name") == "OSI/SRV/COTP"]
    assert {case.get("classname") for case in suite.iter("testcase")} == {"OSI/SRV/COTP"}


def test_deviation_is_a_property_of_a_failure() -> None:
    root = parsed(samples.whole_run())
    name = "OSI/SRV/COTP/BI-selector-too-long"
    assert outcome(root, name) == [("failure", "form")]
    assert properties(root, name)["deviation"] == "Known in 4.2 (RTU-331), fixed by 2026-01-31."
    assert "deviation" not in properties(root, "OSI/SRV/COTP/BI-class-4")


def test_failure_says_what_was_expected_and_how_to_replay() -> None:
    (failure,) = [
        failure
        for case in parsed(samples.whole_run()).iter("testcase")
        for failure in case.iter("failure")
        if case.get("name") == "OSI/SRV/COTP/BI-class-4"
    ]
    assert failure.get("message") == (
        "R-10-2: expected transport-refused or closed, got transport-connected: class 4 selected"
    )
    assert "conform62351 replay" in (failure.text or "")


def test_hostile_text_stays_text() -> None:
    events = samples.attempt(
        "OSI/SRV/A/BI-x", Verdict.ERROR, reason=samples.HOSTILE, deviation=samples.HOSTILE
    )
    root = parsed(list(events))
    (error,) = root.iter("error")
    assert error.get("message") == "<script>alert(1)</script>\\x00\\x1b[31m\\u202e]]>&\"'"
    assert not list(root.iter("script"))


@settings(max_examples=60, deadline=None)
@given(samples.event_sequences())
def test_always_well_formed(events: list[AnyEvent]) -> None:
    root = parsed(events)
    assert len(list(root.iter("testcase"))) == len(reduce_run(events).cases)
