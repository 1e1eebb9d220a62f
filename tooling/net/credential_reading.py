"""The files of a folder of credentials, read within bounds: what is wrong with one is told with its name."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from conform62351.pics.faults import FileFault
from conform62351.profiles.crypto.signatures import PrivateKey, SignatureError, load_private_key
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki.certificate import (
    Certificate,
    CertificateError,
    pem_blocks,
    pem_certificates,
    read_certificate,
)
from conform62351.profiles.pki.dh_keys import DhKeyError, DhPrivateKey, is_dh, read_dh_private
from conform62351.tooling.net.manifest import CredentialError

MAX_FILE: Final = 4 << 20
"""Octets of the largest file read: certificates of a megabyte fit as PEM."""


def fault(path: Path, message: str) -> CredentialError:
    """Return the error that says this of a file."""
    return CredentialError((FileFault(path, 0, message),))


def read_file(path: Path) -> bytes:
    """Return the octets of a file of credentials, at most 4 MiB. Raises CredentialError."""
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_FILE + 1)
    except OSError as error:
        raise fault(path, f"cannot be read: {error.strerror}") from error
    if len(octets) > MAX_FILE:
        raise fault(path, f"is larger than {MAX_FILE} octets")
    return octets


def certificates_in(path: Path) -> tuple[bytes, ...]:
    """Return the DER of the certificates in a PEM file, at least one. Raises CredentialError."""
    try:
        found = pem_certificates(read_file(path))
    except ProtocolError as error:
        raise fault(path, error.message) from error
    if not found:
        raise fault(path, "holds no certificate in PEM")
    return found


def readable(path: Path, der: bytes) -> Certificate:
    """Return the certificate ``der`` out of a file. Raises CredentialError when it does not decode."""
    try:
        return read_certificate(der)
    except ProtocolError as error:
        raise fault(path, f"certificate: octet {error.offset}: {error.message}") from error


def blocks_in(path: Path, label: str) -> tuple[bytes, ...]:
    """Return the octets of the PEM blocks called ``label`` in a file. Raises CredentialError."""
    try:
        return pem_blocks(read_file(path), label)
    except ProtocolError as error:
        raise fault(path, error.message) from error


def crls_in(path: Path) -> tuple[bytes, ...]:
    """Return the DER of the CRLs in a file, in PEM or DER, at least one. Raises CredentialError."""
    octets = read_file(path)
    if octets.startswith(b"\x30"):
        return (octets,)
    found = blocks_in(path, "X509 CRL")
    if not found:
        raise fault(path, "holds no CRL, neither in PEM nor in DER")
    return found


def private_key_in(path: Path) -> PrivateKey | DhPrivateKey:
    """Return the private key in a PEM file, one that signs or one for Diffie-Hellman (PKCS #8 alone).

    Raises:
        CredentialError: there is none, or none of a kind that is used.
    """
    octets = read_file(path)
    try:
        agreeing = [der for der in pem_blocks(octets, "PRIVATE KEY") if is_dh(der)]
        return read_dh_private(agreeing[0]) if agreeing else load_private_key(octets)
    except (CertificateError, DhKeyError, SignatureError) as error:
        raise fault(path, error.message) from error
