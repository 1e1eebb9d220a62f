"""What a report says of native mode: handshakes, keys, what SecPDUs said, rows exercised, fresh ivs."""

from __future__ import annotations

import json

import jsonschema  # type: ignore[import-untyped]

from conform62351.reports.model.events import AnyEvent, Observed, Received, Started
from conform62351.reports.model.native_report import NativeReport, SecPduUse
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.run import reduce_run
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.reports.render.json_report import render_json, schema
from conform62351.reports.render.native import algorithm_list, secpdu
from conform62351.reports.render.text import render_text
from conform62351.suites.selfcheck import report_samples as samples
from conform62351.suites.selfcheck import report_security_samples as secured
from conform62351.suites.selfcheck.test_report_html import Page, rendered
from conform62351.tooling.engine.outcomes import one

AE = "E2E/SRV/HS/BV-ae"
GMAC = "E2E/CLI/MODE/BV-gmac"
WAITS = "E2E/SRV/ALGORITHMS/BV-cbc"
FRESH = "R-E2E-fresh-iv"
OTHER = "client write MAC key first"


def said(case: str, kind: str, detail: str, name: str = "") -> Observed:
    return Observed(t=1.2, case=case, connection=1, kind=kind, name=name, detail=detail)


def transfer(case: str) -> Received:
    names = ["TPKT", "COTP.DT", "SES.DT", "PRES.TD", "E2E.EncrTransfer"]
    return Received(t=1.2, case=case, connection=1, octets="00", pdus=names)


def planned(case: str, title: str, pics: str) -> AnyEvent:
    return samples.planned(
        case, title=title, purpose=title, pics=pics, configuration="native", requirements=[FRESH]
    )


def native_run(*more: AnyEvent) -> list[AnyEvent]:
    """Return a run of native mode: a pass over TLS with a rekey, a fail as client without, one not run."""
    claims = [
        samples.claim(f"{code}.{role}", table, role, "m", answer)
        for code, table, answer in (
            ("T10.E2E-security", 10, "yes"),
            ("T10.T-security", 10, "yes"),
            ("T13.aes256-GCM", 13, "yes"),
            ("T13.aes128-GCM-ICV", 13, "yes"),
            ("T13.aes128-CBC", 13, "yes"),
            ("E2E.group-28", None, "no"),
            ("E2E.CRL", None, "yes"),
        )
        for role in ("server", "client")
    ]
    requirements = [samples.requirement(FRESH, "8.6 / 8.7", "N", "No iv and no nonce comes twice.")]
    return [
        samples.run_started(claims=claims, requirements=requirements),
        planned(AE, "An association with AE.", pics="T13.aes256-GCM.server"),
        planned(GMAC, "An ICV by GMAC.", pics="T13.aes128-GCM-ICV.client"),
        planned(WAITS, "Encryption by CBC.", pics="T13.aes128-CBC.server"),
        Started(t=0.9, case=AE, attempt=1),
        *secured.conversation(
            AE,
            "",
            secured.tls(AE),
            secured.handshake(AE, "sent", offset_s=0.0),
            secured.handshake(AE, "received", offset_s=90.0, pdu="HandshakeAcc", asso_id="7:41", groups=[23],
                              protection=["tlsProtected", "applProtected"],
                              remarks=["E2E.HS.1 form: a digit too many (clause 13.2, I)"]),
            secured.keys(AE),
            secured.observed(AE, **secured.ASSOCIATED),
            transfer(AE),
            secured.keys(AE, number=1),
            transfer(AE),
            said(AE, "released", "secpdu E2E.ReleaseRsp, applData True"),
        ),
        samples.check(AE, Verdict.PASS, requirement=FRESH, got="no deviation"),
        samples.verdicted(AE, Verdict.PASS),
        Started(t=0.9, case=GMAC, attempt=1),
        *secured.conversation(
            GMAC,
            "",
            secured.handshake(GMAC, "received", mode="clear", offset_s=-700.0),
            secured.keys(GMAC, mode="clear", encryption="", integrity="aes128-GCM/13", derivation=OTHER),
            secured.observed(GMAC, kind="request", name="confirmed-RequestPDU"),
            transfer(GMAC),
            said(GMAC, "aborted", "diag alarm", name="E2E.DtSecAbort"),
        ),
        samples.check(GMAC, Verdict.FAIL, requirement=FRESH, got="00 was used before",
                      severity=Severity.SECURITY),
        samples.verdicted(GMAC, Verdict.FAIL),
        *more,
    ]  # fmt: skip


def native_of(events: list[AnyEvent]) -> NativeReport:
    native = reduce_run(events).native
    assert native is not None
    return native


def test_associations_rekeys_groups_and_readings_are_counted() -> None:
    native = native_of(native_run())
    assert (native.associations, native.rekeys) == (2, 1)
    assert [(use.number, use.name, use.associations) for use in native.groups] == [(23, "secp256r1", 2)]
    assert {use.reading: use.associations for use in native.derivations} == {"": 1, OTHER: 1}
    assert {(use.kind, use.name, use.detail): use.count for use in native.secpdus} == {
        ("released", "E2E.ReleaseRsp", "applData True"): 1,
        ("aborted", "E2E.DtSecAbort", "diag alarm"): 1,
    }


