"""The plain association: the baseline of every other case of the OSI suites."""

from __future__ import annotations

from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_usable,
    server_connection,
    server_usable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import AARQ, ASSOCIATED, RELEASED, expect
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    Release,
    conversation,
)


@case(SERVER_BASELINE, "R-MMS-initiate", "R-MMS-read", "R-ACSE-release-server", pics=SERVER)
def server_associate() -> Conversation:
    """A server associates, answers a read and answers the release."""
    return conversation(
        server_connection,
        Associate(),
        expect("R-MMS-initiate", ASSOCIATED, limit="limit.associate"),
        server_usable("R-MMS-read"),
        Release(),
        expect("R-ACSE-release-server", RELEASED),
    )


@case(CLIENT_BASELINE, "R-MMS-initiate-request", "R-MMS-request-client", pics=CLIENT)
def client_associate() -> Conversation:
    """A client associates, sends a request and takes the answer."""
    return conversation(
        Act(action="connect"),
        Accept(),
        expect("R-MMS-initiate-request", AARQ, limit="limit.associate"),
        AnswerAssociation(),
        client_usable("R-MMS-request-client"),
    )
