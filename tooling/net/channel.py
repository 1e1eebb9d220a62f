"""Blocking TCP channels with a limit on every wait, for the tester and the reference device alike."""

from __future__ import annotations

import errno
import select
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from fcntl import ioctl
from typing import Any

from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.connecting import have_buffers, open_socket, resolve
from conform62351.tooling.net.errors import AddressUnavailable, ConnectionLost, NetError, SendIncomplete
from conform62351.tooling.net.flow import RECEIVE_SIZE, Address, End, Flow, Recorder, address_of

__all__ = ["Address", "Channel", "End", "Flow", "Listener", "Recorder"]

KEEP_ALIVE_IDLE_S = 10
KEEP_ALIVE_INTERVAL_S = 5
KEEP_ALIVE_PROBES = 3
"""Annex H wants the keep-alive of TCP in use and does not publicly say how fast (I)."""

SIOCOUTQ = 0x5411


class Channel:
    """A connected TCP socket. One thread may send while another receives.

    Use :meth:`connect` or :meth:`Listener.accept` to get one.
    """

    alert = ""

    def __init__(
        self,
        sock: socket.socket,
        *,
        clock: Clock,
        recorder: Recorder | None = None,
        initiated: bool = False,
        remote: Any = None,
    ) -> None:
        """Take over ``sock``; ``remote`` is its peer's address where that is known.

        Raises:
            ConnectionLost: the peer is gone already, and its address is not known.
        """
        self._end: End | None = None
        sock.setblocking(False)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEP_ALIVE_PROBES)
            try:
                remote = sock.getpeername()
            except OSError:
                if remote is None:
                    raise
                self._end = End.RESET
            self.flow = Flow.of(sock.getsockname(), remote, initiated)
        except OSError as error:
            sock.close()
            raise ConnectionLost(f"the peer left at once: {error.strerror}") from error
        self.clock = clock
        self.recorder = recorder
        self._socket = sock
        self._now = clock.monotonic
        self._readable = select.poll()
        self._readable.register(sock, select.POLLIN)
        self._sent_fin = False
        if recorder is not None:
            recorder.opened(self.flow, self._now())
            if self._end is not None:
                recorder.ended(self.flow, False, self._end, self._now())

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
        buffers: int = 0,
    ) -> Channel:
        """Open a connection to ``host`` (IPv4, IPv6 or a name), from the local address ``bind``.

        The addresses of a name are tried in turn; ``limit`` (seconds) bounds the whole. ``buffers`` are the
        octets that TCP buffers in each direction, 0: as usual.

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
                sock = open_socket(family, address, bind, remaining, clock, recorder, buffers)
                return cls(sock, clock=clock, recorder=recorder, initiated=True, remote=address)
            except NetError as error:
                failure = error
        raise failure

    def send(self, octets: bytes, *, segments: Sequence[int] = (), pause: float = 0.0, limit: float) -> int:
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
            if now >= deadline or not self._takes_more(deadline - now):
                raise SendIncomplete(before + done, wanted, End.TIMEOUT.value)
            view = memoryview(octets)[done:]

    def _takes_more(self, limit: float) -> bool:
        """Return whether TCP takes more octets within ``limit`` seconds."""
        writable = select.poll()
        try:
            writable.register(self._socket, select.POLLOUT)
        except ValueError:
            # Closed meanwhile by another thread: sending more tells so.
            return True
        return bool(writable.poll(limit * 1000))

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

    def stop_receiving(self) -> None:
        """Make the socket readable for good; the peer is told nothing, and what it still sends is dropped."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)

    def interrupt(self) -> None:
        """End the connection so that a thread that waits in :meth:`receive` returns at once."""
        self._shut(socket.SHUT_RDWR)

    def _shut(self, how: int) -> None:
        try:
            self._socket.shutdown(how)
        except OSError:
            return
        if self.recorder is not None and not self._sent_fin:
            self.recorder.ended(self.flow, True, End.CLOSED, self._now())
        self._sent_fin = True

    def close(self) -> None:
        """Close in order. With unread octets in the receive queue the kernel sends RST instead of FIN."""
        if self._socket.fileno() < 0:
            return
        if not self._sent_fin:
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
        self.address = address_of(sock.getsockname())
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
        buffers: int = 0,
    ) -> Listener:
        """Listen on ``host`` (an address or name of this machine); port 0 takes a free one.

        ``buffers`` are the octets that TCP buffers in each direction of a connection, 0: as usual.

        Raises:
            AddressUnavailable: in use, not of this machine, or not allowed.
            NetError: unknown name.
        """
        family, address = resolve(host, port, limit=5.0)[0]
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            have_buffers(sock, buffers)
            sock.bind(address)
            sock.listen(backlog)
        except OSError as error:
            sock.close()
            raise AddressUnavailable(f"{Address(host, port)}: {error.strerror}") from error
        return cls(sock, clock=clock, recorder=recorder)

    def accept(self, limit: float) -> Channel | None:
        """Return the next connection, or None after ``limit`` seconds or when closed meanwhile.

        A peer that is gone again before it could be accepted is passed over.
        """
        deadline = self.clock.monotonic() + limit
        while self._readable.poll(max(deadline - self.clock.monotonic(), 0) * 1000):
            try:
                sock, _ = self._socket.accept()
                return Channel(sock, clock=self.clock, recorder=self.recorder)
            except (BlockingIOError, ConnectionAbortedError, ConnectionLost):
                continue
            except OSError:
                return None
        return None

    def discard(self) -> int:
        """Close every connection that nobody has accepted yet, and return how many there were."""
        count = 0
        while (channel := self.accept(0.0)) is not None:
            channel.close()
            count += 1
        return count

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
