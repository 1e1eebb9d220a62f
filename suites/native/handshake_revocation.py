"""Certificates in handshakes without revocation data, or with outdated ones (11-decisions 39, I)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    client_takes,
    server_takes,
)
from conform62351.suites.native.refusals import credentials
from conform62351.suites.osi.conversations import client_request, server_connection
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.steps import Conversation, Logged, conversation

DATA = "R-E2E-revocation-data"

NO_CRL_EVENT: Final = "IEC62351-3:2.5"
EVENTS: Final = {
    "no-crl": NO_CRL_EVENT,
    "no-crl-above": NO_CRL_EVENT,
    "outdated-crl": "IEC62351-3:2.6",
}
"""The warnings that go with what is accepted all the same, by the tester's credentials."""


def _taken_with_a_warning(role: Role) -> Iterator[Conversation]:
    """Show that the DUT takes such certificates, and logs what it did not know."""
    for name, event in EVENTS.items():
        shown = Handshake(credential=name)
        is_server = role is Role.SERVER
        yield conversation(
            server_connection if is_server else client_request,
            (server_takes if is_server else client_takes)(DATA, handshake=shown),
            Logged(requirement=EVENT, events=(event,), about_partner=False, aspects=("event",)),
            label=name,
        )


@case(
    "E2E/SRV/CERTIFICATE/BV-revocation-data",
    DATA,
    EVENT,
    pics=f"{SERVER} and E2E.CRL.server",
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*EVENTS),
)
def server_revocation_data() -> Iterator[Conversation]:
    """A server takes a certificate of an authority without a CRL or with an old one, or below one without,
    and logs that.
    """
    return _taken_with_a_warning(Role.SERVER)


@case(
    "E2E/CLI/CERTIFICATE/BV-revocation-data",
    DATA,
    EVENT,
    pics=f"{CLIENT} and E2E.CRL.client",
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(*EVENTS),
)
def client_revocation_data() -> Iterator[Conversation]:
    """A client takes a certificate of an authority without a CRL or with an old one, or below one without,
    and logs that.
    """
    return _taken_with_a_warning(Role.CLIENT)
