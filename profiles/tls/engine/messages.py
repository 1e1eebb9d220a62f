"""Handshake messages of TLS 1.0 to 1.2: values, encoding, decoding.

RFC 5246 7.4, RFC 5077 3.3 and RFC 6066 clause 8 (R). ``encode`` and ``decode`` know those of
:mod:`profiles.tls.engine.hellos` and :mod:`profiles.tls.engine.key_messages`, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from conform62351.profiles.tls.engine.cipher_suites import TLS_1_2, CipherSuite
from conform62351.profiles.tls.engine.extensions import read_pairs, write_pairs
from conform62351.profiles.tls.engine.framing import write_message
from conform62351.profiles.tls.engine.hellos import (
    ClientHello,
    ServerHello,
    decode_client_hello,
    decode_server_hello,
    encode_client_hello,
    encode_server_hello,
)
from conform62351.profiles.tls.engine.key_messages import (
    CertificateVerify,
    ClientKeyExchange,
    ServerKeyExchange,
    decode_certificate_verify,
    decode_server_key_exchange,
    encode_certificate_verify,
    encode_server_key_exchange,
)
from conform62351.profiles.tls.engine.key_schedule import VERIFY_DATA_OCTETS
from conform62351.profiles.tls.engine.wire import (
    Reader,
    TlsDecodeError,
    vector8,
    vector16,
    vector24,
    write8,
    write32,
)
from conform62351.profiles.tls.records import HandshakeType

NAMES: Final[Mapping[int, str]] = {
    HandshakeType.HELLO_REQUEST: "TLS.HelloRequest",
    HandshakeType.CLIENT_HELLO: "TLS.ClientHello",
    HandshakeType.SERVER_HELLO: "TLS.ServerHello",
    HandshakeType.NEW_SESSION_TICKET: "TLS.NewSessionTicket",
    HandshakeType.CERTIFICATE: "TLS.Certificate",
    HandshakeType.SERVER_KEY_EXCHANGE: "TLS.ServerKeyExchange",
    HandshakeType.CERTIFICATE_REQUEST: "TLS.CertificateRequest",
    HandshakeType.SERVER_HELLO_DONE: "TLS.ServerHelloDone",
    HandshakeType.CERTIFICATE_VERIFY: "TLS.CertificateVerify",
    HandshakeType.CLIENT_KEY_EXCHANGE: "TLS.ClientKeyExchange",
    HandshakeType.FINISHED: "TLS.Finished",
    HandshakeType.CERTIFICATE_STATUS: "TLS.CertificateStatus",
}


class HelloRequest(msgspec.Struct, frozen=True):
    """The server asks for a handshake."""


class Certificate(msgspec.Struct, frozen=True):
    """The sender's certificates in DER, its own first; a client that has none sends an empty chain."""

    chain: tuple[bytes, ...]


class CertificateRequest(msgspec.Struct, frozen=True):
    """The server asks for a certificate; ``signature_algorithms`` is None before TLS 1.2.

    ``authorities`` are distinguished names in DER.
    """

    types: tuple[int, ...]
    signature_algorithms: tuple[tuple[int, int], ...] | None
    authorities: tuple[bytes, ...] = ()


class ServerHelloDone(msgspec.Struct, frozen=True):
    """The server's part of the hello phase is over."""


class NewSessionTicket(msgspec.Struct, frozen=True):
    """A ticket and the seconds for which the server means to take it, 0 for unsaid."""

    lifetime: int
    ticket: bytes


class Finished(msgspec.Struct, frozen=True):
    """The first message under the new keys."""

    verify_data: bytes


class CertificateStatus(msgspec.Struct, frozen=True):
    """What a server staples to its certificate; ``kind`` 1 is an OCSPResponse in DER."""

    kind: int
    response: bytes


HandshakeBody = (
    HelloRequest
    | ClientHello
    | ServerHello
    | NewSessionTicket
    | Certificate
    | ServerKeyExchange
    | CertificateRequest
    | ServerHelloDone
    | CertificateVerify
    | ClientKeyExchange
    | Finished
    | CertificateStatus
)


def name_of(kind: int) -> str:
    """Return the name that policies and evidence use, ``TLS.handshake 99`` for a type without one."""
    return NAMES.get(kind, f"TLS.handshake {kind}")


def kind_of(message: HandshakeBody) -> HandshakeType:
    """Return the type of a message."""
    return _ENCODERS[type(message)][0]


def encode(message: HandshakeBody) -> bytes:
    """Return a handshake message with its header.

    Raises:
        EncodingError: a value does not fit its field.
    """
    kind, write = _ENCODERS[type(message)]
    return write_message(kind, write(message))


