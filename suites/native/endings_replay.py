"""Rejects, aborts and releases that come again (clause 14, row 11; 11-decisions 23, 29).

What is signed once is told by subject, assoID and time. The numbers of a DUT are its own choice, so that a
time comes again under the same assoID only where the tester has signed with that assoID before: in the
HandshakeAcc to a DUT client, in a ReleaseReq that crosses the one of the DUT, under the client's number
alone, or under none at all. What comes again from another association has another assoID as a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import EVENT
from conform62351.suites.native.endings import (
    ABORTS,
    REJECTS,
    REQUEST,
    RESPONSE,
    Way,
    client_asks_case,
    client_case,
    faulty,
    opened,
    sending,
    server_asks_case,
    server_case,
    token_of,
    way,
)
from conform62351.suites.native.endings_aborts import FAULTY as FAULTY_ABORT
from conform62351.suites.native.endings_rejects import FAULTY as FAULTY_REJECT
from conform62351.suites.native.endings_release_responses import FAULTY as FAULTY_RESPONSE
from conform62351.suites.native.endings_release_responses import FAULTY_SERVER as FAULTY_RESPONSE_SERVER
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.mutations import Replay, SetField, SetText, SetTime
from conform62351.tooling.engine.native_outcomes import RELEASED_SECURELY
from conform62351.tooling.engine.native_steps import SecPduName
from conform62351.tooling.engine.outcomes import ENDED, reach
from conform62351.tooling.engine.steps import Close, Conversation, SendSecPdu, conversation

REQUEST_DUE = "R-E2E-release-request-replay"

HANDSHAKE_ABORT: Final[SecPduName] = "HandshakeSecAbort"
DATA_ABORT: Final[SecPduName] = "DtSecAbort"
APPLICATION_ABORT: Final[SecPduName] = "ApplAbort"
SECURITY_REJECT: Final[SecPduName] = "HandshakeSecReject"
ROW: Final = ("11",)
FROM_ELSEWHERE: Final = ("1.2", "11")
"""Rows of clause 14: what was sent in another association has another assoID, or is a replay."""


def same_time(pdu: str, of: str) -> Way:
    """Return the SecPDU with the time that ``of`` had on the same connection."""
    return way(SetTime(pdu=token_of(pdu), again=0, of=token_of(of)))


def crossed() -> Steps:
    """Have the ReleaseReq of the DUT server and ours cross; the DUT still waits for its answer."""
    return (*opened(Role.SERVER, RESPONSE), SendSecPdu(pdu=REQUEST), reach(RELEASED_SECURELY))


def from_elsewhere(role: Role, requirement: str, *pdus: SecPduName) -> Iterator[Conversation]:
    """Show what becomes of each of ``pdus`` when it comes again, octet for octet, in another association."""
    for pdu in pdus:
        ended = (RELEASED_SECURELY,) if pdu == REQUEST else ENDED
        yield conversation(
            opened(role, pdu),
            sending(pdu, way()),
            reach(ended, serve=True, limit="limit.close"),
            Close(),
            opened(role, pdu, on=1),
            faulty(requirement, FROM_ELSEWHERE, pdu, way(Replay(pdu=f"E2E.{pdu}", of=0)), on=1),
            label=pdu if len(pdus) > 1 else "",
        )


def aborted_again(role: Role, requirement: str, of: str) -> Iterator[Conversation]:
    """Show what becomes of a DtSecAbort and an ApplAbort with the time that ``of`` had."""
    for pdu in (DATA_ABORT, APPLICATION_ABORT):
        before = crossed() if role is Role.SERVER else opened(role, pdu)
        yield conversation(before, faulty(requirement, ROW, pdu, same_time(pdu, of)), label=pdu)


@server_case("E2E/SRV/ABORT/BI-replay", FAULTY_ABORT, EVENT)
def server_handshake_abort() -> Conversation:
    """A server raises an alarm when a HandshakeSecAbort under the client's number alone has the time of the
    HandshakeReq; the association ends all the same.
    """
    sent = same_time(HANDSHAKE_ABORT, "HandshakeReq")
    alone = SetText(pdu=token_of(HANDSHAKE_ABORT), field="assoID", pattern="{0}")
    return conversation(
        opened(Role.SERVER, HANDSHAKE_ABORT),
        faulty(FAULTY_ABORT, ROW, HANDSHAKE_ABORT, way(alone, *sent.mutations)),
    )


@server_asks_case("E2E/SRV/ABORT/BI-replay-releasing", FAULTY_ABORT, EVENT)
def server_abort() -> Iterator[Conversation]:
    """A server that has asked for a release raises an alarm when an abort has the time of the ReleaseReq that
    crossed its own.
    """
    return aborted_again(Role.SERVER, FAULTY_ABORT, REQUEST)


@client_case("E2E/CLI/ABORT/BI-replay", FAULTY_ABORT, EVENT)
def client_abort() -> Iterator[Conversation]:
    """A client raises an alarm when an abort has the time of the HandshakeAcc; the association ends all the
    same.
    """
    return aborted_again(Role.CLIENT, FAULTY_ABORT, "HandshakeAcc")


@server_case("E2E/SRV/ABORT/BI-from-elsewhere", FAULTY_ABORT, EVENT)
def server_abort_from_elsewhere() -> Iterator[Conversation]:
    """A server logs an abort that has been sent in another association; the association ends all the same."""
    return from_elsewhere(Role.SERVER, FAULTY_ABORT, *ABORTS[Role.SERVER])


@client_case("E2E/CLI/ABORT/BI-from-elsewhere", FAULTY_ABORT, EVENT)
def client_abort_from_elsewhere() -> Iterator[Conversation]:
    """A client logs an abort that has been sent in another association; the association ends all the same."""
    return from_elsewhere(Role.CLIENT, FAULTY_ABORT, *ABORTS[Role.CLIENT])


@client_case("E2E/CLI/REJECT/BI-replay", FAULTY_REJECT, EVENT)
def client_reject() -> Conversation:
    """A client raises an alarm when a HandshakeSecReject without an assoID has the time of another one."""
    nameless = SetField(pdu=token_of(SECURITY_REJECT), field="assoID")
    sent = same_time(SECURITY_REJECT, SECURITY_REJECT)
    return conversation(
        opened(Role.CLIENT, SECURITY_REJECT),
        sending(SECURITY_REJECT, way(nameless)),
        reach(ENDED, limit="limit.close"),
        opened(Role.CLIENT, SECURITY_REJECT, on=1),
        faulty(FAULTY_REJECT, ROW, SECURITY_REJECT, way(nameless, *sent.mutations), on=1),
    )


@client_case("E2E/CLI/REJECT/BI-from-elsewhere", FAULTY_REJECT, EVENT)
def client_reject_from_elsewhere() -> Iterator[Conversation]:
    """A client logs a reject that has been sent to another request of its own."""
    return from_elsewhere(Role.CLIENT, FAULTY_REJECT, *REJECTS)


@server_case("E2E/SRV/RELEASE-REQ/BI-from-elsewhere", REQUEST_DUE, EVENT)
def server_request() -> Iterator[Conversation]:
    """A server aborts when a ReleaseReq comes that has been sent in another association: by protocol-error,
    or by an alarm if its number is the same again.
    """
    return from_elsewhere(Role.SERVER, REQUEST_DUE, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-from-elsewhere", REQUEST_DUE, EVENT)
def client_request_from_elsewhere() -> Iterator[Conversation]:
    """A client aborts when a ReleaseReq comes that has been sent in another association: by protocol-error,
    or by an alarm if the numbers are the same again.
    """
    return from_elsewhere(Role.CLIENT, REQUEST_DUE, REQUEST)


@client_case("E2E/CLI/RELEASE-REQ/BI-replay", REQUEST_DUE, EVENT)
def client_request() -> Conversation:
    """A client raises an alarm, without a diagnostic, on a ReleaseReq with the time of the HandshakeAcc."""
    sent = same_time(REQUEST, "HandshakeAcc")
    return conversation(opened(Role.CLIENT, REQUEST), faulty(REQUEST_DUE, ROW, REQUEST, sent))


@server_asks_case("E2E/SRV/RELEASE-RSP/BI-replay", FAULTY_RESPONSE_SERVER, EVENT)
def server_response() -> Conversation:
    """A server raises an alarm when the answer to its ReleaseReq has the time of the one that crossed it."""
    sent = same_time(RESPONSE, REQUEST)
    return conversation(crossed(), faulty(FAULTY_RESPONSE_SERVER, ROW, RESPONSE, sent))


@client_asks_case("E2E/CLI/RELEASE-RSP/BI-replay", FAULTY_RESPONSE, EVENT)
def client_response() -> Conversation:
    """A client raises an alarm when the answer to its ReleaseReq has the time of the HandshakeAcc."""
    sent = same_time(RESPONSE, "HandshakeAcc")
    return conversation(opened(Role.CLIENT, RESPONSE), faulty(FAULTY_RESPONSE, ROW, RESPONSE, sent))
