"""Handshakes that come again: replays of clause 14, row 11, and what is none (11-decisions 29)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    client_request_on,
    client_takes,
    server_connection_on,
    server_takes,
)
from conform62351.suites.native.refusals import SENT, Way, credentials, refused, way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import FlipBit, Replay, SetField, SetTime
from conform62351.tooling.engine.native_outcomes import RELEASED_SECURELY
from conform62351.tooling.engine.outcomes import ASSOCIATED, REQUEST, reach
from conform62351.tooling.engine.steps import (
    Abort,
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Conversation,
    Release,
    conversation,
)

REPLAY = "R-E2E-replay"
SIGNED_AGAIN = "R-E2E-replay-signed-again"
REFUSED_BEFORE = "R-E2E-replay-refused-before"
OTHER_ASSOCIATION = "R-E2E-replay-other-association"
OTHER_SUBJECT = "R-E2E-replay-other-subject"
UNVERIFIED = "R-E2E-replay-unverified"

SOMEBODY = "bad/other-subject"
BETWEEN: Final = 24
"""Associations between a handshake and its replay: a memory of few times has forgotten it by then."""
NUMBER: Final = Handshake(number=5)
OTHER_NUMBER: Final = Handshake(number=6)
"""Numbers of the tester in assoID."""
NO_GROUP: Final = SetField(
    pdu=SENT[Role.SERVER].token, field="dhKey", value=({"dhGroup": 99, "dhPublicKey": "00"},)
)

ENDINGS: Final[dict[str, Steps]] = {
    "while the first association stands": (),
    "after its release": (Release(), reach(RELEASED_SECURELY, serve=True), Close()),
    "after an abort": (Abort(), Close()),
    "after the connection was lost": (Close(how="reset"),),
}


def same_time(role: Role, handshake: Handshake, *, of: int = 0) -> Way:
    """Return the handshake with the time of another connection, signed now."""
    return way(SetTime(pdu=SENT[role].token, again=of), handshake=handshake)


def unsigned(role: Role) -> Way:
    """Return the handshake whose signature does not verify."""
    return way(FlipBit(pdu=SENT[role].pdu, at=-1), handshake=NUMBER)


def server_first(handshake: Handshake | None = None) -> Steps:
    """Return the steps of the association whose handshake comes again."""
    return (
        *server_connection_on(0),
        Associate(handshake=handshake),
        reach(ASSOCIATED, limit="limit.associate"),
    )


def client_first(handshake: Handshake | None = None) -> Steps:
    """Return the same with a DUT client, which sends a request."""
    return (
        *client_request_on(0),
        AnswerAssociation(handshake=handshake),
        Act(action="send-request"),
        reach(REQUEST),
    )


def server_taken(requirement: str, sent: Way) -> Steps:
    """Show that a handshake on a second connection is taken."""
    taken = server_takes(requirement, *sent.mutations, handshake=sent.handshake, on=1)
    return (*server_connection_on(1), *taken)


def client_taken(requirement: str, sent: Way) -> Steps:
    """Show that the DUT client takes a handshake on a second connection."""
    taken = client_takes(requirement, *sent.mutations, handshake=sent.handshake, on=1)
    return (*client_request_on(1), *taken)


@case(
    "E2E/SRV/REPLAY/BI-request-again",
    REPLAY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_request_again() -> Iterator[Conversation]:
    """A server raises an alarm when a HandshakeReq that it has accepted comes again, octet for octet."""
    for label, ending in ENDINGS.items():
        yield conversation(
            server_first(),
            ending,
            server_connection_on(1),
            refused(REPLAY, ("11",), Role.SERVER, way(Replay(pdu="E2E.HandshakeReq", of=0)), on=1),
            label=label,
        )


@case(
    "E2E/SRV/REPLAY/BI-connect-again",
    REPLAY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_connect_again() -> Conversation:
    """A server raises an alarm when a whole CONNECT with a HandshakeReq comes again on another connection."""
    return conversation(
        server_first(),
        Close(),
        server_connection_on(1),
        refused(REPLAY, ("11",), Role.SERVER, way(Replay(pdu="SES.CN", of=0)), on=1),
    )


@case(
    "E2E/CLI/REPLAY/BI-acceptance-again",
    REPLAY,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_acceptance_again() -> Iterator[Conversation]:
    """A client refuses a HandshakeAcc that it has taken in an earlier association: by an alarm when its
    number is the same again, by protocol-error when assoID is not that of the request.
    """
    for label, ending in ENDINGS.items():
        if ending:
            yield conversation(
                client_first(),
                ending,
                client_request_on(1),
                refused(REPLAY, ("11", "1.2"), Role.CLIENT, way(Replay(pdu="E2E.HandshakeAcc", of=0)), on=1),
                label=label,
            )


@case(
    "E2E/SRV/REPLAY/BI-signed-again",
    SIGNED_AGAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_signed_again() -> Conversation:
    """A server raises an alarm when time, assoID and subject come again in a HandshakeReq that is signed
    anew, with other public values.
    """
    return conversation(
        server_first(NUMBER),
        Close(),
        server_connection_on(1),
        refused(SIGNED_AGAIN, ("11",), Role.SERVER, same_time(Role.SERVER, NUMBER), on=1),
    )


@case(
    "E2E/SRV/REPLAY/BI-refused-before",
    REFUSED_BEFORE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_refused_before() -> Conversation:
    """A server remembers what a HandshakeReq had signed that it refused for another reason than its
    signature: here it offered no group that there is.
    """
    return conversation(
        server_connection_on(0),
        refused(REFUSED_BEFORE, ("12.1",), Role.SERVER, way(NO_GROUP, handshake=NUMBER)),
        server_connection_on(1),
        refused(REFUSED_BEFORE, ("11",), Role.SERVER, same_time(Role.SERVER, NUMBER), on=1),
    )


@case(
    "E2E/SRV/REPLAY/BI-after-many",
    REPLAY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    weight=5,
)
def server_after_many() -> Conversation:
    """A server knows a HandshakeReq again after many other associations: it remembers all of ten minutes."""
    others: list[Steps] = []
    for on in range(1, BETWEEN + 1):
        others.append(server_connection_on(on))
        others.append((Associate(on=on), reach(ASSOCIATED, limit="limit.associate", on=on), Close(on=on)))
    last = BETWEEN + 1
    return conversation(
        server_first(),
        Close(),
        *others,
        server_connection_on(last),
        refused(REPLAY, ("11",), Role.SERVER, way(Replay(pdu="E2E.HandshakeReq", of=0)), on=last),
    )


@case(
    "E2E/SRV/REPLAY/BV-other-association",
    OTHER_ASSOCIATION,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_other_association() -> Conversation:
    """A server takes a time that it has seen with another assoID: both together are what is signed once."""
    return conversation(
        server_first(NUMBER),
        Close(),
        server_taken(OTHER_ASSOCIATION, same_time(Role.SERVER, OTHER_NUMBER)),
    )


@case(
    "E2E/CLI/REPLAY/BV-other-association",
    OTHER_ASSOCIATION,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_other_association() -> Conversation:
    """A client takes a time that it has seen with another assoID: both together are what is signed once."""
    return conversation(
        client_first(NUMBER),
        Close(),
        client_taken(OTHER_ASSOCIATION, same_time(Role.CLIENT, OTHER_NUMBER)),
    )


@case(
    "E2E/SRV/REPLAY/BV-other-subject",
    OTHER_SUBJECT,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(SOMEBODY),
)
def server_other_subject() -> Conversation:
    """A server takes a time and an assoID that somebody else has signed before: nobody uses up those of
    others.
    """
    other = Handshake(credential=SOMEBODY, number=5)
    return conversation(
        server_connection_on(0),
        refused(OTHER_SUBJECT, ("8",), Role.SERVER, way(handshake=other)),
        server_taken(OTHER_SUBJECT, same_time(Role.SERVER, NUMBER)),
    )


@case(
    "E2E/SRV/REPLAY/BV-unverified",
    UNVERIFIED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_unverified() -> Conversation:
    """A server takes a time and an assoID that came before under a signature that did not verify. Otherwise
    whoever guesses the times of a partner keeps it out.
    """
    return conversation(
        server_connection_on(0),
        refused(UNVERIFIED, ("4.2",), Role.SERVER, unsigned(Role.SERVER)),
        server_taken(UNVERIFIED, same_time(Role.SERVER, NUMBER)),
    )


@case(
    "E2E/CLI/REPLAY/BV-unverified",
    UNVERIFIED,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_unverified() -> Conversation:
    """A client takes a time that came before under a signature that did not verify."""
    return conversation(
        client_request_on(0),
        refused(UNVERIFIED, ("4.2",), Role.CLIENT, unsigned(Role.CLIENT)),
        Close(),
        client_taken(UNVERIFIED, same_time(Role.CLIENT, NUMBER)),
    )
