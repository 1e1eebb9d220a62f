"""The tester's end of syslog over TLS: it collects what devices log (RFC 5424 messages, RFC 5425 framing).

IEC 62351-14 sends the log over TCP with TLS to port 6514, never over UDP (E).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conform62351.profiles.syslog_framing import FrameReader
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.flow import Address, End, Stream
from conform62351.tooling.net.service import Service

PORT = 6514
"""Syslog over TLS (RFC 5425)."""
MAXIMUM_CONNECTIONS = 16
MOST_OCTETS = 64 * 1024 * 1024
"""What is kept of all messages together; a device that floods the collector fills no memory."""
MOST_REMARKS = 100
RECEIVE_LIMIT_S = 1.0
STOP_LIMIT_S = 2.0
LARGEST_DATAGRAM = 65535


@dataclass(frozen=True, slots=True)
class Message:
    """A syslog message; ``at`` is when it had come, seconds since 1970 by the tester's clock."""

    octets: bytes
    at: float
    sender: Address
    connection: int


class LogCollector:
    """Collects on ``listener``; ``secure`` makes TLS of each connection and raises NetError when it fails.

    Messages stand in the order in which they came, over however many connections. What is none, a handshake
    that fails, and datagrams at the same port are told by :attr:`remarks`, and end nothing but their own
    connection.
    """

    def __init__(self, listener: Listener, secure: Callable[[Channel], Stream]) -> None:
        self.address = listener.address
        self._clock = listener.clock
        self._running = False
        self._secure = secure
        self._lock = threading.Condition()
        self._messages: list[Message] = []
        self._octets = 0
        self._connections = 0
        self._opened = 0
        self._remarks: list[str] = []
        self._service = Service(listener, self._collect, bound=MAXIMUM_CONNECTIONS)
        self._datagrams = _datagram_socket(self.address)

    def start(self) -> None:
        """Begin to collect."""
        self._service.start()
        self._running = True

    def pause(self) -> None:
        """End all connections and take none, until :meth:`resume`."""
        if self._running:
            self._running = False
            self._service.stop(STOP_LIMIT_S)
            with self._lock:
                self._connections = 0

    def resume(self) -> None:
        """Collect again, at the same port.

        Raises:
            AddressUnavailable: the port has been taken meanwhile.
        """
        if not self._running:
            listener = Listener.bind(self.address.host, self.address.port, clock=self._clock)
            self._service = Service(listener, self._collect, bound=MAXIMUM_CONNECTIONS)
            self.start()

    def stop(self) -> None:
        """End all connections and free the port."""
        if self._running:
            self._running = False
            self._service.stop(STOP_LIMIT_S)
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None

    @property
    def connected(self) -> bool:
        """Whether a device has connected and passed the TLS handshake since the collector is there."""
        with self._lock:
            return self._connections > 0

    def wait_for_sender(self, limit: float) -> bool:
        """Wait up to ``limit`` seconds for the first device to connect; return whether one has."""
        with self._lock:
            return self._lock.wait_for(lambda: self._connections > 0, limit)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What came that is no syslog over TLS, in the order in which it was seen."""
        self._look_for_datagrams()
        with self._lock:
            return tuple(self._remarks)

    def messages(self, start: int = 0) -> Sequence[Message]:
        """Return the messages that came, without the first ``start`` of them."""
        with self._lock:
            return self._messages[start:]

    def _collect(self, channel: Channel) -> None:
        sender = channel.flow.remote
        try:
            stream = self._secure(channel)
        except NetError as error:
            self._remark(f"{sender}: no TLS: {error}")
            return
        with self._lock:
            self._opened += 1
            self._connections += 1
            number = self._opened
            self._lock.notify_all()
        reader = FrameReader()
        while not reader.fault:
            try:
                got = stream.receive(RECEIVE_LIMIT_S)
            except NetError as error:
                self._remark(f"{sender}: {error}")
                break
            ended = got in (End.CLOSED, End.RESET)
            if ended:
                reader.receive_eof()
            self._keep(reader, got if isinstance(got, bytes) else b"", sender, number)
            if ended:
                break
        stream.close()

    def _keep(self, reader: FrameReader, octets: bytes, sender: Address, number: int) -> None:
        """Keep the messages that ``octets`` complete, and what is wrong behind them, both at once."""
        messages = reader.receive(octets)
        at = self._clock.unix()
        with self._lock:
            if reader.fault:
                self._note(f"{sender}: {reader.fault}")
            for octets in messages:
                if self._octets + len(octets) > MOST_OCTETS:
                    self._note(f"{sender}: more than {MOST_OCTETS} octets of messages; further ones are lost")
                    return
                self._octets += len(octets)
                self._messages.append(Message(octets, at, sender, number))

    def _look_for_datagrams(self) -> None:
        with self._lock:
            for _ in range(MOST_REMARKS):
                if self._datagrams is None:
                    return
                try:
                    octets, sender = self._datagrams.recvfrom(LARGEST_DATAGRAM)
                except OSError:
                    return
                self._note(f"{Address(sender[0], sender[1])}: a datagram of {len(octets)} octets over UDP")

    def _remark(self, text: str) -> None:
        with self._lock:
            self._note(text)

    def _note(self, text: str) -> None:
        """Keep a remark; the lock is held."""
        if len(self._remarks) < MOST_REMARKS and text not in self._remarks:
            self._remarks.append(text)


def _datagram_socket(address: Address) -> socket.socket | None:
    """Return a UDP socket on ``address``, to see what must not come; None where it cannot be had."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        made.bind((address.host, address.port))
        made.setblocking(False)
    except OSError:
        made.close()
        return None
    return made
