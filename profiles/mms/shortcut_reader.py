"""A plain read, its response and the PDUs of initiate, read from their octets by hand.

They are what most traffic consists of, and the walker with the module's reader takes several times as long.
Octets with anything unusual in them give None, and the general way judges them; what is read here has no
anomalies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from conform62351.profiles.mms.initiate_form import DETAIL, REQUEST, RESPONSE, Initiate, Number

LARGEST: Final = 1 << 14
"""Octets of a PDU at most: far from every limit on length and number of TLVs."""
LARGEST_REQUEST: Final = 1 << 16
MOST_LISTED: Final = 3000
"""Octets of a read, and variables in it: far from these limits, too. Few read so many, but those who try what
a device bears do."""
DEEPEST: Final = 32
"""Levels of arrays and structures at most: within the limit on nesting."""


class _Unusual(Exception):
    """Octets that the general way shall judge."""


def decode(octets: bytes) -> tuple[str, Any] | None:
    """Return name and value of the PDU when it is one of those, None otherwise."""
    if len(octets) < 3 or octets[0] not in _SHORTCUTS:
        return None
    name, largest, read = _SHORTCUTS[octets[0]]
    if len(octets) > largest:
        return None
    try:
        return name, read(octets)
    except (_Unusual, IndexError, UnicodeDecodeError):
        return None


def _content(octets: bytes, at: int, tag: int, bound: int) -> tuple[int, int]:
    """Return where the content of the TLV at ``at`` begins and ends."""
    if octets[at] != tag:
        raise _Unusual
    length, start = octets[at + 1], at + 2
    if length >= 0x80:
        length, start = _long_length(octets, start, length)
    end = start + length
    if end > bound:
        raise _Unusual
    return start, end


def _innermost(octets: bytes, at: int, bound: int, *tags: int) -> int:
    """Return where the content begins of the last of TLVs inside one another, all ending at ``bound``."""
    for tag in tags:
        if octets[at] != tag:
            raise _Unusual
        length = octets[at + 1]
        at += 2
        if length >= 0x80:
            length, at = _long_length(octets, at, length)
        if at + length != bound:
            raise _Unusual
    return at


def _long_length(octets: bytes, at: int, first: int) -> tuple[int, int]:
    """Return the length that begins with ``first`` and goes on at ``at``, and where it ends."""
    if first == 0x81:
        length, at, least = octets[at], at + 1, 0x80
    elif first == 0x82:
        length, at, least = octets[at] << 8 | octets[at + 1], at + 2, 0x100
    else:
        raise _Unusual
    if length < least:
        raise _Unusual
    return length, at


def _invoke_id(octets: bytes) -> tuple[int, int]:
    """Return the invokeID of a confirmed PDU and where the service begins."""
    end = len(octets)
    start, behind = _content(octets, _innermost(octets, 0, end, octets[0]), 0x02, end)
    invoke_id = _integer(octets[start:behind])
    if not 0 <= invoke_id < 1 << 32:
        raise _Unusual
    return invoke_id, behind


def _read_request(octets: bytes) -> Any:
    end = len(octets)
    invoke_id, at = _invoke_id(octets)
    at = _innermost(octets, at, end, 0xA4, 0xA1, 0xA0)
    listed: list[Mapping[str, Any]] = []
    known: dict[bytes, Mapping[str, Any]] = {}
    while at < end:
        start, behind = _content(octets, at, 0x30, end)
        whole = octets[start:behind]
        variable = known.get(whole)
        if variable is None:
            # Who reads very many names the same few over and over.
            variable = known[whole] = _named_variable(whole)
        listed.append(variable)
        at = behind
    if len(listed) > MOST_LISTED:
        raise _Unusual
    argument = {
        "specificationWithResult": False,
        "variableAccessSpecification": ("listOfVariable", listed),
    }
    return {"invokeID": invoke_id, "service": ("read", argument)}


def _named_variable(octets: bytes) -> Mapping[str, Any]:
    """Return an element of listOfVariable by its content octets."""
    end = len(octets)
    name_at = _innermost(octets, 0, end, 0xA0, 0xA1)
    domain, domain_end = _content(octets, name_at, 0x1A, end)
    item = _innermost(octets, domain_end, end, 0x1A)
    name = {
        "domainID": _visible_string(octets[domain:domain_end]),
        "itemID": _visible_string(octets[item:]),
    }
    return {"variableSpecification": ("name", ("domain-specific", name))}


def _read_response(octets: bytes) -> Any:
    end = len(octets)
    invoke_id, at = _invoke_id(octets)
    at = _innermost(octets, at, end, 0xA4, 0xA1)
    results: list[tuple[str, Any]] = []
    while at < end:
        if octets[at] == 0x80:
            start, at = _content(octets, at, 0x80, end)
            results.append(("failure", _integer(octets[start:at])))
        else:
            data, at = _data(octets, at, end, DEEPEST)
            results.append(("success", data))
    return {"invokeID": invoke_id, "service": ("read", {"listOfAccessResult": results})}


def _initiate(form: Initiate, octets: bytes) -> Any:
    end = len(octets)
    at = _innermost(octets, 0, end, form.tag)
    value: dict[str, Any] = {}
    for number in form.numbers:
        if octets[at] == number.tag or not number.optional:
            value[number.name], at = _number(octets, at, number, end)
    at = _innermost(octets, at, end, DETAIL)
    detail = value[form.detail] = {}
    detail[form.version.name], at = _number(octets, at, form.version, end)
    for tag, name in form.bits:
        start, at = _content(octets, at, tag, end)
        detail[name] = _bit_string(octets[start:at])
    if at != end:
        raise _Unusual
    return value


def _number(octets: bytes, at: int, number: Number, bound: int) -> tuple[int, int]:
    """Return an INTEGER in the range that is its, and where it ends."""
    start, end = _content(octets, at, number.tag, bound)
    if end - start > number.width:
        raise _Unusual
    return _integer(octets[start:end]), end


def _data(octets: bytes, at: int, bound: int, levels: int) -> tuple[tuple[str, Any], int]:
    """Return the Data at ``at`` and where it ends."""
    tag = octets[at]
    start, end = _content(octets, at, tag, bound)
    simple = _SIMPLE.get(tag)
    if simple is not None:
        kind, read = simple
        return (kind, read(octets[start:end])), end
    if tag not in _SERIES or not levels:
        raise _Unusual
    parts = []
    while start < end:
        part, start = _data(octets, start, end, levels - 1)
        parts.append(part)
    return (_SERIES[tag], parts), end


def _integer(content: bytes) -> int:
    if not content or (
        len(content) > 1 and content[0] in (0x00, 0xFF) and content[0] >> 7 == content[1] >> 7
    ):
        raise _Unusual
    return int.from_bytes(content, "big", signed=True)


def _boolean(content: bytes) -> bool:
    if content == b"\xff":
        return True
    if content != b"\0":
        raise _Unusual
    return False


def _bit_string(content: bytes) -> tuple[bytes, int]:
    unused = content[0]
    if unused > 7 or content[-1] & (1 << unused) - 1 or (unused and len(content) == 1):
        raise _Unusual
    return content[1:], 8 * (len(content) - 1) - unused


def _octets(content: bytes) -> bytes:
    return content


def _visible_string(content: bytes) -> str:
    text = content.decode("ascii")
    if not text.isprintable():
        raise _Unusual
    return text


def _utf8_string(content: bytes) -> str:
    return content.decode("utf-8")


_SERIES: Final = {0xA1: "array", 0xA2: "structure"}

_SIMPLE: Final[Mapping[int, tuple[str, Callable[[bytes], Any]]]] = {
    0x83: ("boolean", _boolean),
    0x84: ("bit-string", _bit_string),
    0x85: ("integer", _integer),
    0x86: ("unsigned", _integer),
    0x87: ("floating-point", _octets),
    0x89: ("octet-string", _octets),
    0x8A: ("visible-string", _visible_string),
    0x8C: ("binary-time", _octets),
    0x90: ("mMSString", _utf8_string),
    0x91: ("utc-time", _octets),
}

_SHORTCUTS: Final[Mapping[int, tuple[str, int, Callable[[bytes], Any]]]] = {
    0xA0: ("confirmed-RequestPDU", LARGEST_REQUEST, _read_request),
    0xA1: ("confirmed-ResponsePDU", LARGEST, _read_response),
    REQUEST.tag: ("initiate-RequestPDU", LARGEST, partial(_initiate, REQUEST)),
    RESPONSE.tag: ("initiate-ResponsePDU", LARGEST, partial(_initiate, RESPONSE)),
}
