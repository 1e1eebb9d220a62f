"""Time and seq that are not in order, and data that were sent before or elsewhere: rows 7 to 9."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    SERVER,
    SERVER_BASELINE,
    client_exchanges,
    client_request_on,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.transfers import (
    CLIENT_CLEAR,
    EARLIER,
    ENCRYPTED_OR_NOT,
    ICV,
    ONE_AE,
    ONE_CLEAR,
    REPLAY,
    SEQUENCE,
    TIME,
    UNDECODABLE,
    Mutations,
    Ways,
    aborts,
    associated,
    refuses,
    sends,
    token,
    tried,
)
from conform62351.suites.native.ways import Way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Reflect, Replay, SetTime
from conform62351.tooling.engine.outcomes import RESPONSE, reach
from conform62351.tooling.engine.steps import (
    Abort,
    AnswerAssociation,
    Conversation,
    SendAgain,
    conversation,
)

TIME_VALUE = "R-E2E-transfer-time"
ORDER = "R-E2E-transfer-time-order"
REPLAYED = "R-E2E-transfer-replay"
SEQ = "R-E2E-transfer-sequence"
REFLECTED = "R-E2E-transfer-reflected"
OTHER = "R-E2E-transfer-other-association"

HIGHEST_SEQ = 2147483647
BACK_S = -60.0


def out_of_window(way: Way) -> dict[str, Mutations]:
    """Return times that are more than 10 minutes off the DUT's."""
    pdu = f"{way.data}.token"
    return {
        "in the past": (SetTime(pdu=pdu, boundary="past", inside=False),),
        "to come": (SetTime(pdu=pdu, boundary="future", inside=False),),
        "an hour ago": (SetTime(pdu=pdu, shift=-3600.0),),
    }


