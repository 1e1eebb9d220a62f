"""Renegotiations as they should be: signalled by RFC 5746, full, with certificates, over associations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.connections import associating, begun, having, standing, usable
from conform62351.suites.tls.conversations import CLIENT, CLIENT_BASELINE, SERVER, SERVER_BASELINE, TLS
from conform62351.suites.tls.handshakes import EVENT, SUCCEEDED, logged
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    AARQ,
    REQUEST,
    RESPONSE,
    SILENT,
    TLS_ENDED,
    TLS_REFUSED,
    expect,
    over,
    reach,
)
from conform62351.tooling.engine.steps import (
    Act,
    Conversation,
    NoFinding,
    Proceed,
    Renegotiate,
    Request,
    Respond,
    SendTls,
    Tls,
    Verify,
    conversation,
)
from conform62351.tooling.engine.tls_outcomes import (
    ASKS,
    BEGINS,
    DECLINED,
    ON_THE_WAY,
    REFRESHED,
    RENEGOTIATED,
    TLS_STANDS,
)
from conform62351.tooling.engine.tls_steps import HELLO_REQUEST

SIGNALLED: Final = "R-TLS-renegotiation-signalled"
NOT_SIGNALLED: Final = "R-TLS-renegotiation-not-signalled"
INSECURE: Final = "R-TLS-renegotiation-insecure"
FOLLOWED: Final = "R-TLS-renegotiation-followed"
FULL: Final = "R-TLS-renegotiation-full"
OWN_VALUE: Final = "R-TLS-renegotiation-own-value"
DATA: Final = "R-TLS-renegotiation-data"
STARTED: Final = "R-TLS-renegotiation-started"
ASKED: Final = "R-TLS-renegotiation-asked"
IGNORED: Final = "R-TLS-renegotiation-request-ignored"

NO_SIGNALLING: Final = "IEC62351-3:1.12"
MOMENT_S: Final = 0.5
"""How long a handshake takes that nobody ought to make."""
VALUES: Final = ("TLS.RENEG.2", "TLS.RENEG.3", "TLS.RENEG.4", "TLS.RENEG.5", "TLS.RENEG.6")
"""The tester's own checks of what a hello says of the handshake before it."""
PLAIN_REQUEST: Final = bytes.fromhex("1603030004") + HELLO_REQUEST
"""A HelloRequest in a record of the first handshake."""
UNASKED: Final = SendTls(octets=HELLO_REQUEST, name="TLS.HelloRequest", times=3)
AMID: Final = SendTls(content="plain", octets=PLAIN_REQUEST, name="TLS.HelloRequest")

own_value: Steps = (NoFinding(requirement=OWN_VALUE, steps=VALUES),)


def _answers(field: str) -> Verify:
    return Verify(requirement=SIGNALLED, field=field, is_in=(b"",), severity=Severity.SECURITY)


@case("TLS/SRV/RENEG/BV-signalled", SIGNALLED, pics=SERVER, baseline=SERVER_BASELINE, configuration=TLS)
def server_signalled() -> Iterator[Conversation]:
    """A server answers a client that has secure renegotiation, be it by the extension or by the suite 00FF,
    by an extension of its own that is empty.
    """
    for label, how in {"by the extension": Tls(), "by 00FF": Tls(secure_renegotiation="suite")}.items():
        stands = expect(SIGNALLED, TLS_STANDS, limit="limit.connect")
        answer = _answers("TLS.ServerHello.renegotiation_info")
        yield conversation(begun(Role.SERVER, how), stands, answer, label=label)


@case("TLS/CLI/RENEG/BV-signalled", SIGNALLED, pics=CLIENT, baseline=CLIENT_BASELINE, configuration=TLS)
def client_signalled() -> Conversation:
    """A client says that it has secure renegotiation: by the empty extension, or by the suite 00FF."""
    field = "TLS.ClientHello.secure_renegotiation"
    return conversation(
        begun(Role.CLIENT),
        reach(AARQ, limit="limit.associate"),
        Verify(requirement=SIGNALLED, field=field, is_in=(True,), severity=Severity.SECURITY),
        NoFinding(requirement=SIGNALLED, steps=("TLS.RENEG.2",)),
    )


def _not_signalled(role: Role) -> Iterator[Conversation]:
    """Do without RFC 5746, look for the warning, and try a renegotiation.

    Nothing is said meanwhile: a handshake might break on that. A request behind the attempt is answered.
    """
    without = Tls(secure_renegotiation="none")
    yield conversation(
        begun(role, without),
        expect(NOT_SIGNALLED, TLS_STANDS, TLS_REFUSED, limit="limit.connect"),
        logged(NO_SIGNALLING),
        label="the handshake",
    )
    if role is Role.SERVER:
        ask: Steps = (Request(service="read", point="data.read", may_break=True),)
        answered: Steps = (expect(INSECURE, RESPONSE, over(TLS_ENDED)),)
    else:
        ask = (Act(action="send-request", may_fail=True),)
        answered = (expect(INSECURE, REQUEST, over(TLS_ENDED)), Respond())
    yield conversation(
        begun(role, without),
        expect(NOT_SIGNALLED, TLS_STANDS, over(TLS_REFUSED), limit="limit.connect"),
        associating(role),
        Renegotiate(may_break=True),
        expect(INSECURE, DECLINED, SILENT, over(TLS_ENDED), within=MOMENT_S, severity=Severity.SECURITY),
        *ask,
        *answered,
        Verify(requirement=INSECURE, field="TLS.handshakes", is_in=(1,), severity=Severity.SECURITY),
        label="a renegotiation",
    )


