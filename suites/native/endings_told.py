"""What a reject or an abort tells, which is logged by the side that it comes to (11-decisions 46)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import EVENT, logged
from conform62351.suites.native.endings import (
    associates_again,
    client_case,
    opened,
    server_case,
    token_of,
)
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.mutations import AnyMutation, SetField, SetText
from conform62351.tooling.engine.native_judging import ALARM
from conform62351.tooling.engine.native_outcomes import told
from conform62351.tooling.engine.native_steps import SecPduName
from conform62351.tooling.engine.outcomes import ENDED, expect
from conform62351.tooling.engine.steps import Conversation, Logged, SendSecPdu, conversation

REJECT_TOLD = "R-E2E-reject-told"
ABORT_TOLD = "R-E2E-abort-told"
WITHOUT_EVENT = "R-E2E-told-without-event"
NUMBER_ALONE = "R-E2E-abort-number-alone"
NAMELESS = "R-E2E-reject-nameless"

SECURITY_REJECT: Final[SecPduName] = "HandshakeSecReject"
HANDSHAKE_ABORT: Final[SecPduName] = "HandshakeSecAbort"
DATA_ABORT: Final[SecPduName] = "DtSecAbort"
READ_FOR_ANOTHER: Final = {"IEC62351-4:4.23": "IEC62351-4:4.26"}
"""Two events are for one diagnostic: either is read."""
SAID: Final = "protocol-error"
NOT_LOGGED: Final[dict[SecPduName, tuple[str, ...]]] = {
    SECURITY_REJECT: ("no-reason-given", "invalid-public-key-certificate", "invalid-certification-path"),
    HANDSHAKE_ABORT: ("no-reason-given", "invalid-public-key-certificate"),
    DATA_ABORT: ("no-reason-given", "invalid-sequence-number"),
}
"""Diagnostics that have no event of their own."""


def ended_by(
    requirement: str, pdu: SecPduName, diagnostic: str, *mutations: AnyMutation, on: int = 0
) -> Steps:
    """Show that a reject or abort with this diagnostic ends the association."""
    said = "" if diagnostic == ALARM else diagnostic
    return (
        SendSecPdu(pdu=pdu, diagnostic=said, mutations=mutations, on=on),
        expect(requirement, ENDED, limit="limit.close", on=on),
    )


def logs_each(role: Role, requirement: str, pdu: SecPduName) -> Iterator[Conversation]:
    """Show that the DUT logs what a reject or abort tells, whatever that is, and associates again."""
    events = told(pdu)
    for number, (diagnostic, event) in enumerate(events.items(), 1):
        either = (event, *filter(None, (READ_FOR_ANOTHER.get(event),)))
        yield conversation(
            opened(role, pdu),
            ended_by(requirement, pdu, diagnostic),
            logged(either),
            associates_again(role, requirement) if number == len(events) else (),
            label=diagnostic,
        )


def logs_none(role: Role, pdu: SecPduName) -> Iterator[Conversation]:
    """Show that the DUT logs nothing of the group of ``pdu`` about a diagnostic without an event."""
    others = tuple(told(pdu).values())
    for diagnostic in NOT_LOGGED[pdu]:
        yield conversation(
            opened(role, pdu),
            ended_by(WITHOUT_EVENT, pdu, diagnostic),
            Logged(requirement=EVENT, events=others, absent=True, aspects=("event",)),
            label=f"{pdu}, {diagnostic}",
        )


def told_with(role: Role, requirement: str, pdu: SecPduName, mutation: AnyMutation) -> Conversation:
    """Show that the DUT takes a reject or abort with another form of assoID: it logs what is told."""
    return conversation(
        opened(role, pdu),
        ended_by(requirement, pdu, SAID, mutation),
        logged((told(pdu)[SAID],)),
        associates_again(role, requirement),
    )


@client_case("E2E/CLI/REJECT/BV-told", REJECT_TOLD, EVENT)
def client_rejected() -> Iterator[Conversation]:
    """A client logs what a HandshakeSecReject tells: each diagnostic that has an event, and the alarm."""
    return logs_each(Role.CLIENT, REJECT_TOLD, SECURITY_REJECT)


@server_case("E2E/SRV/ABORT/BV-told-handshake", ABORT_TOLD, EVENT)
def server_handshake_aborted() -> Iterator[Conversation]:
    """A server logs what a HandshakeSecAbort tells: each diagnostic that has an event, and the alarm."""
    return logs_each(Role.SERVER, ABORT_TOLD, HANDSHAKE_ABORT)


@server_case("E2E/SRV/ABORT/BV-told-data", ABORT_TOLD, EVENT)
def server_data_aborted() -> Iterator[Conversation]:
    """A server logs what a DtSecAbort tells: each diagnostic that has an event, and the alarm."""
    return logs_each(Role.SERVER, ABORT_TOLD, DATA_ABORT)


@client_case("E2E/CLI/ABORT/BV-told-data", ABORT_TOLD, EVENT)
def client_data_aborted() -> Iterator[Conversation]:
    """A client logs what a DtSecAbort tells: each diagnostic that has an event, and the alarm."""
    return logs_each(Role.CLIENT, ABORT_TOLD, DATA_ABORT)


@server_case("E2E/SRV/ABORT/BV-told-without-event", WITHOUT_EVENT, EVENT)
def server_without_event() -> Iterator[Conversation]:
    """A server logs no received diagnostic where an abort tells one without an event of its own."""
    yield from logs_none(Role.SERVER, HANDSHAKE_ABORT)
    yield from logs_none(Role.SERVER, DATA_ABORT)


@client_case("E2E/CLI/REJECT/BV-told-without-event", WITHOUT_EVENT, EVENT)
def client_without_event() -> Iterator[Conversation]:
    """A client logs no received diagnostic where a reject or an abort tells one without an event of
    its own.
    """
    yield from logs_none(Role.CLIENT, SECURITY_REJECT)
    yield from logs_none(Role.CLIENT, DATA_ABORT)


@server_case("E2E/SRV/ABORT/BV-number-alone", NUMBER_ALONE, EVENT)
def server_number_alone() -> Conversation:
    """A server takes a HandshakeSecAbort that carries the client's number alone, and logs what it tells."""
    alone = SetText(pdu=token_of(HANDSHAKE_ABORT), field="assoID", pattern="{0}")
    return told_with(Role.SERVER, NUMBER_ALONE, HANDSHAKE_ABORT, alone)


@client_case("E2E/CLI/REJECT/BV-nameless", NAMELESS, EVENT)
def client_nameless() -> Conversation:
    """A client takes a HandshakeSecReject without an assoID, and logs what it tells."""
    nameless = SetField(pdu=token_of(SECURITY_REJECT), field="assoID")
    return told_with(Role.CLIENT, NAMELESS, SECURITY_REJECT, nameless)
