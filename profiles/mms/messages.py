"""What the MMS machines take and give: PDUs to send, and what happened."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

from conform62351.profiles.events import Faulted, Noted
from conform62351.profiles.mms.codec import MmsPdu, encode_pdu
from conform62351.profiles.mms.data import Data
from conform62351.profiles.mms.names import DataAccessError, Reject, ServiceError
from conform62351.profiles.mms.negotiation import Negotiated
from conform62351.profiles.policy import Policy

LAYER: Final = "MMS"


class MmsMessage(msgspec.Struct, frozen=True):
    """A PDU to send as user data of the association: ``MMS.<alternative>`` and its octets.

    ``octets`` is None when the policy withholds it. ``invoke_id`` is that of a request.
    """

    name: str
    octets: bytes | None
    invoke_id: int | None = None


def make_message(
    policy: Policy, pdu: str, value: Any, invoke_id: int | None = None, limit: int | None = None
) -> MmsMessage | None:
    """Encode a PDU on its way out: the one place where the policy rewrites MMS.

    Returns None when the PDU, unless the policy rewrote its value, has more octets than ``limit``.
    Raises MmsError when the value, as the policy left it, does not encode.
    """
    name = f"{LAYER}.{pdu}"
    rewritten = policy.rewrite(name, value)
    octets = encode_pdu(pdu, rewritten)
    if limit is not None and len(octets) > limit and rewritten is value:
        return None
    return MmsMessage(name, policy.rewrite_octets(name, octets), invoke_id)


class Initiated(msgspec.Struct, frozen=True):
    """The MMS environment is open, with these values."""

    negotiated: Negotiated
    pdu: MmsPdu


class InitiateFailed(msgspec.Struct, frozen=True):
    """The peer answered initiate with an initiate-Error."""

    error: ServiceError
    pdu: MmsPdu


class InitiateRefused(msgspec.Struct, frozen=True):
    """The server refused initiate; the initiate-Error is among the replies."""

    error: ServiceError
    pdu: MmsPdu


class ConcludeIndication(msgspec.Struct, frozen=True):
    """The peer concluded; the conclude-Response is among the replies and a release will follow."""

    pdu: MmsPdu


class ConcludeConfirm(msgspec.Struct, frozen=True):
    """The peer agreed to conclude, or did not: then ``error`` says why."""

    pdu: MmsPdu
    error: ServiceError | None = None


class CancelConfirm(msgspec.Struct, frozen=True):
    """The peer cancelled the request ``invoke_id``, or did not: then ``error`` says why."""

    invoke_id: int
    pdu: MmsPdu
    error: ServiceError | None = None


class RejectReceived(msgspec.Struct, frozen=True):
    """The peer rejected a PDU, of the request ``invoke_id`` where it says which."""

    invoke_id: int | None
    reason: Reject
    pdu: MmsPdu


class Written(msgspec.Struct, frozen=True):
    """A client wrote a variable."""

    domain: str
    item: str
    data: Data


class AccessResult(msgspec.Struct, frozen=True):
    """What one variable of a read or write came to: the value read (None for a write), or the failure.

    A failure number that the standard does not have stays an int.
    """

    data: Data | None = None
    failure: DataAccessError | int | None = None


class Response(msgspec.Struct, frozen=True):
    """The answer to a confirmed request: the service, its value as the module shapes it, and results.

    ``results`` has an entry for each variable of a read or write, and is empty for other services.
    """

    invoke_id: int
    service: str
    value: Any
    results: tuple[AccessResult, ...]
    pdu: MmsPdu


class ErrorResponse(msgspec.Struct, frozen=True):
    """The request failed as a whole."""

    invoke_id: int
    service: str
    error: ServiceError
    pdu: MmsPdu


class InformationReport(msgspec.Struct, frozen=True):
    """An informationReport: its variables as a VariableAccessSpecification, and their values."""

    specification: tuple[str, Any]
    results: tuple[AccessResult, ...]
    pdu: MmsPdu


MmsEvent: TypeAlias = (
    Initiated
    | InitiateFailed
    | InitiateRefused
    | ConcludeIndication
    | ConcludeConfirm
    | CancelConfirm
    | RejectReceived
    | Written
    | Response
    | ErrorResponse
    | InformationReport
    | Faulted
    | Noted
)


class Handled(msgspec.Struct):
    """What came, at the time ``now``, of one PDU or of time alone: messages to send in order, and events."""

    now: float
    replies: list[MmsMessage] = []
    events: list[MmsEvent] = []
