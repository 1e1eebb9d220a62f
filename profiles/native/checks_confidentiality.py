"""What a peer states of the protection of the association, and of its roles (rows 23 and 24)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.native.check import Check
from conform62351.profiles.native.examination import HandshakeExamination
from conform62351.profiles.native.offers import encrypts
from conform62351.profiles.native.parameters import Encryption
from conform62351.profiles.native.tokens import APPL_PROTECTED, TLS_PROTECTED


def _not_wanted(it: HandshakeExamination) -> str | None:
    if it.token1 is None or it.local.wanted is not Encryption.UNWANTED:
        return None
    return "applProtected, and no encryption is wanted" if APPL_PROTECTED in it.token1.confParams else None


def _required(it: HandshakeExamination) -> str | None:
    if it.token1 is None or it.local.wanted is not Encryption.REQUIRED:
        return None
    return None if APPL_PROTECTED in it.token1.confParams else "no applProtected, and encryption is required"


def _fits(it: HandshakeExamination) -> str | None:
    if it.token1 is None:
        return None
    stated, encrypted = APPL_PROTECTED in it.token1.confParams, encrypts(it.token1.encr_mode)
    if stated == encrypted:
        return None
    return f"applProtected {stated} with an encr-mode that {'encrypts' if encrypted else 'does not encrypt'}"


def _tls(it: HandshakeExamination) -> str | None:
    if it.token1 is None or (TLS_PROTECTED in it.token1.confParams) == it.connection.tls:
        return None
    return f"tlsProtected does not fit a connection {'with' if it.connection.tls else 'without'} TLS"


CONFIDENTIALITY: Final[tuple[Check[HandshakeExamination], ...]] = (
    Check("23.1", "encryption-not-wanted", "N", _not_wanted),
    Check("23.2", "encryption-required", "N", _required),
    Check("23.3", "applProtected-fits", "I", _fits),
    Check("23.4", "tlsProtected-fits", "I", _tls, noted=True),
)
