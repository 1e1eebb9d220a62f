"""The oracle about the security-event log: unreadable lines, events that are missing, and ones out of place.

A log is carried by another way than what is logged, and comes later. So an event is only missed once others
have come, and one is only out of place when nothing happened for a while that it could be about.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from conform62351.profiles.events62351 import Level, event_catalogue, readings
from conform62351.profiles.native.outcomes import event_of
from conform62351.profiles.securitylog import EventLineError
from conform62351.profiles.securitylog_reader import Concern, seems_event
from conform62351.tooling.engine.device_log import POLL_S, DeviceLog, LogMark
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.log_judging import same_peer
from conform62351.tooling.engine.log_sources import LogUnreadable
from conform62351.tooling.fuzz.case import Case, Delivered
from conform62351.tooling.fuzz.oracles import Complaint, Scene
from conform62351.tooling.fuzz.reactions import logged, reading_of

NAME: Final = "log"
MOST_LINES: Final = 4096
LEAST_S: Final = 0.5
"""Seconds between two readings that nobody waits for: some logs can only be had as a whole."""
MOST_PENDING: Final = 256
CASES: Final = 32
LINES: Final = 8
"""An event is missed when so many cases, and so many lines of the log, have come behind it."""
_OWN_FINDINGS: Final = frozenset(
    f"IEC62351-4:{event}"
    for event in (
        "1.10",
        "1.11",
        "2.9",
        "2.10",
        "10.6",
        "10.7",
        "10.8",
        "11.6",
        "11.7",
        "11.8",
        "12.9",
        "12.10",
    )
)
"""What a device may have found before by its own clock, and by what it has met already."""
_OF_COMPATIBILITY: Final = frozenset({"IEC62351-14:4.3", "IEC62351-14:4.4"})
_ABOUT_PEERS: Final = "IEC62351-4:"
_FAULTS: Final = (Concern.FORM, Concern.LIMIT, Concern.SEVERITY, Concern.TIME)


class LogReader:
    """Reads what has come to the log of a device since the last reading, not more often than is needed.

    ``prompt`` tells that reading costs nothing, so that lines are there as soon as the device has written
    them. Raises LogUnreadable: the PIXIT gives no access to the log.
    """

    def __init__(self, dut: Dut) -> None:
        self.prompt = dut.pixit.text("log.access") == "file"
        self._log: DeviceLog = dut.device_log
        self._clock = dut.clock
        self._every = max(LEAST_S, dut.pixit.number("log.latency"))
        self._next = 0.0
        self._mark: LogMark = self._log.mark()

    def lines(self, *, now: bool = True) -> tuple[str, ...]:
        """Return the new lines that are meant as events; without ``now`` only if it is time to look again."""
        moment = self._clock.monotonic()
        if not (now or self.prompt) and moment < self._next:
            return ()
        self._next = moment + self._every
        before, self._mark = self._mark, self._log.mark()
        entries = self._log.since(before)[:MOST_LINES]
        return tuple(entry.line.decode("utf-8", "replace") for entry in entries)


def about(lines: Iterable[str], addresses: Iterable[str]) -> tuple[str, ...]:
    """Return the lines that name a peer at one of ``addresses``."""
    wanted = tuple(addresses)
    return tuple(line for line in lines if wanted and _names(line, wanted))


def reader_of(dut: Dut) -> LogReader | None:
    """Return what reads the log of a device, None where nothing can."""
    try:
        return LogReader(dut)
    except LogUnreadable:
        return None


class _Pending(msgspec.Struct):
    """A case that the device had to log, by one of ``events``, with what has come since.

    ``addresses`` are those that its lines name; they name none where the device does not tell peers.
    """

    case: Case
    events: frozenset[str]
    addresses: tuple[str, ...]
    text: str
    clause: str
    provenance: str
    cases: int = 0
    lines: int = 0
    seconds: float = 0.0

    def complaint(self) -> Complaint:
        """Return the complaint that nothing of it was logged."""
        names = " or ".join(sorted(self.events - _OWN_FINDINGS))
        text = f"{names} is not logged: {self.text}"
        return Complaint(NAME, self.clause, self.provenance, text, "form")


class LogOracle:
    """Judges the lines of the log case by case; ``latency`` is how many seconds they may take."""

    def __init__(self, latency: float) -> None:
        self._latency = 2 * latency + LEAST_S
        self._pending: deque[_Pending] = deque()
        self._quiet_cases = 0
        self._quiet_s = 0.0

    def forget(self) -> None:
        """Miss nothing of what was played so far: what the log tells of it was read elsewhere, or is lost."""
        self._pending.clear()
        self._quiet_cases, self._quiet_s = 0, 0.0

    def judge(self, scene: Scene) -> Iterator[tuple[Case, Complaint]]:
        """Take a case and the lines that came meanwhile; yield complaints, with the cases they are about."""
        seconds = scene.delivered.seconds
        self._quiet_cases, self._quiet_s = self._quiet_cases + 1, self._quiet_s + seconds
        if not _in_order(scene):
            self._quiet_cases, self._quiet_s = 0, 0.0
        due = _due(scene)
        if due is not None and len(self._pending) < MOST_PENDING:
            self._pending.append(due)
        for line in scene.delivered.events:
            yield from self._line(scene, line)
        for one in self._pending:
            one.cases += 1
            one.lines += len(scene.delivered.events)
            one.seconds += seconds
        yield from self._missed()

    def _line(self, scene: Scene, line: str) -> Iterator[tuple[Case, Complaint]]:
        case = scene.case
        wrong = _wrong_form(line)
        if wrong is not None:
            yield case, wrong
        parsed = reading_of(line)
        if isinstance(parsed, EventLineError):
            return
        identifier = parsed.record.id
        peer = parsed.record.peer_info
        for one in self._pending:
            named = peer is None or any(same_peer(peer, address) for address in one.addresses)
            if identifier in one.events and named:
                self._pending.remove(one)
                return
        ours = any(same_peer(peer, address) for address in scene.delivered.addresses)
        if ours and self._is_quiet and _is_fault(identifier):
            text = f"{identifier} is logged, and nothing was at fault for {self._quiet_cases} cases"
            yield case, Complaint(NAME, "IEC 62351-14; 14", "E", text, "form")

    @property
    def _is_quiet(self) -> bool:
        return self._quiet_cases > CASES and self._quiet_s > self._latency

    def _missed(self) -> Iterator[tuple[Case, Complaint]]:
        while self._pending:
            one = self._pending[0]
            if one.cases < CASES or one.lines < LINES or one.seconds < self._latency:
                return
            self._pending.popleft()
            yield one.case, one.complaint()


def judge_alone(scene: Scene, reader: LogReader, play_base: Callable[[], Delivered]) -> Complaint | None:
    """Return what is wrong with what a device has logged of the case of ``scene``, which was played last.

    ``play_base`` plays the base behind it: once what is logged of that has come, more is not waited for. Of a
    device that logs nothing of it, it cannot be told that something is missing.
    """
    due = _due(scene)
    later = play_base()
    clock = scene.dut.clock
    deadline = clock.monotonic() + scene.dut.pixit.number("log.latency")
    lines: list[str] = list(scene.delivered.events)
    while True:
        lines += reader.lines()
        wrong = next(filter(None, map(_wrong_form, lines)), None)
        if wrong is not None:
            return wrong
        if any(_names(line, later.addresses) for line in lines):
            return None if due is None or _logged(due, lines) else due.complaint()
        if clock.monotonic() > deadline:
            return None
        clock.sleep(POLL_S)


def _wrong_form(line: str) -> Complaint | None:
    """Return the complaint about a line that is no event, or one that is not written as it must be."""
    parsed = reading_of(line)
    if isinstance(parsed, EventLineError):
        if not seems_event(line.encode("utf-8", "replace")):
            return None
        return Complaint(NAME, "IEC 62351-14", "E", f"a line of the log that is no event: {parsed}", "form")
    faults = [str(remark) for remark in parsed.remarks if remark.concern in _FAULTS]
    if not faults:
        return None
    return Complaint(NAME, "IEC 62351-14", "E", f"{parsed.record.id}: {faults[0]}", "form")


def _logged(due: _Pending, lines: Iterable[str]) -> bool:
    return any(_names(line, due.addresses) and set(logged((line,))) & due.events for line in lines)


def _names(line: str, addresses: Iterable[str]) -> bool:
    """Return whether a line may be about a connection from one of ``addresses``."""
    parsed = reading_of(line)
    if isinstance(parsed, EventLineError):
        return False
    peer = parsed.record.peer_info
    return peer is None or any(same_peer(peer, address) for address in addresses)


def _in_order(scene: Scene) -> bool:
    """Return whether nothing about a case is a reason to log anything."""
    standing, delivered = scene.standing, scene.delivered
    return standing.known and not standing.faults and delivered.usual and not scene.reaction.refused


def _due(scene: Scene) -> _Pending | None:
    """Return what the device has to log about a case, None for nothing that is certain.

    Lines about connections that the device has opened itself cannot be told apart by the peer they name.
    """
    faults = scene.standing.security
    addresses = scene.delivered.addresses
    if not addresses or not faults or len(faults) < len(scene.standing.faults) or not scene.reaction.refused:
        return None
    found = (*faults, *scene.standing.possible)
    named = {event for finding in found if (event := event_of(finding)) is not None}
    if any(finding.step.startswith("CMP.") for finding in found):
        named |= _OF_COMPATIBILITY
    if not named:
        return None
    events = frozenset[str]().union(*map(readings, named)) | _OWN_FINDINGS
    return _Pending(scene.case, events, addresses, str(faults[0]), f"{faults[0].clause}; IEC 62351-14", "E")


def _is_fault(identifier: str) -> bool:
    event = event_catalogue().get(identifier)
    grave = event is not None and event.level in (Level.ALARM, Level.ERROR)
    return grave and identifier.startswith(_ABOUT_PEERS)
