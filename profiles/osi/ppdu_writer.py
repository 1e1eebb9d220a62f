"""PPDUs to octets (ITU-T X.226 clause 8.2, BER with definite and minimal lengths)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.osi.ber import INTEGER, OBJECT_IDENTIFIER, SEQUENCE
from conform62351.profiles.osi.ber_writer import encode_integer, encode_object_identifier, encode_tlv
from conform62351.profiles.osi.encodings import encode_value
from conform62351.profiles.osi.ppdu import (
    ARP,
    ARU,
    CP,
    CPA,
    CPR,
    TD,
    UD,
    ContextDefinition,
    ContextIdentifier,
    ContextResult,
    Pdv,
    Ppdu,
    SimplyEncoded,
    UserData,
)

_SET: Final = 0x31
_MODE: Final = 0xA0
_NORMAL: Final = 0xA2
_SIMPLY: Final = 0x40
_FULLY: Final = 0x61


def encode(ppdu: Ppdu) -> bytes:
    """Return the octets of ``ppdu``. Raises EncodingError when a member does not fit its component."""
    try:
        match ppdu:
            case TD() | UD():
                return _user_data(ppdu.user_data)
            case CP():
                return _in_set(ppdu.mode, _cp_parameters(ppdu))
            case CPA():
                return _in_set(ppdu.mode, _cpa_parameters(ppdu))
            case CPR():
                return encode_tlv(SEQUENCE, _cpr_parameters(ppdu))
            case ARU():
                return encode_tlv(0xA0, _identifiers(ppdu.contexts), _user_data(ppdu.user_data))
            case ARP():
                return encode_tlv(
                    SEQUENCE, _integer(0x80, ppdu.provider_reason), _integer(0x81, ppdu.event_identifier)
                )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise EncodingError("PRES", f"{type(ppdu).__name__} does not encode: {error}") from error


def _in_set(mode: int | None, parameters: bytes) -> bytes:
    selector = b"" if mode is None else encode_tlv(_MODE, encode_integer(0x80, mode))
    return encode_tlv(_SET, selector, encode_tlv(_NORMAL, parameters))


def _cp_parameters(cp: CP) -> bytes:
    return (
        _octets(0x80, cp.protocol_version)
        + _octets(0x81, cp.calling_selector)
        + _octets(0x82, cp.called_selector)
        + _definitions(cp.contexts)
        + _octets(0x88, cp.requirements)
        + _octets(0x89, cp.session_requirements)
        + _user_data(cp.user_data)
    )


def _cpa_parameters(cpa: CPA) -> bytes:
    return (
        _octets(0x80, cpa.protocol_version)
        + _octets(0x83, cpa.responding_selector)
        + _results(cpa.results)
        + _octets(0x88, cpa.requirements)
        + _octets(0x89, cpa.session_requirements)
        + _user_data(cpa.user_data)
    )


def _cpr_parameters(cpr: CPR) -> bytes:
    return (
        _octets(0x80, cpr.protocol_version)
        + _octets(0x83, cpr.responding_selector)
        + _results(cpr.results)
        + _integer(0x87, cpr.default_result)
        + _integer(0x8A, cpr.provider_reason)
        + _user_data(cpr.user_data)
    )


def _octets(tag: int, value: bytes | None) -> bytes:
    return b"" if value is None else encode_tlv(tag, value)


def _integer(tag: int, value: int | None) -> bytes:
    return b"" if value is None else encode_integer(tag, value)


def _oid(tag: int, value: str | None) -> bytes:
    return b"" if value is None else encode_object_identifier(tag, value)


def _definitions(contexts: tuple[ContextDefinition, ...] | None) -> bytes:
    if contexts is None:
        return b""
    return encode_tlv(
        0xA4,
        *(
            encode_tlv(
                SEQUENCE,
                encode_integer(INTEGER, context.id),
                encode_object_identifier(OBJECT_IDENTIFIER, context.abstract_syntax),
                encode_tlv(SEQUENCE, *(_oid(OBJECT_IDENTIFIER, name) for name in context.transfer_syntaxes)),
            )
            for context in contexts
        ),
    )


def _results(results: tuple[ContextResult, ...] | None) -> bytes:
    if results is None:
        return b""
    return encode_tlv(
        0xA5,
        *(
            encode_tlv(
                SEQUENCE,
                encode_integer(0x80, entry.result),
                _oid(0x81, entry.transfer_syntax),
                _integer(0x82, entry.provider_reason),
            )
            for entry in results
        ),
    )


def _identifiers(contexts: tuple[ContextIdentifier, ...] | None) -> bytes:
    if contexts is None:
        return b""
    return encode_tlv(
        0xA0,
        *(
            encode_tlv(
                SEQUENCE,
                encode_integer(INTEGER, context.id),
                encode_object_identifier(OBJECT_IDENTIFIER, context.transfer_syntax),
            )
            for context in contexts
        ),
    )


def _user_data(user_data: UserData | None) -> bytes:
    if user_data is None:
        return b""
    if isinstance(user_data, SimplyEncoded):
        return encode_tlv(_SIMPLY, user_data.octets)
    return encode_tlv(_FULLY, *map(_pdv, user_data))


def _pdv(pdv: Pdv) -> bytes:
    return encode_tlv(
        SEQUENCE,
        _oid(OBJECT_IDENTIFIER, pdv.transfer_syntax),
        encode_integer(INTEGER, pdv.context),
        encode_value(pdv.octets, pdv.encoding),
    )
