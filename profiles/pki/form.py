"""The rules of form of Annex G for end-entity certificates, each a named step (decisions 24, 26, 37).

Native mode makes all of these checks and answers invalid-public-key-certificate; compatibility mode takes
from Annex G only the size, RSA of at least 2048 bits and the validity (decision 40), which stands in
``judgement``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from conform62351.profiles.crypto.signatures import (
    ALGORITHMS,
    SignatureError,
    algorithm_name,
    check_public_key,
)
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.keys import BRAINPOOLP256R1, EC, RSA, SECP256R1
from conform62351.profiles.pki.names import (
    JID_ATTRIBUTE,
    OBJECT_IDENTIFIER_ATTRIBUTE,
    Attribute,
    TitleReading,
    read_name,
)
from conform62351.profiles.pki.path_rules import KNOWN_EXTENSIONS
from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step

MAX_SIZE: Final = 8192
"""Octets of an end-entity certificate at most (N)."""
MIN_RSA_BITS: Final = 2048
CURVES: Final = frozenset({SECP256R1, BRAINPOOLP256R1})
INVALID_PUBLIC_KEY_CERTIFICATE: Final = 8
"""The handshake diagnostic of every fault of form (N)."""

_MIN_SERIAL_BITS: Final = 65
_MAX_SERIAL_BITS: Final = 127
_TITLE_FORMS: Final = frozenset({"OBJECT IDENTIFIER", "UTF8String", "PrintableString"})


class Environment(Enum):
    """The environment that the certificate is for: it decides what the subject holds."""

    OSI = "osi"
    XMPP = "xmpp"


@dataclass(frozen=True, slots=True)
class Presented:
    """An end-entity certificate as it was presented for E2E security or compatibility mode.

    ``tls_certificate`` is the DER that the same peer presented for TLS, None without TLS.
    """

    certificate: Certificate
    environment: Environment = Environment.OSI
    tls_certificate: bytes | None = None


def _fault(detail: str) -> Fault:
    return Fault(detail, Reaction.ABORT, (("diagnostic", INVALID_PUBLIC_KEY_CERTIFICATE),))


def _note(detail: str) -> Fault:
    return Fault(detail, Reaction.NOTE)


def _size(presented: Presented) -> Fault | None:
    size = len(presented.certificate.octets)
    return None if size <= MAX_SIZE else _fault(f"a certificate of {size} octets, over {MAX_SIZE}")


def _version(presented: Presented) -> Fault | None:
    version = presented.certificate.version
    return None if version == 3 else _fault(f"a certificate of version {version}")


def _rsa_2048(presented: Presented) -> Fault | None:
    key = presented.certificate.key
    if key.kind != RSA or key.bits >= MIN_RSA_BITS:
        return None
    return _fault(f"an RSA key of {key.bits} bits, under {MIN_RSA_BITS}")


def _curve(presented: Presented) -> Fault | None:
    key = presented.certificate.key
    return None if key.kind != EC or key.curve in CURVES else _fault(f"a key on {key}")


def _key_kind(presented: Presented) -> Fault | None:
    key = presented.certificate.key
    return None if key.kind in (RSA, EC) else _fault(f"a key of kind {key}")


def _key_loads(presented: Presented) -> Fault | None:
    try:
        check_public_key(presented.certificate.spki)
    except SignatureError as error:
        return _fault(error.message)
    return None


def _serial_positive(presented: Presented) -> Fault | None:
    return None if presented.certificate.serial >= 0 else _fault("a negative serial number")


def _serial_length(presented: Presented) -> Fault | None:
    bits = abs(presented.certificate.serial).bit_length()
    if _MIN_SERIAL_BITS <= bits <= _MAX_SERIAL_BITS:
        return None
    if bits == _MAX_SERIAL_BITS + 1:
        return _note("a serial number of 128 bits takes 17 octets: its most significant bit is not cleared")
    return _fault(f"a serial number of {bits} bits")


def _serial_uuid(presented: Presented) -> Fault | None:
    serial = presented.certificate.serial
    if serial < 0 or serial.bit_length() > 128:
        return None
    octets = serial.to_bytes(16, "big")
    if 1 <= octets[6] >> 4 <= 8 and octets[8] >> 6 == 0b10:
        return None
    return _note("the serial number lacks the version and variant bits of a UUID")


def _algorithms_equal(presented: Presented) -> Fault | None:
    certificate = presented.certificate
    if certificate.algorithms_equal:
        return None
    inner, outer = algorithm_name(certificate.inner_algorithm), algorithm_name(certificate.outer_algorithm)
    return _fault(f"the algorithm inside ({inner}) is not the one outside ({outer})")


def _hash(presented: Presented) -> Fault | None:
    for oid in (presented.certificate.outer_algorithm, presented.certificate.inner_algorithm):
        algorithm = ALGORITHMS.get(oid)
        if algorithm is None or not algorithm.strong:
            return _fault(f"signed by {algorithm_name(oid)}, which is not known as SHA-256 or stronger")
    return None


def _issuer_name(presented: Presented) -> Fault | None:
    return None if presented.certificate.issuer_text else _fault("an empty issuer")


def _subject_attribute(presented: Presented) -> Attribute | None:
    """Return the only attribute of the only RDN when it is of the type that the environment wants."""
    wanted = JID_ATTRIBUTE if presented.environment is Environment.XMPP else OBJECT_IDENTIFIER_ATTRIBUTE
    rdns = read_name(presented.certificate.subject).rdns
    if len(rdns) != 1 or len(rdns[0]) != 1 or rdns[0][0].oid != wanted:
        return None
    return rdns[0][0]


def _subject_shape(presented: Presented) -> Fault | None:
    if _subject_attribute(presented) is not None:
        return None
    wanted = "jid" if presented.environment is Environment.XMPP else "objectIdentifier (2.5.4.106)"
    return _fault(f"the subject {presented.certificate.subject_text!r} is not one attribute {wanted}")


def _subject_value(presented: Presented) -> Fault | None:
    attribute = _subject_attribute(presented)
    if attribute is None:
        return None
    text = attribute.text
    if presented.environment is Environment.XMPP:
        return None if attribute.form == "UTF8String" and text else _fault("the jid is no UTF8String")
    if text is None or attribute.form not in _TITLE_FORMS or not TitleReading(text, attribute.form).dotted:
        return _fault(f"the value of the subject is no object identifier, but {attribute.form}")
    return None


def _subject_syntax(presented: Presented) -> Fault | None:
    title = presented.certificate.title
    if presented.environment is Environment.XMPP or title is None or title.form == "OBJECT IDENTIFIER":
        return None
    return _note(f"the title is a {title.form} where the attribute's syntax is OBJECT IDENTIFIER")


def _unique_identifiers(presented: Presented) -> Fault | None:
    certificate = presented.certificate
    if certificate.issuer_unique_id is None and certificate.subject_unique_id is None:
        return None
    return _fault("issuerUniqueID or subjectUniqueID is present")


def _key_usage(presented: Presented) -> Fault | None:
    return None if presented.certificate.key_usage is not None else _fault("no keyUsage")


def _digital_signature(presented: Presented) -> Fault | None:
    usage = presented.certificate.key_usage
    return None if usage is None or "digitalSignature" in usage else _fault("no digitalSignature in keyUsage")


def _key_agreement(presented: Presented) -> Fault | None:
    usage = presented.certificate.key_usage
    return None if usage is None or "keyAgreement" in usage else _fault("no keyAgreement in keyUsage")


def _revocation_pointer(presented: Presented) -> Fault | None:
    certificate = presented.certificate
    if certificate.distribution_points or certificate.ocsp_urls:
        return None
    return _fault("neither a CRL distribution point nor OCSP access")


def _one_revocation_pointer(presented: Presented) -> Fault | None:
    certificate = presented.certificate
    if certificate.distribution_points and certificate.ocsp_urls:
        return _note("both a CRL distribution point and OCSP access, where one of the two is asked for")
    return None


def _distribution_reasons(presented: Presented) -> Fault | None:
    certificate = presented.certificate
    if any(point.reasons for point in certificate.distribution_points):
        return _fault("a CRL distribution point with reasons")
    if any(certificate.issuer in point.crl_issuer for point in certificate.distribution_points):
        return _fault("a CRL distribution point that names the CA itself as cRLIssuer")
    return None


def _no_ca(presented: Presented) -> Fault | None:
    return _fault("basicConstraints with the CA flag") if presented.certificate.ca else None


def _critical_extensions(presented: Presented) -> Fault | None:
    for extension in presented.certificate.extensions:
        if extension.critical and extension.oid not in KNOWN_EXTENSIONS:
            return _fault(f"a critical extension {extension.oid} that is not understood")
    return None


def _der(presented: Presented) -> Fault | None:
    deviations = presented.certificate.deviations
    return _note(f"not DER: {deviations[0]}") if deviations else None


def _not_for_tls(presented: Presented) -> Fault | None:
    if presented.tls_certificate == presented.certificate.octets:
        return _fault("the certificate of the peer's TLS connection")
    return None


_STEPS: Final = (
    ("size", "Annex G", "N", _size),
    ("version-3", "Annex G", "N", _version),
    ("rsa-2048", "Annex G", "N", _rsa_2048),
    ("curve", "Annex G", "N", _curve),
    ("key-kind", "Annex G", "N", _key_kind),
    ("key-loads", "Annex G, decision 24", "I", _key_loads),
    ("serial-not-negative", "Annex G", "N", _serial_positive),
    ("serial-length", "Annex G, decision 37", "I", _serial_length),
    ("serial-uuid", "Annex G, decision 37", "I", _serial_uuid),
    ("algorithms-equal", "Annex G", "N", _algorithms_equal),
    ("sha-256", "Annex G", "N", _hash),
    ("issuer-name", "Annex G", "N", _issuer_name),
    ("subject-shape", "Annex G, decision 26", "N", _subject_shape),
    ("subject-value", "Annex G, decision 26", "I", _subject_value),
    ("subject-syntax", "Annex G", "R", _subject_syntax),
    ("no-unique-identifiers", "Annex G", "N", _unique_identifiers),
    ("key-usage", "Annex G", "N", _key_usage),
    ("digital-signature", "Annex G", "N", _digital_signature),
    ("key-agreement", "Annex G", "N", _key_agreement),
    ("revocation-pointer", "Annex G, decision 37", "N", _revocation_pointer),
    ("one-revocation-pointer", "Annex G, decision 37", "I", _one_revocation_pointer),
    ("distribution-reasons", "Annex G", "N", _distribution_reasons),
    ("no-ca", "Annex G", "I", _no_ca),
    ("critical-extensions", "Annex G", "R", _critical_extensions),
    ("der", "Annex G", "I", _der),
    ("not-for-tls", "Annex G", "I", _not_for_tls),
)

FORM: Final[CheckTable[Presented]] = CheckTable(
    "X509",
    tuple(
        Step(f"X509.{number}", name, clause, mark, test)
        for number, (name, clause, mark, test) in enumerate(_STEPS, start=1)
    ),
)
"""Every rule of form, in the order of Annex G's table; faults that are only noted are the advice in it."""
