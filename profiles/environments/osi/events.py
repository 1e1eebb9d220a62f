"""What an association of native mode over OSI tells beside the events of every association."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.environments.osi.diagnostics import environment_event
from conform62351.profiles.events import Faulted, Noted
from conform62351.profiles.native.derivation import Derivation
from conform62351.profiles.native.outcomes import event_of
from conform62351.profiles.native.secpdus import Handshake
from conform62351.profiles.native.taken import Established, Taken
from conform62351.profiles.native.transfer import ReceivedTransfer
from conform62351.profiles.osi.events import ModeEvent, PeerIdentity
from conform62351.profiles.policy import Finding

UNVERIFIED: Final = "E2E.unverified"
"""What a tester calls the first data of a peer that verify under no reading of how keys are derived."""


class PeerHandshake(PeerIdentity, frozen=True):
    """The handshake of the peer goes on: its HandshakeReq or HandshakeAcc, and what came of it.

    It comes before AssociateIndication or AssociateConfirm. One at fault comes as SecPduTaken. ``pdu`` is
    None where a policy goes on with what does not decode.
    """

    pdu: Handshake | None
    taken: Taken


class KeysEstablished(ModeEvent, frozen=True):
    """The association has keys, by the reading ``derivation``; again when a search has found another one.

    At a client it comes before AssociateConfirm. A server has them from its acceptance on, and gives the
    event with the next ones.
    """

    established: Established
    derivation: Derivation


class KeysChanged(ModeEvent, frozen=True):
    """Keys were refreshed for the ``number``-th time; ``secret`` is the new Z.

    At a client: the server has changed to them. At a server: it will with its next message.
    """

    number: int
    secret: bytes

    def __repr__(self) -> str:
        return f"KeysChanged({self.number})"


class SecPduTaken(ModeEvent, frozen=True):
    """A reject, an abort, a release or a handshake at fault came; what follows from it comes behind.

    Where nothing decodes ``name`` is that of the SecPDU that it most likely was.
    """

    name: str
    taken: Taken


class Transferred(ModeEvent, frozen=True):
    """A data transfer came; Data, with the PDU of the protected protocol, comes behind."""

    received: ReceivedTransfer


def security_events(event: object) -> tuple[str, ...]:
    """Return the identifiers of what is to be logged about an event, in order (decision 46).

    Every finding is logged by its own Faulted or Noted; the SecPDU that it is about adds what was received
    and what there is to say of revocation data.
    """
    match event:
        case Faulted(finding=finding) | Noted(finding=finding):
            identifier = finding_event(finding)
            return () if identifier is None else (identifier,)
        case PeerHandshake(taken=taken) | SecPduTaken(taken=taken):
            told = {event_of(finding) for finding in taken.findings}
            return tuple(identifier for identifier in taken.events if identifier not in told)
        case _:
            return ()


def finding_event(finding: Finding) -> str | None:
    """Return the identifier of the event to log about a finding of any layer, None for none."""
    return event_of(finding) or environment_event(finding)
