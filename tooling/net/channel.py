"""Blocking TCP channels with a limit on every wait, for the tester and the reference device alike."""

from __future__ import annotations

import errno
import select
import socket
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fcntl import ioctl
from itertools import count
from typing import Any, Protocol

from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import (
    AddressUnavailable,
    ConnectionLost,
    ConnectTimeout,
    NetError,
    SendIncomplete,
    TcpRefused,
)

KEEP_ALIVE_IDLE_S = 10
KEEP_ALIVE_INTERVAL_S = 5
KEEP_ALIVE_PROBES = 3
"""Annex H wants the keep-alive of TCP in use and does not publicly say how fast (I)."""

RECEIVE_SIZE = 65536
SIOCOUTQ = 0x5411

_numbers = count(1)
_getaddrinfo_flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


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


class Channel:
    """A connected TCP socket. One thread may send while another receives.

    Use :meth:`connect` or :meth:`Listener.accept` to get one.
    """

    def __init__(
        self,
        sock: socket.socket,
        *,
        clock: Clock,
        recorder: Recorder | None = None,
        initiated: bool = False,
    ) -> None:
        """Take over ``sock``.

        Raises:
            ConnectionLost: the peer is gone already.
        """
        sock.setblocking(False)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEP_ALIVE_PROBES)
            self.flow = Flow(
                next(_numbers), _address(sock.getsockname()), _address(sock.getpeername()), initiated
            )
        except OSError as error:
            sock.close()
            raise ConnectionLost(f"the peer left at once: {error.strerror}") from error
        self.clock = clock
        self.recorder = recorder
        self._socket = sock
        self._now = clock.monotonic
        self._readable = select.poll()
        self._readable.register(sock, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sock, select.POLLOUT)
        self._end: End | None = None
        if recorder is not None:
            recorder.opened(self.flow, self._now())

    @classmethod
    def connect(
        cls,
        host: str,
        port: int,
        *,
        limit: float,
        clock: Clock,
        bind: str | None = None,
        recorder: Recorder | None = None,
    ) -> Channel:
        """Open a connection to ``host`` (IPv4, IPv6 or a name), from the local address ``bind``.

        The addresses of a name are tried in turn; ``limit`` (seconds) bounds the whole.

        Raises:
            TcpRefused: RST came back.
            ConnectTimeout: nothing came back.
            AddressUnavailable: ``bind`` is none of ours.
            NetError: unknown name, no route, and the like.
        """
        deadline = clock.monotonic() + limit
        candidates = resolve(host, port, limit)
        failure: NetError = NetError(f"{host}: no address")
        for left, (family, address) in zip(range(len(candidates), 0, -1), candidates, strict=True):
            remaining = max(deadline - clock.monotonic(), 0.0) / left
            try:
                sock = _connect(family, address, bind, remaining, clock, recorder)
                return cls(sock, clock=clock, recorder=recorder, initiated=True)
            except NetError as error:
                failure = error
        raise failure

    def send(
        self, octets: bytes, *, segments: Sequence[int] = (), pause: float = 0.0, limit: float
    ) -> int:
        """Send ``octets`` and return how many were handed to TCP: all of them.

        ``segments`` cuts them into pieces of these sizes, each sent by itself after the one before;
        the last size repeats, so that ``(1,)`` sends octet by octet. ``pause`` seconds lie between
        pieces. ``limit`` bounds the time that the peer's full window may cost, without the pauses.

        Raises:
            SendIncomplete: the peer closed, reset or no longer read.
        """
        if not segments:
            return self._send(octets, 0, len(octets), limit)
        spent = 0.0
        done = 0
        sizes = iter(segments)
        size = 1
        while done < len(octets):
            size = max(next(sizes, size), 1)
            if done and pause:
                self.clock.sleep(pause)
            began = self._now()
            self._send(octets[done : done + size], done, len(octets), limit - spent)
            spent += self._now() - began
            done = min(done + size, len(octets))
        return done

    def _send(self, octets: bytes, before: int, wanted: int, limit: float) -> int:
        done = 0
        deadline: float | None = None
        view: bytes | memoryview = octets
        while True:
            try:
                taken = self._socket.send(view)
            except BlockingIOError:
                taken = 0
            except OSError as error:
                raise self._cannot_send(error, before + done, wanted) from error
            if taken:
                if self.recorder is not None:
                    self.recorder.carried(self.flow, True, bytes(view[:taken]), self._now())
                done += taken
            if done >= len(octets):
                return done
            now = self._now()
            if deadline is None:
                deadline = now + limit
            if now >= deadline or not self._writable.poll((deadline - now) * 1000):
                raise SendIncomplete(before + done, wanted, End.TIMEOUT.value)
            view = memoryview(octets)[done:]

    def _cannot_send(self, error: OSError, done: int, wanted: int) -> NetError:
        if error.errno == errno.ECONNRESET:
            # The kernel reports a reset once; a receive that comes later would read it as FIN.
            self._ended(End.RESET)
            return SendIncomplete(done, wanted, End.RESET.value)
        if error.errno in (errno.EPIPE, errno.EBADF, errno.ENOTCONN, errno.ESHUTDOWN):
            return SendIncomplete(done, wanted, (self._end or End.CLOSED).value)
        return ConnectionLost(f"{self.flow.remote}: {error.strerror}")

    def receive(self, limit: float, size: int = RECEIVE_SIZE) -> bytes | End:
        """Return octets as soon as some are there, or why there are none after ``limit`` seconds.

        After CLOSED or RESET every further call returns the same.

        Raises:
            ConnectionLost: the network no longer carries the connection.
        """
        if not self._readable.poll(limit * 1000 if limit > 0 else 0):
            return self._end or End.TIMEOUT
        try:
            octets = self._socket.recv(size)
        except BlockingIOError:
            return self._end or End.TIMEOUT
        except ConnectionResetError:
            return self._ended(End.RESET)
        except OSError as error:
            if error.errno in (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH):
                raise ConnectionLost(f"{self.flow.remote}: {error.strerror}") from error
            # EPIPE: the peer answered octets sent after its FIN with RST. EBADF: closed on this side.
            return self._ended(self._end or End.CLOSED)
        if not octets:
            return self._ended(self._end or End.CLOSED)
        if self.recorder is not None:
            self.recorder.carried(self.flow, False, octets, self._now())
        return octets

    def _ended(self, end: End) -> End:
        if self._end is None:
            self._end = end
            if self.recorder is not None:
                self.recorder.ended(self.flow, False, end, self._now())
        return self._end

    def unacknowledged(self) -> int:
        """Return how many octets handed to TCP the peer's TCP has not acknowledged; 0 once closed."""
        try:
            return int(struct.unpack("i", ioctl(self._socket, SIOCOUTQ, bytes(4)))[0])
        except (OSError, ValueError):
            return 0

    def half_close(self) -> None:
        """Send FIN and go on receiving; nothing happens when the connection is gone."""
        self._shut(socket.SHUT_WR)

    def interrupt(self) -> None:
        """End the connection so that a thread that waits in :meth:`receive` returns at once."""
        self._shut(socket.SHUT_RDWR)

    def _shut(self, how: int) -> None:
        try:
            self._socket.shutdown(how)
        except OSError:
            return
        if self.recorder is not None:
            self.recorder.ended(self.flow, True, End.CLOSED, self._now())

    def close(self) -> None:
        """Close in order. With unread octets in the receive queue the kernel sends RST instead of FIN."""
        if self._socket.fileno() < 0:
            return
        self._shut(socket.SHUT_WR)
        self._socket.close()

    def reset(self) -> None:
        """Close with RST."""
        if self._socket.fileno() < 0:
            return
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        if self.recorder is not None:
            self.recorder.ended(self.flow, True, End.RESET, self._now())

    def fileno(self) -> int:
        """Return the socket's file descriptor, -1 once closed."""
        return self._socket.fileno()

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Listener:
    """A listening TCP socket; use :meth:`bind` to get one."""

    def __init__(self, sock: socket.socket, *, clock: Clock, recorder: Recorder | None = None) -> None:
        sock.setblocking(False)
        self.clock = clock
        self.recorder = recorder
        self.address = _address(sock.getsockname())
        self._socket = sock
        self._readable = select.poll()
        self._readable.register(sock, select.POLLIN)

    @classmethod
    def bind(
        cls,
        host: str,
        port: int = 0,
        *,
        clock: Clock,
        backlog: int = 128,
        recorder: Recorder | None = None,
    ) -> Listener:
        """Listen on ``host`` (an address or name of this machine); port 0 takes a free one.

        Raises:
            AddressUnavailable: in use, not of this machine, or not allowed.
            NetError: unknown name.
        """
        family, address = resolve(host, port, limit=5.0)[0]
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
            sock.listen(backlog)
        except OSError as error:
            sock.close()
            raise AddressUnavailable(f"{Address(host, port)}: {error.strerror}") from error
        return cls(sock, clock=clock, recorder=recorder)

    def accept(self, limit: float) -> Channel | None:
        """Return the next connection, or None after ``limit`` seconds or when closed meanwhile."""
        if not self._readable.poll(limit * 1000 if limit > 0 else 0):
            return None
        try:
            sock, _ = self._socket.accept()
        except OSError:
            return None
        try:
            return Channel(sock, clock=self.clock, recorder=self.recorder)
        except ConnectionLost:
            return None

    def close(self) -> None:
        """Stop listening; a thread that waits in :meth:`accept` returns."""
        if self._socket.fileno() < 0:
            return
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        finally:
            self._socket.close()

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def resolve(host: str, port: int, limit: float) -> list[tuple[int, Any]]:
    """Return (address family, socket address) for ``host``, without duplicates, in the resolver's order.

    Raises:
        NetError: unknown name, impossible port, or the resolver does not answer within ``limit`` seconds.
    """
    if not 0 <= port <= 65535:
        raise NetError(f"{port} is no TCP port")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=_getaddrinfo_flags)
    except (OSError, UnicodeError):
        found = _resolve_name(host, port, limit)
    return list(dict.fromkeys((entry[0], entry[4]) for entry in found))


