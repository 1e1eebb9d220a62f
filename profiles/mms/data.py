"""Values of MMS variables: making them, reading them, and holding them against a type.

A value is Data as the codec shapes it: ``("boolean", True)``, ``("bit-string", (octets, bits))``,
``("structure", [component, …])``. A type is TypeSpecification in the same way: ``("boolean", None)``,
``("bit-string", -13)`` (a negative size is the largest one), ``("structure", {"components": […]})``.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from conform62351.profiles.mms.names import BitString, DataAccessError

Data: TypeAlias = tuple[str, Any]
TypeSpecification: TypeAlias = tuple[str, Any]

DAYS_TO_1984: Final = 5113
"""Days from 1970-01-01, where Unix time begins, to 1984-01-01, where TimeOfDay does."""
SECONDS_OF_DAY: Final = 86_400
FLOAT_FORMS: Final[Mapping[int, tuple[int, str]]] = {32: (8, ">f"), 64: (11, ">d")}
"""By width of a FloatingPoint in bits: the width of its exponent, and its form for ``struct``."""


def bit_string(text: str) -> Data:
    """Return the bit-string whose bits, first one first, are the characters 0 and 1 of ``text``."""
    return "bit-string", bits_of(text)


def bits_of(text: str) -> BitString:
    """Return the BIT STRING value for a text of 0 and 1. Raises ValueError."""
    if text.strip("01"):
        raise ValueError(f"bits are 0 and 1, not {text!r}")
    padding = -len(text) % 8
    size = (len(text) + padding) // 8
    return int("0" + text + "0" * padding, 2).to_bytes(size, "big"), len(text)


def floating_point(number: float, width: int = 32) -> Data:
    """Return a floating-point of ``width`` bits, 32 or 64. A number out of range becomes infinite."""
    exponent, form = FLOAT_FORMS[width]
    try:
        octets = struct.pack(form, number)
    except OverflowError:
        octets = struct.pack(form, math.copysign(math.inf, number))
    return "floating-point", bytes((exponent,)) + octets


def float_of(octets: bytes) -> float:
    """Return the number in the octets of a FloatingPoint. Raises ValueError when it is not IEEE 754."""
    for width, (exponent, form) in FLOAT_FORMS.items():
        if len(octets) == 1 + width // 8 and octets[0] == exponent:
            number: float
            (number,) = struct.unpack(form, octets[1:])
            return number
    raise ValueError(f"a floating-point of {len(octets)} octets: {octets.hex()}")


def utc_time(now: float, quality: int = 0x0A) -> Data:
    """Return the utc-time of ``now``, seconds since 1970 (IEC 61850-8-1 8.1.3; R).

    ``quality`` by default says that ten bits of the fraction are accurate, about a millisecond, and that
    nothing is known to be wrong with the clock.
    """
    fraction, seconds = math.modf(now)
    return "utc-time", struct.pack(">I", int(seconds) & 0xFFFFFFFF) + struct.pack(
        ">I", int(fraction * (1 << 24)) << 8 | quality & 0xFF
    )


def utc_of(octets: bytes) -> float:
    """Return the seconds since 1970 of the octets of a UtcTime. Raises ValueError when they are not eight."""
    if len(octets) != 8:
        raise ValueError(f"a utc-time of {len(octets)} octets")
    return int.from_bytes(octets[:4], "big") + int.from_bytes(octets[4:7], "big") / (1 << 24)


def binary_time(now: float) -> Data:
    """Return the binary-time in six octets of ``now``, seconds since 1970; before 1984 it is 1984."""
    milliseconds = max(0, round(now * 1000) - DAYS_TO_1984 * SECONDS_OF_DAY * 1000)
    days, rest = divmod(milliseconds, SECONDS_OF_DAY * 1000)
    return "binary-time", struct.pack(">IH", rest, days & 0xFFFF)


def binary_time_of(octets: bytes) -> float:
    """Return the seconds since 1970 of the octets of a TimeOfDay with date. Raises ValueError otherwise."""
    if len(octets) != 6:
        raise ValueError(f"a binary-time of {len(octets)} octets")
    milliseconds, days = int.from_bytes(octets[:4], "big"), int.from_bytes(octets[4:], "big")
    return (days + DAYS_TO_1984) * SECONDS_OF_DAY + milliseconds / 1000


def default(specification: TypeSpecification) -> Data:
    """Return the value of zeros for a type that is neither an array nor a structure."""
    kind, detail = specification
    zeros: Mapping[str, Any] = {
        "boolean": False,
        "integer": 0,
        "unsigned": 0,
        "visible-string": "",
        "mMSString": "",
        "octet-string": bytes(max(0, detail)) if kind == "octet-string" else b"",
        "utc-time": bytes(8),
        "binary-time": bytes(6 if detail else 4),
    }
    if kind == "bit-string":
        return bit_string("0" * abs(detail))
    if kind == "floating-point":
        return floating_point(0.0, detail["format-width"])
    return kind, zeros[kind]


def mismatch(specification: TypeSpecification, data: Data) -> DataAccessError | None:
    """Return why a variable of this type cannot take ``data``, or None when it can.

    Another kind, number of components or form of octets is type-inconsistent; a number or length out of
    range is object-value-invalid (I: IEC 61850-8-1 names the errors, not the line between them).
    """
    kind, detail = specification
    other, value = data
    if kind != other:
        return DataAccessError.TYPE_INCONSISTENT
    if kind == "structure":
        return _mismatch_of_all([part["componentType"] for part in detail["components"]], value)
    if kind == "array":
        return _mismatch_of_all([detail["elementType"]] * detail["numberOfElements"], value)
    return _CHECKS[kind](detail, value) if kind in _CHECKS else None


def _mismatch_of_all(types: list[TypeSpecification], values: list[Data]) -> DataAccessError | None:
    if len(types) != len(values):
        return DataAccessError.TYPE_INCONSISTENT
    for specification, value in zip(types, values, strict=True):
        found = mismatch(specification, value)
        if found is not None:
            return found
    return None


def _integer(width: int, value: int) -> DataAccessError | None:
    limit = 1 << (width - 1)
    return None if -limit <= value < limit else DataAccessError.OBJECT_VALUE_INVALID


def _unsigned(width: int, value: int) -> DataAccessError | None:
    return None if 0 <= value < 1 << width else DataAccessError.OBJECT_VALUE_INVALID


def _bits(size: int, value: BitString) -> DataAccessError | None:
    fits = value[1] <= -size if size < 0 else value[1] == size
    return None if fits else DataAccessError.TYPE_INCONSISTENT


def _visible_string(size: int, value: str) -> DataAccessError | None:
    return _length(size, value) if value.isascii() else DataAccessError.OBJECT_VALUE_INVALID


def _length(size: int, value: str | bytes) -> DataAccessError | None:
    fits = len(value) <= -size if size < 0 else len(value) == size
    return None if fits else DataAccessError.OBJECT_VALUE_INVALID


def _floating_point(form: Mapping[str, int], value: bytes) -> DataAccessError | None:
    fits = len(value) == 1 + form["format-width"] // 8 and value[0] == form["exponent-width"]
    return None if fits else DataAccessError.TYPE_INCONSISTENT


def _utc_time(_: None, value: bytes) -> DataAccessError | None:
    return None if len(value) == 8 else DataAccessError.TYPE_INCONSISTENT


def _binary_time(with_date: bool, value: bytes) -> DataAccessError | None:
    return None if len(value) == (6 if with_date else 4) else DataAccessError.TYPE_INCONSISTENT


_CHECKS: Final[Mapping[str, Callable[[Any, Any], DataAccessError | None]]] = {
    "integer": _integer,
    "unsigned": _unsigned,
    "bit-string": _bits,
    "visible-string": _visible_string,
    "mMSString": _length,
    "octet-string": _length,
    "floating-point": _floating_point,
    "utc-time": _utc_time,
    "binary-time": _binary_time,
}


def nesting(data: Data) -> int:
    """Return how many levels of arrays and structures ``data`` has: 0 for a simple value."""
    deepest = 0
    stack = [(data, 1)]
    while stack:
        (kind, value), level = stack.pop()
        if kind in ("array", "structure"):
            deepest = max(deepest, level)
            stack.extend((part, level + 1) for part in value)
    return deepest
