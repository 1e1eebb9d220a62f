"""Lists and OCSP answers of a workshop beyond those that are served at first: later ones, and wrong ones.

A case that wants one publishes it by the revocation server. They are told apart by what they are, a folder
each: ``crl/expired/fetched-ca.crl`` stands beside ``crl/fetched-ca.crl``.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Final

from conform62351.tooling.net.credentials import read_file

LATER_LISTS: Final = "later/crls.pem"
"""In a device's folder: the lists to install in the place of its first ones, to have more revoked."""


class ListState(StrEnum):
    """What a CRL is: the usual one, one that comes after it and revokes more, or a wrong one."""

    CURRENT = ""
    LATER = "later"
    EXPIRED = "expired"
    OTHER_ISSUER = "other-issuer"
    BROKEN_SIGNATURE = "broken-signature"


class AnswerState(StrEnum):
    """What an OCSP answer about a certificate says, or what is wrong with it."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    WRONG_SIGNER = "wrong-signer"
    OTHER_CERTIFICATE = "other-certificate"


def list_file(authority: str, state: ListState = ListState.CURRENT) -> str:
    """Return the name of the file with a CRL of this authority."""
    return f"crl/{state.value}/{authority}.crl" if state.value else f"crl/{authority}.crl"


def answer_file(credential: str, state: AnswerState) -> str:
    """Return the name of the file with an OCSP answer about this credential."""
    return f"ocsp/{state.value}/{credential}.ocsp"


def read_list(folder: Path, authority: str, state: ListState = ListState.CURRENT) -> bytes:
    """Return the DER of a CRL in a tester's folder. Raises CredentialError: there is none."""
    return read_file(folder / list_file(authority, state))


def read_answer(folder: Path, credential: str, state: AnswerState) -> bytes:
    """Return the DER of an OCSP answer in a tester's folder. Raises CredentialError: there is none."""
    return read_file(folder / answer_file(credential, state))
