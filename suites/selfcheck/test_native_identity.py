"""Numbers of associations, times of tokens, and the memory of what has been received."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.generalized_time import TimeError, TimeReading
from conform62351.profiles.native.identity import (
    NUMBERS,
    Numbers,
    NumbersTakenError,
    is_accepted,
    is_requested,
    joined,
)
from conform62351.profiles.native.replay import ReplayStore
from conform62351.profiles.native.timestamp import read_timestamp
from conform62351.suites.selfcheck.native_bench import certificate
from conform62351.suites.selfcheck.pki_samples import NOW


@pytest.mark.parametrize("asso_id", ["0", "7", "41", "999"])
def test_one_number(asso_id: str) -> None:
    assert is_requested(asso_id)
    assert is_accepted(joined(asso_id, 3), asso_id)


@pytest.mark.parametrize("asso_id", ["", "07", "1000", "7:41", "-1", " 7", "7\n", "\u0667", "a"])
def test_what_is_not_one_number(asso_id: str) -> None:
    assert not is_requested(asso_id)


@pytest.mark.parametrize(
    "asso_id", ["7", "7:", ":41", "8:41", "07:41", "7:041", "7:1000", "7:41:1", "7:41\n", ""]
)
def test_what_is_not_an_answer_to_7(asso_id: str) -> None:
    assert not is_accepted(asso_id, "7")


def test_numbers_in_use_are_not_given_twice() -> None:
    numbers = Numbers()
    taken = [numbers.take() for _ in NUMBERS]
    assert sorted(taken) == list(NUMBERS)
    with pytest.raises(NumbersTakenError):
        numbers.take()
    numbers.give_back(5)
    assert numbers.take() == 5


def test_a_number_that_comes_back_is_not_the_next_one() -> None:
    numbers = Numbers()
    first = numbers.take()
    numbers.give_back(first)
    assert numbers.take() != first


@pytest.mark.parametrize(
    ("octets", "milliseconds", "remarked"),
    [
        (b"20270115080000.000Z", 0, False),
        (b"20270115080000,123Z", 123, False),
        (b"20270115080000Z", 0, True),
        (b"20270115080000.Z", 0, True),
        (b"20270115080000.1Z", 100, True),
        (b"20270115080000.123456Z", 123, True),
    ],
)
def test_times_that_are_read(octets: bytes, milliseconds: int, remarked: bool) -> None:
    reading = read_timestamp(octets)
    assert reading.milliseconds == round(NOW * 1000) + milliseconds
    assert bool(reading.deviations) is remarked


@pytest.mark.parametrize(
    "octets",
    [
        b"20270115080000.000",
        b"20270115080000.000+0000",
        b"20270115T080000.000Z",
        b"20270115080000.1234567Z",
        b"20270115080000123Z",
        b"202701150800Z",
        b"20270230080000.000Z",
        b"20270115240000.000Z",
        b"20270115080000.000Z\n",
        b"",
    ],
)
def test_times_that_are_not_read(octets: bytes) -> None:
    with pytest.raises(TimeError):
        read_timestamp(octets)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_any_octets_are_a_time_or_a_typed_error(octets: bytes) -> None:
    with suppress(TimeError):
        assert isinstance(read_timestamp(octets), TimeReading)


def at(milliseconds: int) -> TimeReading:
    return TimeReading(round(NOW) + milliseconds // 1000, f"{milliseconds % 1000:03}".rstrip("0"))


def test_subject_number_and_time_together_are_remembered() -> None:
    store, client, server = ReplayStore(), certificate("client"), certificate("server")
    store.enter(client, "7", at(0), NOW)
    assert store.holds(client, "7", at(0), NOW)
    assert not store.holds(client, "8", at(0), NOW)
    assert not store.holds(client, None, at(0), NOW)
    assert not store.holds(client, "7", at(1), NOW)
    assert not store.holds(server, "7", at(0), NOW)


def test_an_entry_is_kept_for_the_window_behind_its_time() -> None:
    store, client = ReplayStore(), certificate("client")
    store.enter(client, None, at(1500), NOW)
    store.enter(client, "7", at(1500), NOW)
    assert store.holds(client, "7", at(1500), NOW + 601.5)
    assert not store.holds(client, "7", at(1500), NOW + 601.501)
    assert len(store) == 0


def test_the_memory_is_bounded_and_makes_room() -> None:
    store, client = ReplayStore(maximum=3), certificate("client")
    for number in range(5):
        store.enter(client, "7", at(1000 * number), NOW)
    assert len(store) == 3
    assert store.is_full(NOW)
    assert not store.is_full(NOW + 600.5)


def test_what_is_doubtful_is_remembered_but_pushes_nothing_else_out() -> None:
    store, client, stranger = ReplayStore(maximum=2, doubtful=3), certificate("client"), certificate("server")
    store.enter(client, "7", at(0), NOW)
    for number in range(5):
        store.enter(stranger, "7", at(number), NOW, doubtful=True)
    assert [store.holds(stranger, "7", at(number), NOW) for number in range(5)] == [False] * 2 + [True] * 3
    assert store.holds(client, "7", at(0), NOW)
    assert not store.is_full(NOW)
    assert len(store) == 4
    assert not store.holds(stranger, "7", at(4), NOW + 600.005)


def test_what_was_doubtful_and_comes_again_stays_remembered() -> None:
    store, client = ReplayStore(doubtful=1), certificate("client")
    store.enter(client, "7", at(0), NOW, doubtful=True)
    store.enter(client, "7", at(0), NOW)
    store.enter(client, "8", at(0), NOW, doubtful=True)
    assert store.holds(client, "7", at(0), NOW)
    assert store.holds(client, "8", at(0), NOW)


def test_nobody_uses_up_the_times_of_a_subject_that_is_not_his() -> None:
    store, forged = ReplayStore(), certificate("client", key="server")
    store.enter(forged, "7", at(0), NOW, doubtful=True)
    assert store.holds(forged, "7", at(0), NOW)
    assert not store.holds(certificate("client"), "7", at(0), NOW)
    store.enter(certificate("client"), "7", at(0), NOW)
    assert store.holds(forged, "7", at(0), NOW)


def test_absent_and_empty_numbers_differ() -> None:
    store, client = ReplayStore(), certificate("client")
    store.enter(client, "", at(0), NOW)
    assert not store.holds(client, None, at(0), NOW)
