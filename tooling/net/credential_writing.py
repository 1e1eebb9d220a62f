"""Writing a folder of credentials: nothing is overwritten unasked, private keys are for their owner."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from conform62351.pics.faults import FileFault
from conform62351.tooling.net.manifest import (
    ATTRIBUTE_CERTIFICATE,
    NAME,
    CredentialEntry,
    CredentialError,
    Manifest,
    write_credentials,
    write_manifest,
)

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644
_OF_A_LINE: Final = 48
"""Octets whose base64 is a line of PEM."""


def armoured(label: str, der: bytes) -> bytes:
    """Return ``der`` as a PEM block; also when it is not DER."""
    begin, end = (f"-----{word} {label}-----\n".encode("ascii") for word in ("BEGIN", "END"))
    lines = (base64.b64encode(der[at : at + _OF_A_LINE]) + b"\n" for at in range(0, len(der), _OF_A_LINE))
    return b"".join((begin, *lines, end))


def attribute_file(name: str) -> str:
    """Return the name of the file of an attribute certificate in a folder of the workshop."""
    return f"attributes/{name}.pem"


def certificates_pem(certificates: Iterable[bytes]) -> bytes:
    """Return the PEM of certificates given in DER, one behind another."""
    return b"".join(armoured("CERTIFICATE", der) for der in certificates)


def claim_folder(path: Path, *, force: bool = False) -> None:
    """Make the folder ``path``, or take an empty one; with ``force`` one that holds files as well.

    Raises:
        CredentialError: it holds files, or cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        taken = not force and any(path.iterdir())
    except OSError as error:
        raise _fault(path, f"cannot be made: {error.strerror}") from error
    if taken:
        raise _fault(path, "is not empty: choose another folder, or overwrite with --force")


def write_file(path: Path, octets: bytes, *, private: bool = False, force: bool = False) -> None:
    """Write a new file; a private one is readable by its owner alone from its first octet on.

    Raises:
        CredentialError: it is there already and ``force`` is not given, or it cannot be written.
    """
    mode = PRIVATE if private else PUBLIC
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if force:
            path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(octets)
    except OSError as error:
        if isinstance(error, FileExistsError) and path.exists():
            raise _fault(path, "is there already: overwrite it with --force") from error
        raise _fault(path, f"cannot be written: {error.strerror}") from error


class FolderWriter:
    """Writes one folder of credentials, the manifest last: a folder without one is unfinished."""

    def __init__(self, path: Path, *, force: bool = False) -> None:
        self.path = path
        self._force = force
        self._credentials: dict[str, CredentialEntry] = {}
        self._keys: dict[str, str] = {}
        self._attribute_certificates: dict[str, str] = {}

    def file(self, name: str, octets: bytes) -> str:
        """Write a file that everybody may read and return its name. Raises CredentialError."""
        write_file(self.path / name, octets, force=self._force)
        return name

    def crls(self, name: str, crls: Iterable[bytes]) -> str:
        """Write a file with CRLs, given in DER, and return its name. Raises CredentialError."""
        return self.file(name, b"".join(armoured("X509 CRL", der) for der in crls))

    def key(self, name: str, pem: bytes) -> str:
        """Write a private key once, for all credentials that share it, and return its file's name."""
        if name not in self._keys:
            file = f"keys/{name}.key"
            write_file(self.path / file, pem, private=True, force=self._force)
            self._keys[name] = file
        return self._keys[name]

    def credential(self, name: str, certificates: Iterable[bytes], key: str = "") -> None:
        """Write a certificate (DER) with the authorities above it; ``key`` is the file of its private key."""
        file = self.file(f"{name}.pem", certificates_pem(certificates))
        self._credentials[name] = CredentialEntry(certificate=file, key=key)

    def same_credential(self, name: str, other: str) -> None:
        """Let ``name`` be the credential ``other`` as well."""
        self._credentials[name] = self._credentials[other]

    def attribute_certificate(self, name: str, der: bytes) -> None:
        """Write an attribute certificate, in DER or what damage has left of it."""
        self._attribute_certificates[name] = self.file(
            attribute_file(name), armoured(ATTRIBUTE_CERTIFICATE, der)
        )

    def finish(
        self,
        *,
        anchors: Iterable[bytes],
        intermediates: Iterable[bytes],
        crls: Iterable[bytes],
        ocsp: Iterable[str],
        attribute_authorities: Iterable[bytes],
        tls_anchors: Iterable[bytes] = (),
    ) -> Manifest:
        """Write trust (certificates and CRLs in DER, names of files with OCSP answers) and the manifest.

        Without ``tls_anchors`` TLS trusts what the application trusts.
        """
        for_tls = certificates_pem(tls_anchors)
        manifest = Manifest(
            anchors=self.file("anchors.pem", certificates_pem(anchors)),
            tls_anchors=self.file("tls-anchors.pem", for_tls) if for_tls else "",
            intermediates=self.file("intermediates.pem", certificates_pem(intermediates)),
            crls=(self.crls("crls.pem", crls),),
            attribute_authorities=self.file(
                "attribute-authorities.pem", certificates_pem(attribute_authorities)
            ),
            ocsp=tuple(ocsp),
            credentials=self._credentials,
            attribute_certificates=self._attribute_certificates,
        )
        self.file(NAME, write_manifest(manifest).encode("utf-8"))
        return manifest


def append_credentials(
    folder: Path, credentials: Mapping[str, CredentialEntry], attribute_certificates: Mapping[str, str]
) -> None:
    """Add to the manifest in ``folder``, and leave what stands in it as it is.

    Raises:
        CredentialError: it cannot be written.
    """
    path = folder / NAME
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write("\n" + write_credentials(credentials, attribute_certificates))
    except OSError as error:
        raise _fault(path, f"cannot be written: {error.strerror}") from error


def _fault(path: Path, message: str) -> CredentialError:
    return CredentialError((FileFault(path, 0, message),))
