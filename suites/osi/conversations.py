"""The beginnings that conversations of the OSI suites share.

``server_…`` is for a DUT server (the tester opens the connection), ``client_…`` for a DUT client (the
device opens it when the action ``connect`` says so).
"""

from __future__ import annotations

import msgspec

from conform62351.reports.model.verdict import Severity
from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ABORTED,
    ASSOCIATED,
    ENDED,
    RELEASED,
    REQUEST,
    RESPONSE,
    TRANSPORT_CONNECTED,
    TRANSPORT_ERROR,
    TRANSPORT_REFUSED,
    expect,
    reach,
    refuse,
    rejected,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Alternative,
    AnswerAssociation,
    AnyStep,
    Associate,
    Connect,
    Expect,
    OpenTransport,
    Release,
    Request,
    Respond,
    Verify,
)

Steps = tuple[AnyStep, ...]

SERVER = "T6.OSI.server"
CLIENT = "T6.OSI.client"
SERVER_BASELINE = "OSI/SRV/ASSOC/BV-associate"
CLIENT_BASELINE = "OSI/CLI/ASSOC/BV-associate"
CLIENT_RELEASES = f"{CLIENT} and OSI.release-initiation.client"
"""The condition of the cases in which the DUT client asks for the release."""
INSISTING = "insisting"
"""The configuration in which the DUT server insists on selectors and titles."""
SERVER_INSISTS = f"{SERVER} and OSI.address-check.server"
"""The condition of the cases for that configuration."""

RELEASE_UNANSWERED = "the release is not answered: the connection is ended"
"""The warning of a client that ends the connection over a release, where that is not what is judged."""

server_connection: Steps = (Connect(), OpenTransport(), reach(TRANSPORT_CONNECTED, limit="limit.connect"))
"""A transport connection to the DUT server."""

server_association: Steps = (*server_connection, Associate(), reach(ASSOCIATED, limit="limit.associate"))
"""An association with the DUT server."""

client_connection: Steps = (Act(action="connect"), Accept())
"""The TCP connection of the DUT client; the tester answers the CR by itself."""

client_request: Steps = (*client_connection, reach(AARQ, limit="limit.associate"))
"""The DUT client has sent its AARQ."""

client_association: Steps = (*client_request, AnswerAssociation())
"""An association with the DUT client, which has sent no request yet."""

client_first_request: Steps = (*client_association, Act(action="send-request"), reach(REQUEST))
"""The DUT client has sent an MMS request, which the tester has not answered."""

CLOSE_FORMS = ENDED
"""After a fault of form in TPKT, COTP or SPDU (11-decisions 17, mark I)."""
ERROR_FORMS = (*ENDED, TRANSPORT_ERROR)
"""ER and close, or close."""
CONNECT_REFUSAL_FORMS = (*ENDED, TRANSPORT_REFUSED, TRANSPORT_ERROR)
"""A transport connection that is refused."""
ASSOCIATION_REFUSAL_FORMS = (*ENDED, ABORTED, rejected())
"""An association that is refused, in whatever form."""
ABORT_FORMS = (*ENDED, ABORTED)
"""An association that is ended by the DUT."""


def server_usable(requirement: str, on: int = 0) -> Steps:
    """Show that the association works: the DUT server answers a read."""
    return (Request(service="read", point="data.read", on=on), expect(requirement, RESPONSE, on=on))


def client_usable(requirement: str, on: int = 0) -> Steps:
    """Show that the association works: the DUT client sends a request, which the tester answers."""
    return (Act(action="send-request"), expect(requirement, REQUEST, on=on), Respond(on=on))


def server_whole(requirement: str) -> Steps:
    """Show a whole association with the DUT server: a read that it answers, and the release."""
    return (*server_association, *server_usable(requirement), Release(), expect(requirement, RELEASED))


def client_whole(requirement: str) -> Steps:
    """Show a whole association with the DUT client: a request of its own, and the tester's release."""
    return (
        *client_association,
        *client_usable(requirement),
        Release(),
        expect(requirement, RELEASED, serve=True),
    )


def server_takes(requirement: str, *mutations: AnyMutation) -> Steps:
    """Show that an association asked for with these mutations is made, and works."""
    return (
        Associate(mutations=mutations),
        expect(requirement, ASSOCIATED, limit="limit.associate"),
        *server_usable(requirement),
    )


def server_refuses(requirement: str, *mutations: AnyMutation) -> Steps:
    """Show that an association asked for with these mutations is refused, in whatever form."""
    return (
        Associate(mutations=mutations),
        refuse(requirement, ASSOCIATION_REFUSAL_FORMS, limit="limit.associate"),
    )


def client_takes(requirement: str, *others: Alternative | tuple[Alternative, ...]) -> Steps:
    """Show that the DUT client took what answered its AARQ: it sends a request, or does one of ``others``.

    That its action works has been shown by the baseline: where it fails now, there is no association.
    """
    return (Act(action="send-request", may_fail=True), expect(requirement, REQUEST, *others), Respond())


def server_associates(requirement: str, on: int = 0) -> Steps:
    """Show that the DUT server makes an association that works: what else is judged by its effect on that."""
    return (
        Connect(on=on),
        OpenTransport(on=on, may_break=True),
        expect(requirement, TRANSPORT_CONNECTED, limit="limit.connect", on=on),
        Associate(on=on),
        expect(requirement, ASSOCIATED, limit="limit.associate", on=on),
        *server_usable(requirement, on),
    )


def client_associates(requirement: str, on: int = 0) -> Steps:
    """Show that the DUT client makes an association that works."""
    return (
        Act(action="connect"),
        Accept(on=on),
        expect(requirement, AARQ, limit="limit.associate", on=on),
        AnswerAssociation(on=on),
        *client_usable(requirement, on),
    )


def as_declared(steps: Steps) -> Steps:
    """Return ``steps`` with what they judge as a matter of the declaration."""
    return tuple(
        msgspec.structs.replace(step, severity=Severity.DECLARATION)
        if isinstance(step, Expect | Verify) and step.requirement
        else step
        for step in steps
    )


def server_obeys_not(requirement: str, *forms: Alternative) -> Steps:
    """Show that what was sent is refused in one of ``forms``: a read behind it must not be answered."""
    return (Request(service="read", point="data.read", may_break=True), refuse(requirement, *forms))


def client_obeys_not(requirement: str, *forms: Alternative) -> Steps:
    """Show that what was sent is refused in one of ``forms``: no request must come after it."""
    return (Act(action="send-request", may_fail=True), refuse(requirement, *forms))


def client_must_not_use(*mutations: AnyMutation) -> Steps:
    """Answer the DUT client's AARQ with these mutations, and ask the client to send a request."""
    return (AnswerAssociation(mutations=mutations), Act(action="send-request", may_fail=True))
