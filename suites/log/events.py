"""Which events are logged: the generic ones of communication (IEC 62351-14)."""

from __future__ import annotations

from conform62351.suites.log.conversations import (
    CLIENT_LOG_BASELINE,
    CLIENT_LOGS,
    CLIENT_REFUSALS,
    FAILURES,
    READABLE,
    SERVER_LOG_BASELINE,
    SERVER_LOGS,
    SERVER_REFUSALS,
    SUCCESS,
    client_refusal,
    server_refusal,
)
from conform62351.suites.osi.conversations import (
    CLIENT_BASELINE,
    SERVER_BASELINE,
    client_association,
    client_usable,
    server_association,
    server_usable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.log_steps import Logged, not_logged
from conform62351.tooling.engine.outcomes import RELEASED, reach
from conform62351.tooling.engine.steps import Conversation, Release, conversation


@case(
    SERVER_LOG_BASELINE,
    "R-LOG-success",
    pics=SERVER_LOGS,
    baseline=SERVER_BASELINE,
    prerequisites=READABLE,
    events=(SUCCESS,),
)
def server_association_logged() -> Conversation:
    """A server logs an association that it has accepted."""
    return conversation(
        server_association, Logged(requirement="R-LOG-success", events=(SUCCESS,), aspects=("event",))
    )


@case(
    CLIENT_LOG_BASELINE,
    "R-LOG-success",
    pics=CLIENT_LOGS,
    baseline=CLIENT_BASELINE,
    prerequisites=READABLE,
    events=(SUCCESS,),
)
def client_association_logged() -> Conversation:
    """A client logs an association that it has made."""
    return conversation(
        client_association, Logged(requirement="R-LOG-success", events=(SUCCESS,), aspects=("event",))
    )


@case(
    "LOG/SRV/EVENT/BI-refused",
    "R-LOG-event",
    pics=SERVER_LOGS,
    baseline=SERVER_BASELINE,
    prerequisites=READABLE,
    events=SERVER_REFUSALS,
)
def server_refusal_logged() -> Conversation:
    """A server logs that it has refused an association, here one for an unknown application context."""
    return conversation(
        server_refusal, Logged(requirement="R-LOG-event", events=SERVER_REFUSALS, aspects=("event",))
    )


@case(
    "LOG/CLI/EVENT/BI-refused",
    "R-LOG-event",
    pics=CLIENT_LOGS,
    baseline=CLIENT_BASELINE,
    prerequisites=READABLE,
    events=CLIENT_REFUSALS,
)
def client_refusal_logged() -> Conversation:
    """A client logs that it has refused an accepting AARE, here one with an unknown application context."""
    return conversation(
        client_refusal, Logged(requirement="R-LOG-event", events=CLIENT_REFUSALS, aspects=("event",))
    )


@case(
    "LOG/SRV/EVENT/BV-in-order",
    "R-LOG-no-false-event",
    pics=SERVER_LOGS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=READABLE,
)
def server_logs_no_failure() -> Conversation:
    """A server logs no failure for an association that is used and released in order."""
    return conversation(
        server_association,
        server_usable(""),
        Release(),
        reach(RELEASED),
        not_logged("R-LOG-no-false-event", *FAILURES),
    )


@case(
    "LOG/CLI/EVENT/BV-in-order",
    "R-LOG-no-false-event",
    pics=CLIENT_LOGS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=READABLE,
)
def client_logs_no_failure() -> Conversation:
    """A client logs no failure for an association that is used and released in order."""
    return conversation(
        client_association,
        client_usable(""),
        Release(),
        reach(RELEASED, serve=True),
        not_logged("R-LOG-no-false-event", *FAILURES),
    )
