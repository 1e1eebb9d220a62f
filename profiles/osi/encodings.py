"""The choice between three encodings that a PDV-list (X.226) and an EXTERNAL (X.690 8.18) end with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conform62351.profiles.osi.ber import BerReader
from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.tlv import Tlv

SINGLE_ASN1_TYPE: Final = "single-ASN1-type"
OCTET_ALIGNED: Final = "octet-aligned"
ARBITRARY: Final = "arbitrary"

TAGS: Final = (0xA0, 0x81, 0xA1, 0x82, 0xA2)
"""Tags of the alternatives; A1 and A2 are strings in constructed form."""
_WRITTEN: Final = {SINGLE_ASN1_TYPE: 0xA0, OCTET_ALIGNED: 0x81, ARBITRARY: 0x82}


def read_value(reader: BerReader, node: Tlv, members: Mapping[int, Tlv]) -> tuple[bytes, str]:
    """Return octets and encoding of the one value among the ``members`` of ``node``.

    The octets are the encoding of the value for single-ASN1-type and octet-aligned, the content of the BIT
    STRING for arbitrary. Raises the reader's error when there is not exactly one value.
    """
    values = [member for tag, member in members.items() if tag in TAGS]
    if len(values) != 1:
        raise reader.fault(node.start, f"{len(values)} encoded values in place of one")
    value = values[0]
    if value.number == 0:
        return reader.content(value), SINGLE_ASN1_TYPE
    if value.number == 1:
        return reader.octet_string(value), OCTET_ALIGNED
    return reader.bit_string(value), ARBITRARY


def encode_value(octets: bytes, encoding: str) -> bytes:
    """Return the alternative called ``encoding``. Raises KeyError when there is none."""
    return encode_tlv(_WRITTEN[encoding], octets)
