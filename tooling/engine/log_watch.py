"""The device's security-event log during one conversation: read, put on record and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from conform62351.pics.conditions import Answer
from conform62351.profiles.events62351 import readings
from conform62351.profiles.securitylog import EventRecord
from conform62351.reports.model.events import LogRecordRead
from conform62351.reports.model.verdict import InconclusiveReason, Severity, Verdict
from conform62351.tooling.engine import log_judging
from conform62351.tooling.engine.associating import associate
from conform62351.tooling.engine.case import ROLES
from conform62351.tooling.engine.clock_offset import ClockOffset, ClockUncertain
from conform62351.tooling.engine.device_log import DeviceLog, LogEntry, LogMark
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import Judgement
from conform62351.tooling.engine.log_sources import (
    COLLECTED,
    MEANS,
    CollectorSource,
    LogUnreadable,
    NobodySends,
)
from conform62351.tooling.engine.log_steps import Collector, Logged
from conform62351.tooling.engine.record import Record
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.engine.security import MeansMissing
from conform62351.tooling.engine.steps import AnyStep

CLAIM = "LOG.security-events.{role}"
"""The PICS item by which a device claims the log in a role."""
LATENCY = "log.latency"
LOGGED_TIME = "tolerance of logged times"
MOST_ON_RECORD = 64
"""Records of one conversation that go into the event log."""
CONNECTION_LOST = "IEC62351-14:4.2"
"""What a device may log because the tester closes a connection, to see what it has not logged before."""
NOTHING_LATER = "nor any later event: it cannot be told whether the device logs at all"


@dataclass(frozen=True, slots=True)
class _Readable:
    """The log, and the moment at which the conversation began."""

    log: DeviceLog
    mark: LogMark


class LogWatch:
    """Watches the log from :meth:`begin` on, for the steps :class:`Logged` of one conversation.

    ``addresses`` are the tester's ends of the connections of the conversation, host:port by number; the
    player adds them as it opens connections.
    """

    def __init__(self, dut: Dut, runlog: RunLog, record: Record, case: str) -> None:
        self.addresses: dict[int, str] = {}
        self._dut = dut
        self._runlog = runlog
        self._record = record
        self._case = case
        self._role = ROLES.get(case.split("/")[1] if "/" in case else "", "server")
        self._claim = CLAIM.format(role=self._role)
        self._readable: _Readable | None = None
        self._unreadable = LogUnreadable()
        self._on_record = 0
        self._judged: set[int] = set()
        self._away: CollectorSource | None = None

    @property
    def _claimed(self) -> Answer | None:
        return self._dut.declaration.answers.get(self._claim)

    def begin(self, steps: Iterable[AnyStep]) -> None:
        """Take note of where the log ends before the conversation of ``steps``, if one of them reads it.

        All events of a client name the same partner: those of its last connection are let come before, where
        nothing must be logged.
        """
        reading = [step for step in steps if isinstance(step, Logged)]
        if self._claimed is Answer.NO:
            reading = [step for step in reading if step.of_claim]
        if not reading:
            return
        if self._role == "client" and any(step.absent or step.of_claim for step in reading):
            self._dut.clock.sleep(self._dut.pixit.number(LATENCY))
        try:
            log = self._dut.device_log
        except LogUnreadable as error:
            self._unreadable = error
            return
        self._readable = _Readable(log, log.mark())
        self._on_record = self._readable.mark.number

    def judge(self, step: Logged, close: Callable[[], None]) -> bool:
        """Make the checks of ``step``; return whether the conversation is over with it.

        ``close`` ends the connections of the conversation: it is called before a later event is provoked.
        """
        if self._claimed is Answer.NO and not step.of_claim:
            self._without_log(step, Verdict.NOT_APPLICABLE, "the PICS denies the log", self._claim)
            return False
        if self._readable is None:
            self._not_read(step, self._unreadable)
            return False
        try:
            if step.of_claim:
                self._as_claimed(step, self._readable)
                return False
            over = (
                self._absent(step, self._readable, close)
                if step.absent
                else self._there(step, self._readable, close)
            )
        except LogUnreadable as error:
            self._not_read(step, error)
            return False
        return over

    def collect(self, step: Collector) -> None:
        """Let the collector be away, or back again.

        Raises:
            MeansMissing: there is none, it cannot come back, or the device does not come back to it.
        """
        collector = self._readable.log.collector if self._readable is not None else None
        if collector is None:
            raise MeansMissing(
                COLLECTED, str(self._unreadable) or "the device does not send its log to the tester"
            )
        self._away = collector if step.away else None
        if step.away:
            collector.pause()
            return
        limit = self._dut.pixit.number("boot_time")
        began = self._dut.clock.monotonic()
        try:
            there = collector.resume(limit)
        except LogUnreadable as error:
            raise MeansMissing(COLLECTED, str(error)) from error
        if not there:
            raise MeansMissing(COLLECTED, f"the device did not connect again within {limit:g} s")
        took = self._dut.clock.monotonic() - began
        self._dut.margins.waited("boot_time", took, "the device's return to the collector")

    def end(self) -> None:
        """Have the collector back, if the conversation ended without it."""
        if self._away is not None:
            with suppress(LogUnreadable):
                self._away.resume(0.0)

    def _not_read(self, step: Logged, error: LogUnreadable) -> None:
        """A log that is claimed has to be readable; what a PICS leaves open was worth the attempt only."""
        why = str(error)
        if step.of_claim and self._claimed is Answer.YES and isinstance(error, NobodySends):
            judgement = Judgement(Verdict.FAIL, why, severity=Severity.DECLARATION)
            self._record.check(step.requirement, (str(step),), judgement)
        elif self._claimed is Answer.YES:
            reason = f"{InconclusiveReason.PREREQUISITE.value}:{MEANS}"
            self._without_log(step, Verdict.INCONCLUSIVE, why, reason)
        else:
            self._without_log(step, Verdict.NOT_APPLICABLE, why, self._claim)

    def _without_log(self, step: Logged, verdict: Verdict, why: str, reason: str) -> None:
        self._record.check(step.requirement, (str(step),), Judgement(verdict, why, reason=reason))

    def _there(self, step: Logged, readable: _Readable, close: Callable[[], None]) -> bool:
        wanted = _readings(step.events)
        address = self.addresses.get(step.on, "")
        log, mark = readable.log, readable.mark
        latency = self._dut.pixit.number(LATENCY)

        def is_wanted(entry: LogEntry) -> bool:
            return entry.id in wanted and entry.number not in self._judged

        def is_of_connection(entry: LogEntry) -> bool:
            return is_wanted(entry) and (not step.about_partner or _may_be_about(entry, address))

        began = self._dut.clock.monotonic()
        found = log.wait_for(is_of_connection, latency, since=mark)
        if found is not None:
            self._dut.margins.waited(LATENCY, self._dut.clock.monotonic() - began, " or ".join(step.events))
        else:
            found = next((entry for entry in log.since(mark) if is_wanted(entry)), None)
        if found is None:
            close()
            later = self._provoke_later(readable)
            self._put_on_record(readable)
            self._missing(step, readable, later)
            return True
        self._judged.add(found.number)
        self._put_on_record(readable)
        self._judge_entry(step, readable, found)
        return False

    def _as_claimed(self, step: Logged, readable: _Readable) -> None:
        """Judge whether the device logs at all, or does not, as its PICS says."""
        wanted, address = _readings(step.events), self.addresses.get(step.on, "")
        log, mark, latency = readable.log, readable.mark, self._dut.pixit.number(LATENCY)
        found = log.wait_for(
            lambda entry: entry.id in wanted and _may_be_about(entry, address), latency, since=mark
        )
        # What the log says of its collector is about no association.
        seen = [entry for entry in log.since(mark) if entry.id in wanted or _may_be_about(entry, address)]
        self._put_on_record(readable)
        expected = "something in the log"
        if self._claimed is Answer.NO:
            expected, seen = f"no {' or '.join(step.events)}", [] if found is None else [found]
        got = log_judging.describe(seen[0]) if seen else f"nothing within {LATENCY}"
        judgement = Judgement(Verdict.PASS, got)
        if bool(seen) is (self._claimed is Answer.NO):
            judgement = Judgement(Verdict.FAIL, got, severity=Severity.DECLARATION)
        self._record.check(step.requirement, (expected,), judgement)

    def _missing(self, step: Logged, readable: _Readable, later: LogEntry | None) -> None:
        expected = (" or ".join(step.events),)
        seen = [log_judging.describe(entry) for entry in readable.log.since(readable.mark)]
        got = f"not logged within {LATENCY}" + (f", but {'; '.join(dict.fromkeys(seen[:8]))}" if seen else "")
        judgement = Judgement(Verdict.FAIL, got, severity=Severity.FUNCTION)
        if "transport" in step.aspects and readable.log.faults:
            # What is wrong with the carrying explains why nothing came.
            words, judgement = self._transport(readable.log)
            expected = (words,)
        elif "event" not in step.aspects:
            judgement = Judgement(Verdict.INCONCLUSIVE, got, reason=InconclusiveReason.BASELINE.value)
        elif later is None:
            judgement = _undecided(f"{got}; {NOTHING_LATER}")
        self._record.check(step.requirement, expected, judgement)

    def _absent(self, step: Logged, readable: _Readable, close: Callable[[], None]) -> bool:
        wanted = _readings(step.events)
        address = self.addresses.get(step.on, "")
        log, mark = readable.log, readable.mark

        def unwanted(since: LogMark) -> list[LogEntry]:
            return [
                entry
                for entry in log.since(since)
                if entry.id in wanted and entry.number not in self._judged and _may_be_about(entry, address)
            ]

        log.wait_for(lambda _: False, 0.0, since=mark)
        found = unwanted(mark)
        later = None
        if not found:
            closing = log.mark()
            close()
            later = self._provoke_later(readable)
            found = [entry for entry in unwanted(closing) if entry.id != CONNECTION_LOST]
        self._put_on_record(readable)
        if found:
            judgement = Judgement(Verdict.FAIL, log_judging.describe(found[0]), severity=Severity.FUNCTION)
        elif later is None:
            judgement = _undecided(f"not logged, {NOTHING_LATER}")
        else:
            judgement = Judgement(Verdict.PASS, f"not logged before {log_judging.describe(later)}")
        self._record.check(step.requirement, (f"no {' or '.join(step.events)}",), judgement)
        return True

    def _provoke_later(self, readable: _Readable) -> LogEntry | None:
        """Have the device log something more, and return it: an association, and how it is broken off."""
        mark = readable.log.mark()
        ours = tuple(self.addresses.values())
        if self._dut.is_server:
            link, _ = associate(self._dut, self._runlog, 1 + max(self.addresses, default=0))
            if link is not None:
                link.close()
        else:
            Sanity(self._dut, self._runlog).associates(required=False)

        def is_later(entry: LogEntry) -> bool:
            peer = entry.record.peer_info if entry.record else None
            return not self._dut.is_server or not any(log_judging.same_peer(peer, own) for own in ours)

        return readable.log.wait_for(is_later, self._dut.pixit.number(LATENCY), since=mark)

    def _judge_entry(self, step: Logged, readable: _Readable, entry: LogEntry) -> None:
        wanted = self._expectation(step, readable, entry)
        for aspect in step.aspects:
            if aspect == "event":
                got = Judgement(Verdict.PASS, log_judging.describe(entry))
                judged = " or ".join(step.events), got
            elif aspect == "form":
                judged = log_judging.judge_form(entry)
            elif aspect == "transport":
                judged = self._transport(readable.log)
            elif entry.record is not None:
                judged = log_judging.judge_aspect(aspect, entry, entry.record, wanted)
                if aspect == "time" and judged[1].verdict is Verdict.PASS:
                    allowance, left = log_judging.time_left(entry.record, wanted)
                    self._dut.margins.left(LOGGED_TIME, allowance, left, entry.record.id)
            elif aspect == step.aspects[0]:
                reason = InconclusiveReason.BASELINE.value
                judged = aspect, Judgement(Verdict.INCONCLUSIVE, entry.fault, reason=reason)
            else:
                continue
            self._record.check(step.requirement_of(aspect), (judged[0],), judged[1])

    def _transport(self, log: DeviceLog) -> tuple[str, Judgement]:
        expected = "syslog over TLS, and nothing else at that port"
        if log.faults:
            return expected, Judgement(Verdict.FAIL, "; ".join(log.faults), severity=Severity.FORM)
        return expected, Judgement(Verdict.PASS, "nothing else came")

    def _expectation(self, step: Logged, readable: _Readable, entry: LogEntry) -> log_judging.Expectation:
        log, mark = readable.log, readable.mark
        clock, measured = self._clock()
        return log_judging.Expectation(
            peer=self.addresses.get(step.on, ""),
            earliest=mark.at + clock.offset,
            latest=entry.at + clock.offset,
            uncertainty=clock.uncertainty,
            chain=log_judging.chain_of(log.before(mark), log.since(mark)),
            measured=measured,
        )

    def _clock(self) -> tuple[ClockOffset, bool]:
        """Return how far the device's clock is off: measured by signed times (true), or by the PIXIT."""
        try:
            return self._dut.known_clock.certain(), True
        except ClockUncertain:
            return ClockOffset(0.0, self._dut.pixit.number("clock_tolerance")), False

    def _put_on_record(self, readable: _Readable) -> None:
        """Write the records that were read since the conversation began to the event log, each once."""
        entries = [entry for entry in readable.log.since(readable.mark) if entry.number >= self._on_record]
        for entry in entries[:MOST_ON_RECORD]:
            self._runlog.write(_evidence(self._runlog.now(), self._case, entry))
        if entries:
            self._on_record = entries[-1].number + 1