@case(
    "TLS/SRV/RENEG/BI-not-signalled",
    NOT_SIGNALLED,
    INSECURE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_not_signalled() -> Iterator[Conversation]:
    """A server warns of a client that does not say that it has secure renegotiation, or refuses it, and does
    not renegotiate with it.
    """
    return _not_signalled(Role.SERVER)


@case(
    "TLS/CLI/RENEG/BI-not-signalled",
    NOT_SIGNALLED,
    INSECURE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_not_signalled() -> Iterator[Conversation]:
    """A client warns of a server that does not say that it has secure renegotiation, or refuses it, and does
    not renegotiate with it.
    """
    return _not_signalled(Role.CLIENT)


def _full(role: Role) -> Conversation:
    """Renegotiate twice, the first time with a request on its way."""
    if role is Role.SERVER:
        outstanding: Steps = (Request(service="read", point="data.read"),)
        answered: Steps = (expect(DATA, RESPONSE),)
        proof: Steps = (Verify(requirement=FULL, field="TLS.CertificateRequest.types"),)
    else:
        outstanding = (Act(action="send-request"),)
        answered = (expect(DATA, REQUEST), Respond())
        proof = ()
    renegotiated = (
        expect(FOLLOWED, RENEGOTIATED, REFRESHED, meanwhile=(*ON_THE_WAY, REQUEST)),
        Verify(requirement=FULL, field="TLS.resumed", is_in=(False,), severity=Severity.SECURITY),
        Verify(requirement=FULL, field="TLS.Certificate.chain.0", severity=Severity.SECURITY),
        *proof,
        *own_value,
    )
    return conversation(
        standing(role),
        logged(SUCCEEDED),
        outstanding,
        Renegotiate(),
        answered,
        renegotiated,
        logged(SUCCEEDED),
        Renegotiate(),
        renegotiated,
        usable(role, DATA),
    )


@case(
    "TLS/SRV/RENEG/BV-full",
    FOLLOWED,
    FULL,
    OWN_VALUE,
    DATA,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_full() -> Conversation:
    """A server whose client begins a renegotiation has a full handshake with it: with both certificates, with
    new keys, and with what was agreed before in its hello.

    The association goes on, a request on its way is answered, and all of it can be done again.
    """
    return _full(Role.SERVER)


@case(
    "TLS/CLI/RENEG/BV-full",
    FOLLOWED,
    FULL,
    OWN_VALUE,
    DATA,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_full() -> Conversation:
    """A client that is asked for a renegotiation has a full handshake: with both certificates, with new keys,
    and with what was agreed before in its hello.

    The association goes on, a request on its way is answered, and all of it can be done again.
    """
    return _full(Role.CLIENT)


@case(
    "TLS/CLI/RENEG/BV-started",
    STARTED,
    OWN_VALUE,
    DATA,
    pics=having(Role.CLIENT, "TLS.renegotiation-start.{role}"),
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_started() -> Conversation:
    """A client starts a renegotiation when somebody has it do so, and the association goes on."""
    return conversation(
        standing(Role.CLIENT),
        Act(action="renegotiate"),
        expect(STARTED, BEGINS),
        expect(STARTED, RENEGOTIATED, meanwhile=ON_THE_WAY),
        own_value,
        usable(Role.CLIENT, DATA),
    )


@case(
    "TLS/SRV/RENEG/BV-asked",
    ASKED,
    OWN_VALUE,
    DATA,
    pics=having(Role.SERVER, "TLS.renegotiation-request.{role}"),
    baseline=SERVER_BASELINE,
    configuration=TLS,
)
def server_asked() -> Conversation:
    """A server asks for a renegotiation when somebody has it do so, and the association goes on."""
    return conversation(
        standing(Role.SERVER),
        Act(action="renegotiate"),
        expect(ASKED, ASKS),
        expect(ASKED, RENEGOTIATED, meanwhile=ON_THE_WAY),
        own_value,
        usable(Role.SERVER, DATA),
    )


@case(
    "TLS/CLI/RENEG/BV-request-during-handshake",
    IGNORED,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=TLS,
)
def client_request_during_handshake() -> Iterator[Conversation]:
    """A client passes over what asks for a renegotiation while a handshake is going on: before the server's
    hello, before the server changes its cipher, and once more behind what it has answered already.
    """
    for label, hold in {
        "before the hello": "TLS.ServerHello",
        "before the change of cipher": "TLS.ChangeCipherSpec",
    }.items():
        yield conversation(
            begun(Role.CLIENT, Tls(hold=hold)),
            AMID,
            Proceed(),
            expect(IGNORED, TLS_STANDS, limit="limit.connect"),
            associating(Role.CLIENT, IGNORED),
            usable(Role.CLIENT, IGNORED),
            Verify(requirement=IGNORED, field="TLS.handshakes", is_in=(1,)),
            label=label,
        )
    yield conversation(
        standing(Role.CLIENT),
        UNASKED,
        expect(IGNORED, RENEGOTIATED, DECLINED, meanwhile=ON_THE_WAY),
        usable(Role.CLIENT, IGNORED),
        Verify(requirement=IGNORED, field="TLS.handshakes", at_most=2),
        label="three in a row",
    )
