"""Values that find faults in firmware: the borders of what is counted, and what parsers are not ready for.

Everything is drawn from a ``random.Random`` that is handed in, so that a seed gives the same values again.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final, TypeVar

from conform62351.profiles.tlv_edit import length_octets

T = TypeVar("T")

LENGTHS: Final = (0, 1, 127, 128, 255, 256, 32767, 65535, (1 << 31) - 1, (1 << 32) - 1)
"""Lengths to claim: where one form of a length ends, a type of C wraps, or a sign appears."""
SIZES: Final = (0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1024, 4097)
"""Octets to send: what fits a buffer just so, or just not."""
GIANT: Final = (16_384, 32_767, 32_768, 60_000)
"""Octets to send that still fit the user data of a CONNECT together with the rest (65 535)."""
RARELY: Final = 0.06
"""The share of giants: they cost time, and say the same as the first one."""

BORDERS: Final = tuple(
    sorted(
        {
            sign * (1 << bits) + off
            for bits in (7, 8, 15, 16, 31, 32, 63, 64)
            for sign in (1, -1)
            for off in (-1, 0, 1)
        }
        | {0, 1, -1, 2, 100, 1000}
    )
)
"""INTEGERs where a type of C wraps or its sign turns."""

NUL: Final = "\0"
TEXTS: Final = (
    "",
    NUL,
    "%s%s%s%s%s%s%s%s",
    "%n%n%n%n",
    "%x.%08x.%p",
    "%99999d",
    "A" + NUL + "B",
    "../../../../etc/passwd",
    "'\";--",
    "$(reboot)`reboot`",
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///dev/zero'>]><a>&b;</a>",
    "\r\n\r\n",
    " ",
    "-1",
    "0" * 40,
    "99999999999999999999",
    "\u00fc\u20ac\U0001f600",
    "\u202e\ufeff",
    "\ufffe\uffff",
    ":",
    ":::::::",
)
"""Texts for those who print, compare, count or hand on what a peer has sent."""

IDENTIFIERS: Final = (
    "0.0",
    "2.999",
    "1.39",
    "2.1.1",
    "2.5.29.17",
    "1.0.9506.2.1",
    "2.47",
    "2.4294967295",
    "2.4294967296",
    "1.2.18446744073709551616",
    f"1.2.{(1 << 127) - 1}",
    f"1.2.{1 << 800}",
    "1.2" + ".1" * 127,
    "1.2" + ".4294967295" * 300,
)
"""OBJECT IDENTIFIERs: short, unknown, of another use, with arcs beyond every type of C, and with many."""

IDENTIFIER_CONTENTS: Final = (
    b"",
    b"\x80",
    b"\x2a\x80",
    b"\x2a\x80\x01",
    b"\xff" * 9,
    b"\x2a" + b"\xff" * 40 + b"\x7f",
    b"\x2a" + b"\x01" * 255,
    b"\x78",
)
"""Contents of OBJECT IDENTIFIERs: empty, ending within an arc, padded, and with huge arcs (X.690 8.19)."""

TIMES: Final = (
    b"",
    b"0",
    b"Z",
    b"00000000000000.000Z",
    b"00010101000000.000Z",
    b"19691231235959.999Z",
    b"19700101000000.000Z",
    b"20380119031407.999Z",
    b"20380119031408.000Z",
    b"21060207062816.000Z",
    b"99991231235959.999Z",
    b"20261301000000.000Z",
    b"20260230000000.000Z",
    b"20270229000000.000Z",
    b"20260101240000.000Z",
    b"20260101236000.000Z",
    b"20260630235960.000Z",
    b"20260101000000.Z",
    b"20260101000000." + b"9" * 400 + b"Z",
    b"20260101000000,000Z",
    b"20260101000000.000+9999",
    b"20260101000000.000-0000",
    b"-0260101000000.000Z",
    b" 0260101000000.000Z",
    b"2026010100000a.000Z",
    b"20260101000000.000Z\0",
    b"%n%n%n%n%n%n%n%n%nZ",
    b"260101000000Z",
    b"Z" * 300,
)
"""GeneralizedTimes: impossible ones, and those where the seconds of a clock of 32 bits end."""

BIT_CONTENTS: Final = (
    b"",
    b"\0",
    b"\7",
    b"\x08\xff",
    b"\xff\xff",
    b"\7\xff",
    b"\0\xff",
    b"\0" + b"\xff" * 33,
    b"\0" + b"\0" * 300,
)
"""Contents of BIT STRINGs: the number of unused bits first, which may be more than there are (X.690 8.6)."""


def integer(random: Random, near: int = 0) -> int:
    """Return an INTEGER: at a border, close to ``near``, its opposite, or of more bits than C has."""
    way = random.randrange(8)
    if way < 4:
        return random.choice(BORDERS)
    if way < 6:
        return near + random.choice((-2, -1, 1, 2, 10, 1 << 16, 1 << 31))
    if way == 6:
        return -near or -1
    bits = random.choice((33, 65, 127, 128, 129, 1023, 1024, 1025, 2048))
    return random.choice((1, -1)) * (random.getrandbits(bits) | 1 << bits)


def unsigned(random: Random, octets: int) -> int:
    """Return a number for a field of so many octets: at a border of it, or anywhere in it."""
    most = (1 << 8 * octets) - 1
    fitting = [border for border in BORDERS if 0 <= border <= most]
    return random.choice((*fitting, most, most - 1, random.randint(0, most)))


def size(random: Random, most: int = GIANT[-1]) -> int:
    """Return how many octets to send; seldom very many, never more than ``most``."""
    sizes = GIANT if random.random() < RARELY else SIZES
    return min(random.choice(sizes), most)


def text(random: Random, old: str = "") -> str:
    """Return a text: one of :data:`TEXTS`, a long one, or ``old`` with something in it."""
    way = random.randrange(6)
    if way < 2:
        return random.choice(TEXTS)
    if way == 2:
        return random.choice(("A", "%s", "9", "\u20ac")) * size(random, 16_384)
    at = random.choice((0, len(old), random.randint(0, len(old))))
    return old[:at] + random.choice((NUL, "%n", "%s", "/", ":", "$", ".", " ", "\n", "A" * 64)) + old[at:]


def identifier(random: Random, old: str) -> str:
    """Return another object identifier, or the same with another last arc, one less, or one more."""
    way = random.randrange(4)
    if way < 2:
        return random.choice(IDENTIFIERS)
    arc = random.choice((0, 1, 2, 10, 127, 128, 1 << 32, 1 << 64))
    if way == 2:
        return f"{old}.{arc}"
    stem = old.rpartition(".")[0]
    return f"{stem}.{arc}" if "." in stem else f"{old}.1"


def octets(random: Random, old: bytes = b"") -> bytes:
    """Return octets: of another size, all alike, as ``old`` but for one, or of something else altogether."""
    way = random.randrange(8)
    if way == 0:
        return b""
    if way == 1:
        return bytes((random.choice((0, 0xFF, 0x41, 0x30)),)) * size(random)
    if way == 2:
        return old[: random.randint(0, max(len(old) - 1, 0))]
    if way == 3:
        return old + random.randbytes(random.choice((1, 2, 16)))
    if way == 4:
        return bytes((random.choice((0, 0xFF)),)) * len(old)
    if way == 5:
        return old + old
    if way == 6 and old:
        at = random.randrange(len(old))
        return old[:at] + bytes((old[at] ^ 1 << random.randrange(8),)) + old[at + 1 :]
    return random.choice((b"%n%s%x%n", b"\0", b"\0" * 8 + b"A", random.randbytes(size(random, 4097))))


def resized(random: Random, old: bytes) -> bytes:
    """Return octets that are a size off, at the size of another algorithm, zero, or all ones."""
    sizes = (0, 1, len(old) - 1, len(old) + 1, 2 * len(old), 8, 11, 12, 13, 16, 20, 32, 48, 64, 255, 256)
    count = max(random.choice(sizes), 0)
    return random.choice((bytes(count), b"\xff" * count, (old * (1 + count // max(len(old), 1)))[:count]))


def claimed_length(random: Random, real: int) -> bytes:
    """Return length octets that do not go with ``real`` octets of content, or in no minimal form."""
    way = random.randrange(6)
    if way == 0:
        return random.choice((b"\x80", b"\xff", b"\x84", b"\x88" + b"\xff" * 8, b"\xfe" + b"\0" * 126))
    if way == 1:
        return length_octets(real, random.choice((1, 2, 3, 4, 8)))
    if way == 2:
        return length_octets(max(real + random.choice((-2, -1, 1, 2)), 0))
    length = random.choice(LENGTHS)
    return length_octets(length) if way < 5 else b"\x84" + (length & 0xFFFFFFFF).to_bytes(4, "big")


def nested(random: Random, identifier: int = 0x30, most: int = 60) -> bytes:
    """Return TLVs in each other, at most ``most`` deep; the lengths of the outer ones may be indefinite."""
    indefinite = random.random() < 0.3
    return nest(random.choice((2, 10, 31, 32, 33, most)), identifier, indefinite=indefinite)


def nest(depth: int, identifier: int = 0x30, *, indefinite: bool = False) -> bytes:
    """Return ``depth`` TLVs in each other, with a NULL in the innermost."""
    inner = b"\x05\0"
    for _ in range(depth):
        if indefinite:
            inner = bytes((identifier, 0x80)) + inner + b"\0\0"
        else:
            inner = bytes((identifier,)) + length_octets(len(inner)) + inner
    return inner


def some(random: Random, items: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` of the items, in their order; all where there are no more."""
    if len(items) <= most:
        return list(items)
    return [items[place] for place in sorted(random.sample(range(len(items)), most))]
