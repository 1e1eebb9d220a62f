"""What conversations about invalid data share: a data transfer with one fault, and what is due for it.

A DUT server is tried in every mode in one case. A DUT client takes a mode by its configuration, so that there
is one case for each mode in which a check differs; ``-clear`` and ``-separate`` in its name tell the mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    SERVER,
    client_association,
    client_exchanges,
    logged,
    server_association,
    server_exchanges,
)
from conform62351.suites.native.ways import AE, CLEAR, SEPARATE, Way
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.osi.mms_pdus import REPORT_PDU
from conform62351.tooling.engine.judging_steps import UNASKED
from conform62351.tooling.engine.mutations import AnyMutation, SetField
from conform62351.tooling.engine.native_outcomes import TransferRow, not_carried
from conform62351.tooling.engine.outcomes import REQUEST, reach, refuse
from conform62351.tooling.engine.steps import (
    Act,
    Alternative,
    Conversation,
    Inject,
    Rekey,
    Request,
    Respond,
    conversation,
)

SERVER_NON_AE: Final = f"{SERVER} and T11.non-AE.server"
SERVER_SEPARATE: Final = f"{SERVER_NON_AE} and E2E.non-AE-encryption.server"
SERVER_CLEAR: Final = f"{SERVER_NON_AE} and E2E.integrity-only.server"
CLIENT_SEPARATE: Final = f"{CLIENT} and T11.non-AE.client and E2E.non-AE-encryption.client"
CLIENT_CLEAR: Final = f"{CLIENT} and T11.non-AE.client and E2E.integrity-only.client"

Ways = Sequence[Sequence[Way]]
"""Ways to try; where several stand together, the first of them that the DUT has."""


def every(ways: Sequence[Way]) -> Ways:
    """Return each of ``ways`` by itself."""
    return tuple((way,) for way in ways)


ONE_AE: Final[Ways] = (AE,)
ONE_SEPARATE: Final[Ways] = (SEPARATE,)
ONE_CLEAR: Final[Ways] = (CLEAR,)
MODES: Final[Ways] = (AE, SEPARATE, CLEAR)
"""One way of each mode."""
ENCRYPTED_OR_NOT: Final[Ways] = ((*AE, *SEPARATE), CLEAR)
"""One way of each SecPDU: for checks that are the same in all modes but for the event."""


def tried(role: Role, ways: Ways) -> Iterator[tuple[Way, str]]:
    """Yield each way with the condition under which a DUT is tried in it."""
    for alternatives in ways:
        before = ""
        for way in alternatives:
            claimed = way.pics(role)
            yield way, f"{claimed}{before}"
            before += f" and not ({claimed})"


Mutations = tuple[AnyMutation, ...]
Tries = Callable[[Way], Mapping[str, Mutations]]
"""The stimuli of a case by their labels, in one way to protect data."""
Line = tuple[str, str]
"""Step and fault of a line of ``transfer_outcomes.toml``."""

UNDECODABLE: Final[Line] = ("E2E.DT.1", "undecodable")
ENCRYPTION_REQUIRED: Final[Line] = ("E2E.DT.2", "clear")
NOT_SELECTED: Final[Line] = ("E2E.DT.2", "encrypted")
AUTHENTICATOR: Final[Line] = ("E2E.DT.3", "authenticator")
ALGORITHM: Final[Line] = ("E2E.DT.4", "algorithm")
GMAC_NONCE: Final[Line] = ("E2E.DT.5", "gmac-nonce")
CBC_IV: Final[Line] = ("E2E.DT.5", "cbc-iv")
GCM_IV: Final[Line] = ("E2E.DT.5", "gcm-iv")
ICV: Final[Line] = ("E2E.DT.6", "icv")
PADDING: Final[Line] = ("E2E.DT.6a", "padding")
TIME: Final[Line] = ("E2E.DT.7", "time")
REPLAY: Final[Line] = ("E2E.DT.8", "replay")
EARLIER: Final[Line] = ("E2E.DT.9", "time")
SEQUENCE: Final[Line] = ("E2E.DT.9", "seq")
REKEY_SENDER: Final[Line] = ("E2E.DT.10", "sender")
REKEY_SECOND: Final[Line] = ("E2E.DT.10", "second")
CHANGED_SENDER: Final[Line] = ("E2E.DT.11", "sender")
CHANGED_UNASKED: Final[Line] = ("E2E.DT.11", "unasked")
REQUEST_SENDER: Final[Line] = ("E2E.DT.12", "sender")
REKEY_VALUE: Final[Line] = ("E2E.DT.12", "rekey")

USER_DATA: Final = 1
USER_DATA_EVENT: Final = "IEC62351-4:15.1"
"""User data of presentation that do not decode: the diagnostic of osiDiagnostics, and the event."""

IN_FLIGHT: Final = {Role.SERVER: (UNASKED,), Role.CLIENT: (UNASKED, REQUEST)}
"""What may come from a DUT before it has read what was sent."""
IV_EVENTS: Final = ("IEC62351-4:11.4", "IEC62351-4:11.9")
"""A missing iv of authenticated encryption is logged as either (11-decisions 46, I)."""


def token(
    way: Way, field: str, value: int | str | bool | dict[str, Any] | None = None, octets: bytes | None = None
) -> SetField:
    """Return the mutation that gives token2 another value, which is protected as it is sent."""
    return SetField(pdu=f"{way.data}.token", field=field, value=value, octets=octets)


def due(role: Role, pdu: str, lines: Sequence[Line]) -> tuple[tuple[Alternative, ...], tuple[str, ...]]:
    """Return what a DUT may do, and what it may log, for a fault in a SecPDU that violates these rows."""
    rows = [TransferRow(step, fault, role, pdu.removeprefix("E2E.")) for step, fault in lines]
    events = [event for row in rows for event in row.events]
    if GCM_IV in lines:
        events += IV_EVENTS
    return tuple(form for row in rows for form in row.forms), tuple(dict.fromkeys(events))


def refuses(requirement: str, role: Role, pdu: str, *lines: Line, is_cut: bool = False, on: int = 0) -> Steps:
    """Show that what was sent is answered by DtSecAbort, as ``lines`` say, and logged.

    A request of the DUT client that comes first was under way by then, or it renews its keys. With
    ``is_cut`` it is no whole TLV, so that a device may find user data of presentation that do not decode.
    """
    forms, events = due(role, pdu, lines)
    if is_cut:
        forms, events = (*forms, *not_carried(USER_DATA)), (*events, USER_DATA_EVENT)
    return (refuse(requirement, forms, meanwhile=IN_FLIGHT[role], on=on), logged(events, on=on))


def sends(role: Role, *mutations: AnyMutation, unprotected: bool = False, on: int = 0) -> Steps:
    """Send one message to the DUT: a request, or the answer to one that the DUT client is told to send."""
    if role is Role.SERVER:
        step = Request(
            service="read",
            point="data.read",
            mutations=mutations,
            may_break=True,
            unprotected=unprotected,
            on=on,
        )
        return (step,)
    return (
        Act(action="send-request", may_fail=True),
        reach(REQUEST, on=on),
        Respond(mutations=mutations, may_break=True, unprotected=unprotected, on=on),
    )


def associated(role: Role, way: Way, after: int = 0, group: str = "") -> Steps:
    """Return an association with the DUT in one way, over which ``after`` messages have gone each way.

    ``group`` is the one of key agreement that is agreed, empty for any.
    """
    associate = server_association if role is Role.SERVER else client_association
    return (*associate(way.handshake(group)), *exchanges(role, after))


def exchanges(role: Role, count: int) -> Steps:
    """Return the steps by which ``count`` messages go each way, in order."""
    return server_exchanges(count) if role is Role.SERVER else client_exchanges(count)


def reports(*mutations: AnyMutation, octets: bytes = REPORT_PDU, unprotected: bool = False) -> Inject:
    """Return the step that sends a report to a DUT client, which has not asked for anything."""
    return Inject(
        layer="presentation",
        octets=octets,
        name="MMS.unconfirmed-PDU",
        mutations=mutations,
        may_break=True,
        unprotected=unprotected,
    )


def renewing(role: Role, way: Way, after: int = 0) -> Steps:
    """Return an association with the DUT whose next message to it is the first one under new keys.

    ``after`` that, so many have gone each way.
    """
    return (*associated(role, way), Rekey(), *exchanges(role, 1 + after))


def aborts(
    role: Role,
    requirement: str,
    ways: Ways,
    tries: Tries,
    *lines: Line,
    begun: Callable[[Role, Way], Steps] | None = None,
    after: int = 0,
    pdu: str = "",
    group: str = "",
    is_cut: bool = False,
) -> Iterator[Conversation]:
    """Yield one conversation for each try in each way: the DUT answers it by DtSecAbort, and logs the event.

    It comes at the end of what ``begun`` makes, or else when ``after`` messages have gone each way. ``pdu``
    is what it is taken for, if not what is agreed; ``group`` is the one of key agreement, if the case is
    about that; ``is_cut`` is that of :func:`refuses`.
    """
    for way, pics in tried(role, ways):
        for label, mutations in tries(way).items():
            yield conversation(
                associated(role, way, after, group) if begun is None else begun(role, way),
                sends(role, *mutations),
                refuses(requirement, role, pdu or way.data, *lines, is_cut=is_cut),
                label=f"{way.label}: {label}" if label else way.label,
                pics=pics,
            )
