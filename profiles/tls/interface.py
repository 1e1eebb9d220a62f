"""What every TLS machine offers: octets in, octets out, events.

A machine does one side of one TLS connection over whatever carries its octets; capture, segmentation,
stalls and time-outs belong to the driver (:mod:`tooling.net.secure_channel`). Two kinds share this interface:
the one over Python's ``ssl``, which lives in ``tooling.net`` because that module reads clock and randomness
by itself while ``profiles`` is sans-IO, and machines of our own, which can do what a library refuses.
"""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from conform62351.profiles.policy import Finding


class Established(msgspec.Struct, frozen=True):
    """A handshake is complete: application data may flow.

    It comes again after a renegotiation from machines that can tell. ``version`` is written ``TLSv1.2``;
    ``suite`` is the name in the IANA registry and ``code`` its number; ``peer_chain`` are the peer's
    certificates in DER, its own first and as many of the others as the machine could read, empty when it
    sent none; ``resumed`` tells an abbreviated handshake. What follows is known from machines of our own:
    ``ticket`` says that the session was resumed by a ticket or that one was issued, ``group`` is the number
    of the named group of ECDHE (0 for none), ``signature`` the pair of hash and signature with which the
    server signed its key exchange, and ``renegotiated`` tells a handshake after the first one.
    """

    version: str
    suite: str
    code: int
    peer_chain: tuple[bytes, ...]
    resumed: bool
    session_id: bytes = b""
    ticket: bool = False
    secure_renegotiation: bool = False
    extended_master_secret: bool = False
    encrypt_then_mac: bool = False
    group: int = 0
    signature: tuple[int, int] | None = None
    renegotiated: bool = False


class PlainData(msgspec.Struct, frozen=True):
    """Application data came."""

    octets: bytes


class AlertReceived(msgspec.Struct, frozen=True):
    """The peer sent an alert other than the close_notify of an orderly end.

    ``level`` and ``description`` are those of :class:`profiles.tls.alerts.Alert`.
    """

    level: str
    description: str


class AlertSent(msgspec.Struct, frozen=True):
    """This side sent an alert; ``description`` is empty when the machine cannot tell which."""

    level: str
    description: str


class CloseNotify(msgspec.Struct, frozen=True):
    """The peer has announced that it sends nothing more (RFC 5246 7.2.1)."""


class Truncated(msgspec.Struct, frozen=True):
    """The transport ended after the handshake without a close_notify."""


class TlsFailed(msgspec.Struct, frozen=True):
    """The connection failed and is of no more use; an alert that says so is in the output.

    ``reason`` is a sentence for people, ``alert`` the description of the alert that goes with it, received
    or sent.
    """

    reason: str
    alert: str | None = None


class HandshakeMessage(msgspec.Struct, frozen=True):
    """A message of the handshake, a ChangeCipherSpec or an alert went by, in order; evidence.

    ``name`` is such as ``TLS.ClientHello``; ``octets`` are those of the message with its header, unprotected.
    """

    direction: Literal["sent", "received"]
    name: str
    octets: bytes


class Found(msgspec.Struct, frozen=True):
    """A check found a fault; whether it ends the connection is told by TlsFailed behind it."""

    finding: Finding


class RenegotiationAsked(msgspec.Struct, frozen=True):
    """The peer asks for a renegotiation by HelloRequest, or begins one by ClientHello."""

    by: Literal["HelloRequest", "ClientHello"]


TlsEvent = (
    Established
    | PlainData
    | AlertReceived
    | AlertSent
    | CloseNotify
    | Truncated
    | TlsFailed
    | HandshakeMessage
    | Found
    | RenegotiationAsked
)


class TlsStateError(Exception):
    """A call that the machine's state refuses: data before the handshake or after the end."""


class TlsMachine(Protocol):
    """One side of one TLS connection; nothing in it waits, and one thread at a time may use it."""

    @property
    def established(self) -> Established | None:
        """What the last handshake came to; None before the first one is complete."""

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """The certificates that the peer has sent, as far as they could be read, also where it failed."""

    @property
    def session(self) -> object | None:
        """What makes another machine of this kind resume the session; None when there is nothing."""

    def start(self) -> list[TlsEvent]:
        """Begin the handshake: the client's first octets are in the output then."""

    def receive(self, octets: bytes) -> list[TlsEvent]:
        """Take octets of the peer, in pieces of any size; after the end they are passed over.

        All application data that can be read are in the events: nothing readable stays inside.
        """

    def receive_eof(self) -> list[TlsEvent]:
        """Take note that the transport has ended."""

    def send(self, octets: bytes) -> list[TlsEvent]:
        """Protect application data; the records are in the output.

        Raises:
            TlsStateError: no handshake is complete, or this side has ended.
        """

    def close_notify(self) -> list[TlsEvent]:
        """Announce that this side sends nothing more; before the handshake is complete nothing happens."""

    def take_output(self) -> bytes:
        """Return what is to be handed to the transport, and forget it."""
