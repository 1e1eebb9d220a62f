"""APDUs of ACSE to octets (ITU-T X.227 clause 9, BER with definite and minimal lengths)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.osi.apdu import (
    AARE,
    AARQ,
    ABRT,
    RLRE,
    RLRQ,
    AeQualifier,
    Apdu,
    ApTitle,
    External,
    UserInformation,
)
from conform62351.profiles.osi.ber import INTEGER, OBJECT_IDENTIFIER
from conform62351.profiles.osi.ber_writer import encode_integer, encode_object_identifier, encode_tlv
from conform62351.profiles.osi.encodings import encode_value

_EXTERNAL: Final = 0x28
_OBJECT_DESCRIPTOR: Final = 0x07
_CONTEXT_NAME: Final = 0xA1
_IMPLEMENTATION: Final = 0x9D
_USER_INFORMATION: Final = 0xBE


def encode(apdu: Apdu) -> bytes:
    """Return the octets of ``apdu``. Raises EncodingError when a member does not fit its component."""
    try:
        match apdu:
            case AARQ():
                return encode_tlv(0x60, *_aarq_members(apdu))
            case AARE():
                return encode_tlv(0x61, *_aare_members(apdu))
            case RLRQ() | RLRE():
                tag = 0x62 if isinstance(apdu, RLRQ) else 0x63
                return encode_tlv(tag, _number(0x80, apdu.reason), _user_information(apdu.user_information))
            case ABRT():
                members = _number(0x80, apdu.source) + _number(0x81, apdu.diagnostic)
                return encode_tlv(0x64, members, _user_information(apdu.user_information))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise EncodingError("ACSE", f"{type(apdu).__name__} does not encode: {error}") from error


def _aarq_members(aarq: AARQ) -> tuple[bytes, ...]:
    return (
        _octets(0x80, aarq.protocol_version),
        _explicit(_CONTEXT_NAME, _oid(OBJECT_IDENTIFIER, aarq.application_context)),
        _explicit(0xA2, _ap_title(aarq.called_ap_title)),
        _explicit(0xA3, _ae_qualifier(aarq.called_ae_qualifier)),
        _explicit(0xA4, _number(INTEGER, aarq.called_ap_invocation)),
        _explicit(0xA5, _number(INTEGER, aarq.called_ae_invocation)),
        _explicit(0xA6, _ap_title(aarq.calling_ap_title)),
        _explicit(0xA7, _ae_qualifier(aarq.calling_ae_qualifier)),
        _explicit(0xA8, _number(INTEGER, aarq.calling_ap_invocation)),
        _explicit(0xA9, _number(INTEGER, aarq.calling_ae_invocation)),
        _octets(0x8A, aarq.requirements),
        _oid(0x8B, aarq.mechanism_name),
        _octets(0xAC, aarq.authentication_value),
        _octets(_IMPLEMENTATION, aarq.implementation_information),
        _user_information(aarq.user_information),
    )


def _aare_members(aare: AARE) -> tuple[bytes, ...]:
    diagnostic = _number(INTEGER, aare.diagnostic)
    if aare.diagnostic_source is not None:
        diagnostic = encode_tlv(0xA0 | aare.diagnostic_source, diagnostic)
    return (
        _octets(0x80, aare.protocol_version),
        _explicit(_CONTEXT_NAME, _oid(OBJECT_IDENTIFIER, aare.application_context)),
        _explicit(0xA2, _number(INTEGER, aare.result)),
        _explicit(0xA3, diagnostic),
        _explicit(0xA4, _ap_title(aare.responding_ap_title)),
        _explicit(0xA5, _ae_qualifier(aare.responding_ae_qualifier)),
        _explicit(0xA6, _number(INTEGER, aare.responding_ap_invocation)),
        _explicit(0xA7, _number(INTEGER, aare.responding_ae_invocation)),
        _octets(0x88, aare.requirements),
        _oid(0x89, aare.mechanism_name),
        _octets(0xAA, aare.authentication_value),
        _octets(_IMPLEMENTATION, aare.implementation_information),
        _user_information(aare.user_information),
    )


def _explicit(tag: int, value: bytes) -> bytes:
    return encode_tlv(tag, value) if value else b""


def _octets(tag: int, value: bytes | None) -> bytes:
    return b"" if value is None else encode_tlv(tag, value)


def _number(tag: int, value: int | None) -> bytes:
    return b"" if value is None else encode_integer(tag, value)


def _oid(tag: int, value: str | None) -> bytes:
    return b"" if value is None else encode_object_identifier(tag, value)


def _ap_title(title: ApTitle | None) -> bytes:
    return title if isinstance(title, bytes) else _oid(OBJECT_IDENTIFIER, title)


def _ae_qualifier(qualifier: AeQualifier | None) -> bytes:
    return qualifier if isinstance(qualifier, bytes) else _number(INTEGER, qualifier)


def _user_information(externals: UserInformation | None) -> bytes:
    return b"" if externals is None else encode_tlv(_USER_INFORMATION, *map(_external, externals))


def _external(external: External) -> bytes:
    return encode_tlv(
        _EXTERNAL,
        _oid(OBJECT_IDENTIFIER, external.direct_reference),
        _number(INTEGER, external.indirect_reference),
        _octets(_OBJECT_DESCRIPTOR, external.descriptor),
        encode_value(external.octets, external.encoding),
    )
