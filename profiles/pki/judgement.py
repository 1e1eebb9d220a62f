"""What is checked of an end-entity certificate beside its form: validity, revocation, path (decisions 25,
40).

A fault here is an alarm in native mode, with one exception: a broken link among the certificates that the
peer sent along is answered with invalid-certification-path. Compatibility mode answers all of them with
P-ABORT.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.path import PathFault, PathFaultKind, PathResult
from conform62351.profiles.pki.revocation import RevocationState, RevocationStatus
from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step

INVALID_CERTIFICATION_PATH: Final = 9
"""The handshake diagnostic of a broken certPath (N)."""

_ALARMS: Final = frozenset(
    {PathFaultKind.CA_EXPIRED, PathFaultKind.CA_NOT_YET_VALID, PathFaultKind.CA_REVOKED}
)
_TEN_YEARS: Final = 3653 * 86_400.0


@dataclass(frozen=True, slots=True)
class Judged:
    """An end-entity certificate with what was found out about it at ``moment`` (seconds since 1970).

    ``supplied`` are the CA certificates that the peer sent along, ``anchors`` those that are trusted.
    """

    certificate: Certificate
    moment: float
    path: PathResult
    revocation: RevocationStatus
    supplied: tuple[Certificate, ...] = ()
    anchors: tuple[Certificate, ...] = ()


def begun(certificate: Certificate, moment: float) -> Fault | None:
    """Return the fault of a certificate that is not valid yet."""
    if certificate.not_before <= moment:
        return None
    return Fault("the certificate is not valid yet", Reaction.ABORT)


def not_ended(certificate: Certificate, moment: float) -> Fault | None:
    """Return the fault of a certificate that has expired."""
    if moment <= certificate.not_after:
        return None
    return Fault("the certificate has expired", Reaction.ABORT)


def usual_period(certificate: Certificate) -> Fault | None:
    """Return the note on a validity of more than ten years, the most that Annex G advises."""
    if certificate.not_after - certificate.not_before <= _TEN_YEARS:
        return None
    return Fault("a validity of more than ten years", Reaction.NOTE)


def not_revoked(status: RevocationStatus) -> Fault | None:
    """Return the fault of a revoked certificate."""
    if status.state is not RevocationState.REVOKED:
        return None
    return Fault(f"the certificate is revoked ({status.source})", Reaction.ABORT)


def path_found(result: PathResult) -> Fault | None:
    """Return the fault of a certificate that leads to no anchor, with the diagnostic of native mode if
    any."""
    fault = result.fault
    if fault is None:
        return None
    diagnostic = () if alarms(fault) else (("diagnostic", INVALID_CERTIFICATION_PATH),)
    return Fault(fault.detail, Reaction.ABORT, diagnostic)


def nothing_superfluous(judged: Judged) -> Fault | None:
    """Return the fault of a path along with which the peer sent what is no part of it, nor an anchor."""
    needed = {*judged.path.chain, *judged.anchors}
    if judged.path.fault is not None or needed.issuperset(judged.supplied):
        return None
    stray = next(certificate for certificate in judged.supplied if certificate not in needed)
    diagnostic = (("diagnostic", INVALID_CERTIFICATION_PATH),)
    return Fault(f"{stray.subject_text} is no part of the path", Reaction.ABORT, diagnostic)


def alarms(fault: PathFault) -> bool:
    """Return whether native mode answers ``fault`` with an alarm (decision 25)."""
    return not fault.supplied or fault.kind in _ALARMS


JUDGEMENT: Final[CheckTable[Judged]] = CheckTable(
    "X509.EE",
    (
        Step("X509.EE.1", "begun", "Annex G", "N", lambda it: begun(it.certificate, it.moment)),
        Step("X509.EE.2", "not-ended", "Annex G", "N", lambda it: not_ended(it.certificate, it.moment)),
        Step("X509.EE.3", "usual-period", "Annex G", "N", lambda it: usual_period(it.certificate)),
        Step("X509.EE.4", "not-revoked", "Annex G, decision 39", "N", lambda it: not_revoked(it.revocation)),
        Step("X509.EE.5", "path", "Annex G, decision 25", "N", lambda it: path_found(it.path)),
        Step("X509.EE.6", "nothing-superfluous", "Annex G, decision 25", "I", nothing_superfluous),
    ),
)
"""In the order of decision 25: validity and revocation before the path, which is looked for beforehand."""
