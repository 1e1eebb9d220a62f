"""Signatures of ServerKeyExchange and CertificateVerify (RFC 5246 7.4.1.4.1, 7.4.3; RFC 4346 7.4.3; R).

THE ENGINE MEASURES AND PROTECTS NOTHING: MD5 and SHA-1 are done because devices are asked whether they do
them.

From TLS 1.2 on a signature names its hash and its algorithm by numbers. Before, RSA signs MD5 and SHA-1 side
by side, DSA and ECDSA sign SHA-1, and both numbers are ``UNSAID``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from conform62351.profiles.crypto import rsa_blocks, signatures
from conform62351.profiles.crypto.signatures import PrivateKey, SignatureError
from conform62351.profiles.tls.engine.cipher_suites import TLS_1_2
from conform62351.profiles.tls.engine.key_messages import UNSAID

HASHES: Final[Mapping[int, str]] = {
    1: "md5",
    2: "sha1",
    3: "sha224",
    4: "sha256",
    5: "sha384",
    6: "sha512",
}
"""Names of HashAlgorithm."""
MD5: Final = 1
SHA_1: Final = 2
"""Deprecated in signatures, and the one above excluded (N)."""
RSA: Final = 1
DSA: Final = 2
ECDSA: Final = 3
ALGORITHMS: Final[Mapping[int, str]] = {RSA: "rsa", DSA: "dsa", ECDSA: "ec"}
"""Kinds of keys by SignatureAlgorithm."""
NUMBERS: Final[Mapping[str, int]] = {kind: number for number, kind in ALGORITHMS.items()}
"""SignatureAlgorithm by kind of key."""
OLD: Final = (UNSAID, UNSAID)
"""Hash and algorithm of signatures before TLS 1.2."""

_IDENTIFIERS: Final[Mapping[tuple[str, str], str]] = {
    (algorithm.hash().name, algorithm.key_kind): oid for oid, algorithm in signatures.ALGORITHMS.items()
}


def pair_name(hash: int, algorithm: int) -> str:
    """Return how a pair is written for people: ``sha256 with ecdsa``, a number where there is no name."""
    kinds = {RSA: "rsa", DSA: "dsa", ECDSA: "ecdsa"}
    return f"{HASHES.get(hash, f'hash {hash}')} with {kinds.get(algorithm, f'signature {algorithm}')}"


def fitting(
    kind: str, version: int, own: Iterable[tuple[int, int]], peer: Iterable[tuple[int, int]] | None
) -> tuple[int, int] | None:
    """Return the first pair of ``own`` that a key of a kind (``rsa``, ``dsa``, ``ec``) does and ``peer`` has.

    None of them: None. A peer that has said nothing (None) has SHA-1 (RFC 5246 7.4.1.4.1). Before TLS 1.2
    there is nothing to choose.
    """
    if version < TLS_1_2:
        return OLD
    taken = {(SHA_1, NUMBERS[kind])} if peer is None else set(peer)
    ours = [
        pair
        for pair in own
        if ALGORITHMS.get(pair[1]) == kind and (HASHES.get(pair[0]), kind) in _IDENTIFIERS
    ]
    if peer is None and (SHA_1, NUMBERS[kind]) not in ours:
        ours.append((SHA_1, NUMBERS[kind]))
    return next((pair for pair in ours if pair in taken), None)


def sign(key: PrivateKey, version: int, hash: int, algorithm: int, octets: bytes) -> bytes:
    """Return the signature over ``octets``; before TLS 1.2 hash and algorithm do not matter.

    Raises:
        SignatureError: the key does not go with them, or they are none that is done here.
    """
    if version >= TLS_1_2:
        return signatures.sign(_identifier(hash, algorithm), key, octets)
    if key.kind == ALGORITHMS[RSA]:
        return rsa_blocks.sign_bare(key, _both_digests(octets))
    return signatures.sign(_identifier(SHA_1, NUMBERS[key.kind]), key, octets)


def verify(
    spki: bytes, kind: str, version: int, hash: int, algorithm: int, signature: bytes, octets: bytes
) -> bool:
    """Return whether ``signature`` over ``octets`` verifies with a key.

    ``spki`` is the DER of its SubjectPublicKeyInfo and ``kind`` its kind (``rsa``, ``dsa``, ``ec``), which
    says before TLS 1.2 what the signature is.

    Raises:
        SignatureError: the key cannot be used, does not go with hash and algorithm, or they are none that is
            done here.
    """
    if version >= TLS_1_2:
        return signatures.verify(_identifier(hash, algorithm), spki, signature, octets)
    if kind == ALGORITHMS[RSA]:
        return rsa_blocks.verify_bare(spki, signature, _both_digests(octets))
    if kind not in NUMBERS:
        raise SignatureError(f"a key of kind {kind} signs nothing in TLS")
    return signatures.verify(_identifier(SHA_1, NUMBERS[kind]), spki, signature, octets)


def _both_digests(octets: bytes) -> bytes:
    by_md5 = hashlib.md5(octets, usedforsecurity=False).digest()
    return by_md5 + hashlib.sha1(octets, usedforsecurity=False).digest()


def _identifier(hash: int, algorithm: int) -> str:
    """Return the object identifier that :mod:`profiles.crypto.signatures` knows a pair by."""
    oid = _IDENTIFIERS.get((HASHES.get(hash, ""), ALGORITHMS.get(algorithm, "")))
    if oid is None:
        raise SignatureError(f"{pair_name(hash, algorithm)} is not done here")
    return oid
