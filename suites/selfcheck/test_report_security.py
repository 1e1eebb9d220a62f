"""What a report says of TLS, authentication, certificates and the log."""

from __future__ import annotations

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conform62351.reports.model.events import AnyEvent, Started
from conform62351.reports.model.report import CaseReport, RunReport
from conform62351.reports.model.run import reduce_run
from conform62351.reports.model.security import KEPT_FIRST, KEPT_LAST, tables_of
from conform62351.reports.model.security_report import AuthenticationReport
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.json_report import render_json, schema
from conform62351.reports.render.security import WIDTH, certificates_of, drawing, moment, of_tables, span
from conform62351.suites.selfcheck import report_samples as samples
from conform62351.suites.selfcheck import report_security_samples as secured
from conform62351.suites.selfcheck.test_report_html import Page, rendered


def case_of(report: RunReport, name: str) -> CaseReport:
    (case,) = [case for case in report.cases if case.id == name]
    return case


def reached(report: RunReport) -> dict[str, dict[str, int]]:
    """Return the associations by combination and role, without zeros."""
    return {
        row.id: {role: count for role, count in row.associations.items() if count}
        for row in report.security.combinations
    }


def some(rows: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Return the rows that were reached."""
    return {name: roles for name, roles in rows.items() if roles}


def begun(case: str) -> list[AnyEvent]:
    return [samples.planned(case), Started(t=0.9, case=case, attempt=1)]


def seen(offset_s: float | None, window_s: float = 600.0) -> AuthenticationReport:
    report = reduce_run(
        [
            *begun("CMP/SRV/X/BV-x"),
            secured.value("CMP/SRV/X/BV-x", "sent", offset_s, window_s=window_s),
        ]
    )
    (found,) = report.cases[0].security.authentications
    return found


def test_a_case_shows_its_connections_values_and_records_where_they_were_seen() -> None:
    found = case_of(reduce_run(secured.secured_run()), secured.WINDOW).security
    assert [(one.conversation, one.label, one.resumed) for one in found.tls] == [
        (1, "5 s too old", False),
        (2, "a day ahead", True),
    ]
    assert (found.tls[0].code, found.tls[0].tables) == ("C02F", [12])
    values = [(one.label, one.direction, one.inside, one.signed) for one in found.authentications]
    assert values == [
        ("5 s too old", "sent", False, "81"),
        ("5 s too old", "received", True, "raw"),
        ("a day ahead", "sent", False, "81"),
    ]
    assert [(one.id, one.sequence) for one in found.log_records] == [("IEC62351-14:4.4", 4711)]
    assert found.omitted == 0


def test_events_that_were_read_in_the_log_are_seen() -> None:
    case = case_of(reduce_run(secured.secured_run()), secured.WINDOW)
    assert case.events_seen == case.attempts[0].events_seen == ["IEC62351-14:4.4"]
    assert (
        "events provoked: IEC62351-14:4.4; seen: IEC62351-14:4.4"
        in Page(rendered(secured.secured_run())).said
    )


def test_every_certificate_that_is_named_stands_in_the_report_once() -> None:
    report = reduce_run(secured.secured_run())
    named = {digest for case in report.cases for digest in certificates_of(case)}
    assert named == set(report.certificates)
    assert {found.subject for found in report.certificates.values()} == {
        "CN=Root,O=Example Power",
        "CN=Substation CA 7,O=Example Power",
        "CN=rtu-7.example",
        "2.5.4.106=1.1.1.999.1.12",
        "2.5.4.106=1.1.1.999.12",
        "",
    }
    assert report.certificates[secured.CUT_OFF.sha256].fault


def test_a_case_of_thousands_of_values_shows_the_first_and_the_last() -> None:
    case = "CMP/SRV/REPLAY/BI-flood"
    flood: list[AnyEvent] = [secured.value(case, "sent", float(number)) for number in range(5000)]
    found = case_of(reduce_run([*begun(case), *flood]), case).security
    offsets = [one.offset_s for one in found.authentications]
    assert offsets == [*range(KEPT_FIRST), *range(5000 - KEPT_LAST, 5000)]
    assert found.omitted == 5000 - KEPT_FIRST - KEPT_LAST


def test_combinations_of_table_1_are_counted_by_association() -> None:
    report = reduce_run(secured.secured_run())
    assert some(reached(report)) == {
        "compatibility": {"server": 2},
        "A-security-profile-alone": {"server": 1},
    }
    claimed = {row.id: row.claimed for row in report.security.combinations}
    assert claimed["A-security-profile-alone"] == {"client": False, "server": True}
    assert claimed["TLS-alone"] == {"client": False, "server": False}
    insecure = {row.id for row in report.security.combinations if not row.secure}
    assert insecure == {"A-security-profile-alone", "none"}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (("tls", "associated"), {"TLS-alone": {"server": 1}}),
        (("associated",), {"none": {"server": 1}}),
        (("tls", "sent", "received", "request"), {"compatibility": {"client": 1}}),
        (("tls", "sent", "received", "AARQ"), {}),
        (("tls", "sent", "received"), {}),
        (("sent", "associated"), {"none": {"server": 1}}),
        (("sent", "received", "associated"), {"A-security-profile-alone": {"server": 1}}),
        (("ae", "associated"), {"E2E-encrypted": {"server": 1}}),
        (("tls", "ae", "associated"), {"E2E-encrypted-with-TLS": {"server": 1}}),
        (("clear", "associated"), {"E2E-integrity": {"server": 1}}),
        (("tls", "clear", "request"), {"E2E-integrity-with-TLS": {"client": 1}}),
        (("ae",), {}),
    ],
)
def test_a_combination_is_reached_by_who_associated_with_both_values(
    events: tuple[str, ...], expected: dict[str, dict[str, int]]
) -> None:
    case = "CMP/SRV/X/BV-x"
    made: dict[str, AnyEvent] = {
        "tls": secured.tls(case),
        "sent": secured.value(case, "sent", 0.0),
        "received": secured.value(case, "received", 0.0),
        "ae": secured.keys(case, mode="ae"),
        "clear": secured.keys(case, mode="clear"),
        "associated": secured.observed(case, **secured.ASSOCIATED),
        "request": secured.observed(case, kind="request", name="confirmed-RequestPDU"),
        "AARQ": secured.observed(case, kind="request", name="ACSE.AARQ"),
    }
    log = [*begun(case), *secured.conversation(case, "", *(made[name] for name in events))]
    assert some(reached(reduce_run(log))) == expected


def test_connections_of_two_conversations_are_not_taken_for_one() -> None:
    case = "CMP/SRV/X/BV-x"
    associated = secured.observed(case, **secured.ASSOCIATED)
    log = [
        *secured.conversation(case, "with", secured.tls(case), associated),
        *secured.conversation(case, "without", associated),
    ]
    assert some(reached(reduce_run(log))) == {"TLS-alone": {"server": 1}, "none": {"server": 1}}


def test_what_is_no_part_of_an_attempt_counts_for_the_run_alone() -> None:
    case = "CMP/SRV/X/BV-x"
    associated = secured.observed(case, **secured.ASSOCIATED)
    asking: list[AnyEvent] = [
        secured.tls(case),
        secured.value(case, "sent", 0.0),
        secured.value(case, "received", 0.0),
    ]
    log: list[AnyEvent] = [
        samples.planned(case),
        *asking,
        Started(t=0.9, case=case, attempt=1),
        *secured.conversation(case, "", secured.tls(case), associated),
        samples.verdicted(case, Verdict.PASS),
        *asking,
    ]
    report = reduce_run(log)
    assert reached(report)["TLS-alone"] == {"server": 1}
    assert reached(report)["compatibility"] == {}
    found = case_of(report, case).security
    assert (len(found.tls), found.authentications) == (1, [])
    assert sum(use.connections for use in report.security.tls) == 3


def test_suites_belong_to_their_tables() -> None:
    assert [tables_of(code) for code in ("0036", "C02F", "1301")] == [[9], [12], []]
    assert of_tables([9]) == "of Table 9"
    assert of_tables([12]) == "of Table 12, not of Table 9"
    assert of_tables([]) == "neither of Table 9 nor of Table 12"


@pytest.mark.parametrize(
    ("offset_s", "inside", "words"),
    [
        (0.0, True, ": 0 ms ahead of the device's clock as it was known"),
        (-595.0, True, ", 5.0 s from the edge: 9 min 55 s behind the device's clock as it was known"),
        (600.0, True, ", 0 ms from the edge: 10 min ahead of the device's clock as it was known"),
        (605.0, False, " by 5.0 s: 10 min 5 s ahead of the device's clock as it was known"),
        (-86_400.0, False, " by 23.8 h: 24.0 h behind the device's clock as it was known"),
    ],
)
def test_a_time_is_told_against_its_window(offset_s: float, inside: bool, words: str) -> None:
    drawn = drawing(seen(offset_s))
    assert drawn is not None
    assert (drawn.inside, drawn.words) == (inside, words)
    assert (drawn.left <= drawn.at <= drawn.right) is inside
    assert drawn.window == "10 min"


@settings(deadline=None, max_examples=60)
@given(st.floats(-1e12, 1e12), st.floats(1, 1e9))
@example(5.0, 0.0)
def test_every_time_can_be_drawn(offset_s: float, window_s: float) -> None:
    drawn = drawing(seen(offset_s, window_s))
    assert drawn is not None
    assert 0 <= drawn.left < drawn.middle < drawn.right <= WIDTH
    assert 0 <= drawn.at <= WIDTH
    assert drawn.inside or drawn.beyond or not drawn.left < drawn.at < drawn.right


def test_a_time_is_told_by_the_clock_of_its_receiver() -> None:
    drawn = drawing(msgspec.structs.replace(seen(90.0), direction="received"))
    assert drawn is not None
    assert drawn.words == ": 1 min 30 s ahead of the tester's clock"


def test_a_value_without_time_is_not_drawn() -> None:
    assert drawing(seen(None)) is None
    assert "no time that can be read" in Page(rendered(secured.secured_run())).said


def test_spans_and_moments_are_written_for_readers() -> None:
    assert [span(value) for value in (0.003, 5, 600, 605, 7200, 864_000)] == [
        "3 ms",
        "5.0 s",
        "10 min",
        "10 min 5 s",
        "2.0 h",
        "10 d",
    ]
    assert moment("2027-12-31T23:59:59+00:00") == "2027-12-31 23:59:59 UTC"
    assert moment("") == "unknown"


def test_the_page_shows_what_a_reader_looks_for() -> None:
    text = rendered(secured.secured_run())
    page = Page(text)
    assert set(page.targets) <= set(page.ids)
    for wanted in (
        "of Table 12, not of Table 9",
        "A-security-profile without TLS not secure not claimed, no association claimed, 1 association",
        "outside by 5.0 s: 10 min 5 s behind the device's clock as it was known",
        "the content octets alone deviation in use",
        "none that is known the signature does not verify",
        "no digits behind the dot",
        "IEC62351-14:4.4 COMM_PEER_AUTHENTICATION_FAIL alarm",
        "Issuer CN=Substation CA 7,O=Example Power",
        "Serial 4f1c2a9be07d4c55a9d0137b52ee8d01",
        "Valid 2025-01-01 00:00:00 UTC to 2027-12-31 23:59:59 UTC",
        "Key RSA 2048, signed with sha256WithRSAEncryption",
        "Key usage digitalSignature, keyAgreement",
        "Title 1.1.1.999.12 (UTF8String)",
        "Not readable the certificate ends at octet 700 of 1021",
    ):
        assert wanted in page.said, wanted
    assert 'aria-label="outside by 5.0 s: 10 min 5 s behind the device&#39;s clock as it was known"' in text
    assert text.count('<svg class="window"') == text.count("</svg>") == 8


def test_a_run_without_security_has_no_section_on_it() -> None:
    plain = [samples.run_started(claims=[]), *samples.attempt("OSI/SRV/X/BV-x", Verdict.PASS)]
    assert "Security measures" not in Page(rendered(plain)).said
    assert "Security measures" in Page(rendered(secured.secured_run())).said


def test_hostile_names_in_certificates_neither_act_nor_hide() -> None:
    case = "CMP/SRV/X/BV-x"
    hostile = secured.certificate(samples.HOSTILE, issuer=samples.HOSTILE, title=samples.HOSTILE)
    events = [
        *begun(case),
        *secured.conversation(case, "", secured.tls(case, chain=[hostile], suite=samples.HOSTILE)),
        secured.value(case, "received", 0.0, chain=[hostile], time=samples.HOSTILE),
        secured.record(case, text=samples.HOSTILE, peer=samples.HOSTILE),
        samples.check(case, Verdict.FAIL),
        samples.verdicted(case, Verdict.FAIL),
    ]
    text = rendered(events)
    page = Page(text)
    assert (page.scripts, page.handlers) == (1, [])
    assert not any(character in text for character in "\x00\x1b\u202e")


def test_the_json_report_holds_the_same() -> None:
    report: Any = json.loads(render_json(reduce_run(secured.secured_run())))
    jsonschema.Draft202012Validator(json.loads(schema())).validate(report)
    case = next(case for case in report["cases"] if case["id"] == secured.WINDOW)
    value = case["security"]["authentications"][0]
    assert (value["inside"], value["offset_s"], value["time"]) == (False, -605.0, "20261122161500.250Z")
    assert report["certificates"][value["chain"][0]]["title"] == "1.1.1.999.12 (UTF8String)"
    assert report["security"]["suites"][0]["code"] == "0036"
