"""Time and seq: what a sender makes of its clock, and what a receiver remembers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.generalized_time import TimeReading, write_time
from conform62351.profiles.native import sequence
from conform62351.profiles.native.sequence import ReceivedSequence, SendingSequence
from conform62351.profiles.native.timestamp import read_timestamp
from conform62351.profiles.native.tokens import MAXIMUM_SEQ
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.native_transfer_bench import AE, BASE, STATUS, Clock, Peers


def at(seconds: float) -> TimeReading:
    return read_timestamp(write_time(BASE + seconds))


def test_seq_counts_within_a_millisecond_and_begins_anew() -> None:
    clock = Clock()
    sending = SendingSequence(clock)
    time = write_time(BASE)
    assert [sending.advance() for _ in range(3)] == [(time, 0), (time, 1), (time, 2)]
    clock.now += 0.0004
    assert sending.advance() == (time, 3)
    clock.now += 0.001
    assert sending.advance() == (write_time(BASE + 0.001), 0)


def test_a_clock_that_goes_back_keeps_the_last_time() -> None:
    clock = Clock()
    sending = SendingSequence(clock)
    sending.advance()
    clock.now -= 3600
    assert sending.advance() == (write_time(BASE), 1)
    clock.now = BASE + 1
    assert sending.advance() == (write_time(BASE + 1), 0)


def test_a_clock_of_1970_begins_with_seq_0() -> None:
    assert SendingSequence(lambda: 0.0).advance() == (write_time(0), 0)
    assert SendingSequence(lambda: -5.0).advance() == (write_time(-5), 0)


def test_seq_that_is_used_up_takes_the_next_millisecond() -> None:
    sending = SendingSequence(lambda: BASE)
    sending.advance()
    sending._seq = MAXIMUM_SEQ - 1
    assert sending.advance() == (write_time(BASE), MAXIMUM_SEQ)
    assert sending.advance() == (write_time(BASE + 0.001), 0)


def test_the_highest_seq_is_received() -> None:
    received = ReceivedSequence()
    received.remember(at(0), MAXIMUM_SEQ - 1, BASE)
    assert received.due(at(0)) == MAXIMUM_SEQ
    received.remember(at(0), MAXIMUM_SEQ, BASE)
    assert received.holds(at(0), MAXIMUM_SEQ)
    assert received.due(at(0.001)) == 0


def test_a_clock_going_back_on_either_side_breaks_nothing() -> None:
    for receiver_too in (True, False):
        peers = Peers(AE)
        assert peers.exchange(Role.CLIENT).applData == STATUS
        peers.clock.now -= 599
        sent = peers.sent(Role.CLIENT)
        if not receiver_too:
            peers.clock.now += 599
        assert peers.server.receive(sent).applData == STATUS


def test_finer_digits_are_told_apart() -> None:
    received = ReceivedSequence()
    received.remember(read_timestamp(b"20261122173413.0001Z"), 0, BASE)
    assert not received.holds(read_timestamp(b"20261122173413.00011Z"), 0)
    assert received.is_earlier(read_timestamp(b"20261122173413.00009Z"))
    assert received.holds(read_timestamp(b"20261122173413.000100Z"), 0)


def test_what_is_remembered_is_bounded() -> None:
    received = ReceivedSequence(window=1.0)
    for number in range(3000):
        received.remember(at(number / 1000), 0, BASE + number / 1000)
    assert len(received) == 1001
    assert received.holds(at(1.999), 0)
    assert not received.holds(at(1.998), 0)


def test_memory_has_a_limit_of_its_own() -> None:
    received = ReceivedSequence()
    extra = 10
    for number in range(sequence.MAXIMUM_TIMES + extra):
        received.remember(at(number / 1000), 0, BASE)
    assert len(received) == sequence.MAXIMUM_TIMES
    assert not received.holds(at(0), 0)
    assert received.is_earlier(at(0))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-2, 2, allow_nan=False), min_size=1, max_size=30))
def test_whatever_the_clock_does_the_receiver_is_content(moves: list[float]) -> None:
    clock = Clock()
    sending, received = SendingSequence(clock), ReceivedSequence()
    for move in moves:
        clock.now += move
        time, seq = sending.advance()
        reading = read_timestamp(time)
        assert not received.holds(reading, seq)
        assert not received.is_earlier(reading)
        assert received.due(reading) == seq
        received.remember(reading, seq, BASE)
