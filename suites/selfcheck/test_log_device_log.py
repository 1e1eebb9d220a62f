"""The log since a moment: marks, waiting, lines that are no events, lines that cannot be read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from conform62351.profiles.events62351 import Level
from conform62351.profiles.securitylog import EventRecord, format_line
from conform62351.tooling.engine import device_log
from conform62351.tooling.engine.device_log import DeviceLog, LogEntry
from conform62351.tooling.engine.log_sources import LogUnreadable, SourceLine
from conform62351.tooling.net.clock import Clock


def line(number: int) -> bytes:
    record = EventRecord(
        timestamp=datetime(2018, 11, 5, tzinfo=UTC),
        id="IEC62351-14:4.1",
        level=Level.NOTICE,
        source="bay1",
        application="device",
        sequence_number=number,
        mnemonic="COMM_SUCCESS",
    )
    return format_line(record).encode()


class Lines:
    """A source that hands on what it is given, or fails."""

    faults = ()

    def __init__(self) -> None:
        self.new: list[SourceLine] = []
        self.failing = ""

    def add(self, *lines: bytes, behind_loss: bool = False) -> None:
        self.new += [SourceLine(text, 5.0, behind_loss) for text in lines]

    def read(self) -> Sequence[SourceLine]:
        if self.failing:
            raise LogUnreadable(self.failing)
        new, self.new = self.new, []
        return new

    def close(self) -> None:
        self.failing = "closed"


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def log(lines: Lines) -> DeviceLog:
    return DeviceLog(lines, Clock())


def numbers(entries: Sequence[LogEntry]) -> list[int | None]:
    return [entry.record.sequence_number if entry.record else None for entry in entries]


def test_entries_behind_a_mark(lines: Lines, log: DeviceLog) -> None:
    lines.add(line(1), line(2))
    mark = log.mark()
    lines.add(line(3))
    later = log.mark()
    assert numbers(log.since(mark)) == [3]
    assert log.since(later) == []
    before = log.before(mark)
    assert before is not None
    assert numbers([before]) == [2]
    assert DeviceLog(Lines(), Clock()).before(mark) is None


def test_waiting_ends_with_the_entry(lines: Lines, log: DeviceLog) -> None:
    mark = log.mark()
    threading.Timer(0.02, lambda: lines.add(line(1), line(2))).start()
    found = log.wait_for(lambda entry: numbers([entry]) == [2], 5.0, since=mark)
    assert found is not None
    assert (found.number, found.at) == (1, 5.0)
    assert log.wait_for(lambda entry: numbers([entry]) == [1], 0.0, since=mark) is not None
    assert log.wait_for(lambda entry: numbers([entry]) == [3], 0.02, since=mark) is None


def test_log_that_is_unreadable_to_the_end_is_a_typed_error(lines: Lines, log: DeviceLog) -> None:
    lines.failing = "no such file"
    mark = log.mark()
    with pytest.raises(LogUnreadable, match="no such file"):
        log.wait_for(lambda _: True, 0.02, since=mark)
    lines.add(line(1))
    threading.Timer(0.02, lambda: setattr(lines, "failing", "")).start()
    assert log.wait_for(lambda _: True, 5.0, since=mark) is not None


def test_other_lines_are_passed_over_and_broken_events_kept(lines: Lines, log: DeviceLog) -> None:
    mark = log.mark()
    broken = line(7).replace(b"MNEMONIC", b'MNEMONIC="a"b')
    lines.add(b"<30>1 2018-11-05T00:00:00Z bay1 sshd - - - session opened", b"anything", broken, line(8))
    log.mark()
    first, second = log.since(mark)
    assert first.record is None
    assert first.fault
    assert first.id == second.id == "IEC62351-14:4.1"
    assert numbers([second]) == [8]


def test_loss_before_a_line_that_is_no_event_is_told_of_the_next(lines: Lines, log: DeviceLog) -> None:
    mark = log.mark()
    lines.add(b"anything", behind_loss=True)
    lines.add(line(1), line(2))
    log.mark()
    assert [entry.behind_loss for entry in log.since(mark)] == [True, False]


def test_old_entries_are_forgotten(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_log, "KEPT", 3)
    log = DeviceLog(lines, Clock())
    mark = log.mark()
    lines.add(*[line(number) for number in range(1, 6)])
    later = log.mark()
    assert numbers(log.since(mark)) == [3, 4, 5]
    assert log.before(mark) is None
    assert log.since(later) == []
