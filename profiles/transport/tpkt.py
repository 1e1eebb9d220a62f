"""TPKT, the packets that carry TPDUs over TCP (RFC 1006, clause 6)."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.errors import EncodingError

VERSION: Final = 3
HEADER_LENGTH: Final = 4
MIN_LENGTH: Final = 7
"""The header and the shortest TPDU."""
MAX_LENGTH: Final = 0xFFFF


class TpktHeader(msgspec.Struct, frozen=True):
    """The four octets before a TPDU; ``length`` counts the whole packet, the header included."""

    version: int
    reserved: int
    length: int


class Tpkt(msgspec.Struct, frozen=True):
    """A packet; ``length`` is that of header and payload unless it is given."""

    payload: bytes
    version: int = VERSION
    reserved: int = 0
    length: int | None = None


def decode_header(octets: bytes | bytearray) -> TpktHeader:
    """Return the header that the first four of ``octets`` are; any four are one."""
    return TpktHeader(octets[0], octets[1], octets[2] << 8 | octets[3])


def encode(packet: Tpkt) -> bytes:
    """Return the octets of ``packet``. Raises EncodingError when a member passes its field's range."""
    length = HEADER_LENGTH + len(packet.payload) if packet.length is None else packet.length
    try:
        return bytes((packet.version, packet.reserved)) + length.to_bytes(2, "big") + packet.payload
    except (OverflowError, ValueError) as error:
        message = f"version {packet.version}, reserved {packet.reserved}, length {length} do not fit"
        raise EncodingError("TPKT", message) from error
