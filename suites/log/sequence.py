"""The sequence numbers of logged events: one by one, also over a restart."""

from __future__ import annotations

from conform62351.suites.log.conversations import (
    CLIENT_LOG_BASELINE,
    CLIENT_LOGS,
    CLIENT_REFUSALS,
    READABLE,
    SERVER_LOG_BASELINE,
    SERVER_LOGS,
    SERVER_REFUSALS,
    SUCCESS,
    client_refusal,
    server_refusal,
)
from conform62351.suites.osi.conversations import (
    client_associates,
    client_association,
    server_associates,
    server_association,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.steps import Close, Conversation, Restart, conversation

RESTARTABLE = (*READABLE, "reset")


@case(
    "LOG/SRV/SEQUENCE/BV-continuous",
    "R-LOG-sequence",
    pics=SERVER_LOGS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=READABLE,
)
def server_sequence() -> Conversation:
    """A server numbers its events one by one, whatever happens: associations, their loss, a refusal."""
    return conversation(
        server_associates("", on=1),
        Close(on=1),
        server_associates("", on=2),
        Close(how="reset", on=2),
        server_refusal,
        Logged(requirement="R-LOG-sequence", events=SERVER_REFUSALS, aspects=("sequence",)),
    )


@case(
    "LOG/CLI/SEQUENCE/BV-continuous",
    "R-LOG-sequence",
    pics=CLIENT_LOGS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=READABLE,
)
def client_sequence() -> Conversation:
    """A client numbers its events one by one, whatever happens: associations, their loss, a refusal."""
    return conversation(
        client_associates("", on=1),
        Close(on=1),
        client_associates("", on=2),
        Close(how="reset", on=2),
        client_refusal,
        Logged(requirement="R-LOG-sequence", events=CLIENT_REFUSALS, aspects=("sequence",)),
    )


@case(
    "LOG/SRV/SEQUENCE/BV-restart",
    "R-LOG-sequence-restart",
    pics=SERVER_LOGS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=RESTARTABLE,
    weight=10,
)
def server_sequence_over_restart() -> Conversation:
    """The numbers of a server's events go on where they were when the device has been restarted."""
    return conversation(
        server_association,
        Logged(requirement="R-LOG-sequence-restart", events=(SUCCESS,), aspects=("sequence",)),
        Restart(),
        server_associates("", on=1),
        Logged(requirement="R-LOG-sequence-restart", events=(SUCCESS,), aspects=("sequence",), on=1),
    )


@case(
    "LOG/CLI/SEQUENCE/BV-restart",
    "R-LOG-sequence-restart",
    pics=CLIENT_LOGS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=RESTARTABLE,
    weight=10,
)
def client_sequence_over_restart() -> Conversation:
    """The numbers of a client's events go on where they were when the device has been restarted."""
    return conversation(
        client_association,
        Logged(requirement="R-LOG-sequence-restart", events=(SUCCESS,), aspects=("sequence",)),
        Restart(),
        client_associates("", on=1),
        Logged(requirement="R-LOG-sequence-restart", events=(SUCCESS,), aspects=("sequence",), on=1),
    )
