"""What one side of a transport connection brings along, how sizes are agreed, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec

from conform62351.profiles.role import Role
from conform62351.profiles.transport.cotp import (
    CC,
    CR,
    DT,
    PREFERRED_SIZE,
    TPDU_SIZE,
    Parameter,
    Parameters,
)

MAX_TPDU: Final = 65_531
"""Octets of a TPDU where no size is agreed: what a TPKT holds (RFC 1006, clause 5)."""
MIN_EXPONENT: Final = 7
MAX_EXPONENT: Final = 13
"""The largest size that is answered to an offer (inferred: X.224 stops at 11 in class 0, products go on)."""
SIZE_UNIT: Final = 128


class TransportParameters(msgspec.Struct, frozen=True):
    """What a side sends and expects.

    ``calling_selector`` and ``called_selector`` are those of the client's CR, None to leave one out.
    ``own_selector`` is what a server wants to be called by, None to answer to any. ``tpdu_size`` is the
    exponent of C0, 7 to 13: offered by a client, the upper bound of a server; None leaves C0 out, and the
    size is 65531 octets. ``src_ref`` is the own reference. ``max_tsdu`` bounds, in octets, a TSDU that is
    received: 10 240 octets of connect data and MMS PDUs of 64 KiB fit into the default with room to spare.
    """

    calling_selector: bytes | None = b"\x00\x01"
    called_selector: bytes | None = b"\x00\x01"
    own_selector: bytes | None = None
    tpdu_size: int | None = None
    src_ref: int = 1
    max_tsdu: int = 131_072

    def __post_init__(self) -> None:
        """Raise ValueError for what no CR or CC could carry."""
        if self.tpdu_size is not None and not MIN_EXPONENT <= self.tpdu_size <= MAX_EXPONENT:
            raise ValueError(f"TPDU size exponent {self.tpdu_size}, not {MIN_EXPONENT} to {MAX_EXPONENT}")
        if not 0 <= self.src_ref <= 0xFFFF:
            raise ValueError(f"reference {self.src_ref} does not fit 16 bits")


class State(Enum):
    """Where a transport connection stands."""

    IDLE = "idle"
    """No CR yet, neither sent nor received."""
    WFCC = "wait for CC"
    OPEN = "open"
    ENDED = "ended"
    """Refused, given up or closed: nothing that comes is looked at."""


@dataclass(slots=True)
class Situation:
    """What a machine knows when a TPDU comes: the checks read it, only the machine changes it.

    ``tpdu_size`` is the agreed size in octets, ``tsdu_length`` counts the octets of the TSDU so far (an
    empty DT counts as one), ``peer_ref`` is the reference of the peer, 0 while it is not known.
    """

    role: Role
    parameters: TransportParameters
    state: State = State.IDLE
    tpdu_size: int = MAX_TPDU
    tsdu_length: int = 0
    peer_ref: int = 0

    def length_with(self, dt: DT) -> int:
        """Return how long the TSDU is with the data of ``dt``."""
        return self.tsdu_length + (len(dt.data) or 1)


def octets_of(exponent: int) -> int:
    """Return the TPDU size that ``exponent`` of C0 means, in octets."""
    return min(1 << min(exponent, 16), MAX_TPDU)


def offer_sizes(parameters: TransportParameters) -> tuple[Parameters, int]:
    """Return the size parameters of a CR, and the size in octets that they mean."""
    if parameters.tpdu_size is None:
        return (), MAX_TPDU
    return (Parameter(TPDU_SIZE, bytes((parameters.tpdu_size,))),), octets_of(parameters.tpdu_size)


def answer_sizes(cr: CR, parameters: TransportParameters) -> tuple[Parameters, int]:
    """Return the size parameters of the CC that answers ``cr``, and the size in octets that is agreed.

    The preferred size F0 goes before C0 (X.224 13.3.4); one that is not readable is ignored.
    """
    own = parameters.tpdu_size
    if cr.preferred_size:
        units = min(cr.preferred_size, (MAX_TPDU if own is None else octets_of(own)) // SIZE_UNIT)
        value = units.to_bytes(2, "big").lstrip(b"\0")
        return (Parameter(PREFERRED_SIZE, value),), units * SIZE_UNIT
    exponent = own if cr.tpdu_size is None else min(cr.tpdu_size, MAX_EXPONENT if own is None else own)
    if exponent is None:
        return (), MAX_TPDU
    return (Parameter(TPDU_SIZE, bytes((exponent,))),), octets_of(exponent)


def agreed_size(cc: CC, parameters: TransportParameters) -> int:
    """Return the size in octets that ``cc`` settles; what was offered where it names none."""
    if cc.preferred_size:
        return min(cc.preferred_size * SIZE_UNIT, MAX_TPDU)
    exponent = parameters.tpdu_size if cc.tpdu_size is None else cc.tpdu_size
    return MAX_TPDU if exponent is None else octets_of(exponent)
