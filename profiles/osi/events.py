"""What the association machine tells its user."""

from __future__ import annotations

from dataclasses import dataclass

from conform62351.profiles.events import Closed, CloseRequested, Faulted, Noted, Undecodable
from conform62351.profiles.osi.apdu import AARE, AARQ, ABRT, RLRE, RLRQ
from conform62351.profiles.osi.ppdu import CP, CPA, CPR
from conform62351.profiles.osi.spdu import AcceptSpdu, ConnectSpdu, RefuseSpdu
from conform62351.profiles.transport.events import (
    TransportConfirm,
    TransportError,
    TransportIndication,
    TransportRefused,
)


@dataclass(frozen=True, slots=True)
class AssociateIndication:
    """An association is asked for (server): accept or reject it. ``user_data`` is what the AARQ carries."""

    aarq: AARQ
    cp: CP
    cn: ConnectSpdu
    user_data: bytes


@dataclass(frozen=True, slots=True)
class AssociateConfirm:
    """The association is accepted (client). ``user_data`` is what the AARE carries."""

    aare: AARE
    cpa: CPA
    ac: AcceptSpdu
    user_data: bytes


@dataclass(frozen=True, slots=True)
class AssociateReject:
    """The association is refused (client).

    ``form`` is ``CPR/REFUSE`` (with or without an AARE), ``REFUSE`` (no readable CPR), or ``CPA/ACCEPT`` for
    a rejecting AARE where an accepting one belongs; ``cpr`` and ``rf`` are then the CPA and the AC.
    """

    aare: AARE | None
    cpr: CPR | CPA | None
    rf: RefuseSpdu | AcceptSpdu
    form: str


@dataclass(frozen=True, slots=True)
class Data:
    """A presentation data value came in the context numbered ``context``."""

    context: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class ReleaseIndication:
    """The peer asks for the release. ``collision``: so did this side, and both answer."""

    rlrq: RLRQ | None
    collision: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseConfirm:
    """The peer has answered the release."""

    rlre: RLRE | None


@dataclass(frozen=True, slots=True)
class Aborted:
    """The peer has aborted.

    ``form`` is ``ARU`` (an ``abrt`` inside it, where one could be read), ``ARP`` or ``AB`` (a session ABORT
    without a readable PPDU).
    """

    form: str
    abrt: ABRT | None = None
    provider_reason: int | None = None


AssociationEvent = (
    TransportIndication
    | TransportConfirm
    | TransportRefused
    | TransportError
    | AssociateIndication
    | AssociateConfirm
    | AssociateReject
    | Data
    | ReleaseIndication
    | ReleaseConfirm
    | Aborted
    | Faulted
    | Noted
    | Undecodable
    | CloseRequested
    | Closed
)
