"""What a dissection gives: a tree of PDUs and fields, and what is odd about the octets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from conform62351.profiles.dissection.authentication import AuthenticationFacts
from conform62351.profiles.dissection.secpdu import SecPduFacts

TPKT: Final = "TPKT"
COTP: Final = "COTP"
SES: Final = "SES"
PRES: Final = "PRES"
ACSE: Final = "ACSE"
MMS: Final = "MMS"
CMP: Final = "CMP"
E2E: Final = "E2E"
BER: Final = "BER"
LAYERS: Final = (TPKT, COTP, SES, PRES, ACSE, CMP, E2E, MMS, BER)
"""Outermost first; CMP is an authentication value, E2E a SecPDU of native mode, BER any TLV, of no layer that
is known here."""

UNREADABLE: Final = "unreadable"
"""Name of a node for octets that nothing could be made of."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something odd at an octet: where, in which layer, a code, and a sentence for people."""

    offset: int
    layer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Node:
    """A PDU, a field or a TLV.

    ``offset`` is where it begins in what was dissected, ``length`` how many octets it has in all. ``pdu``
    marks a PDU, whose name is that of the machines (``SES.CN``); ``tag`` is the identifier of a TLV or the
    code of a parameter in hexadecimal, empty otherwise.
    """

    layer: str
    name: str
    offset: int
    length: int
    value: str = ""
    children: tuple[Node, ...] = ()
    tag: str = ""
    pdu: bool = False

    def walk(self) -> Iterator[Node]:
        """Yield this node and all under it, parents before children, in the order of the octets."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class Dissection:
    """The outermost nodes in order, and the anomalies by offset.

    ``octets`` is what was dissected; ``contexts`` are the presentation contexts that were proposed in it or
    given beforehand, by number: the dotted abstract syntax. ``authentications`` tells the authentication
    values of compatibility mode in it, ``secpdus`` the SecPDUs of native mode.
    """

    octets: bytes
    nodes: tuple[Node, ...]
    anomalies: tuple[Anomaly, ...]
    contexts: Mapping[int, str]
    authentications: tuple[AuthenticationFacts, ...] = ()
    secpdus: tuple[SecPduFacts, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that PDUs were found of, outermost first."""
        found = {node.layer for root in self.nodes for node in root.walk() if node.pdu}
        return tuple(layer for layer in LAYERS if layer in found)

    @property
    def pdus(self) -> tuple[str, ...]:
        """The names of all PDUs, outermost first, one message after the other."""
        return tuple(node.name for root in self.nodes for node in root.walk() if node.pdu)


class Source:
    """Octets of one layer together with the place where each of them came from.

    ``pieces`` holds (offset in ``octets``, offset in what is dissected), by rising offset; a TSDU that came
    in several DTs has several.
    """

    __slots__ = ("_places", "_starts", "octets")

    def __init__(self, octets: bytes, pieces: tuple[tuple[int, int], ...] = ((0, 0),)) -> None:
        self.octets = octets
        self._starts = [start for start, _ in pieces]
        self._places = [place for _, place in pieces]

    def at(self, offset: int) -> int:
        """Return where the octet at ``offset`` stands in what is dissected."""
        index = max(bisect_right(self._starts, offset) - 1, 0)
        return self._places[index] + offset - self._starts[index]

    def part(self, start: int, end: int) -> Source:
        """Return the octets from ``start`` to ``end`` with their places."""
        pieces = [(0, self.at(start))]
        pieces += [
            (begin - start, place)
            for begin, place in zip(self._starts, self._places, strict=True)
            if start < begin < end
        ]
        return Source(self.octets[start:end], tuple(pieces))

    def standing_for(self, octets: bytes) -> Source:
        """Return other octets, not more of them, at the same places."""
        return Source(octets, tuple(zip(self._starts, self._places, strict=True)))


@dataclass(slots=True)
class Report:
    """Collects what one dissection finds, each anomaly once, and counts what was made."""

    limit: int
    anomalies: dict[tuple[int, str], Anomaly] = field(default_factory=dict)
    authentications: list[AuthenticationFacts] = field(default_factory=list)
    secpdus: list[SecPduFacts] = field(default_factory=list)
    count: int = 0

    def add(self, offset: int, layer: str, code: str, message: str) -> None:
        """Note an anomaly; of several with one code at one octet the first stays."""
        self.anomalies.setdefault((offset, code), Anomaly(offset, layer, code, message))

    def exhausted(self) -> bool:
        """Count one node more and return whether there are too many."""
        self.count += 1
        return self.count > self.limit

    def sorted(self) -> tuple[Anomaly, ...]:
        """Return the anomalies by offset."""
        return tuple(sorted(self.anomalies.values(), key=lambda anomaly: anomaly.offset))
