"""The certificate of a peer, its path and its address (rows 6 to 8), in the order of decision 25."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.generalized_time import moment_text
from conform62351.profiles.native.check import Check
from conform62351.profiles.native.examination import Examination
from conform62351.profiles.pki.certificate import Certificate, CertificateError
from conform62351.profiles.pki.form import Environment
from conform62351.profiles.pki.judgement import alarms, begun, not_ended, not_revoked, usual_period
from conform62351.profiles.pki.names import JID_ATTRIBUTE, read_name
from conform62351.profiles.pki.path import PathFaultKind
from conform62351.profiles.policy import Reaction

REVOCATION_DATA: Final = "revocation-data"
"""The name of the check that tells of revocation data, which the receiver may log."""


def _form(it: Examination) -> str | None:
    found = it.form_fault
    return None if found is None else str(found)


def _begun(it: Examination) -> str | None:
    if not isinstance(it.certificate, Certificate) or begun(it.certificate, it.now) is None:
        return None
    return f"the certificate is valid from {moment_text(it.certificate.not_before)}"


def _not_ended(it: Examination) -> str | None:
    if not isinstance(it.certificate, Certificate) or not_ended(it.certificate, it.now) is None:
        return None
    return f"the certificate has expired, {moment_text(it.certificate.not_after)}"


def _not_revoked(it: Examination) -> str | None:
    fault = None if it.revocation is None else not_revoked(it.revocation)
    return None if fault is None else fault.detail


def _path_reads(it: Examination) -> str | None:
    found = it.supplied
    return f"certPath, octet {found.offset}: {found.message}" if isinstance(found, CertificateError) else None


def _path_links(it: Examination) -> str | None:
    fault = None if it.path is None else it.path.fault
    return None if fault is None or alarms(fault) else fault.detail


def _nothing_superfluous(it: Examination) -> str | None:
    """Find what the peer sent along and no path needs: a stranger, pkCert itself, or something twice. A path
    that breaks off for another reason tells nothing about what lies above."""
    if it.path is None or not isinstance(it.supplied, tuple):
        return None
    if it.path.fault is not None and it.path.fault.kind is not PathFaultKind.UNKNOWN_CA:
        return None
    needed = {*it.path.chain[1:], *it.parameters.trust.anchors}
    stray = next((one for one in it.supplied if one not in needed), None)
    if stray is not None:
        return f"{stray.subject_text} is no part of the path"
    twice = len(it.supplied) - len(set(it.supplied))
    return f"{twice} certificates come again" if twice else None


def _anchored(it: Examination) -> str | None:
    fault = None if it.path is None else it.path.fault
    return fault.detail if fault is not None and alarms(fault) else None


def _form_notes(it: Examination) -> str | None:
    notes = [str(one) for one in it.form if one.fault.reaction is Reaction.NOTE]
    if isinstance(it.certificate, Certificate):
        period = usual_period(it.certificate)
        notes += [] if period is None else [period.detail]
    return "; ".join(notes) or None


def _revocation_data(it: Examination) -> str | None:
    return "; ".join(map(str, it.remarks)) or None


def address_of(certificate: Certificate, environment: Environment) -> str | None:
    """Return whom a certificate is for: the title of the entity, or its JID; None when it does not say."""
    if environment is Environment.OSI:
        return None if certificate.title is None else certificate.title.value
    attributes = read_name(certificate.subject).attributes(JID_ATTRIBUTE)
    return attributes[0].text if attributes else None


def _address(it: Examination) -> str | None:
    wanted = it.connection.peer_address()
    if wanted is None or not isinstance(it.certificate, Certificate):
        return None
    found = address_of(it.certificate, it.parameters.environment)
    return None if found == wanted else f"a certificate for {found}, sent by {wanted}"


CERTIFICATE: Final[tuple[Check[Examination], ...]] = (
    Check("6.1", "certificate-form", "N", _form, decisions="Annex G"),
    Check("6.2", "certificate-begun", "N", _begun),
    Check("6.3", "certificate-not-ended", "N", _not_ended),
    Check("6.4", "certificate-not-revoked", "N", _not_revoked, decisions="decision 39"),
    Check("7.1", "certPath-reads", "N", _path_reads, decisions="decision 25"),
    Check("7.2", "certPath-links", "N", _path_links, decisions="decision 25"),
    Check("7.3", "certPath-nothing-superfluous", "I", _nothing_superfluous, decisions="decision 25"),
    Check("6.5", "certificate-trusted", "N", _anchored, decisions="decision 25"),
    Check("6.6", "certificate-notes", "I", _form_notes, noted=True, decisions="Annex G"),
    Check("6.7", REVOCATION_DATA, "I", _revocation_data, noted=True, decisions="decision 39"),
    Check("8", "address", "N", _address, decisions="decisions 22 and 26"),
)
