"""Signatures by their algorithm identifiers: RSA (PKCS #1 v1.5), ECDSA and DSA, over ``cryptography``.

What that package raises becomes :class:`SignatureError`. Loaded public keys are kept, because a peer comes
back with the same certificate; what is kept is bounded.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa

from conform62351.profiles.errors import ProtocolError

SHA256_WITH_RSA: Final = "1.2.840.113549.1.1.11"
ECDSA_WITH_SHA256: Final = "1.2.840.10045.4.3.2"
DSA_WITH_SHA256: Final = "2.16.840.1.101.3.4.3.2"

MAX_KEY_OCTETS: Final = 8192
"""Octets of a public or private key at most: RSA of 16384 bits fits, which is what OpenSSL computes with."""
MAX_EXPONENT_BITS: Final = 64
"""Bits of a public RSA exponent at most (I). OpenSSL has this limit for large keys alone; without it, one key
of a peer's making makes each verification as slow as a signature."""


class SignatureError(ProtocolError):
    """A key that cannot be loaded, an algorithm that is not known, or a key of another kind than it needs."""

    def __init__(self, message: str) -> None:
        super().__init__("SIGNATURE", 0, message)


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature algorithm: OID, its name in the RFCs, kind of key (``rsa``, ``ec`` or ``dsa``), hash.

    ``strong`` says that the hash is SHA-256 or stronger (8-certificates, N).
    """

    oid: str
    name: str
    key_kind: str
    hash: Callable[[], hashes.HashAlgorithm]
    strong: bool


ALGORITHMS: Final = {
    algorithm.oid: algorithm
    for algorithm in (
        SignatureAlgorithm("1.2.840.113549.1.1.4", "md5WithRSAEncryption", "rsa", hashes.MD5, False),
        SignatureAlgorithm("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", "rsa", hashes.SHA1, False),
        SignatureAlgorithm("1.2.840.113549.1.1.14", "sha224WithRSAEncryption", "rsa", hashes.SHA224, False),
        SignatureAlgorithm(SHA256_WITH_RSA, "sha256WithRSAEncryption", "rsa", hashes.SHA256, True),
        SignatureAlgorithm("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", "rsa", hashes.SHA384, True),
        SignatureAlgorithm("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", "rsa", hashes.SHA512, True),
        SignatureAlgorithm("1.2.840.10045.4.1", "ecdsa-with-SHA1", "ec", hashes.SHA1, False),
        SignatureAlgorithm("1.2.840.10045.4.3.1", "ecdsa-with-SHA224", "ec", hashes.SHA224, False),
        SignatureAlgorithm(ECDSA_WITH_SHA256, "ecdsa-with-SHA256", "ec", hashes.SHA256, True),
        SignatureAlgorithm("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", "ec", hashes.SHA384, True),
        SignatureAlgorithm("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", "ec", hashes.SHA512, True),
        SignatureAlgorithm("1.2.840.10040.4.3", "dsa-with-sha1", "dsa", hashes.SHA1, False),
        SignatureAlgorithm("2.16.840.1.101.3.4.3.1", "dsa-with-sha224", "dsa", hashes.SHA224, False),
        SignatureAlgorithm(DSA_WITH_SHA256, "dsa-with-sha256", "dsa", hashes.SHA256, True),
    )
}
"""By OID (RFC 3279, 4055, 5758). The weak ones are here because certificates that use them must be read."""

_DIFFIE_HELLMAN: Final = (bytes.fromhex("06072a8648ce3e0201"), bytes.fromhex("06092a864886f70d010301"))
"""The object identifiers of keys that sign nothing, which ``cryptography`` is about to drop."""
_KEY_BEGIN: Final = b"-----BEGIN PRIVATE KEY-----"
_BEFORE_THE_KEY: Final = 48

_UNUSABLE: Final = (ValueError, TypeError, OverflowError, UnsupportedAlgorithm)
_PRIVATE_KINDS: Final = {"rsa": rsa.RSAPrivateKey, "ec": ec.EllipticCurvePrivateKey, "dsa": dsa.DSAPrivateKey}
_NONE_OF_THEM: Final = "neither RSA nor DSA nor on an elliptic curve"


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key: ``kind`` (``rsa``, ``ec`` or ``dsa``) and the DER of its SubjectPublicKeyInfo."""

    kind: str
    spki: bytes
    _loaded: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey

    def __repr__(self) -> str:
        return f"PrivateKey({self.kind}, {self._loaded.key_size} bits)"


def algorithm_name(oid: str) -> str:
    """Return the name of a signature algorithm, the dotted identifier itself when it is not known."""
    known = ALGORITHMS.get(oid)
    return oid if known is None else known.name


