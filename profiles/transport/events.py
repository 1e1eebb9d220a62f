"""What the transport machine tells the session layer."""

from __future__ import annotations

from dataclasses import dataclass

from conform62351.profiles.events import Closed, CloseRequested, Faulted, Noted, Undecodable
from conform62351.profiles.transport.cotp import CC, CR, DR, ER


@dataclass(frozen=True, slots=True)
class TransportIndication:
    """A CR came and was accepted (server); the CC is queued."""

    cr: CR


@dataclass(frozen=True, slots=True)
class TransportConfirm:
    """The CC came (client)."""

    cc: CC


@dataclass(frozen=True, slots=True)
class TransportRefused:
    """A DR came: the peer refuses the connection."""

    dr: DR


@dataclass(frozen=True, slots=True)
class TransportError:
    """An ER came: the peer could not make sense of a TPDU."""

    er: ER


@dataclass(frozen=True, slots=True)
class Tsdu:
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