def decode(kind: int, body: bytes, *, version: int, suite: CipherSuite | None = None) -> HandshakeBody:
    """Read the body of a handshake message; a ServerKeyExchange is read as ``suite`` has it.

    Raises:
        TlsDecodeError: the body is none of this type, the type is unknown, or the suite has no such message.
    """
    if kind == HandshakeType.SERVER_KEY_EXCHANGE:
        return decode_server_key_exchange(body, version, suite)
    if kind == HandshakeType.CERTIFICATE_REQUEST:
        return _read_certificate_request(body, version)
    if kind == HandshakeType.CERTIFICATE_VERIFY:
        return decode_certificate_verify(body, version)
    read = _DECODERS.get(kind)
    if read is None:
        raise TlsDecodeError(0, f"a handshake message of the unknown type {kind}", "unexpected_message")
    return read(body)


def _write_certificate_request(message: CertificateRequest) -> bytes:
    pairs = b""
    if message.signature_algorithms is not None:
        pairs = vector16(write_pairs(message.signature_algorithms))
    names = b"".join(map(vector16, message.authorities))
    return vector8(b"".join(map(write8, message.types))) + pairs + vector16(names)


def _read_certificate_request(body: bytes, version: int) -> CertificateRequest:
    reader = Reader(body, "CertificateRequest")
    types = tuple(reader.vector8(1))
    pairs = None
    if version >= TLS_1_2:
        pairs = read_pairs(reader.vector16(2), "CertificateRequest")
    names = Reader(reader.vector16(), "CertificateRequest")
    reader.end()
    authorities: list[bytes] = []
    while names.left:
        authorities.append(names.vector16(1))
    return CertificateRequest(types, pairs, tuple(authorities))


def _read_certificate(body: bytes) -> Certificate:
    reader = Reader(body, "Certificate")
    entries = Reader(reader.vector24(), "Certificate")
    reader.end()
    chain: list[bytes] = []
    while entries.left:
        chain.append(entries.vector24(1))
    return Certificate(tuple(chain))


def _read_new_session_ticket(body: bytes) -> NewSessionTicket:
    reader = Reader(body, "NewSessionTicket")
    message = NewSessionTicket(reader.u32(), reader.vector16())
    reader.end()
    return message


def _read_finished(body: bytes) -> Finished:
    reader = Reader(body, "Finished")
    message = Finished(reader.take(VERIFY_DATA_OCTETS))
    reader.end()
    return message


def _read_certificate_status(body: bytes) -> CertificateStatus:
    reader = Reader(body, "CertificateStatus")
    message = CertificateStatus(reader.u8(), reader.vector24(1))
    reader.end()
    return message


def _read_hello_request(body: bytes) -> HelloRequest:
    Reader(body, "HelloRequest").end()
    return HelloRequest()


def _read_server_hello_done(body: bytes) -> ServerHelloDone:
    Reader(body, "ServerHelloDone").end()
    return ServerHelloDone()


_ENCODERS: Final[Mapping[type, tuple[HandshakeType, Callable[[Any], bytes]]]] = {
    HelloRequest: (HandshakeType.HELLO_REQUEST, lambda _: b""),
    ClientHello: (HandshakeType.CLIENT_HELLO, encode_client_hello),
    ServerHello: (HandshakeType.SERVER_HELLO, encode_server_hello),
    NewSessionTicket: (
        HandshakeType.NEW_SESSION_TICKET,
        lambda message: write32(message.lifetime) + vector16(message.ticket),
    ),
    Certificate: (
        HandshakeType.CERTIFICATE,
        lambda message: vector24(b"".join(map(vector24, message.chain))),
    ),
    ServerKeyExchange: (HandshakeType.SERVER_KEY_EXCHANGE, encode_server_key_exchange),
    CertificateRequest: (HandshakeType.CERTIFICATE_REQUEST, _write_certificate_request),
    ServerHelloDone: (HandshakeType.SERVER_HELLO_DONE, lambda _: b""),
    CertificateVerify: (HandshakeType.CERTIFICATE_VERIFY, encode_certificate_verify),
    ClientKeyExchange: (HandshakeType.CLIENT_KEY_EXCHANGE, lambda message: message.octets),
    Finished: (HandshakeType.FINISHED, lambda message: message.verify_data),
    CertificateStatus: (
        HandshakeType.CERTIFICATE_STATUS,
        lambda message: write8(message.kind) + vector24(message.response),
    ),
}
_DECODERS: Final[Mapping[int, Callable[[bytes], HandshakeBody]]] = {
    HandshakeType.HELLO_REQUEST: _read_hello_request,
    HandshakeType.CLIENT_HELLO: decode_client_hello,
    HandshakeType.SERVER_HELLO: decode_server_hello,
    HandshakeType.NEW_SESSION_TICKET: _read_new_session_ticket,
    HandshakeType.CERTIFICATE: _read_certificate,
    HandshakeType.SERVER_HELLO_DONE: _read_server_hello_done,
    HandshakeType.CLIENT_KEY_EXCHANGE: ClientKeyExchange,
    HandshakeType.FINISHED: _read_finished,
    HandshakeType.CERTIFICATE_STATUS: _read_certificate_status,
}