def load_private_key(pem: bytes, password: bytes | None = None) -> PrivateKey:
    """Return the private key in ``pem`` (PKCS #8, PKCS #1 or SEC 1).

    The numbers of an RSA key have to belong together; that its factors are prime is not looked at, since it
    takes a hundred times as long as all the rest.

    Raises SignatureError when it is no key, wants another password, or is neither RSA nor DSA nor on an
    elliptic curve.
    """
    if len(pem) > 2 * MAX_KEY_OCTETS + 4096:
        raise SignatureError("a private key of more octets than any that is used")
    if _is_for_agreement(pem):
        raise SignatureError("the private key is for Diffie-Hellman, which signs nothing")
    try:
        loaded = serialization.load_pem_private_key(pem, password, unsafe_skip_rsa_key_validation=True)
    except _UNUSABLE as error:
        raise SignatureError(f"the private key cannot be loaded: {error}") from error
    if isinstance(loaded, rsa.RSAPrivateKey) and not _belong_together(loaded.private_numbers()):
        raise SignatureError("the numbers of the private key do not belong together")
    if not isinstance(loaded, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey):
        raise SignatureError(f"the private key is {_NONE_OF_THEM}")
    kind = next(name for name, of_kind in _PRIVATE_KINDS.items() if isinstance(loaded, of_kind))
    spki = loaded.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return PrivateKey(kind, spki, loaded)


def _belong_together(key: rsa.RSAPrivateNumbers) -> bool:
    """Return whether the two factors make the modulus, and the exponents undo each other for both."""
    p, q, e = key.p, key.q, key.public_numbers.e
    return (
        p * q == key.public_numbers.n
        and min(p, q) > 2
        and (key.dmp1, key.dmq1) == (key.d % (p - 1), key.d % (q - 1))
        and e * key.dmp1 % (p - 1) == e * key.dmq1 % (q - 1) == 1
        and key.iqmp * q % p == 1
    )


def _is_for_agreement(pem: bytes) -> bool:
    """Return whether ``pem`` begins with a PKCS #8 key for Diffie-Hellman."""
    _, begin, text = pem.partition(_KEY_BEGIN)
    if not begin:
        return False
    digits = b"".join(text[: 2 * _BEFORE_THE_KEY].split())
    try:
        octets = binascii.a2b_base64(digits[: len(digits) // 4 * 4])
    except binascii.Error:
        return False
    return any(oid in octets for oid in _DIFFIE_HELLMAN)


def sign(algorithm_oid: str, key: PrivateKey, octets: bytes) -> bytes:
    """Return the signature over ``octets``. Raises SignatureError when algorithm and key do not fit."""
    algorithm = _algorithm(algorithm_oid)
    loaded = key._loaded
    try:
        if algorithm.key_kind == "rsa" and isinstance(loaded, rsa.RSAPrivateKey):
            return loaded.sign(octets, padding.PKCS1v15(), algorithm.hash())
        if algorithm.key_kind == "ec" and isinstance(loaded, ec.EllipticCurvePrivateKey):
            return loaded.sign(octets, ec.ECDSA(algorithm.hash()))
        if algorithm.key_kind == "dsa" and isinstance(loaded, dsa.DSAPrivateKey):
            return loaded.sign(octets, algorithm.hash())
    except _UNUSABLE as error:
        raise SignatureError(f"cannot sign by {algorithm.name}: {error}") from error
    raise SignatureError(f"{algorithm.name} does not go with a key of kind {key.kind}")


def verify(algorithm_oid: str, spki_der: bytes, signature: bytes, octets: bytes) -> bool:
    """Return whether ``signature`` over ``octets`` verifies with the key in ``spki_der``.

    ``spki_der`` is the DER of a SubjectPublicKeyInfo. Raises SignatureError when the key cannot be loaded,
    the algorithm is not known, or one does not go with the other.
    """
    algorithm = _algorithm(algorithm_oid)
    key = _public_key(spki_der)
    try:
        if algorithm.key_kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, octets, padding.PKCS1v15(), algorithm.hash())
        elif algorithm.key_kind == "ec" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, octets, ec.ECDSA(algorithm.hash()))
        elif algorithm.key_kind == "dsa" and isinstance(key, dsa.DSAPublicKey):
            key.verify(signature, octets, algorithm.hash())
        else:
            raise SignatureError(f"{algorithm.name} does not go with the public key")
    except InvalidSignature:
        return False
    except _UNUSABLE as error:
        raise SignatureError(f"cannot verify by {algorithm.name}: {error}") from error
    return True


def check_public_key(spki_der: bytes) -> None:
    """Load the key in ``spki_der``. Raises SignatureError when it cannot be used for any signature."""
    _public_key(spki_der)


def _algorithm(oid: str) -> SignatureAlgorithm:
    try:
        return ALGORITHMS[oid]
    except KeyError:
        raise SignatureError(f"unknown signature algorithm {oid}") from None


@lru_cache(maxsize=256)
def _public_key(spki_der: bytes) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey:
    if len(spki_der) > MAX_KEY_OCTETS:
        raise SignatureError(f"a public key of {len(spki_der)} octets")
    if any(oid in spki_der[:_BEFORE_THE_KEY] for oid in _DIFFIE_HELLMAN):
        raise SignatureError("the public key is for Diffie-Hellman, which verifies nothing")
    try:
        key = serialization.load_der_public_key(spki_der)
    except _UNUSABLE as error:
        raise SignatureError(f"the public key cannot be loaded: {error}") from error
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | dsa.DSAPublicKey):
        raise SignatureError(f"the public key is {_NONE_OF_THEM}")
    if isinstance(key, rsa.RSAPublicKey) and key.public_numbers().e.bit_length() > MAX_EXPONENT_BITS:
        raise SignatureError(f"a public RSA exponent of more than {MAX_EXPONENT_BITS} bits")
    return key
