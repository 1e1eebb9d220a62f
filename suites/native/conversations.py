"""The beginnings that conversations of the native suites share, and what is judged in all of them.

They run in configurations whose stack is ``native`` or ``native-tls``. ``server_…`` is for a DUT server,
``client_…`` for a DUT client. Connections and transport are those of
:mod:`conform62351.suites.osi.conversations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.osi.conversations import (
    Steps,
    client_request,
    client_usable,
    server_usable,
)
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.native_outcomes import HandshakeRow, TransferRow
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    REQUEST,
    RESPONSE,
    TRANSPORT_CONNECTED,
    expect,
    reach,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Alternative,
    AnswerAssociation,
    Associate,
    Connect,
    Logged,
    NoFinding,
    OpenTransport,
    Request,
    Respond,
)

NATIVE: Final = "native"
"""The configuration of the DUT in which it has end-to-end security without TLS; as client it offers AE."""
NATIVE_TLS: Final = "native-tls"
NATIVE_SEPARATE: Final = "native-separate"
NATIVE_CLEAR: Final = "native-clear"
"""Configurations of a DUT client that offers encryption with a separate ICV, or an ICV alone."""
NATIVE_CLEAR_TLS: Final = "native-clear-tls"
"""A configuration like the last one, over TLS."""
NATIVE_RSA: Final = "native-rsa"
NATIVE_BRAINPOOL: Final = "native-brainpool"
"""Configurations in which the DUT shows a certificate with such a key; in the others it is secp256r1."""
NO_ENCRYPTION: Final = "native-no-encryption"
ENCRYPTION_REQUIRED: Final = "native-encryption-required"
AE_REQUIRED: Final = "native-ae-required"
"""Configurations with a local policy about encryption."""

SERVER: Final = "T6.OSI.server and T7.native.server and T10.E2E-security.server"
CLIENT: Final = "T6.OSI.client and T7.native.client and T10.E2E-security.client"
SERVER_AE: Final = f"{SERVER} and T11.AE.server"
CLIENT_AE: Final = f"{CLIENT} and T11.AE.client"
SERVER_BASELINE: Final = "E2E/SRV/HS/BV-ae"
CLIENT_BASELINE: Final = "E2E/CLI/HS/BV-ae"

EVENT: Final = "R-LOG-event"
"""The requirement that the log checks of these suites rest on: cases that refuse cite it last."""
OWN: Final = (
    "R-E2E-own-handshake",
    "R-E2E-own-data",
    "R-E2E-fresh-iv",
    "R-E2E-fresh-keys",
    "R-E2E-rising-times",
    "R-E2E-mapping",
    "R-E2E-encoding",
    "R-E2E-BER",
)
"""The requirements that :func:`own_secpdus` judges, to be cited by cases that have it."""

own_handshake: Steps = (
    NoFinding(
        requirement="R-E2E-own-handshake", steps=("E2E.HS",), tolerated=True, severity=Severity.FUNCTION
    ),
)
"""The DUT's handshake is in order; what is only noted of its form is a warning."""

own_data: Steps = (
    NoFinding(requirement="R-E2E-own-data", steps=("E2E.DT", "PRES.TD.9"), severity=Severity.FUNCTION),
    NoFinding(
        requirement="R-E2E-fresh-iv",
        steps=("E2E.OWN.1", "E2E.OWN.2", "E2E.OWN.9"),
        tolerated=True,
        severity=Severity.SECURITY,
    ),
)
"""The DUT's data are in order, and none is past protection; no iv or nonce of them comes twice, and no iv of
CBC can be foreseen.
"""

own_form: Steps = (
    NoFinding(requirement="R-E2E-mapping", steps=("E2E.OSI", "E2E.T3"), tolerated=True),
    NoFinding(requirement="R-E2E-encoding", steps=("E2E.OWN.3", "E2E.OWN.4"), tolerated=True),
    NoFinding(requirement="R-E2E-BER", steps=("E2E.OWN.10",)),
)
"""What carries the DUT's SecPDUs is in order, and so are its rejects, aborts and releases."""

own_times: Steps = (NoFinding(requirement="R-E2E-rising-times", steps=("E2E.OWN.5",), tolerated=True),)
"""No signed time of the DUT has been met before, on whatever association."""

own_freshness: Steps = (
    NoFinding(requirement="R-E2E-fresh-keys", steps=("E2E.OWN.6",), severity=Severity.SECURITY),
    *own_times,
)
"""No public value and no signed time of the DUT has been met before, on whatever association."""

OWN_ENDING: Final = ("R-E2E-mapping", "R-E2E-encoding", "R-E2E-BER", "R-E2E-rising-times")
"""The requirements that :data:`own_ending` judges."""

own_ending: Steps = (*own_form, *own_times)
"""The aborts and releases of the DUT are in order, and signed afresh."""

own_secpdus: Steps = (*own_handshake, *own_data, *own_freshness, *own_form)
"""Everything that the DUT has sent so far is in order. Cite the requirements of :data:`OWN`."""


def server_connection_on(on: int) -> Steps:
    """Return the steps of a transport connection to the DUT server."""
    return (
        Connect(on=on),
        OpenTransport(on=on),
        reach(TRANSPORT_CONNECTED, limit="limit.connect", on=on),
    )


