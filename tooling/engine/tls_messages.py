"""What steps look into of the TLS messages that a device has sent: ``TLS.ClientHello.suites`` and so on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from conform62351.profiles.pki.certificate import Certificate, CertificateError, read_certificate
from conform62351.profiles.tls.alerts import Alert
from conform62351.profiles.tls.engine import messages
from conform62351.profiles.tls.engine.cipher_suites import CipherSuite, cipher_suite
from conform62351.profiles.tls.engine.extensions import (
    Extension,
    ExtensionType,
    find,
    read_supported_versions,
)
from conform62351.profiles.tls.engine.hellos import ClientHello, ServerHello
from conform62351.profiles.tls.engine.key_messages import (
    UNSAID,
    CertificateVerify,
    EcdheParameters,
    ServerKeyExchange,
    Signed,
)
from conform62351.profiles.tls.engine.offer import Offer, client_offer, server_answer
from conform62351.profiles.tls.engine.parameters import RENEGOTIATION_SCSV
from conform62351.profiles.tls.engine.wire import TlsDecodeError
from conform62351.profiles.tls.suites import suite_name
from conform62351.tooling.engine.tls_names import extension_name, group_name, pair_name, version_name

ALERT: Final = "TLS.Alert"
TLS_1_2: Final = 0x0303
HEADER: Final = 4
DOWNGRADED: Final[Mapping[bytes, str]] = {b"DOWNGRD\x01": "TLSv1.2", b"DOWNGRD\x00": "TLSv1.1"}
"""How the random of a server ends that has a higher version and does this or an older one (RFC 8446)."""


class HelloFacts(msgspec.Struct, frozen=True):
    """A ClientHello, or a ServerHello, whose lists have one member each.

    ``version`` is a name; ``versions`` are those of supported_versions, or else that one alone. ``suites``
    are names of IANA, ``codes`` their numbers. ``extensions`` are names of the registry or numbers.
    ``downgraded`` is the version that the random of a server tells it has gone down to, None where it tells
    nothing. ``groups``, ``signature_algorithms`` and ``server_names`` are None without the extension.
    ``secure_renegotiation`` tells RFC 5746, be it by extension or by suite. ``faults`` tells what cannot be
    read of the extensions.
    """

    version: str
    versions: tuple[str, ...]
    random: bytes
    session_id: bytes
    suites: tuple[str, ...]
    codes: tuple[int, ...]
    compression: tuple[int, ...]
    extensions: tuple[str, ...]
    downgraded: str | None
    groups: tuple[str, ...] | None
    point_formats: tuple[int, ...] | None
    signature_algorithms: tuple[str, ...] | None
    server_names: tuple[str, ...] | None
    trusted_authorities: int | None
    renegotiation_info: bytes | None
    ticket: bytes | None
    secure_renegotiation: bool
    extended_master_secret: bool
    encrypt_then_mac: bool
    faults: tuple[str, ...]


class CertificateMessageFacts(msgspec.Struct, frozen=True):
    """A Certificate: the chain in DER, the sender's own as far as it can be read, and all sizes in octets."""

    chain: tuple[bytes, ...]
    certificate: Certificate | None
    sizes: tuple[int, ...]


class KeyExchangeFacts(msgspec.Struct, frozen=True):
    """A ServerKeyExchange: ``group`` of ECDHE, ``bits`` of the prime of DHE, ``signature`` as sha256/rsa.

    ``value`` is the public value: the point, or the number of DHE.
    """

    group: str | None
    bits: int | None
    value: bytes
    signature: str | None


class RequestFacts(msgspec.Struct, frozen=True):
    """A CertificateRequest; ``authorities`` are distinguished names in DER."""

    types: tuple[int, ...]
    signature_algorithms: tuple[str, ...] | None
    authorities: tuple[bytes, ...]


class VerifyFacts(msgspec.Struct, frozen=True):
    """A CertificateVerify: the algorithms that it names, None before TLS 1.2."""

    signature: str | None


