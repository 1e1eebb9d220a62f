"""Every SecPDU in every state in which it is not due, in whatever carries it (clauses 13 and 15).

What is out of place ends the association, by an abort or by closing (11-decisions 21); nothing of it is
carried out, and the DUT associates again. Data behind its own ReleaseReq alone are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final, get_args

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    client_request_on,
    server_association,
    server_connection_on,
)
from conform62351.suites.native.endings import CLIENT_RELEASES, SERVER_RELEASES, asks, associates_again
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.native_outcomes import RELEASED_SECURELY
from conform62351.tooling.engine.native_steps import CarrierName, SecPduName
from conform62351.tooling.engine.outcomes import ABORTED, ASSOCIATED, ENDED, expect, refuse
from conform62351.tooling.engine.steps import (
    AnswerAssociation,
    AnswerRelease,
    Associate,
    Conversation,
    Release,
    SendAgain,
    SendSecPdu,
    conversation,
)

BEFORE = "R-E2E-inopportune-before"
REQUESTED = "R-E2E-inopportune-requested"
ANSWERING = "R-E2E-inopportune-answering"
OPEN = "R-E2E-inopportune-open"
AGAIN = "R-E2E-inopportune-handshake-again"
RELEASING = "R-E2E-inopportune-releasing"
RELEASING_SERVER = "R-E2E-inopportune-releasing-server"
RELEASED = "R-E2E-inopportune-released"

SECPDUS: Final[tuple[SecPduName, ...]] = get_args(SecPduName)
CARRIERS: Final[tuple[CarrierName, ...]] = ("AARE", "ABRT", "RLRQ", "RLRE", "TD")
OWN: Final[Mapping[SecPduName, CarrierName]] = {
    "HandshakeAcc": "AARE",
    "ApplicationReject": "AARE",
    "HandshakeSecReject": "AARE",
    "HandshakeSecAbort": "ABRT",
    "DtSecAbort": "ABRT",
    "ApplAbort": "ABRT",
    "osiDiagnostics": "ABRT",
    "ReleaseReq": "RLRQ",
    "ReleaseRsp": "RLRE",
    "ClearTransfer": "TD",
    "EncrTransfer": "TD",
}
"""What carries a SecPDU. That of HandshakeReq is AARQ, which is not sent again as anything else."""
DUE_IN_OPEN: Final = ("ReleaseReq", "EncrTransfer", "ClearTransfer")
"""What an association has in its course, each in its own carrier."""
DROPPED: Final = "TD"
"""What carries data: behind the own ReleaseReq they are dropped."""

Place = tuple[SecPduName, CarrierName]

A_REQUEST: Final[Place] = ("ReleaseRsp", "RLRQ")
"""In RLRQ nothing tells a ReleaseRsp from a ReleaseReq."""
ALL: Final[tuple[Place, ...]] = tuple((pdu, carrier) for pdu in SECPDUS for carrier in CARRIERS)
IN_OPEN: Final = tuple(
    (pdu, carrier)
    for pdu, carrier in ALL
    if (pdu, carrier) != A_REQUEST and (pdu not in DUE_IN_OPEN or carrier != OWN[pdu])
)
NOT_CROSSING: Final = tuple(
    (pdu, carrier)
    for pdu, carrier in ALL
    if carrier != "RLRE" and (pdu, carrier) not in (("ReleaseReq", "RLRQ"), A_REQUEST)
)
"""What may not come behind the DUT's own ReleaseReq: others cross it, or are its answer."""
BEHIND_RELEASE: Final = tuple(
    (pdu, carrier) for pdu, carrier in ALL if carrier in ("RLRQ", "TD") or OWN.get(pdu) == carrier
)
"""What is sent right behind a release: each as data, as another release, and in its own carrier."""
STOPPED: Final = (*ENDED, ABORTED)

server_case = partial(case, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE, weight=2)
client_case = partial(case, pics=CLIENT, baseline=CLIENT_BASELINE, configuration=NATIVE, weight=2)


def stops_each(
    role: Role, requirement: str, before: Steps, places: tuple[Place, ...]
) -> Iterator[Conversation]:
    """Show that each SecPDU in ``places``, sent where ``before`` leads, stops the association."""
    for count, (pdu, carrier) in enumerate(places, 1):
        yield conversation(
            before,
            SendSecPdu(pdu=pdu, carrier=carrier),
            refuse(requirement, STOPPED, limit="limit.close"),
            associates_again(role, requirement) if count == len(places) else (),
            label=f"{pdu} in {carrier}",
        )


def releasing(role: Role, requirement: str) -> Iterator[Conversation]:
    """Show that the DUT, which has asked for a release, drops data and ends by what else is out of place.

    A ReleaseReq may cross its own, and an RLRE is due, whatever is in it.
    """
    opened = server_association() if role is Role.SERVER else client_open()
    for count, (pdu, carrier) in enumerate(NOT_CROSSING, 1):
        goes_on = (AnswerRelease(),) if carrier == DROPPED else ()
        yield conversation(
            opened,
            asks(),
            SendSecPdu(pdu=pdu, carrier=carrier),
            goes_on,
            expect(requirement, ENDED if carrier == DROPPED else STOPPED, limit="limit.close"),
            associates_again(role, requirement) if count == len(NOT_CROSSING) else (),
            label=f"{pdu} in {carrier}",
        )


