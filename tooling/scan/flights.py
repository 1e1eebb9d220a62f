"""What the first flight of a server says: its ephemeral key, its certificates, its wish for the client's."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final

from conform62351.profiles.crypto.signatures import algorithm_name
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.generalized_time import moment_text
from conform62351.profiles.pki.certificate import Certificate, issued_by, read_certificate
from conform62351.profiles.pki.dh_keys import read_dh_public
from conform62351.profiles.pki.names import read_name
from conform62351.profiles.tls.engine.key_messages import NAMED_CURVE
from conform62351.profiles.tls.engine.messages import CertificateRequest, decode
from conform62351.profiles.tls.engine.wire import Reader
from conform62351.profiles.tls.records import HandshakeType, certificate_list
from conform62351.tooling.scan.answers import Answer
from conform62351.tooling.scan.registry import (
    CERTIFICATE_TYPES,
    TLS_1_2,
    prime_name,
    signature_name,
)
from conform62351.tooling.scan.report import CertificateFacts, ChainFound, ClientCertificate

MAX_NAMES: Final = 64
"""Names of authorities that are shown at most."""
_KINDS: Final = {
    "RSA": "rsa",
    "DHE_RSA": "rsa",
    "ECDHE_RSA": "rsa",
    "ECDHE_ECDSA": "ecdsa",
    "DHE_DSS": "dsa",
    "DH_RSA": "dh-rsa",
    "DH_DSS": "dh-dss",
    "ECDH_RSA": "ecdh-rsa",
    "ECDH_ECDSA": "ecdh-ecdsa",
    "RSA_EXPORT": "rsa",
    "RSA_PSK": "rsa",
}
_PRIME_OCTETS: Final = 2048


@dataclass(frozen=True, slots=True)
class EphemeralKey:
    """What a ServerKeyExchange says: a named curve, or the prime of a finite field; and how it is signed.

    ``group`` is 0 for a finite field and for curves without a number; ``signature`` is None before TLS 1.2
    and for anonymous exchanges.
    """

    group: int
    prime: int
    signature: tuple[int, int] | None


def certificate_kind(exchange: str) -> str:
    """Return the kind of certificate that a key exchange shows, empty for none."""
    return _KINDS.get(exchange, "")


def ephemeral_key(answer: Answer, exchange: str) -> EphemeralKey | None:
    """Return what the ServerKeyExchange of an answer says, None where there is none.

    Raises:
        ProtocolError: it is not one of this key exchange.
    """
    body = answer.messages.get(HandshakeType.SERVER_KEY_EXCHANGE)
    if body is None:
        return None
    reader = Reader(body, "ServerKeyExchange")
    group = prime = 0
    if exchange.startswith("ECDH"):
        form = reader.u8()
        if form != NAMED_CURVE:
            return EphemeralKey(0, 0, None)
        group = reader.u16()
        reader.vector8(1)
    elif exchange.startswith("DH"):
        prime = int.from_bytes(reader.vector16(1, _PRIME_OCTETS), "big")
        reader.vector16(1)
        reader.vector16(1)
    else:
        return None
    signed = answer.version >= TLS_1_2 and not exchange.endswith(("_anon", "_PSK"))
    return EphemeralKey(group, prime, (reader.u8(), reader.u8()) if signed else None)


def chain_of(answer: Answer, kind: str, moment: float) -> ChainFound | None:
    """Return the certificates of an answer at ``moment`` (Unix time), None where it has none.

    Raises:
        ProtocolError: the Certificate message is none; one certificate that cannot be read is no reason.
    """
    body = answer.messages.get(HandshakeType.CERTIFICATE)
    if body is None:
        return None
    return describe_chain(certificate_list(body), kind, moment)


def describe_chain(octets: Sequence[bytes], kind: str, moment: float) -> ChainFound:
    """Describe a chain of certificates in DER, the holder's own first."""
    facts: list[CertificateFacts] = []
    read: list[Certificate | None] = []
    for der in octets:
        try:
            certificate = read_certificate(der)
        except ProtocolError as error:
            facts.append(CertificateFacts(len(der), sha256(der).hexdigest(), fault=str(error)))
            read.append(None)
            continue
        read.append(certificate)
        facts.append(_facts(certificate, moment))
    in_order = all(
        below is not None and above is not None and issued_by(below, above) for below, above in pairwise(read)
    )
    return ChainFound(
        kind=kind,
        octets=sum(map(len, octets)),
        certificates=facts,
        in_order=in_order,
        group=_static_group(read[0]) if read and read[0] is not None else "",
        der=[b64encode(der).decode() for der in octets],
    )


def _facts(certificate: Certificate, moment: float) -> CertificateFacts:
    usage = certificate.key_usage
    return CertificateFacts(
        octets=len(certificate.octets),
        sha256=certificate.sha256,
        subject=certificate.subject_text,
        issuer=certificate.issuer_text,
        serial=certificate.serial_hex,
        key=str(certificate.key),
        key_bits=certificate.key.bits,
        signature=algorithm_name(certificate.outer_algorithm),
        not_before=moment_text(certificate.not_before),
        not_after=moment_text(certificate.not_after),
        valid_now=certificate.not_before <= moment <= certificate.not_after,
        self_issued=certificate.self_issued,
        key_usage=None if usage is None else sorted(usage),
    )


def _static_group(certificate: Certificate) -> str:
    """Return the group of a static Diffie-Hellman key in words, empty for other keys."""
    if certificate.key.kind != "dh":
        return ""
    try:
        key = read_dh_public(certificate.spki)
    except ProtocolError as error:
        return f"not read: {error.message}"
    named = prime_name(key.p)
    return f"{named or f'{key.p.bit_length()} bits, not a published group'}, {key.form}"


def client_certificate(answer: Answer) -> ClientCertificate:
    """Return whether an answer up to ServerHelloDone asks for a certificate.

    Raises:
        ProtocolError: the CertificateRequest is none.
    """
    body = answer.messages.get(HandshakeType.CERTIFICATE_REQUEST)
    if body is None:
        done = HandshakeType.SERVER_HELLO_DONE in answer.messages
        return ClientCertificate(False if done else None)
    request = decode(HandshakeType.CERTIFICATE_REQUEST, body, version=answer.version)
    if not isinstance(request, CertificateRequest):
        raise ProtocolError("TLS", 0, "no CertificateRequest")
    return ClientCertificate(
        True,
        None,
        [CERTIFICATE_TYPES.get(kind, f"type {kind}") for kind in request.types],
        [signature_name(pair) for pair in request.signature_algorithms or ()],
        [_name(der) for der in request.authorities[:MAX_NAMES]],
    )


def _name(der: bytes) -> str:
    try:
        return str(read_name(der))
    except ProtocolError:
        return der.hex()
