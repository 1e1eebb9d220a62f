"""What a logged event says: its severity, its time, its partner, its source, and the form of its line."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.log.conversations import (
    CLIENT_LOG_BASELINE,
    CLIENT_LOGS,
    READABLE,
    SERVER_LOG_BASELINE,
    SERVER_LOGS,
    client_logs,
    server_logs,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation


@case(
    "LOG/SRV/RECORD/BV-severity",
    "R-LOG-severity",
    pics=SERVER_LOGS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=READABLE,
)
def server_severity() -> Iterator[Conversation]:
    """The events that a server logs have the severity that the catalogue gives them."""
    return server_logs("R-LOG-severity", "severity")


@case(
    "LOG/CLI/RECORD/BV-severity",
    "R-LOG-severity",
    pics=CLIENT_LOGS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=READABLE,
)
def client_severity() -> Iterator[Conversation]:
    """The events that a client logs have the severity that the catalogue gives them."""
    return client_logs("R-LOG-severity", "severity")


@case(
    "LOG/SRV/RECORD/BV-time",
    "R-LOG-time",
    pics=SERVER_LOGS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=READABLE,
)
def server_time() -> Iterator[Conversation]:
    """The events that a server logs carry the time at which they happened, in UTC."""
    return server_logs("R-LOG-time", "time")


@case(
    "LOG/CLI/RECORD/BV-time",
    "R-LOG-time",
    pics=CLIENT_LOGS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=READABLE,
)
def client_time() -> Iterator[Conversation]:
    """The events that a client logs carry the time at which they happened, in UTC."""
    return client_logs("R-LOG-time", "time")


@case(
    "LOG/SRV/RECORD/BV-peer",
    "R-LOG-peer",
    pics=SERVER_LOGS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=READABLE,
)
def server_peer() -> Iterator[Conversation]:
    """The events that a server logs name the client by host and port."""
    return server_logs("R-LOG-peer", "peer")


@case(
    "LOG/CLI/RECORD/BV-peer",
    "R-LOG-peer",
    pics=CLIENT_LOGS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=READABLE,
)
def client_peer() -> Iterator[Conversation]:
    """The events that a client logs name the server by host and port."""
    return client_logs("R-LOG-peer", "peer")


@case(
    "LOG/SRV/RECORD/BV-source",
    "R-LOG-source",
    pics=SERVER_LOGS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=READABLE,
)
def server_source() -> Iterator[Conversation]:
    """The events that a server logs name the device and the application that logged them."""
    return server_logs("R-LOG-source", "source")


@case(
    "LOG/CLI/RECORD/BV-source",
    "R-LOG-source",
    pics=CLIENT_LOGS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=READABLE,
)
def client_source() -> Iterator[Conversation]:
    """The events that a client logs name the device and the application that logged them."""
    return client_logs("R-LOG-source", "source")


@case(
    "LOG/SRV/RECORD/BV-form",
    "R-LOG-form",
    pics=SERVER_LOGS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=READABLE,
)
def server_form() -> Iterator[Conversation]:
    """The events that a server logs are RFC 5424 messages with the structured data of IEC 62351-14."""
    return server_logs("R-LOG-form", "form")


@case(
    "LOG/CLI/RECORD/BV-form",
    "R-LOG-form",
    pics=CLIENT_LOGS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=READABLE,
)
def client_form() -> Iterator[Conversation]:
    """The events that a client logs are RFC 5424 messages with the structured data of IEC 62351-14."""
    return client_logs("R-LOG-form", "form")


@case(
    "LOG/SRV/RECORD/BV-limits",
    "R-LOG-limits",
    pics=SERVER_LOGS,
    baseline=SERVER_LOG_BASELINE,
    prerequisites=READABLE,
)
def server_limits() -> Iterator[Conversation]:
    """No member of the events that a server logs is longer than it may be."""
    return server_logs("R-LOG-limits", "limits")


@case(
    "LOG/CLI/RECORD/BV-limits",
    "R-LOG-limits",
    pics=CLIENT_LOGS,
    baseline=CLIENT_LOG_BASELINE,
    prerequisites=READABLE,
)
def client_limits() -> Iterator[Conversation]:
    """No member of the events that a client logs is longer than it may be."""
    return client_logs("R-LOG-limits", "limits")
