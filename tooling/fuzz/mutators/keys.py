"""Algorithms, groups, public values and signatures that are not what they should be."""

from __future__ import annotations

import functools
from random import Random
from typing import Any, Final

from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, algorithm, identifier, names
from conform62351.profiles.crypto.groups import POINT_OCTETS, groups
from conform62351.profiles.native.tokens import Aea, DhKey, NonAea
from conform62351.profiles.pki.writing import integer, tlv
from conform62351.tooling.fuzz.mutators import values

_SEQUENCE: Final = 0x30
_MODP: Final = ("modp-2048", "modp-2048-224")
_PRIME: Final = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Prime of the field, and order, of secp256r1 (SEC 2, 2.4.2; R)."""
PARAMETERS: Final = (
    None,
    b"\x05\0",
    b"\x05\x01\0",
    b"\x04\0",
    b"\x30\0",
    b"\x04\x10" + b"\xff" * 16,
    b"\x30\x11\x04\x0c" + bytes(12) + b"\x02\x01\0",
    b"\x30\x11\x04\x0c" + bytes(12) + b"\x02\x01\xff",
    b"\x30\x14\x04\x0c" + bytes(12) + b"\x02\x04\x7f\xff\xff\xff",
    b"\x30\x05\x04\0\x02\x01\x10",
    b"\x04\x82\x10\0" + bytes(4096),
)
"""Parameters of algorithms: absent, NULL, an iv, and GCMParameters with tags of 0, -1 and 2**31-1 octets."""
GROUPS: Final = (0, 1, 2, 5, 14, 15, 16, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30, 31, 255, 256, 65535, -1)
FOREIGN: Final = (
    "1.2.840.113549.1.1.1",
    "1.2.840.113549.1.1.4",
    "1.2.840.113549.1.1.5",
    "1.2.840.113549.1.1.10",
    "1.2.840.113549.1.1.13",
    "1.2.840.10045.2.1",
    "1.2.840.10045.4.1",
    "1.2.840.10045.4.3.4",
    "1.3.101.112",
    "2.16.840.1.101.3.4.1.6",
    "1.2.840.113549.3.7",
)
"""Algorithms that native mode has not: MD5, SHA-1, PSS, keys in the place of algorithms, Ed25519, 3DES."""


def algorithm_identifier(random: Random, old: AlgorithmIdentifier) -> AlgorithmIdentifier:
    """Return another algorithm, a strange one, or the same with other parameters."""
    way = random.randrange(4)
    if way == 0:
        return identifier(algorithm(random.choice(names())))
    if way == 1:
        return AlgorithmIdentifier(random.choice(FOREIGN), old.parameters)
    if way == 2:
        return AlgorithmIdentifier(values.identifier(random, old.oid), old.parameters)
    return AlgorithmIdentifier(old.oid, random.choice((*PARAMETERS, values.nested(random))))


def group_number(random: Random, old: int) -> int:
    """Return the number of another group, of none, or one that is no group's."""
    return random.choice((*GROUPS, values.integer(random, old)))


def public_value(random: Random, old: bytes) -> bytes:
    """Return what is no public value of the group of ``old``: by its form, its range, or its order."""
    if random.random() < 0.25:
        return values.resized(random, old)
    return random.choice(_points(old) if len(old) == POINT_OCTETS else _powers(old))


def odd_public_values(old: bytes) -> tuple[bytes, ...]:
    """Return all that is no public value of the group of ``old``, by its size first."""
    sizes = (b"", b"\4" * 4097, b"\0", old[:-1], old + b"\0", old + old)
    return (*sizes, *(_points(old) if len(old) == POINT_OCTETS else _powers(old)))


def _points(old: bytes) -> tuple[bytes, ...]:
    """Return what is no point of the curve, or is one in another form (SEC 1, 2.3.3; R)."""
    x, y = old[1:33], old[33:]
    other = bytes((y[0], y[1] ^ 1, *y[2:]))
    return (
        b"\4" + bytes(64),
        b"\4" + b"\xff" * 64,
        b"\0",  # infinity
        b"\4" + x + bytes(32),  # of order 2 on another curve
        b"\4" + x + other,
        bytes((2 + (y[-1] & 1),)) + x,  # compressed
        b"\4" + bytes(32) + y,
        b"\4" + _PRIME.to_bytes(32, "big") + y,  # x not reduced
        b"\4" + x + _PRIME.to_bytes(32, "big"),
        b"\4" + bytes(31) + b"\1" + bytes(31) + b"\1",
        b"\2" + b"\xff" * 32,
        bytes((6 + (y[-1] & 1),)) + x + y,  # hybrid
        b"\4" + y + x,
        x + y,
        b"\4" + x,
        b"\5" + x + y,
        b"\4" + x[1:] + y[1:],
    )