class MessageReader:
    """Reads the messages of one connection; what one says depends on those before it."""

    def __init__(self) -> None:
        self._version = TLS_1_2
        self._suite: CipherSuite | None = None

    def note_sent(self, name: str, octets: bytes) -> None:
        """Take note of a message of the tester: its ServerHello settles how others read."""
        if name == "TLS.ServerHello":
            self.facts(name, octets)

    def facts(self, name: str, octets: bytes) -> Any:
        """Return what a message says, a text that tells why it cannot be read, or its octets."""
        try:
            if name == ALERT:
                return Alert.of(octets) if len(octets) == 2 else octets
            if name not in messages.NAMES.values() or len(octets) < HEADER:
                return octets
            read = messages.decode(octets[0], octets[HEADER:], version=self._version, suite=self._suite)
        except TlsDecodeError as error:
            return error.message
        if isinstance(read, ServerHello):
            self._version, self._suite = read.version, _known(read.suite)
        shape = _SHAPES.get(type(read))
        return read if shape is None else shape(read)


def _known(code: int) -> CipherSuite | None:
    try:
        return cipher_suite(code)
    except KeyError:
        return None


def _client_hello(hello: ClientHello) -> HelloFacts:
    return _hello(hello, hello.suites, hello.compression, client_offer(hello.extensions))


def _server_hello(hello: ServerHello) -> HelloFacts:
    return _hello(hello, (hello.suite,), (hello.compression,), server_answer(hello.extensions))


def _hello(
    hello: ClientHello | ServerHello, suites: tuple[int, ...], compression: tuple[int, ...], offer: Offer
) -> HelloFacts:
    algorithms = offer.signature_algorithms
    trusted = offer.trusted_authorities
    return HelloFacts(
        version=version_name(hello.version),
        versions=_versions(hello),
        random=hello.random,
        session_id=hello.session_id,
        suites=tuple(map(suite_name, suites)),
        codes=suites,
        compression=compression,
        extensions=tuple(extension_name(extension.kind) for extension in hello.extensions or ()),
        downgraded=DOWNGRADED.get(hello.random[-8:]),
        groups=None if offer.groups is None else tuple(map(group_name, offer.groups)),
        point_formats=offer.point_formats,
        signature_algorithms=None if algorithms is None else tuple(map(pair_name, algorithms)),
        server_names=offer.server_names,
        trusted_authorities=None if trusted is None else len(trusted),
        renegotiation_info=offer.renegotiation_info,
        ticket=offer.ticket,
        secure_renegotiation=offer.renegotiation_info is not None or RENEGOTIATION_SCSV in suites,
        extended_master_secret=offer.extended_master_secret,
        encrypt_then_mac=offer.encrypt_then_mac,
        faults=offer.faults,
    )


def _versions(hello: ClientHello | ServerHello) -> tuple[str, ...]:
    extension: Extension | None = find(hello.extensions, ExtensionType.SUPPORTED_VERSIONS)
    if extension is None:
        return (version_name(hello.version),)
    if isinstance(hello, ServerHello):
        return (version_name(int.from_bytes(extension.octets, "big")),)
    try:
        return tuple(map(version_name, read_supported_versions(extension.octets)))
    except TlsDecodeError:
        return (version_name(hello.version),)


def _certificate(message: messages.Certificate) -> CertificateMessageFacts:
    certificate = None
    if message.chain:
        try:
            certificate = read_certificate(message.chain[0])
        except CertificateError:
            certificate = None
    return CertificateMessageFacts(message.chain, certificate, tuple(map(len, message.chain)))


def _key_exchange(message: ServerKeyExchange) -> KeyExchangeFacts:
    parameters, signature = message.parameters, _signature(message.signature)
    if isinstance(parameters, EcdheParameters):
        return KeyExchangeFacts(group_name(parameters.group), None, parameters.point, signature)
    value = parameters.y.to_bytes(-(-parameters.y.bit_length() // 8), "big")
    return KeyExchangeFacts(None, parameters.p.bit_length(), value, signature)


def _request(message: messages.CertificateRequest) -> RequestFacts:
    algorithms = message.signature_algorithms
    return RequestFacts(
        message.types,
        None if algorithms is None else tuple(map(pair_name, algorithms)),
        message.authorities,
    )


def _verify(message: CertificateVerify) -> VerifyFacts:
    return VerifyFacts(_signature(message.signature))


def _signature(signed: Signed | None) -> str | None:
    if signed is None or signed.hash == UNSAID:
        return None
    return pair_name((signed.hash, signed.algorithm))


_SHAPES: Final[Mapping[type, Callable[[Any], Any]]] = {
    ClientHello: _client_hello,
    ServerHello: _server_hello,
    messages.Certificate: _certificate,
    ServerKeyExchange: _key_exchange,
    messages.CertificateRequest: _request,
    CertificateVerify: _verify,
}