@case("E2E/SRV/DT/BI-time", TIME_VALUE, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_time() -> Iterator[Conversation]:
    """Data with a time more than 10 minutes in the past, or to come, are answered by a server with
    invalid-time-value.
    """
    return aborts(Role.SERVER, TIME_VALUE, ENCRYPTED_OR_NOT, out_of_window, TIME)


@case("E2E/CLI/DT/BI-time", TIME_VALUE, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_time() -> Iterator[Conversation]:
    """Encrypted data with a time more than 10 minutes in the past, or to come, are answered by a client with
    invalid-time-value.
    """
    return aborts(Role.CLIENT, TIME_VALUE, ONE_AE, out_of_window, TIME)


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
    return aborts(Role.CLIENT, TIME_VALUE, ONE_CLEAR, out_of_window, TIME)


def earlier(way: Way) -> dict[str, Mutations]:
    """Return a time that was never used, before that of the last message."""
    return {"": (SetTime(pdu=f"{way.data}.token", shift=BACK_S), token(way, "seq", 0))}


@case("E2E/SRV/DT/BI-time-order", ORDER, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_time_order() -> Iterator[Conversation]:
    """Data with a time before that of the last message, though it was never used and is within 10 minutes,
    are answered by a server with invalid-time-value.
    """
    return aborts(Role.SERVER, ORDER, ENCRYPTED_OR_NOT, earlier, EARLIER, after=1)


@case(
    "E2E/CLI/DT/BI-time-order", ORDER, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE
)
def client_time_order() -> Iterator[Conversation]:
    """Data with a time before that of the last message, though it was never used and is within 10 minutes,
    are answered by a client with invalid-time-value.
    """
    return aborts(Role.CLIENT, ORDER, ONE_AE, earlier, EARLIER, after=1)


def used_before(way: Way) -> dict[str, Mutations]:
    """Return time and seq of the last message, in a message made afresh."""
    return {"a new message": (SetTime(pdu=f"{way.data}.token", again=0), token(way, "seq", 0))}


def replays(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield time and seq that were used before: with the same octets, with others, after a higher seq."""
    yield from aborts(role, REPLAYED, ways, used_before, REPLAY, after=1)
    for way, pics in tried(role, ways):
        again = SetTime(pdu=f"{way.data}.token", again=0)
        yield conversation(
            associated(role, way, 1),
            sends(role, again, token(way, "seq", 1)),
            reach(RESPONSE) if role is Role.SERVER else (),
            sends(role, again, token(way, "seq", 0)),
            refuses(REPLAYED, role, way.data, REPLAY),
            label=f"{way.label}: a lower seq of the same time",
            pics=pics,
        )
        yield conversation(
            associated(role, way, 1),
            SendAgain(pdu=way.data, may_break=True),
            refuses(REPLAYED, role, way.data, REPLAY),
            label=f"{way.label}: the same octets",
            pics=pics,
        )


@case("E2E/SRV/DT/BI-replay", REPLAYED, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_replay() -> Iterator[Conversation]:
    """A message that comes twice, or one made afresh with a time and seq that were used, makes a server end
    the association without a diagnostic.
    """
    return replays(Role.SERVER, ENCRYPTED_OR_NOT)


@case("E2E/CLI/DT/BI-replay", REPLAYED, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_replay() -> Iterator[Conversation]:
    """A message that comes twice, or one made afresh with a time and seq that were used, makes a client end
    the association without a diagnostic.
    """
    return replays(Role.CLIENT, ONE_AE)


@case(
    "E2E/CLI/DT/BI-replay-clear",
    REPLAYED,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_replay_clear() -> Iterator[Conversation]:
    """A ClearTransfer that comes twice, or one made afresh with a time and seq that were used, makes a client
    end the association without a diagnostic.
    """
    return replays(Role.CLIENT, ONE_CLEAR)


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


def sequences(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield what has a wrong seq, as the first message and behind another."""
    yield from aborts(role, SEQ, ways, first_seqs, SEQUENCE)
    yield from aborts(role, SEQ, ways, later_seqs, SEQUENCE, after=1)


@case("E2E/SRV/DT/BI-seq", SEQ, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_seq() -> Iterator[Conversation]:
    """A seq that is not 0 with a newer time, or not the next one with the same time, is answered by a server
    with invalid-sequence-number: a message has been lost, or comes out of order.
    """
    return sequences(Role.SERVER, ENCRYPTED_OR_NOT)


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


def reflected(way: Way) -> dict[str, Mutations]:
    """Return the last message of the DUT."""
    return {"": (Reflect(pdu=way.data),)}


@case(
    "E2E/SRV/DT/BI-reflected", REFLECTED, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE
)
def server_reflected() -> Iterator[Conversation]:
    """A server's own message, sent back to it, makes it end the association without a diagnostic."""
    return aborts(Role.SERVER, REFLECTED, ENCRYPTED_OR_NOT, reflected, ICV, after=1)


@case(
    "E2E/CLI/DT/BI-reflected",
    REFLECTED,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_reflected() -> Iterator[Conversation]:
    """A client's own message, sent back to it, makes it end the association without a diagnostic."""
    return aborts(Role.CLIENT, REFLECTED, ONE_AE, reflected, ICV)


def elsewhere(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield a message of an association that has ended, in the next one."""
    for way, pics in tried(role, ways):
        second: Steps = server_association(way.handshake(), on=1)
        first: Steps = (*server_association(way.handshake()), *server_exchanges(1))
        if role is Role.CLIENT:
            first = (
                *client_request_on(0),
                AnswerAssociation(handshake=way.handshake()),
                *client_exchanges(1),
            )
            second = (*client_request_on(1), AnswerAssociation(handshake=way.handshake(), on=1))
        yield conversation(
            first,
            Abort(),
            second,
            sends(role, Replay(pdu=way.data, of=0), on=1),
            refuses(OTHER, role, way.data, UNDECODABLE, ICV, on=1),
            label=way.label,
            pics=pics,
        )


@case(
    "E2E/SRV/DT/BI-other-association",
    OTHER,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_other_association() -> Iterator[Conversation]:
    """A message of an earlier association is not carried out by a server: it has another assoID, which is
    answered with protocol-error, and another key, which is an alarm.
    """
    return elsewhere(Role.SERVER, ENCRYPTED_OR_NOT)


@case(
    "E2E/CLI/DT/BI-other-association",
    OTHER,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_other_association() -> Iterator[Conversation]:
    """A message of an earlier association is not taken by a client: it has another assoID, which is answered
    with protocol-error, and another key, which is an alarm.
    """
    return elsewhere(Role.CLIENT, ONE_AE)
