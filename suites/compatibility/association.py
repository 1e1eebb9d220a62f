"""The association of compatibility mode, the baseline of every other case of these suites, and its end."""

from __future__ import annotations

from conform62351.reports.model.verdict import Severity
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    SERVER,
    SERVER_BASELINE,
    client_association,
    server_association,
)
from conform62351.suites.osi.conversations import Steps, client_usable, server_connection, server_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    CONCLUDE_REQUEST,
    CONCLUDED,
    ENDED,
    RELEASE_REQUESTED,
    RELEASED,
    expect,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    AnswerRelease,
    Associate,
    Conclude,
    Conversation,
    Release,
    Respond,
    Verify,
    conversation,
)

RELEASE = "R-CMP-release"
SIGNED = ("81", "18", "raw")


def own_value(requirement: str) -> Steps:
    """Show that the device has authenticated itself: its signature covers its time."""
    return (Verify(requirement=requirement, field="CMP.signed", is_in=SIGNED, severity=Severity.FUNCTION),)


@case(
    SERVER_BASELINE,
    "R-COMB-compatibility",
    "R-CMP-own-value-server",
    "R-CMP-release",
    pics=SERVER,
    configuration=COMPATIBILITY,
)
def server_associate() -> Conversation:
    """A server in compatibility mode associates over TLS who authenticates, authenticates itself, answers a
    read and answers the release.
    """
    return conversation(
        server_connection,
        Associate(),
        expect("R-COMB-compatibility", ASSOCIATED, limit="limit.associate"),
        own_value("R-CMP-own-value-server"),
        server_usable("R-COMB-compatibility"),
        Release(),
        expect("R-CMP-release", RELEASED),
    )


@case(
    CLIENT_BASELINE,
    "R-COMB-compatibility",
    "R-CMP-own-value-client",
    "R-CMP-release",
    pics=CLIENT,
    configuration=COMPATIBILITY,
)
def client_associate() -> Conversation:
    """A client in compatibility mode connects over TLS, authenticates itself, takes the association with a
    server that authenticates, sends a request and answers the release.
    """
    return conversation(
        Act(action="connect"),
        Accept(),
        expect("R-COMB-compatibility", AARQ, limit="limit.associate"),
        own_value("R-CMP-own-value-client"),
        AnswerAssociation(),
        client_usable("R-COMB-compatibility"),
        Release(),
        expect("R-CMP-release", RELEASED, serve=True),
    )


@case(
    "CMP/SRV/ASSOC/BV-conclude",
    RELEASE,
    pics=f"{SERVER} and MMS.conclude.server",
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_concludes() -> Conversation:
    """A server answers conclude as data of an authenticated association, and the release behind it."""
    return conversation(
        server_association,
        Conclude(),
        expect(RELEASE, CONCLUDED),
        Release(),
        expect(RELEASE, RELEASED),
    )


@case(
    "CMP/CLI/ASSOC/BV-conclude",
    RELEASE,
    pics=f"{CLIENT} and OSI.release-initiation.client and MMS.conclude.client",
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_concludes() -> Conversation:
    """A client that ends an authenticated association concludes, releases and closes the connection."""
    return conversation(
        client_association,
        Act(action="release", first=True),
        expect(RELEASE, CONCLUDE_REQUEST, limit="limit.associate"),
        Respond(),
        expect(RELEASE, RELEASE_REQUESTED, limit="limit.associate"),
        AnswerRelease(),
        expect(RELEASE, ENDED, limit="limit.close"),
    )
