"""Asks a server one question after the other, each on a connection of its own, within limits."""

from __future__ import annotations

import select
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.connecting import open_socket, resolve
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.flow import RECEIVE_SIZE, Address, address_of
from conform62351.tooling.scan.answers import Answer, AnswerReader, Ending, Wanted, hello_alone

USER_CANCELED: Final = bytes((21, 3, 1, 0, 2, 1, 90))
CLOSE_NOTIFY: Final = bytes((21, 3, 1, 0, 2, 1, 0))
_AT_ONCE: Final = struct.pack("ii", 1, 0)


class ScanStopped(Exception):
    """Nothing more is asked: a limit of the whole scan is reached, or the server is gone."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds and octets, of one probe and of the whole scan.

    ``failures`` is how many probes in a row may come to nothing (no connection, or silence where nothing but
    silence came before) until the scan ends. ``retries`` are the pauses before a connection is tried again.
    """

    probe_s: float = 5.0
    probe_octets: int = 512 * 1024
    whole_s: float = 900.0
    whole_octets: int = 64 * 1024 * 1024
    failures: int = 3
    retries: tuple[float, ...] = (0.2, 1.0, 3.0)


@dataclass(slots=True)
class Spent:
    """What a part of the scan has cost."""

    name: str
    seconds: float = 0.0
    probes: int = 0


@dataclass(slots=True)
class Account:
    """What the scan has cost so far, by its parts."""

    octets: int = 0
    probes: int = 0
    parts: list[Spent] = field(default_factory=list)


class Prober:
    """Asks ``host``; ``pace`` seconds lie between the end of one probe and the beginning of the next.

    A connection is ended as a client that changed its mind ends it, by alerts and a close; with ``hasty`` by
    a RST, which costs nobody anything, unless the server then no longer takes connections.

    Raises:
        NetError: the name is unknown.
    """

    def __init__(
        self, host: str, port: int, *, limits: Limits, pace: float, hasty: bool, clock: Clock
    ) -> None:
        self.limits = limits
        self.account = Account()
        self.clock = clock
        self._now = clock.monotonic
        self._began = self._now()
        self._pace = pace
        self._hasty = hasty
        self._candidates = resolve(host, port, limits.probe_s)
        self._first = True
        self._failed = 0
        self._slowest = 0.0
        self._answered = 0
        self._part = Spent("")

    @property
    def address(self) -> Address:
        """Numeric address and port of the server."""
        return address_of(self._candidates[0][1])

    @property
    def heard(self) -> bool:
        """Whether the server has ever answered with anything of TLS, or by a close."""
        return self._answered > 0

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self._now() - self._began

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Book what is asked inside to a part of the scan."""
        outer, self._part = self._part, Spent(name)
        self.account.parts.append(self._part)
        began = self._now()
        try:
            yield
        finally:
            self._part.seconds = self._now() - began
            self._part = outer

    def check(self) -> None:
        """Raise ScanStopped when a limit of the whole is reached."""
        if self.elapsed > self.limits.whole_s:
            raise ScanStopped(f"the scan has taken {self.limits.whole_s:g} s, which is its limit")
        if self.account.octets > self.limits.whole_octets:
            raise ScanStopped(f"the server has sent {self.account.octets} octets, more than a scan reads")
        if self._failed >= self.limits.failures:
            raise ScanStopped(f"{self._failed} probes in a row came to nothing")

    def connect(self) -> socket.socket:
        """Return a connected, non-blocking socket; the pace is kept, and failures are tried again.

        Raises:
            NetError: no connection came about.
            ScanStopped: a limit is reached.
        """
        self.check()
        if not self._first:
            self.clock.sleep(self._pace)
        pauses = () if self._first else self.limits.retries
        for pause in (*pauses, None):
            try:
                return self._connect()
            except NetError:
                # What was ended by a RST may have brought the server to its knees.
                self._hasty = False
                if pause is None or self.elapsed + pause > self.limits.whole_s:
                    raise
                self.clock.sleep(pause)
        raise NetError("no connection")

    def _connect(self) -> socket.socket:
        failure = NetError("no address")
        for family, address in self._candidates:
            try:
                made = open_socket(family, address, None, self.limits.probe_s, self.clock, None)
            except NetError as error:
                failure = error
                continue
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._first:
                self._candidates = [(family, address)]
                self._first = False
            return made
        raise failure

    def ask(self, octets: bytes, wanted: Wanted = hello_alone) -> Answer:
        """Send ``octets`` on a new connection and return what is answered.

        Raises:
            NetError: the very first connection did not come about.
            ScanStopped: a limit of the whole scan is reached.
        """
        try:
            sock = self.connect()
        except NetError as error:
            if self._first:
                raise
            self._failed += 1
            return Answer(Ending.NO_CONNECTION, detail=str(error))
        self.count()
        began = self._now()
        try:
            answer = self._exchange(sock, octets, wanted, began)
        finally:
            self._leave(sock)
        answer.seconds = self._now() - began
        self._book(answer)
        return answer

    def count(self) -> None:
        """Book a probe."""
        self.account.probes += 1
        self._part.probes += 1

    def _exchange(self, sock: socket.socket, octets: bytes, wanted: Wanted, began: float) -> Answer:
        reader = AnswerReader(wanted)
        deadline = began + self._patience()
        try:
            sock.send(octets)
        except OSError as error:
            return reader.end(_ending_of(error), error.strerror or "")
        waiter = select.poll()
        waiter.register(sock, select.POLLIN)
        while (left := deadline - self._now()) > 0 and waiter.poll(left * 1000):
            try:
                got = sock.recv(RECEIVE_SIZE)
            except BlockingIOError:
                continue
            except OSError as error:
                return reader.end(_ending_of(error), error.strerror or "")
            if not got:
                return reader.end(Ending.CLOSED)
            if reader.take(got):
                return reader.answer
            if reader.answer.octets > self.limits.probe_octets:
                return reader.end(Ending.TOO_MUCH, f"more than {self.limits.probe_octets} octets")
        return reader.end(Ending.SILENT, f"nothing more within {self._patience():.3g} s")

    def _patience(self) -> float:
        """Return how long an answer is waited for: a server that has shown its speed is not given it all."""
        if self._answered < self.limits.failures:
            return self.limits.probe_s
        return min(self.limits.probe_s, max(1.0, 10 * self._slowest))

    def _leave(self, sock: socket.socket) -> None:
        with suppress(OSError):
            if self._hasty:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            else:
                sock.send(USER_CANCELED + CLOSE_NOTIFY)
        sock.close()

    def _book(self, answer: Answer) -> None:
        self.account.octets += answer.octets
        if answer.hello is not None or answer.alerts or answer.ending in (Ending.CLOSED, Ending.RESET):
            self._failed = 0
            self._answered += 1
            self._slowest = max(self._slowest, answer.seconds)
        elif answer.ending is Ending.SILENT and self._answered:
            # A server that answers what it likes, and nothing else, is heard to its end.
            self._failed = 0
        else:
            self._failed += 1


def _ending_of(error: OSError) -> Ending:
    return Ending.RESET if isinstance(error, (ConnectionResetError, BrokenPipeError)) else Ending.CLOSED
