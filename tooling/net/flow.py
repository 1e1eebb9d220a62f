"""Names for what flows over TCP: addresses, connections, streams, how they end, and who wants to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count
from typing import Any, Final, Protocol

from conform62351.tooling.net.clock import Clock

RECEIVE_SIZE: Final = 65536

_numbers = count(1)


class End(Enum):
    """Why a receive returned no octets."""

    CLOSED = "closed"
    """The peer closed in order (FIN), or TLS has ended; :attr:`Stream.alert` tells whether by an alert."""
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


class Stream(Protocol):
    """What carries octets both ways: a TCP channel, or TLS over one.

    One thread may send while another receives.
    ``poll`` on :meth:`fileno` tells that :meth:`receive` has something to return, or to read at least.
    """

    @property
    def flow(self) -> Flow:
        """The TCP connection."""

    @property
    def clock(self) -> Clock:
        """The clock that its limits are measured by."""

    @property
    def alert(self) -> str:
        """Description of the fatal TLS alert by which the peer ended the connection, empty without one."""

    def send(self, octets: bytes, *, segments: Sequence[int] = (), pause: float = 0.0, limit: float) -> int:
        """Send ``octets``, in pieces of the sizes in ``segments`` with ``pause`` seconds between them.

        Raises:
            SendIncomplete: the peer closed, reset or no longer read.
        """

    def receive(self, limit: float, size: int = RECEIVE_SIZE) -> bytes | End:
        """Return octets as soon as some are there, or why there are none after ``limit`` seconds.

        ``size`` bounds what is read from TCP at once.

        Raises:
            ConnectionLost: the network no longer carries the connection.
        """

    def unacknowledged(self) -> int:
        """Return how many octets handed to TCP the peer's TCP has not acknowledged; 0 once closed."""

    def half_close(self) -> None:
        """Tell the peer that nothing more is sent, and go on receiving."""

    def interrupt(self) -> None:
        """End the connection so that a thread that waits in :meth:`receive` returns at once."""

    def close(self) -> None:
        """Close in order."""

    def reset(self) -> None:
        """Close with RST."""

    def fileno(self) -> int:
        """Return the socket's file descriptor, -1 once closed."""


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
