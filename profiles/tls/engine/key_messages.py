"""The messages that agree on keys and those that sign: values, encoding, decoding.

RFC 5246 7.4.3, 7.4.7 and 7.4.8, RFC 8422 5.4 and 5.8 (R).
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.tls.engine.cipher_suites import (
    TLS_1_2,
    Authentication,
    CipherSuite,
    KeyExchange,
)
from conform62351.profiles.tls.engine.wire import (
    LAYER,
    Reader,
    TlsDecodeError,
    vector8,
    vector16,
    write8,
    write16,
)

NAMED_CURVE: Final = 3
MAX_DH_NUMBER: Final = 1024
"""Octets of a number of Diffie-Hellman at most: 8192 bits, as many as a group of RFC 7919 has."""
UNSAID: Final = -1
"""Stands for hash and signature where the version leaves them out."""


class DheParameters(msgspec.Struct, frozen=True):
    """Group and public value of an ephemeral Diffie-Hellman key."""

    p: int
    g: int
    y: int


class EcdheParameters(msgspec.Struct, frozen=True):
    """Number of a named curve and the point on it, as it is encoded."""

    group: int
    point: bytes


class Signed(msgspec.Struct, frozen=True):
    """A signature; before TLS 1.2 nothing names its algorithms and both numbers are ``UNSAID``."""

    hash: int
    algorithm: int
    octets: bytes


class ServerKeyExchange(msgspec.Struct, frozen=True):
    """The server's ephemeral key; ``signature`` is None with DH_anon.

    ``came`` holds the parameters' octets of one that was received, which is what its signature covers;
    one that is to be sent leaves it empty.
    """

    parameters: DheParameters | EcdheParameters
    signature: Signed | None
    came: bytes = b""


class ClientKeyExchange(msgspec.Struct, frozen=True):
    """``octets`` is the client's key exchange as it stands; empty where a DH key is in its certificate."""

    octets: bytes


class CertificateVerify(msgspec.Struct, frozen=True):
    """The client signs the handshake so far."""

    signature: Signed


def encode_parameters(parameters: DheParameters | EcdheParameters) -> bytes:
    """Return the octets of a ServerKeyExchange that its signature covers, besides the randoms.

    Raises:
        EncodingError: a value does not fit its field.
    """
    if isinstance(parameters, EcdheParameters):
        return write8(NAMED_CURVE) + write16(parameters.group) + vector8(parameters.point)
    length = -(-parameters.p.bit_length() // 8)
    return (
        vector16(_integer(parameters.p))
        + vector16(_integer(parameters.g))
        + vector16(_integer(parameters.y, length))
    )


def encode_server_key_exchange(message: ServerKeyExchange) -> bytes:
    """Return the body of a ServerKeyExchange. Raises EncodingError: a value does not fit its field."""
    signature = b"" if message.signature is None else _write_signed(message.signature)
    return encode_parameters(message.parameters) + signature


def decode_server_key_exchange(body: bytes, version: int, suite: CipherSuite | None) -> ServerKeyExchange:
    """Read the body of a ServerKeyExchange as ``suite`` has it.

    Raises:
        TlsDecodeError: it is none, or the suite has no such message.
    """
    reader = Reader(body, "ServerKeyExchange")
    parameters: DheParameters | EcdheParameters
    if suite is not None and suite.key_exchange in (KeyExchange.DHE, KeyExchange.DH_ANON):
        p, g, y = (int.from_bytes(reader.vector16(1, MAX_DH_NUMBER), "big") for _ in range(3))
        parameters = DheParameters(p, g, y)
    elif suite is not None and suite.key_exchange is KeyExchange.ECDHE:
        form = reader.u8()
        if form != NAMED_CURVE:
            raise reader.error(f"describes a curve in form {form}, not by its name", "illegal_parameter")
        parameters = EcdheParameters(reader.u16(), reader.vector8(1))
    else:
        raise TlsDecodeError(0, "a ServerKeyExchange where the suite has none", "unexpected_message")
    came = body[: reader.position]
    signature = None if suite.authentication is Authentication.ANON else _read_signed(reader, version)
    reader.end()
    return ServerKeyExchange(parameters, signature, came)


def encode_certificate_verify(message: CertificateVerify) -> bytes:
    """Return the body of a CertificateVerify. Raises EncodingError: a value does not fit its field."""
    return _write_signed(message.signature)


def decode_certificate_verify(body: bytes, version: int) -> CertificateVerify:
    """Read the body of a CertificateVerify. Raises TlsDecodeError: it is none."""
    reader = Reader(body, "CertificateVerify")
    signature = _read_signed(reader, version)
    reader.end()
    return CertificateVerify(signature)


def _integer(value: int, length: int = 1) -> bytes:
    """Return a number in ``length`` octets or as many as it takes; y has the length of p, as with OpenSSL."""
    if value < 0:
        raise EncodingError(LAYER, "a negative number")
    return value.to_bytes(max(length, -(-value.bit_length() // 8)), "big")


def _write_signed(signature: Signed) -> bytes:
    algorithms = b""
    if signature.hash != UNSAID:
        algorithms = write8(signature.hash) + write8(signature.algorithm)
    return algorithms + vector16(signature.octets)


def _read_signed(reader: Reader, version: int) -> Signed:
    if version < TLS_1_2:
        return Signed(UNSAID, UNSAID, reader.vector16())
    return Signed(reader.u8(), reader.u8(), reader.vector16())
