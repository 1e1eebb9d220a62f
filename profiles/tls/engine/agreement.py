"""The premaster secret: RSA, ephemeral and static Diffie-Hellman, ECDHE (RFC 5246 7.4.7, 8.1; RFC 8422; R).

THE ENGINE MEASURES AND PROTECTS NOTHING: keys stay in memory, finite-field arithmetic is Python's ``pow``,
and nothing here is constant in time. All randomness is the caller's: ``random(n)`` gives n octets.

*exchange_keys* is what a ClientKeyExchange carries. With static Diffie-Hellman it is empty when the client's
value is that of its certificate (*implicit*, RFC 5246 7.4.7.2). Ephemeral and static keys of a finite field
are the same type; the server's static one is that of its certificate.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from conform62351.profiles.crypto import rsa_blocks
from conform62351.profiles.crypto.signatures import PrivateKey, SignatureError
from conform62351.profiles.pki.dh_keys import (
    PKCS_3,
    DhKeyError,
    DhNumbers,
    DhPrivateKey,
    DhPublicKey,
    check_public_value,
    dh_private_key,
    exponent_bits,
)
from conform62351.profiles.tls.engine.wire import Reader, TlsDecodeError, vector8, vector16, write16

PREMASTER_OCTETS: Final = 48
"""Of RSA; that of Diffie-Hellman has what the group gives."""
UNCOMPRESSED: Final = b"\x04"
ILLEGAL_PARAMETER: Final = "illegal_parameter"
_MOST_TRIES: Final = 8192
_EXTRA_OCTETS: Final = 8
"""Random octets beyond a number's length: the bias of the reduction is then below 2**-64."""
_CLIENT_KEY_EXCHANGE: Final = "ClientKeyExchange"

CURVES: Final[Mapping[int, ec.EllipticCurve]] = {
    19: ec.SECP192R1(),
    21: ec.SECP224R1(),
    23: ec.SECP256R1(),
    24: ec.SECP384R1(),
    25: ec.SECP521R1(),
    26: ec.BrainpoolP256R1(),
    27: ec.BrainpoolP384R1(),
    28: ec.BrainpoolP512R1(),
}
"""By their numbers in supported_groups (RFC 8422, RFC 7027)."""


class AgreementError(TlsDecodeError):
    """A public value that no key can be agreed with, or a certificate without the key of the suite.

    ``premaster`` is what comes of a value that is known to give away the secret, None where nothing does.
    """

    def __init__(self, offset: int, message: str, alert: str, premaster: bytes | None = None) -> None:
        super().__init__(offset, message, alert)
        self.premaster = premaster


class FiniteField(msgspec.Struct, frozen=True):
    """Prime and generator that Diffie-Hellman values are computed with."""

    p: int
    g: int


@cache
def finite_fields() -> Mapping[int, FiniteField]:
    """Return the fields that supported_groups can name, by their numbers (RFC 7919)."""
    text = resources.files("conform62351.profiles.tls.engine").joinpath("fields.toml").read_text("utf-8")
    entries = tomllib.loads(text).values()
    return {entry["number"]: FiniteField(int("".join(entry["prime"].split()), 16), 2) for entry in entries}


