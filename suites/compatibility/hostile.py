"""Values of any shape, size and number: whatever becomes of them, the next partner is served (clause 11)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.compatibility.examination import VALUE
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    SERVER,
    SERVER_BASELINE,
    client_request_on,
    client_takes,
    server_connection_on,
    server_takes,
)
from conform62351.suites.compatibility.signature import ALTERED
from conform62351.suites.compatibility.value import BASED, EXTERNAL, MEMBERS, SINGLE, edited
from conform62351.suites.osi.conversations import ABORT_FORMS, ASSOCIATION_REFUSAL_FORMS, Steps
from conform62351.suites.osi.ppdus import hostile
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Append, Edit, EditTlv
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    REQUEST,
    TRANSPORT_CONNECTED,
    expect,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Connect,
    Conversation,
    OpenTransport,
    conversation,
)

HOSTILE = "R-CMP-hostile"
REFERENCE = f"{EXTERNAL}/02"
WRONG = ALTERED["its last bit"]
MANY = 12
LARGE = 60_000
"""Octets: more than any user data of a CONNECT need be, and as many as its length can tell."""

DIRECT_REFERENCE = b"\x06\x02\x51\x01"
SHAPES: dict[str, AnyMutation] = {
    "time and signature in each other's place": EditTlv(
        pdu=VALUE, path=MEMBERS["time"], edit=Edit.SWAP, other=MEMBERS["signature"]
    ),
    **{f"the {name} twice": edited(path, Edit.DOUBLE) for name, path in MEMBERS.items()},
    "a member that is not known": edited(BASED, Edit.APPEND, b"\x83\x01\x00"),
    "NULL behind it": Append(pdu=VALUE, octets=b"\x05\x00"),
    "octet-aligned": edited(SINGLE, Edit.RETAG, b"\x81"),
    "a direct reference to BER": edited(REFERENCE, Edit.INSERT, DIRECT_REFERENCE),
    "the direct reference alone": edited(REFERENCE, Edit.REPLACE, DIRECT_REFERENCE),
    "no reference": edited(REFERENCE, Edit.DROP),
    "a context that is not agreed": edited(REFERENCE, Edit.CONTENT, b"\x63"),
    "the context of MMS": edited(REFERENCE, Edit.CONTENT, b"\x03"),
}
"""What one reader takes and another does not; no spec decides."""
HARMFUL: dict[str, AnyMutation] = {
    **hostile(VALUE, EXTERNAL, SINGLE),
    **{
        f"a {name} of {LARGE} octets": edited(path, Edit.CONTENT, b"0" * LARGE)
        for name, path in MEMBERS.items()
    },
}


def _server_again(on: int) -> Steps:
    """Connect to a server that has met hostile values: one that is silent by then fails."""
    connected = expect(HOSTILE, TRANSPORT_CONNECTED, limit="limit.connect", on=on)
    return (Connect(on=on), OpenTransport(on=on), connected)


def _client_again(on: int) -> Steps:
    """Have a client connect that has met hostile values: one that does not fails."""
    return (Act(action="connect"), Accept(on=on), expect(HOSTILE, AARQ, limit="limit.associate", on=on))


def _next_server(on: int = 1) -> Steps:
    return (*_server_again(on), *server_takes(HOSTILE, on=on))


def _next_client(on: int = 1) -> Steps:
    return (*_client_again(on), *client_takes(HOSTILE, on=on))


@case(
    "CMP/SRV/HOSTILE/BO-shapes",
    HOSTILE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_shapes() -> Iterator[Conversation]:
    """A server reads values of an odd shape, or refuses them; the next client is served either way."""
    for label, mutation in SHAPES.items():
        yield conversation(
            server_connection_on(0),
            Associate(mutations=(mutation,)),
            expect(HOSTILE, ASSOCIATED, ASSOCIATION_REFUSAL_FORMS, limit="limit.associate"),
            Close(),
            _next_server(),
            label=label,
        )


@case(
    "CMP/CLI/HOSTILE/BO-shapes",
    HOSTILE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_shapes() -> Iterator[Conversation]:
    """A client reads values of an odd shape, or ends the association; it can make another either way."""
    for label, mutation in SHAPES.items():
        yield conversation(
            client_request_on(0),
            AnswerAssociation(mutations=(mutation,)),
            Act(action="send-request", may_fail=True),
            expect(HOSTILE, REQUEST, ABORT_FORMS, limit="limit.associate"),
            Close(),
            _next_client(),
            label=label,
        )


@case(
    "CMP/SRV/HOSTILE/BO-nested-and-large",
    HOSTILE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    weight=5,
)
def server_harmful() -> Iterator[Conversation]:
    """A server refuses values that nest deeply or are large, or say so, and serves the next client."""
    for label, mutation in HARMFUL.items():
        yield conversation(
            server_connection_on(0),
            Associate(mutations=(mutation,)),
            refuse(HOSTILE, ASSOCIATION_REFUSAL_FORMS, limit="limit.associate"),
            Close(),
            _next_server(),
            label=label,
        )


@case(
    "CMP/CLI/HOSTILE/BO-nested-and-large",
    HOSTILE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    weight=5,
)
def client_harmful() -> Iterator[Conversation]:
    """A client refuses values that nest deeply or are large, or say so, and can make another association."""
    for label, mutation in HARMFUL.items():
        yield conversation(
            client_request_on(0),
            AnswerAssociation(mutations=(mutation,)),
            Act(action="send-request", may_fail=True),
            refuse(HOSTILE, ABORT_FORMS, limit="limit.associate"),
            Close(),
            _next_client(),
            label=label,
        )


@case(
    "CMP/SRV/HOSTILE/BO-many",
    HOSTILE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    weight=5,
)
def server_many() -> Conversation:
    """A server that has refused many values one after the other takes a good one.

    The lockout that the PIXIT states is waited for.
    """
    rounds: list[Steps] = []
    for on in range(MANY):
        connection = _server_again(on) if on else server_connection_on(on)
        rounds.append((*connection, Associate(mutations=(WRONG,), on=on)))
        rounds.append((refuse(HOSTILE, ASSOCIATION_REFUSAL_FORMS, limit="limit.associate", on=on),))
        rounds.append((Close(on=on),))
    return conversation(*rounds, _next_server(MANY))


@case(
    "CMP/CLI/HOSTILE/BO-many",
    HOSTILE,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    weight=5,
)
def client_many() -> Conversation:
    """A client that has refused many values one after the other takes a good one."""
    rounds: list[Steps] = []
    for on in range(MANY):
        request = _client_again(on) if on else client_request_on(on)
        rounds.append((*request, AnswerAssociation(mutations=(WRONG,), on=on)))
        rounds.append((refuse(HOSTILE, ABORT_FORMS, limit="limit.associate", on=on), Close(on=on)))
    return conversation(*rounds, _next_client(MANY))
