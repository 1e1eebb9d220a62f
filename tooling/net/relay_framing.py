"""What passes between two peers, cut into messages with the names of their PDUs.

A message is a whole TSDU with all packets that carry it, or one packet with a TPDU that carries none. What is
no TPKT, TLS above all, is passed on as it comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from conform62351.profiles.dissection.notation import SECPDUS, notation
from conform62351.profiles.dissection.stream import MAX_NODES
from conform62351.profiles.dissection.tree import Node, Report, Source
from conform62351.profiles.dissection.unsealing import Conversation
from conform62351.profiles.dissection.upper import MAX_TSDU, UpperDissector
from conform62351.profiles.transport import cotp, tpkt
from conform62351.profiles.transport.cotp import DT, CotpError

MAX_MESSAGE: Final = 2 * MAX_TSDU
"""Octets of a message with the headers of its packets; a longer one is passed on as it comes."""

_TLS_HANDSHAKE: Final = b"\x16\x03"
_TLS_NOTE: Final = "TLS: octets only are passed on from here"
_NO_TPKT_NOTE: Final = "no TPKT: octets only are passed on from here"
_LONG_NOTE: Final = f"a TSDU of more than {MAX_MESSAGE} octets: octets only are passed on from here"


_MODULES: Final = ("presentation", "acse", "mms", SECPDUS)


def prepare() -> None:
    """Read the modules by which PDUs are named: the first ones that pass would wait for it."""
    for module in _MODULES:
        notation(module)


class Sender(Enum):
    """Who sends: the peer that has opened the connection is the client."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Message:
    """What one side sent. ``names`` are those of its PDUs, outermost first; a raw one has none.

    ``places`` holds for each of ``names`` its octets as spans of ``octets``: a PDU that several DTs carry has
    several. ``note`` says why octets are raw from here.
    """

    octets: bytes
    names: tuple[str, ...] = ()
    places: tuple[tuple[range, ...], ...] = ()
    note: str = ""

    def spans(self, name: str) -> tuple[range, ...]:
        """Return where the octets of the first PDU of this name stand. Raises ValueError without one."""
        return self.places[self.names.index(name)]


class Framer:
    """Cuts one direction into messages; both directions of a connection share ``contexts``.

    Nothing is lost: the messages and :meth:`rest` are what was taken.
    """

    def __init__(self, contexts: dict[int, str]) -> None:
        self.raw = False
        """Whether octets are passed on as they come."""
        self._buffer = bytearray()
        self._begin = 0
        self._parts: list[range] = []
        self._contexts = contexts
        self._talk = Conversation()

    def take(self, octets: bytes) -> Iterator[Message]:
        """Take the next octets, and yield the messages that they complete."""
        if self.raw:
            yield Message(octets)
            return
        self._buffer += octets
        while self._buffer:
            note = self._trouble()
            if note:
                self.raw = True
                yield Message(self.rest(), note=note)
                return
            end = self._packet_end()
            if end is None:
                return
            message = self._packet(end)
            if message is not None:
                yield message

    def rest(self) -> bytes:
        """Return the octets of a message whose end has not come."""
        octets = bytes(self._buffer)
        self._buffer.clear()
        self._begin, self._parts = 0, []
        return octets

    def _trouble(self) -> str:
        """Return why what begins at the next packet cannot be cut, empty when it can."""
        head = self._buffer[self._begin : self._begin + 2]
        if not self._begin and head == _TLS_HANDSHAKE:
            return _TLS_NOTE
        if not self._begin and _TLS_HANDSHAKE.startswith(head):
            return ""
        header = self._header()
        impossible = header is not None and header.length < tpkt.HEADER_LENGTH
        if impossible or (head and head[0] != tpkt.VERSION):
            return _NO_TPKT_NOTE
        return _LONG_NOTE if len(self._buffer) > MAX_MESSAGE else ""

    def _header(self) -> tpkt.TpktHeader | None:
        octets = self._buffer[self._begin : self._begin + tpkt.HEADER_LENGTH]
        return tpkt.decode_header(octets) if len(octets) == tpkt.HEADER_LENGTH else None

    def _packet_end(self) -> int | None:
        header = self._header()
        end = self._begin + (header.length if header is not None else tpkt.HEADER_LENGTH)
        return end if header is not None and len(self._buffer) >= end else None

    def _packet(self, end: int) -> Message | None:
        """Take the next packet, and return the message that it completes."""
        start = self._begin + tpkt.HEADER_LENGTH
        payload = bytes(self._buffer[start:end])
        self._begin = end
        try:
            tpdu = cotp.decode(payload)
        except CotpError:
            tpdu = None
        if isinstance(tpdu, DT):
            self._parts.append(range(start + 1 + payload[0], end))
            if not tpdu.eot:
                return None
        octets, parts = bytes(self._buffer[:end]), self._parts
        del self._buffer[:end]
        self._begin, self._parts = 0, []
        return self._message(octets, cotp.name_of(payload), start, parts)

    def _message(self, octets: bytes, tpdu: str, start: int, parts: list[range]) -> Message:
        names = ["TPKT", tpdu]
        places: list[tuple[range, ...]] = [(range(len(octets)),), (range(start, len(octets)),)]
        tsdu = b"".join(octets[part.start : part.stop] for part in parts)
        if tpdu == "COTP.DT" and tsdu:
            root = UpperDissector(Report(MAX_NODES), self._contexts, self._talk).session(Source(tsdu))
            for node in root.walk():
                if node.pdu:
                    names.append(node.name)
                    places.append(tuple(_spans(node, parts)))
        return Message(octets, tuple(names), tuple(places))


def _spans(node: Node, parts: list[range]) -> Iterator[range]:
    """Yield where the octets of a PDU in a TSDU stand in the message that carries it in ``parts``."""
    begin, end = node.offset, node.offset + node.length
    passed = 0
    for part in parts:
        first, last = max(begin, passed), min(end, passed + len(part))
        if first < last:
            yield part[first - passed : last - passed]
        passed += len(part)
