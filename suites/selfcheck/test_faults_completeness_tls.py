"""The faulty devices with TLS leave out every check once, and a case finds each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from conform62351.fixtures.faults.building import LeaveOut
from conform62351.profiles.policy import CheckTable, Policy
from conform62351.profiles.tls.certificate_rules import PEER_CHAIN
from conform62351.profiles.tls.engine.checks_client_hello import CLIENT_HELLO
from conform62351.profiles.tls.engine.checks_exchange import (
    CERTIFICATE_REQUEST,
    CERTIFICATE_VERIFY,
    CLIENT_KEY_EXCHANGE,
    FINISHED,
    SERVER_KEY_EXCHANGE,
)
from conform62351.profiles.tls.engine.checks_renegotiation import ASKED, RENEGOTIATION, RESUMPTION
from conform62351.profiles.tls.engine.checks_server_hello import SERVER_CHAIN, SERVER_HELLO
from conform62351.profiles.tls.engine.checks_state import STATE, TIME
from conform62351.profiles.tls.outcomes import outcomes
from conform62351.reports.model.verdict import Verdict, worst
from conform62351.suites.loading import load
from conform62351.suites.selfcheck.test_faults_completeness import left_out
from conform62351.tooling.proof.bench import Bench

BY_SERVER: Final = (CLIENT_HELLO, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE)
BY_CLIENT: Final = (SERVER_HELLO, SERVER_CHAIN, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST)
BY_BOTH: Final = (PEER_CHAIN, FINISHED, ASKED, RENEGOTIATION, RESUMPTION, STATE, TIME)
TABLES: Final[tuple[CheckTable[Any], ...]] = (*BY_SERVER, *BY_CLIENT, *BY_BOTH)

NOTE: Final = "a note: the device goes on as it does without the check"
WARNED: Final = "who takes it passes with a warning: that it has to be refused is recommended or inferred"
ENDS: Final = "nothing can be made of what it finds: the handshake ends in any case, in a form that is taken"
BOUND: Final = "a bound of the engine's own, which nobody else need have"
DENIED: Final = (
    "a fail where the PICS denies weak versions, else a warning: test_suite_tls_handshakes.py leaves it out"
)
TAKEN: Final = {
    "TLS.CH.17": ("TLS/SRV/EXT/BI-extensions", "ec_point_formats without the uncompressed one"),
    "TLS.CH.4": ("TLS/SRV/VERSION/BI-fallback", "TLS 1.1"),
    "TLS.CERT.12": ("TLS/SRV/CERT/BI-rules", "CA flag"),
    "TLS.CERT.19": ("TLS/SRV/CERT/BI-validity", "expired"),
    "TLS.CERT.27": ("TLS/SRV/CERT/BI-rules", "version 1"),
}
"""Checks that a device may leave out, with the case, and its conversation, that warns of it."""
EXCEPTIONS: Final = {
    **dict.fromkeys(("TLS.CH.6", "TLS.CH.10", "TLS.CH.11", "TLS.CH.12", "TLS.CH.20"), NOTE),
    **dict.fromkeys(("TLS.SH.14", "TLS.SH.15", "TLS.SKE.3", "TLS.CR.2", "TLS.CR.5", "TLS.CERT.26"), NOTE),
    **dict.fromkeys(TAKEN, WARNED),
    **dict.fromkeys(("TLS.CH.2", "TLS.SH.2"), DENIED),
    "TLS.SH.5": "recommended to clients without TLS 1.3 (RFC 8446 4.1.3): no case asks for it",
    **dict.fromkeys(("TLS.CH.15", "TLS.CH.16", "TLS.SH.3"), ENDS),
    **dict.fromkeys(("TLS.CKE.1", "TLS.CKE.3", "TLS.CKE.4", "TLS.STATE.8", "TLS.STATE.9"), ENDS),
    "TLS.STATE.2": "the rest of a message that something else has come into does not decode",
    "TLS.CR.1": "a client offers no suite without authentication: the handshake does not come so far",
    "TLS.CR.4": "a client with no signature to make shows no certificate without the check, too",
    "TLS.HR.2": "only a device that never renegotiates makes it, and the reference device does",
    "TLS.RES.1": "of a ticket that does not open there is no session to resume",
    "TLS.RES.4": "no device changes its suites while a session of its lasts",
    **dict.fromkeys(("TLS.HR.4", "TLS.STATE.11", "TLS.STATE.12"), BOUND),
}
"""Checks that no faulty device leaves out, and why."""

OF_SERVER: Final = ("TLS.RENEG.3", "TLS.RENEG.7", "TLS.RES.6")
"""What a server alone finds: in the suites of a ClientHello, in a wish to resume."""
OF_CLIENT: Final = ("TLS.HR.1", "TLS.RENEG.8", "TLS.RES.9", "TLS.STATE.7")
"""What a client alone finds: a HelloRequest, what a server resumes, a ServerKeyExchange that is not due.

At a server the order of messages, and that records verify, leave nothing to the last of these checks.
"""


def steps() -> Iterator[str]:
    """Return the identifiers of all checks of TLS."""
    for table in TABLES:
        yield from (step.id for step in table.steps)


def roles_of(identifier: str) -> set[str]:
    """Return the roles that make a check, or in which it can be told by a case."""
    name = identifier.rpartition(".")[0]
    if identifier in OF_SERVER or any(table.name == name for table in BY_SERVER):
        return {"SRV"}
    if identifier in OF_CLIENT or any(table.name == name for table in BY_CLIENT):
        return {"CLI"}
    return {"SRV", "CLI"}


LEFT_OUT: Final = left_out(TABLES)


@pytest.mark.parametrize("identifier", [step for step in steps() if step not in EXCEPTIONS])
def test_a_faulty_device_leaves_the_check_out(identifier: str) -> None:
    missing = roles_of(identifier) - LEFT_OUT.get(identifier, set())
    assert not missing, f"{missing}: no faulty device leaves {identifier} out, or no case finds it"


def test_the_tables_are_all_that_have_outcomes() -> None:
    assert set(steps()) == set(outcomes())


def test_exceptions_are_checks_that_no_faulty_device_leaves_out() -> None:
    assert set(EXCEPTIONS) <= set(steps())
    assert not set(EXCEPTIONS) & set(LEFT_OUT)


@pytest.mark.parametrize("identifier", [step for step, reason in EXCEPTIONS.items() if reason == NOTE])
def test_a_note_sends_no_alert(identifier: str) -> None:
    assert outcomes()[identifier].alert == ""


def warned_of(bench: Bench, policy: Policy, case: str) -> set[str]:
    """Return the conversations of a case that warn of a device, which passes."""
    with bench.device(policy, {}) as subject:
        checks = subject.play(load()[case])
    assert worst(check.verdict for check in checks) is Verdict.PASS
    return {check.label for check in checks if check.warnings}


@pytest.mark.parametrize("identifier", TAKEN)
def test_who_takes_what_may_be_taken_is_warned_of(bench: Bench, identifier: str) -> None:
    case, label = TAKEN[identifier]
    assert warned_of(bench, LeaveOut(identifier), case) - warned_of(bench, Policy(), case) == {label}
