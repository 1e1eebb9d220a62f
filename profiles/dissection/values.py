"""Contents of primitives as text for people. Content that does not fit its type is shown in hexadecimal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from conform62351.profiles.crypto.groups import POINT_OCTETS, Group, groups
from conform62351.profiles.dissection.notation import Meaning
from conform62351.profiles.events62351 import event_catalogue
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.mms.data import binary_time_of, float_of, utc_of
from conform62351.profiles.mms.names import (
    PARAMETERS,
    REJECT_REASONS,
    SERVICE_ERRORS,
    SERVICES,
    DataAccessError,
    ObjectClass,
)
from conform62351.profiles.object_identifier import read_object_identifier

MAX_SHOWN: Final = 32
"""Octets, characters or bits of a value that are shown; what is longer tells its length."""
MAX_BITS_SHOWN: Final = 128
"""Bits without names that are shown one by one; more of them are keys and signatures."""
_MAX_INTEGER: Final = 16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def hexadecimal(octets: bytes) -> str:
    """Return octets as pairs of digits, shortened."""
    if len(octets) <= MAX_SHOWN:
        return octets.hex(" ")
    return f"{octets[:MAX_SHOWN].hex(' ')} … ({len(octets)} octets)"


def content_text(kind: str, content: bytes, meaning: Meaning | None = None) -> str:
    """Return the content of a primitive of the built-in type ``kind``, as its notation describes it."""
    if meaning is not None and meaning.type.name in _BY_NAME:
        kind = meaning.type.name
    try:
        text = _RENDERERS[kind](content, meaning)
    except (KeyError, ValueError, OverflowError, IndexError):
        return hexadecimal(content)
    return text if len(text) <= 8 * MAX_SHOWN else f"{text[: 8 * MAX_SHOWN]}…"


def guess(content: bytes) -> str:
    """Return content of no known type: hexadecimal, and the characters when all of them print."""
    text = hexadecimal(content)
    if len(content) >= 2 and all(0x20 <= octet < 0x7F for octet in content):
        return f"{text} {_quoted(content.decode('ascii'))}"
    return text


def _quoted(text: str) -> str:
    shown = text if len(text) <= 4 * MAX_SHOWN else f"{text[: 4 * MAX_SHOWN]}… ({len(text)} characters)"
    return (
        '"'
        + "".join(
            character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in shown
        )
        + '"'
    )


def _integer(content: bytes, meaning: Meaning | None) -> str:
    if not 0 < len(content) <= _MAX_INTEGER:
        return hexadecimal(content)
    number = int.from_bytes(content, "big", signed=True)
    return f"{number} {_label(number, meaning)}".strip()


def _label(number: int, meaning: Meaning | None) -> str:
    """Return the name of a number, as the notation gives it, or the tables of MMS for a component of MMS."""
    if meaning is None:
        return ""
    if meaning.type.name == "OsiDiagnostics":
        return osi_fault_name(number)
    names = _NUMBERS.get(meaning.type.name) or _NUMBERS.get(meaning.name) or {}
    return meaning.type.label(number) or names.get(number, "")


def _boolean(content: bytes, _: Meaning | None) -> str:
    (octet,) = content
    return "FALSE" if octet == 0 else "TRUE" if octet == 0xFF else f"TRUE ({octet:02X})"


def _null(content: bytes, _: Meaning | None) -> str:
    return hexadecimal(content)


def _object_identifier(content: bytes, _: Meaning | None) -> str:
    dotted = _dotted(content)
    name = IDENTIFIERS.name_of(dotted)
    return f"{dotted} {name}" if name else dotted


def _dotted(content: bytes) -> str:
    if not content:
        return "(empty)"
    if len(content) > 4 * MAX_SHOWN:
        raise ValueError("no object identifier")
    return read_object_identifier(content).dotted


def _bit_string(content: bytes, meaning: Meaning | None) -> str:
    unused, octets = content[0], content[1:]
    if unused > 7 or (unused and not octets):
        raise ValueError("no bit string")
    bits = "".join(f"{octet:08b}" for octet in octets)[: len(octets) * 8 - unused]
    names = {} if meaning is None else _BITS.get(meaning.type.name) or meaning.type.bit_names()
    if not names and len(bits) > MAX_BITS_SHOWN:
        return f"{hexadecimal(octets)} ({len(bits)} bits)"
    named = [names.get(number, str(number)) for number, bit in enumerate(bits) if bit == "1"] if names else []
    shown = bits if len(bits) <= 4 * MAX_SHOWN else f"{bits[: 4 * MAX_SHOWN]}… ({len(bits)} bits)"
    return f"{shown} {', '.join(named)}".strip()


def _octets(content: bytes, _: Meaning | None) -> str:
    return guess(content)


def _latin(content: bytes, _: Meaning | None) -> str:
    return _quoted(content.decode("latin-1"))


def _utf8(content: bytes, _: Meaning | None) -> str:
    return _quoted(content.decode("utf-8"))


def _utf16(content: bytes, _: Meaning | None) -> str:
    return _quoted(content.decode("utf-16-be"))


def _floating_point(content: bytes, _: Meaning | None) -> str:
    return repr(float_of(content))


def _utc_time(content: bytes, _: Meaning | None) -> str:
    moment = _EPOCH + timedelta(seconds=utc_of(content))
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z quality {content[7]:02x}"


def _time_of_day(content: bytes, _: Meaning | None) -> str:
    if len(content) == 4:
        return f"{timedelta(milliseconds=int.from_bytes(content, 'big'))} after midnight"
    moment = _EPOCH + timedelta(seconds=binary_time_of(content))
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z"


def group_name(number: int, octets: int = 0) -> str:
    """Return which groups of key agreement a number stands for, or nothing.

    The length of a public value tells which of two is meant.
    """
    for group in groups().values():
        if number in (group.number, *group.aliases) and octets in _lengths(group):
            return group.name
    return _group_names().get(number, "")


def _lengths(group: Group) -> tuple[int, ...]:
    """Return the lengths of public values; a point may come without its first octet (11-decisions 9)."""
    octets = group.public_octets
    return (octets, octets - 1) if octets == POINT_OCTETS else (octets,)


def osi_fault_name(number: int) -> str:
    """Return the event that a diagnostic of the environment stands for, or nothing."""
    event = event_catalogue().get(f"IEC62351-4:15.{number}")
    return "" if event is None else f"event 15.{number} {event.mnemonic or event.meaning}"


def _group_names() -> Mapping[int, str]:
    found: dict[int, str] = {}
    for group in groups().values():
        for number in (group.number, *group.aliases):
            found[number] = f"{found[number]} or {group.name}" if number in found else group.name
    return found


def _inverted(numbers: Mapping[str, int]) -> Mapping[int, str]:
    return {number: name for name, number in numbers.items()}


_BITS: Final = {
    "ServiceSupportOptions": _inverted(SERVICES),
    "ParameterSupportOptions": _inverted(PARAMETERS),
}
"""Bits by the name of the type."""
_NUMBERS: Final[Mapping[str, Mapping[int, str]]] = {
    **{group: _inverted(numbers) for group, numbers in {**SERVICE_ERRORS, **REJECT_REASONS}.items()},
    "DataAccessError": {item.value: item.name.lower().replace("_", "-") for item in DataAccessError},
    "objectClass": {item.value: item.name.lower().replace("_", "-") for item in ObjectClass},
    "dhGroup": _group_names(),
}
"""Numbers by the name of the type or of the component."""

_Renderer = Callable[[bytes, Meaning | None], str]
_BY_NAME: Final[Mapping[str, _Renderer]] = {
    "FloatingPoint": _floating_point,
    "UtcTime": _utc_time,
    "TimeOfDay": _time_of_day,
}
"""Types of MMS that are OCTET STRINGs with a form of their own."""
_RENDERERS: Final[Mapping[str, _Renderer]] = {
    **_BY_NAME,
    "INTEGER": _integer,
    "ENUMERATED": _integer,
    "BOOLEAN": _boolean,
    "NULL": _null,
    "OBJECT IDENTIFIER": _object_identifier,
    "BIT STRING": _bit_string,
    "OCTET STRING": _octets,
    "UTF8String": _utf8,
    "BMPString": _utf16,
    **dict.fromkeys(
        (
            "ObjectDescriptor",
            "NumericString",
            "PrintableString",
            "TeletexString",
            "IA5String",
            "UTCTime",
            "GeneralizedTime",
            "GraphicString",
            "VisibleString",
            "GeneralString",
        ),
        _latin,
    ),
}
