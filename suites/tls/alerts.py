"""Alerts: what ends a connection, what does not, and how a connection is ended in order (RFC 5246 7.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.handshakes import begins
from conform62351.suites.tls.sides import tls_case
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ENDED,
    TLS_ENDED,
    TRANSPORT_CONNECTED,
    expect,
    over,
    reach,
)
from conform62351.tooling.engine.steps import (
    Alternative,
    Conversation,
    Inject,
    OpenTransport,
    SendTls,
    Tls,
    Verify,
    conversation,
)
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

FATAL: Final = "R-TLS-alert-fatal"
WARNING: Final = "R-TLS-alert-warning"
CLOSING: Final = "R-TLS-closing"
CLOSING_OWN: Final = "R-TLS-closing-own"

HANDSHAKE_FAILURE: Final = bytes((2, 40))
UNRECOGNIZED_NAME: Final = bytes((1, 112))
UNKNOWN: Final = bytes((1, 200))
CLOSE_NOTIFY: Final = bytes((1, 0))
RECORD_HEADER: Final = bytes.fromhex("1503030002")
NO_TPKT: Final = bytes.fromhex("04000004")
UNANSWERED: Final = "close_notify is not answered: the connection is ended without it"
WITHOUT: Final = "the connection is ended without close_notify"


def _alert(octets: bytes, name: str) -> SendTls:
    return SendTls(content="alert", octets=octets, name=name, may_break=True)


def _stands(role: Role, requirement: str) -> Steps:
    return (*begins(role, Tls()), expect(requirement, TLS_STANDS, limit="limit.connect"))


def _said(requirement: str, warning: str) -> Verify:
    return Verify(
        requirement=requirement,
        field="TLS.Alert.description",
        is_in=("close_notify",),
        optional=True,
        warning=warning,
    )


@tls_case("MSG/BV-alerts", FATAL, WARNING, CLOSING, CLOSING_OWN)
def alerts(role: Role) -> Iterator[Conversation]:
    """A {role} ends the connection on a fatal alert, within the handshake and behind it, and on close_notify,
    which it answers; a warning that says nothing to the purpose does not matter to it. Before it ends a
    connection by itself it sends close_notify.
    """
    hold = "TLS.ServerHello" if role is Role.SERVER else "TLS.ClientHello"
    yield conversation(
        begins(role, Tls(hold=hold)),
        SendTls(content="plain", octets=RECORD_HEADER + HANDSHAKE_FAILURE, name="TLS.Alert", may_break=True),
        expect(FATAL, TLS_ENDED, limit="limit.connect"),
        label="fatal, within the handshake",
    )
    yield conversation(
        _stands(role, FATAL),
        _alert(HANDSHAKE_FAILURE, "a fatal alert"),
        expect(FATAL, TLS_ENDED, meanwhile=_asks(role), limit="limit.connect"),
        label="fatal, behind the handshake",
    )
    for label, octets in {"unrecognized_name": UNRECOGNIZED_NAME, "an unknown warning": UNKNOWN}.items():
        yield conversation(
            _stands(role, WARNING),
            _alert(octets, label),
            _goes_on(role),
            label=label,
        )
    yield conversation(
        _stands(role, CLOSING),
        _alert(CLOSE_NOTIFY, "close_notify"),
        expect(CLOSING, TLS_ENDED, meanwhile=_asks(role), limit="limit.connect"),
        _said(CLOSING, UNANSWERED),
        label="close_notify",
    )
    yield conversation(
        _stands(role, CLOSING_OWN),
        _asked(role),
        Inject(layer="tcp", octets=NO_TPKT, name="what is no TPKT", may_break=True),
        expect(CLOSING_OWN, ENDED, TLS_ENDED, limit="limit.associate"),
        _said(CLOSING_OWN, WITHOUT),
        label="its own end",
    )


def _asks(role: Role) -> tuple[Alternative, ...]:
    """Return what a client says meanwhile."""
    return () if role is Role.SERVER else (AARQ,)


def _goes_on(role: Role) -> Steps:
    if role is Role.SERVER:
        return (
            OpenTransport(may_break=True),
            expect(WARNING, TRANSPORT_CONNECTED, over(TLS_ENDED), limit="limit.connect"),
        )
    return (expect(WARNING, AARQ, over(TLS_ENDED), limit="limit.associate"),)


def _asked(role: Role) -> Steps:
    return () if role is Role.SERVER else (reach(AARQ, limit="limit.associate"),)
