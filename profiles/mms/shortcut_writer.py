"""The octets of a plain read, of its response and of the PDUs of initiate, written by hand.

They are what most traffic consists of, and the general way through asn1tools takes several times as long. A
value with anything unusual in it gives None, and the general way judges it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, Final

from conform62351.profiles.mms.initiate_form import DETAIL, REQUEST, RESPONSE, Initiate


def encode(pdu: str, value: Any) -> bytes | None:
    """Return the octets of the PDU when it is one of those, None otherwise."""
    make = _SHORTCUTS.get(pdu)
    if make is None:
        return None
    try:
        return make(value)
    except (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError):
        return None


def _read_request(value: Any) -> bytes | None:
    service, argument = value["service"]
    kind, listed = argument["variableAccessSpecification"]
    if service != "read" or len(value) != 2 or kind != "listOfVariable" or len(argument) > 2:
        return None
    if argument.get("specificationWithResult") is not False:
        return None
    names = []
    for variable in listed:
        how, (scope, name) = variable["variableSpecification"]
        if how != "name" or scope != "domain-specific" or len(variable) != 1:
            return None
        names.append(_named_variable(name["domainID"], name["itemID"]))
    read = _tlv(b"".join(names), 0xA0, 0xA1, 0xA4)
    return _tlv(_tlv(_integer(value["invokeID"]), 0x02) + read, 0xA0)


@lru_cache(maxsize=256)
def _named_variable(domain: str, item: str) -> bytes:
    """Return an element of listOfVariable: the same few objects are read over and over."""
    name = _tlv(domain.encode("ascii"), 0x1A) + _tlv(item.encode("ascii"), 0x1A)
    return _tlv(name, 0xA1, 0xA0, 0x30)


def _read_response(value: Any) -> bytes | None:
    service, result = value["service"]
    if service != "read" or len(value) != 2 or len(result) != 1:
        return None
    results = []
    for kind, data in result["listOfAccessResult"]:
        results.append(_tlv(_integer(data), 0x80) if kind == "failure" else _data(*_success(kind, data)))
    read = _tlv(b"".join(results), 0xA1, 0xA4)
    return _tlv(_tlv(_integer(value["invokeID"]), 0x02) + read, 0xA1)


def _initiate(form: Initiate, value: Any) -> bytes | None:
    detail = value[form.detail]
    present = [number for number in form.numbers if not number.optional or number.name in value]
    if len(value) != len(present) + 1 or len(detail) != len(form.bits) + 1:
        return None
    parts = [_tlv(_integer(value[number.name]), number.tag) for number in present]
    parts_of_detail = [_tlv(_integer(detail[form.version.name]), form.version.tag)]
    parts_of_detail += [_tlv(_bit_string(detail[name]), tag) for tag, name in form.bits]
    return _tlv(b"".join(parts) + _tlv(b"".join(parts_of_detail), DETAIL), form.tag)


def _success(kind: str, data: tuple[str, Any]) -> tuple[str, Any]:
    if kind != "success":
        raise ValueError(kind)
    return data


def _data(kind: str, value: Any) -> bytes:
    if kind == "structure" or kind == "array":
        tag = 0xA2 if kind == "structure" else 0xA1
        return _tlv(b"".join([_data(part, inner) for part, inner in value]), tag)
    tag, content = _SIMPLE[kind]
    return _tlv(content(value), tag)


def _tlv(content: bytes, *tags: int) -> bytes:
    """Return ``content`` in TLVs around one another, the tag of the innermost first."""
    for tag in tags:
        length = len(content)
        if length < 0x80:
            content = bytes((tag, length)) + content
        else:
            size = (length.bit_length() + 7) // 8
            content = bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content
    return content


def _integer(value: int) -> bytes:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, "big", signed=True)


def _boolean(value: bool) -> bytes:
    if not isinstance(value, bool):
        raise TypeError(value)
    return b"\xff" if value else b"\0"


def _bit_string(value: tuple[bytes, int]) -> bytes:
    octets, length = value
    unused = 8 * len(octets) - length
    if not 0 <= unused < 8 or not isinstance(octets, bytes) or (unused and octets[-1] & (1 << unused) - 1):
        raise ValueError(value)
    return bytes((unused,)) + octets


def _octets(value: bytes) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(value)
    return value


_SIMPLE: Final[Mapping[str, tuple[int, Callable[[Any], bytes]]]] = {
    "boolean": (0x83, _boolean),
    "bit-string": (0x84, _bit_string),
    "integer": (0x85, _integer),
    "unsigned": (0x86, _integer),
    "floating-point": (0x87, _octets),
    "octet-string": (0x89, _octets),
    "visible-string": (0x8A, lambda text: text.encode("ascii")),
    "binary-time": (0x8C, _octets),
    "mMSString": (0x90, lambda text: text.encode("utf-8")),
    "utc-time": (0x91, _octets),
}

_SHORTCUTS: Final[Mapping[str, Callable[[Any], bytes | None]]] = {
    "confirmed-RequestPDU": _read_request,
    "confirmed-ResponsePDU": _read_response,
    "initiate-RequestPDU": partial(_initiate, REQUEST),
    "initiate-ResponsePDU": partial(_initiate, RESPONSE),
}