def _below(limit: int, random: Callable[[int], bytes]) -> int:
    """Return a number from 1 to ``limit`` - 1."""
    octets = random((limit.bit_length() + 7) // 8 + _EXTRA_OCTETS)
    return 1 + int.from_bytes(octets, "big") % (limit - 1)


def dh_pair(field: FiniteField, random: Callable[[int], bytes]) -> DhPrivateKey:
    """Return an ephemeral key. Raises AgreementError for a field that no key can be in."""
    try:
        private = _below(1 << exponent_bits(field.p), random)
        return dh_private_key(field.p, field.g, None, private, PKCS_3)
    except DhKeyError as error:
        raise _illegal(error) from error


def dh_pair_with_leading_zero(field: FiniteField, y: int, random: Callable[[int], bytes]) -> DhPrivateKey:
    """Return an ephemeral key whose shared value with ``y`` begins with a zero octet, if it finds one."""
    length = 8 * (-(-field.p.bit_length() // 8) - 1)
    first = dh_pair(field, random)
    shared, x = pow(y, first.x, field.p), first.x
    for _ in range(_MOST_TRIES):
        if shared.bit_length() <= length:
            break
        shared, x = shared * y % field.p, x + 1
    return dh_private_key(field.p, field.g, None, x, PKCS_3)


def dh_premaster(own: DhPrivateKey, y: int) -> bytes:
    """Return the premaster secret: the shared value without leading zero octets (RFC 5246 8.1.2).

    Raises:
        AgreementError: ``y`` is not between 1 and p-1.
    """
    try:
        return _stripped(own.shared_value(y))
    except DhKeyError as error:
        known = _stripped(pow(y, own.x, own.public.p))
        raise AgreementError(error.offset, error.message, ILLEGAL_PARAMETER, known) from error


def _stripped(shared: int) -> bytes:
    return shared.to_bytes((shared.bit_length() + 7) // 8, "big")


def check_dh_value(field: FiniteField, y: int) -> None:
    """Raise AgreementError unless a peer's value can be one of the field."""
    try:
        check_public_value(y, field.p)
    except DhKeyError as error:
        raise _illegal(error) from error


def field_of(key: DhPublicKey | DhNumbers) -> FiniteField:
    """Return the field of a key, which a client's explicit value must be of."""
    return FiniteField(key.p, key.g)


def write_dh_exchange(own: DhPublicKey) -> bytes:
    """Return exchange_keys with the value spelled out, as long as the prime."""
    return vector16(own.y.to_bytes((own.p.bit_length() + 7) // 8, "big"))


def read_dh_exchange(exchange_keys: bytes) -> int | None:
    """Return the client's value, None for an implicit one. Raises TlsDecodeError."""
    if not exchange_keys:
        return None
    reader = Reader(exchange_keys, _CLIENT_KEY_EXCHANGE)
    value = reader.vector16(1)
    reader.end()
    return int.from_bytes(value, "big")


class EcPair(msgspec.Struct, frozen=True):
    """An ephemeral key on a curve: the number of the group, and the point as it is sent."""

    group: int
    point: bytes
    private: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        return f"EcPair({self.group}, {self.point.hex()})"


def ec_pair(group: int, random: Callable[[int], bytes]) -> EcPair:
    """Return an ephemeral key. Raises AgreementError for a group that is no curve of :data:`CURVES`."""
    curve = CURVES.get(group)
    if curve is None:
        raise AgreementError(0, f"group {group} is no curve that is done here", ILLEGAL_PARAMETER)
    key = ec.derive_private_key(_below(curve.group_order, random), curve)
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return EcPair(group, point, key)


def ec_premaster(own: EcPair, point: bytes) -> bytes:
    """Return the premaster secret: the x coordinate, leading zeros kept (RFC 8422 5.10).

    Raises:
        AgreementError: ``point`` is not uncompressed or not on the curve.
    """
    try:
        if not point.startswith(UNCOMPRESSED):
            raise ValueError
        peer = ec.EllipticCurvePublicKey.from_encoded_point(own.private.curve, point)
    except ValueError:
        message = f"a value that is no uncompressed point on {own.private.curve.name}"
        raise AgreementError(0, message, ILLEGAL_PARAMETER) from None
    return own.private.exchange(ec.ECDH(), peer)


def write_ec_exchange(own: EcPair) -> bytes:
    """Return exchange_keys."""
    return vector8(own.point)


def read_ec_exchange(exchange_keys: bytes) -> bytes:
    """Return the client's point. Raises TlsDecodeError."""
    reader = Reader(exchange_keys, _CLIENT_KEY_EXCHANGE)
    point = reader.vector8(1)
    reader.end()
    return point


def rsa_premaster(version: int, random: Callable[[int], bytes]) -> bytes:
    """Return a premaster secret of the client; ``version`` is that of its ClientHello (RFC 5246 7.4.7.1)."""
    return write16(version) + random(PREMASTER_OCTETS - 2)


def write_rsa_exchange(spki: bytes, premaster: bytes, random: Callable[[int], bytes]) -> bytes:
    """Return exchange_keys: ``premaster`` encrypted to the key ``spki`` of the server's certificate.

    Raises:
        AgreementError: it is no RSA key that this can be done with.
    """
    try:
        return vector16(rsa_blocks.encrypt(spki, premaster, random))
    except SignatureError as error:
        raise AgreementError(0, error.message, "unsupported_certificate") from error


def read_rsa_exchange(
    key: PrivateKey, exchange_keys: bytes, version: int, random: Callable[[int], bytes]
) -> bytes:
    """Return the premaster secret that a client encrypted to ``key``.

    What does not decrypt, has another length or another version than the ClientHello gives a random one,
    which the Finished messages then fail with: so a server tells nobody what was wrong (RFC 5246 7.4.7.1).

    Raises:
        TlsDecodeError: the message is not one vector.
        SignatureError: ``key`` is no RSA key.
    """
    reader = Reader(exchange_keys, _CLIENT_KEY_EXCHANGE)
    encrypted = reader.vector16()
    reader.end()
    instead = random(PREMASTER_OCTETS)
    premaster = rsa_blocks.decrypt(key, encrypted)
    if premaster is None or len(premaster) != PREMASTER_OCTETS or premaster[:2] != write16(version):
        return instead
    return premaster


def _illegal(error: DhKeyError) -> AgreementError:
    return AgreementError(error.offset, error.message, ILLEGAL_PARAMETER)
