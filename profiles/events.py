"""What the machines of every layer give back: octets to send, PDUs seen, findings and requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conform62351.profiles.policy import Finding


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Octets to write to the TCP connection in one piece.

    ``names`` are the PDUs that they are made of, outermost first: ``("TPKT", "COTP.DT", "SES.CN", …)``.
    """

    octets: bytes
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReceivedPdu:
    """A PDU that was decoded: its name, its value (the dataclass of its layer) and its octets."""

    name: str
    value: Any
    octets: bytes


@dataclass(frozen=True, slots=True)
class Faulted:
    """A check failed, and the machine has queued the reaction that is due."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Noted:
    """A check failed, and the machine went on: a deviation of form, or the policy does not react."""

    finding: Finding


@dataclass(frozen=True, slots=True)
class Undecodable:
    """Octets that no PDU could be made of.

    ``layer`` is where reading stopped, ``name`` the PDU as far as it is known (or the layer again).
    """

    layer: str
    name: str
    octets: bytes
    message: str


@dataclass(frozen=True, slots=True)
class CloseRequested:
    """The driver closes the TCP connection once everything queued is sent."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The peer has ended the TCP connection."""
