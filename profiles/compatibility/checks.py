"""What is checked on the authentication of a peer, in order (IEC 62351-4 clause 11; 11-decisions 40 to 45).

Both roles make the same checks. A server rejects a peer that shows no authentication; everything else, and
every fault in a client, ends in a P-ABORT: an ARU with an ABRT of the user. The checks follow those of ACSE,
so the application context name comes before them, and so does the rest of the AARQ or AARE.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from conform62351.profiles.compatibility.examination import (
    AUTHENTICATION_SYNTAX,
    MECHANISM,
    Examination,
)
from conform62351.profiles.compatibility.signing import SignatureInput
from conform62351.profiles.compatibility.value import (
    MAX_CERTIFICATE,
    AuthenticationValueError,
    DecodedValue,
)
from conform62351.profiles.generalized_time import TimeError, TimeReading, moment_text
from conform62351.profiles.osi.apdu import ABORT_BY_USER, REJECTED_PERMANENT, USER
from conform62351.profiles.osi.inspection import abort, note, refuse
from conform62351.profiles.pki.certificate import Certificate, CertificateError
from conform62351.profiles.pki.form import MIN_RSA_BITS
from conform62351.profiles.pki.keys import RSA
from conform62351.profiles.pki.revocation import RevocationState
from conform62351.profiles.policy import CheckTable, Fault, Step

MECHANISM_NAME_NOT_RECOGNISED: Final = 11
MECHANISM_NAME_REQUIRED: Final = 12
AUTHENTICATION_REQUIRED: Final = 14
"""Diagnostics of the ACSE user about authentication (X.227, R)."""

_CLAUSE: Final = "IEC 62351-4, 11"
_PKI_CLAUSE: Final = "IEC 62351-4, 11; RFC 5280, 6"
_Test = Callable[[Examination], Fault | None]


def p_abort(detail: str) -> Fault:
    """Return a fault that ends the association by an ABRT of the user in an ARU (11-decisions 42)."""
    return abort(detail, source=ABORT_BY_USER)


def _reject(examination: Examination, detail: str, diagnostic: int) -> Fault:
    if not examination.by_server:
        return p_abort(detail)
    return refuse(detail, result=REJECTED_PERMANENT, source=USER, diagnostic=diagnostic)


def _mechanism_present(examination: Examination) -> Fault | None:
    if examination.apdu.mechanism_name is not None:
        return None
    return _reject(examination, "no mechanism name", MECHANISM_NAME_REQUIRED)


def _mechanism_known(examination: Examination) -> Fault | None:
    name = examination.apdu.mechanism_name
    if name in (None, MECHANISM):
        return None
    return _reject(examination, f"mechanism {name or 'without arcs'}", MECHANISM_NAME_NOT_RECOGNISED)


def _value_present(examination: Examination) -> Fault | None:
    if examination.apdu.authentication_value is not None:
        return None
    return _reject(examination, "no authentication value", AUTHENTICATION_REQUIRED)


def _value_decodes(examination: Examination) -> Fault | None:
    decoded = examination.decoded
    if not isinstance(decoded, AuthenticationValueError):
        return None
    return p_abort(f"authentication value, octet {decoded.offset}: {decoded.message}")


def _value_form(examination: Examination) -> Fault | None:
    decoded = examination.decoded
    if not isinstance(decoded, DecodedValue) or not decoded.deviations:
        return None
    return note("; ".join(decoded.deviations))


def _context_number(examination: Examination) -> Fault | None:
    decoded = examination.decoded
    agreed = examination.situation.context_of(AUTHENTICATION_SYNTAX)
    if not isinstance(decoded, DecodedValue) or agreed is None or decoded.context in (None, agreed):
        return None
    return note(f"the authentication value is in context {decoded.context}, agreed is {agreed}")


def _certificate_size(examination: Examination) -> Fault | None:
    if not isinstance(examination.decoded, DecodedValue):
        return None
    size = len(examination.decoded.value.certificate)
    return None if size <= MAX_CERTIFICATE else p_abort(f"a certificate of {size} octets")


def _certificate_decodes(examination: Examination) -> Fault | None:
    found = examination.certificate
    if not isinstance(found, CertificateError):
        return None
    return p_abort(f"certificate, octet {found.offset}: {found.message}")


def _about_certificate(test: Callable[[Examination, Certificate], Fault | None]) -> _Test:
    def guarded(examination: Examination) -> Fault | None:
        certificate = examination.certificate
        return test(examination, certificate) if isinstance(certificate, Certificate) else None

    return guarded


def _about_time(test: Callable[[Examination, TimeReading], Fault | None]) -> _Test:
    def guarded(examination: Examination) -> Fault | None:
        return test(examination, examination.time) if isinstance(examination.time, TimeReading) else None

    return guarded


def _certificate_form(_: Examination, certificate: Certificate) -> Fault | None:
    return note("; ".join(certificate.deviations)) if certificate.deviations else None


def _key_usage(_: Examination, certificate: Certificate) -> Fault | None:
    usage = certificate.key_usage
    if usage is None or "digitalSignature" in usage:
        return None
    return note(f"the key may not sign: its usage is {', '.join(sorted(usage)) or 'empty'}")


def _not_that_of_tls(examination: Examination, certificate: Certificate) -> Fault | None:
    if certificate.octets != examination.security.tls_certificate:
        return None
    return note("the certificate is the one of the TLS connection")


def _valid_already(examination: Examination, certificate: Certificate) -> Fault | None:
    if certificate.not_before <= examination.now:
        return None
    return p_abort(f"the certificate is valid from {moment_text(certificate.not_before)}")


def _not_expired(examination: Examination, certificate: Certificate) -> Fault | None:
    if examination.now <= certificate.not_after:
        return None
    return p_abort(f"the certificate has expired, {moment_text(certificate.not_after)}")


def _not_revoked(examination: Examination, _: Certificate) -> Fault | None:
    status = examination.revocation
    if status is None or status.state is not RevocationState.REVOKED:
        return None
    return p_abort(f"the certificate is revoked, as {status.source} says")


def _path(examination: Examination, _: Certificate) -> Fault | None:
    fault = None if examination.path is None else examination.path.fault
    return None if fault is None else p_abort(fault.detail)


def _revocation_data(examination: Examination, _: Certificate) -> Fault | None:
    return note("; ".join(map(str, examination.remarks))) if examination.remarks else None


def _rsa(_: Examination, certificate: Certificate) -> Fault | None:
    return None if certificate.key.kind == RSA else p_abort(f"the key is {certificate.key}, not RSA")


def _rsa_bits(_: Examination, certificate: Certificate) -> Fault | None:
    bits = certificate.key.bits
    if certificate.key.kind != RSA or bits >= MIN_RSA_BITS:
        return None
    return p_abort(f"an RSA key of {bits} bits, {MIN_RSA_BITS} at least are needed")


def _time_decodes(examination: Examination) -> Fault | None:
    found = examination.time
    return p_abort(f"time: {found.message}") if isinstance(found, TimeError) else None


def _time_form(_: Examination, time: TimeReading) -> Fault | None:
    return note("; ".join(time.deviations)) if time.deviations else None


def _time_window(examination: Examination, time: TimeReading) -> Fault | None:
    away = time.milliseconds - round(examination.now * 1000)
    if abs(away) <= round(examination.security.window * 1000):
        return None
    return p_abort(f"the time is {away / 1000:+.3f} s from the local one")


def _not_replayed(examination: Examination, time: TimeReading) -> Fault | None:
    certificate = examination.certificate
    memory = examination.security.memory
    if not isinstance(certificate, Certificate):
        return None
    if memory.holds(certificate, time, examination.now):
        return p_abort(f"the time {time} has been used before")
    if memory.is_full(examination.now):
        return p_abort("there are too many recent times to tell whether this one is new")
    return None


def _signature(examination: Examination, _: Certificate) -> Fault | None:
    return None if examination.signature_input is not None else p_abort("the signature does not verify")


def _encoding_signed(examination: Examination, _: Certificate) -> Fault | None:
    if examination.signature_input is not SignatureInput.RAW:
        return None
    react = p_abort if examination.security.raw_is_fault else note
    return react("the signature covers the content octets of the time alone")


_STEPS: Final[tuple[tuple[str, str, str, _Test], ...]] = (
    ("mechanism-present", _CLAUSE, "N", _mechanism_present),
    ("mechanism-known", _CLAUSE, "I", _mechanism_known),
    ("value-present", _CLAUSE, "I", _value_present),
    ("value-decodes", _CLAUSE, "I", _value_decodes),
    ("value-form", _CLAUSE, "F", _value_form),
    ("context-number", _CLAUSE, "I", _context_number),
    ("certificate-size", _CLAUSE, "N", _certificate_size),
    ("certificate-decodes", _CLAUSE, "I", _certificate_decodes),
    ("certificate-form", "RFC 5280, 4.1", "R", _about_certificate(_certificate_form)),
    ("key-usage", "RFC 5280, 4.2.1.3", "R", _about_certificate(_key_usage)),
    ("not-that-of-TLS", "IEC 62351-4, G", "F", _about_certificate(_not_that_of_tls)),
    ("not-before", _CLAUSE, "I", _about_certificate(_valid_already)),
    ("not-after", _CLAUSE, "N", _about_certificate(_not_expired)),
    ("not-revoked", _CLAUSE, "N", _about_certificate(_not_revoked)),
    ("certificate-path", _PKI_CLAUSE, "I", _about_certificate(_path)),
    ("revocation-data", _PKI_CLAUSE, "I", _about_certificate(_revocation_data)),
    ("RSA-key", _CLAUSE, "I", _about_certificate(_rsa)),
    ("RSA-2048", _CLAUSE, "N", _about_certificate(_rsa_bits)),
    ("time-decodes", _CLAUSE, "I", _time_decodes),
    ("time-form", _CLAUSE, "F", _about_time(_time_form)),
    ("time-window", _CLAUSE, "N", _about_time(_time_window)),
    ("time-not-replayed", _CLAUSE, "N", _about_time(_not_replayed)),
    ("signature", _CLAUSE, "N", _about_certificate(_signature)),
    ("encoding-signed", _CLAUSE, "I", _about_certificate(_encoding_signed)),
)

CMP_TABLE: Final = CheckTable(
    "CMP",
    tuple(
        Step(f"CMP.{number}", name, clause, provenance, test)
        for number, (name, clause, provenance, test) in enumerate(_STEPS, start=1)
    ),
)
"""What is checked on an AARQ or AARE that authenticates its sender; the rules of a path are X509.PATH's."""
