"""TPKT, TPDUs and SPDUs as nodes: fields and parameters by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conform62351.profiles.dissection.tree import COTP, SES, UNREADABLE, Node, Source
from conform62351.profiles.dissection.values import guess, hexadecimal
from conform62351.profiles.osi import spdu
from conform62351.profiles.transport import cotp

TPDU_NAMES: Final[Mapping[str, str]] = {
    "COTP.CR": "connection request",
    "COTP.CC": "connection confirm",
    "COTP.DR": "disconnect request",
    "COTP.DC": "disconnect confirm",
    "COTP.DT": "data",
    "COTP.ER": "error",
    "COTP.ED": "expedited data",
    "COTP.EA": "expedited data acknowledgement",
    "COTP.AK": "data acknowledgement",
    "COTP.RJ": "reject",
}
SPDU_NAMES: Final[Mapping[str, str]] = {
    "SES.CN": "CONNECT",
    "SES.AC": "ACCEPT",
    "SES.RF": "REFUSE",
    "SES.FN": "FINISH",
    "SES.DN": "DISCONNECT",
    "SES.AB": "ABORT",
    "SES.AA": "ABORT ACCEPT",
    "SES.DT": "DATA TRANSFER",
}
_COTP_PARAMETERS: Final[Mapping[int, str]] = {
    cotp.TPDU_SIZE: "TPDU size",
    cotp.CALLING_SELECTOR: "calling transport selector",
    cotp.CALLED_SELECTOR: "called transport selector",
    cotp.ALTERNATIVE_CLASSES: "alternative classes",
    cotp.PREFERRED_SIZE: "preferred maximum TPDU size",
    cotp.ADDITIONAL_INFORMATION: "additional information",
}
_FIXED: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "COTP.CR": (("destination reference", 2), ("source reference", 2), ("class and options", 1)),
    "COTP.CC": (("destination reference", 2), ("source reference", 2), ("class and options", 1)),
    "COTP.DR": (("destination reference", 2), ("source reference", 2), ("reason", 1)),
    "COTP.DC": (("destination reference", 2), ("source reference", 2)),
    "COTP.DT": (("end of TSDU and number", 1),),
    "COTP.ER": (("destination reference", 2), ("reject cause", 1)),
}
SESSION_PARAMETERS: Final[Mapping[int, str]] = {
    1: "connection identifier",
    5: "connect/accept item",
    9: "additional reference information",
    10: "common reference",
    11: "calling user reference",
    12: "called user reference",
    16: "token item",
    17: "transport disconnect",
    19: "protocol options",
    20: "session user requirements",
    21: "TSDU maximum size",
    22: "version number",
    23: "initial serial number",
    25: "enclosure item",
    26: "token setting item",
    49: "reflect parameter values",
    50: "reason code",
    51: "calling session selector",
    52: "called or responding session selector",
    193: "user data",
    194: "extended user data",
}
SESSION_GROUPS: Final = frozenset((1, 5))


def tpdu_fields(name: str, source: Source) -> Iterator[Node]:
    """Yield the fields of a TPDU that :func:`cotp.decode` has accepted, without what follows its header."""
    octets = source.octets
    end = 1 + octets[0]
    yield _field(COTP, "length indicator", source, 0, 1, str(octets[0]))
    code = TPDU_NAMES.get(name, "unknown")
    yield _field(COTP, "code", source, 1, 1, f"{octets[1]:02X} {code}")
    if name not in _FIXED:
        if end > 2:
            yield _field(COTP, "header", source, 2, end - 2, hexadecimal(octets[2:end]))
        return
    position = 2
    for label, width in _FIXED[name]:
        number = int.from_bytes(octets[position : position + width], "big")
        yield _field(COTP, label, source, position, width, _fixed_text(label, number, width))
        position += width
    while name != "COTP.DT" and position + 2 <= end:
        following = position + 2 + octets[position + 1]
        code_octet, value = octets[position], octets[position + 2 : following]
        label = _COTP_PARAMETERS.get(code_octet, "parameter")
        if name == "COTP.ER" and code_octet == cotp.INVALID_TPDU:
            label = "invalid TPDU"
        text = _parameter_text(code_octet, value)
        yield _field(COTP, label, source, position, following - position, text, f"{code_octet:02X}")
        position = following
    if position < end:
        yield _field(COTP, "header", source, position, end - position, hexadecimal(octets[position:end]))


def _fixed_text(label: str, number: int, width: int) -> str:
    if label == "class and options":
        return f"class {number >> 4}, options {number & 0x0F:X}"
    if label == "end of TSDU and number":
        return f"{'end of TSDU' if number & 0x80 else 'more follows'}, number {number & 0x7F}"
    return f"{number:0{2 * width}X}" if width == 2 else str(number)


def _parameter_text(code: int, value: bytes) -> str:
    if code == cotp.TPDU_SIZE and len(value) == 1 and value[0] < 32:
        return f"{value.hex()} ({1 << value[0]} octets)"
    if code == cotp.PREFERRED_SIZE and 1 <= len(value) <= 4:
        return f"{value.hex()} ({int.from_bytes(value, 'big') * 128} octets)"
    return guess(value)


def spdu_fields(source: Source, start: int, end: int, depth: int = 0) -> Iterator[tuple[Node, Source | None]]:
    """Yield the parameters of an SPDU from ``start`` to ``end``, and for user data also their octets.

    A parameter that runs past the end is the last node, and unreadable.
    """
    octets = source.octets
    position = start
    while position < end:
        code = octets[position]
        bounds = length_indicator(octets, position + 1, end)
        if bounds is None:
            yield (
                _field(SES, UNREADABLE, source, position, end - position, hexadecimal(octets[position:end])),
                None,
            )
            return
        content, following = bounds
        value = octets[content:following]
        label = SESSION_PARAMETERS.get(code, "parameter")
        children: tuple[Node, ...] = ()
        carried: Source | None = None
        text = ""
        if code in SESSION_GROUPS and not depth:
            children = tuple(node for node, _ in spdu_fields(source, content, following, depth + 1))
        elif code in (193, 194):
            carried = source.part(content, following)
        elif code == 50 and len(value) > 1:
            text = str(value[0])
            carried = source.part(content + 1, following)
        else:
            text = _session_text(code, value)
        length = following - position
        yield _field(SES, label, source, position, length, text, str(code), children), carried
        position = following


def length_indicator(octets: bytes, position: int, bound: int) -> tuple[int, int] | None:
    """Return where the content begins whose length indicator stands at ``position``, and where it ends.

    None when it ends behind ``bound``.
    """
    if position >= bound:
        return None
    start, length = position + 1, octets[position]
    if length == 0xFF:
        start, length = position + 3, int.from_bytes(octets[position + 1 : position + 3], "big")
    return (start, start + length) if start + length <= bound else None


def _session_text(code: int, value: bytes) -> str:
    if code == 22 and len(value) == 1:
        versions = [str(bit + 1) for bit in range(8) if value[0] >> bit & 1]
        return f"{value.hex()} (version {' and '.join(versions) or 'none'})"
    if code in spdu.WIDTHS and len(value) <= 2:
        return value.hex()
    return guess(value)


def _field(
    layer: str,
    name: str,
    source: Source,
    start: int,
    length: int,
    value: str = "",
    tag: str = "",
    children: tuple[Node, ...] = (),
) -> Node:
    return Node(layer, name, source.at(start), length, value, children, tag)
