"""TPKTs out of a TCP stream, TPDUs, and TSDUs put together from several DTs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from conform62351.profiles.dissection.authentication import AuthenticationFacts
from conform62351.profiles.dissection.fields import tpdu_fields
from conform62351.profiles.dissection.secpdu import SecPduFacts
from conform62351.profiles.dissection.tree import COTP, TPKT, UNREADABLE, Anomaly, Node, Report, Source
from conform62351.profiles.dissection.unsealing import Conversation
from conform62351.profiles.dissection.upper import MAX_TSDU, UpperDissector
from conform62351.profiles.dissection.values import hexadecimal
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.transport import checks, connect_checks, cotp, tpkt
from conform62351.profiles.transport.cotp import DT, CotpError

_LONGEST: Final = {cotp.TPDU_SIZE: 1, cotp.PREFERRED_SIZE: 4}
"""Octets of parameters that are numbers (X.224 13.3.4)."""
MAX_NODES: Final = 20_000
"""Nodes of one message; what goes beyond is not looked into."""


@dataclass(frozen=True, slots=True)
class Message:
    """One TPKT of a stream with all that it holds, or the rest of a stream that is no packet."""

    node: Node
    anomalies: tuple[Anomaly, ...]
    authentications: tuple[AuthenticationFacts, ...] = ()
    secpdus: tuple[SecPduFacts, ...] = ()


class _Lenient(Policy):
    """Runs every check of a table, whatever the ones before it found."""

    def reacts(self, finding: Finding) -> bool:  # noqa: ARG002 - whatever it is
        return False


_LENIENT: Final = _Lenient()


class StreamDissector:
    """Dissects one direction of a connection; both directions share ``contexts`` and ``talk``."""

    def __init__(
        self, contexts: dict[int, str], report: Report | None = None, talk: Conversation | None = None
    ) -> None:
        """``report`` takes the anomalies of :meth:`tpdu`; :meth:`messages` gives each message its own."""
        self.contexts = contexts
        self._talk = talk or Conversation()
        self._report = report or Report(MAX_NODES)
        self._tsdu = bytearray()
        self._pieces: list[tuple[int, int]] = []

    @property
    def unfinished(self) -> int | None:
        """How many octets of a TSDU have come whose end has not, None when none is open."""
        return len(self._tsdu) if self._pieces else None

    def messages(self, octets: bytes, start: int = 0) -> Iterator[Message]:
        """Yield the packets in ``octets`` from ``start``; after a fault of TPKT the rest is one message."""
        for position, _ in packets(octets, start):
            yield self.message(octets, position)

    def message(self, octets: bytes, start: int) -> Message:
        """Return the packet in ``octets`` that begins at ``start``, one of :func:`packets`."""
        self._report = found = Report(MAX_NODES)
        node = self._packet(octets, start)
        return Message(node, found.sorted(), tuple(found.authentications), tuple(found.secpdus))

    def _packet(self, octets: bytes, start: int) -> Node:
        left = len(octets) - start
        if left < tpkt.HEADER_LENGTH:
            self._report.add(start, TPKT, "undecodable", f"{left} octets, a header has {tpkt.HEADER_LENGTH}")
            return _rest(octets, start)
        header = tpkt.decode_header(octets[start : start + tpkt.HEADER_LENGTH])
        for finding in checks.TPKT_CHECKS.findings(header, _LENIENT):
            self._report.add(start, TPKT, finding.name, finding.fault.detail)
        if header.version != tpkt.VERSION or header.length < tpkt.HEADER_LENGTH:
            return _rest(octets, start)
        fields = [
            Node(TPKT, "version", start, 1, str(header.version)),
            Node(TPKT, "reserved", start + 1, 1, f"{header.reserved:02x}"),
            Node(TPKT, "length", start + 2, 2, str(header.length)),
        ]
        size = min(header.length, left)
        payload = Source(
            octets[start + tpkt.HEADER_LENGTH : start + size], ((0, start + tpkt.HEADER_LENGTH),)
        )
        if header.length > left:
            self._report.add(
                start + 2, TPKT, "undecodable", f"length {header.length}, {left} octets are there"
            )
            fields.append(_unreadable_payload(payload))
        elif payload.octets:
            fields.append(self.tpdu(payload))
        return Node(TPKT, TPKT, start, size, "", tuple(fields), pdu=True)

    def tpdu(self, source: Source) -> Node:
        """Return a TPDU with the TSDU that it ends, if it does."""
        octets = source.octets
        name = cotp.name_of(octets)
        try:
            decoded = cotp.decode(octets)
        except CotpError as error:
            self._report.add(source.at(error.offset), COTP, "undecodable", error.message)
            return Node(COTP, name, source.at(0), len(octets), "", (_unreadable_payload(source),), pdu=True)
        children = list(tpdu_fields(name, source))
        if name != "COTP.ER":
            for parameter in children:
                self._judge(parameter)
        end = 1 + octets[0]
        user_data = source.part(end, len(octets))
        if isinstance(decoded, DT):
            children += self._data(user_data, decoded.eot)
        elif user_data.octets:
            children.append(
                Node(COTP, "user data", user_data.at(0), len(octets) - end, hexadecimal(user_data.octets))
            )
        return Node(COTP, name, source.at(0), len(octets), "", tuple(children), pdu=True)

    def _judge(self, node: Node) -> None:
        """Note what is odd about a parameter; other fields have no tag."""
        code, length = int(node.tag or "0", 16), node.length - 2
        if node.tag and code not in connect_checks.DEFINED_PARAMETERS:
            self._report.add(node.offset, COTP, "unknown-parameter", f"parameter {node.tag} is not defined")
        longest = _LONGEST.get(code)
        if longest is not None and not 1 <= length <= longest:
            self._report.add(node.offset, COTP, "content-length", f"{node.name} of {length} octets")

    def _data(self, user_data: Source, eot: bool) -> list[Node]:
        """Keep a part of a TSDU, or return the SPDU when this part ends it."""
        if len(self._tsdu) <= MAX_TSDU:
            self._pieces.append((len(self._tsdu), user_data.at(0)))
            self._tsdu += user_data.octets
        if not eot:
            return [
                Node(
                    COTP,
                    "part of a TSDU",
                    user_data.at(0),
                    len(user_data.octets),
                    hexadecimal(user_data.octets),
                )
            ]
        whole = Source(bytes(self._tsdu), tuple(self._pieces))
        self._tsdu, self._pieces = bytearray(), []
        if not whole.octets:
            return []
        return [UpperDissector(self._report, self.contexts, self._talk).session(whole)]


def packets(octets: bytes, start: int = 0) -> Iterator[tuple[int, int]]:
    """Yield where each packet in ``octets`` begins and ends; after a fault of TPKT the rest is one."""
    while start < len(octets):
        end = len(octets)
        if end - start >= tpkt.HEADER_LENGTH:
            header = tpkt.decode_header(octets[start : start + tpkt.HEADER_LENGTH])
            if header.version == tpkt.VERSION and header.length >= tpkt.HEADER_LENGTH:
                end = min(start + header.length, end)
        yield start, end
        start = end


def _rest(octets: bytes, start: int) -> Node:
    return Node(TPKT, UNREADABLE, start, len(octets) - start, hexadecimal(octets[start:]))


def _unreadable_payload(source: Source) -> Node:
    return Node(COTP, UNREADABLE, source.at(0), len(source.octets), hexadecimal(source.octets))
