"""The authentication value of compatibility mode, to octets and back (IEC 62351-4 clause 11, N; octets F).

On the wire it is the Authentication-value of ACSE, an EXTERNAL::

    A2 { 02 01 05, A0 { A0 { 80 certificate, 81 time, 82 signature } } }

where 05 is the number of the presentation context of mmsAuthenticationAS.
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.errors import EncodingError, ProtocolError
from conform62351.profiles.osi.ber import INTEGER, OBJECT_IDENTIFIER, SEQUENCE, BerReader
from conform62351.profiles.osi.ber_writer import encode_integer, encode_tlv
from conform62351.profiles.tlv import Tlv

LAYER: Final = "CMP"
MAX_CERTIFICATE: Final = 8192
"""Octets of a certificate at most (N)."""
AUTHENTICATION_CONTEXT: Final = 5
"""The usual number of the context of mmsAuthenticationAS (F)."""
TIME_TAG: Final = 0x81

_EXTERNAL: Final = 0xA2
_DESCRIPTOR: Final = 0x07
_SINGLE_ASN1_TYPE: Final = 0xA0
_CERTIFICATE_BASED: Final = 0xA0
_EXTERNAL_TAGS: Final = (OBJECT_IDENTIFIER, INTEGER, _DESCRIPTOR, _SINGLE_ASN1_TYPE, 0x81, 0xA1, 0x82)
_MEMBERS: Final = (("certificate", 0x80, 0xA0), ("time", TIME_TAG, 0xA1), ("signature", 0x82, 0xA2))
_MEMBER_TAGS: Final = tuple(tag for _, *forms in _MEMBERS for tag in forms)


class AuthenticationValueError(ProtocolError):
    """Octets that are no authentication value."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(LAYER, offset, message)


class AuthenticationValue(msgspec.Struct, frozen=True):
    """Certificate in DER, content octets of the time, signature."""

    certificate: bytes
    time: bytes
    signature: bytes


class DecodedValue(msgspec.Struct, frozen=True):
    """An authentication value as it came.

    ``context`` is the indirect reference of the EXTERNAL, None when there is none; ``deviations`` are
    sentences for people.
    """

    value: AuthenticationValue
    context: int | None
    deviations: tuple[str, ...] = ()


def encode_value(value: AuthenticationValue, context: int = AUTHENTICATION_CONTEXT) -> bytes:
    """Return the octets of an Authentication-value. Raises EncodingError."""
    try:
        members = (
            encode_tlv(0x80, value.certificate),
            encode_tlv(TIME_TAG, value.time),
            encode_tlv(0x82, value.signature),
        )
        single = encode_tlv(_SINGLE_ASN1_TYPE, encode_tlv(_CERTIFICATE_BASED, *members))
        return encode_tlv(_EXTERNAL, encode_integer(INTEGER, context), single)
    except (AttributeError, TypeError) as error:
        raise EncodingError(LAYER, f"the authentication value does not encode: {error}") from error


class _Reader(BerReader):
    def __init__(self, octets: bytes) -> None:
        super().__init__(octets, LAYER)

    def fault(self, offset: int, message: str) -> AuthenticationValueError:
        return AuthenticationValueError(offset, message)


def decode_value(octets: bytes) -> DecodedValue:
    """Return the authentication value that ``octets`` are: the whole Authentication-value of an AARQ or AARE.

    One SEQUENCE more around or within the certificate-based value is read (11-decisions 44), and so are
    constructed strings and lengths that are not minimal. Raises AuthenticationValueError.
    """
    reader = _Reader(octets)
    root = reader.root()
    if root.tag != _EXTERNAL:
        raise reader.fault(0, f"tag {root.tag:02X} in place of an external authentication value")
    external = reader.members(root, _EXTERNAL_TAGS)
    if _SINGLE_ASN1_TYPE not in external:
        raise reader.fault(0, "an EXTERNAL without a single ASN.1 type")
    remarks: list[str] = []
    number = external.get(INTEGER)
    context = None if number is None else reader.integer(number)
    if context is None:
        remarks.append("the EXTERNAL has no indirect reference")
    based = _certificate_based(reader, external[_SINGLE_ASN1_TYPE], remarks)
    members = reader.members(based, _MEMBER_TAGS)
    parts: dict[str, bytes] = {}
    for name, *forms in _MEMBERS:
        found = next((members[tag] for tag in forms if tag in members), None)
        if found is None:
            raise reader.fault(based.start, f"no {name}")
        parts[name] = reader.octet_string(found)
    remarks += [f"octet {item.offset}: {item.message}" for item in reader.deviations]
    return DecodedValue(AuthenticationValue(**parts), context, tuple(dict.fromkeys(remarks)))


def _certificate_based(reader: _Reader, single: Tlv, remarks: list[str]) -> Tlv:
    """Return the TLV whose components are certificate, time and signature."""
    choice = reader.only(single)
    wrapped = choice.tag == SEQUENCE
    if wrapped:
        remarks.append("a SEQUENCE around the authentication value")
        choice = reader.only(choice)
    if choice.tag != _CERTIFICATE_BASED:
        raise reader.fault(choice.start, f"tag {choice.tag:02X} in place of a certificate-based value")
    components = reader.components(choice)
    if not wrapped and len(components) == 1 and components[0].tag == SEQUENCE:
        remarks.append("a SEQUENCE within the authentication value")
        return components[0]
    return choice
