"""What deviates from Annex G in the certificate that a device shows in compatibility mode."""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.form import FORM, Presented
from conform62351.profiles.pki.judgement import JUDGEMENT, usual_period
from conform62351.profiles.policy import Fault, Finding, Policy, Reaction

_PERIOD: Final = next(step for step in JUDGEMENT.steps if step.name == "usual-period")


class _GoOn(Policy):
    """Has every check made."""

    def reacts(self, finding: Finding) -> bool:  # noqa: ARG002 - all findings alike
        """Return False."""
        return False


def deviations(certificate: Certificate, tls_certificate: bytes | None) -> list[Finding]:
    """Return what the rules of form and the advice on the validity find, all of it as notes.

    Annex G is advice in compatibility mode: what counts there of size, key and validity is judged by the
    table CMP (11-decisions 40, I). ``tls_certificate`` is what the device showed in TLS, None without TLS.
    """
    shown = Presented(certificate, tls_certificate=tls_certificate)
    found = [_noted(finding) for finding in FORM.findings(shown, _GoOn())]
    period = usual_period(certificate)
    if period is not None:
        found.append(Finding(_PERIOD.id, _PERIOD.name, _PERIOD.clause, _PERIOD.provenance, period))
    return found


def _noted(finding: Finding) -> Finding:
    return msgspec.structs.replace(finding, fault=Fault(finding.fault.detail, Reaction.NOTE))
