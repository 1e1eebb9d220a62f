"""What a report shows of certificates, TLS and authentication: taken from the octets on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec

from conform62351.profiles.compatibility.signing import SignatureInput, matching_input
from conform62351.profiles.compatibility.value import (
    AuthenticationValue,
    AuthenticationValueError,
    decode_value,
)
from conform62351.profiles.crypto.signatures import algorithm_name
from conform62351.profiles.generalized_time import TimeError, TimeReading, read_time
from conform62351.profiles.pki.certificate import Certificate, CertificateError, read_certificate
from conform62351.profiles.tls.interface import Established
from conform62351.reports.model.events import AuthenticationSeen, CertificateFacts, TlsEstablished
from conform62351.tooling.engine.tls_names import group_name, pair_name

CACHED_CERTIFICATES = 128
AGREED = ("secure_renegotiation", "extended_master_secret", "encrypt_then_mac")
"""Members of an established handshake that are agreed extensions."""
Signed = Literal["81", "18", "raw", "none"]
Direction = Literal["sent", "received"]


class TlsFacts(msgspec.Struct, frozen=True):
    """What TLS came to, as steps look into it: ``TLS.version``, ``TLS.suite``, ``TLS.certificate.key.bits``.

    ``certificate`` is the device's, None when it sent none that can be read. From ``renegotiated`` on it is
    known from the tester's engine alone, as in :class:`TlsEstablished`; ``handshakes`` counts those that were
    completed on the connection.
    """

    version: str
    suite: str
    code: int
    resumed: bool
    certificate: Certificate | None
    chain: tuple[bytes, ...]
    renegotiated: bool = False
    session_id: bytes = b""
    ticket: bool = False
    group: str | None = None
    signature: str | None = None
    secure_renegotiation: bool = False
    extended_master_secret: bool = False
    encrypt_then_mac: bool = False
    handshakes: int = 1


class AuthenticationFacts(msgspec.Struct, frozen=True):
    """What the device's authentication value says, as steps look into it: ``CMP.value.time``, ``CMP.signed``.

    What cannot be read is None. ``signed`` names the octets that the signature covers: ``81``, ``18``,
    ``raw``, or ``none`` when it covers none of these. ``offset_s`` is the signed time minus the clock of the
    tester in seconds, ``jump_s`` minus the device's as known by the times that it signed before; ``chain``
    is the path that was found for the certificate, which it begins with; ``context`` the indirect reference
    of the EXTERNAL, None without one.
    """

    value: AuthenticationValue | None
    context: int | None
    certificate: Certificate | None
    chain: tuple[Certificate, ...]
    time: TimeReading | None
    signed: Signed
    offset_s: float | None
    deviations: tuple[str, ...]
    jump_s: float | None = None


class Occasion(NamedTuple):
    """When and where something was seen: seconds of the run, case, number of the connection."""

    t: float
    case: str
    connection: int


def tls_facts(established: Established, handshakes: int = 1) -> TlsFacts:
    """Return what steps look into of a completed handshake, the n-th of its connection."""
    chain = established.peer_chain
    return TlsFacts(
        version=established.version,
        suite=established.suite,
        code=established.code,
        resumed=established.resumed,
        certificate=_readable(chain[0]) if chain else None,
        chain=chain,
        renegotiated=established.renegotiated,
        session_id=established.session_id,
        ticket=established.ticket,
        group=group_name(established.group) if established.group else None,
        signature=None if established.signature is None else pair_name(established.signature),
        secure_renegotiation=established.secure_renegotiation,
        extended_master_secret=established.extended_master_secret,
        encrypt_then_mac=established.encrypt_then_mac,
        handshakes=handshakes,
    )


def tls_established(occasion: Occasion, established: Established) -> TlsEstablished:
    """Return the event that puts a completed handshake on record."""
    return TlsEstablished(
        t=occasion.t,
        case=occasion.case,
        connection=occasion.connection,
        version=established.version,
        suite=established.suite,
        code=established.code,
        chain=certificates(established.peer_chain),
        resumed=established.resumed,
        renegotiated=established.renegotiated,
        session_id=established.session_id.hex(),
        ticket=established.ticket,
        group=group_name(established.group) if established.group else "",
        signature="" if established.signature is None else pair_name(established.signature),
        extensions=[name for name in AGREED if getattr(established, name)],
    )


def read_value(octets: bytes, now: float) -> AuthenticationFacts:
    """Return what an Authentication-value says; ``now`` is the clock to compare its time with."""
    try:
        decoded = decode_value(octets)
    except AuthenticationValueError as error:
        return AuthenticationFacts(
            None, None, None, (), None, "none", None, (f"not readable: {error.message}",)
        )
    remarks = list(decoded.deviations)
    certificate = time = None
    try:
        certificate = read_certificate(decoded.value.certificate)
    except CertificateError as error:
        remarks.append(f"certificate: {error.message}")
    try:
        time = read_time(decoded.value.time)
        remarks += time.deviations
    except TimeError as error:
        remarks.append(f"time: {error.message}")
    signed = None if certificate is None else matching_input(certificate, decoded.value)
    return AuthenticationFacts(
        decoded.value,
        decoded.context,
        certificate,
        () if certificate is None else (certificate,),
        time,
        signed_as(signed),
        None if time is None else time.unix - now,
        tuple(remarks),
    )


def signed_as(signature_input: SignatureInput | None) -> Signed:
    """Return the name that events and steps have for what is signed."""
    match signature_input:
        case SignatureInput.FIELD:
            return "81"
        case SignatureInput.UNIVERSAL:
            return "18"
        case SignatureInput.RAW:
            return "raw"
        case None:
            return "none"


def authentication_seen(
    occasion: Occasion, direction: Direction, found: AuthenticationFacts
) -> AuthenticationSeen:
    """Return the event that puts an authentication value on record."""
    chain: list[CertificateFacts] = certificates(one.octets for one in found.chain)
    if not chain and found.value is not None:
        chain = certificates((found.value.certificate,))
    return AuthenticationSeen(
        t=occasion.t,
        case=occasion.case,
        connection=occasion.connection,
        direction=direction,
        chain=chain,
        time="" if found.value is None else found.value.time.decode("ascii", "backslashreplace"),
        time_utc="" if found.time is None else str(found.time),
        offset_s=None if found.offset_s is None else round(found.offset_s, 3),
        signed=found.signed,
        remarks=list(found.deviations),
    )


def certificates(chain: Iterable[bytes]) -> list[CertificateFacts]:
    """Return what a report prints of certificates in DER."""
    return [certificate_facts(octets) for octets in chain]


@lru_cache(maxsize=CACHED_CERTIFICATES)
def certificate_facts(octets: bytes) -> CertificateFacts:
    """Return what a report prints of a certificate, or why it cannot be read."""
    try:
        found = read_certificate(octets)
    except CertificateError as error:
        return CertificateFacts(sha256=sha256(octets).hexdigest(), size=len(octets), fault=error.message)
    title = found.title
    return CertificateFacts(
        sha256=found.sha256,
        size=len(octets),
        subject=found.subject_text,
        issuer=found.issuer_text,
        serial=found.serial_hex,
        not_before=_iso(found.not_before),
        not_after=_iso(found.not_after),
        key=str(found.key),
        signature_algorithm=algorithm_name(found.outer_algorithm),
        title="" if title is None else _title(title.value, title.form),
        key_usage=None if found.key_usage is None else sorted(found.key_usage),
    )


def _readable(octets: bytes) -> Certificate | None:
    try:
        return read_certificate(octets)
    except CertificateError:
        return None


def _title(value: str, form: str) -> str:
    return value if form == "OBJECT IDENTIFIER" else f"{value} ({form})"


def _iso(unix: float) -> str:
    try:
        return datetime.fromtimestamp(unix, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return ""
