"""The verdict rules, one by one."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity, Verdict, worst
from conform62351.tooling.engine.judging import MISSING, Observation, judge, look_up, verify
from conform62351.tooling.engine.outcomes import (
    ASSOCIATED,
    CLOSED,
    ENDED,
    SILENT,
    expect,
    one,
    over,
    reach,
    refuse,
    rejected,
    warned,
)
from conform62351.tooling.engine.steps import Verify


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        (Kind.ASSOCIATED, Severity.SECURITY),
        (Kind.TRANSPORT_CONNECTED, Severity.SECURITY),
        (Kind.ANSWER, Severity.SECURITY),
        (Kind.REQUEST, Severity.SECURITY),
        (Kind.ABORTED, Severity.FORM),
        (Kind.TRANSPORT_ERROR, Severity.FORM),
        (Kind.UNDECODABLE, Severity.FORM),
        (Kind.TIMEOUT, Severity.SILENT),
    ],
)
def test_what_a_refusal_must_not_be(kind: Kind, severity: Severity) -> None:
    judgement = judge(refuse("R", ENDED), Observation(kind))
    assert (judgement.verdict, judgement.severity) == (Verdict.FAIL, severity)


@pytest.mark.parametrize("name", ["rejectPDU", "confirmed-ErrorPDU"])
def test_an_mms_refusal_in_place_of_a_close_is_a_matter_of_form(name: str) -> None:
    assert judge(refuse("R", ENDED), Observation(Kind.ANSWER, name)).severity is Severity.FORM


@pytest.mark.parametrize("kind", [Kind.CLOSED, Kind.RESET])
def test_a_refusal_in_the_form_asked_for_passes(kind: Kind) -> None:
    assert judge(refuse("R", ENDED), Observation(kind)).verdict is Verdict.PASS


def test_missing_behaviour_is_a_matter_of_function_whatever_came_instead() -> None:
    assert judge(expect("R", ASSOCIATED), Observation(Kind.CLOSED)).severity is Severity.FUNCTION


def test_silence_passes_only_where_it_is_an_alternative() -> None:
    silence = Observation(Kind.TIMEOUT)
    assert judge(expect("R", SILENT), silence).verdict is Verdict.PASS
    assert judge(expect("R", ASSOCIATED), silence).severity is Severity.SILENT


def test_a_refused_tcp_connection_decides_nothing() -> None:
    judgement = judge(refuse("R", ENDED), Observation(Kind.TCP_REFUSED))
    assert (judgement.verdict, judgement.reason) == (Verdict.INCONCLUSIVE, "environment")


@pytest.mark.parametrize("kind", [Kind.CLOSED, Kind.TIMEOUT, Kind.TCP_REFUSED, Kind.ABORTED])
def test_what_only_leads_up_to_the_case_never_fails_the_device(kind: Kind) -> None:
    judgement = judge(reach(ASSOCIATED), Observation(kind))
    assert (judgement.verdict, judgement.reason) == (Verdict.INCONCLUSIVE, "baseline")


def test_fields_narrow_an_alternative_down() -> None:
    step = refuse("R", rejected(diagnostic=[7, 10]))
    assert judge(step, Observation(Kind.REJECTED, fields={"diagnostic": 10})).verdict is Verdict.PASS
    assert judge(step, Observation(Kind.REJECTED, fields={"diagnostic": 1})).severity is Severity.FORM
    assert judge(step, Observation(Kind.REJECTED)).severity is Severity.FORM


def test_an_alternative_may_end_the_conversation() -> None:
    step = expect("R", ASSOCIATED, over(ENDED))
    assert judge(step, Observation(Kind.CLOSED)).over
    assert not judge(step, Observation(Kind.ASSOCIATED)).over


def test_an_alternative_may_pass_with_a_warning() -> None:
    step = refuse("R", one(Kind.REJECTED, warning="in CPA and ACCEPT"))
    assert judge(step, Observation(Kind.REJECTED)).warnings == ("in CPA and ACCEPT",)


def test_the_worst_verdict_counts_and_no_check_is_no_pass() -> None:
    assert worst([Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE]) is Verdict.FAIL
    assert worst([Verdict.PASS, Verdict.INCONCLUSIVE]) is Verdict.INCONCLUSIVE
    assert worst([]) is Verdict.NOT_RUN


@dataclass
class Inner:
    size: int
    name: bytes | None = None


@dataclass
class Pdu:
    items: tuple[Inner, ...]


PDUS = {
    "SES.AC": Pdu((Inner(1), Inner(2, b"\x01\x02"))),
    "MMS.initiate-ResponsePDU": {"detail": {"version": 1}},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("SES.AC.items.1.size", 2),
        ("SES.AC.items.1.name", b"\x01\x02"),
        ("SES.AC.items.0.name", MISSING),
        ("SES.AC.items.2.size", MISSING),
        ("SES.AC.absent", MISSING),
        ("SES.CN.items", MISSING),
        ("MMS.initiate-ResponsePDU.detail.version", 1),
        ("SES.AC.items.*.size", (1, 2)),
        ("SES.AC.items.*.name", (b"\x01\x02",)),
        ("SES.AC.items.*.absent", ()),
        ("SES.AC.*.size", MISSING),
    ],
)
def test_fields_are_found_by_path(path: str, value: object) -> None:
    found = look_up(PDUS, path)
    assert found is value or found == value


def test_what_has_a_length_is_not_printed_where_the_length_is_judged() -> None:
    step = Verify(requirement="R", field="SES.CN.user_data", at_most=3)
    assert verify(step, b"abc").got == "SES.CN.user_data is of length 3"
    assert verify(step, b"abcd").verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("value", "good"),
    [(7, True), (13, True), (6, False), (14, False), (MISSING, False), (None, False)],
)
def test_ranges(value: object, good: bool) -> None:
    step = Verify(requirement="R", field="COTP.CC.tpdu_size", at_least=7, at_most=13)
    assert (verify(step, value).verdict is Verdict.PASS) is good


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ((1, b"\x02", 3), True),
        ([b"\x02", 1], True),
        ((1, 3), False),
        ((), False),
        (1, False),
        (MISSING, False),
    ],
)
def test_what_a_list_must_hold_may_stand_anywhere_in_it(value: object, good: bool) -> None:
    step = Verify(requirement="R", field="SES.AC.items.*.size", includes=(1, b"\x02"))
    assert (verify(step, value).verdict is Verdict.PASS) is good
    assert step.expected() == "a list with 1 and 02"


@pytest.mark.parametrize(
    ("value", "good"), [((1, 4), True), ((), True), ((1, 2), False), ([b"\x03"], False), (MISSING, False)]
)
def test_what_a_list_must_not_hold_may_stand_nowhere_in_it(value: object, good: bool) -> None:
    step = Verify(requirement="R", field="SES.AC.items.*.size", excludes=(2, b"\x03"))
    assert (verify(step, value).verdict is Verdict.PASS) is good
    assert step.expected() == "a list without 2 and 03"


def test_octets_compare_with_octets_and_absence_may_be_allowed() -> None:
    step = Verify(requirement="R", field="SES.AC.name", is_in=(b"\x01",), optional=True)
    assert verify(step, b"\x01").verdict is Verdict.PASS
    assert verify(step, b"\x02").severity is Severity.FORM
    assert verify(step, MISSING).verdict is Verdict.PASS


def test_what_is_only_warned_of_passes() -> None:
    step = Verify(requirement="R", field="SES.AC.items.*.size", excludes=(2,), warning="two")
    assert verify(step, (1, 2)).verdict is Verdict.PASS
    assert verify(step, (1, 2)).warnings == ("two",)
    assert verify(step, (1,)).warnings == ()
    assert verify(step, MISSING).verdict is Verdict.FAIL


def test_an_optional_field_that_is_absent_passes_with_the_warning() -> None:
    step = Verify(requirement="R", field="TLS.Alert.description", optional=True, warning="none came")
    judgement = verify(step, MISSING)
    assert (judgement.verdict, judgement.warnings) == (Verdict.PASS, ("none came",))
    absent = Verify(requirement="R", field="TLS.Alert.description", absent=True, warning="one came")
    assert verify(absent, MISSING).warnings == ()


def test_what_must_be_absent_fails_when_it_is_there() -> None:
    step = Verify(requirement="R", field="SES.AA", absent=True)
    assert verify(step, MISSING).verdict is Verdict.PASS
    assert verify(step, b"\x1a\x00").severity is Severity.FORM
    assert step.expected() == "absent"


def test_reactions_that_pass_with_a_warning_are_made_of_others() -> None:
    (closed,) = warned("not quite", over(CLOSED))
    judgement = judge(expect("R", closed), Observation(Kind.CLOSED))
    assert (judgement.verdict, judgement.warnings, judgement.over) == (Verdict.PASS, ("not quite",), True)
