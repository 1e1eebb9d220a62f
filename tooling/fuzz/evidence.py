"""The evidence of a finding: what was sent and received, as text, as octets and as a capture."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from conform62351.reports.model import events as e
from conform62351.tooling.engine.dut import HOST, Dut
from conform62351.tooling.engine.security import NATIVE
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.net.e2e_keys import KeyFileWriter
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.flow import End, Flow, Recorder
from conform62351.tooling.net.interfaces import interface_towards

TRANSCRIPT: Final = "transcript.txt"
OCTETS: Final = "octets.txt"
CAPTURE: Final = "capture.pcapng"
KEY_FILE: Final = "native.keys"
MOST_EVENTS: Final = 2000
MOST_OCTETS: Final = 4 * 1024 * 1024
"""Octets, as hexadecimal text, that are kept of what was sent and received last."""


class Ring:
    """Keeps the last events; what a device floods the tester with pushes out what came before."""

    def __init__(self) -> None:
        self._events: deque[e.AnyEvent] = deque()
        self._size = 0

    def write(self, event: e.AnyEvent) -> None:
        """Append one event."""
        self._events.append(event)
        self._size += _size(event)
        while len(self._events) > MOST_EVENTS or (self._size > MOST_OCTETS and len(self._events) > 1):
            self._size -= _size(self._events.popleft())

    def clear(self) -> None:
        """Forget everything."""
        self._events.clear()
        self._size = 0

    def transcript(self) -> str:
        """Return what happened, one line each, with the seconds since the first of them."""
        events = list(self._events)
        began = events[0].t if events else 0.0
        return "".join(f"{event.t - began:9.3f}  {told}\n" for event in events if (told := _told(event)))

    def octets(self) -> str:
        """Return what was sent and received in hexadecimal, one line for each message or read."""
        lines = []
        for event in self._events:
            if isinstance(event, e.Sent | e.Received):
                lines.append(f"{'>' if isinstance(event, e.Sent) else '<'} {event.octets}\n")
        return "".join(lines)


def _size(event: e.AnyEvent) -> int:
    return len(event.octets) if isinstance(event, e.Sent | e.Received) else 200


def _told(event: e.AnyEvent) -> str:
    match event:
        case e.Sent():
            return f"tester >  {' '.join(event.pdus)} {event.octets}"
        case e.Received():
            return f"< device  {' '.join(event.pdus)} {event.octets}"
        case e.Observed():
            return f"observed  {event.kind} {event.name} {event.detail}".rstrip()
        case e.Acted():
            return f"action    {event.action} {event.error}".rstrip()
        case e.Noted():
            return f"note      {event.text}"
    return ""


class Switch:
    """A recorder that hands on to another one, as long as there is one."""

    def __init__(self) -> None:
        self.to: Recorder | None = None

    def opened(self, flow: Flow, at: float) -> None:
        """Hand it on."""
        if self.to is not None:
            self.to.opened(flow, at)

    def refused(self, flow: Flow, at: float) -> None:
        """Hand it on."""
        if self.to is not None:
            self.to.refused(flow, at)

    def carried(self, flow: Flow, outgoing: bool, octets: bytes, at: float) -> None:
        """Hand it on."""
        if self.to is not None:
            self.to.carried(flow, outgoing, octets, at)

    def ended(self, flow: Flow, outgoing: bool, end: End, at: float) -> None:
        """Hand it on."""
        if self.to is not None:
            self.to.ended(flow, outgoing, end, at)


class Evidence:
    """Keeps evidence of what is played: ``ring`` has to get all events of the tester's log.

    The listeners of ``dut`` must not be open yet.
    """

    def __init__(self, dut: Dut, ring: Ring) -> None:
        self.ring = ring
        self._dut = dut
        self._switch = Switch()
        dut.recorder = self._switch

    @contextmanager
    def kept(self, folder: Path, stack: str, *, capture: bool) -> Iterator[None]:
        """Write into ``folder`` what happens from now on, over connections of ``stack``.

        What cannot be captured leaves the transcript, which says why.

        Raises:
            OSError: a file cannot be written.
        """
        self.ring.clear()
        with ExitStack() as left:
            if capture:
                try:
                    left.enter_context(self._captured(folder, stack))
                except NetError as error:
                    (folder / "no-capture.txt").write_text(f"{error}\n", "utf-8")
            yield
            (folder / TRANSCRIPT).write_text(self.ring.transcript(), "utf-8")
            (folder / OCTETS).write_text(self.ring.octets(), "utf-8")

    @contextmanager
    def _captured(self, folder: Path, stack: str) -> Iterator[None]:
        dut = self._dut
        host = dut.pixit.text(HOST)
        capture = Capture.start(
            folder / CAPTURE, interface=interface_towards(host) if host else None, clock=dut.clock
        )
        self._switch.to = capture.recorder
        dut.security.key_log = capture.key_log()
        keys = KeyFileWriter(folder / KEY_FILE) if stack in NATIVE else None
        if keys is not None:
            dut.security.native.key_log = keys
            capture.e2e_keys = KEY_FILE
        for one in {stack, dut.stack}:
            if host:
                capture.watch(dut.port_for(one))
            if dut.actions.offers("connect"):
                capture.watch(dut.listener_for(one).address.port)
        try:
            yield
        finally:
            self._switch.to = None
            dut.security.key_log = None
            dut.security.native.key_log = None
            if keys is not None:
                keys.close()
            capture.stop()
