"""Data whose time and seq are not in order: rows 7 and 9, which are the same in every mode."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.transfers import (
    CLIENT_CLEAR,
    CLIENT_SEPARATE,
    EARLIER,
    MODES,
    ONE_AE,
    ONE_CLEAR,
    ONE_SEPARATE,
    SEQUENCE,
    TIME,
    Mutations,
    Ways,
    aborts,
    renewing,
    token,
)
from conform62351.suites.native.ways import Way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import SetTime
from conform62351.tooling.engine.steps import Conversation

TIME_VALUE = "R-E2E-transfer-time"
ORDER = "R-E2E-transfer-time-order"
SEQ = "R-E2E-transfer-sequence"

HIGHEST_SEQ = 2147483647
BACK_S = -60.0
MILLISECOND_S = 0.001


def out_of_window(way: Way) -> dict[str, Mutations]:
    """Return times that are more than 10 minutes off the DUT's."""
    pdu = f"{way.data}.token"
    return {
        "in the past": (SetTime(pdu=pdu, boundary="past", inside=False),),
        "to come": (SetTime(pdu=pdu, boundary="future", inside=False),),
        "an hour ago": (SetTime(pdu=pdu, shift=-3600.0),),
    }


def out_of_window_later(way: Way) -> dict[str, Mutations]:
    """Return a time that is not before that of other messages, and all the same out of the window."""
    pdu = f"{way.data}.token"
    return {"to come, behind a refresh": (SetTime(pdu=pdu, boundary="future", inside=False),)}


def under_new_keys(role: Role, way: Way) -> Steps:
    """Return an association in which messages under new keys have gone each way."""
    return renewing(role, way, 1)


