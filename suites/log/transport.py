"""How a log is sent: syslog over TLS, and a collector that is lost (IEC 62351-14, RFC 5425)."""

from __future__ import annotations

from conform62351.suites.log.conversations import (
    CLIENT_LOG_BASELINE,
    CLIENT_LOGS,
    READABLE,
    SERVER_LOG_BASELINE,
    SERVER_LOGS,
    SUCCESS,
)
from conform62351.suites.osi.conversations import (
    Steps,
    client_associates,
    client_association,
    server_associates,
    server_association,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.log_sources import COLLECTED
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.steps import Close, Collector, Conversation, conversation

SERVER_SENDS = f"{SERVER_LOGS} and LOG.syslog-TLS.server"
CLIENT_SENDS = f"{CLIENT_LOGS} and LOG.syslog-TLS.client"
COLLECTABLE = (*READABLE, COLLECTED)
SUBSCRIBER_LOST = "IEC62351-14:9.5"


def carried(association: Steps) -> Conversation:
    """Show that an event of ``association`` comes as syslog over TLS, and nothing else with it."""
    judged = Logged(requirement="R-LOG-transport", events=(SUCCESS,), aspects=("transport", "form"))
    return conversation(association, judged)


def lost(association: Steps) -> Conversation:
    """Show that a collector was missed when an event of ``association`` had to be sent."""
    judged = Logged(
        requirement="R-LOG-collector-lost",
        events=(SUBSCRIBER_LOST,),
        aspects=("event", "severity"),
        about_partner=False,
    )
    return conversation(Collector(away=True), association, Close(on=1), Collector(away=False), judged)


@case(
    "LOG/SRV/TRANSPORT/BV-syslog-over-TLS",
    "R-LOG-transport",
    pics=SERVER_SENDS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=COLLECTABLE,
)
def server_sends() -> Conversation:
    """A server sends its events by syslog over TLS, each with its length, and none over UDP."""
    return carried(server_association)


@case(
    "LOG/CLI/TRANSPORT/BV-syslog-over-TLS",
    "R-LOG-transport",
    pics=CLIENT_SENDS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=COLLECTABLE,
)
def client_sends() -> Conversation:
    """A client sends its events by syslog over TLS, each with its length, and none over UDP."""
    return carried(client_association)


@case(
    "LOG/SRV/TRANSPORT/BO-collector-lost",
    "R-LOG-collector-lost",
    pics=SERVER_SENDS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=COLLECTABLE,
    events=(SUBSCRIBER_LOST,),
    weight=10,
)
def server_misses_collector() -> Conversation:
    """A server that could not reach its collector for a while has logged that."""
    return lost(server_associates("", on=1))


@case(
    "LOG/CLI/TRANSPORT/BO-collector-lost",
    "R-LOG-collector-lost",
    pics=CLIENT_SENDS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=COLLECTABLE,
    events=(SUBSCRIBER_LOST,),
    weight=10,
)
def client_misses_collector() -> Conversation:
    """A client that could not reach its collector for a while has logged that."""
    return lost(client_associates("", on=1))
