"""Reading capture files (pcap, pcapng, both also gzipped) down to TCP segments."""

from __future__ import annotations

import gzip
import io
import logging
import socket
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from conform62351.tooling.net.errors import CaptureError
from conform62351.tooling.net.flow import Address
from conform62351.tooling.net.pcapng import LINK_ETHERNET
from conform62351.tooling.net.reassembly import Segment

MAGICS: Final = (
    b"\x0a\x0d\x0d\x0a",
    b"\xa1\xb2\xc3\xd4",
    b"\xd4\xc3\xb2\xa1",
    b"\xa1\xb2\x3c\x4d",
    b"\x4d\x3c\xb2\xa1",
    b"\x1f\x8b",
)
"""How pcapng, pcap (both octet orders, micro- and nanoseconds) and gzip begin."""
LARGEST_FRAME: Final = 262_144
LARGEST_BLOCK: Final = 16 * 1024 * 1024
MAX_FRAMES: Final = 1_000_000
_SECRETS_BLOCK: Final = 10
_TLS_KEY_LOG: Final = 0x544C534B


def is_capture(octets: bytes) -> bool:
    """Return whether ``octets``, the beginning of a file, are those of a capture."""
    return octets.startswith(MAGICS)


class CaptureFile:
    """A capture that was made outside, or by :mod:`capture`; ``source`` is its path or its octets.

    After :meth:`segments` has been exhausted, ``frames`` is how many frames were read, ``secrets`` holds the
    NSS key log that stands in the file, and ``damage`` says where and why reading ended early, if it did.
    """

    def __init__(self, source: Path | bytes) -> None:
        self._source = source
        self.name = str(source) if isinstance(source, Path) else "capture"
        self.frames = 0
        self.secrets = b""
        self.damage = ""

    def segments(self) -> Iterator[Segment]:
        """Yield the TCP segments, IP fragments put together.

        Raises:
            CaptureError: the file cannot be opened or is no capture. Damage further on ends the iteration.
        """
        from scapy.error import Scapy_Exception

        dissect = _Dissector()
        with _quiet() as complaints, _open(self._source, self.name) as file:
            reader = self._reader(file)
            while self.frames < MAX_FRAMES:
                try:
                    octets, about = reader._read_packet(size=LARGEST_FRAME)
                except (
                    EOFError,
                    Scapy_Exception,
                    OSError,
                    ValueError,
                    struct.error,
                    MemoryError,
                    zlib.error,
                ):
                    if complaints or file.cut:
                        why = "; ".join(complaints) or "the file ends within a frame"
                        self.damage = f"octet {file.offset}: {why}"
                    break
                complaints.clear()
                self.frames += 1
                link_type = about.linktype if hasattr(about, "linktype") else reader.linktype
                missing = max(about.wirelen - len(octets), 0)
                segment = _plain(octets, link_type) or dissect(octets, link_type)
                if segment is not None:
                    yield Segment(self.frames, _time_of(about, reader), *segment, missing)
            else:
                self.damage = f"only the first {MAX_FRAMES} frames were read"

    def _reader(self, file: _Bounded) -> Any:
        from scapy.error import Scapy_Exception
        from scapy.utils import RawPcapNgReader

        make: Any = RawPcapNgReader
        try:
            reader = make(file)
        except (Scapy_Exception, EOFError, OSError, ValueError, struct.error) as error:
            raise CaptureError(f"{self.name}: no pcap or pcapng file") from error
        if hasattr(reader, "blocktypes"):
            reader.blocktypes[_SECRETS_BLOCK] = lambda block, _: self._secrets_block(block, reader.endian)
        return reader

    def _secrets_block(self, block: bytes, octet_order: str) -> None:
        if len(block) >= 8:
            kind, length = struct.unpack_from(octet_order + "II", block)
            if kind == _TLS_KEY_LOG:
                self.secrets += block[8 : 8 + length] + b"\n"