def _undecided(got: str) -> Judgement:
    return Judgement(Verdict.INCONCLUSIVE, got, reason=f"{InconclusiveReason.PREREQUISITE.value}:{MEANS}")


def _readings(events: Sequence[str]) -> frozenset[str]:
    return frozenset().union(*(readings(event) for event in events))


def _may_be_about(entry: LogEntry, address: str) -> bool:
    """Return whether an entry may be about the connection from ``address``: it names no other partner."""
    record: EventRecord | None = entry.record
    return (
        not address
        or record is None
        or record.peer_info is None
        or log_judging.same_peer(record.peer_info, address)
    )


def _evidence(t: float, case: str, entry: LogEntry) -> LogRecordRead:
    record = entry.record
    if record is None:
        return LogRecordRead(
            t=t,
            case=case,
            id=entry.id or "",
            text=log_judging.shown(entry.line),
            remarks=[entry.fault],
        )
    return LogRecordRead(
        t=t,
        case=case,
        id=record.id,
        mnemonic=record.mnemonic or "",
        severity=record.level.name.lower(),
        time=entry.line.split(b" ", 2)[1].decode("ascii"),
        sequence=record.sequence_number,
        source=record.source,
        peer=record.peer_info or "",
        text=record.text or "",
        remarks=[str(remark) for remark in entry.remarks],
    )
