"""The security-event line: exact octets, limits, what a reader takes and what it refuses."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.events62351 import Level, event_catalogue, normal_identifier, readings
from conform62351.profiles.securitylog import (
    LIMITS,
    MAXIMUM_SEQUENCE_NUMBER,
    EventLineError,
    EventRecord,
    format_line,
    next_sequence_number,
    printable,
)
from conform62351.profiles.securitylog_reader import Concern, identifier_in, parse_line, seems_event

MOMENT = datetime(2018, 11, 5, 7, 8, 9, 120999, tzinfo=UTC)
RECORD = EventRecord(
    timestamp=MOMENT,
    id="IEC62351-14:4.3",
    level=Level.ERROR,
    source="bay1.example",
    application="device",
    sequence_number=7,
    mnemonic="COMM_SA_ESTABLISHMENT_FAIL",
    text='title "x" \\ [y]',
    peer_info="192.0.2.1:102",
)
LINE = (
    "<107>1 2018-11-05T07:08:09.120Z bay1.example device - IEC62351-14:1 [62351-14@41912 "
    'ID="IEC62351-14:4.3" MNEMONIC="COMM_SA_ESTABLISHMENT_FAIL" Text="title \\"x\\" \\\\ [y\\]" '
    'SqNum="7" PeerInfo="192.0.2.1:102"]'
)


def changed(**members: Any) -> EventRecord:
    return replace(RECORD, **members)


def test_line_has_the_octets_of_rfc_5424() -> None:
    assert format_line(RECORD) == LINE


def test_line_is_read_back_without_remark() -> None:
    parsed = parse_line(LINE + "\r\n")
    assert parsed.record == changed(timestamp=MOMENT.replace(microsecond=120000))
    assert parsed.remarks == ()


@pytest.mark.parametrize(
    ("level", "priority"), [(Level.ALARM, 105), (Level.ERROR, 107), (Level.WARNING, 108), (Level.NOTICE, 109)]
)
def test_priority_is_log_audit_with_the_severity(level: Level, priority: int) -> None:
    assert format_line(changed(level=level)).startswith(f"<{priority}>1 ")


def test_time_of_another_zone_is_written_in_utc() -> None:
    moment = datetime(2018, 11, 5, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert " 2018-11-04T22:30:00.000Z " in format_line(changed(timestamp=moment))


def test_sequence_number_wraps_to_one() -> None:
    assert next_sequence_number(0) == 1
    assert next_sequence_number(41) == 42
    assert next_sequence_number(MAXIMUM_SEQUENCE_NUMBER - 1) == MAXIMUM_SEQUENCE_NUMBER
    assert next_sequence_number(MAXIMUM_SEQUENCE_NUMBER) == 1


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("source", "source"),
        ("application", "application"),
        ("MNEMONIC", "mnemonic"),
        ("Text", "text"),
        ("PeerInfo", "peer_info"),
        ("process", "process"),
    ],
)
def test_limit_of_each_member_holds_exactly(name: str, member: str) -> None:
    at_limit = changed(**{member: "x" * LIMITS[name]})
    assert getattr(parse_line(format_line(at_limit)).record, member) == "x" * LIMITS[name]
    with pytest.raises(EventLineError, match=f"{name} is longer than {LIMITS[name]}"):
        format_line(changed(**{member: "x" * (LIMITS[name] + 1)}))


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"timestamp": datetime(2018, 1, 1)}, "no time zone"),
        ({"id": "IEC62351-14"}, "no event identifier"),
        ({"mnemonic": None, "text": None}, "needs a mnemonic or a text"),
        ({"sequence_number": None}, "sequence number None"),
        ({"sequence_number": MAXIMUM_SEQUENCE_NUMBER + 1}, "outside 0 to"),
        ({"text": "a\nb"}, "control character"),
        ({"message": "a\nb"}, "control character"),
        ({"source": "two words"}, "not printable ASCII"),
        ({"source": ""}, "not printable ASCII"),
        ({"parameters": (("a b", ""),)}, "no parameter name"),
        ({"extra": (("x" * 31, ""),)}, "no parameter name"),
    ],
)
def test_record_that_is_no_line_is_refused(members: dict[str, Any], message: str) -> None:
    with pytest.raises(EventLineError, match=message):
        format_line(changed(**members))


@pytest.mark.parametrize(
    ("old", "new", "concern", "remark"),
    [
        ("07:08:09.120Z", "09:08:09.120+02:00", Concern.TIME, "not given in UTC"),
        ("07:08:09.120Z", "07:08:09.120+00:00", Concern.NOTE, "not given in UTC with Z"),
        ('SqNum="7" ', "", Concern.NOTE, "SqNum is missing"),
        ('ID="IEC62351-14:4.3"', 'ID="IEC62391-14:4.3"', Concern.NOTE, "ID is spelt IEC62391-14:4.3"),
        ('ID="IEC62351-14:4.3"', 'ID="IEC62351-14:99.3"', Concern.NOTE, "not in the catalogue"),
        ("<107>", "<108>", Concern.SEVERITY, "severity of IEC62351-14:4.3 is error, not warning"),
        ("<107>", "<35>", Concern.FORM, "priority 35 is not of facility 13"),
        ("COMM_SA_ESTABLISHMENT_FAIL", "COMM_FAIL", Concern.NOTE, "MNEMONIC of IEC62351-14:4.3 is"),
        ("192.0.2.1:102", "x" * 65, Concern.LIMIT, "PeerInfo is longer than 64"),
        (" device ", " " + "d" * 49 + " ", Concern.LIMIT, "application is longer than 48"),
        ("IEC62351-14:1 [", "IEC62351-14:2 [", Concern.FORM, "MSGID is"),
        ("[62351-14@41912", '[origin ip="::1"][62351-14@41912', Concern.NOTE, "further structured data"),
        ('SqNum="7"', 'SqNum="7" Colour="red"', Concern.NOTE, "unknown parameter Colour"),
        ("[62351", '[timeQuality isSynced="maybe"][62351', Concern.FORM, "timeQuality has a wrong isSynced"),
        ("[62351", '[timeQuality colour="1"][62351', Concern.FORM, "timeQuality has a wrong colour"),
        (
            "[62351",
            '[timeQuality syncAccuracy="9"][62351',
            Concern.FORM,
            "syncAccuracy without isSynced",
        ),
        (
            "[62351",
            '[timeQuality tzKnown="0" isSynced="1"][62351',
            Concern.FORM,
            "isSynced without tzKnown",
        ),
        ("[62351", '[timeQuality tzKnown="1" tzKnown="1"][62351', Concern.FORM, "stands twice"),
    ],
)
def test_deviation_is_read_with_a_remark(old: str, new: str, concern: Concern, remark: str) -> None:
    assert old in LINE
    parsed = parse_line(LINE.replace(old, new))
    assert len(parsed.remarks) == 1
    assert remark in str(parsed.remarks[0])
    assert parsed.remarks[0].concern is concern


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<107>1", "<107>2", "version 2"),
        ("<107>", "<0107>", "header"),
        ("<107>", "<104>", "no severity"),
        ("2018-11-05T", "2018-13-05T", "timestamp"),
        ("07:08:09", "07:08:60", "timestamp"),
        ("2018-11-05T07:08:09.120Z", "-", "timestamp"),
        ("2018-11-05T07:08:09.120Z", "0001-01-01T00:00:00+14:00", "timestamp"),
        ('ID="IEC62351-14:4.3" ', "", "ID is missing"),
        ('ID="IEC62351-14:4.3"', 'ID="4.3"', "no event identifier"),
        ('SqNum="7"', 'SqNum="07"', "SqNum"),
        ('SqNum="7"', 'SqNum="4294967296"', "SqNum"),
        ('SqNum="7"', 'SqNum="7" SqNum="8"', "SqNum stands twice"),
        ('102"]', '102"', "neither a parameter nor the end"),
        ('102"]', '102"]x', "no space"),
        ("[y\\]", "[y]", "neither a parameter nor the end"),
        ("[62351-14@41912", "[62351-15@41912", "no structured data"),
        ("[62351-14@41912", "[", "no name of an SD-ELEMENT|neither"),
    ],
)
def test_line_that_is_no_event_is_refused(old: str, new: str, message: str) -> None:
    assert old in LINE
    with pytest.raises(EventLineError, match=message):
        parse_line(LINE.replace(old, new))


def test_invalid_escape_is_read_as_it_stands() -> None:
    line = LINE.replace("192.0.2.1:102", "a\\b\\\\c")
    assert parse_line(line).record.peer_info == "a\\b\\c"


@pytest.mark.parametrize("quality", ['tzKnown="1" isSynced="1" syncAccuracy="60000"', 'tzKnown="0"', ""])
def test_quality_of_the_time_may_be_told(quality: str) -> None:
    element = f"[timeQuality{' ' if quality else ''}{quality}]"
    assert parse_line(LINE.replace("[62351", element + "[62351")).remarks == ()
    assert parse_line(LINE + element).remarks == ()


def test_event_of_an_unreadable_line_is_known() -> None:
    broken = LINE.replace("[y\\]", "[y]").encode()
    assert seems_event(broken)
    assert identifier_in(broken) == "IEC62351-14:4.3"
    assert identifier_in(broken.replace(b"IEC62351", b"IEC62391")) == "IEC62351-14:4.3"
    assert identifier_in(b'ID="4.3"') is None
    assert not seems_event(b"<30>1 2018-11-05T07:08:09Z bay1 sshd - - - session opened")


def test_message_is_read_without_its_byte_order_mark() -> None:
    assert parse_line(LINE.encode() + b" \xef\xbb\xbfhello").record.message == "hello"


def test_octets_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(EventLineError, match="not UTF-8"):
        parse_line(LINE.encode() + b" \xff")


def test_overlong_line_is_refused() -> None:
    with pytest.raises(EventLineError, match="longer than"):
        parse_line(LINE + " " + "x" * 70000)


texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=64)
names = st.text(string.ascii_letters + string.digits, min_size=1, max_size=30)


@settings(max_examples=100, deadline=None)
@given(
    record=st.builds(
        changed,
        timestamp=st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=1000)),
        level=st.just(Level.ERROR),
        sequence_number=st.integers(0, MAXIMUM_SEQUENCE_NUMBER),
        text=texts,
        peer_info=st.none() | texts,
        user=st.none() | texts,
        parameters=st.lists(st.tuples(names, texts), max_size=3).map(tuple),
        extra=st.lists(st.tuples(names, texts), max_size=3).map(tuple),
        message=texts.map(lambda text: text.lstrip("\ufeff")),
    )
)
def test_every_record_survives_the_line(record: EventRecord) -> None:
    parsed = parse_line(format_line(record).encode())
    assert parsed.record == record
    assert parsed.remarks == ()


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, len(LINE)), st.binary(max_size=8)).map(
        lambda cut: LINE.encode()[: cut[0]] + cut[1] + LINE.encode()[cut[0] + len(cut[1]) :]
    )
)
def test_any_octets_are_a_record_or_a_typed_error(octets: bytes) -> None:
    try:
        parsed = parse_line(octets)
    except EventLineError:
        return
    assert parsed.record.id in LINE or normal_identifier(parsed.record.id) == parsed.record.id


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200), st.integers(1, 128))
def test_printable_text_always_fits(text: str, limit: int) -> None:
    fit = printable(text, min(limit, LIMITS["Text"]))
    assert parse_line(format_line(changed(text=fit))).record.text == fit


def test_printable_keeps_what_is_fit_and_shows_the_rest() -> None:
    assert printable("ä\n\x00", 20) == "ä#012#000"
    assert printable("\u2028", 20) == "#x2028"
    assert printable("abcdef", 4) == "abc…"


def test_catalogue_holds_the_events_of_the_three_parts() -> None:
    events = event_catalogue()
    assert len(events) == 239
    assert events["IEC62351-14:4.1"].mnemonic == "COMM_SUCCESS"
    assert events["IEC62351-14:9.5"].mnemonic == "COMM_LOG_SUBSCRIBER_FAIL"
    assert (
        readings("IEC62351-4:4.23") == readings("IEC62351-4:4.26") == {"IEC62351-4:4.23", "IEC62351-4:4.26"}
    )
    assert readings("IEC62351-4:1.18") == {"IEC62351-4:1.18", "IEC62351-4:1.21"}
    assert readings("IEC62351-4:1.19") == {"IEC62351-4:1.19"}
    assert events["IEC62351-4:15.5"].level is Level.ERROR
    assert events["IEC62351-4:5.3"].mnemonic is None
    assert events["IEC62351-4:5.3"].meaning == "invalid signature"
    assert not events["IEC62351-4:15.8"].provokable
    assert events["IEC62351-4:10.3"].is_mnemonic("CLEAR_INV_ICV_ALG_TRF")
    assert not events["IEC62351-4:10.3"].is_mnemonic("CLEAR_BAD_ICV")
    assert all(normal_identifier(identifier) == identifier for identifier in events)