class _Bounded:
    """A file that never reads more than a block at once and knows where it is and whether it ended early."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self.name = name
        self.offset = 0
        self.cut = False

    def read(self, size: int) -> bytes:
        octets = self._file.read(min(size, LARGEST_BLOCK))
        # A frame or block begins with a read of 16 or 4 octets; there alone the file may end.
        self.cut = len(octets) < size and not (not octets and size in (4, 16))
        self.offset += len(octets)
        return octets

    def close(self) -> None:
        self._file.close()


@contextmanager
def _open(source: Path | bytes, name: str) -> Iterator[_Bounded]:
    try:
        file: Any = source.open("rb") if isinstance(source, Path) else io.BytesIO(source)
    except OSError as error:
        raise CaptureError(f"{name}: {error.strerror}") from error
    with file:
        zipped = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        stream: Any = gzip.GzipFile(fileobj=file) if zipped else file
        yield _Bounded(stream, name)


@contextmanager
def _quiet() -> Iterator[list[str]]:
    """Collect what scapy says of a file instead of letting it speak on standard error."""
    complaints: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            complaints.append(record.getMessage())

    logger = logging.getLogger("scapy.runtime")
    kept = logger.handlers, logger.filters, logger.propagate
    logger.handlers, logger.filters, logger.propagate = [Collector()], [], False
    try:
        yield complaints
    finally:
        logger.handlers, logger.filters, logger.propagate = kept


_Found = tuple[Address, Address, int, int, bytes]
"""Source, target, sequence number, flags and payload of a segment."""


def _plain(octets: bytes, link_type: int) -> _Found | None:
    """Return the segment in a frame of the common kind, which scapy would take fifty times longer to find.

    That is Ethernet, IPv4 without fragments or IPv6 without extension headers, and TCP.
    """
    if link_type != LINK_ETHERNET or len(octets) < 54:
        return None
    if octets[12:14] == b"\x08\x00" and octets[14] >> 4 == 4:
        start = 14 + (octets[14] & 0x0F) * 4
        length, protocol, family = int.from_bytes(octets[16:18], "big"), octets[23], socket.AF_INET
        end = 14 + length if length else len(octets)
        packed = octets[26:30], octets[30:34]
        if (octets[20] & 0x3F) or octets[21]:
            return None
    elif octets[12:14] == b"\x86\xdd" and octets[14] >> 4 == 6:
        start, protocol, family = 54, octets[20], socket.AF_INET6
        length = int.from_bytes(octets[18:20], "big")
        end = 54 + length if length else len(octets)
        packed = octets[22:38], octets[38:54]
    else:
        return None
    if protocol != socket.IPPROTO_TCP or len(octets) < start + 20 or start < 34:
        return None
    sport, dport, sequence, _, data_offset, flags = struct.unpack_from("!HHIIBB", octets, start)
    source, target = (socket.inet_ntop(family, address) for address in packed)
    payload = octets[start + max(data_offset >> 4, 5) * 4 : end]
    return Address(source, sport), Address(target, dport), sequence, flags, payload


class _Dissector:
    """Finds TCP in frames of every other kind: VLANs, tunnels, cooked links, fragments."""

    def __init__(self) -> None:
        self._session: Any = None

    def __call__(self, octets: bytes, link_type: int) -> _Found | None:
        from scapy.config import conf
        from scapy.layers.inet import IP, TCP
        from scapy.layers.inet6 import IPv6
        from scapy.packet import Padding, Raw

        if self._session is None:
            self._session = _load_layers()
        try:
            frame = self._session.process(conf.l2types.num2layer.get(link_type, Raw)(octets))
        except Exception:  # noqa: BLE001 - scapy dissects hostile frames with every kind of error
            return None
        tcp = frame.getlayer(TCP) if frame is not None else None
        network = tcp.underlayer if tcp is not None else None
        while network is not None and not isinstance(network, IP | IPv6):
            network = network.underlayer
        if tcp is None or network is None:
            return None
        payload = bytes(tcp.payload)
        padding = tcp.getlayer(Padding)
        if padding is not None:
            payload = payload[: len(payload) - len(padding)]
        addresses = Address(network.src, tcp.sport), Address(network.dst, tcp.dport)
        return *addresses, tcp.seq, int(tcp.flags), payload


def _load_layers() -> Any:
    """Teach scapy the link and network layers, and return what puts IP fragments together."""
    import scapy.layers.inet
    import scapy.layers.inet6
    import scapy.layers.l2
    import scapy.layers.ppp  # noqa: F401
    from scapy.sessions import IPSession

    return IPSession()


def _time_of(about: Any, reader: Any) -> float:
    """Return when a frame was taken, in seconds since 1970-01-01 UTC; 0 when the file does not say."""
    if hasattr(about, "sec"):
        return float(about.sec + about.usec / (1e9 if reader.nano else 1e6))
    if about.tshigh is None:
        return 0.0
    return float(((about.tshigh << 32) + about.tslow) / about.tsresol)
