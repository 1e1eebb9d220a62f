"""The device's security log: lines that read back, numbers that survive a restart, typed errors."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conform62351.fixtures.device import security_log
from conform62351.fixtures.device.security_log import SecurityLog, SecurityLogError
from conform62351.fixtures.faults.building import Rewrite, RewriteOctets
from conform62351.profiles.events62351 import Level
from conform62351.profiles.policy import Policy
from conform62351.profiles.securitylog import EventRecord
from conform62351.profiles.securitylog_reader import parse_line
from conform62351.tooling.net.clock import Clock


class StandingClock(Clock):
    def unix(self) -> float:
        return (datetime(2018, 11, 5, 7, 8, 9, tzinfo=UTC) + self.offset).timestamp()


def opened(path: Path, offset: float = 0.0, policy: Policy | None = None) -> SecurityLog:
    clock = StandingClock(offset)
    return SecurityLog(path, clock=clock, source="192.0.2.9", application="dut", policy=policy)


def records(path: Path) -> list[EventRecord]:
    parsed = [parse_line(line) for line in path.read_bytes().splitlines()]
    assert all(line.remarks == () for line in parsed)
    return [line.record for line in parsed]


def test_event_is_a_line_of_the_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "security.log"
    log = opened(path, offset=-9.0)
    log.write("IEC62351-14:4.4", "192.0.2.1:4711", "abort: no such context")
    log.close()
    assert records(path) == [
        EventRecord(
            timestamp=datetime(2018, 11, 5, 7, 8, 0, tzinfo=UTC),
            id="IEC62351-14:4.4",
            level=Level.ALARM,
            source="192.0.2.9",
            application="dut",
            sequence_number=1,
            mnemonic="COMM_PEER_AUTHENTICATION_FAIL",
            text="abort: no such context",
            peer_info="192.0.2.1:4711",
        )
    ]


def test_numbers_go_on_after_a_restart_and_wrap(tmp_path: Path) -> None:
    path = tmp_path / "security.log"
    for _ in range(2):
        log = opened(path)
        log.write("IEC62351-14:4.1", "a:1", "x")
        log.write("IEC62351-14:4.1", "a:1", "x")
        log.close()
    (tmp_path / "security.log.sequence").write_text("4294967294\n")
    log = opened(path)
    log.write("IEC62351-14:4.1", "a:1", "x")
    log.write("IEC62351-14:4.1", "a:1", "x")
    log.close()
    assert [record.sequence_number for record in records(path)] == [1, 2, 3, 4, 4294967295, 1]


def numbers_logged(path: Path, policy: Policy, events: str) -> list[int | None]:
    """Log events 14:4.1, 14:4.2 and so on; return the numbers that the log has then."""
    log = opened(path, policy=policy)
    for last in events:
        log.write(f"IEC62351-14:4.{last}", "a:1", "x")
    log.close()
    return [record.sequence_number for record in records(path)]


def test_event_that_the_policy_drops_takes_no_number(tmp_path: Path) -> None:
    policy = Rewrite("LOG.event", lambda record: None if record.id.endswith("4.2") else record)
    assert numbers_logged(tmp_path / "a.log", policy, "1213") == [1, 2, 3]


def test_line_that_the_policy_withholds_has_taken_its_number(tmp_path: Path) -> None:
    policy = RewriteOctets("LOG.line", lambda line: None if b":4.2" in line else line)
    assert numbers_logged(tmp_path / "a.log", policy, "1213") == [1, 3, 4]


def test_policy_is_asked_for_the_number_of_every_start(tmp_path: Path) -> None:
    log = opened(tmp_path / "a.log", policy=Rewrite("LOG.number", lambda number: number + 10))
    log.write("IEC62351-14:4.1", "a:1", "x")
    log.restart()
    log.write("IEC62351-14:4.1", "a:1", "x")
    log.close()
    log.restart()
    assert [record.sequence_number for record in records(log.path)] == [11, 22]


def test_number_goes_on_when_the_device_restarts(tmp_path: Path) -> None:
    log = opened(tmp_path / "a.log")
    log.write("IEC62351-14:4.1", "a:1", "x")
    log.restart()
    log.write("IEC62351-14:4.1", "a:1", "x")
    (tmp_path / "a.log.sequence").write_text("nothing\n")
    with pytest.raises(SecurityLogError, match="holds no sequence number"):
        log.restart()
    log.close()
    assert [record.sequence_number for record in records(log.path)] == [1, 2]


def test_every_line_goes_elsewhere_too(tmp_path: Path) -> None:
    log = opened(tmp_path / "a.log")
    log.write("IEC62351-14:4.1", "a:1", "x")
    sent: list[bytes] = []
    log.also_to = sent.append
    log.write("IEC62351-14:4.2", "a:1", "x")
    log.close()
    assert sent == log.path.read_bytes().splitlines()[1:]


def test_text_of_the_peer_cannot_break_the_line(tmp_path: Path) -> None:
    log = opened(tmp_path / "security.log")
    log.write("IEC62351-14:4.2", "h" * 300, 'x"]\n<105>1 - forged \\' + "y" * 300)
    log.close()
    (record,) = records(log.path)
    assert record.text is not None
    assert record.text.startswith('x"]#012<105>1 - forged \\y')
    assert len(record.text) == 128


def test_threads_share_one_sequence(tmp_path: Path) -> None:
    log = opened(tmp_path / "security.log")

    def write() -> None:
        for _ in range(50):
            log.write("IEC62351-14:4.1", "a:1", "x")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    log.write("IEC62351-14:4.1", "a:1", "dropped")
    assert [record.sequence_number for record in records(log.path)] == list(range(1, 201))


def test_tail_holds_whole_lines(tmp_path: Path) -> None:
    log = opened(tmp_path / "security.log")
    for _ in range(3):
        log.write("IEC62351-14:4.1", "a:1", "x")
    lines = log.path.read_bytes().splitlines(keepends=True)
    assert log.tail(10**6) == b"".join(lines)
    assert log.tail(len(lines[1]) + len(lines[2]) + 1) == lines[1] + lines[2]
    log.close()


def test_full_file_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security_log, "MAXIMUM_SIZE", 300)
    log = opened(tmp_path / "security.log")
    for _ in range(3):
        log.write("IEC62351-14:4.1", "a:1", "x")
    log.close()
    aside = records(tmp_path / "security.log.1")
    assert [record.sequence_number for record in [*aside, *records(log.path)]] == [1, 2, 3]
    assert len(aside) == 2


@pytest.mark.parametrize("kept", ["x\n", "99999999999\n", "4294967296\n", "12"])
def test_state_that_is_no_number_is_a_typed_error(tmp_path: Path, kept: str) -> None:
    (tmp_path / "security.log.sequence").write_text(kept)
    with pytest.raises(SecurityLogError, match=r"security\.log\.sequence: holds no sequence number"):
        opened(tmp_path / "security.log")


def test_log_that_cannot_be_opened_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(SecurityLogError, match=r"none/security\.log: No such file"):
        opened(tmp_path / "none" / "security.log")
    (tmp_path / "security.log.sequence").mkdir()
    with pytest.raises(SecurityLogError, match=r"security\.log\.sequence: Is a directory"):
        opened(tmp_path / "security.log")
