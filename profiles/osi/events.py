"""What the association machine tells its user."""

from __future__ import annotations

import msgspec

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


class PeerIdentity(msgspec.Struct, frozen=True):
    """Who the peer is, as an authenticator found; its own kinds of this event say what.

    It comes before AssociateIndication or AssociateConfirm.
    """


class ModeEvent(msgspec.Struct, frozen=True):
    """What a mode with PDUs of its own over ACSE tells beside; its own kinds of this event say what."""


class AssociateIndication(msgspec.Struct, frozen=True):
    """An association is asked for (server): accept or reject it. ``user_data`` is what the AARQ carries."""

    aarq: AARQ
    cp: CP
    cn: ConnectSpdu
    user_data: bytes


class AssociateConfirm(msgspec.Struct, frozen=True):
    """The association is accepted (client). ``user_data`` is what the AARE carries."""

    aare: AARE
    cpa: CPA
    ac: AcceptSpdu
    user_data: bytes


class AssociateReject(msgspec.Struct, frozen=True):
    """The association is refused (client).

    ``form`` is ``CPR/REFUSE`` (with or without an AARE), ``REFUSE`` (no readable CPR), or ``CPA/ACCEPT`` for
    a rejecting AARE where an accepting one belongs; ``cpr`` and ``rf`` are then the CPA and the AC.
    ``user_data`` is what the AARE carries of the protected protocol, None for nothing.
    """

    aare: AARE | None
    cpr: CPR | CPA | None
    rf: RefuseSpdu | AcceptSpdu
    form: str
    user_data: bytes | None = None


class Data(msgspec.Struct, frozen=True):
    """A presentation data value came in the context numbered ``context``."""

    context: int
    octets: bytes


class ReleaseIndication(msgspec.Struct, frozen=True):
    """The peer asks for the release. ``collision``: so did this side, and both answer.

    ``user_data`` is a PDU of the protected protocol that came along, which only native mode has.
    """

    rlrq: RLRQ | None
    collision: bool = False
    user_data: bytes | None = None


class ReleaseConfirm(msgspec.Struct, frozen=True):
    """The peer has answered the release; ``user_data`` as in the indication."""

    rlre: RLRE | None
    user_data: bytes | None = None


class Aborted(msgspec.Struct, frozen=True):
    """The peer has aborted.

    ``form`` is ``ARU`` (an ``abrt`` inside it, where one could be read), ``ARP`` or ``AB`` (a session ABORT
    without a readable PPDU). ``user_data`` as with a release.
    """

    form: str
    abrt: ABRT | None = None
    provider_reason: int | None = None
    user_data: bytes | None = None


AssociationEvent = (
    TransportIndication
    | TransportConfirm
    | TransportRefused
    | TransportError
    | PeerIdentity
    | ModeEvent
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
