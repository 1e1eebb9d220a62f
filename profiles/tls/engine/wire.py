"""The presentation language of TLS (RFC 5246 clause 4) (R): numbers and vectors, read within bounds."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.errors import EncodingError, ProtocolError

LAYER: Final = "TLS"
DECODE_ERROR: Final = "decode_error"


class TlsDecodeError(ProtocolError):
    """Octets that are no TLS, or not what they should be; ``alert`` is the description of the alert due.

    ``offset`` counts within the record, message or extension that was read.
    """

    def __init__(self, offset: int, message: str, alert: str = DECODE_ERROR) -> None:
        super().__init__(LAYER, offset, message)
        self.alert = alert


class Reader:
    """Reads ``octets`` from front to end; ``what`` they are is the subject of every complaint.

    Each method raises :class:`TlsDecodeError` when the octets do not suffice or break a bound.
    """

    __slots__ = ("_octets", "_position", "_what")

    def __init__(self, octets: bytes, what: str) -> None:
        self._octets = octets
        self._position = 0
        self._what = what

    @property
    def left(self) -> int:
        """Octets that are not read yet."""
        return len(self._octets) - self._position

    @property
    def position(self) -> int:
        """Octets that are read."""
        return self._position

    def take(self, count: int) -> bytes:
        """Return the next ``count`` octets."""
        start, end = self._position, self._position + count
        if end > len(self._octets):
            raise self.error(f"ends {end - len(self._octets)} octets early")
        self._position = end
        return self._octets[start:end]

    def u8(self) -> int:
        """Return a uint8."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Return a uint16."""
        return int.from_bytes(self.take(2), "big")

    def u24(self) -> int:
        """Return a uint24."""
        return int.from_bytes(self.take(3), "big")

    def u32(self) -> int:
        """Return a uint32."""
        return int.from_bytes(self.take(4), "big")

    def vector8(self, minimum: int = 0, maximum: int = 0xFF) -> bytes:
        """Return the content of a vector whose length is one octet and within the bounds."""
        return self._vector(self.u8(), minimum, maximum)

    def vector16(self, minimum: int = 0, maximum: int = 0xFFFF) -> bytes:
        """Return the content of a vector whose length is two octets and within the bounds."""
        return self._vector(self.u16(), minimum, maximum)

    def vector24(self, minimum: int = 0, maximum: int = 0xFFFFFF) -> bytes:
        """Return the content of a vector whose length is three octets and within the bounds."""
        return self._vector(self.u24(), minimum, maximum)

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(self.left)

    def end(self) -> None:
        """Insist that nothing is left."""
        if self.left:
            raise self.error(f"is followed by {self.left} octets too many")

    def error(self, message: str, alert: str = DECODE_ERROR) -> TlsDecodeError:
        """Return the error for what is wrong here; ``message`` goes on where ``what`` began a sentence."""
        return TlsDecodeError(self._position, f"{self._what} {message}", alert)

    def _vector(self, length: int, minimum: int, maximum: int) -> bytes:
        if not minimum <= length <= maximum:
            raise self.error(f"has a vector of {length} octets where {minimum} to {maximum} may be")
        return self.take(length)


def numbers16(octets: bytes, what: str) -> tuple[int, ...]:
    """Return the uint16 numbers that make up a vector.

    Raises:
        TlsDecodeError: an odd number of octets.
    """
    if len(octets) % 2:
        raise TlsDecodeError(0, f"{what} has a vector of two-octet numbers that is {len(octets)} octets long")
    return tuple(int.from_bytes(octets[at : at + 2], "big") for at in range(0, len(octets), 2))


def write8(value: int) -> bytes:
    """Return a uint8; raises EncodingError out of its range, as its neighbours do."""
    return _number(value, 1)


def write16(value: int) -> bytes:
    """Return a uint16."""
    return _number(value, 2)


def write24(value: int) -> bytes:
    """Return a uint24."""
    return _number(value, 3)


def write32(value: int) -> bytes:
    """Return a uint32."""
    return _number(value, 4)


def vector8(octets: bytes) -> bytes:
    """Return a vector whose length is one octet."""
    return write8(len(octets)) + octets


def vector16(octets: bytes) -> bytes:
    """Return a vector whose length is two octets."""
    return write16(len(octets)) + octets


def vector24(octets: bytes) -> bytes:
    """Return a vector whose length is three octets."""
    return write24(len(octets)) + octets


def _number(value: int, width: int) -> bytes:
    if not 0 <= value < 1 << 8 * width:
        raise EncodingError(LAYER, f"{value} does not fit {width} octets")
    return value.to_bytes(width, "big")
