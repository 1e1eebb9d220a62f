"""Values at the borders of what a field means, the most telling ones first; nothing is left to chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, algorithm, identifier, names
from conform62351.profiles.native.tokens import Aea, DhKey, NonAea
from conform62351.tooling.fuzz.mutators import keys, values
from conform62351.tooling.fuzz.mutators.leaves import Leaf, Meaning

NUMBERS: Final = (
    0,
    1 << 31,
    -1,
    1 << 32,
    1,
    (1 << 31) - 1,
    1 << 63,
    65_536,
    (1 << 32) - 1,
    -(1 << 31),
    1 << 64,
    255,
    256,
    127,
    128,
    32_767,
    32_768,
    65_535,
    2,
    -2,
    -(1 << 63),
    (1 << 63) - 1,
    -(1 << 31) - 1,
    1 << 127,
    -(1 << 64),
    1 << 1023,
)
"""INTEGERs: nothing, where the types of C wrap or their sign turns, and what no type of C holds."""
SIZES: Final = (65, 300, 4097, 17, 16_384, 33, 129, 257, 1025, 16, 32, 64, 128, 255, 256, 1024, 512, 60_000)
"""Octets or characters to send: beyond the buffers that programmers like first, then what fits them just."""
_FORMAT: Final = "%n%s%n%s%n%s%x%p"
_DELIMITERS: Final = "$/.:,;=@ -_"
_FAR_S: Final = 20 * 366 * 86_400
_LONGEST: Final = 60_000
"""Octets of a list that repeats its members, about."""
COPIES: Final = (9, 2, 33, 300, 1000, 5, 17, 65, 129, 256, 3, 4, 8, 16)
"""How often something stands there that stands there once: beyond the tables that programmers like first."""


def number(old: int) -> tuple[int, ...]:
    """Return numbers in place of ``old``: at borders, and next to it."""
    return (*NUMBERS[:8], old + 1, old - 1, *NUMBERS[8:], -old, old + (1 << 32), old + (1 << 16), old << 1)


def text(old: str) -> tuple[str, ...]:
    """Return texts in place of ``old``: none, long ones, formats, and with its delimiters at odd places."""
    own = [mark for mark in _DELIMITERS if mark in old]
    ends = [f"{old}{mark}" for mark in own]
    cut = [old[: old.rindex(mark) + 1] for mark in own]
    begins = [f"{mark}{old}" for mark in own]
    doubled = [old.replace(mark, 2 * mark) for mark in own]
    without = [old.replace(mark, "") for mark in own]
    return (
        "",
        _FORMAT * 30,
        *ends[:2],
        "A" * SIZES[0],
        f"A{values.NUL}B",
        _FORMAT,
        *begins[:1],
        "A" * SIZES[1],
        *cut,
        "A" * SIZES[2],
        *ends,
        *begins,
        *without,
        *doubled,
        *own,
        f"{old}{_FORMAT}",
        *values.TEXTS,
        old + old,
        old[:-1],
        *(f"{old}{mark}" for mark in _DELIMITERS if mark not in own),
        *("A" * size for size in SIZES[3:]),
    )


def association_identifier(old: str) -> tuple[str, ...]:
    """Return texts in place of an assoID: numbers at borders with and without a colon, and as any text."""
    bordering = tuple(str(border) for border in NUMBERS)
    return (*text(old)[:6], "0", *bordering[:6], f"{old}:{old}", ":", *text(old)[6:], *bordering[6:])


def octets(old: bytes) -> tuple[bytes, ...]:
    """Return octets in place of ``old``: none, of other sizes, all alike, of formats and terminators."""
    size = len(old)
    return (
        b"",
        b"A" * SIZES[0],
        bytes(size),
        b"\xff" * size,
        b"A" * SIZES[1],
        old[:-1],
        old + b"\0",
        b"\0",
        _FORMAT.encode(),
        b"A" * SIZES[2],
        old + old,
        b"\0" + old[1:],
        b"\xff",
        b"\x80",
        old[:1],
        *(b"A" * size for size in SIZES[3:]),
    )


def sized(old: bytes) -> tuple[bytes, ...]:
    """Return octets in place of what has the size of an algorithm: an iv, a tag, a nonce."""
    size = len(old)
    sizes = (0, 1, size - 1, size + 1, 8, 2 * size, 300, 12, 16, 20, 32, 64, 4097)
    alike = (bytes(size), b"", b"\0" + old[1:], b"\xff" * size)
    return (*alike, *(bytes(max(count, 0)) for count in sizes), old + old, old[::-1])


def time(_: bytes) -> tuple[bytes, ...]:
    """Return GeneralizedTimes that are none, or where the clocks of firmware end."""
    first = (b"", b"99991231235959.999Z", b"19691231235959.999Z", b"20260101000000." + b"9" * 400 + b"Z")
    return (*first, *values.TIMES)


SHIFTS: Final = (
    _FAR_S,
    -2 * _FAR_S,
    5 * _FAR_S,
    -3 * _FAR_S,
    -_FAR_S,
    3600.0,
    -3600.0,
    601.0,
    -601.0,
    599.0,
    -599.0,
)
"""Seconds by which a time is off: past the clocks of 32 bits, before their beginning, about the window."""


def object_identifier(old: str) -> tuple[str, ...]:
    """Return object identifiers: next to ``old``, with very many or very large arcs, and of another use."""
    stem, _, last = old.rpartition(".")
    beside = [f"{stem}.{int(last) + off}" for off in (1, -1, 2) if stem.count(".") and int(last) + off >= 0]
    many = f"{'.'.join(old.split('.')[:2])}{'.1' * 127}"
    return (
        many,
        *beside[:1],
        "1.2.4294967296",
        "2.999",
        f"1.2.{1 << 800}",
        f"{old}.1",
        *beside[1:],
        "0.0",
        *values.IDENTIFIERS,
    )


def algorithms(old: AlgorithmIdentifier) -> tuple[AlgorithmIdentifier, ...]:
    """Return algorithms: unknown and weak ones, all that there are, and ``old`` with odd parameters."""
    known = tuple(identifier(algorithm(name)) for name in names())
    foreign = tuple(AlgorithmIdentifier(oid, old.parameters) for oid in keys.FOREIGN)
    odd = tuple(AlgorithmIdentifier(old.oid, parameters) for parameters in keys.PARAMETERS)
    return (foreign[0], odd[-1], AlgorithmIdentifier("2.999", None), *foreign[1:], *known, *odd[:-1])


def mode(old: Aea | NonAea) -> tuple[Aea | NonAea, ...]:
    """Return the alternatives of the mode with no, one, other and very many algorithms."""
    own = old.algorithms if isinstance(old, Aea) else old.icvAlgID
    unknown = (AlgorithmIdentifier("2.999", None),)
    many = tuple(own[:1] * 300)
    return (
        Aea(()),
        NonAea(own, ()),
        NonAea((), None),
        Aea(many),
        NonAea(own, None),
        Aea(unknown),
        NonAea(own, own),
        NonAea(unknown, own),
        NonAea(many, many),
        Aea(own[::-1]),
        Aea(own + own),
    )


def agreement_keys() -> tuple[DhKey, ...]:
    """Return public values for one that may be left out: empty, long, of unknown groups."""
    point = b"\4" + bytes(range(64))
    return (
        DhKey(23, b""),
        DhKey(99, point),
        DhKey(23, b"\4" * 4097),
        DhKey(23, b"\4"),
        DhKey(0, point),
        DhKey(23, b"\0"),
        DhKey(23, b"\4" + bytes(64)),
        DhKey(-1, point),
        DhKey(14, bytes(256)),
        DhKey(14, b"\1"),
        DhKey(1 << 31, point),
        DhKey(23, point),
        DhKey(24, b"\xff" * 256),
    )


_BIT_SETS: Final = ((), (31,), (8,), tuple(range(32)), (0,), (1,), (2,), (3,), (7, 8), (15, 16), (255,))
_CERTIFICATES: Final = (b"", b"\x30\0", b"\x30\x80\0\0", b"\x05\0", b"\x30\x84\x7f\xff\xff\xff", b"A" * 4097)


def certificate(old: bytes) -> tuple[bytes, ...]:
    """Return what is no certificate: nothing, too little, too much, something else."""
    more = (old[: len(old) // 2], old + old, old + b"\0", old[:-1], b"A" * 60_000, b"\x30\x80" * 60)
    return (*_CERTIFICATES, *more)


def members(old: tuple[Any, ...] | list[Any], size: int) -> tuple[list[Any], ...]:
    """Return lists: empty, of one member many times, without one, turned round.

    ``size`` is how many octets a member takes, about.
    """
    own = list(old)
    if not own:
        return ()
    most = max(_LONGEST // max(size, 1), 2)
    many = [[*own, *own[-1:] * min(count, most)] for count in COPIES]
    less = [own[:place] + own[place + 1 :] for place in range(min(len(own), 8))]
    return ([], many[0], many[1], *less[:1], many[2], own[::-1], *many[3:5], *less[1:], *many[5:])


_BY_MEANING: Final[Mapping[Meaning, Callable[[Any], tuple[Any, ...]]]] = {
    Meaning.TIME: time,
    Meaning.SEQUENCE_NUMBER: number,
    Meaning.NUMBER: number,
    Meaning.IDENTIFIER: object_identifier,
    Meaning.ALGORITHM: algorithms,
    Meaning.GROUP: lambda old: (*keys.GROUPS[:1], *keys.GROUPS[-2:], 1 << 31, *keys.GROUPS, *number(old)),
    Meaning.PUBLIC_VALUE: keys.odd_public_values,
    Meaning.NONCE: sized,
    Meaning.TAG: sized,
    Meaning.SIGNATURE: keys.odd_signatures,
    Meaning.CERTIFICATE: certificate,
    Meaning.ASSOCIATION: association_identifier,
    Meaning.TEXT: text,
    Meaning.BITS: lambda _: _BIT_SETS,
    Meaning.BIT_STRING: lambda _: values.BIT_CONTENTS,
    Meaning.FLAG: lambda old: (not old,),
    Meaning.OCTETS: octets,
    Meaning.MODE: mode,
}
"""What there is for a field of each meaning; lists and absent members are told apart by more than that."""
_ABSENT: Final[Mapping[Any, tuple[Any, ...]]] = {
    int: (NUMBERS[1], NUMBERS[2], NUMBERS[0], NUMBERS[3], NUMBERS[4], NUMBERS[6]),
    bytes: (b"", b"A" * SIZES[1], b"A" * 16, b"\0", b"A" * SIZES[2], b"A" * 13),
    str: ("", "2.999", "A" * SIZES[1], _FORMAT, f"1.2{'.1' * 127}"),
}
"""Values for a member that is absent, by its type."""


def borders_of(leaf: Leaf) -> tuple[Any, ...]:
    """Return the values for a field that there is; none for a list, a structure or an absent member."""
    made = _BY_MEANING.get(leaf.meaning)
    return () if made is None else made(leaf.value)


def absent_values(leaf: Leaf, alike: bytes) -> tuple[Any, ...]:
    """Return values for a member that is absent; ``alike`` is a certificate for lists of them."""
    if leaf.name == "rekey":
        return agreement_keys()
    kinds = getattr(leaf.wanted, "__args__", ())
    found = tuple(value for kind in _ABSENT for value in _ABSENT[kind] if kind in kinds)
    if found:
        return found
    if leaf.name == "certPath":
        return ((), (alike,), (alike,) * 9, (alike,) * 33, (b"",), (b"\x05\0",))
    return ((),)