def _resolve_name(host: str, port: int, limit: float) -> list[Any]:
    """The resolver takes no limit of its own, so it works in a thread that may be left behind."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            outcome.append(error)

    thread = threading.Thread(target=work, name="resolver", daemon=True)
    thread.start()
    thread.join(limit)
    if not outcome:
        raise ConnectTimeout(f"{host}: the name was not resolved in {limit:g} s")
    if isinstance(outcome[0], Exception):
        raise NetError(f"{host}: {getattr(outcome[0], 'strerror', None) or 'no valid name'}")
    return list(outcome[0])


def _connect(
    family: int, address: Any, bind: str | None, limit: float, clock: Clock, recorder: Recorder | None
) -> socket.socket:
    remote = _address(address)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if bind is not None:
            _bind(sock, family, bind)
        code = sock.connect_ex(address)
        if code == errno.EINPROGRESS:
            waiter = select.poll()
            waiter.register(sock, select.POLLOUT)
            if not waiter.poll(limit * 1000):
                raise ConnectTimeout(f"{remote}: no answer in {limit:.3g} s")
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        # A free port of the ephemeral range may be taken by this very socket: TCP then connects it to itself.
        itself = code == 0 and sock.getsockname() == address
        if code == errno.ECONNREFUSED or itself:
            if recorder is not None:
                flow = Flow(next(_numbers), _address(sock.getsockname()), remote, True)
                recorder.refused(flow, clock.monotonic())
            raise TcpRefused(f"{remote}: connection refused")
        if code == errno.ETIMEDOUT:
            raise ConnectTimeout(f"{remote}: no answer")
        if code:
            raise NetError(f"{remote}: {errno.errorcode.get(code, code)}")
    except BaseException:
        sock.close()
        raise
    return sock


def _bind(sock: socket.socket, family: int, host: str) -> None:
    try:
        for candidate, address in resolve(host, 0, limit=5.0):
            if candidate == family:
                sock.bind(address)
                return
    except OSError as error:
        raise AddressUnavailable(f"{host}: {error.strerror}") from error
    raise AddressUnavailable(f"{host}: not an address of the peer's IP version")


def _address(address: Any) -> Address:
    return Address(address[0], address[1])