def times(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield times out of the window, in the first message and in a later one."""
    yield from aborts(role, TIME_VALUE, ways, out_of_window, TIME)
    yield from aborts(role, TIME_VALUE, ways, out_of_window_later, TIME, begun=under_new_keys)


@case("E2E/SRV/DT/BI-time", TIME_VALUE, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_time() -> Iterator[Conversation]:
    """Data with a time more than 10 minutes in the past, or to come, are answered by a server with
    invalid-time-value.
    """
    return times(Role.SERVER, MODES)


@case("E2E/CLI/DT/BI-time", TIME_VALUE, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_time() -> Iterator[Conversation]:
    """Encrypted data with a time more than 10 minutes in the past, or to come, are answered by a client with
    invalid-time-value.
    """
    return times(Role.CLIENT, ONE_AE)


@case(
    "E2E/CLI/DT/BI-time-clear",
    TIME_VALUE,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_time_clear() -> Iterator[Conversation]:
    """A ClearTransfer with a time more than 10 minutes in the past, or to come, is answered by a client with
    invalid-time-value.
    """
    return times(Role.CLIENT, ONE_CLEAR)


@case(
    "E2E/CLI/DT/BI-time-separate",
    TIME_VALUE,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_time_separate() -> Iterator[Conversation]:
    """Encrypted data with an ICV and a time more than 10 minutes in the past, or to come, are answered by a
    client with invalid-time-value.
    """
    return times(Role.CLIENT, ONE_SEPARATE)


def earlier(way: Way) -> dict[str, Mutations]:
    """Return times that were never used, before that of the last message."""
    pdu = f"{way.data}.token"
    first = token(way, "seq", 0)
    return {
        "by a minute": (SetTime(pdu=pdu, shift=BACK_S), first),
        "by a millisecond": (SetTime(pdu=pdu, again=0, shift=-MILLISECOND_S), first),
    }


def earlier_under_new_keys(way: Way) -> dict[str, Mutations]:
    """Return a time before that of the last message, which was under the old keys."""
    return {"under new keys": (SetTime(pdu=f"{way.data}.token", shift=BACK_S), token(way, "seq", 0))}


def orders(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield times that go back, also where the keys have changed in between."""
    yield from aborts(role, ORDER, ways, earlier, EARLIER, after=1)
    yield from aborts(role, ORDER, ways, earlier_under_new_keys, EARLIER, begun=renewing)


@case("E2E/SRV/DT/BI-time-order", ORDER, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_time_order() -> Iterator[Conversation]:
    """Data with a time before that of the last message, though it was never used and is within 10 minutes,
    are answered by a server with invalid-time-value.
    """
    return orders(Role.SERVER, MODES)


@case(
    "E2E/CLI/DT/BI-time-order", ORDER, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE
)
def client_time_order() -> Iterator[Conversation]:
    """Data with a time before that of the last message, though it was never used and is within 10 minutes,
    are answered by a client with invalid-time-value.
    """
    return orders(Role.CLIENT, ONE_AE)


@case(
    "E2E/CLI/DT/BI-time-order-separate",
    ORDER,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_time_order_separate() -> Iterator[Conversation]:
    """Encrypted data with an ICV and a time before that of the last message are answered by a client with
    invalid-time-value.
    """
    return orders(Role.CLIENT, ONE_SEPARATE)


@case(
    "E2E/CLI/DT/BI-time-order-clear",
    ORDER,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_time_order_clear() -> Iterator[Conversation]:
    """A ClearTransfer with a time before that of the last message is answered by a client with
    invalid-time-value.
    """
    return orders(Role.CLIENT, ONE_CLEAR)


def first_seqs(way: Way) -> dict[str, Mutations]:
    """Return first messages that must have had others before them."""
    return {
        "the first message has 1": (token(way, "seq", 1),),
        "the first message has the highest": (token(way, "seq", HIGHEST_SEQ),),
    }


def later_seqs(way: Way) -> dict[str, Mutations]:
    """Return messages that do not follow the one before."""
    newer = SetTime(pdu=f"{way.data}.token")
    same = SetTime(pdu=f"{way.data}.token", again=0)
    return {
        "a newer time with 1": (newer, token(way, "seq", 1)),
        "a newer time with 5": (newer, token(way, "seq", 5)),
        "the same time, one is missing": (same, token(way, "seq", 2)),
        "the same time with the highest": (same, token(way, "seq", HIGHEST_SEQ)),
    }


def later_seqs_under_new_keys(way: Way) -> dict[str, Mutations]:
    """Return a message that does not follow the one before, which was under the same new keys."""
    newer = SetTime(pdu=f"{way.data}.token")
    return {"a newer time with 1, under new keys": (newer, token(way, "seq", 1))}


def sequences(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield what has a wrong seq, as the first message, behind another, and behind a refresh of keys."""
    yield from aborts(role, SEQ, ways, first_seqs, SEQUENCE)
    yield from aborts(role, SEQ, ways, later_seqs, SEQUENCE, after=1)
    yield from aborts(role, SEQ, ways, later_seqs_under_new_keys, SEQUENCE, begun=under_new_keys)


@case("E2E/SRV/DT/BI-seq", SEQ, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_seq() -> Iterator[Conversation]:
    """A seq that is not 0 with a newer time, or not the next one with the same time, is answered by a server
    with invalid-sequence-number: a message has been lost, or comes out of order.
    """
    return sequences(Role.SERVER, MODES)


@case("E2E/CLI/DT/BI-seq", SEQ, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_seq() -> Iterator[Conversation]:
    """A seq that is not 0 with a newer time, or not the next one with the same time, is answered by a client
    with invalid-sequence-number: a message has been lost, or comes out of order.
    """
    return sequences(Role.CLIENT, ONE_AE)


@case(
    "E2E/CLI/DT/BI-seq-clear",
    SEQ,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_seq_clear() -> Iterator[Conversation]:
    """A seq of a ClearTransfer that is not 0 with a newer time, or not the next one with the same time, is
    answered by a client with invalid-sequence-number.
    """
    return sequences(Role.CLIENT, ONE_CLEAR)


@case(
    "E2E/CLI/DT/BI-seq-separate",
    SEQ,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_seq_separate() -> Iterator[Conversation]:
    """A seq of encrypted data with an ICV that is not 0 with a newer time, or not the next one with the same
    time, is answered by a client with invalid-sequence-number.
    """
    return sequences(Role.CLIENT, ONE_SEPARATE)
