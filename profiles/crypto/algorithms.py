"""Algorithms by their AlgorithmIdentifier: which forms are understood, and when two are the same (clause 8).

The table is ``algorithms.toml``. An identifier whose parameters have a form that is not listed there counts
as an algorithm that is not supported, not as one that does not decode (11-decisions 8, I).
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from enum import Enum
from importlib import resources
from typing import Final

import msgspec

from conform62351.profiles.crypto.protection import TAG_LENGTHS
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.tlv import Tlv, TlvError, walk

NULL: Final = b"\x05\x00"
DEFAULT_TAG_LENGTH: Final = 12
"""aes-ICVlen where GCMParameters leave it out (RFC 5084)."""
_ZERO_IV: Final = b"\x04\x10" + bytes(16)
_ZERO_NONCE: Final = b"\x04\x0c" + bytes(12)
_OCTET_STRINGS: Final = (0x04, 0x24)
_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_REMEMBERED_OCTETS: Final = 96
"""Identifiers that are longer are looked at anew each time: what a peer sends must not fill the memory."""


class Use(Enum):
    """What an algorithm is for. GCM encrypts with authentication, or makes an ICV (GMAC)."""

    SIGNATURE = "signature"
    HMAC = "hmac"
    ENCRYPTION = "encryption"
    GCM = "gcm"


class AlgorithmIdentifier(msgspec.Struct, frozen=True):
    """An AlgorithmIdentifier: dotted OID, and the encoding of its parameters, None where they are absent."""

    oid: str
    parameters: bytes | None = None


class Algorithm(msgspec.Struct, frozen=True):
    """An algorithm that is understood; two identifiers mean the same when their algorithms are equal.

    ``key_octets`` is 0 for signatures, ``tag_length`` 0 for all but GCM.
    """

    name: str
    use: Use
    key_octets: int = 0
    tag_length: int = 0

    def __str__(self) -> str:
        return f"{self.name} with tags of {self.tag_length} octets" if self.tag_length else self.name


class _Entry(msgspec.Struct, frozen=True):
    name: str
    oid: str
    use: Use
    parameters: str
    provenance: str
    key: int = 0


@functools.cache
def _entries() -> Mapping[str, _Entry]:
    text = resources.files("conform62351.profiles.crypto").joinpath("algorithms.toml").read_text("utf-8")
    return {
        name: msgspec.convert({"name": name, "oid": IDENTIFIERS.oid(name), **entry}, _Entry)
        for name, entry in tomllib.loads(text).items()
    }


@functools.cache
def _by_oid() -> Mapping[str, _Entry]:
    return {entry.oid: entry for entry in _entries().values()}


def names(*uses: Use) -> tuple[str, ...]:
    """Return the names of the algorithms for these uses, in the order of the table; without any, of all."""
    return tuple(name for name, entry in _entries().items() if not uses or entry.use in uses)


@functools.lru_cache(maxsize=256)
def algorithm(name: str, tag_length: int = DEFAULT_TAG_LENGTH) -> Algorithm:
    """Return the algorithm of that name; ``tag_length`` matters for GCM alone.

    Raises:
        KeyError: there is none.
        ValueError: a tag length other than 12 to 16.
    """
    entry = _entries()[name]
    if entry.use is not Use.GCM:
        return Algorithm(name, entry.use, entry.key)
    if tag_length not in TAG_LENGTHS:
        raise ValueError(f"a tag of {tag_length} octets")
    return Algorithm(name, entry.use, entry.key, tag_length)


@functools.lru_cache(maxsize=256)
def identifier(wanted: Algorithm) -> AlgorithmIdentifier:
    """Return the AlgorithmIdentifier that senders write for an algorithm."""
    entry = _entries()[wanted.name]
    match entry.parameters:
        case "null":
            return AlgorithmIdentifier(entry.oid, NULL)
        case "iv":
            return AlgorithmIdentifier(entry.oid, _ZERO_IV)
        case "gcm":
            length = b"" if wanted.tag_length == DEFAULT_TAG_LENGTH else bytes((2, 1, wanted.tag_length))
            content = _ZERO_NONCE + length
            return AlgorithmIdentifier(entry.oid, bytes((_SEQUENCE, len(content))) + content)
        case _:
            return AlgorithmIdentifier(entry.oid)


def understood(given: AlgorithmIdentifier) -> Algorithm | None:
    """Return the algorithm that an identifier means, None when it is not known or its parameters are not."""
    octets = len(given.oid) + len(given.parameters or b"")
    return _remembered(given) if octets <= _REMEMBERED_OCTETS else _understood(given)


def _understood(given: AlgorithmIdentifier) -> Algorithm | None:
    entry = _by_oid().get(given.oid)
    if entry is None:
        return None
    parameters = given.parameters
    if parameters is None:
        return algorithm(entry.name)
    match entry.parameters:
        case "null":
            tlv = _single(parameters)
            return algorithm(entry.name) if tlv is not None and _is_null(tlv) else None
        case "iv":
            tlv = _single(parameters)
            return algorithm(entry.name) if tlv is not None and tlv.tag in _OCTET_STRINGS else None
        case "gcm":
            length = _tag_length(parameters)
            return algorithm(entry.name, length) if length in TAG_LENGTHS else None
        case _:
            return None


_remembered = functools.lru_cache(maxsize=256)(_understood)


def _single(octets: bytes) -> Tlv | None:
    """Return the one TLV that ``octets`` are, None when they are anything else."""
    try:
        root = walk(octets).root
    except TlvError:
        return None
    return root if root.end == len(octets) else None


def _is_null(tlv: Tlv) -> bool:
    """Say whether a TLV is a NULL: its length may be written in more octets than one."""
    return tlv.tag == NULL[0] and tlv.content == tlv.content_end


def _tag_length(parameters: bytes) -> int:
    """Return aes-ICVlen of GCMParameters, 0 when they have another form."""
    tlv = _single(parameters)
    if tlv is None or tlv.tag != _SEQUENCE or not 1 <= len(tlv.children) <= 2:
        return 0
    nonce, *rest = tlv.children
    if nonce.tag not in _OCTET_STRINGS or any(child.tag != _INTEGER for child in rest):
        return 0
    if not rest:
        return DEFAULT_TAG_LENGTH
    return int.from_bytes(parameters[rest[0].content : rest[0].content_end], "big", signed=True)
