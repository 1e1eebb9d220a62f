"""What a report says of the TLS suites of Tables 9 and 12: what is claimed, and what the device did."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from conform62351.pics.catalogue import catalogue
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.run import reduce_run
from conform62351.reports.model.tls_report import SuiteRoleReport
from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.json_report import render_json
from conform62351.reports.render.suites import suite_colour, suite_counts, suite_lines, suite_words
from conform62351.reports.render.text import render_text
from conform62351.suites.selfcheck import report_samples as samples
from conform62351.suites.selfcheck import report_security_samples as secured
from conform62351.suites.selfcheck import report_tls_samples as suites
from conform62351.suites.selfcheck.test_report_html import Page, rendered


def done(report: RunReport, name: str, role: str = "server") -> SuiteRoleReport:
    (row,) = [row for row in report.security.suites if row.name == name]
    return row.roles[role]


@pytest.fixture(scope="module", name="report")
def fixture_report() -> RunReport:
    return reduce_run(suites.suites_run())


def test_every_row_of_both_tables_is_there_for_both_roles(report: RunReport) -> None:
    wanted = [(item.table, item.suite) for item in catalogue() if item.suite and item.role == "server"]
    assert [(row.table, row.code) for row in report.security.suites] == wanted
    assert all(list(row.roles) == ["client", "server"] for row in report.security.suites)


@pytest.mark.parametrize(
    ("name", "role", "outcome", "connections", "associations", "result"),
    [
        (suites.CBC, "server", "associated", 1, 1, Verdict.PASS),
        (suites.CBC, "client", "associated", 1, 1, Verdict.PASS),
        (suites.DSS, "server", "handshake", 1, 0, Verdict.FAIL),
        (suites.STATIC, "server", "refused", 0, 0, Verdict.FAIL),
        (suites.RC4, "server", "refused", 0, 0, Verdict.PASS),
        (suites.ANONYMOUS, "server", "not-refused", 0, 0, Verdict.FAIL),
        (suites.TRIPLE_DES, "server", "associated", 1, 1, None),
        (suites.ECDSA, "server", "not-tried", 0, 0, None),
        (suites.RC4, "client", "not-tried", 0, 0, None),
    ],
)
def test_a_row_tells_what_the_device_did(
    report: RunReport,
    name: str,
    role: str,
    outcome: str,
    connections: int,
    associations: int,
    result: Verdict | None,
) -> None:
    one = done(report, name, role)
    assert (one.outcome, one.connections, one.associations) == (outcome, connections, associations)
    assert one.result is result
    assert bool(one.reason) is (outcome == "not-tried")


def test_a_row_names_the_cases_about_it_in_its_role(report: RunReport) -> None:
    assert done(report, suites.CBC, "server").cases == ["TLS/SRV/T12/BV-RSA-AES-128-CBC-SHA256"]
    assert done(report, suites.CBC, "client").cases == ["TLS/CLI/T12/BV-RSA-AES-128-CBC-SHA256"]
    assert done(report, suites.TRIPLE_DES).cases == []


def test_what_was_not_tried_says_why(report: RunReport) -> None:
    assert done(report, suites.ECDSA).reason == "no case in this run"
    older = reduce_run(suites.suites_run(tls_suites=["003C", "0005"]))
    assert done(older, suites.ECDSA).reason == "the tester's TLS does not have it"
    lacking = done(older, suites.DSS, "client").reason
    assert lacking == "the tester's TLS does not have it (static Diffie-Hellman, DSS)"
    assert {row.tester for row in older.security.suites} == {True, False}
    assert {row.tester for row in reduce_run(suites.suites_run(tls_suites=[])).security.suites} == {None}


def test_a_case_that_decided_nothing_tried_nothing() -> None:
    case = "TLS/SRV/T12/BV-ECDHE-ECDSA-AES-128-GCM-SHA256"
    events = suites.about(case, suites.ECDSA, verdict=Verdict.INCONCLUSIVE, got="nothing")
    one = done(reduce_run(suites.suites_run(*events)), suites.ECDSA)
    assert (one.outcome, one.result) == ("not-tried", Verdict.INCONCLUSIVE)
    assert one.reason == "its cases decided nothing"


def test_a_case_that_does_not_apply_tries_nothing() -> None:
    case = "TLS/SRV/T12/BV-ECDHE-ECDSA-AES-128-GCM-SHA256"
    requirement = f"R-{suites.ECDSA}"
    planned = samples.planned(case, requirements=[requirement], not_applicable=f"T12.{suites.ECDSA}.server")
    verdict = samples.verdicted(case, Verdict.NOT_APPLICABLE)
    one = done(reduce_run(suites.suites_run(planned, verdict)), suites.ECDSA)
    assert (one.outcome, one.reason) == ("not-tried", "no case applies")


def test_a_renegotiation_to_the_same_suite_is_no_further_connection() -> None:
    case = "TLS/SRV/RENEG/BV-full"
    events = [
        samples.planned(case),
        *secured.conversation(case, "", suites.tls(case, suites.CBC), suites.tls(case, suites.CBC)),
        suites.tls(case, suites.ECDSA),
        secured.observed(case, **secured.ASSOCIATED),
        samples.verdicted(case, Verdict.PASS),
    ]
    report = reduce_run(suites.suites_run(*events))
    assert done(report, suites.CBC).connections == 2
    assert done(report, suites.CBC).associations == 2
    assert (done(report, suites.ECDSA).connections, done(report, suites.ECDSA).associations) == (1, 1)


def test_a_run_without_tls_says_nothing_of_suites() -> None:
    plain = [samples.run_started(claims=suites.claims()), *samples.attempt("OSI/SRV/X/BV-x", Verdict.PASS)]
    assert reduce_run(plain).security.suites == []
    assert "TLS suites (Tables" not in Page(rendered(plain)).said
    assert "TLS suites" not in render_text(reduce_run(plain), colour=False)


def test_refusals_alone_are_tls_enough() -> None:
    events = suites.about("TLS/SRV/T9/BI-RC4", suites.RC4, verdict=Verdict.PASS, got="closed")
    report = reduce_run([samples.run_started(claims=suites.claims()), *events])
    assert done(report, suites.RC4).outcome == "refused"


def test_sentences_count_claims_and_name_the_mandatory_suites_that_lack(report: RunReport) -> None:
    untried = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 (not tried)"
    assert suite_lines(report, 12) == [
        "As client: 1 of 9 suites claimed carried associations, 8 not tried.",
        f"Mandatory as client, and without association: {suites.STATIC} (not tried), {untried}, "
        f"{suites.ECDSA} (not tried).",
        "As server: 1 of 9 suites claimed carried associations, 1 refused, 7 not tried.",
        f"Mandatory as server, and without association: {suites.STATIC} (refused), {untried}, "
        f"{suites.ECDSA} (not tried).",
    ]
    assert suite_lines(report, 9)[1:] == [
        f"Mandatory as server, and without association: {suites.DSS} (handshake)."
    ]


def test_what_an_exploring_run_does_not_know_is_not_denied() -> None:
    report = reduce_run(suites.suites_run(claims=[]))
    assert suite_counts(report)[1] == (
        "TLS suites of Table 12 as client: 1 of 9 suites not denied carried associations, 8 not tried"
    )


def test_a_table_without_connections_says_so() -> None:
    report = reduce_run(secured.secured_run())
    assert suite_lines(report, 9)[-1] == (
        "No connection of this run had a suite of Table 9. It had others, which says nothing of these."
    )
    assert not [line for line in suite_lines(report, 12) if line.startswith("No connection")]


def test_what_goes_against_the_claim_stands_out(report: RunReport) -> None:
    colours = {
        (suites.CBC, "server"): "pass",
        (suites.DSS, "server"): "inconclusive",
        (suites.STATIC, "server"): "fail",
        (suites.RC4, "server"): "soft",
        (suites.ANONYMOUS, "server"): "fail",
        (suites.TRIPLE_DES, "server"): "fail",
        (suites.ECDSA, "server"): "inconclusive",
        (suites.RC4, "client"): "soft",
    }
    assert {key: suite_colour(done(report, *key)) for key in colours} == colours
    enabled = msgspec.structs.replace(done(report, suites.RC4), answer="yes", status="o")
    assert suite_colour(enabled) == "soft"
    assert suite_words(done(report, suites.ANONYMOUS)) == "not refused; no handshake was completed"


def test_the_page_shows_each_row_with_links_to_its_cases() -> None:
    text = rendered(suites.suites_run())
    page = Page(text)
    assert set(page.targets) <= set(page.ids)
    for wanted in (
        "TLS suites (Tables 9 and 12)",
        "m yes pass handshake and association (1 of 1 connection) TLS/SRV/T12/BV-RSA-AES-128-CBC-SHA256",
        "m yes fail handshake, and no association (1 connection)",
        "m yes fail refused TLS/SRV/T12/BV-DH-RSA-AES-128-GCM-SHA256",
        "x no pass refused TLS/SRV/T9/BI-RC4",
        "o no handshake and association (1 of 1 connection)",
    ):
        assert wanted in page.said, wanted


def test_terminals_are_told_what_was_tried(report: RunReport) -> None:
    assert suite_counts(report) == [
        "TLS suites of Table 9 as server: 0 of 8 suites claimed carried associations, "
        "1 completed handshakes alone, 7 not tried; 1 of 6 denied or disallowed were refused, "
        "2 used all the same",
        "TLS suites of Table 12 as client: 1 of 9 suites claimed carried associations, 8 not tried",
        "TLS suites of Table 12 as server: 1 of 9 suites claimed carried associations, 1 refused, "
        "7 not tried",
    ]
    told = " ".join(render_text(report, colour=False).split())
    assert all(line in told for line in suite_counts(report))


def test_the_json_has_each_row(report: RunReport) -> None:
    rows: list[dict[str, Any]] = json.loads(render_json(report))["security"]["suites"]
    (row,) = [row for row in rows if row["code"] == "003C"]
    assert (row["table"], row["name"], row["provenance"], row["tester"]) == (12, suites.CBC, "N", True)
    assert row["roles"]["server"] == {
        "status": "m",
        "answer": "yes",
        "outcome": "associated",
        "connections": 1,
        "associations": 1,
        "result": "pass",
        "cases": ["TLS/SRV/T12/BV-RSA-AES-128-CBC-SHA256"],
        "reason": "",
    }
