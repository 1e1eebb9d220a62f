"""What the signature of compatibility mode covers: the time, encoded in one of three ways.

The notes speak of the DER-encoded time; products sign the TLV as it stands in the value, or the content
octets alone (N and F).
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from conform62351.profiles.compatibility.value import TIME_TAG, AuthenticationValue
from conform62351.profiles.crypto.signatures import (
    ECDSA_WITH_SHA256,
    SHA256_WITH_RSA,
    PrivateKey,
    SignatureError,
    sign,
    verify,
)
from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.reading import GENERALIZED_TIME

_ALGORITHMS: Final = {"rsa": SHA256_WITH_RSA, "ec": ECDSA_WITH_SHA256}
"""By the kind of the key. Only RSA conforms; who takes or offers another certificate signs with its key."""


class SignatureInput(Enum):
    """Which octets are signed."""

    UNIVERSAL = "18"
    """The time as GeneralizedTime: identifier 18, length, content."""
    FIELD = "81"
    """The time as the field of the value: identifier 81, length, content."""
    RAW = "raw"
    """The content octets alone."""


def signed_octets(signature_input: SignatureInput, time: bytes) -> bytes:
    """Return the octets to sign for the content octets of a time."""
    match signature_input:
        case SignatureInput.UNIVERSAL:
            return encode_tlv(GENERALIZED_TIME, time)
        case SignatureInput.FIELD:
            return encode_tlv(TIME_TAG, time)
        case SignatureInput.RAW:
            return time


def sign_time(key: PrivateKey, signature_input: SignatureInput, time: bytes) -> bytes:
    """Return the signature over the content octets of a time. Raises SignatureError."""
    return sign_octets(key, signed_octets(signature_input, time))


def sign_octets(key: PrivateKey, octets: bytes) -> bytes:
    """Return the signature over octets as they are. Raises SignatureError."""
    return sign(_ALGORITHMS[key.kind], key, octets)


def matching_input(certificate: Certificate, value: AuthenticationValue) -> SignatureInput | None:
    """Return which octets the signature covers, None when it verifies over none of them.

    Tried are the universal TLV, the field's TLV and the content octets, in this order.
    """
    algorithm = _ALGORITHMS.get(certificate.key.kind)
    if algorithm is None:
        return None
    try:
        for signature_input in SignatureInput:
            octets = signed_octets(signature_input, value.time)
            if verify(algorithm, certificate.spki, value.signature, octets):
                return signature_input
    except SignatureError:
        pass
    return None
