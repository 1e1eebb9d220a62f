"""Handshakes with one fault each, one conversation for each way to make it.

The tester sends the HandshakeReq to a DUT server, and the HandshakeAcc to a DUT client. ``ways`` are what is
changed in it, and how it is signed and offered, by the labels of their conversations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from conform62351.profiles.osi.apdu import NO_REASON_GIVEN, USER
from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    client_takes,
    logged,
    server_connection_on,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_request
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv
from conform62351.tooling.engine.native_outcomes import HandshakeRow, not_carried
from conform62351.tooling.engine.outcomes import refuse
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    Verify,
    conversation,
)

APDU: Final = 4
APDU_EVENT: Final = "IEC62351-4:15.4"
"""An APDU of ACSE that does not decode: the diagnostic of osiDiagnostics, and the event."""


@dataclass(frozen=True)
class Sent:
    """The handshake that the tester sends, by the role of the DUT: ``pdu`` is its name, ``root`` its tag."""

    pdu: str
    root: str
    initiate: str
    """The tag of the MMS PDU in applData."""

    @property
    def token(self) -> str:
        """The name of its token."""
        return f"{self.pdu}.token"

    def inside(self, path: str, edit: Edit, octets: bytes = b"", other: str = "") -> EditTlv:
        """Return the change of what the signature covers, made before; the path begins in tbs."""
        there = f"30/{other}" if other else ""
        return EditTlv(pdu=f"{self.pdu}.tbs", path=f"30/{path}", edit=edit, octets=octets, other=there)

    def outside(self, path: str, edit: Edit, octets: bytes = b"", other: str = "") -> EditTlv:
        """Return the change of the signed handshake; the path begins in it. Nothing is signed again."""
        there = f"{self.root}/{other}" if other else ""
        return EditTlv(pdu=self.pdu, path=f"{self.root}/{path}", edit=edit, octets=octets, other=there)


SENT: Final = {
    Role.SERVER: Sent("E2E.HandshakeReq", "30", "a8"),
    Role.CLIENT: Sent("E2E.HandshakeAcc", "a0", "a9"),
}


@dataclass(frozen=True)
class Way:
    """One way to send a handshake: the changes to it, and how it is signed and offered.

    ``pics`` is the condition under which it says anything. ``is_cut``: it is no whole TLV, so
    that a device which decodes the APDU around it first finds an APDU that does not decode, event 15.4.
    """

    mutations: tuple[AnyMutation, ...] = ()
    handshake: Handshake | None = None
    pics: str = ""
    is_cut: bool = False


Ways = Mapping[str, Way]


def way(
    *mutations: AnyMutation, handshake: Handshake | None = None, pics: str = "", is_cut: bool = False
) -> Way:
    """Return a way to send a handshake."""
    return Way(mutations, handshake, pics, is_cut)


def refused(requirement: str, rows: tuple[str, ...], role: Role, sent: Way, *, on: int = 0) -> Steps:
    """Show that a handshake that is ``sent`` so is refused, as one of ``rows`` of clause 14 says, and logged.

    The connection is there already, and the AARQ of a DUT client. It must not send a request, although one
    is asked for.
    """
    due = HandshakeRow(rows[0], role, *rows[1:])
    carried = not_carried(APDU) if sent.is_cut else ()
    sending: Steps = (Associate(mutations=sent.mutations, handshake=sent.handshake, on=on),)
    if role is Role.CLIENT:
        answer = AnswerAssociation(mutations=sent.mutations, handshake=sent.handshake, on=on)
        sending = (answer, Act(action="send-request", may_fail=True))
    return (
        *sending,
        refuse(requirement, due.forms, carried, limit="limit.associate", on=on),
        logged((*due.events, *([APDU_EVENT] if sent.is_cut else [])), on=on),
    )


def rejecting(requirement: str, *results: int, on: int = 0) -> Steps:
    """Show what the AARE is like that carries a reject: one of ``results``, for no reason that ACSE has."""
    return (
        Verify(requirement=requirement, field="ACSE.AARE.result", is_in=results, on=on),
        Verify(requirement=requirement, field="ACSE.AARE.diagnostic_source", is_in=(USER,), on=on),
        Verify(requirement=requirement, field="ACSE.AARE.diagnostic", is_in=(NO_REASON_GIVEN,), on=on),
    )


def refuses_each(
    role: Role, requirement: str, rows: str | tuple[str, ...], ways: Ways
) -> Iterator[Conversation]:
    """Show that the DUT refuses a handshake sent in each of ``ways``.

    ``rows`` are the row of clause 14 that it is about, and further ones that it violates as well.
    """
    violated = (rows,) if isinstance(rows, str) else rows
    for label, sent in ways.items():
        steps = refused(requirement, violated, role, sent)
        yield conversation(beginning(role), steps, label=label, pics=sent.pics)


def takes_each(role: Role, requirement: str, ways: Ways) -> Iterator[Conversation]:
    """Show that the DUT takes a handshake sent in each of ``ways``, and that data go over the association."""
    takes = server_takes if role is Role.SERVER else client_takes
    for label, sent in ways.items():
        taken = takes(requirement, *sent.mutations, handshake=sent.handshake)
        yield conversation(beginning(role), taken, label=label, pics=sent.pics)


def beginning(role: Role) -> Steps:
    """Return what comes before the handshake of the tester."""
    return server_connection_on(0) if role is Role.SERVER else client_request


def credentials(*names: str) -> tuple[str, ...]:
    """Return the means of having the credentials ``names``."""
    return tuple(f"credential {name}" for name in names)
