"""Extensions of certificates that no authority issues (RFC 5280, 4.2; R)."""

from __future__ import annotations

from random import Random
from typing import Final

from conform62351.profiles.pki.writing import integer, tlv
from conform62351.tooling.fuzz.mutators import values

_SUBJECT_KEY: Final = b"\x55\x1d\x0e"
_KEY_USAGE: Final = b"\x55\x1d\x0f"
_SUBJECT_NAMES: Final = b"\x55\x1d\x11"
_BASIC: Final = b"\x55\x1d\x13"
_CONSTRAINTS: Final = b"\x55\x1d\x1e"
_LISTS: Final = b"\x55\x1d\x1f"
_POLICIES: Final = b"\x55\x1d\x20"
_AUTHORITY_KEY: Final = b"\x55\x1d\x23"
_PURPOSES: Final = b"\x55\x1d\x25"
_ACCESS: Final = b"\x2b\x06\x01\x05\x05\x07\x01\x01"
_UNKNOWN: Final = b"\x2a\x86\x48\x86\xf7\x14\x01"
_OCSP: Final = b"\x2b\x06\x01\x05\x05\x07\x30\x01"
_ALL: Final = (
    _SUBJECT_KEY,
    _KEY_USAGE,
    _SUBJECT_NAMES,
    _BASIC,
    _CONSTRAINTS,
    _LISTS,
    _POLICIES,
    _AUTHORITY_KEY,
    _PURPOSES,
    _ACCESS,
    _UNKNOWN,
)
"""Contents of the object identifiers of extensions, the last of which nobody knows."""
_PLACES: Final = (
    b"http://127.0.0.1:1/",
    b"http://[::1]:0/",
    b"http://" + b"A" * 4000,
    b"file:///dev/zero",
    b"ldap:///",
    b"http://%n%s%n%s/",
    b"http://a\0b/",
    b"",
    b"//",
)
"""URIs for those who fetch lists and answers; none leads to another machine."""


def odd_extension(random: Random) -> bytes:
    """Return an Extension: a known one with a strange value, or one that is unknown and perhaps critical."""
    oid, value = (
        _known(random) if random.random() < 0.7 else (random.choice(_ALL), values.octets(random, b"\5\0"))
    )
    critical = random.choice((b"", b"", b"\1\1\xff", b"\1\1\0", b"\1\1\1", b"\1\0"))
    parts = [tlv(0x06, oid), critical, tlv(0x04, value)]
    if random.random() < 0.1:
        parts = random.choice(([parts[0]], [parts[0], parts[2], parts[1]], [parts[2]], [*parts, b"\5\0"]))
    return tlv(0x30, *parts)


def _known(random: Random) -> tuple[bytes, bytes]:
    """Return the identifier and value of an extension that readers know."""
    way = random.randrange(8)
    if way == 0:
        bits = random.choice(values.BIT_CONTENTS)
        return _KEY_USAGE, tlv(0x03, bits)
    if way == 1:
        path = integer(random.choice((0, -1, 255, 1 << 31, 1 << 64)))
        return _BASIC, tlv(0x30, random.choice((b"\1\1\xff", b"\1\1\1", b"")), path)
    if way == 2:
        return _SUBJECT_NAMES, tlv(0x30, *[_general_name(random)] * random.choice((1, 2, 200)))
    if way == 3:
        points = tlv(0x30, tlv(0xA0, tlv(0xA0, tlv(0x86, random.choice(_PLACES)))))
        return _LISTS, tlv(0x30, points * random.choice((1, 1, 50)))
    if way == 4:
        place = tlv(0x30, tlv(0x06, _OCSP), tlv(0x86, random.choice(_PLACES)))
        return _ACCESS, tlv(0x30, place * random.choice((1, 1, 50)))
    if way == 5:
        return _AUTHORITY_KEY, tlv(0x30, tlv(0x80, random.randbytes(random.choice((0, 1, 20, 300)))))
    if way == 6:
        tree = tlv(0x30, _general_name(random), tlv(0x80, b"\xff" * 5), tlv(0x81, b"\0"))
        return _CONSTRAINTS, tlv(0x30, tlv(0xA0, tree), tlv(0xA1, tree))
    return _PURPOSES, tlv(
        0x30, *[tlv(0x06, random.choice(values.IDENTIFIER_CONTENTS))] * random.choice((1, 100))
    )


def _general_name(random: Random) -> bytes:
    """Return a GeneralName of any kind."""
    return random.choice(
        (
            tlv(0x82, values.text(random).encode("utf-8", "replace")),
            tlv(0x82, b"relay\0.example"),
            tlv(0x81, b"@" * 300),
            tlv(0x86, random.choice(_PLACES)),
            tlv(0x87, random.randbytes(random.choice((0, 3, 4, 5, 16, 17)))),
            tlv(0x88, random.choice(values.IDENTIFIER_CONTENTS)),
            tlv(0xA0, tlv(0x06, b"\x2a\3"), tlv(0xA0, values.nested(random))),
            tlv(0xA4, tlv(0x30)),
            tlv(0xA4, values.nested(random)),
        )
    )