def server_association(handshake: Handshake | None = None, *, on: int = 0) -> Steps:
    """Return the steps that associate with the DUT server, which is as the case needs it."""
    return (
        *server_connection_on(on),
        Associate(handshake=handshake, on=on),
        reach(ASSOCIATED, limit="limit.associate", on=on),
    )


def client_association(handshake: Handshake | None = None) -> Steps:
    """Return the steps by which the DUT client associates; it has sent no request yet."""
    return (*client_request, AnswerAssociation(handshake=handshake))


def client_request_on(on: int) -> Steps:
    """Return the steps by which the DUT client connects once more and sends its AARQ."""
    return (Act(action="connect"), Accept(on=on), reach(AARQ, limit="limit.associate", on=on))


def server_takes(
    requirement: str, *mutations: AnyMutation, handshake: Handshake | None = None, on: int = 0
) -> Steps:
    """Show that an association asked for so is made, and that data go over it."""
    return (
        Associate(mutations=mutations, handshake=handshake, on=on),
        expect(requirement, ASSOCIATED, limit="limit.associate", on=on),
        *server_usable(requirement, on),
    )


def client_takes(
    requirement: str, *mutations: AnyMutation, handshake: Handshake | None = None, on: int = 0
) -> Steps:
    """Answer the AARQ of the DUT client so, and show that it takes the association: it sends a request."""
    return (
        AnswerAssociation(mutations=mutations, handshake=handshake, on=on),
        *client_usable(requirement, on),
    )


def logged(events: Sequence[str], *, on: int = 0) -> Logged:
    """Return the check that the DUT has logged one of ``events``."""
    return Logged(requirement=EVENT, events=tuple(events), aspects=("event",), on=on)


def server_refuses(
    requirement: str,
    row: str,
    *mutations: AnyMutation,
    handshake: Handshake | None = None,
    besides: Sequence[Alternative] = (),
    on: int = 0,
) -> Steps:
    """Show that a HandshakeReq sent so is refused by HandshakeSecReject, as ``row`` of clause 14 says.

    ``besides`` are further forms, for what violates more than one row. The DUT logs the event of the row.
    """
    due = HandshakeRow(row, Role.SERVER)
    return (
        Associate(mutations=mutations, handshake=handshake, on=on),
        refuse(requirement, due.forms, tuple(besides), limit="limit.associate", on=on),
        logged(due.events, on=on),
    )


def client_refuses(
    requirement: str,
    row: str,
    *mutations: AnyMutation,
    handshake: Handshake | None = None,
    besides: Sequence[Alternative] = (),
    on: int = 0,
) -> Steps:
    """Show that a HandshakeAcc sent so is refused by HandshakeSecAbort, as ``row`` of clause 14 says.

    No request must come, although one is asked for. The rest is as in :func:`server_refuses`.
    """
    due = HandshakeRow(row, Role.CLIENT)
    return (
        AnswerAssociation(mutations=mutations, handshake=handshake, on=on),
        Act(action="send-request", may_fail=True),
        refuse(requirement, due.forms, tuple(besides), limit="limit.associate", on=on),
        logged(due.events, on=on),
    )


def server_aborts(
    requirement: str,
    step: str,
    fault: str,
    *mutations: AnyMutation,
    pdu: str = "EncrTransfer",
    besides: Sequence[Alternative] = (),
    on: int = 0,
) -> Steps:
    """Show that a request whose data are sent so is answered by DtSecAbort, and not carried out.

    ``step`` and ``fault`` are a line of ``transfer_outcomes.toml``, ``pdu`` what is sent. The DUT logs the
    event.
    """
    due = TransferRow(step, fault, Role.SERVER, pdu)
    return (
        Request(service="read", point="data.read", mutations=mutations, may_break=True, on=on),
        refuse(requirement, due.forms, tuple(besides), on=on),
        logged(due.events, on=on),
    )


def client_aborts(
    requirement: str,
    step: str,
    fault: str,
    *mutations: AnyMutation,
    pdu: str = "EncrTransfer",
    besides: Sequence[Alternative] = (),
    on: int = 0,
) -> Steps:
    """Have the DUT client send a request, answer it so, and show that it aborts by DtSecAbort.

    The rest is as in :func:`server_aborts`.
    """
    due = TransferRow(step, fault, Role.CLIENT, pdu)
    return (
        Act(action="send-request", may_fail=True),
        reach(REQUEST, on=on),
        Respond(mutations=mutations, may_break=True, on=on),
        refuse(requirement, due.forms, tuple(besides), on=on),
        logged(due.events, on=on),
    )


def server_exchanges(count: int, requirement: str = "", *, on: int = 0) -> Steps:
    """Read ``count`` times; without a ``requirement`` this only leads up to what the case is about."""
    check = expect(requirement, RESPONSE, on=on)
    return (Request(service="read", point="data.read", on=on), check) * count


def client_exchanges(count: int, requirement: str = "", *, on: int = 0) -> Steps:
    """Have the DUT client send ``count`` requests and answer each, as :func:`server_exchanges`."""
    check = expect(requirement, REQUEST, on=on)
    return (Act(action="send-request"), check, Respond(on=on)) * count
