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
from conform62351.profiles.crypto.signatures import PrivateKey
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.dh_keys import DhPrivateKey, read_dh_public
from conform62351.profiles.pki.path import Trust
from conform62351.tooling.net.credential_reading import (
    blocks_in,
    certificates_in,
    crls_in,
    fault,
    private_key_in,
    read_file,
    readable,
)
from conform62351.tooling.net.manifest import (
    ATTRIBUTE_CERTIFICATE,
    NAME,
    CredentialEntry,
    CredentialError,
    Manifest,
    read_manifest,
)

__all__ = ["CredentialError", "CredentialFiles", "CredentialFolder", "read_file"]


TLS_NAMES: Final = ("tester-tls", "tls", "tls-ecdsa", "tls-dsa", "tls-dh-rsa", "tls-dh-dss")
"""What tester and devices show in TLS, best first: one credential for each kind of suite."""
TLS_LISTED: Final = "tls-listed.pem"
"""In a device's folder: the certificates to take where only individual ones are taken."""


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
        self._keys: dict[str, PrivateKey | DhPrivateKey] = {}
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

    @property
    def tls_names(self) -> tuple[str, ...]:
        """The names of the credentials that the owner shows in TLS, best first, with private keys."""
        known = self._manifest.credentials
        return tuple(name for name in TLS_NAMES if name in known and known[name].key)

    def credential(self, name: str) -> Credential:
        """Return the credential called ``name``, without its key where that is for Diffie-Hellman.

        Raises:
            CredentialError: no such name; a file is not what it should be; the key belongs to another
                certificate; or the certificate does not decode, which some bad ones do not by intent: use
                :meth:`octets` for these.
        """
        if name not in self._credentials:
            certificates = [self._certificate(name, der) for der in self._all_octets(name)]
            key = self.private_key(name) if self.has_key(name) else None
            if key is not None and not _belongs(key, certificates[0]):
                file = self.path / self._entry(name).key
                raise fault(file, f"is not the key of {self._entry(name).certificate}")
            signing = key if isinstance(key, PrivateKey) else None
            self._credentials[name] = Credential(certificates[0], signing, tuple(certificates[1:]))
        return self._credentials[name]

    def octets(self, name: str) -> bytes:
        """Return the certificate called ``name`` as it stands in its file, whether it decodes or not.

        Raises:
            CredentialError: no such name, or no PEM.
        """
        return self._all_octets(name)[0]

    def chain_octets(self, name: str) -> tuple[bytes, ...]:
        """Return the certificate called ``name`` and those of its issuers behind it, as they stand there.

        Raises:
            CredentialError: no such name, or no PEM.
        """
        return self._all_octets(name)

    def has_key(self, name: str) -> bool:
        """Return whether there is a private key of ``name``. Raises CredentialError: no such name."""
        return bool(self._entry(name).key)

    def key(self, name: str) -> PrivateKey:
        """Return the private key of ``name``.

        Raises:
            CredentialError: no such name, no private key given, or none in its file that signs.
        """
        key = self.private_key(name)
        if isinstance(key, DhPrivateKey):
            raise fault(self.path / self._key_file(name), "is for Diffie-Hellman, which signs nothing")
        return key

    def private_key(self, name: str) -> PrivateKey | DhPrivateKey:
        """Return the private key of ``name``, one that signs or one for Diffie-Hellman.

        Raises:
            CredentialError: no such name, no private key given, or none in its file.
        """
        file = self._key_file(name)
        if file not in self._keys:
            self._keys[file] = private_key_in(self.path / file)
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
            raise fault(self.path / NAME, f"there is no attribute certificate {name[:80]!r}{near}")
        path = self.path / known[name]
        found = blocks_in(path, ATTRIBUTE_CERTIFICATE)
        if len(found) != 1:
            raise fault(path, f"holds {len(found) or 'no'} attribute certificates in PEM, not one")
        return found[0]

    @functools.cached_property
    def crls(self) -> tuple[bytes, ...]:
        """The DER of every CRL. Raises CredentialError."""
        return tuple(crl for file in self.crl_files for crl in crls_in(file))

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
            raise fault(self.path / NAME, f"there is no credential {name[:80]!r}{near}")
        return known[name]

    def _key_file(self, name: str) -> str:
        file = self._entry(name).key
        if not file:
            raise fault(self.path / NAME, f"credential {name} has no private key")
        return file

    def _all_octets(self, name: str) -> tuple[bytes, ...]:
        file = self._entry(name).certificate
        if file not in self._certificates:
            self._certificates[file] = certificates_in(self.path / file)
        return self._certificates[file]

    def _certificate(self, name: str, der: bytes) -> Certificate:
        return readable(self.path / self._entry(name).certificate, der)

    def _authorities(self, file: str) -> tuple[Certificate, ...]:
        if not file:
            return ()
        return tuple(readable(self.path / file, der) for der in certificates_in(self.path / file))


def _belongs(key: PrivateKey | DhPrivateKey, certificate: Certificate) -> bool:
    """Return whether a private key is that of the certificate, in whichever form the two are written."""
    if isinstance(key, PrivateKey):
        return key.spki == certificate.spki
    try:
        return read_dh_public(certificate.spki).same_value(key.public)
    except ProtocolError:
        return False
