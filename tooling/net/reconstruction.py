"""A capture made from what went through the sockets, where sniffing is not allowed.

Frames are Ethernet, IP and TCP with right lengths, sequence numbers and checksums. They show what this side
handed to TCP and got from it, in that order; retransmissions, segment borders and pure acknowledgements of
the real connection are not known.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from typing import BinaryIO, Final

from conform62351.tooling.net.flow import Address, End, Flow
from conform62351.tooling.net.pcapng import PcapngWriter

LARGEST_SEGMENT: Final = 65_000
"""Octets of one frame at most: what fits an IP packet."""

_FIN: Final = 0x01
_SYN: Final = 0x02
_RST: Final = 0x04
_ACK: Final = 0x10
_PSH_ACK: Final = 0x18
_HERE: Final = bytes.fromhex("020000000001")
_THERE: Final = bytes.fromhex("020000000002")


class Reconstruction:
    """A recorder (see :class:`flow.Recorder`) that writes frames to ``file``; threads may share it.

    ``to_epoch`` turns the channels' monotonic seconds into seconds since 1970-01-01 UTC.
    """

    def __init__(
        self, file: BinaryIO, *, application: str, comment: str, to_epoch: Callable[[float], float]
    ) -> None:
        self._writer = PcapngWriter(file, application=application, comment=comment)
        self._interface = self._writer.interface("sockets", "reconstructed from sockets")
        self._to_epoch = to_epoch
        self._lock = threading.Lock()
        self._sides: dict[int, tuple[_Side, _Side]] = {}
        self.frames = 0

    def opened(self, flow: Flow, at: float) -> None:
        """Write the three frames of the handshake."""
        with self._lock:
            ours, theirs = self._sides[flow.number] = _sides(flow)
            first, second = (ours, theirs) if flow.initiated else (theirs, ours)
            self._frame(first, second, _SYN, b"", at)
            self._frame(second, first, _SYN | _ACK, b"", at)
            self._frame(first, second, _ACK, b"", at)

    def refused(self, flow: Flow, at: float) -> None:
        """Write SYN and RST."""
        with self._lock:
            ours, theirs = _sides(flow)
            self._frame(ours, theirs, _SYN, b"", at)
            self._frame(theirs, ours, _RST | _ACK, b"", at)

    def carried(self, flow: Flow, outgoing: bool, octets: bytes, at: float) -> None:
        """Write the octets, as one frame when they fit."""
        with self._lock:
            source, target = self._direction(flow, outgoing)
            for start in range(0, len(octets), LARGEST_SEGMENT):
                self._frame(source, target, _PSH_ACK, octets[start : start + LARGEST_SEGMENT], at)

    def ended(self, flow: Flow, outgoing: bool, end: End, at: float) -> None:
        """Write FIN and its acknowledgement, or RST."""
        with self._lock:
            source, target = self._direction(flow, outgoing)
            if end is End.RESET:
                self._frame(source, target, _RST | _ACK, b"", at)
                self._sides.pop(flow.number, None)
                return
            self._frame(source, target, _FIN | _ACK, b"", at)
            self._frame(target, source, _ACK, b"", at)
            source.finished = True
            if target.finished:
                self._sides.pop(flow.number, None)

    def _direction(self, flow: Flow, outgoing: bool) -> tuple[_Side, _Side]:
        sides = self._sides.get(flow.number)
        if sides is None:
            # Met after its end, or opened before this recorder was there: continue with fresh numbers.
            sides = self._sides[flow.number] = _sides(flow)
        ours, theirs = sides
        return (ours, theirs) if outgoing else (theirs, ours)

    def _frame(self, source: _Side, target: _Side, flags: int, payload: bytes, at: float) -> None:
        acknowledged = target.sequence if flags & _ACK else 0
        segment = struct.pack(
            "!HHIIBBHHH",
            source.address.port,
            target.address.port,
            source.sequence,
            acknowledged,
            0x50,
            flags,
            0xFFFF,
            0,
            0,
        )
        length = len(segment) + len(payload)
        total = (
            _ones_sum(source.packed + target.packed) + 6 + length + _ones_sum(segment) + _ones_sum(payload)
        )
        segment = segment[:16] + _checksum(total) + segment[18:]
        self._writer.frame(
            self._interface,
            round(self._to_epoch(at) * 1_000_000) * 1000,
            b"".join(
                (source.link_header, _ip_header(source.packed, target.packed, length), segment, payload)
            ),
        )
        self.frames += 1
        advance = len(payload) + (1 if flags & (_SYN | _FIN) else 0)
        source.sequence = (source.sequence + advance) & 0xFFFFFFFF


class _Side:
    """One end of a connection with the sequence number of its next octet."""

    __slots__ = ("address", "finished", "link_header", "packed", "sequence")

    def __init__(self, address: Address, sequence: int, link_addresses: bytes) -> None:
        self.address = address
        self.sequence = sequence
        self.finished = False
        ipv6 = ":" in address.host
        family = socket.AF_INET6 if ipv6 else socket.AF_INET
        self.packed = socket.inet_pton(family, address.host.partition("%")[0])
        self.link_header = link_addresses + (b"\x86\xdd" if ipv6 else b"\x08\x00")


def _sides(flow: Flow) -> tuple[_Side, _Side]:
    """Initial sequence numbers differ, so that a connection from a reused port is a new one."""
    base = flow.number * 0x01000193 & 0xFFFFFFFF
    return _Side(flow.local, base, _THERE + _HERE), _Side(flow.remote, base ^ 0x5A5A5A5A, _HERE + _THERE)


def _ip_header(source: bytes, target: bytes, length: int) -> bytes:
    if len(source) == 16:
        return struct.pack("!IHBB", 0x60000000, length, 6, 64) + source + target
    start = struct.pack("!BBHHHBB", 0x45, 0, 20 + length, 0, 0x4000, 64, 6)
    return start + _checksum(_ones_sum(start + source + target)) + source + target


def _ones_sum(octets: bytes) -> int:
    """Return the sum of 16-bit words modulo 65535, which is what the ones' complement sum comes to."""
    if len(octets) % 2:
        octets += b"\0"
    return int.from_bytes(octets, "big") % 0xFFFF


def _checksum(total: int) -> bytes:
    return (0xFFFF - total % 0xFFFF).to_bytes(2, "big")
