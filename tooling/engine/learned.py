"""What the tester learns of a DUT's objects while it asks for them, and values made from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conform62351.profiles.mms.data import Data, TypeSpecification
from conform62351.profiles.mms.messages import Response

TEXTS = frozenset({"visible-string", "mMSString"})


@dataclass
class Learned:
    """What was told on one connection; None: nothing yet.

    ``original`` is the value read first and ``read`` the one read last, ``written`` the one that the tester
    wrote last. ``type`` is what GetVariableAccessAttributes told last, ``members`` how many
    GetNamedVariableListAttributes listed.
    """

    original: Data | None = None
    read: Data | None = None
    written: Data | None = None
    type: TypeSpecification | None = None
    members: int | None = None

    def take(self, response: Response) -> None:
        """Learn from an answer to a request of the tester."""
        match response.service:
            case "read" if response.results:
                self.read = response.results[0].data
                if self.original is None:
                    self.original = self.read
            case "getVariableAccessAttributes":
                self.type = response.value["typeSpecification"]
            case "getNamedVariableListAttributes":
                self.members = len(response.value["listOfVariable"])


def of_another_type(data: Data) -> Data:
    """Return a value that a variable which has the value ``data`` cannot have."""
    return ("boolean", True) if data[0] in TEXTS else ("visible-string", "conform62351")


def another(data: Data) -> Data:
    """Return another value of the same type and size; the same one for types that have no other for sure."""
    kind, value = data
    change = _CHANGES.get(kind)
    return data if change is None else (kind, change(value))


def _another_number(value: int) -> int:
    return int(value == 0)


def _another_text(value: str) -> str:
    return ("2" if value[:1] == "1" else "1") + value[1:]


def _inverted(value: bytes) -> bytes:
    return bytes(octet ^ 0xFF for octet in value)


def _inverted_bits(value: tuple[bytes, int]) -> tuple[bytes, int]:
    octets, length = value
    mask = (1 << 8 * len(octets)) - (1 << (8 * len(octets) - length))
    return (int.from_bytes(octets, "big") ^ mask).to_bytes(len(octets), "big"), length


def _another_float(value: bytes) -> bytes:
    """Return 1.0 for 0.0, and 0.0 for any other: the first octet is the width of the exponent."""
    one = {5: b"\x3f\x80\0\0", 9: b"\x3f\xf0\0\0\0\0\0\0"}.get(len(value), value[1:])
    return value[:1] + (bytes(len(value) - 1) if any(value[1:]) else one)


_CHANGES: Mapping[str, Callable[[Any], Any]] = {
    "boolean": lambda value: not value,
    "integer": _another_number,
    "unsigned": _another_number,
    "floating-point": _another_float,
    "bit-string": _inverted_bits,
    "octet-string": _inverted,
    "visible-string": _another_text,
    "mMSString": _another_text,
}
