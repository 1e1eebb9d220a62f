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
from conform62351.suites.native.handshake_time import SIDES
from conform62351.suites.native.refusals import SENT, Way, credentials, refused, way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import AnyMutation, FlipBit, Replay, SetField, SetTime
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
RSA = "e2e-rsa"
BETWEEN: Final = 24
"""Associations between a handshake and its replay: a memory of few times has forgotten it by then."""
NUMBER: Final = Handshake(number=5)
OTHER_NUMBER: Final = Handshake(number=6)
THIRD_NUMBER: Final = Handshake(number=7)
"""Numbers of the tester in assoID."""
MILLISECOND_S: Final = 0.001
BY_SUBJECT: Final = {
    "by the same certificate": NUMBER,
    "by another certificate": Handshake(credential=RSA, number=5),
}
"""The same number again, under certificates with one subject."""
NO_GROUP: Final = SetField(
    pdu=SENT[Role.SERVER].token, field="dhKey", value=({"dhGroup": 99, "dhPublicKey": "00"},)
)
REFUSED_FIRST: Final = {
    "for its groups": ("12.1", NO_GROUP),
    "for its protocol": ("5", SetField(pdu=SENT[Role.SERVER].pdu, field="pp", value="MMS")),
}
"""What a HandshakeReq is refused for whose signature verifies, behind the check of replays and before it."""

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


def server_first(handshake: Handshake | None = None, *mutations: AnyMutation) -> Steps:
    """Return the steps of the association whose handshake comes again."""
    return (
        *server_connection_on(0),
        Associate(handshake=handshake, mutations=mutations),
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
    """A server raises an alarm when a HandshakeReq that it has accepted comes again, octet for octet,
    whatever has become of the association; also at the limits of the 10 minutes in which its time is taken.
    """
    again = refused(REPLAY, ("11",), Role.SERVER, way(Replay(pdu="E2E.HandshakeReq", of=0)), on=1)
    for label, ending in ENDINGS.items():
        yield conversation(server_first(), ending, server_connection_on(1), again, label=label)
    for side in SIDES:
        signed = SetTime(pdu=SENT[Role.SERVER].token, boundary=side)
        label = f"signed nearly 10 minutes in the {side}"
        yield conversation(server_first(None, signed), Close(), server_connection_on(1), again, label=label)


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
    prerequisites=credentials(RSA),
)
def server_signed_again() -> Iterator[Conversation]:
    """A server raises an alarm when time, assoID and subject come again in a HandshakeReq that is signed
    anew, with other public values: by the same certificate, or by another one with the same subject.
    """
    for label, handshake in BY_SUBJECT.items():
        yield conversation(
            server_first(NUMBER),
            Close(),
            server_connection_on(1),
            refused(SIGNED_AGAIN, ("11",), Role.SERVER, same_time(Role.SERVER, handshake), on=1),
            label=label,
        )


@case(
    "E2E/SRV/REPLAY/BI-refused-before",
    REFUSED_BEFORE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_refused_before() -> Iterator[Conversation]:
    """A server remembers what a HandshakeReq had signed that it refused for another reason than its
    signature: it offered no group that there is, or asked for a protected protocol that is not MMS.
    """
    for label, (row, wrong) in REFUSED_FIRST.items():
        yield conversation(
            server_connection_on(0),
            refused(REFUSED_BEFORE, (row,), Role.SERVER, way(wrong, handshake=NUMBER)),
            server_connection_on(1),
            refused(REFUSED_BEFORE, ("11",), Role.SERVER, same_time(Role.SERVER, NUMBER), on=1),
            label=label,
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
def server_other_association() -> Iterator[Conversation]:
    """A server takes a time that it has seen with another assoID, and an assoID with a time of a millisecond
    later: both together are what is signed once.
    """
    later = SetTime(pdu=SENT[Role.SERVER].token, again=0, shift=MILLISECOND_S)
    ways = {
        "another number": (NUMBER, same_time(Role.SERVER, OTHER_NUMBER)),
        "a millisecond later": (THIRD_NUMBER, way(later, handshake=THIRD_NUMBER)),
    }
    for label, (first, sent) in ways.items():
        taken = server_taken(OTHER_ASSOCIATION, sent)
        yield conversation(server_first(first), Close(), taken, label=label)


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
