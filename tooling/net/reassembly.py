"""From TCP segments of a capture to the two octet streams of each connection."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final

from conform62351.tooling.net.flow import Address

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
ACK: Final = 0x10

WELL_KNOWN_PORTS: Final = frozenset({102, 3782})
"""ISO-TSAP (RFC 1006) and ISO over TLS (RFC 1006 with IEC 62351-4); they mark the server of a connection."""
MAX_PENDING: Final = 16 * 1024 * 1024
"""Octets of one direction that may wait for an earlier segment; beyond that the segment counts as lost."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment as a capture shows it.

    ``number`` counts frames from 1, ``at`` is seconds since 1970-01-01 UTC, ``missing`` the octets at its
    end that the capture cut off.
    """

    number: int
    at: float
    source: Address
    target: Address
    sequence: int
    flags: int
    payload: bytes
    missing: int = 0


@dataclass(slots=True)
class Piece:
    """Octets of a stream without a gap; ``offset`` counts from the stream's first octet.

    ``marks`` holds (offset behind the last octet, frame number, time) of each segment.
    """

    offset: int
    octets: bytes
    marks: list[tuple[int, int, float]]

    def frame_of(self, offset: int) -> tuple[int, float]:
        """Return number and time of the frame that brought the octet at ``offset`` of the stream."""
        index = bisect_left(self.marks, offset + 1, key=lambda mark: mark[0])
        _, number, at = self.marks[min(index, len(self.marks) - 1)]
        return number, at


@dataclass(slots=True)
class Stream:
    """One direction of a connection; ``remarks`` tell what the capture does not show whole."""

    source: Address
    target: Address
    pieces: list[Piece] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    end: str = ""
    """``FIN``, ``RST`` or nothing."""

    @property
    def octets(self) -> bytes:
        """All octets, with nothing in place of gaps."""
        return b"".join(piece.octets for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Connection:
    """A TCP connection of a capture; ``first_frame`` is the number of the first frame that shows it."""

    first_frame: int
    client: Stream
    server: Stream


class _Direction:
    """Puts the segments of one direction in order."""

    def __init__(self, source: Address, target: Address) -> None:
        self.stream = Stream(source, target)
        self.base: int | None = None
        self._next = 0
        self._parts: list[tuple[int, bytes]] = []
        self._marks: list[tuple[int, int, float]] = []
        self._pending: dict[int, tuple[bytes, int, float]] = {}
        self._order: list[int] = []
        self._pending_octets = 0
        self._conflicts = 0

    def add(self, segment: Segment) -> None:
        start = segment.sequence + (1 if segment.flags & SYN else 0)
        if self.base is None:
            self.base = start & 0xFFFFFFFF
        offset = self._next + _signed(start - self.base - self._next)
        if segment.payload:
            if offset <= self._next:
                self._take(offset, segment.payload, segment.number, segment.at)
                self._take_pending()
            else:
                self._keep(offset, segment)
        if segment.missing:
            self.stream.remarks.append(
                f"frame {segment.number}: the capture cut off {segment.missing} octets"
            )
        if segment.flags & RST:
            self.stream.end = "RST"
        elif segment.flags & FIN and not self.stream.end:
            self.stream.end = "FIN"

    def finish(self) -> Stream:
        while self._order:
            self._skip_gap()
        self._close_piece()
        if self._conflicts:
            self.stream.remarks.append(
                f"segments sent again with other octets: {self._conflicts}; the first ones count"
            )
        return self.stream

    def _take(self, offset: int, octets: bytes, number: int, at: float) -> None:
        known = self._next - offset
        if known > 0 and self._differs(offset, octets[:known]):
            self._conflicts += 1
        fresh = octets[known:]
        if fresh:
            self._parts.append((self._next, fresh))
            self._next += len(fresh)
            self._marks.append((self._next, number, at))

    def _differs(self, offset: int, octets: bytes) -> bool:
        """Whether ``octets`` at ``offset`` are not what came there first, as far as that is at hand."""
        if len(octets) <= 1:
            return False  # a keep-alive probe may carry any octet
        index = max(bisect_left(self._parts, offset + 1, key=lambda part: part[0]) - 1, 0)
        for start, part in self._parts[index:]:
            if start >= offset + len(octets):
                break
            low, high = max(start, offset), min(start + len(part), offset + len(octets))
            if low < high and part[low - start : high - start] != octets[low - offset : high - offset]:
                return True
        return False

    def _keep(self, offset: int, segment: Segment) -> None:
        earlier = self._pending.get(offset)
        if earlier is None:
            heappush(self._order, offset)
        if earlier is None or len(earlier[0]) < len(segment.payload):
            self._pending[offset] = (segment.payload, segment.number, segment.at)
            self._pending_octets += len(segment.payload) - (len(earlier[0]) if earlier else 0)
        while self._pending_octets > MAX_PENDING:
            self._skip_gap()

    def _take_pending(self) -> None:
        while self._order and self._order[0] <= self._next:
            offset = heappop(self._order)
            octets, number, at = self._pending.pop(offset)
            self._pending_octets -= len(octets)
            self._take(offset, octets, number, at)

    def _skip_gap(self) -> None:
        offset = self._order[0]
        self.stream.remarks.append(f"{offset - self._next} octets are missing at offset {self._next}")
        self._close_piece()
        self._next = offset
        self._take_pending()

    def _close_piece(self) -> None:
        if self._parts:
            octets = b"".join(part for _, part in self._parts)
            self.stream.pieces.append(Piece(self._parts[0][0], octets, self._marks))
            self._parts, self._marks = [], []


class _Open:
    """A connection that is being read; ``first`` sent its first segment."""

    def __init__(self, segment: Segment) -> None:
        self.first_frame = segment.number
        self.initial = segment.sequence
        self.opened_by_syn = bool(segment.flags & SYN and not segment.flags & ACK)
        self.directions = {
            segment.source: _Direction(segment.source, segment.target),
            segment.target: _Direction(segment.target, segment.source),
        }
        client = segment.source
        if not self.opened_by_syn and (segment.flags & SYN or _serves(segment.source, segment.target)):
            client = segment.target
        self.client = client

    def finish(self) -> Connection:
        client = self.directions.pop(self.client).finish()
        (server,) = self.directions.values()
        return Connection(self.first_frame, client, server.finish())


def _serves(one: Address, other: Address) -> bool:
    """Whether ``one`` is rather the server, judged by the ports alone."""
    return (one.port not in WELL_KNOWN_PORTS, one.port) < (other.port not in WELL_KNOWN_PORTS, other.port)


def reassemble(segments: Iterable[Segment]) -> list[Connection]:
    """Return the connections in ``segments``, in the order of their first frames.

    Segments may come twice, overlap, come out of order or be missing. Without a SYN the side with port 102 or
    3782, or else with the lower port, is taken for the server. A connection of an address with itself is
    passed over, because its directions cannot be told apart.
    """
    open_now: dict[frozenset[Address], _Open] = {}
    done: list[_Open] = []
    for segment in segments:
        key = frozenset((segment.source, segment.target))
        if len(key) == 1:
            continue
        current = open_now.get(key)
        begins = segment.flags & SYN and not segment.flags & ACK
        if (
            current is not None
            and begins
            and (current.initial != segment.sequence or not current.opened_by_syn)
        ):
            done.append(current)
            current = None
        if current is None:
            current = open_now[key] = _Open(segment)
        current.directions[segment.source].add(segment)
    done.extend(open_now.values())
    return sorted((item.finish() for item in done), key=lambda connection: connection.first_frame)


def _signed(difference: int) -> int:
    """Return a difference of sequence numbers, which count modulo 2**32, as a signed number."""
    return (difference + 0x80000000 & 0xFFFFFFFF) - 0x80000000
