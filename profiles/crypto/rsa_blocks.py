"""Blocks of PKCS #1 v1.5 that TLS up to 1.2 has beside usual signatures (RFC 8017, 7.2 and 9.2; RFC 5246; R).

A premaster secret is encrypted with padding of the caller's randomness. Signatures before TLS 1.2 are over
MD5 and SHA-1 side by side, without a DigestInfo, which ``cryptography`` verifies but does not make: the
private operation is Python's ``pow`` then, which is not constant in time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from conform62351.profiles.crypto.signatures import PrivateKey, SignatureError, check_public_key

_LEAST_PADDING: Final = 8
_FRAME: Final = 3
"""Octets of a block that are neither padding nor content."""


def encrypt(spki: bytes, octets: bytes, random: Callable[[int], bytes]) -> bytes:
    """Return ``octets`` encrypted to the RSA key in ``spki``, the DER of a SubjectPublicKeyInfo.

    Raises SignatureError when it is no RSA key that can be used, or too short for the octets.
    """
    numbers = _public_key(spki).public_numbers()
    length = (numbers.n.bit_length() + 7) // 8
    missing = length - _FRAME - len(octets)
    if missing < _LEAST_PADDING:
        raise SignatureError(f"an RSA key of {8 * length} bits is too short for {len(octets)} octets")
    block = b"\0\2" + _nonzero(missing, random) + b"\0" + octets
    return pow(int.from_bytes(block, "big"), numbers.e, numbers.n).to_bytes(length, "big")


def _nonzero(count: int, random: Callable[[int], bytes]) -> bytes:
    found = b""
    while len(found) < count:
        found += random(count - len(found)).replace(b"\0", b"")
    return found


def decrypt(key: PrivateKey, octets: bytes) -> bytes | None:
    """Return what was encrypted to an RSA key, None or other octets where it is no such block.

    Which of the two depends on the library, so the caller must not tell them apart. Raises SignatureError
    when it is no RSA key.
    """
    loaded = _private_key(key)
    try:
        return loaded.decrypt(octets, padding.PKCS1v15())
    except ValueError:
        return None


def sign_bare(key: PrivateKey, digest: bytes) -> bytes:
    """Return an RSA signature over a digest that stands alone. Raises SignatureError as :func:`decrypt`."""
    numbers = _private_key(key).private_numbers()
    n = numbers.public_numbers.n
    length = (n.bit_length() + 7) // 8
    missing = length - _FRAME - len(digest)
    if missing < _LEAST_PADDING:
        raise SignatureError(
            f"an RSA key of {8 * length} bits is too short for a digest of {len(digest)} octets"
        )
    block = int.from_bytes(b"\0\1" + b"\xff" * missing + b"\0" + digest, "big")
    by_p = pow(block, numbers.dmp1, numbers.p)
    by_q = pow(block, numbers.dmq1, numbers.q)
    signature = by_q + numbers.q * ((by_p - by_q) * numbers.iqmp % numbers.p)
    return signature.to_bytes(length, "big")


def verify_bare(spki: bytes, signature: bytes, digest: bytes) -> bool:
    """Return whether ``signature`` is over ``digest``. Raises SignatureError as :func:`encrypt`."""
    key = _public_key(spki)
    try:
        return key.recover_data_from_signature(signature, padding.PKCS1v15(), None) == digest
    except (InvalidSignature, ValueError):
        return False


def _private_key(key: PrivateKey) -> rsa.RSAPrivateKey:
    loaded = key._loaded
    if not isinstance(loaded, rsa.RSAPrivateKey):
        raise SignatureError(f"a key of kind {key.kind} in place of RSA")
    return loaded


@lru_cache(maxsize=256)
def _public_key(spki: bytes) -> rsa.RSAPublicKey:
    check_public_key(spki)
    key = serialization.load_der_public_key(spki)
    if not isinstance(key, rsa.RSAPublicKey):
        raise SignatureError("a public key of another kind than RSA")
    return key
