"""Data outside protection: a PDU of MMS in its own presentation context."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    logged,
)
from conform62351.suites.native.transfers import (
    ENCRYPTED_OR_NOT,
    IN_FLIGHT,
    ONE_AE,
    Ways,
    associated,
    reports,
    sends,
    tried,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.native_outcomes import data_aborted, osi_fault
from conform62351.tooling.engine.outcomes import refuse
from conform62351.tooling.engine.steps import Conversation, conversation

OUTSIDE = "R-E2E-transfer-outside-protection"


def past_protection(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield MMS past protection, as the first message and between others, and to a client as a report."""
    forms = (*osi_fault(3), data_aborted("protocol-error"))
    for way, pics in tried(role, ways):
        group = 11 if way.encryption else 10
        for label, after in {"first": 0, "after protected data": 1}.items():
            yield conversation(
                associated(role, way, after),
                sends(role, unprotected=True),
                refuse(OUTSIDE, forms, meanwhile=IN_FLIGHT[role]),
                logged(("IEC62351-4:15.3", f"IEC62351-4:{group}.1")),
                label=f"{way.label}: {label}",
                pics=pics,
            )
        if role is Role.CLIENT:
            yield conversation(
                associated(role, way, 1),
                reports(unprotected=True),
                refuse(OUTSIDE, forms, meanwhile=IN_FLIGHT[role]),
                logged(("IEC62351-4:15.3", f"IEC62351-4:{group}.1")),
                label=f"{way.label}: a report",
                pics=pics,
            )


@case(
    "E2E/SRV/DT/BI-outside-protection",
    OUTSIDE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_outside_protection() -> Iterator[Conversation]:
    """A request in the presentation context of MMS, outside protection, is not carried out by a server: it
    ends the association.
    """
    return past_protection(Role.SERVER, ENCRYPTED_OR_NOT)


@case(
    "E2E/CLI/DT/BI-outside-protection",
    OUTSIDE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_outside_protection() -> Iterator[Conversation]:
    """A response or a report in the presentation context of MMS, outside protection, is not taken by a
    client: it ends the association.
    """
    return past_protection(Role.CLIENT, ONE_AE)
