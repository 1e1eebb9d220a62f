"""TLS over a TCP channel, with the manners of the channel itself: a limit on every wait, ends told apart.

Any machine with the interface of :mod:`profiles.tls.interface` does the TLS.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Final

from conform62351.profiles.tls.alerts import FATAL
from conform62351.profiles.tls.interface import (
    AlertReceived,
    AlertSent,
    CloseNotify,
    Established,
    PlainData,
    TlsEvent,
    TlsFailed,
    TlsMachine,
    TlsStateError,
    Truncated,
)
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import NetError, SendIncomplete
from conform62351.tooling.net.flow import RECEIVE_SIZE, End, Flow
from conform62351.tooling.net.tls_handshake import Handshake

LARGEST_PIECE: Final = 65536
"""Octets that are protected at once, so that a long message is not in memory twice."""


class SecureChannel:
    """TLS over a channel; use :meth:`open`. One thread may send while another receives.

    ``closed_in_order`` tells that the peer ended its side with close_notify, ``failure`` why TLS failed after
    the handshake, ``alert_sent`` which fatal alert this side sent.
    """

    def __init__(self, channel: Channel, machine: TlsMachine, established: Established) -> None:
        """Take over a channel on which ``machine`` has done its handshake."""
        self.established = established
        """What the last handshake came to."""
        self.alert = ""
        self.alert_sent = ""
        self.failure = ""
        self.closed_in_order = False
        self._channel = channel
        self._machine = machine
        self._now = channel.clock.monotonic
        self._end: End | None = None
        self._broken: End | None = None
        self._data: list[bytes] = []
        self._state = threading.Lock()
        self._sending = threading.Lock()

    @classmethod
    def open(cls, channel: Channel, machine: TlsMachine, *, limit: float) -> SecureChannel:
        """Do the handshake on ``channel``, within ``limit`` seconds.

        A client's handshake of TLS 1.3 is complete before the server has judged its certificate: a refusal
        is met by :meth:`receive`.

        Raises:
            TlsHandshakeFailed: it failed; the channel is closed.
        """
        return cls(channel, machine, Handshake(channel, machine, limit).run())

    @property
    def flow(self) -> Flow:
        """The TCP connection."""
        return self._channel.flow

    @property
    def clock(self) -> Clock:
        """The clock that the limits are measured by."""
        return self._channel.clock

    @property
    def session(self) -> object | None:
        """What resumes the session in another machine of the same kind."""
        with self._state:
            return self._machine.session

    def send(self, octets: bytes, *, segments: Sequence[int] = (), pause: float = 0.0, limit: float) -> int:
        """Send ``octets`` and return how many were handed to TCP: all of them.

        ``segments`` cuts them into pieces, each a record of its own (or several, from 16 384 octets on) that
        is sent by itself; the last size repeats. ``pause`` seconds lie between pieces. ``limit`` bounds the
        time that the peer's full window may cost, without the pauses.

        Raises:
            SendIncomplete: the peer closed, reset or no longer read. Octets count whose records were sent
                whole; the connection is of no more use for sending.
        """
        spent = 0.0
        done = 0
        for piece in _pieces(octets, segments):
            if done and pause:
                self.clock.sleep(pause)
            began = self._now()
            try:
                self._send(piece, max(limit - spent, 0.0))
            except SendIncomplete as error:
                raise SendIncomplete(done, len(octets), error.cause) from error
            spent += self._now() - began
            done += len(piece)
        return done

    def _send(self, piece: bytes, limit: float) -> None:
        with self._sending:
            with self._state:
                try:
                    self._note(self._machine.send(piece))
                except TlsStateError as error:
                    raise SendIncomplete(0, len(piece), (self._end or End.CLOSED).value) from error
                records = self._machine.take_output()
            self._hand_over(records, limit)
        self._flush(limit)

    def _hand_over(self, records: bytes, limit: float) -> None:
        """Give records to TCP; the caller holds ``_sending``. A record cut short is the last one."""
        if self._broken is not None:
            raise SendIncomplete(0, len(records), self._broken.value)
        try:
            self._channel.send(records, limit=limit)
        except SendIncomplete as error:
            self._broken = End(error.cause)
            raise

    def _flush(self, limit: float) -> None:
        """Send what the machine wants to send by itself, unless another thread is sending: it will."""
        while self._sending.acquire(blocking=False):
            try:
                with self._state:
                    records = self._machine.take_output()
                if not records:
                    return
                self._hand_over(records, limit)
            except NetError:
                return
            finally:
                self._sending.release()

    def receive(self, limit: float, size: int = RECEIVE_SIZE) -> bytes | End:
        """Return octets as soon as some are there, or why there are none after ``limit`` seconds.

        All that could be decrypted is returned, however ``size`` bounds what is read from TCP at once. After
        close_notify, an alert or any other end of TLS every further call returns CLOSED.

        Raises:
            ConnectionLost: the network no longer carries the connection.
        """
        deadline = self._now() + limit
        remaining = limit
        while not self._data and self._end is None:
            got = self._channel.receive(remaining, size)
            if got is End.TIMEOUT:
                return got
            self._take(got)
            remaining = max(deadline - self._now(), 0.0)
            self._flush(remaining)
            if remaining <= 0:
                break
        with self._state:
            octets = b"".join(self._data)
            self._data.clear()
        if octets and self._end is not None:
            # Nothing of TCP need follow that would wake a poll for the end.
            self._channel.stop_receiving()
        return octets or self._end or End.TIMEOUT

    def _take(self, got: bytes | End) -> None:
        with self._state:
            if isinstance(got, bytes):
                self._note(self._machine.receive(got))
            else:
                self._note(self._machine.receive_eof())
                self._end = got

    def _note(self, events: list[TlsEvent]) -> None:
        """Keep what the machine tells; the caller holds ``_state``."""
        for event in events:
            match event:
                case PlainData(octets=octets):
                    self._data.append(octets)
                case Established():
                    self.established = event
                case AlertReceived(level=level, description=description):
                    self.alert = description if level == FATAL else self.alert
                case AlertSent(level=level, description=description):
                    self.alert_sent = description if level == FATAL else self.alert_sent
                case CloseNotify():
                    self.closed_in_order = True
                    self._end = self._end or End.CLOSED
                case TlsFailed(reason=reason):
                    self.failure = reason
                    self._end = self._end or End.CLOSED
                case Truncated():
                    """The end of TCP says it."""

    def half_close(self) -> None:
        """Send close_notify and FIN and go on receiving; nothing happens when the connection is gone."""
        self._say_goodbye()
        self._channel.half_close()

    def _say_goodbye(self) -> None:
        with self._state:
            self._note(self._machine.close_notify())
        self._flush(0.0)

    def close(self) -> None:
        """Close in order: close_notify, if the peer's window takes it, and FIN."""
        if self._channel.fileno() >= 0:
            self._say_goodbye()
            self._channel.close()

    def interrupt(self) -> None:
        """End the connection without close_notify; a thread that waits in :meth:`receive` returns at once."""
        self._channel.interrupt()

    def reset(self) -> None:
        """Close with RST."""
        self._channel.reset()

    def unacknowledged(self) -> int:
        """Return how many octets of records the peer's TCP has not acknowledged; 0 once closed."""
        return self._channel.unacknowledged()

    def fileno(self) -> int:
        """Return the socket's file descriptor, -1 once closed."""
        return self._channel.fileno()

    def __enter__(self) -> SecureChannel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pieces(octets: bytes, segments: Sequence[int]) -> Iterator[bytes]:
    sizes = iter(segments or (LARGEST_PIECE,))
    start = 0
    size = 1
    while start < len(octets):
        size = max(next(sizes, size), 1)
        yield octets[start : start + size]
        start += size
