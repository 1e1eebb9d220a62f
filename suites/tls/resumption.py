"""Sessions of TLS that are resumed: by identifier, by ticket, on the connection itself, or unasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.extensions import ExtensionType
from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.connections import (
    INTERVALS,
    USUAL,
    associating,
    begun,
    left,
    standing,
    usable,
    within_wait,
)
from conform62351.suites.tls.handshakes import SUCCESS
from conform62351.suites.tls.sides import tls_case
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.mutations import FlipBit, SetBody, SetExtension, SetField
from conform62351.tooling.engine.outcomes import TLS_ENDED, TLS_REFUSED, expect, reach, refuse
from conform62351.tooling.engine.steps import (
    Conversation,
    NoFinding,
    SendTls,
    Tls,
    Verify,
    conversation,
)
from conform62351.tooling.engine.tls_outcomes import (
    ON_THE_WAY,
    REFRESHED,
    TLS_FULL,
    TLS_RESUMED,
)

BY_IDENTIFIER: Final = "R-TLS-resumption-identifier"
BY_TICKET: Final = "R-TLS-resumption-ticket"
NOT_CLAIMED: Final = "R-TLS-resumption-not-claimed"
UNKNOWN: Final = "R-TLS-resumption-unknown"
AFTER_FAULT: Final = "R-TLS-resumption-after-fault"
REFRESH: Final = "R-TLS-resumption-refresh"
SHORTER: Final = "R-TLS-resumption-shorter"

IDENTIFIER: Final = "TLS.resumption-identifier.{role}"
TICKET: Final = "TLS.resumption-ticket.{role}"
TICKETS: Final = Tls(tickets=True)
SUCCEEDED: Final = "IEC62351-3:1.1"
NOBODYS: Final = bytes(range(32))
"""An identifier that no server has given."""
LONGEST: Final = 32
BEFORE_IDENTIFIER: Final = 34
"""Octets of version and random, which stand in a ClientHello before the identifier."""
REST_OF_HELLO: Final = bytes.fromhex("000a003c009e00a0c02b003601 00")
"""Suites of both modes and no compression: what stands behind the identifier."""
FOREIGN: Final = bytes(range(200))
FATAL_ALERT: Final = SendTls(content="alert", octets=b"\x02\x28", name="TLS.Alert")
"""handshake_failure, which makes the session useless."""


def resumed(role: Role, requirement: str, tls: Tls, on: int) -> Steps:
    """Show that a session is resumed on a new connection, as it was, and carries an association."""
    return (
        *begun(role, tls, on=on),
        expect(requirement, TLS_RESUMED, limit="limit.connect", on=on),
        NoFinding(requirement=requirement, steps=("TLS.RES",), severity=Severity.SECURITY, on=on),
        *associating(role, requirement, on=on),
        *usable(role, requirement, on=on),
        Logged(requirement=SUCCESS, events=(SUCCEEDED,), aspects=("event",), on=on),
    )


def _new_random(role: Role, requirement: str, on: int) -> Verify:
    hello = "ServerHello" if role is Role.SERVER else "ClientHello"
    field = f"TLS.{hello}.random"
    return Verify(requirement=requirement, field=field, unlike=0, on=on, severity=Severity.SECURITY)


@tls_case("RESUME/BV-identifier", BY_IDENTIFIER, SUCCESS, claims=IDENTIFIER)
def identifier(role: Role) -> Iterator[Conversation]:
    """A {role} resumes the session of a connection that has ended in order by its identifier: with the same
    suite, with new keys, and for another association.
    """
    given: Steps = ()
    if role is Role.SERVER:
        given = (Verify(requirement=BY_IDENTIFIER, field="TLS.session_id", at_least=1),)
    yield conversation(
        standing(role),
        given,
        left(role),
        resumed(role, BY_IDENTIFIER, Tls(resume=0) if role is Role.SERVER else USUAL, 1),
        _new_random(role, BY_IDENTIFIER, 1),
    )


@tls_case("RESUME/BV-ticket", BY_TICKET, SUCCESS, claims=TICKET)
def ticket(role: Role) -> Iterator[Conversation]:
    """A {role} resumes the session of a connection that has ended in order by its ticket, and that of the
    resumed one by the ticket that it had or got.
    """
    given: Steps = ()
    if role is Role.SERVER:
        given = (Verify(requirement=BY_TICKET, field="TLS.ticket", is_in=(True,)),)
    steps: Steps = ()
    for on in (1, 2):
        again = TICKETS
        if role is Role.SERVER:
            again = Tls(tickets=True, resume=on - 1, by="ticket")
        steps += (*left(role, on=on - 1), *resumed(role, BY_TICKET, again, on))
        if role is Role.CLIENT:
            steps += (Verify(requirement=BY_TICKET, field="TLS.ClientHello.ticket", at_least=1, on=on),)
    yield conversation(standing(role, TICKETS), given, steps)


@tls_case(
    "RESUME/BI-not-claimed",
    NOT_CLAIMED,
    claims="not TLS.resumption-identifier.{role} or not TLS.resumption-ticket.{role}",
)
def not_claimed(role: Role) -> Iterator[Conversation]:
    """A {role} does not resume a session in a way that its PICS denies: there is a full handshake.

    Where it resumes all the same its declaration is wrong.
    """
    declared = Severity.DECLARATION
    full = expect(NOT_CLAIMED, TLS_FULL, refusal=True, limit="limit.connect", severity=declared, on=1)
    for way in ("identifier", "ticket"):
        first, again = Tls(tickets=way == "ticket"), Tls(tickets=way == "ticket")
        judged: Steps = (full,)
        if role is Role.SERVER:
            again = Tls(tickets=way == "ticket", resume=0, by=way, made_up=True)
        elif way == "ticket":
            field = "TLS.ClientHello.ticket"
            judged = (Verify(requirement=NOT_CLAIMED, field=field, absent=True, severity=declared, on=1),)
        yield conversation(
            standing(role, first),
            left(role),
            begun(role, again, on=1),
            judged,
            label=f"by {way}, denied",
            pics=f"not TLS.resumption-{way}.{role.value}",
        )


def _taken_as_new(tls: Tls, on: int = 0) -> Steps:
    """Show that a DUT server has a full handshake instead, and associates."""
    return (
        *begun(Role.SERVER, tls, on=on),
        expect(UNKNOWN, TLS_FULL, limit="limit.connect", on=on),
        *associating(Role.SERVER, UNKNOWN, on=on),
        *usable(Role.SERVER, UNKNOWN, on=on),
    )


@tls_case("RESUME/BI-unknown", UNKNOWN, AFTER_FAULT, roles=(Role.SERVER,))
def server_unknown(role: Role) -> Iterator[Conversation]:
    """A {role} has a full handshake with a client that asks for a session that it does not know, whose ticket
    is altered or none of its own, or that a fatal alert has ended; it refuses an identifier that is too long.
    """
    hello = "TLS.ClientHello"
    for label, octets in {"an unknown identifier": NOBODYS, "a short one": NOBODYS[:8]}.items():
        named = SetField(pdu=hello, field="session_id", octets=octets)
        yield conversation(_taken_as_new(Tls(mutations=(named,))), label=label)
    overlong = bytes((LONGEST + 1, *bytes(LONGEST + 1))) + REST_OF_HELLO
    yield conversation(
        begun(role, Tls(mutations=(SetBody(pdu=hello, keep=BEFORE_IDENTIFIER, more=overlong),))),
        refuse(UNKNOWN, TLS_REFUSED, limit="limit.connect"),
        label="an identifier that is too long",
    )
    foreign = SetExtension(pdu=hello, kind=ExtensionType.SESSION_TICKET, octets=FOREIGN)
    yield conversation(_taken_as_new(Tls(mutations=(foreign,))), label="a foreign ticket")
    altered = Tls(tickets=True, resume=0, by="ticket", mutations=(FlipBit(pdu=hello, at=-1),))
    yield conversation(
        standing(role, TICKETS),
        left(role),
        _taken_as_new(altered, 1),
        label="an altered ticket",
        pics=TICKET.format(role=role.value),
    )
    yield conversation(
        standing(role),
        FATAL_ALERT,
        reach(TLS_ENDED),
        begun(role, Tls(resume=0), on=1),
        expect(AFTER_FAULT, TLS_FULL, refusal=True, limit="limit.connect", on=1),
        label="the session that a fatal alert has ended",
        pics=IDENTIFIER.format(role=role.value),
    )


@tls_case("RESUME/BI-unknown", UNKNOWN, roles=(Role.CLIENT,))
def client_unknown(role: Role) -> Iterator[Conversation]:
    """A {role} has a full handshake with a server that does not know its session any more, and does not let a
    server resume one that it has not asked for.
    """
    yield conversation(
        standing(role),
        left(role),
        begun(role, Tls(forget=True), on=1),
        expect(UNKNOWN, TLS_FULL, limit="limit.connect", on=1),
        associating(role, UNKNOWN, on=1),
        usable(role, UNKNOWN, on=1),
        label="the server has forgotten it",
    )
    for label, octets in {"another identifier": NOBODYS, "an empty identifier": b""}.items():
        named = SetField(pdu="TLS.ServerHello", field="session_id", octets=octets)
        yield conversation(
            standing(role),
            left(role),
            begun(role, Tls(resume=0, mutations=(named,)), on=1),
            refuse(UNKNOWN, TLS_REFUSED, limit="limit.connect", on=1),
            label=f"the server resumes under {label}",
        )


@tls_case(
    "RESUME/BV-refresh",
    REFRESH,
    SHORTER,
    configuration=INTERVALS,
    claims="TLS.resumption-refresh.{role}",
    prerequisites=within_wait("resumption_interval"),
    weight=1,
)
def refresh(role: Role) -> Iterator[Conversation]:
    """A {role} has the keys of a connection refreshed by itself when the interval is over that was set: by
    resumption of its session, and before a renegotiation is due.
    """
    yield conversation(
        standing(role, Tls(asked="resume") if role is Role.SERVER else USUAL),
        expect(
            REFRESH,
            REFRESHED,
            meanwhile=ON_THE_WAY,
            serve=True,
            due="tls.resumption_interval",
        ),
        Verify(requirement=SHORTER, field="TLS.handshakes", is_in=(2,)),
        usable(role, REFRESH),
    )
