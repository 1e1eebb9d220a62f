"""The attribute certificate of a peer (row 24; decision 30)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.native.check import Check
from conform62351.profiles.native.examination import HandshakeExamination
from conform62351.profiles.pki.attribute_certificate import AttributeCertificate
from conform62351.profiles.pki.certificate import Certificate, CertificateError


def _valid(it: HandshakeExamination) -> str | None:
    found = it.attributes
    if isinstance(found, CertificateError):
        return f"attCert, octet {found.offset}: {found.message}"
    authorities = it.parameters.authorities
    if not isinstance(found, AttributeCertificate) or not authorities:
        return None
    if not isinstance(it.certificate, Certificate) or not found.holder.is_subject_of(it.certificate):
        return "attCert: its holder is not pkCert"
    if not found.not_before <= it.now <= found.not_after:
        return "attCert: not valid now"
    if not any(found.signed_by(authority) for authority in authorities):
        return "attCert: no attribute authority that is known has signed it"
    return None


def _not_judged(it: HandshakeExamination) -> str | None:
    if not isinstance(it.attributes, AttributeCertificate) or it.parameters.authorities:
        return None
    return "attCert is only decoded: no attribute authority is configured"


ATTRIBUTES: Final[tuple[Check[HandshakeExamination], ...]] = (
    Check("24", "attribute-certificate", "N", _valid, decisions="decision 30"),
    Check("24.1", "attribute-certificate-not-judged", "I", _not_judged, noted=True, decisions="decision 30"),
)
