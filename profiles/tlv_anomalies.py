"""What is odd about BER that can be read all the same (ITU-T X.690), and which contents are.

Only universal tags tell what their content has to look like; behind an implicit tag the ASN.1 module knows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final


class AnomalyCode(StrEnum):
    """Every way in which octets may be readable and yet not what they should be (X.690 clause)."""

    NON_MINIMAL_LENGTH = "non-minimal-length"
    """8.1.3.5 permits it, 10.1 (DER) does not."""
    INDEFINITE_LENGTH = "indefinite-length"
    """8.1.3.6 permits it, 10.1 (DER) does not."""
    CONSTRUCTED_STRING = "constructed-string"
    """8.6.4, 8.7.3 and 8.23 permit it, 10.2 (DER) does not."""
    BOOLEAN_VALUE = "boolean-value"
    """TRUE other than FF: 8.2.2 permits it, 11.1 (DER) does not."""
    BIT_STRING_PADDING = "bit-string-padding"
    """Unused bits that are not zero: 8.6.2.4 permits them, 11.2.1 (DER) does not."""
    NON_MINIMAL_TAG = "non-minimal-tag"
    """8.1.2.4.2.3, or the high form for a number below 31 (8.1.2.2)."""
    NON_MINIMAL_INTEGER = "non-minimal-integer"
    """8.3.2: the first nine bits are all equal."""
    NON_MINIMAL_OBJECT_IDENTIFIER = "non-minimal-object-identifier"
    """8.19.2: a subidentifier begins with 80."""
    CONTENT_LENGTH = "content-length"
    """Content too short or too long for its type: 8.2.1, 8.3.1, 8.6.2.2, 8.8.2, 8.19.1."""
    CONTENT_FORM = "content-form"
    """Primitive where the type is constructed or the reverse, or content cut within a subidentifier."""
    TRAILING_OCTETS = "trailing-octets"
    """Octets after the end of the value."""


PERMITTED_BY_BER: Final = frozenset(
    {
        AnomalyCode.NON_MINIMAL_LENGTH,
        AnomalyCode.INDEFINITE_LENGTH,
        AnomalyCode.CONSTRUCTED_STRING,
        AnomalyCode.BOOLEAN_VALUE,
        AnomalyCode.BIT_STRING_PADDING,
    }
)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A readable oddity: the octet it stands at, what it is, and a sentence for people."""

    offset: int
    code: AnomalyCode
    message: str

    @property
    def breaks_ber(self) -> bool:
        """Whether X.690 forbids it in BER, and not only in DER."""
        return self.code not in PERMITTED_BY_BER


Found = tuple[AnomalyCode, str]


def _boolean(content: bytes) -> Found | None:
    if len(content) != 1:
        return AnomalyCode.CONTENT_LENGTH, f"a BOOLEAN of {len(content)} octets"
    if content[0] not in (0x00, 0xFF):
        return AnomalyCode.BOOLEAN_VALUE, f"TRUE written as {content[0]:02X}"
    return None


def _integer(content: bytes) -> Found | None:
    if not content:
        return AnomalyCode.CONTENT_LENGTH, "an INTEGER without content"
    if len(content) > 1 and (
        (content[0] == 0x00 and content[1] < 0x80) or (content[0] == 0xFF and content[1] >= 0x80)
    ):
        return AnomalyCode.NON_MINIMAL_INTEGER, f"an INTEGER begins with {content[:2].hex(' ').upper()}"
    return None


def _bit_string(content: bytes) -> Found | None:
    if not content:
        return AnomalyCode.CONTENT_LENGTH, "a BIT STRING without content"
    unused = content[0]
    if unused > 7 or (unused and len(content) == 1):
        return AnomalyCode.CONTENT_LENGTH, f"a BIT STRING of {len(content)} octets with {unused} unused bits"
    if content[-1] & ((1 << unused) - 1):
        return AnomalyCode.BIT_STRING_PADDING, "the unused bits of a BIT STRING are not zero"
    return None


def _null(content: bytes) -> Found | None:
    if content:
        return AnomalyCode.CONTENT_LENGTH, f"a NULL of {len(content)} octets"
    return None


def _object_identifier(content: bytes) -> Found | None:
    if not content:
        return AnomalyCode.CONTENT_LENGTH, "an OBJECT IDENTIFIER without content"
    if content[-1] & 0x80:
        return AnomalyCode.CONTENT_FORM, "an OBJECT IDENTIFIER ends within a subidentifier"
    if 0x80 not in content:
        return None
    if content[0] == 0x80 or any(octet == 0x80 and not before & 0x80 for before, octet in pairwise(content)):
        return AnomalyCode.NON_MINIMAL_OBJECT_IDENTIFIER, "a subidentifier begins with 80"
    return None


def _primitive_series(content: bytes) -> Found:  # noqa: ARG001 - the form is at fault, not the content
    return AnomalyCode.CONTENT_FORM, "a primitive of a type that is constructed"


CONTENT_CHECKS: Final[dict[int, Callable[[bytes], Found | None]]] = {
    0x01: _boolean,
    0x02: _integer,
    0x03: _bit_string,
    0x05: _null,
    0x06: _object_identifier,
    0x08: _primitive_series,
    0x0A: _integer,
    0x0B: _primitive_series,
    0x10: _primitive_series,
    0x11: _primitive_series,
}
"""By tag of universal primitives: EXTERNAL, EMBEDDED PDV, SEQUENCE and SET (08, 0B, 10, 11) are never one."""

CONSTRUCTED_FORMS: Final[dict[int, Found]] = {
    **dict.fromkeys(
        (0x21, 0x22, 0x25, 0x26, 0x29, 0x2A, 0x2D),
        (AnomalyCode.CONTENT_FORM, "a constructed encoding of a type that is primitive"),
    ),
    **dict.fromkeys(
        (0x23, 0x24, 0x27, 0x2C, *range(0x32, 0x3D), 0x3E),
        (AnomalyCode.CONSTRUCTED_STRING, "a string in constructed form"),
    ),
}
"""By tag: BOOLEAN to RELATIVE-OID, then the string and time types."""
