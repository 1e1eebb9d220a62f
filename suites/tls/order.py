"""Messages of the handshake where they are not due (RFC 5246 7.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.extensions import ECDHE
from conform62351.suites.tls.handshakes import begins, refused
from conform62351.suites.tls.sides import claimed, suites, tls_case
from conform62351.tooling.engine.mutations import AnyMutation, Insert, Repeat, Withhold
from conform62351.tooling.engine.outcomes import (
    AARQ,
    TLS_ENDED,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    refuse,
)
from conform62351.tooling.engine.steps import Conversation, OpenTransport, Proceed, SendTls, Tls, conversation
from conform62351.tooling.engine.tls_outcomes import DECLINED, TLS_STANDS
from conform62351.tooling.engine.tls_steps import HELLO_REQUEST

ORDER: Final = "R-TLS-order"
CHANGE_CIPHER: Final = "R-TLS-change-cipher"
DATA: Final = "R-TLS-data-before-finished"
BY_SERVER_ONLY: Final = "R-TLS-renegotiation-by-server-only"

RSA_SHOWN: Final = ("tester-tls",)
CHANGE_RECORD: Final = bytes.fromhex("140303000101")
DATA_RECORD: Final = bytes.fromhex("1703030004") + b"data"
SERVER_HELLO_DONE: Final = bytes.fromhex("0e000000")
EMPTY_CERTIFICATE: Final = bytes.fromhex("0b000003000000")
UNKNOWN_MESSAGE: Final = bytes.fromhex("63000000")
CLIENT_HELLO: Final = bytes.fromhex("0100002b0303") + bytes(32) + bytes.fromhex("000004003c00ff0100")
"""A ClientHello with one suite."""
CHANGE: Final = "TLS.ChangeCipherSpec"


def _by_client() -> Iterator[tuple[str, AnyMutation]]:
    """Yield what a client leaves out, sends twice, or sends though it is not its own."""
    yield "ClientHello twice", Repeat(pdu="TLS.ClientHello", times=2)
    for name in ("Certificate", "ClientKeyExchange", "CertificateVerify"):
        yield f"{name} left out", Withhold(pdu=f"TLS.{name}")
        yield f"{name} twice", Repeat(pdu=f"TLS.{name}", times=2)
    for name, octets in (("ServerHelloDone", SERVER_HELLO_DONE), ("an unknown message", UNKNOWN_MESSAGE)):
        yield f"{name} before the key exchange", Insert(pdu="TLS.ClientKeyExchange", at=0, octets=octets)
    yield "HelloRequest before Finished", Insert(pdu="TLS.CertificateVerify", at=0, octets=HELLO_REQUEST)


def _by_server() -> Iterator[tuple[str, AnyMutation]]:
    """Yield what a server leaves out, sends twice, or sends though it is not its own."""
    yield "ServerHello twice", Repeat(pdu="TLS.ServerHello", times=2)
    for name in ("Certificate", "ServerKeyExchange"):
        yield f"{name} left out", Withhold(pdu=f"TLS.{name}")
        yield f"{name} twice", Repeat(pdu=f"TLS.{name}", times=2)
    yield "CertificateRequest twice", Repeat(pdu="TLS.CertificateRequest", times=2)
    for name, octets in (("ClientHello", CLIENT_HELLO), ("an unknown message", UNKNOWN_MESSAGE)):
        yield f"{name} before Certificate", Insert(pdu="TLS.Certificate", at=0, octets=octets)


def _interrupted(role: Role, tls: Tls, octets: bytes, name: str) -> Steps:
    """Stop the handshake behind the first hello, send a plain record, and go on."""
    return (
        *begins(role, tls),
        SendTls(content="plain", octets=octets, name=name, may_break=True),
        Proceed(may_break=True),
    )


@tls_case("MSG/BI-order", ORDER, CHANGE_CIPHER, DATA, BY_SERVER_ONLY)
def order(role: Role) -> Iterator[Conversation]:
    """A {role} ends the connection on a message that is not due: left out, twice, unknown or for the other
    side to send; ChangeCipherSpec early, missing or behind the handshake; application data before Finished.

    A {peer} that takes the part of the other side in asking for another handshake is refused or passed over.
    """
    changes, usual, condition = _by_client(), Tls(), ""
    if role is Role.CLIENT:
        of_rsa = tuple(name for name in suites(ECDHE) if "_RSA_" in name)
        changes, usual = _by_server(), Tls(suites=of_rsa, credentials=RSA_SHOWN)
        condition = claimed(ECDHE, role)
    for label, change in changes:
        tls = Tls(suites=usual.suites, credentials=usual.credentials, mutations=(change,))
        yield conversation(refused(role, ORDER, tls), label=label, pics=condition)
    # A server's handshake is complete before the client says what it makes of the last messages.
    ends = TLS_REFUSED if role is Role.SERVER else TLS_ENDED
    changes_of_cipher: dict[str, AnyMutation] = {
        "left out": Withhold(pdu=CHANGE),
        "twice": Repeat(pdu=CHANGE, times=2),
    }
    for label, change in changes_of_cipher.items():
        yield conversation(
            begins(role, Tls(mutations=(change,))),
            refuse(CHANGE_CIPHER, ends, limit="limit.connect"),
            label=f"ChangeCipherSpec {label}",
        )
    hold = "TLS.ServerHello" if role is Role.SERVER else "TLS.ClientHello"
    for label, requirement, octets in (
        ("ChangeCipherSpec before the key exchange", CHANGE_CIPHER, CHANGE_RECORD),
        ("application data before the key exchange", DATA, DATA_RECORD),
    ):
        yield conversation(
            _interrupted(role, Tls(hold=hold), octets, label),
            refuse(requirement, TLS_ENDED, limit="limit.connect"),
            label=label,
        )
    yield conversation(
        begins(role, Tls()),
        expect(CHANGE_CIPHER, TLS_STANDS, limit="limit.connect"),
        SendTls(content="change-cipher-spec", octets=b"\x01", name=CHANGE, may_break=True),
        refuse(CHANGE_CIPHER, TLS_ENDED, limit="limit.connect"),
        label="ChangeCipherSpec behind the handshake",
    )
    yield conversation(
        begins(role, Tls()),
        expect(BY_SERVER_ONLY, TLS_STANDS, limit="limit.connect"),
        _of_the_other_side(role),
        label="asking for a handshake as the other side does",
    )


def _of_the_other_side(role: Role) -> Steps:
    if role is Role.SERVER:
        asks = SendTls(octets=HELLO_REQUEST, name="TLS.HelloRequest", may_break=True)
        taken = (TRANSPORT_CONNECTED, DECLINED, *TLS_ENDED)
        return (
            asks,
            OpenTransport(may_break=True),
            expect(BY_SERVER_ONLY, *taken, limit="limit.connect"),
        )
    asks = SendTls(octets=CLIENT_HELLO, name="TLS.ClientHello", may_break=True)
    return (asks, expect(BY_SERVER_ONLY, AARQ, DECLINED, *TLS_ENDED, limit="limit.associate"))
