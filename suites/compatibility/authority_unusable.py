"""Authorities that the device knows and may not follow: not valid yet, or not understood (decision 38, I)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.certificate_authority import CHAIN, VALIDITY
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.compatibility.credentials import client_refuses_each, needs, server_refuses_each
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation

EXTENSION = "R-CERT-CA-extension"
TO_COME = "bad/ca-to-come"
CRITICAL = "bad/critical-ca"


@case(
    "CMP/SRV/AUTHORITY/BI-to-come",
    VALIDITY,
    CHAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(TO_COME),
)
def server_to_come() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the authority's own certificate is valid from the next year on."""
    return server_refuses_each(VALIDITY, TO_COME)


@case(
    "CMP/CLI/AUTHORITY/BI-to-come",
    VALIDITY,
    CHAIN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(TO_COME),
)
def client_to_come() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the authority's own certificate is valid from the next year on."""
    return client_refuses_each(VALIDITY, TO_COME)


@case(
    "CMP/SRV/AUTHORITY/BI-critical-extension",
    EXTENSION,
    CHAIN,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(CRITICAL),
)
def server_critical_extension() -> Iterator[Conversation]:
    """A server answers by P-ABORT when the authority's own certificate has a critical extension that nobody
    knows.
    """
    return server_refuses_each(EXTENSION, CRITICAL)


@case(
    "CMP/CLI/AUTHORITY/BI-critical-extension",
    EXTENSION,
    CHAIN,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(CRITICAL),
)
def client_critical_extension() -> Iterator[Conversation]:
    """A client answers by P-ABORT when the authority's own certificate has a critical extension that nobody
    knows.
    """
    return client_refuses_each(EXTENSION, CRITICAL)
