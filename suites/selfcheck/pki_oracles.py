"""Validators that nobody here wrote, asked about the same chains: OpenSSL and pyhanko-certvalidator."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import pem, x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from conform62351.profiles.pki.certificate import read_certificate
from conform62351.profiles.pki.judgement import JUDGEMENT, Judged
from conform62351.profiles.pki.path import Trust, find_path
from conform62351.profiles.pki.revocation import revocation_status
from conform62351.profiles.policy import Policy, Reaction


@dataclass(frozen=True)
class Question:
    """A certificate, the anchors, the other CA certificates, the lists (all DER), and the moment."""

    certificate: bytes
    anchors: tuple[bytes, ...]
    others: tuple[bytes, ...]
    crls: tuple[bytes, ...]
    moment: float


def ask_us(question: Question) -> bool:
    """Return whether we accept the certificate: its path, its validity, and its revocation."""
    certificate = read_certificate(question.certificate)
    trust = Trust(
        tuple(map(read_certificate, question.anchors)),
        tuple(map(read_certificate, question.others)),
        question.crls,
    )
    path = find_path(certificate, trust, question.moment)
    status = revocation_status(certificate, path.issuer, trust.revocation, question.moment)
    findings = JUDGEMENT.findings(Judged(certificate, question.moment, path, status), Policy())
    return all(finding.fault.reaction is Reaction.NOTE for finding in findings)


def ask_openssl(question: Question, folder: Path) -> bool:
    """Return whether ``openssl verify`` accepts the certificate."""
    leaf = write_pem(folder / "leaf.pem", "CERTIFICATE", [question.certificate])
    anchors = write_pem(folder / "anchors.pem", "CERTIFICATE", question.anchors)
    command = ["openssl", "verify", "-attime", str(int(question.moment)), "-no-CApath", "-no-CAstore"]
    command += ["-CAfile", str(anchors)]
    if question.others:
        command += ["-untrusted", str(write_pem(folder / "others.pem", "CERTIFICATE", question.others))]
    if question.crls:
        lists = write_pem(folder / "crls.pem", "X509 CRL", question.crls)
        command += ["-crl_check_all", "-CRLfile", str(lists)]
    done = subprocess.run([*command, str(leaf)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode in (0, 2), done.stderr
    return done.returncode == 0


def ask_pyhanko(question: Question) -> bool:
    """Return whether pyhanko-certvalidator accepts the certificate."""
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(octets) for octets in question.anchors],
        other_certs=[x509.Certificate.load(octets) for octets in question.others],
        moment=datetime.fromtimestamp(question.moment, UTC),
        crls=list(question.crls),
        revocation_mode="require" if question.crls else "soft-fail",
        weak_hash_algos={"md5", "sha1"},
    )
    validator = CertificateValidator(x509.Certificate.load(question.certificate), validation_context=context)
    try:
        asyncio.run(validator.async_validate_path())
    except (ValidationError, PathError):
        return False
    return True


def write_pem(path: Path, label: str, blocks: Sequence[bytes]) -> Path:
    """Write the blocks to ``path`` and return it."""
    path.write_bytes(b"".join(pem.armor(label, octets) for octets in blocks))
    return path
