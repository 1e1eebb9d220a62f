"""An event log about TLS suites made by hand, for the tests of reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conform62351.pics.catalogue import catalogue
from conform62351.reports.model.events import AnyEvent, Claim, RunFinished, Started
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.suites.selfcheck import report_samples as samples
from conform62351.suites.selfcheck import report_security_samples as secured

CBC = "TLS_RSA_WITH_AES_128_CBC_SHA256"
STATIC = "TLS_DH_RSA_WITH_AES_128_GCM_SHA256"
DSS = "TLS_DH_DSS_WITH_AES_256_CBC_SHA"
TRIPLE_DES = "TLS_RSA_WITH_3DES_EDE_CBC_SHA"
RC4 = "TLS_RSA_WITH_RC4_128_SHA"
ANONYMOUS = "TLS_DH_anon_WITH_AES_128_CBC_SHA"
ECDSA = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
_ITEMS = {(item.row, item.role): item for item in catalogue() if item.suite}
DENIED = (TRIPLE_DES, RC4, ANONYMOUS)


def code_of(row: str) -> int:
    return int(_ITEMS[row, "server"].suite, 16)


def claims() -> list[Claim]:
    """Return the answers of a device that denies 3DES and what is disallowed, and claims all else."""
    return [
        samples.claim(
            item.code,
            item.table,
            item.role,
            item.status,
            "no" if item.status == "x" or item.row in DENIED else "yes",
        )
        for item in _ITEMS.values()
    ]


def about(case: str, row: str, *events: AnyEvent, verdict: Verdict, got: str) -> Iterator[AnyEvent]:
    """Yield a case about ``row`` in which ``events`` were seen and one check was made."""
    item = _ITEMS[row, "server" if "/SRV/" in case else "client"]
    yield samples.planned(
        case, title=f"About {row}.", role=item.role, requirements=[item.requirement], pics=item.code
    )
    yield Started(t=0.9, case=case, attempt=1)
    yield from secured.conversation(case, "", *events)
    severity = Severity.FUNCTION if verdict is Verdict.FAIL else None
    yield samples.check(case, verdict, requirement=item.requirement, got=got, severity=severity)
    yield samples.verdicted(case, verdict)


def tls(case: str, row: str, **changes: Any) -> AnyEvent:
    return secured.tls(case, suite=row, code=code_of(row), **changes)


def suites_run(*more: AnyEvent, **header: Any) -> list[AnyEvent]:
    """Return a run in which suites associate, complete a handshake alone, are refused and are not."""
    served, called = "TLS/SRV/T12/BV-RSA-AES-128-CBC-SHA256", "TLS/CLI/T12/BV-RSA-AES-128-CBC-SHA256"
    half, other = "TLS/SRV/T9/BV-DH-DSS-AES-256-CBC-SHA", "COMB/SRV/TLS-ALONE/BV-associate"
    names = [samples.requirement(item.requirement, "6.3.4", "N", "It is used.") for item in _ITEMS.values()]
    facts = {
        "claims": claims(),
        "requirements": list({note.id: note for note in names}.values()),
        "tls_suites": sorted(item.suite for item in _ITEMS.values()),
        **header,
    }
    return [
        samples.run_started(**facts),
        *about(served, CBC, tls(served, CBC), secured.observed(served, **secured.ASSOCIATED),
               verdict=Verdict.PASS, got="associated"),
        *about(called, CBC, tls(called, CBC),
               secured.observed(called, "request", "confirmed-RequestPDU"),
               verdict=Verdict.PASS, got="request confirmed-RequestPDU"),
        *about(half, DSS, tls(half, DSS), verdict=Verdict.FAIL, got="closed"),
        *about("TLS/SRV/T12/BV-DH-RSA-AES-128-GCM-SHA256", STATIC,
               verdict=Verdict.FAIL, got="tls-alert handshake_failure"),
        *about("TLS/SRV/T9/BI-RC4", RC4, verdict=Verdict.PASS, got="tls-alert handshake_failure"),
        *about("TLS/SRV/T9/BI-anonymous", ANONYMOUS, verdict=Verdict.FAIL, got="TLS.ServerHello"),
        samples.planned(other, requirements=["R-COMB-TLS-alone"]),
        Started(t=0.9, case=other, attempt=1),
        *secured.conversation(other, "", tls(other, TRIPLE_DES), tls(other, TRIPLE_DES),
                              secured.observed(other, **secured.ASSOCIATED)),
        samples.verdicted(other, Verdict.PASS),
        *more,
        RunFinished(t=12.5, complete=True),
    ]  # fmt: skip
