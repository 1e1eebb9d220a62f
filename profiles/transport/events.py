"""What the transport machine tells the session layer."""

from __future__ import annotations

import msgspec

from conform62351.profiles.events import Closed, CloseRequested, Faulted, Noted, Undecodable
from conform62351.profiles.transport.cotp import CC, CR, DR, ER


class TransportIndication(msgspec.Struct, frozen=True):
    """A CR came and was accepted (server); the CC is queued."""

    cr: CR


class TransportConfirm(msgspec.Struct, frozen=True):
    """The CC came (client)."""

    cc: CC


class TransportRefused(msgspec.Struct, frozen=True):
    """A DR came: the peer refuses the connection."""

    dr: DR


class TransportError(msgspec.Struct, frozen=True):
    """An ER came: the peer could not make sense of a TPDU."""

    er: ER


class Tsdu(msgspec.Struct, frozen=True):
    """One whole TSDU, reassembled."""

    octets: bytes


TransportEvent = (
    TransportIndication
    | TransportConfirm
    | TransportRefused
    | TransportError
    | Tsdu
    | Faulted
    | Noted
    | Undecodable
    | CloseRequested
    | Closed
)
