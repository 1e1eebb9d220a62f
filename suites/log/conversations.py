"""What the cases of the security-event log share: when they apply, and what they provoke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.suites.osi.conversations import (
    ASSOCIATION_REFUSAL_FORMS,
    CLIENT,
    SERVER,
    Steps,
    client_association,
    client_must_not_use,
    client_request,
    server_association,
    server_connection,
)
from conform62351.suites.osi.ppdus import UNKNOWN_NAME
from conform62351.tooling.engine.log_sources import MEANS
from conform62351.tooling.engine.log_steps import Aspect, Logged
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.outcomes import reach
from conform62351.tooling.engine.steps import Associate, Conversation, conversation

SERVER_LOGS = f"{SERVER} and LOG.security-events.server"
CLIENT_LOGS = f"{CLIENT} and LOG.security-events.client"
"""The conditions of all cases of the log."""
SERVER_LOG_BASELINE = "LOG/SRV/EVENT/BV-association"
CLIENT_LOG_BASELINE = "LOG/CLI/EVENT/BV-association"
READABLE = (MEANS,)
"""The prerequisite of all cases of the log."""

SUCCESS = "IEC62351-14:4.1"
FAILURE = "IEC62351-14:4.2"
REJECTED = "IEC62351-14:4.3"
ABORTED = "IEC62351-14:4.4"
REFUSALS = (REJECTED, ABORTED, FAILURE)
"""A refused association, by how the device refuses it: AARE, P-ABORT, or else (11-decisions 45; I)."""
SERVER_REFUSALS = (*REFUSALS, "IEC62351-4:15.5")
CLIENT_REFUSALS = (*REFUSALS, "IEC62351-4:15.6")
"""The same for a context name that is not supported: native mode has events for it (11-decisions 20; I)."""
FAILURES = (
    *REFUSALS,
    "IEC62351-14:4.5",
    "IEC62351-14:5.1",
    "IEC62351-14:5.2",
    "IEC62351-14:5.3",
    "IEC62351-14:5.4",
)
"""All generic events of failing communication and requests."""

server_refusal: Steps = (
    *server_connection,
    Associate(mutations=(SetField(pdu="ACSE.AARQ", field="application_context", value=UNKNOWN_NAME),)),
    reach(ASSOCIATION_REFUSAL_FORMS, limit="limit.associate"),
)
"""An AARQ that the DUT server refuses, in whatever form: its application context is none that it can know."""

client_refusal: Steps = (
    *client_request,
    *client_must_not_use(SetField(pdu="ACSE.AARE", field="application_context", value=UNKNOWN_NAME)),
    reach(ASSOCIATION_REFUSAL_FORMS),
)
"""An AARE that the DUT client refuses."""

SERVER_PROVOKES: dict[str, tuple[Steps, tuple[str, ...]]] = {
    "an association": (server_association, (SUCCESS,)),
    "a refusal": (server_refusal, SERVER_REFUSALS),
}
CLIENT_PROVOKES: dict[str, tuple[Steps, tuple[str, ...]]] = {
    "an association": (client_association, (SUCCESS,)),
    "a refusal": (client_refusal, CLIENT_REFUSALS),
}
"""What makes the DUT log, and the events of which it logs one."""


def server_logs(requirement: str, aspect: Aspect) -> Iterator[Conversation]:
    """Show events of the DUT server under one aspect."""
    return _logs(SERVER_PROVOKES, requirement, aspect)


def client_logs(requirement: str, aspect: Aspect) -> Iterator[Conversation]:
    """Show events of the DUT client under one aspect."""
    return _logs(CLIENT_PROVOKES, requirement, aspect)


def _logs(
    provoked: Mapping[str, tuple[Steps, tuple[str, ...]]], requirement: str, aspect: Aspect
) -> Iterator[Conversation]:
    for label, (steps, events) in provoked.items():
        judged = Logged(requirement=requirement, events=events, aspects=(aspect,))
        yield conversation(steps, judged, label=label)
