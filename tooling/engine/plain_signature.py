"""Signatures by ECDSA in the form that native mode does not have: r and s in a row."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from conform62351.profiles.crypto.signatures import PrivateKey, sign

OCTETS: Final = 32
"""The length of r and of s on the curves of native mode."""


def sign_plainly(algorithm_oid: str, key: PrivateKey, octets: bytes) -> bytes:
    """Return the signature over ``octets``; one by ECDSA as r and s, big-endian (IEEE P1363, R).

    Raises:
        SignatureError: algorithm and key do not fit.
    """
    signature = sign(algorithm_oid, key, octets)
    if key.kind != "ec":
        return signature
    return b"".join(number.to_bytes(OCTETS, "big") for number in decode_dss_signature(signature))
