"""What was said in a case, cut to what a reader looks at: taken from the log after the verdicts are known.

The octets of a run can be many times what fits a report. Conversations that a check failed in, and the
last one of an attempt that ended otherwise than it should, are kept in full up to a bound; of all others
the order of PDUs is kept, without octets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from conform62351.reports.model.events import (
    Acted,
    AnyEvent,
    AuthenticationSeen,
    CheckMade,
    ConversationStarted,
    HandshakeSeen,
    KeysAgreed,
    LogRecordRead,
    Observed,
    Received,
    Sent,
    Started,
    TlsEstablished,
)
from conform62351.reports.model.report import CaseReport, RunReport
from conform62351.reports.model.verdict import UNDISTURBED, Verdict, worst

Told = (
    Sent
    | Received
    | Observed
    | Acted
    | CheckMade
    | TlsEstablished
    | AuthenticationSeen
    | HandshakeSeen
    | KeysAgreed
    | LogRecordRead
)
"""The events that make a line of a transcript."""


@dataclass(frozen=True)
class Bounds:
    """How much is kept: of a conversation the first and the last lines, of the octets the first ones."""

    full_lines: tuple[int, int] = (80, 160)
    short_lines: tuple[int, int] = (8, 4)
    full_conversations: int = 12
    short_conversations: int = 6
    line_octets: int = 2048
    case_octets: int = 16 * 1024
    all_octets: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript, ``at_s`` seconds after its conversation began.

    ``size`` is the number of octets on the wire, ``octets`` those of them that are kept.
    """

    at_s: float
    kind: Literal[
        "sent",
        "received",
        "observed",
        "action",
        "check",
        "tls",
        "authentication",
        "handshake",
        "keys",
        "log",
    ]
    text: str = ""
    connection: int = 0
    pdus: tuple[str, ...] = ()
    mutations: tuple[str, ...] = ()
    size: int = 0
    octets: bytes = b""
    verdict: Verdict | None = None


@dataclass
class Conversation:
    """A conversation; ``number`` counts within the attempt, 0 is what came before the first.

    ``omitted`` lines are missing between ``head`` and ``tail``.
    """

    attempt: int
    number: int
    label: str
    steps: list[str]
    full: bool
    head: list[Line] = field(default_factory=list)
    tail: deque[Line] = field(default_factory=deque)
    omitted: int = 0
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict | None:
        """The worst verdict of its checks, None without any."""
        return worst(self.verdicts) if self.verdicts else None


@dataclass
class Transcript:
    """The conversations of a case that are kept, and how many are not."""

    conversations: list[Conversation] = field(default_factory=list)
    omitted: int = 0


def collect(
    report: RunReport, events: Iterable[AnyEvent], bounds: Bounds | None = None
) -> dict[str, Transcript]:
    """Return the transcripts of the cases of ``report`` from the events that it was made of."""
    collector = _Collector(report, bounds or Bounds())
    for event in events:
        collector.take(event)
    return {case: log.transcript for case, log in collector.cases.items() if log.transcript.conversations}


def _in_full(case: CaseReport) -> set[tuple[int, int]]:
    """Return (attempt, conversation) of what must be shown in full."""
    wanted = {
        (check.attempt, check.conversation) for check in case.checks if check.verdict not in UNDISTURBED
    }
    for attempt in case.attempts:
        explained = any(number == attempt.number for number, _ in wanted)
        if attempt.verdict not in UNDISTURBED and not explained:
            wanted.add((attempt.number, len(attempt.conversations)))
    return wanted


class _CaseLog:
    def __init__(self, wanted: set[tuple[int, int]]) -> None:
        self.wanted = wanted
        self.transcript = Transcript()
        self.attempt = 0
        self.number = 0
        self.began = 0.0
        self.octets = 0
        self.kept = {True: 0, False: 0}
        self.opened = False
        self.current: Conversation | None = None


