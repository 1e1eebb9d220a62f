"""Messages and records without bound or end: the device lives through them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps, client_associates, server_associates
from conform62351.suites.tls.handshakes import begins
from conform62351.suites.tls.sides import tls_case
from conform62351.tooling.engine.mutations import AnyMutation, Repeat, SetField
from conform62351.tooling.engine.outcomes import AARQ, SILENT, TLS_ENDED, TLS_REFUSED, expect
from conform62351.tooling.engine.steps import Close, Conversation, SendTls, Tls, conversation
from conform62351.tooling.engine.tls_outcomes import TLS_STANDS

BOUNDED: Final = "R-TLS-message-bounded"
CHAIN_BOUNDED: Final = "R-TLS-certificate-chain-bounded"

A_MOMENT_S: Final = 0.1
"""How long the tester waits for the end of a connection that a device may leave open."""
NUMBER: Final = 10_000
WARNINGS: Final = 1_000
UNRECOGNIZED_NAME: Final = bytes((1, 112))
PIECE: Final = 16_000
CERTIFICATES: Final = tuple(["00" * 500] * 200)
"""200 certificates of 500 octets that are none."""


def _said_to_be_long(role: Role) -> bytes:
    """Return a record with the beginning of a hello of 16 MB."""
    kind = b"\x01" if role is Role.SERVER else b"\x02"
    return bytes.fromhex("160303") + (4 + PIECE).to_bytes(2, "big") + kind + b"\xff\xff\xff" + bytes(PIECE)


def _lives(role: Role, requirement: str) -> Steps:
    """Show that the DUT associates on another connection, once this one is closed."""
    show = server_associates if role is Role.SERVER else client_associates
    return (Close(), *show(requirement, on=1))


@tls_case("MSG/BO-endless", BOUNDED, CHAIN_BOUNDED, weight=1)
def endless(role: Role) -> Iterator[Conversation]:
    """A {role} lives through a hello that is said to have 16 MB, thousands of records without octets, of
    warnings and of Certificate messages, and through a list of 200 certificates: it reads on or ends the
    connection, and associates afterwards.
    """
    continued = bytes.fromhex("160303") + PIECE.to_bytes(2, "big") + bytes(PIECE)
    taken = (*TLS_ENDED, SILENT)
    yield conversation(
        begins(role, Tls(hold="TLS.ClientHello")),
        SendTls(content="plain", octets=_said_to_be_long(role), name="a hello of 16 MB", may_break=True),
        SendTls(content="plain", octets=continued, name="more of it", times=20, may_break=True),
        expect(BOUNDED, taken, within=A_MOMENT_S),
        _lives(role, BOUNDED),
        label="a hello of 16 MB",
    )
    floods = {
        "records without octets": SendTls(
            content="application-data", name="data without octets", times=NUMBER, may_break=True
        ),
        "warnings": SendTls(
            content="alert", octets=UNRECOGNIZED_NAME, name="TLS.Alert", times=WARNINGS, may_break=True
        ),
    }
    for label, flood in floods.items():
        yield conversation(
            begins(role, Tls()),
            expect(BOUNDED, TLS_STANDS, limit="limit.connect"),
            flood,
            expect(BOUNDED, taken, meanwhile=(AARQ,), within=A_MOMENT_S),
            _lives(role, BOUNDED),
            label=label,
        )
    lists: dict[str, AnyMutation] = {
        "Certificate messages": Repeat(pdu="TLS.Certificate", times=WARNINGS),
        "200 certificates": SetField(pdu="TLS.Certificate", field="chain", value=CERTIFICATES),
    }
    for label, change in lists.items():
        yield conversation(
            begins(role, Tls(mutations=(change,))),
            expect(CHAIN_BOUNDED, TLS_REFUSED, limit="limit.connect"),
            _lives(role, CHAIN_BOUNDED)[1:],
            label=label,
        )
