"""Octets out of what people paste: hexadecimal text and dumps of xxd, hexdump -C, od and Wireshark."""

from __future__ import annotations

import re
from typing import Final

MAX_OCTETS: Final = 16 * 1024 * 1024

_COMMENT: Final = re.compile(r"(?:#|//).*")
_SEPARATORS: Final = re.compile(r"[\s:,;\-{}()\[\]\"'_]+")
_PREFIX: Final = re.compile(r"0[xX](?=[0-9a-fA-F])|\\x")
_DIGITS: Final = re.compile(r"[0-9a-fA-F]+")
_FIRST_LINE: Final = re.compile(r"\s*(0{4,16})(:?)\s+([0-9a-fA-F]{2,16})(?:\s|$)")
_LINE: Final = re.compile(r"\s*([0-9a-fA-F]{4,16})(:?)(?:\s+(.*))?$")

_OCTAL_WIDTH: Final = 7
"""Digits of the offsets of od, which are octal; those of other tools have four, six or eight."""


class HexTextError(ValueError):
    """Text that is not hexadecimal; ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


def octets_of(text: str) -> bytes:
    """Return the octets that ``text`` spells.

    Whitespace, colons, commas, brackets, quotes, ``0x`` and ``\\x`` are passed over, comments (``#``, ``//``)
    as well. A text whose first line begins with an offset of zeros is read as a dump. Raises HexTextError.
    """
    lines = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines()
    first = next((line for line in lines if line.strip()), "")
    if _is_dump(first):
        return _of_dump(lines)
    octets = bytearray()
    half = ""
    for number, line in enumerate(lines, start=1):
        for word in _SEPARATORS.split(_COMMENT.sub("", line)):
            prefixed = _PREFIX.match(word) is not None
            digits = _PREFIX.sub("", word)
            if prefixed and len(digits) == 1:
                digits = "0" + digits
            if digits and not _DIGITS.fullmatch(digits):
                raise HexTextError(number, f"{word[:20]!r} is not hexadecimal")
            half += digits
        octets += bytes.fromhex(half[: len(half) & ~1])
        half = half[len(half) & ~1 :]
        if len(octets) > MAX_OCTETS:
            raise HexTextError(number, f"more than {MAX_OCTETS} octets")
    if half:
        raise HexTextError(len(lines), "an odd number of digits")
    return bytes(octets)


def _is_dump(line: str) -> bool:
    match = _FIRST_LINE.match(line)
    return match is not None and (bool(match[2]) or len(match[1]) != len(match[3]))


def _of_dump(lines: list[str]) -> bytes:
    octets = bytearray()
    row = repeated = b""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if line.strip() == "*":
            repeated = row
            continue
        match = _LINE.match(line)
        if match is None:
            raise HexTextError(number, "a line of a dump without an offset")
        try:
            offset = int(match[1], 8 if len(match[1]) == _OCTAL_WIDTH else 16)
        except ValueError:
            offset = -1
        if repeated and offset > len(octets):
            missing = min(offset, MAX_OCTETS) - len(octets)
            octets += (repeated * (missing // len(repeated) + 1))[:missing]
            repeated = b""
        if offset != len(octets):
            raise HexTextError(number, f"offset {match[1]} where {len(octets):x} octets have been read")
        row = _of_line(match[3] or "", colon=bool(match[2]), number=number)
        octets += row
        if len(octets) > MAX_OCTETS:
            raise HexTextError(number, f"more than {MAX_OCTETS} octets")
    return bytes(octets)


def _of_line(rest: str, *, colon: bool, number: int) -> bytes:
    """Return the octets of a line behind its offset; the characters at its end are left out."""
    if colon:
        # xxd: groups of any size, then two spaces and the characters.
        groups, width = rest.partition("  ")[0].split(), MAX_OCTETS
    else:
        # hexdump -C and others: at most 16 pairs in two halves, then the characters behind | or three spaces.
        groups, width = re.split(r"\s{3,}", rest.partition("|")[0])[0].split()[:16], 2
    octets = b""
    for group in groups:
        if not _DIGITS.fullmatch(group) or len(group) > width:
            if width == 2 and len(group) == 4 and _DIGITS.fullmatch(group):
                raise HexTextError(
                    number, "16-bit words in a machine's octet order: use hexdump -C or od -t x1"
                )
            break
        if len(group) % 2:
            raise HexTextError(number, f"{group!r} is an odd number of digits")
        octets += bytes.fromhex(group)
    return octets


def printable(text: str) -> str:
    """Return text that does not drive a terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
