"""SPDUs to octets (ITU-T X.225 clause 8.2)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.osi.spdu import (
    CALLED,
    CALLING,
    CONNECT_ITEM,
    ENCLOSURE,
    EXTENDED_USER_DATA,
    MAX_PLAIN_USER_DATA,
    PROTOCOL_OPTIONS,
    REASON_CODE,
    REFLECT,
    REQUIREMENTS,
    TRANSPORT_DISCONNECT,
    TSDU_MAXIMUM,
    USER_DATA,
    VERSION,
    WIDTHS,
    AbortAcceptSpdu,
    AbortSpdu,
    AcceptSpdu,
    ConnectSpdu,
    DataSpdu,
    DisconnectSpdu,
    FinishSpdu,
    RefuseSpdu,
    Spdu,
)

_DATA: Final = 1
_NO_PARAMETERS: Final = b"\x01\x00"
"""GIVE TOKENS, or DATA TRANSFER, without parameters."""


def encode(spdu: Spdu) -> bytes:
    """Return the octets of ``spdu``. Raises EncodingError when a member does not fit its parameter."""
    try:
        match spdu:
            case DataSpdu():
                return _data(spdu)
            case ConnectSpdu():
                return _unit(13, _connection(spdu, spdu.called_selector) + _connect_data(spdu))
            case AcceptSpdu():
                return _unit(14, _connection(spdu, spdu.responding_selector) + _user_data(spdu))
            case RefuseSpdu():
                return _unit(12, _refusal(spdu))
            case FinishSpdu():
                parameters = _number(TRANSPORT_DISCONNECT, spdu.transport_disconnect)
                return _unit(9, parameters + _user_data(spdu))
            case DisconnectSpdu():
                return _unit(10, _user_data(spdu))
            case AbortSpdu():
                parameters = _number(TRANSPORT_DISCONNECT, spdu.transport_disconnect)
                return _unit(25, parameters + _octets(REFLECT, spdu.reflect) + _user_data(spdu))
            case AbortAcceptSpdu():
                return _unit(26, b"")
    except (AttributeError, OverflowError, TypeError, ValueError) as error:
        raise EncodingError("SES", f"{type(spdu).__name__} does not fit its parameters: {error}") from error


def _unit(code: int, content: bytes) -> bytes:
    """Return an SPDU or a parameter: code, length indicator, content."""
    if len(content) < 0xFF:
        return bytes((code, len(content))) + content
    return bytes((code, 0xFF)) + len(content).to_bytes(2, "big") + content


def _octets(code: int, value: bytes | None) -> bytes:
    return b"" if value is None else _unit(code, value)


def _number(code: int, value: int | None) -> bytes:
    return b"" if value is None else _unit(code, value.to_bytes(WIDTHS[code], "big"))


def _connection(spdu: ConnectSpdu | AcceptSpdu, called: bytes | None) -> bytes:
    item = (
        _number(PROTOCOL_OPTIONS, spdu.protocol_options)
        + _octets(TSDU_MAXIMUM, spdu.tsdu_maximum)
        + _number(VERSION, spdu.version)
    )
    return (
        (_unit(CONNECT_ITEM, item) if item else b"")
        + _number(REQUIREMENTS, spdu.requirements)
        + _octets(CALLING, spdu.calling_selector)
        + _octets(CALLED, called)
    )


def _connect_data(spdu: ConnectSpdu) -> bytes:
    group = spdu.user_data_pgi
    if group is None and len(spdu.user_data) > MAX_PLAIN_USER_DATA:
        group = EXTENDED_USER_DATA
    return _group(group, spdu.user_data)


def _user_data(spdu: AcceptSpdu | FinishSpdu | DisconnectSpdu | AbortSpdu) -> bytes:
    return _group(spdu.user_data_pgi, spdu.user_data)


def _group(group: int | None, user_data: bytes) -> bytes:
    if group is None:
        return _unit(USER_DATA, user_data) if user_data else b""
    return _unit(group, user_data)


def _refusal(spdu: RefuseSpdu) -> bytes:
    inside = spdu.user_data_pgi in (None, REASON_CODE)
    reason = b"" if spdu.reason is None else bytes((spdu.reason,))
    parameters = (
        _number(TRANSPORT_DISCONNECT, spdu.transport_disconnect)
        + _number(REQUIREMENTS, spdu.requirements)
        + _number(VERSION, spdu.version)
    )
    if inside:
        value = reason + spdu.user_data
        return parameters + (_unit(REASON_CODE, value) if value else b"")
    return (
        parameters
        + (_unit(REASON_CODE, reason) if reason else b"")
        + _group(spdu.user_data_pgi, spdu.user_data)
    )


def _data(spdu: DataSpdu) -> bytes:
    tokens = _NO_PARAMETERS if spdu.give_tokens else b""
    if spdu.enclosure is None:
        return tokens + _NO_PARAMETERS + spdu.user_data
    return tokens + _unit(_DATA, _number(ENCLOSURE, spdu.enclosure)) + spdu.user_data
