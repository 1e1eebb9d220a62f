"""Mutators of octets, whatever they mean: bits, runs, pieces put in or cut off, whole PDUs replaced."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Append,
    Cut,
    FlipBit,
    Insert,
    Overwrite,
    Repeat,
    Replace,
)
from conform62351.tooling.fuzz.mutators import values
from conform62351.tooling.fuzz.mutators.mutator import octets_of
from conform62351.tooling.fuzz.places import Place

_RUNS: Final = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\x7f\xff",
    b"\x80\0",
    b"\xff\xff",
    b"\0\0\0\0",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\xff\xff\xff\xff",
    b"\x84\xff\xff\xff\xff",
    b"%n%s",
)
"""Octets to put over others: numbers at the borders of the types of C, in network order."""
_GARBAGE: Final = (
    b"\0",
    b"\xff",
    b"\x30",
    b"\x30\x80",
    b"\x30\x84\xff\xff\xff\xff",
    b"\x30\x80" * 60,
    b"\x24\x80" * 60,
    b"\xa0\x82\xff\xff",
    b"GET / HTTP/1.0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
)
"""What some send to any port, and what BER may begin with."""
_EDGES: Final = (0, 1, 2, 3, -1, -12, -16, -32)
"""Places that mean something in most PDUs: the first length, and the first octet of a tag or an ICV."""
_AT_EDGES: Final = 0.3
Make = Callable[[str, bytes, Random], AnyMutation]


def position(random: Random, count: int, width: int = 1) -> int:
    """Return where ``width`` octets of ``count`` begin; in the second half counted from the end.

    What a PDU holds may be longer or shorter by some octets the next time it is made: signatures are.
    """
    most = max(count - width, 0)
    at = random.randint(0, most)
    if random.random() < _AT_EDGES:
        edge = random.choice(_EDGES)
        at = min(edge, most) if edge >= 0 else max(count + edge, 0)
    return min(at, most) if 2 * at < count else min(at, most) - count


class OctetMutator:
    """Changes octets of a PDU after it was made: signatures and ICVs within it do not follow."""

    def __init__(self, name: str, make: Make, weight: float, *, empty: bool = False) -> None:
        self.name = name
        self.weight = weight
        self._make = make
        self._empty = empty

    def suits(self, place: Place) -> bool:
        """Return whether the place holds octets that can be changed."""
        octets = octets_of(place)
        return octets is not None and (self._empty or bool(octets))

    def mutate(self, place: Place, random: Random) -> tuple[AnyMutation, ...]:
        """Return one change."""
        return (self._make(place.pdu, octets_of(place) or b"", random),)


def _flip(pdu: str, octets: bytes, random: Random) -> AnyMutation:
    return FlipBit(pdu=pdu, at=position(random, len(octets)), bit=random.randrange(8))


def _overwrite(pdu: str, octets: bytes, random: Random) -> AnyMutation:
    fitting = [run for run in _RUNS if len(run) <= len(octets)]
    run = random.choice((*fitting, random.randbytes(1)))
    return Overwrite(pdu=pdu, at=position(random, len(octets), len(run)), octets=run)


def _insert(pdu: str, octets: bytes, random: Random) -> AnyMutation:
    at = position(random, len(octets))
    return Insert(
        pdu=pdu, at=at, octets=random.choice((*_RUNS, random.randbytes(values.size(random, 300) or 1)))
    )


def _append(pdu: str, octets: bytes, random: Random) -> AnyMutation:
    return Append(
        pdu=pdu, octets=random.choice((*_RUNS, octets[:4096] or b"\0", b"\0" * (values.size(random) or 1)))
    )


def _cut(pdu: str, octets: bytes, random: Random) -> AnyMutation:
    keep = random.choice((0, 1, 2, 3, -1, -2, random.randrange(len(octets)), len(octets) // 2))
    return Cut(pdu=pdu, keep=keep)


def _replace(pdu: str, _: bytes, random: Random) -> AnyMutation:
    made = random.choice((*_GARBAGE, values.nested(random), random.randbytes(values.size(random, 4097))))
    return Replace(pdu=pdu, octets=made)


def _repeat(pdu: str, octets: bytes, random: Random) -> AnyMutation:
    most = max(values.GIANT[-1] // len(octets), 2)
    return Repeat(pdu=pdu, times=min(random.choice((2, 2, 3, 16, 100)), most))


def octet_mutators() -> tuple[OctetMutator, ...]:
    """Return the mutators of octets."""
    return (
        OctetMutator("bit", _flip, 0.5),
        OctetMutator("octets overwritten", _overwrite, 0.5),
        OctetMutator("octets inserted", _insert, 0.4),
        OctetMutator("octets behind", _append, 0.3, empty=True),
        OctetMutator("octets cut off", _cut, 0.4),
        OctetMutator("PDU replaced", _replace, 0.2, empty=True),
        OctetMutator("PDU repeated", _repeat, 0.2),
    )
