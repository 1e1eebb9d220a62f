"""A TLS handshake on a TCP channel: one limit for the whole, and every way to fail told apart."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from conform62351.profiles.tls.alerts import CLOSE_NOTIFY, FATAL
from conform62351.profiles.tls.interface import (
    AlertReceived,
    AlertSent,
    CloseNotify,
    Established,
    HandshakeMessage,
    TlsEvent,
    TlsFailed,
    TlsMachine,
)
from conform62351.profiles.tls.records import RecordBorders
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.errors import NetError, SendIncomplete, TlsHandshakeFailed
from conform62351.tooling.net.flow import End

LINGER_S: Final = 0.5
"""How long a failed connection still reads, so that the alert that it sent is not lost to a RST."""
LINGER_OCTETS: Final = 1 << 20

Observer = Callable[[TlsEvent], bool]
"""Who is told what a machine tells; it returns whether who reads the connection is to hear of it at once."""


@runtime_checkable
class TimedMachine(Protocol):
    """A machine that has to act by itself at times: it renegotiates, or ends what lasts too long."""

    def due(self) -> float | None:
        """Return when it wants to be called again, None: only when something has come."""

    def tick(self) -> list[TlsEvent]:
        """Do what is due by now."""


class Handshake:
    """A handshake under way. It reads record by record: what follows the last one stays in the socket.

    ``observer`` is told every event of the machine. ``hold`` names a handshake message, empty for none.
    """

    def __init__(
        self,
        channel: Channel,
        machine: TlsMachine,
        limit: float,
        observer: Observer | None = None,
        hold: str = "",
    ) -> None:
        self._channel = channel
        self._machine = machine
        self._observer = observer
        self._hold = hold
        self._held = False
        self._deadline = channel.clock.monotonic() + limit
        self._limit = limit
        self._borders = RecordBorders()
        self._alert_received = ""
        self._alert_sent = ""
        self._closed = False
        self._failure: TlsFailed | None = None
        self._end: End | None = None

    def run(self) -> Established | None:
        """Return what it came to, or close the channel and raise TlsHandshakeFailed.

        It stops with the message that ``hold`` names, be it received or about to be sent, and returns None:
        what the machine wants to send then stays in it.
        """
        try:
            self._take(self._machine.start())
            while self._failure is None and self._machine.established is None and not self._held:
                self._step()
            if self._failure is not None:
                self._linger()
        except SendIncomplete as error:
            self._failure, self._end = TlsFailed(str(error)), End(error.cause)
        except NetError as error:
            self._failure = TlsFailed(str(error))
        if self._failure is None and (self._held or self._machine.established is not None):
            return None if self._held else self._machine.established
        self._channel.close()
        raise TlsHandshakeFailed(
            str(self._channel.flow.remote),
            self._failure.reason if self._failure is not None else "no outcome",
            alert_received=self._alert_received,
            alert_sent=self._alert_sent,
            end=self._end,
            peer_chain=self._machine.peer_chain,
        )

    def _step(self) -> None:
        """Take what comes next: a record, a part of one, or the end; or do what the machine is due to do."""
        remaining, due = self._remaining(), self._due_in()
        wait = min(remaining, due)
        # A peer that floods would always have octets at hand.
        got = self._channel.receive(wait, self._borders.wanted) if wait > 0 else End.TIMEOUT
        if isinstance(got, bytes):
            self._borders.take(got)
            self._take(self._machine.receive(got))
            return
        if got is End.TIMEOUT and due < remaining and isinstance(self._machine, TimedMachine):
            self._take(self._machine.tick())
            return
        self._end = got
        if got is not End.TIMEOUT:
            self._take(self._machine.receive_eof())
        reason = {
            End.CLOSED: "the peer closed the connection",
            End.RESET: "the peer reset the connection",
            End.TIMEOUT: f"not complete within {self._limit:g} s",
        }[got]
        self._failure = TlsFailed(reason)

    def _take(self, events: list[TlsEvent]) -> None:
        for event in events:
            if self._observer is not None:
                self._observer(event)
            match event:
                case HandshakeMessage(name=name) if name == self._hold:
                    self._held = True
                case AlertReceived(level=level, description=description) if level == FATAL:
                    self._alert_received = description
                case AlertSent(level=level, description=description) if level == FATAL:
                    self._alert_sent = description
                case AlertReceived(description=description) if description == CLOSE_NOTIFY:
                    self._closed = True
                case CloseNotify():
                    self._closed = True
                case TlsFailed():
                    self._failure = event
                    if self._closed and not self._alert_sent:
                        # Who says so ends TCP as well, sooner or later: that is no failure of this side's.
                        self._end = End.CLOSED
        octets = b"" if self._held else self._machine.take_output()
        if octets:
            try:
                self._channel.send(octets, limit=self._remaining())
            except SendIncomplete as error:
                if error.cause == End.TIMEOUT.value:
                    raise
                # What the peer said before it left can still be read: an alert, perhaps.

    def _due_in(self) -> float:
        """Return in how many seconds the machine has something to do by itself."""
        due = self._machine.due() if isinstance(self._machine, TimedMachine) else None
        return math.inf if due is None else max(due - self._channel.clock.monotonic(), 0.0)

    def _remaining(self) -> float:
        return max(self._deadline - self._channel.clock.monotonic(), 0.0)

    def _linger(self) -> None:
        """Let the peer read the alert before the channel closes: with octets unread it would send RST."""
        if self._end is not None:
            return
        self._channel.half_close()
        clock = self._channel.clock
        until = min(clock.monotonic() + LINGER_S, self._deadline)
        left = LINGER_OCTETS
        while left > 0 and (remaining := until - clock.monotonic()) > 0:
            got = self._channel.receive(remaining)
            if isinstance(got, End):
                return
            left -= len(got)
