"""What a SubjectPublicKeyInfo says about its key (RFC 3279, 5480, 5639; R)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conform62351.profiles.pki.reading import (
    BIT_STRING,
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    Series,
    bits,
    fail,
    identifier,
    read,
)
from conform62351.profiles.tlv import Limits, Tlv, Walk

RSA: Final = "rsa"
EC: Final = "ec"
DSA: Final = "dsa"
DH: Final = "dh"

SECP256R1: Final = "1.2.840.10045.3.1.7"
BRAINPOOLP256R1: Final = "1.3.36.3.3.2.8.1.1.7"

CURVES: Final = {
    "1.2.840.10045.3.1.1": ("secp192r1", 192),
    "1.3.132.0.33": ("secp224r1", 224),
    SECP256R1: ("secp256r1", 256),
    "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    BRAINPOOLP256R1: ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
}
"""Name and size in bits by OID."""

_KINDS: Final = {
    "1.2.840.113549.1.1.1": RSA,
    "1.2.840.10045.2.1": EC,
    "1.2.840.10040.4.1": DSA,
    "1.2.840.10046.2.1": DH,
    "1.2.840.113549.1.3.1": DH,
}
_LIMITS: Final = Limits(depth=8, count=200, length=65_536)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A public key: ``kind`` (``rsa``, ``ec``, ``dsa``, ``dh`` or the OID), size in bits, OID of a named
    curve.

    ``bits`` is that of the modulus, the curve or the prime, 0 where it is not known; ``curve`` is None for
    other kinds and for curves that are spelled out.
    """

    kind: str
    bits: int
    curve: str | None = None

    def __str__(self) -> str:
        if self.kind == EC:
            return CURVES[self.curve][0] if self.curve in CURVES else f"curve {self.curve or 'spelled out'}"
        name = self.kind.upper()
        return f"{name} {self.bits}" if self.bits else name


def read_key(found: Walk, node: Tlv) -> KeyFacts:
    """Return what the SubjectPublicKeyInfo at ``node`` says. Raises DerError."""
    what = "subjectPublicKeyInfo"
    parts = Series(node, what)
    algorithm = parts.take(SEQUENCE, "algorithm")
    key = bits(found, parts.take(BIT_STRING, "subjectPublicKey"), what)
    parts.end()
    oid = identifier(found, Series(algorithm, what).take(OBJECT_IDENTIFIER, "algorithm"), what)
    kind = _KINDS.get(oid, oid)
    parameters = algorithm.children[1] if len(algorithm.children) > 1 else None
    if kind == RSA:
        inner = read(key, "RSAPublicKey", _LIMITS)
        numbers = Series(inner.root, "RSAPublicKey")
        modulus = numbers.take(INTEGER, "modulus")
        numbers.take(INTEGER, "publicExponent")
        numbers.end()
        return KeyFacts(RSA, _size(inner, modulus))
    if kind == EC:
        curve = None
        if parameters is not None and parameters.tag == OBJECT_IDENTIFIER:
            curve = identifier(found, parameters, what)
        return KeyFacts(EC, CURVES.get(curve or "", ("", 0))[1], curve)
    if kind in (DSA, DH) and parameters is not None and parameters.tag == SEQUENCE and parameters.children:
        return KeyFacts(kind, _size(found, parameters.children[0]))
    return KeyFacts(kind, 0)


def _size(found: Walk, node: Tlv) -> int:
    """Return the bits of a positive INTEGER."""
    content = found.content(node)
    if node.tag != INTEGER or not content or content[0] & 0x80:
        fail(node, "subjectPublicKeyInfo", "a number that is not positive")
    significant = content.lstrip(b"\0")
    if not significant:
        fail(node, "subjectPublicKeyInfo", "a number that is zero")
    return 8 * (len(significant) - 1) + significant[0].bit_length()


def key_octets(spki: bytes) -> bytes:
    """Return the octets of subjectPublicKey, over which OCSP hashes keys (RFC 6960, R). Raises DerError."""
    found = read(spki, "subjectPublicKeyInfo", _LIMITS)
    parts = Series(found.root, "subjectPublicKeyInfo")
    parts.take(SEQUENCE, "algorithm")
    return bits(found, parts.take(BIT_STRING, "subjectPublicKey"), "subjectPublicKeyInfo")