def released(role: Role) -> Iterator[Conversation]:
    """Show that nothing that comes right behind a ReleaseReq is carried out.

    The release is answered; a DUT that meets what is behind before it has answered may abort.
    """
    opened = server_association() if role is Role.SERVER else client_open()
    for pdu, carrier in BEHIND_RELEASE:
        yield conversation(
            opened,
            Release(),
            SendSecPdu(pdu=pdu, carrier=carrier),
            refuse(RELEASED, RELEASED_SECURELY, STOPPED, serve=True),
            associates_again(role, RELEASED),
            label=f"{pdu} in {carrier}",
        )


def client_open() -> Steps:
    """Return the steps by which the DUT client associates; it has sent no request yet."""
    return (*client_request_on(0), AnswerAssociation())


@server_case("E2E/SRV/INOPPORTUNE/BO-before", BEFORE)
def server_before() -> Iterator[Conversation]:
    """A server ends the connection when a SecPDU comes before an association has been asked for."""
    return stops_each(Role.SERVER, BEFORE, server_connection_on(0), ALL)


@server_case("E2E/SRV/INOPPORTUNE/BO-requested", REQUESTED)
def server_requested() -> Iterator[Conversation]:
    """A server ends the association when a SecPDU comes right behind the HandshakeReq, while its answer is on
    the way: nothing can be right there, since nobody knows keys or the server's number yet.
    """
    for count, (pdu, carrier) in enumerate(ALL, 1):
        yield conversation(
            server_connection_on(0),
            Associate(),
            SendSecPdu(pdu=pdu, carrier=carrier),
            refuse(REQUESTED, STOPPED, meanwhile=(ASSOCIATED,), limit="limit.associate"),
            associates_again(Role.SERVER, REQUESTED) if count == len(ALL) else (),
            label=f"{pdu} in {carrier}",
        )


@client_case("E2E/CLI/INOPPORTUNE/BO-answering", ANSWERING)
def client_answering() -> Iterator[Conversation]:
    """A client that waits for the answer to its HandshakeReq ends the association when anything
    else comes.
    """
    return stops_each(Role.CLIENT, ANSWERING, client_request_on(0), ALL)


@server_case("E2E/SRV/INOPPORTUNE/BO-open", OPEN)
def server_open() -> Iterator[Conversation]:
    """A server ends the association when a SecPDU comes that has no place in its course, or in what carries
    another.
    """
    return stops_each(Role.SERVER, OPEN, server_association(), IN_OPEN)


@client_case("E2E/CLI/INOPPORTUNE/BO-open", OPEN)
def client_in_open() -> Iterator[Conversation]:
    """A client ends the association when a SecPDU comes that has no place in its course, or in what carries
    another.
    """
    return stops_each(Role.CLIENT, OPEN, client_open(), IN_OPEN)


@server_case("E2E/SRV/INOPPORTUNE/BO-handshake-again", AGAIN)
def server_again() -> Conversation:
    """A server ends the association when its HandshakeReq comes again on the same connection."""
    return conversation(
        server_association(),
        SendAgain(pdu="E2E.HandshakeReq"),
        refuse(AGAIN, STOPPED),
        associates_again(Role.SERVER, AGAIN),
    )


@client_case("E2E/CLI/INOPPORTUNE/BO-handshake-again", AGAIN)
def client_again() -> Conversation:
    """A client ends the association when the HandshakeAcc comes again on the same connection."""
    return conversation(
        client_open(),
        SendAgain(pdu="E2E.HandshakeAcc"),
        refuse(AGAIN, STOPPED),
        associates_again(Role.CLIENT, AGAIN),
    )


@server_case("E2E/SRV/INOPPORTUNE/BO-releasing", RELEASING_SERVER, pics=SERVER_RELEASES)
def server_releasing() -> Iterator[Conversation]:
    """A server that has asked for a release drops data, and ends by what else is out of place."""
    return releasing(Role.SERVER, RELEASING_SERVER)


@client_case("E2E/CLI/INOPPORTUNE/BO-releasing", RELEASING, pics=CLIENT_RELEASES)
def client_releasing() -> Iterator[Conversation]:
    """A client that has asked for a release drops data, and ends by what else is out of place."""
    return releasing(Role.CLIENT, RELEASING)


@server_case("E2E/SRV/INOPPORTUNE/BO-released", RELEASED)
def server_released() -> Iterator[Conversation]:
    """A server answers a release or aborts, and carries out nothing that comes right behind it."""
    return released(Role.SERVER)


@client_case("E2E/CLI/INOPPORTUNE/BO-released", RELEASED)
def client_released() -> Iterator[Conversation]:
    """A client answers a release or aborts, and carries out nothing that comes right behind it."""
    return released(Role.CLIENT)
