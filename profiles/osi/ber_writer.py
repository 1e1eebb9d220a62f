"""BER (ITU-T X.690) of single values, in the definite, minimal form."""

from __future__ import annotations

from functools import lru_cache


def encode_tlv(tag: int, *content: bytes) -> bytes:
    """Return a TLV with a one-octet tag and a definite, minimal length."""
    octets = b"".join(content)
    length = len(octets)
    if length < 0x80:
        return bytes((tag, length)) + octets
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + octets


@lru_cache(maxsize=256, typed=True)
def encode_integer(tag: int, value: int) -> bytes:
    """Return an INTEGER under ``tag``."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    return encode_tlv(tag, value.to_bytes(size, "big", signed=True))


@lru_cache(maxsize=256)
def encode_object_identifier(tag: int, dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER under ``tag``; the empty text gives one without content.

    Raises ValueError for what is no dotted form.
    """
    if not dotted:
        return bytes((tag, 0))
    root, second, *arcs = map(int, dotted.split("."))
    if root not in (0, 1, 2) or (root < 2 and second > 39) or min((second, *arcs)) < 0:
        raise ValueError(f"{dotted} is no object identifier")
    content = bytearray()
    for arc in (40 * root + second, *arcs):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        content += bytes(reversed(groups))
    return encode_tlv(tag, bytes(content))
