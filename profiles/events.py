"""What the machines of every layer give back: octets to send, PDUs seen, findings and requests."""

from __future__ import annotations

from typing import Any

import msgspec

from conform62351.profiles.policy import Finding


class Outgoing(msgspec.Struct, frozen=True):
    """Octets to write to the TCP connection in one piece.

    ``names`` are the PDUs that they are made of, outermost first: ``("TPKT", "COTP.DT", "SES.CN", …)``.
    """

    octets: bytes
    names: tuple[str, ...]


class ReceivedPdu(msgspec.Struct, frozen=True):
    """A PDU that was decoded: its name, its value (the struct of its layer) and its octets."""

    name: str
    value: Any
    octets: bytes


class Faulted(msgspec.Struct, frozen=True):
    """A check failed, and the machine has queued the reaction that is due."""

    finding: Finding


class Noted(msgspec.Struct, frozen=True):
    """A check failed, and the machine went on: a deviation of form, or the policy does not react."""

    finding: Finding


class Undecodable(msgspec.Struct, frozen=True):
    """Octets that no PDU could be made of.

    ``layer`` is where reading stopped, ``name`` the PDU as far as it is known (or the layer again).
    """

    layer: str
    name: str
    octets: bytes
    message: str


class CloseRequested(msgspec.Struct, frozen=True):
    """The driver closes the TCP connection once everything queued is sent."""


class Closed(msgspec.Struct, frozen=True):
    """The peer has ended the TCP connection."""
