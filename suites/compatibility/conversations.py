"""The beginnings that conversations of the compatibility suites share.

All of them run in the configuration ``compatibility``, over the stack that the PIXIT gives it: TLS, and
authentication at association. ``server_…`` is for a DUT server, ``client_…`` for a DUT client. Connections,
transport and releases are those of :mod:`conform62351.suites.osi.conversations`.
"""

from __future__ import annotations

from collections.abc import Sequence

from conform62351.reports.model.observation import Kind
from conform62351.suites.osi.conversations import (
    Steps,
    client_request,
    server_connection,
    server_usable,
)
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ABORTED,
    ASSOCIATED,
    RELEASED,
    REQUEST,
    TRANSPORT_CONNECTED,
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
    Associate,
    Connect,
    OpenTransport,
    Release,
    Respond,
)

COMPATIBILITY = "compatibility"
"""The configuration of the DUT in which it authenticates every partner, over TLS."""
SERVER = "T7.compatibility.server and T8.T-security.server and T8.A-security-profile.server"
CLIENT = "T7.compatibility.client and T8.T-security.client and T8.A-security-profile.client"
SERVER_BASELINE = "CMP/SRV/ASSOC/BV-associate"
CLIENT_BASELINE = "CMP/CLI/ASSOC/BV-associate"

REJECTED_PERMANENT = 1
USER = 1
"""The source of a diagnostic: acse-service-user."""
CONTEXT_NAME_NOT_SUPPORTED = 2
NOT_RECOGNISED = 11
REQUIRED = 12
FAILURE = 13
VALUE_REQUIRED = 14
"""Diagnostics of acse-service-user about authentication: authentication-mechanism-name-not-recognised,
-required, authentication-failure, authentication-required (X.227, R)."""

P_ABORT = (ABORTED,)
"""ARU or ARP in a session ABORT, or that alone (3-compatibility; 11-decisions 42, mark I)."""

EVENT = "R-LOG-event"
"""The requirement that the log checks of these suites rest on: cases that refuse cite it last."""
PEER_AUTHENTICATION_FAIL = "IEC62351-14:4.4"
SA_ESTABLISHMENT_FAIL = "IEC62351-14:4.3"
"""The events of whoever answers by P-ABORT, and of who rejects by AARE (11-decisions 45, mark I)."""


def refusal_logged(
    forms: Sequence[Alternative] = P_ABORT, *, besides: tuple[str, ...] = (), on: int = 0
) -> Logged:
    """Return the check that the DUT has logged a refusal that it was to make in one of ``forms``.

    The event is that of one of them, or one of ``besides``.
    """
    kinds = {form.kind for form in forms}
    aborts = (PEER_AUTHENTICATION_FAIL,) if kinds - {Kind.REJECTED} else ()
    rejects = (SA_ESTABLISHMENT_FAIL,) if Kind.REJECTED in kinds else ()
    return Logged(requirement=EVENT, events=(*aborts, *rejects, *besides), aspects=("event",), on=on)


server_association: Steps = (*server_connection, Associate(), reach(ASSOCIATED, limit="limit.associate"))
"""An association with the DUT server: the tester has authenticated itself, and so has the DUT."""

client_association: Steps = (*client_request, AnswerAssociation())
"""An association with the DUT client, which has sent no request yet."""


def server_connection_on(on: int) -> Steps:
    """Return the steps of one more transport connection to the DUT server."""
    return (
        Connect(on=on),
        OpenTransport(on=on),
        reach(TRANSPORT_CONNECTED, limit="limit.connect", on=on),
    )


def client_request_on(on: int) -> Steps:
    """Return the steps by which the DUT client connects once more and sends its AARQ."""
    return (Act(action="connect"), Accept(on=on), reach(AARQ, limit="limit.associate", on=on))


def rejected_with(*diagnostics: int) -> Alternative:
    """Return the alternative of a permanent rejection by AARE, with one of ``diagnostics`` of the user."""
    return rejected(result=REJECTED_PERMANENT, source=USER, diagnostic=list(diagnostics))


def server_takes(
    requirement: str, *mutations: AnyMutation, authentication: Authenticate | None = None, on: int = 0
) -> Steps:
    """Show that an association asked for so is made, and works."""
    return (
        Associate(mutations=mutations, authentication=authentication, on=on),
        expect(requirement, ASSOCIATED, limit="limit.associate", on=on),
        *server_usable(requirement, on),
    )


def server_refuses(
    requirement: str,
    *mutations: AnyMutation,
    authentication: Authenticate | None = None,
    forms: Sequence[Alternative] = P_ABORT,
    besides: tuple[str, ...] = (),
    on: int = 0,
) -> Steps:
    """Show that an association asked for so is refused in one of ``forms``: by P-ABORT if nothing is said.

    Any other way to refuse it is a deviation of form. The DUT logs the refusal, as the event of its form or
    as one of ``besides``.
    """
    return (
        Associate(mutations=mutations, authentication=authentication, on=on),
        refuse(requirement, *forms, limit="limit.associate", on=on),
        refusal_logged(forms, besides=besides, on=on),
    )


def client_takes(
    requirement: str, *mutations: AnyMutation, authentication: Authenticate | None = None, on: int = 0
) -> Steps:
    """Answer the AARQ of the DUT client so, and show that it takes the association: it sends a request."""
    return (
        AnswerAssociation(mutations=mutations, authentication=authentication, on=on),
        Act(action="send-request", may_fail=True),
        expect(requirement, REQUEST, on=on),
        Respond(on=on),
    )


def client_refuses(
    requirement: str,
    *mutations: AnyMutation,
    authentication: Authenticate | None = None,
    forms: Sequence[Alternative] = P_ABORT,
    on: int = 0,
) -> Steps:
    """Answer the AARQ of the DUT client so, and show that it refuses in one of ``forms``.

    No request must come, although one is asked for. The DUT logs the refusal.
    """
    return (
        AnswerAssociation(mutations=mutations, authentication=authentication, on=on),
        Act(action="send-request", may_fail=True),
        refuse(requirement, *forms, limit="limit.associate", on=on),
        refusal_logged(forms, on=on),
    )


def server_whole(requirement: str, *, authentication: Authenticate | None = None, on: int = 0) -> Steps:
    """Show a whole association with the DUT server: a read that it answers, and the release."""
    return (
        *server_takes(requirement, authentication=authentication, on=on),
        Release(on=on),
        expect(requirement, RELEASED, on=on),
    )


def client_whole(requirement: str, *, authentication: Authenticate | None = None, on: int = 0) -> Steps:
    """Show a whole association with the DUT client: a request of its own, and the tester's release."""
    return (
        *client_takes(requirement, authentication=authentication, on=on),
        Release(on=on),
        expect(requirement, RELEASED, serve=True, on=on),
    )
