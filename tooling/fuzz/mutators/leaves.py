"""The fields of a value, each with its path and its meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

import msgspec

from conform62351.profiles.asn1.notation import Bits
from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier
from conform62351.profiles.native.tokens import Aea, DhKey, NonAea
from conform62351.tooling.engine.values import member_type

_DEEPEST: Final = 12
_MOST: Final = 600
"""Nesting and number of the fields of one value that are looked at."""
_DOTTED: Final = re.compile(r"[012](\.[0-9]+)+")


class Meaning(Enum):
    """What a field says, as far as its type, name and value tell."""

    TIME = "time"
    SEQUENCE_NUMBER = "sequence number"
    IDENTIFIER = "identifier"
    ALGORITHM = "algorithm"
    GROUP = "group"
    PUBLIC_VALUE = "public value"
    AGREEMENT_KEY = "key of agreement"
    NONCE = "nonce"
    TAG = "tag"
    SIGNATURE = "signature"
    CERTIFICATE = "certificate"
    ASSOCIATION = "association identifier"
    TEXT = "text"
    BITS = "bits"
    BIT_STRING = "bit string"
    FLAG = "flag"
    NUMBER = "number"
    OCTETS = "octets"
    MODE = "mode"
    CHOICE = "choice"
    LIST = "list"
    STRUCTURE = "structure"
    ABSENT = "absent member"


COVERED_FIELDS: Final = ("token1", "token2", "token3", "applData", "diag", "tbs", "tbp", "aad")
"""The first fields of a SecPDU that its tbs or tbp has held since before: a change of them is not sent."""


class Leaf(msgspec.Struct, frozen=True):
    """One field: ``path`` as field mutations have it, ``name`` that of its innermost member, and its value.

    ``optional``: a value without this member can be written, as far as its type tells. ``wanted`` is the type
    that is stated for it, Any where none is.
    """

    path: str
    name: str
    value: Any
    meaning: Meaning
    optional: bool = False
    wanted: Any = Any

    @property
    def is_covered(self) -> bool:
        """Whether the field of a SecPDU is one of those that have been written already."""
        return self.path.partition(".")[0] in COVERED_FIELDS


_BY_NAME: Final[Mapping[str, Meaning]] = {
    "time": Meaning.TIME,
    "seq": Meaning.SEQUENCE_NUMBER,
    "dhGroup": Meaning.GROUP,
    "group": Meaning.GROUP,
    "dhPublicKey": Meaning.PUBLIC_VALUE,
    "point": Meaning.PUBLIC_VALUE,
    "iv": Meaning.NONCE,
    "nonce": Meaning.NONCE,
    "random": Meaning.NONCE,
    "icv": Meaning.TAG,
    "verify_data": Meaning.TAG,
    "sign": Meaning.SIGNATURE,
    "signature": Meaning.SIGNATURE,
    "pkCert": Meaning.CERTIFICATE,
    "certPath": Meaning.CERTIFICATE,
    "certificate": Meaning.CERTIFICATE,
    "chain": Meaning.CERTIFICATE,
    "assoID": Meaning.ASSOCIATION,
    "protocol_version": Meaning.BIT_STRING,
    "requirements": Meaning.BIT_STRING,
    "session_requirements": Meaning.BIT_STRING,
    "encoding": Meaning.CHOICE,
}
"""By the names of members, where the value has a type that goes with it."""
_TYPES: Final[Mapping[Meaning, type[Any]]] = {
    Meaning.SEQUENCE_NUMBER: int,
    Meaning.GROUP: int,
    Meaning.ASSOCIATION: str,
    Meaning.CHOICE: str,
}
"""What type such a value has; all others are octets."""
_BY_TYPE: Final[Mapping[type[Any], Meaning]] = {
    Bits: Meaning.BITS,
    AlgorithmIdentifier: Meaning.ALGORITHM,
    DhKey: Meaning.AGREEMENT_KEY,
    Aea: Meaning.MODE,
    NonAea: Meaning.MODE,
    bool: Meaning.FLAG,
    int: Meaning.NUMBER,
    bytes: Meaning.OCTETS,
    tuple: Meaning.LIST,
    list: Meaning.LIST,
}


def leaves(value: Any) -> tuple[Leaf, ...]:
    """Return all fields of a value, outer ones before those in them, as many as are looked at."""
    found: list[Leaf] = []
    pending: list[tuple[str, str, Any, int]] = [("", "", value, 0)]
    while pending and len(found) < _MOST:
        path, inherited, whole, depth = pending.pop(0)
        for key, member, wanted in _members(whole):
            name = inherited if key.isdigit() else key
            full = f"{path}.{key}" if path else key
            optional = _may_be_absent(whole, wanted)
            found.append(Leaf(full, name, member, _meaning(name, member), optional, wanted))
            if depth < _DEEPEST:
                pending.append((full, name, member, depth + 1))
    return tuple(found)


def _members(whole: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(whole, msgspec.Struct):
        for name in whole.__struct_fields__:
            yield name, getattr(whole, name), member_type(whole, name)
    elif isinstance(whole, Mapping):
        for name, member in whole.items():
            if isinstance(name, str) and "." not in name:
                yield name, member, Any
    elif isinstance(whole, tuple | list):
        for place, member in enumerate(whole):
            yield str(place), member, Any


def _may_be_absent(whole: Any, wanted: Any) -> bool:
    if isinstance(whole, tuple | list):
        return False
    return isinstance(whole, Mapping) or type(None) in getattr(wanted, "__args__", ())


def _meaning(name: str, value: Any) -> Meaning:
    if value is None:
        return Meaning.ABSENT
    named = _BY_NAME.get(name)
    if named is not None and isinstance(value, _TYPES.get(named, bytes)):
        return named
    if isinstance(value, str):
        return Meaning.IDENTIFIER if _DOTTED.fullmatch(value) else Meaning.TEXT
    if (
        isinstance(value, tuple)
        and len(value) == 2
        and isinstance(value[0], str) != isinstance(value[1], str)
    ):
        return Meaning.STRUCTURE  # an alternative of a CHOICE and its value
    for kind, meaning in _BY_TYPE.items():
        if isinstance(value, kind):
            return meaning
    return Meaning.STRUCTURE