class _Collector:
    def __init__(self, report: RunReport, bounds: Bounds) -> None:
        self._bounds = bounds
        self._octets = 0
        self.cases = {case.id: _CaseLog(_in_full(case)) for case in report.cases}

    def take(self, event: AnyEvent) -> None:
        match event:
            case Started():
                if (log := self.cases.get(event.case)) is not None:
                    log.attempt, log.number, log.current = event.attempt, 0, None
                    log.began, log.opened = event.t, False
            case ConversationStarted():
                if (log := self.cases.get(event.case)) is not None:
                    if event.attempt != log.attempt:
                        log.attempt, log.number = event.attempt, 0
                    log.number += 1
                    log.began = event.t
                    self._open(log, event.label, event.steps)
            case _:
                if isinstance(event, Told) and (log := self.cases.get(event.case)) is not None:
                    self._add(log, event)

    def _open(self, log: _CaseLog, label: str, steps: list[str]) -> Conversation | None:
        """Begin a conversation; None when the bound is reached and it is only counted."""
        full = (log.attempt, log.number) in log.wanted
        bound = self._bounds.full_conversations if full else self._bounds.short_conversations
        log.current, log.opened = None, True
        if log.kept[full] >= bound:
            log.transcript.omitted += 1
            return None
        log.kept[full] += 1
        log.current = Conversation(
            attempt=log.attempt, number=log.number, label=label, steps=steps if full else [], full=full
        )
        log.transcript.conversations.append(log.current)
        return log.current

    def _add(self, log: _CaseLog, event: Told) -> None:
        talk = log.current
        if talk is None:
            talk = None if log.opened else self._open(log, "", [])
        if talk is None:
            return
        if isinstance(event, CheckMade):
            talk.verdicts.append(event.verdict)
        first, last = self._bounds.full_lines if talk.full else self._bounds.short_lines
        line = self._line(log, event, talk.full)
        if len(talk.head) < first:
            talk.head.append(line)
            return
        if len(talk.tail) >= last:
            dropped = talk.tail.popleft()
            talk.omitted += 1
            log.octets -= len(dropped.octets)
            self._octets -= len(dropped.octets)
        talk.tail.append(line)

    def _line(self, log: _CaseLog, event: Told, full: bool) -> Line:
        at_s = event.t - log.began
        match event:
            case Sent():
                return Line(
                    at_s=at_s,
                    kind="sent",
                    connection=event.connection,
                    pdus=tuple(event.pdus),
                    mutations=tuple(event.mutations),
                    size=len(event.octets) // 2,
                    octets=self._cut(log, event.octets) if full else b"",
                )
            case Received():
                return Line(
                    at_s=at_s,
                    kind="received",
                    connection=event.connection,
                    pdus=tuple(event.pdus),
                    size=len(event.octets) // 2,
                    octets=self._cut(log, event.octets) if full else b"",
                )
            case Observed():
                text = " ".join(part for part in (event.kind, event.name) if part)
                text = f"{text}: {event.detail}" if event.detail else text
                return Line(at_s=at_s, kind="observed", text=text, connection=event.connection)
            case Acted():
                failed = f", failed: {event.error}" if event.error else ""
                return Line(at_s=at_s, kind="action", text=f"{event.action} ({event.by}){failed}")
            case CheckMade():
                text = f"{event.requirement}: {event.got}"
                return Line(at_s=at_s, kind="check", text=text, verdict=event.verdict)
            case TlsEstablished():
                text = f"{event.version} {event.suite}{', resumed' if event.resumed else ''}"
                return Line(at_s=at_s, kind="tls", text=text, connection=event.connection)
            case AuthenticationSeen():
                text = f"value {event.direction}, time {event.time or 'unreadable'}, signed: {event.signed}"
                return Line(at_s=at_s, kind="authentication", text=text, connection=event.connection)
            case HandshakeSeen():
                return Line(at_s=at_s, kind="handshake", text=_handshake(event), connection=event.connection)
            case KeysAgreed():
                return Line(at_s=at_s, kind="keys", text=_keys(event), connection=event.connection)
            case LogRecordRead():
                return Line(at_s=at_s, kind="log", text=f"{event.id} {event.mnemonic}".rstrip())

    def _cut(self, log: _CaseLog, text: str) -> bytes:
        left = min(
            self._bounds.line_octets,
            self._bounds.case_octets - log.octets,
            self._bounds.all_octets - self._octets,
        )
        try:
            octets = bytes.fromhex(text[: 2 * max(left, 0)])
        except ValueError:
            return b""
        log.octets += len(octets)
        self._octets += len(octets)
        return octets


def _handshake(event: HandshakeSeen) -> str:
    parts = [
        f"{event.pdu} {event.direction}, assoID {event.asso_id}, pp {event.pp}",
        f"mode {event.mode}: {', '.join(event.algorithms)}",
        f"groups {', '.join(map(str, event.groups))}",
        f"signed with {event.signature} at {event.time or 'no time'}",
        *event.remarks,
    ]
    return "; ".join(parts)


def _keys(event: KeysAgreed) -> str:
    used = " and ".join(filter(None, (event.encryption, event.integrity)))
    when = f", refreshed for the {event.number}. time" if event.number else ""
    reading = f"; another reading: {event.derivation}" if event.derivation else ""
    return (
        f"keys of {event.asso_id}{when}: {used}, group {event.group} ({event.group_name}), "
        f"{event.hmac}{reading}"
    )
