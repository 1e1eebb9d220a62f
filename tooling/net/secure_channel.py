"""TLS over a TCP channel, with the manners of the channel itself: a limit on every wait, ends told apart.

Any machine with the interface of :mod:`profiles.tls.interface` does the TLS.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
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
from conform62351.tooling.net.errors import SendIncomplete
from conform62351.tooling.net.flow import RECEIVE_SIZE, End, Flow
from conform62351.tooling.net.record_output import RETRY_S, RecordOutput
from conform62351.tooling.net.tls_handshake import Handshake, Observer, TimedMachine

LARGEST_PIECE: Final = 65536
"""Octets that are protected at once, so that a long message is not in memory twice."""
UNFINISHED: Final = Established("", "", 0, (), False)
"""What a handshake came to that is not complete."""


class SecureChannel:
    """TLS over a channel; use :meth:`open`. One thread may send while another receives.

    ``closed_in_order`` tells that the peer ended its side with close_notify, ``failure`` why TLS failed after
    the handshake, ``alert_sent`` which fatal alert this side sent.
    """

    def __init__(
        self,
        channel: Channel,
        machine: TlsMachine,
        established: Established | None,
        observer: Observer | None = None,
    ) -> None:
        """Take over a channel on which ``machine`` has done its handshake, or was stopped within it."""
        self.established = established or UNFINISHED
        """What the last handshake came to; :data:`UNFINISHED` while the first one was stopped."""
        self.alert = ""
        self.alert_sent = ""
        self.failure = ""
        self.closed_in_order = False
        self._channel = channel
        self._machine = machine
        self._now = channel.clock.monotonic
        self._end: End | None = None
        self._data: list[bytes] = []
        self._state = threading.Lock()
        self._output = RecordOutput(channel, self._take_output, held=established is None)
        self._observer = observer
        self._noted = False

    @classmethod
    def open(
        cls,
        channel: Channel,
        machine: TlsMachine,
        *,
        limit: float,
        observer: Observer | None = None,
        hold: str = "",
    ) -> SecureChannel:
        """Do the handshake on ``channel``, within ``limit`` seconds.

        A client's handshake of TLS 1.3 is complete before the server has judged its certificate: a refusal
        is met by :meth:`receive`. ``observer`` is told every event of the machine, in its order, now and
        later. ``hold`` is the name of the handshake message with which it stops, as :meth:`Handshake.run`
        says.

        Raises:
            TlsHandshakeFailed: it failed; the channel is closed.
        """
        return cls(channel, machine, Handshake(channel, machine, limit, observer, hold).run(), observer)

    @property
    def machine(self) -> TlsMachine:
        """The machine; what is done with it by others than this channel is done by :meth:`drive`."""
        return self._machine

    @property
    def held(self) -> bool:
        """Whether nothing that the machine says by itself is sent until :meth:`proceed`."""
        return self._output.held

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

    def drive(self, act: Callable[[], list[TlsEvent] | None], *, limit: float) -> None:
        """Have the machine do something beside data, and send what comes of it, within ``limit`` seconds.

        Raises:
            SendIncomplete: the peer closed, reset or no longer read.
            TlsStateError: the machine's state refuses it.
        """
        with self._output.turn:
            with self._state:
                self._note(act() or [])
                records = self._machine.take_output()
            if records:
                self._output.hand_over(records, limit)
        self._output.flush(limit)

    def send_plain(self, octets: bytes, *, limit: float) -> None:
        """Send octets past the machine, as they are.

        Raises:
            SendIncomplete: the peer closed, reset or no longer read.
        """
        with self._output.turn:
            self._output.hand_over(octets, limit)
        self._output.flush(limit)

    def proceed(self) -> None:
        """Send what was held, and hold nothing more."""
        self._output.held = False
        self._output.flush(0.0)

    @property
    def due_in(self) -> float | None:
        """Seconds until :meth:`tick` is to be called, None: nothing is due by itself."""
        again = RETRY_S if self._output.waits and self._end is None else None
        if not isinstance(self._machine, TimedMachine):
            return again
        with self._state:
            due = None if self._end is not None else self._machine.due()
        if due is None:
            return again
        due = max(due - self._now(), 0.0)
        return due if again is None else min(due, again)

    def tick(self) -> None:
        """Have the machine do what is due by now: begin a renegotiation, or end what has lasted too long.

        What the peer's window had no room for is tried again.
        """
        if isinstance(self._machine, TimedMachine):
            with self._state:
                self._note(self._machine.tick())
        self._output.flush(0.0)

    def _send(self, piece: bytes, limit: float) -> None:
        with self._output.turn:
            with self._state:
                try:
                    self._note(self._machine.send(piece))
                except TlsStateError as error:
                    raise SendIncomplete(0, len(piece), (self._end or End.CLOSED).value) from error
                records = self._machine.take_output()
            self._output.hand_over(records, limit)
        self._output.flush(limit)

    def _take_output(self) -> bytes:
        with self._state:
            return self._machine.take_output()

    def receive(self, limit: float, size: int = RECEIVE_SIZE) -> bytes | End:
        """Return octets as soon as some are there, or why there are none after ``limit`` seconds.

        All that could be decrypted is returned, however ``size`` bounds what is read from TCP at once. After
        close_notify, an alert or any other end of TLS every further call returns CLOSED. No octets at all are
        returned when only the observer was told something that it wants to be heard of.

        Raises:
            ConnectionLost: the network no longer carries the connection.
        """
        deadline = self._now() + limit
        remaining = limit
        while not (self._data or self._noted) and self._end is None:
            due = self.due_in
            soon = due is not None and due < remaining
            got = self._channel.receive(due if due is not None and soon else remaining, size)
            if got is not End.TIMEOUT:
                self._take(got)
            elif soon:
                self.tick()
            else:
                return got
            remaining = max(deadline - self._now(), 0.0)
            self._output.flush(remaining)
            if remaining <= 0:
                break
        with self._state:
            octets = b"".join(self._data)
            self._data.clear()
            noted, self._noted = self._noted, False
        if octets and self._end is not None:
            # Nothing of TCP need follow that would wake a poll for the end.
            self._channel.stop_receiving()
        if noted and not octets:
            return octets
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
            if self._observer is not None and self._observer(event):
                self._noted = True
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
        self._output.flush(0.0)

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
