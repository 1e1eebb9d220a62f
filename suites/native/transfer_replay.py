"""Data that were sent before, elsewhere, or by the DUT itself: row 8, and what other keys and assoID tell."""

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
    NATIVE_SEPARATE,
    SERVER,
    SERVER_BASELINE,
    client_exchanges,
    client_request_on,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.transfers import (
    CLIENT_CLEAR,
    CLIENT_SEPARATE,
    ENCRYPTED_OR_NOT,
    ICV,
    MODES,
    ONE_AE,
    ONE_CLEAR,
    ONE_SEPARATE,
    REPLAY,
    UNDECODABLE,
    Mutations,
    Ways,
    aborts,
    associated,
    refuses,
    renewing,
    reports,
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

REPLAYED = "R-E2E-transfer-replay"
REFLECTED = "R-E2E-transfer-reflected"
OTHER = "R-E2E-transfer-other-association"

MINUTE_S = 60.0


def used_before(way: Way) -> dict[str, Mutations]:
    """Return time and seq of the last message, in a message made afresh."""
    return {"a new message": (SetTime(pdu=f"{way.data}.token", again=0), token(way, "seq", 0))}


def used_under_old_keys(way: Way) -> dict[str, Mutations]:
    """Return time and seq of the last message under the old keys, in the first one under the new keys."""
    return {"under new keys": used_before(way)["a new message"]}


def moved(way: Way, seconds: float) -> SetTime:
    """Return the mutation that gives a message the time of the last one and so many seconds."""
    return SetTime(pdu=f"{way.data}.token", again=0, shift=seconds)


def replays(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield time and seq that were used before: with the same octets, with others, after a higher seq or a
    newer time, under other keys.
    """
    yield from aborts(role, REPLAYED, ways, used_before, REPLAY, after=1)
    yield from aborts(role, REPLAYED, ways, used_under_old_keys, REPLAY, begun=renewing)
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
            sends(role, moved(way, MINUTE_S), token(way, "seq", 0)),
            reach(RESPONSE) if role is Role.SERVER else (),
            sends(role, moved(way, -MINUTE_S), token(way, "seq", 0)),
            refuses(REPLAYED, role, way.data, REPLAY),
            label=f"{way.label}: time and seq of the message before the last",
            pics=pics,
        )
        yield conversation(
            associated(role, way, 1),
            SendAgain(pdu=way.data, may_break=True),
            refuses(REPLAYED, role, way.data, REPLAY),
            label=f"{way.label}: the same octets",
            pics=pics,
        )
        if role is Role.CLIENT:
            yield conversation(
                associated(role, way, 1),
                reports(),
                SendAgain(pdu=way.data, may_break=True),
                refuses(REPLAYED, role, way.data, REPLAY),
                label=f"{way.label}: a report, the same octets",
                pics=pics,
            )


@case("E2E/SRV/DT/BI-replay", REPLAYED, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_replay() -> Iterator[Conversation]:
    """A message that comes twice, or one made afresh with a time and seq that were used, makes a server end
    the association without a diagnostic.
    """
    return replays(Role.SERVER, MODES)


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


@case(
    "E2E/CLI/DT/BI-replay-separate",
    REPLAYED,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_replay_separate() -> Iterator[Conversation]:
    """Encrypted data with an ICV that come twice, or are made afresh with a time and seq that were used, make
    a client end the association without a diagnostic.
    """
    return replays(Role.CLIENT, ONE_SEPARATE)


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
