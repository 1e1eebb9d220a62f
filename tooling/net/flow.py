"""Names for what flows over TCP: addresses, connections, how they end, and who wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Any, Protocol

_numbers = count(1)


class End(Enum):
    """Why a receive returned no octets."""

    CLOSED = "closed"
    """The peer closed in order (FIN)."""
    RESET = "reset"
    """The peer sent RST."""
    TIMEOUT = "timeout"
    """Nothing came within the limit; the connection stands."""


@dataclass(frozen=True, slots=True)
class Address:
    """One end of a TCP connection: numeric IPv4 or IPv6 address and port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Flow:
    """Which connection octets belong to: ``number`` is unique in this process.

    ``initiated`` tells that this side sent the SYN.
    """

    number: int
    local: Address
    remote: Address
    initiated: bool

    @classmethod
    def of(cls, local: Any, remote: Any, initiated: bool) -> Flow:
        """Number a connection between two socket addresses as the ``socket`` module gives them."""
        return cls(next(_numbers), address_of(local), address_of(remote), initiated)


class Recorder(Protocol):
    """What wants to know every octet of a channel. ``at`` is seconds of the channel's monotonic clock.

    ``outgoing`` is the direction as this side sees it.
    """

    def opened(self, flow: Flow, at: float) -> None:
        """A connection stands."""

    def refused(self, flow: Flow, at: float) -> None:
        """The SYN of this side was answered with RST."""

    def carried(self, flow: Flow, outgoing: bool, octets: bytes, at: float) -> None:
        """Octets were handed to TCP, or came from it."""

    def ended(self, flow: Flow, outgoing: bool, end: End, at: float) -> None:
        """One direction ended with FIN (CLOSED), or the connection with RST (RESET)."""


def address_of(address: Any) -> Address:
    """Return host and port of a socket address of the ``socket`` module."""
    return Address(address[0], address[1])
