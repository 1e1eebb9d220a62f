"""Judging logged events by aspect: what passes, what passes with a warning, what fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from conform62351.profiles.events62351 import Level
from conform62351.profiles.securitylog import MAXIMUM_SEQUENCE_NUMBER, EventRecord, format_line
from conform62351.profiles.securitylog_reader import parse_line
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.engine.device_log import LogEntry
from conform62351.tooling.engine.judging import Judgement
from conform62351.tooling.engine.log_judging import Expectation, judge_aspect, judge_form, same_peer
from conform62351.tooling.engine.log_steps import Aspect

MOMENT = datetime(2018, 11, 5, 7, 8, 9, 120000, tzinfo=UTC)
RECORD = EventRecord(
    timestamp=MOMENT,
    id="IEC62351-14:4.4",
    level=Level.ALARM,
    source="bay1",
    application="device",
    sequence_number=7,
    mnemonic="COMM_PEER_AUTHENTICATION_FAIL",
    peer_info="192.0.2.1:4711",
)
AT = MOMENT.timestamp()


def entry(text: str, *, behind_loss: bool = False) -> LogEntry:
    parsed = parse_line(text)
    return LogEntry(
        0, text.encode(), AT, parsed.record, parsed.remarks, behind_loss=behind_loss, id=parsed.record.id
    )


def line(**members: Any) -> str:
    return format_line(replace(RECORD, **members))


def judged(aspect: Aspect, text: str, chain: tuple[LogEntry, ...] = ()) -> Judgement:
    wanted = Expectation("192.0.2.1:4711", AT - 0.5, AT + 0.5, 0.25, chain)
    seen = entry(text)
    assert seen.record is not None
    expected, judgement = judge_aspect(aspect, seen, seen.record, wanted)
    assert expected
    return judgement


@pytest.mark.parametrize(("measured", "known"), [(True, "by its signed times"), (False, "clock_tolerance")])
def test_what_is_expected_of_a_time_says_how_the_device_s_clock_is_known(measured: bool, known: str) -> None:
    seen = entry(line())
    assert seen.record is not None
    wanted = Expectation("192.0.2.1:4711", AT, AT, 0.25, (), measured)
    expected, _ = judge_aspect("time", seen, seen.record, wanted)
    assert known in expected


@pytest.mark.parametrize("aspect", ["severity", "time", "peer", "source", "limits"])
def test_record_as_it_should_be_passes(aspect: Aspect) -> None:
    judgement = judged(aspect, line())
    assert (judgement.verdict, judgement.warnings) == (Verdict.PASS, ())


@pytest.mark.parametrize(
    ("aspect", "text", "got"),
    [
        ("severity", line(level=Level.ERROR), "severity of IEC62351-14:4.4 is alarm, not error"),
        ("time", line(timestamp=MOMENT + timedelta(hours=1)), "3599.500 s off"),
        ("time", line(timestamp=MOMENT - timedelta(seconds=2)), "1.500 s off"),
        ("time", line().replace("07:08:09.120Z", "09:08:09.120+02:00"), "not given in UTC"),
        ("peer", line(peer_info=None), "no PeerInfo"),
        ("peer", line(peer_info="192.0.2.1"), "192.0.2.1"),
        ("peer", line(peer_info="192.0.2.1:4712"), "192.0.2.1:4712"),
        ("source", line(source="-"), "- device"),
        ("source", line(application="-"), "bay1 -"),
        ("limits", line().replace("4711", "4" * 64), "PeerInfo is longer than 64 characters"),
    ],
)
def test_record_that_is_wrong_fails(aspect: Aspect, text: str, got: str) -> None:
    judgement = judged(aspect, text)
    assert judgement.verdict is Verdict.FAIL
    assert got in judgement.got


def test_time_may_be_a_second_off_and_what_the_clock_is_not_known() -> None:
    assert judged("time", line(timestamp=MOMENT + timedelta(seconds=1.7))).verdict is Verdict.PASS
    assert judged("time", line(timestamp=MOMENT + timedelta(seconds=1.8))).verdict is Verdict.FAIL


def test_time_without_fraction_is_worth_a_warning() -> None:
    judgement = judged("time", line().replace(".120Z", "Z"))
    assert judgement.verdict is Verdict.PASS
    assert "milliseconds are recommended" in judgement.warnings[0]


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("192.0.2.1:4711", True),
        ("[::ffff:192.0.2.1]:4711", True),
        ("::ffff:192.0.2.1:4711", True),
        ("192.0.2.1:04711", True),
        ("client-1.example:4711", True),
        ("client-1.example:4712", False),
        ("192.0.2.300:4711", False),
        ("two words:4711", False),
        (":4711", False),
        ("192.0.2.1:471", False),
        ("192.0.2.1", False),
        ("peer", False),
        (":", False),
        ("192.0.2.1:99999999999999999999", False),
        (None, False),
    ],
)
def test_partner_may_be_written_differently(written: str | None, same: bool) -> None:
    assert same_peer(written, "192.0.2.1:4711") is same


def test_partner_given_by_its_name_is_worth_a_warning() -> None:
    judgement = judged("peer", line(peer_info="client-1.example:4711"))
    assert judgement.verdict is Verdict.PASS
    assert judgement.warnings == ("the partner is given by its name, which was not looked up",)


def test_partner_of_ip_version_6() -> None:
    assert same_peer("[2001:db8::1]:102", "[2001:db8:0:0::1]:102")
    assert not same_peer("[2001:db8::2]:102", "[2001:db8::1]:102")


def chain(*numbers: int | None, lost_before: int = -1) -> tuple[LogEntry, ...]:
    found = []
    for index, number in enumerate(numbers):
        text = line(sequence_number=number or 0)
        text = text.replace(' SqNum="0"', "") if number is None else text
        found.append(entry(text, behind_loss=index == lost_before))
    return tuple(found)


UNREADABLE = LogEntry(0, b"<109> IEC62351-14:4.1", AT, None, fault="no header")


@pytest.mark.parametrize(
    ("entries", "verdict", "words"),
    [
        (chain(7), Verdict.PASS, "7"),
        (chain(7, 8, 9), Verdict.PASS, "7 to 9"),
        (chain(MAXIMUM_SEQUENCE_NUMBER, 1, 2), Verdict.PASS, "to 2"),
        (chain(0, 0), Verdict.PASS, "does not number"),
        (chain(None, None), Verdict.PASS, "SqNum is missing"),
        (chain(7, 9), Verdict.FAIL, "9 behind 7: a gap"),
        (chain(7, 7), Verdict.FAIL, "7 behind 7: repeated"),
        (chain(7, 8, 1), Verdict.FAIL, "1 behind 8: goes back"),
        (chain(MAXIMUM_SEQUENCE_NUMBER, 2), Verdict.FAIL, "goes back"),
        (chain(7, 0), Verdict.FAIL, "0 behind 7"),
        (chain(0, 7), Verdict.FAIL, "7 behind 0"),
        (chain(7, 12, lost_before=1), Verdict.PASS, "may have missed"),
        (chain(7, 3, lost_before=1), Verdict.FAIL, "goes back"),
        ((*chain(7), UNREADABLE, *chain(9)), Verdict.PASS, "7 to 9"),
    ],
)
def test_numbers_follow_one_another(entries: tuple[LogEntry, ...], verdict: Verdict, words: str) -> None:
    judgement = judged("sequence", line(), entries)
    assert judgement.verdict is verdict
    assert words in " ".join((judgement.got, *judgement.warnings))


def test_form_of_a_line_that_cannot_be_read_fails_with_the_line() -> None:
    _, judgement = judge_form(UNREADABLE)
    assert judgement.verdict is Verdict.FAIL
    assert judgement.got == "no header: <109> IEC62351-14:4.1"


def test_form_that_readers_accept_is_worth_a_warning() -> None:
    _, judgement = judge_form(entry(line().replace("COMM_PEER_AUTHENTICATION_FAIL", "OTHER")))
    assert judgement.verdict is Verdict.PASS
    assert "MNEMONIC" in judgement.warnings[0]
    _, judgement = judge_form(entry(line().replace("<105>", "<33>")))
    assert judgement.verdict is Verdict.FAIL
    assert judgement.got == "priority 33 is not of facility 13"
