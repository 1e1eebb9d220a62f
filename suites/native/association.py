"""The association of native mode, the baseline of every other case of these suites, and its end."""

from __future__ import annotations

from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    OWN,
    SERVER_AE,
    SERVER_BASELINE,
    client_takes,
    own_secpdus,
    server_connection_on,
    server_exchanges,
    server_takes,
)
from conform62351.suites.osi.conversations import client_request, client_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.native_outcomes import RELEASED_SECURELY
from conform62351.tooling.engine.outcomes import expect
from conform62351.tooling.engine.steps import Conversation, Release, Verify, conversation

ASSOCIATION = "R-E2E-association"
RELEASE = "R-E2E-release"


@case(
    SERVER_BASELINE,
    ASSOCIATION,
    *OWN,
    RELEASE,
    pics=SERVER_AE,
    configuration=NATIVE,
)
def server_with_ae() -> Conversation:
    """A server in native mode takes an association with authenticated encryption, answers reads under the
    keys that were agreed, and answers the release. Everything that it sends is in order.
    """
    return conversation(
        server_connection_on(0),
        server_takes(ASSOCIATION, handshake=Handshake(mode="ae")),
        Verify(requirement=ASSOCIATION, field="E2E.mode", is_in=("ae",)),
        server_exchanges(2, ASSOCIATION),
        Release(),
        expect(RELEASE, RELEASED_SECURELY),
        own_secpdus,
    )


@case(
    CLIENT_BASELINE,
    ASSOCIATION,
    *OWN,
    RELEASE,
    pics=CLIENT_AE,
    configuration=NATIVE,
)
def client_with_ae() -> Conversation:
    """A client in native mode asks for an association with authenticated encryption, takes the acceptance,
    sends requests under the keys that were agreed, and answers the release. Everything that it sends is in
    order.
    """
    return conversation(
        client_request,
        client_takes(ASSOCIATION),
        Verify(requirement=ASSOCIATION, field="E2E.mode", is_in=("ae",)),
        client_usable(ASSOCIATION),
        Release(),
        expect(RELEASE, RELEASED_SECURELY, serve=True),
        own_secpdus,
    )
