"""An event log of compatibility mode made by hand, for the tests of reports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from conform62351.reports.model.events import (
    AnyEvent,
    AuthenticationSeen,
    CertificateFacts,
    ConversationStarted,
    HandshakeSeen,
    KeysAgreed,
    LogRecordRead,
    Observed,
    Planned,
    RunFinished,
    Started,
    TlsEstablished,
)
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.suites.selfcheck import report_samples as samples

WINDOW = "CMP/SRV/TIME/BI-too-old"
REPLAY = "CMP/SRV/REPLAY/BI-same-time"
ACCEPTED = "CMP/SRV/VALUE/BV-associate"
ALONE = "COMB/SRV/TABLE-1/BV-a-profile-alone"
ASSOCIATED = {"kind": "associated", "name": "ACSE.AARE"}
SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"


def certificate(
    subject: str, issuer: str = "CN=Substation CA 7,O=Example Power", **changes: Any
) -> CertificateFacts:
    values: dict[str, Any] = {
        "sha256": hashlib.sha256((subject + repr(changes)).encode()).hexdigest(),
        "size": 1021,
        "subject": subject,
        "issuer": issuer,
        "serial": "4f1c2a9be07d4c55a9d0137b52ee8d01",
        "not_before": "2025-01-01T00:00:00+00:00",
        "not_after": "2027-12-31T23:59:59+00:00",
        "key": "RSA 2048",
        "signature_algorithm": "sha256WithRSAEncryption",
        "title": "1.1.1.999.1.12",
        "key_usage": ["digitalSignature", "keyAgreement"],
    }
    return CertificateFacts(**{**values, **changes})


ROOT = certificate(
    "CN=Root,O=Example Power",
    "CN=Root,O=Example Power",
    key="RSA 4096",
    title="",
    key_usage=["cRLSign", "keyCertSign"],
)
AUTHORITY = certificate(
    "CN=Substation CA 7,O=Example Power",
    ROOT.subject,
    title="",
    key_usage=["cRLSign", "keyCertSign"],
    size=1388,
)
DEVICE = certificate("2.5.4.106=1.1.1.999.1.12")
DEVICE_TLS = certificate("CN=rtu-7.example", title="", key_usage=None)
TESTER = certificate("2.5.4.106=1.1.1.999.12", title="1.1.1.999.12 (UTF8String)")
CUT_OFF = CertificateFacts(sha256="00ff" * 16, size=700, fault="the certificate ends at octet 700 of 1021")


def tls(case: str, connection: int = 1, **changes: Any) -> TlsEstablished:
    values: dict[str, Any] = {
        "t": 1.0,
        "case": case,
        "connection": connection,
        "version": "TLSv1.2",
        "suite": SUITE,
        "code": 0xC02F,
        "chain": [DEVICE_TLS, AUTHORITY],
    }
    return TlsEstablished(**{**values, **changes})


def value(case: str, direction: str, offset_s: float | None, **changes: Any) -> AuthenticationSeen:
    values: dict[str, Any] = {
        "t": 1.1,
        "case": case,
        "connection": 1,
        "direction": direction,
        "chain": [DEVICE if direction == "received" else TESTER, AUTHORITY, ROOT],
        "time": "20261122161500.250Z",
        "time_utc": "2026-11-22T16:15:00.250+00:00",
        "offset_s": offset_s,
        "signed": "81",
    }
    return AuthenticationSeen(**{**values, **changes})


def keys(case: str, **changes: Any) -> KeysAgreed:
    values: dict[str, Any] = {
        "t": 1.15,
        "case": case,
        "connection": 1,
        "number": 0,
        "asso_id": "7:41",
        "group": 23,
        "group_name": "secp256r1",
        "mode": "ae",
        "encryption": "aes256-GCM/16",
        "integrity": "",
        "hmac": "hmacWithSHA256",
    }
    return KeysAgreed(**{**values, **changes})


def handshake(case: str, direction: str, **changes: Any) -> HandshakeSeen:
    values: dict[str, Any] = {
        "t": 1.12,
        "case": case,
        "connection": 1,
        "direction": direction,
        "pdu": "HandshakeReq",
        "pp": "IEC 61850-8-1",
        "asso_id": "7",
        "mode": "ae",
        "algorithms": ["aes256-GCM/16", "aes128-GCM/12"],
        "groups": [23, 14],
        "hmac": "hmacWithSHA256",
        "signature": "ecdsa-with-SHA256",
        "chain": [DEVICE if direction == "received" else TESTER],
        "time": "20261122161500.250Z",
    }
    return HandshakeSeen(**{**values, **changes})


def record(case: str, **changes: Any) -> LogRecordRead:
    values: dict[str, Any] = {
        "t": 1.3,
        "case": case,
        "id": "IEC62351-14:4.4",
        "mnemonic": "COMM_PEER_AUTHENTICATION_FAIL",
        "severity": "alarm",
        "time": "2026-11-22T16:15:00.261Z",
        "sequence": 4711,
        "source": "rtu-7",
        "peer": "192.0.2.20:49211",
        "text": "Peer authentication failed: time outside the window",
    }
    return LogRecordRead(**{**values, **changes})


def planned(case: str, title: str, requirement: str, **changes: Any) -> Planned:
    facts = {
        "clause": "11",
        "provenance": "N",
        "configuration": "compatibility",
        "requirements": [requirement],
    }
    return samples.planned(
        case, title=title, purpose=title, pics="T7.compatibility.server", **{**facts, **changes}
    )


def conversation(case: str, label: str = "", *events: AnyEvent) -> Iterator[AnyEvent]:
    """Yield a conversation that consists of ``events``."""
    yield ConversationStarted(
        t=1.0, case=case, attempt=1, label=label, steps=["connect over TLS", "associate"]
    )
    yield Observed(t=1.0, case=case, connection=1, kind="connected")
    yield from events


def observed(case: str, kind: str, name: str = "") -> Observed:
    return Observed(t=1.2, case=case, connection=1, kind=kind, name=name)


def secured_run(*more: AnyEvent, **header: Any) -> list[AnyEvent]:
    """Return a run over TLS: a pass, a fail at the edge of the window, a tolerated replay, no TLS."""
    requirements = [
        samples.requirement("R-CMP-own-value-server", "11", "N", "A server sends a value of its own."),
        samples.requirement(
            "R-CMP-time-window", "11", "N", "A time outside 10 minutes is answered by P-ABORT."
        ),
        samples.requirement("R-CMP-replay", "11", "N", "A time that was received is answered by P-ABORT."),
    ]
    claims = [
        samples.claim("T6.OSI.server", 6, "server", "c.2", "yes"),
        samples.claim("T7.compatibility.server", 7, "server", "c.3", "yes"),
        samples.claim("T8.T-security.server", 8, "server", "m", "yes"),
        samples.claim("T8.A-security-profile.server", 8, "server", "m", "yes"),
        samples.claim("T9.TLS_DH_DSS_WITH_AES_256_CBC_SHA.server", 9, "server", "m", "no"),
        samples.claim("T9.TLS_RSA_WITH_NULL_SHA.server", 9, "server", "o", "yes"),
        samples.claim("COMB.A-security-profile-alone.server", None, "server", "o", "yes"),
    ]
    facts: dict[str, Any] = {
        "claims": claims,
        "requirements": requirements,
        "tls_suites": ["0002", "003B", "C02F"],
        "selection": ["CMP", "COMB"],
        **header,
    }
    return [
        samples.run_started(**facts),
        planned(ACCEPTED, "The server authenticates itself in the AARE.", "R-CMP-own-value-server"),
        planned(WINDOW, "A time more than 10 minutes old is refused by P-ABORT.", "R-CMP-time-window",
                events_expected=["IEC62351-14:4.4"]),
        planned(REPLAY, "The same time is refused the second time.", "R-CMP-replay"),
        planned(ALONE, "Authentication without TLS, on port 102.", "R-CMP-own-value-server",
                configuration="a-profile"),
        Started(t=0.9, case=ACCEPTED, attempt=1),
        *conversation(ACCEPTED, "", tls(ACCEPTED), value(ACCEPTED, "sent", -0.003),
                      value(ACCEPTED, "received", 0.214, remarks=["no digits behind the dot"]),
                      observed(ACCEPTED, **ASSOCIATED)),
        samples.check(ACCEPTED, Verdict.PASS, requirement="R-CMP-own-value-server", got="a sound value"),
        samples.verdicted(ACCEPTED, Verdict.PASS),
        Started(t=0.9, case=WINDOW, attempt=1),
        *conversation(WINDOW, "5 s too old", tls(WINDOW), value(WINDOW, "sent", -605.0),
                      value(WINDOW, "received", 0.22, signed="raw"), observed(WINDOW, **ASSOCIATED)),
        samples.check(WINDOW, Verdict.FAIL, label="5 s too old", requirement="R-CMP-time-window",
                      severity=Severity.SECURITY, expected=["aborted ARU", "aborted ARP", "aborted AB"],
                      got="associated", sent="AARQ with a time 10 min 5 s old"),
        *conversation(WINDOW, "a day ahead", tls(WINDOW, resumed=True), value(WINDOW, "sent", 86_400.0),
                      observed(WINDOW, kind="aborted", name="ARU"), record(WINDOW)),
        samples.check(WINDOW, Verdict.PASS, label="a day ahead", requirement="R-CMP-time-window",
                      expected=["aborted ARU"], got="aborted ARU"),
        samples.verdicted(WINDOW, Verdict.FAIL, severity=Severity.SECURITY, basis="N"),
        Started(t=0.9, case=REPLAY, attempt=1),
        *conversation(REPLAY, "certificate cut off", tls(REPLAY),
                      value(REPLAY, "sent", 595.0, chain=[CUT_OFF], signed="none"),
                      value(REPLAY, "received", None, time="", time_utc="", chain=[]),
                      observed(REPLAY, kind="aborted", name="ARU"),
                      record(REPLAY, sequence=None, severity="warning", remarks=["no sequence number"])),
        samples.verdicted(REPLAY, Verdict.PASS),
        Started(t=0.9, case=ALONE, attempt=1),
        *conversation(ALONE, "", value(ALONE, "sent", 0.0), value(ALONE, "received", 0.2, signed="18"),
                      observed(ALONE, **ASSOCIATED)),
        samples.check(ALONE, Verdict.PASS, requirement="R-CMP-own-value-server", got="a sound value"),
        samples.verdicted(ALONE, Verdict.PASS),
        *more,
        RunFinished(t=12.5, complete=True),
    ]  # fmt: skip