def test_rows_are_claimed_exercised_and_judged_or_say_why_not() -> None:
    rows = {row.code: row.roles for row in native_of(native_run()).rows}
    security = rows["T10.E2E-security"]
    assert (security["server"].associations, security["client"].associations) == (1, 1)
    assert (rows["T10.T-security"]["server"].associations, rows["T10.T-security"]["server"].reason) == (1, "")
    assert rows["T10.T-security"]["client"].reason == "no case in this run; not agreed on in this run"
    gcm = rows["T13.aes256-GCM"]["server"]
    assert (gcm.associations, gcm.result, gcm.verdicts, gcm.reason) == (1, Verdict.PASS, {"pass": 1}, "")
    gmac = rows["T13.aes128-GCM-ICV"]["client"]
    assert (gmac.associations, gmac.result) == (1, Verdict.FAIL)
    assert rows["T13.aes128-CBC"]["server"].reason == "its cases have not run"
    assert rows["E2E.group-28"]["server"].reason == "not claimed"
    assert rows["E2E.CRL"]["server"].associations is None


def test_ivs_and_nonces_are_counted_and_repetitions_named() -> None:
    fresh = native_of(native_run()).freshness
    assert (fresh.transfers, fresh.with_iv, fresh.with_nonce) == (3, 2, 1)
    assert fresh.checks == {"pass": 1, "fail": 1}
    assert fresh.repeated == [f"{GMAC}: 00 was used before"]


def test_associations_between_cases_are_not_taken_for_rekeys() -> None:
    between: list[AnyEvent] = [secured.keys(""), transfer(""), secured.keys("", mode="clear"), transfer("")]
    native = native_of(native_run(*between))
    assert (native.associations, native.rekeys) == (2, 1)
    assert (native.freshness.transfers, native.freshness.with_iv) == (5, 3)


def test_a_device_without_native_mode_has_no_part_on_it() -> None:
    plain: list[AnyEvent] = [samples.run_started(claims=[]), *samples.attempt("OSI/SRV/X/BV-x", Verdict.PASS)]
    assert reduce_run(plain).native is None
    assert "Native mode" not in Page(rendered(plain)).said
    claims = [samples.claim("T7.native.server", 7, "server", "c.4", "yes")]
    claimed: list[AnyEvent] = [samples.run_started(claims=claims)]
    assert "Native mode is claimed, and no association of this run had it." in Page(rendered(claimed)).said


def test_a_report_of_native_mode_fits_the_schema() -> None:
    report = json.loads(render_json(reduce_run(native_run())))
    jsonschema.Draft202012Validator(json.loads(schema())).validate(report)
    shown = {case["id"]: case["security"] for case in report["cases"]}[AE]
    assert [one["inside"] for one in shown["handshakes"]] == [True, True]
    assert [one["number"] for one in shown["keys"]] == [0, 1]


def test_the_page_shows_what_a_reader_looks_for() -> None:
    text = rendered(native_run())
    page = Page(text)
    assert set(page.targets) <= set(page.ids)
    for wanted in (
        "Associations 2 with keys and data, 1 rekey",
        "23 as secp256r1 I : 2",
        f"{OTHER} I : 1",
        "3 data transfers of the device: 2 with an iv, 1 with a nonce of GMAC. Judged by 2 checks: repeated",
        "E2E.DtSecAbort: alarm, which has no diagnostic",
        "Rejects, aborts and releases of the device 2, 1 alarm",
        "assoID 7:41 pp IEC 61850-8-1 encr-mode authenticated encryption aes256-GCM/16; aes128-GCM/12",
        "confParams tlsProtected, applProtected",
        "E2E.HS.1 form: a digit too many (clause 13.2, I)",
        "inside : 1 min 30 s ahead of the tester's clock",
        "outside by 1 min 40 s: 11 min 40 s behind the tester's clock",
        "7:41 , rekey 1",
        f"another reading: {OTHER} I",
        "aes128-GCM, tag of 13 octets",
    ):
        assert wanted in page.said, wanted
    assert text.count('<svg class="window"') == 3


def test_a_failed_case_tells_its_keys_and_its_end_in_text() -> None:
    lines = " ".join(render_text(reduce_run(native_run()), colour=False).split())
    assert "native assoID 7:41: an ICV alone, no encryption, aes128-GCM/13, group 23 read as" in lines
    assert "native aborted E2E.DtSecAbort: alarm, which has no diagnostic" in lines
    assert "1 of 2 associations derive keys by another reading (inferred): " + OTHER in lines


def test_hostile_words_of_a_device_neither_act_nor_hide() -> None:
    case = AE
    events = [
        *native_run(),
        Started(t=2.0, case=case, attempt=2),
        secured.handshake(case, "received", pp=samples.HOSTILE, asso_id=samples.HOSTILE, time=samples.HOSTILE,
                          signature=samples.HOSTILE, remarks=[samples.HOSTILE]),
        said(case, "aborted", f"secpdu {samples.HOSTILE}, diag {samples.HOSTILE}"),
    ]  # fmt: skip
    page = Page(rendered(events))
    assert page.scripts == 1
    assert not page.handlers


def test_names_are_put_for_readers() -> None:
    assert algorithm_list(["aes256-GCM/16", "aes256-GCM/12", "hmacWithSHA256"]) == (
        "aes256-GCM/16, 12; hmacWithSHA256"
    )
    texts = [
        secpdu(SecPduUse(kind="aborted", name="E2E.X", detail=detail, count=1))
        for detail in ("form CPR/REFUSE, diagnostic 1, diag protocol-error, number 1", "osi 7", "")
    ]
    assert texts == [
        "E2E.X: diagnostic protocol-error, number 1 (ACSE: form CPR/REFUSE, diagnostic 1)",
        "E2E.X: OSI diagnostic 7",
        "E2E.X",
    ]


def test_alternatives_with_several_values_read_as_words() -> None:
    assert str(one(Kind.ABORTED, "E2E.DtSecAbort", diag=["alarm", "protocol-error"])) == (
        "aborted E2E.DtSecAbort with diag alarm or protocol-error"
    )
