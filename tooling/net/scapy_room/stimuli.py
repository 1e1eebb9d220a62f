"""TCP segments that no socket would send: half-open, overlapping, out of order, one octet each.

A :class:`RawConnection` is a connection that the kernel knows nothing of. A listening socket with a filter
that drops everything keeps its port, so that the kernel does not answer the peer with RST. Root or
CAP_NET_RAW is needed.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

from conform62351.tooling.net import bpf
from conform62351.tooling.net.channel import End
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.connecting import resolve
from conform62351.tooling.net.errors import ConnectTimeout, NetError, PrivilegeMissing, TcpRefused
from conform62351.tooling.net.flow import Address, address_of
from conform62351.tooling.net.interfaces import has_link_header, interface_towards, open_tap
from conform62351.tooling.net.reassembly import ACK, FIN, RST, SYN

PSH_ACK: Final = 0x18
RETRY_AFTER_S: Final = 1.0
MOST_EARLY: Final = 256
"""Segments of the peer that are kept until their turn comes; it has to send what is dropped once more."""
_LARGEST_FRAME: Final = 262_144
_WINDOW: Final = 0xFFFF

Pieces = Sequence[tuple[int, bytes]]
"""What to send, in order of sending: offset within the message, octets."""


def in_order(octets: bytes, size: int) -> Pieces:
    """Cut ``octets`` into segments of ``size`` octets."""
    return [(start, octets[start : start + size]) for start in range(0, len(octets), size)]


def backwards(octets: bytes, size: int) -> Pieces:
    """Cut ``octets`` into segments of ``size`` octets, the last one first."""
    return in_order(octets, size)[::-1]


def overlapping(octets: bytes, size: int, overlap: int) -> Pieces:
    """Cut ``octets`` into segments of ``size`` new octets, each repeating ``overlap`` octets before them."""
    return [
        (max(start - overlap, 0), octets[max(start - overlap, 0) : start + size])
        for start in range(0, len(octets), size)
    ]


class RawConnection:
    """A hand-made TCP connection to ``host`` (numeric IPv4 or IPv6 address).

    :meth:`request` leaves it half-open; :meth:`establish` completes it. What the peer sends is acknowledged
    by :meth:`receive` and :meth:`settle` alone.
    """

    def __init__(self, host: str, port: int, *, clock: Clock, seed: int = 0) -> None:
        """Reserve a local port.

        Raises:
            PrivilegeMissing: this process may not open raw sockets.
            NetError: ``host`` is no address, or there is no route to it.
        """
        family, target = resolve(host, port, limit=5.0)[0]
        interface = interface_towards(target[0])
        if interface is None:
            raise NetError(f"{host}: no route")
        self.clock = clock
        self.remote = address_of(target)
        self._ipv6 = family == socket.AF_INET6
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect(target)
            own = probe.getsockname()
        self._sockets = ExitStack()
        try:
            keeper = self._sockets.enter_context(socket.socket(family, socket.SOCK_STREAM))
            bpf.attach(keeper, bpf.DROP_ALL)
            keeper.bind((own[0], 0, *own[2:]))
            keeper.listen(1)
            self.local = address_of(keeper.getsockname())
            self._tap = self._sockets.enter_context(open_tap(interface, {self.local.port}))
            self._wire = self._sockets.enter_context(
                socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW)
            )
        except BaseException as error:
            self._sockets.close()
            if isinstance(error, PermissionError):
                raise PrivilegeMissing("raw sockets need root or CAP_NET_RAW") from error
            raise
        self._initial = random.Random(seed or self.local.port).getrandbits(32)
        self._expected: int | None = None
        self._sent = 0
        self.acknowledged = 0
        """Octets of ours that the peer's TCP has acknowledged."""
        self.end: End | None = None
        """How the peer has ended its side, once it has."""
        self._finished = 0
        self._early: dict[int, bytes] = {}

    def request(self) -> None:
        """Send SYN; without :meth:`establish` the connection stays half-open."""
        self._transmit(SYN, self._initial, b"")

    def establish(self, limit: float) -> None:
        """Open the connection.

        Raises:
            TcpRefused: RST came back.
            ConnectTimeout: nothing came back within ``limit`` seconds.
        """
        deadline = self.clock.monotonic() + limit
        while self._expected is None:
            remaining = deadline - self.clock.monotonic()
            if remaining <= 0:
                raise ConnectTimeout(f"{self.remote}: no answer in {limit:g} s")
            self.request()
            self._listen(min(remaining, RETRY_AFTER_S))
            if self.end is not None:
                raise TcpRefused(f"{self.remote}: connection refused")
        self._acknowledge()

    def send(self, pieces: Pieces, *, pause: float = 0.0) -> None:
        """Send ``pieces`` as one segment each; their offsets count from the octet after all sent before.

        Nothing is sent again: compare ``acknowledged`` after :meth:`settle` to know whether all arrived.
        """
        furthest = 0
        for offset, octets in pieces:
            self._transmit(PSH_ACK, self._initial + 1 + self._sent + offset, octets)
            furthest = max(furthest, offset + len(octets))
            self.clock.sleep(pause)
        self._sent += furthest

    def send_again(self, pieces: Pieces, back: int) -> None:
        """Send ``pieces`` of what was sent before; offsets count from ``back`` octets before the end."""
        for offset, octets in pieces:
            self._transmit(PSH_ACK, self._initial + 1 + self._sent - back + offset, octets)

    def settle(self, limit: float) -> bool:
        """Wait until the peer's TCP has acknowledged all that was sent; return whether it has.

        Octets that come meanwhile are kept for :meth:`receive`.
        """
        deadline = self.clock.monotonic() + limit
        while self.acknowledged < self._sent and self.end is None:
            remaining = deadline - self.clock.monotonic()
            if remaining <= 0:
                break
            self._listen(remaining)
        return self.acknowledged >= self._sent

    def receive(self, limit: float) -> bytes | End:
        """Return the next octets in order and acknowledge them, or why there are none."""
        deadline = self.clock.monotonic() + limit
        while True:
            octets = self._in_order()
            if octets:
                self._acknowledge()
                return octets
            if self.end is not None:
                return self.end
            remaining = deadline - self.clock.monotonic()
            if remaining <= 0:
                return End.TIMEOUT
            self._listen(remaining)

    @property
    def unacknowledged(self) -> int:
        """Octets that were sent and that the peer's TCP has not acknowledged."""
        return max(self._sent - self.acknowledged, 0)

    def finish(self) -> None:
        """Send FIN: nothing more is sent."""
        self._transmit(FIN | ACK, self._next, b"")
        self._finished = 1

    def reset(self) -> None:
        """Send RST."""
        self._transmit(RST | ACK, self._next, b"")

    def fileno(self) -> int:
        """Return the descriptor that segments are read from, -1 once closed."""
        return self._tap.fileno()

    def close(self) -> None:
        """Give the port back; nothing is sent, and the kernel answers the peer from now on."""
        self._sockets.close()

    def __enter__(self) -> RawConnection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _transmit(self, flags: int, sequence: int, octets: bytes) -> None:
        from scapy.layers.inet import IP, TCP
        from scapy.layers.inet6 import IPv6

        network = IPv6 if self._ipv6 else IP
        segment = TCP(
            sport=self.local.port,
            dport=self.remote.port,
            seq=sequence & 0xFFFFFFFF,
            ack=self._expected or 0,
            flags=flags,
            window=_WINDOW,
        )
        packet = bytes(network(src=self.local.host, dst=self.remote.host) / segment / octets)
        try:
            self._wire.sendto(packet, (self.remote.host, 0))
        except OSError as error:
            raise NetError(f"{self.remote}: {error.strerror}") from error

    @property
    def _next(self) -> int:
        """The sequence number of what is sent next."""
        return self._initial + 1 + self._sent + self._finished

    def _acknowledge(self) -> None:
        self._transmit(ACK, self._next, b"")

    def _listen(self, limit: float) -> None:
        """Take in one segment of the peer, or return after ``limit`` seconds."""
        self._tap.settimeout(max(limit, 0.001))
        try:
            frame = self._tap.recv(_LARGEST_FRAME)
        except TimeoutError:
            return
        segment = self._of_peer(frame)
        if segment is not None:
            self._take(segment)

    def _of_peer(self, frame: bytes) -> Any:
        """Return the TCP layer of a frame that the peer sent on this connection, or None."""
        from scapy.layers.inet import IP, TCP
        from scapy.layers.inet6 import IPv6
        from scapy.layers.l2 import Ether

        network = IPv6 if self._ipv6 else IP
        link: Any = Ether if has_link_header(self._tap) else network
        packet = link(frame).getlayer(network)
        tcp = packet.getlayer(TCP) if packet is not None else None
        if tcp is None or Address(packet.src, tcp.sport) != self.remote or tcp.dport != self.local.port:
            return None
        return tcp

    def _take(self, tcp: Any) -> None:
        flags = int(tcp.flags)
        if flags & RST:
            self.end = End.RESET
            return
        if flags & SYN:
            self._expected = (tcp.seq + 1) & 0xFFFFFFFF
            return
        if flags & ACK:
            covered = (tcp.ack - self._initial - 1) & 0xFFFFFFFF
            if covered <= self._sent + _WINDOW:
                self.acknowledged = max(self.acknowledged, covered)
        octets = bytes(tcp.payload)
        if self._expected is None or (tcp.seq - self._expected) & 0xFFFFFFFF > _WINDOW:
            # It came before, or is nothing that the window has room for.
            return
        if octets and len(self._early) < MOST_EARLY:
            self._early[tcp.seq] = octets
        if flags & FIN:
            self._early[(tcp.seq + len(octets)) & 0xFFFFFFFF] = b""

    def _in_order(self) -> bytes:
        taken = b""
        while self._expected is not None and self._expected in self._early:
            octets = self._early.pop(self._expected)
            if not octets:
                self.end = End.CLOSED
                self._expected = (self._expected + 1) & 0xFFFFFFFF
                break
            taken += octets
            self._expected = (self._expected + len(octets)) & 0xFFFFFFFF
        return taken