@functools.lru_cache(maxsize=64)
def _powers(old: bytes) -> tuple[bytes, ...]:
    """Return numbers that are no power of the generator, or of a small subgroup (RFC 2631, 2.1.5; R)."""
    found = []
    for name in _MODP:
        group: Any = groups()[name]
        prime: int = group.prime
        numbers = (0, 1, prime - 1, prime, _small_order(name), (1 << 2048) - 1, 2, prime + 1, prime - 2)
        for number in (*numbers, 2 * prime):
            least = (number.bit_length() + 7) // 8
            sizes = dict.fromkeys((len(old), group.public_octets, least, group.public_octets + 1))
            found += [number.to_bytes(size, "big") for size in sizes if size >= least]
    return tuple(dict.fromkeys(found))


@functools.cache
def _small_order(name: str) -> int:
    """Return a number whose powers are few where the group of this name has such, else one of order 2."""
    group: Any = groups()[name]
    prime: int = group.prime
    if group.order is None:
        return prime - 1
    cofactor = (prime - 1) // group.order
    small = next((number for number in (2, 3, 5, 7) if cofactor % number == 0), 2)
    return next(
        (power for base in range(2, 50) if (power := pow(base, (prime - 1) // small, prime)) != 1), prime - 1
    )


def agreement_key(random: Random) -> DhKey:
    """Return a public value with the number of its group, or of another."""
    size = random.choice((POINT_OCTETS, 256))
    old = b"\4" + random.randbytes(64) if size == POINT_OCTETS else random.randbytes(size)
    return DhKey(group_number(random, 23), random.choice((old, public_value(random, old))))


def mode(random: Random, old: Aea | NonAea) -> Aea | NonAea:
    """Return the other alternative, or this one with no algorithms, odd ones, or many."""
    known = old.algorithms if isinstance(old, Aea) else old.icvAlgID
    first = known[0] if known else identifier(algorithm("hmacWithSHA256"))
    several = random.choice(
        (
            (),
            (first,),
            (first,) * random.choice((2, 64, 300)),
            (algorithm_identifier(random, first),),
            known[::-1],
        )
    )
    way = random.randrange(4)
    if way == 0:
        return Aea(several)
    if way == 1:
        return NonAea(several, None)
    if way == 2:
        return NonAea(known, several)
    return NonAea(several, known)


def signature(random: Random, old: bytes) -> bytes:
    """Return what is no signature: r and s where they must not lie, or octets of another size."""
    if not old.startswith(b"\x30") or random.random() < 0.2:
        return values.resized(random, old)
    huge = random.getrandbits(4096) | 1 << 4095
    number = random.choice((*_NUMBERS, huge))
    other = random.choice((*_NUMBERS, number))
    return random.choice((*_pairs(number, other), *_spoilt(old), values.nested(random)))


_NUMBERS: Final = (0, 1, -1, _ORDER, _ORDER - 1, _ORDER + 1, 1 << 256)


def _pairs(number: int, other: int) -> tuple[bytes, ...]:
    """Return r and s, in forms that a signature has, and in others."""
    r, s = integer(number), integer(other)
    return (
        tlv(_SEQUENCE, r, s),
        tlv(_SEQUENCE, r),
        tlv(_SEQUENCE),
        tlv(_SEQUENCE, r, s, r),
        tlv(_SEQUENCE, b"\x02\0", b"\x02\0"),
        tlv(_SEQUENCE, r, s) + b"\0" * 16,
        b"\x30\x80" + r + s + b"\0\0",
    )


def _spoilt(old: bytes) -> tuple[bytes, ...]:
    """Return a signature by elliptic curve with a length of it or an octet changed."""
    return (
        b"\x30\x81" + bytes((max(len(old) - 2, 0),)) + old[2:],
        b"\x30\x84\x7f\xff\xff\xff" + old[2:],
        old[:3] + b"\xff" + old[4:],
        old[:-1],
        old + b"\0",
    )


def odd_signatures(old: bytes) -> tuple[bytes, ...]:
    """Return all that is no signature: by its size first, then r and s where they must not lie."""
    size = len(old)
    sizes = (
        b"",
        bytes(size),
        b"\0",
        b"\xff" * size,
        old[:-1],
        old + b"\0",
        b"\1" * 4097,
        bytes(7),
        old + old,
    )
    if not old.startswith(b"\x30"):
        return sizes
    pairs = [pair for number in _NUMBERS for pair in _pairs(number, number)]
    return (*sizes[:3], *pairs[:3], *sizes[3:], *_spoilt(old), *pairs[3:])
