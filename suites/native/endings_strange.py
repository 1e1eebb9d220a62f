"""What stands in an ABRT, or an AARE that rejects, and is no SecPDU that it can hold (clause 14, row 1)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import EVENT, logged
from conform62351.suites.native.endings import (
    ABORTS,
    NULL,
    REJECTS,
    associates_again,
    client_case,
    opened,
    server_case,
)
from conform62351.suites.native.endings_aborts import FAULTY as ABORT
from conform62351.suites.native.endings_rejects import FAULTY as REJECT
from conform62351.suites.native.handshake_shapes import DATA
from conform62351.tooling.engine.mutations import Replace
from conform62351.tooling.engine.native_outcomes import EndingRow
from conform62351.tooling.engine.native_steps import SecPduName
from conform62351.tooling.engine.outcomes import ENDED, expect
from conform62351.tooling.engine.steps import Conversation, SendSecPdu, conversation


def in_place_of(role: Role, requirement: str, pdus: tuple[SecPduName, ...]) -> Iterator[Conversation]:
    """Yield the conversations in which something else comes in the place of any of ``pdus``.

    Nothing tells which one was meant, so that the event may be that of any of them.
    """
    events = dict.fromkeys(event for pdu in pdus for event in EndingRow("1.1", pdu).events)
    meant = pdus[-1]
    for label, octets in {"NULL": NULL, "a data transfer": DATA}.items():
        yield conversation(
            opened(role, meant),
            SendSecPdu(pdu=meant, mutations=(Replace(pdu=f"E2E.{meant}", octets=octets),)),
            expect(requirement, ENDED, limit="limit.close"),
            logged(tuple(events)),
            associates_again(role, requirement),
            label=label,
        )


@server_case("E2E/SRV/ABORT/BI-no-SecPDU", ABORT, EVENT)
def server_abort() -> Iterator[Conversation]:
    """A server logs that an ABRT brings something else than a SecPDU; the association ends all the same."""
    return in_place_of(Role.SERVER, ABORT, ABORTS[Role.SERVER])


@client_case("E2E/CLI/ABORT/BI-no-SecPDU", ABORT, EVENT)
def client_abort() -> Iterator[Conversation]:
    """A client logs that an ABRT brings something else than a SecPDU; the association ends all the same."""
    return in_place_of(Role.CLIENT, ABORT, ABORTS[Role.CLIENT])


@client_case("E2E/CLI/REJECT/BI-no-SecPDU", REJECT, EVENT)
def client_reject() -> Iterator[Conversation]:
    """A client logs that an AARE that rejects brings something else than a SecPDU; there is no association
    all the same.
    """
    return in_place_of(Role.CLIENT, REJECT, REJECTS)
