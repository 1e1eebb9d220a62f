"""What a certificate says, by name, for people and for programs."""

from __future__ import annotations

from conform62351.profiles.generalized_time import moment_text
from conform62351.profiles.pki.certificate import Certificate


def certificate_facts(found: Certificate) -> dict[str, str]:
    """Return what a certificate says, by name."""
    usage = found.key_usage
    title = found.title
    return {
        "subject": found.subject_text,
        "issuer": found.issuer_text,
        "serial": found.serial_hex,
        "not_before": moment_text(found.not_before),
        "not_after": moment_text(found.not_after),
        "key": str(found.key),
        "key_usage": "not stated" if usage is None else ", ".join(sorted(usage)) or "nothing",
        "title": "none" if title is None else f"{title.value} ({title.form})",
        "sha256": found.sha256,
    }
