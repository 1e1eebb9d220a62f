"""Writing DER, as far as keys and answers about revocation need it."""

from __future__ import annotations

from conform62351.profiles.pki.reading import INTEGER
from conform62351.profiles.tlv_edit import length_octets


def tlv(tag: int, *content: bytes) -> bytes:
    """Return the DER of one value: its identifier octet ``tag``, and its content in parts."""
    octets = b"".join(content)
    return bytes((tag,)) + length_octets(len(octets)) + octets


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Return the DER of an INTEGER, or of an ENUMERATED."""
    length = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return tlv(tag, value.to_bytes(length, "big", signed=True))
