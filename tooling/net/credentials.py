"""A folder of credentials: certificates, private keys, attributes and trust by the names of its manifest.

What the manifest says is checked at once; the files themselves are read when they are wanted, and once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from conform62351.pics.faults import FileFault, did_you_mean
from conform62351.profiles.crypto.signatures import PrivateKey, SignatureError, load_private_key
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki.certificate import (
    Certificate,
    pem_blocks,
    pem_certificates,
    read_certificate,
)
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.path import Trust
from conform62351.tooling.net.manifest import (
    ATTRIBUTE_CERTIFICATE,
    NAME,
    CredentialEntry,
    CredentialError,
    Manifest,
    read_manifest,
)

__all__ = ["CredentialError", "CredentialFiles", "CredentialFolder", "read_file"]

MAX_FILE: Final = 4 << 20
"""Octets of the largest file read: certificates of a megabyte fit as PEM."""


class CredentialFiles(msgspec.Struct, frozen=True):
    """The files of a credential as ``ssl`` wants them: the certificate with its chain, and the key."""

    certificate: Path
    key: Path


class CredentialFolder:
    """The credentials in one folder, and what their owner trusts."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self._manifest = manifest
        self._certificates: dict[str, tuple[bytes, ...]] = {}
        self._keys: dict[str, PrivateKey] = {}
        self._credentials: dict[str, Credential] = {}
        self._attribute_certificates: dict[str, bytes] = {}

    @classmethod
    def load(cls, path: Path) -> CredentialFolder:
        """Read the manifest in the folder ``path``.

        Raises:
            CredentialError: with all faults of the manifest and all files that are missing.
        """
        if not path.is_dir():
            raise CredentialError((FileFault(path, 0, "there is no such folder"),))
        return cls(path, read_manifest(path))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all credentials, in the order of the manifest."""
        return tuple(self._manifest.credentials)

    def credential(self, name: str) -> Credential:
        """Return the credential called ``name``.

        Raises:
            CredentialError: no such name; a file is not what it should be; the key belongs to another
                certificate; or the certificate does not decode, which some bad ones do not by intent: use
                :meth:`octets` for these.
        """
        if name not in self._credentials:
            certificates = [self._certificate(name, der) for der in self._all_octets(name)]
            key = self.key(name) if self.has_key(name) else None
            made = Credential(certificates[0], key, tuple(certificates[1:]))
            if key is not None and not made.fits:
                file = self.path / self._entry(name).key
                raise _fault(file, f"is not the key of {self._entry(name).certificate}")
            self._credentials[name] = made
        return self._credentials[name]

    def octets(self, name: str) -> bytes:
        """Return the certificate called ``name`` as it stands in its file, whether it decodes or not.

        Raises:
            CredentialError: no such name, or no PEM.
        """
        return self._all_octets(name)[0]

    def has_key(self, name: str) -> bool:
        """Return whether there is a private key of ``name``. Raises CredentialError: no such name."""
        return bool(self._entry(name).key)

    def key(self, name: str) -> PrivateKey:
        """Return the private key of ``name``.

        Raises:
            CredentialError: no such name, no private key given, or none in its file.
        """
        file = self._key_file(name)
        if file not in self._keys:
            path = self.path / file
            try:
                self._keys[file] = load_private_key(read_file(path))
            except SignatureError as error:
                raise _fault(path, error.message) from error
        return self._keys[file]

    def files(self, name: str) -> CredentialFiles:
        """Return the files of ``name``; that of the certificate holds its chain too.

        Raises:
            CredentialError: no such name, or no private key given.
        """
        return CredentialFiles(self.path / self._entry(name).certificate, self.path / self._key_file(name))

    @functools.cached_property
    def trust(self) -> Trust:
        """Anchors, intermediates and CRLs of the application. Raises CredentialError."""
        return Trust(
            anchors=self._authorities(self._manifest.anchors),
            intermediates=self._authorities(self._manifest.intermediates),
            crls=self.crls,
        )

    @functools.cached_property
    def attribute_authorities(self) -> tuple[Certificate, ...]:
        """Who may sign attribute certificates. Raises CredentialError."""
        return self._authorities(self._manifest.attribute_authorities)

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """The names of all attribute certificates, in the order of the manifest."""
        return tuple(self._manifest.attribute_certificates)

    def attribute_certificate(self, name: str) -> bytes:
        """Return the attribute certificate called ``name`` as it stands in its file.

        Raises:
            CredentialError: no such name, or not one of them in PEM.
        """
        if name not in self._attribute_certificates:
            self._attribute_certificates[name] = self._attribute_octets(name)
        return self._attribute_certificates[name]

    def _attribute_octets(self, name: str) -> bytes:
        known = self._manifest.attribute_certificates
        if name not in known:
            near = did_you_mean(name, known)
            raise _fault(self.path / NAME, f"there is no attribute certificate {name[:80]!r}{near}")
        path = self.path / known[name]
        found = _blocks(path, ATTRIBUTE_CERTIFICATE)
        if len(found) != 1:
            raise _fault(path, f"holds {len(found) or 'no'} attribute certificates in PEM, not one")
        return found[0]

    @functools.cached_property
    def crls(self) -> tuple[bytes, ...]:
        """The DER of every CRL. Raises CredentialError."""
        return tuple(crl for file in self.crl_files for crl in _crls(file))

    @functools.cached_property
    def ocsp_responses(self) -> tuple[bytes, ...]:
        """The DER of every OCSP answer. Raises CredentialError."""
        return tuple(map(read_file, self.ocsp_files))

    @property
    def tls_anchors_file(self) -> Path:
        """The PEM file with the anchors of TLS."""
        return self.path / (self._manifest.tls_anchors or self._manifest.anchors)

    @property
    def crl_files(self) -> tuple[Path, ...]:
        """The files with CRLs, in PEM or DER."""
        return tuple(self.path / file for file in self._manifest.crls)

    @property
    def ocsp_files(self) -> tuple[Path, ...]:
        """The files with OCSP answers, in DER."""
        return tuple(self.path / file for file in self._manifest.ocsp)

    def check(self, undecodable: frozenset[str] = frozenset()) -> None:
        """Read everything; certificates named in ``undecodable`` need not decode.

        Raises:
            CredentialError: with all faults of all files.
        """
        whole: list[Callable[[], object]] = [
            lambda: self.trust,
            lambda: self._authorities(self._manifest.tls_anchors),
            lambda: self.attribute_authorities,
            lambda: self.ocsp_responses,
        ]
        for name in self.names:
            load = self.octets if name in undecodable else self.credential
            whole.append(functools.partial(load, name))
        whole += [functools.partial(self.attribute_certificate, name) for name in self.attribute_names]
        faults: dict[FileFault, None] = {}
        for load_one in whole:
            try:
                load_one()
            except CredentialError as error:
                faults.update(dict.fromkeys(error.faults))
        if faults:
            raise CredentialError(tuple(faults))

    def _entry(self, name: str) -> CredentialEntry:
        known: Mapping[str, CredentialEntry] = self._manifest.credentials
        if name not in known:
            near = did_you_mean(name, known)
            raise _fault(self.path / NAME, f"there is no credential {name[:80]!r}{near}")
        return known[name]

    def _key_file(self, name: str) -> str:
        file = self._entry(name).key
        if not file:
            raise _fault(self.path / NAME, f"credential {name} has no private key")
        return file

    def _all_octets(self, name: str) -> tuple[bytes, ...]:
        file = self._entry(name).certificate
        if file not in self._certificates:
            self._certificates[file] = _pem(self.path / file)
        return self._certificates[file]

    def _certificate(self, name: str, der: bytes) -> Certificate:
        return _readable(self.path / self._entry(name).certificate, der)

    def _authorities(self, file: str) -> tuple[Certificate, ...]:
        if not file:
            return ()
        return tuple(_readable(self.path / file, der) for der in _pem(self.path / file))


def _fault(path: Path, message: str) -> CredentialError:
    return CredentialError((FileFault(path, 0, message),))


def read_file(path: Path) -> bytes:
    """Return the octets of a file of credentials, at most 4 MiB. Raises CredentialError."""
    try:
        with path.open("rb") as file:
            octets = file.read(MAX_FILE + 1)
    except OSError as error:
        raise _fault(path, f"cannot be read: {error.strerror}") from error
    if len(octets) > MAX_FILE:
        raise _fault(path, f"is larger than {MAX_FILE} octets")
    return octets


def _pem(path: Path) -> tuple[bytes, ...]:
    try:
        found = pem_certificates(read_file(path))
    except ProtocolError as error:
        raise _fault(path, error.message) from error
    if not found:
        raise _fault(path, "holds no certificate in PEM")
    return found


def _readable(path: Path, der: bytes) -> Certificate:
    try:
        return read_certificate(der)
    except ProtocolError as error:
        raise _fault(path, f"certificate: octet {error.offset}: {error.message}") from error


def _blocks(path: Path, label: str) -> tuple[bytes, ...]:
    try:
        return pem_blocks(read_file(path), label)
    except ProtocolError as error:
        raise _fault(path, error.message) from error


def _crls(path: Path) -> tuple[bytes, ...]:
    octets = read_file(path)
    if octets.startswith(b"\x30"):
        return (octets,)
    found = _blocks(path, "X509 CRL")
    if not found:
        raise _fault(path, "holds no CRL, neither in PEM nor in DER")
    return found
