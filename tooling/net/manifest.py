"""``manifest.toml``: which files of a folder are whose certificate and key, and what its owner trusts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec

from conform62351.pics.faults import DeclarationError, FileFault, did_you_mean
from conform62351.pics.tomlfile import Document, Entry, read_document
from conform62351.tooling.net.errors import NetError

NAME: Final = "manifest.toml"
MAX_CREDENTIALS: Final = 1000
_CREDENTIAL_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}(?:/[A-Za-z0-9_-]{1,64})?", re.ASCII)
ATTRIBUTE_CERTIFICATE: Final = "ATTRIBUTE CERTIFICATE"
"""The label of attribute certificates in PEM (RFC 7468)."""
_SINGLE: Final = ("anchors", "tls_anchors", "intermediates", "attribute_authorities")
_SEVERAL: Final = ("crls", "ocsp")
_CREDENTIAL: Final = "credential"
_ATTRIBUTES: Final = "attributes"
_MEMBERS: Final = {_CREDENTIAL: ("certificate", "key"), _ATTRIBUTES: ("file",)}
"""The tables of a manifest, by their first name, and what stands in each: the first may not be missing."""


class CredentialError(NetError):
    """A folder of credentials cannot be used; ``faults`` holds everything that is wrong with it."""

    def __init__(self, faults: tuple[FileFault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class CredentialEntry(msgspec.Struct, frozen=True):
    """The files of one credential, relative to the folder; ``key`` is empty where only others have it.

    ``certificate`` is PEM: the entity's own certificate, then the authorities above it, its issuer first.
    """

    certificate: str
    key: str = ""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder holds; all files are relative to it.

    ``anchors`` and ``tls_anchors`` are PEM files with the certificates that application and TLS trust (an
    empty ``tls_anchors`` means the same), ``intermediates`` one with further authorities. ``crls`` are
    files in PEM or DER, ``ocsp`` OCSP answers in DER. ``attribute_authorities`` is a PEM file with the
    certificates of who may sign attribute certificates; ``attribute_certificates`` are the files of the
    owner's own ones, in PEM.
    """

    anchors: str
    tls_anchors: str = ""
    intermediates: str = ""
    attribute_authorities: str = ""
    crls: tuple[str, ...] = ()
    ocsp: tuple[str, ...] = ()
    credentials: dict[str, CredentialEntry] = msgspec.field(default_factory=dict)
    attribute_certificates: dict[str, str] = msgspec.field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest in ``folder``; every file that it names is there.

    Raises:
        CredentialError: with all faults of the manifest, and all files that are missing.
    """
    try:
        document = read_document(folder / NAME)
        reader = _Reader(folder, document)
        manifest = reader.read()
        document.check()
    except DeclarationError as error:
        raise CredentialError(error.faults) from error
    return manifest


def write_manifest(manifest: Manifest) -> str:
    """Return the text of the manifest."""
    lines = ["# Certificates, keys and trust; files are relative to this folder. A certificate's file begins"]
    lines += ["# with the entity's own one and goes on with the authorities above it.", ""]
    lines += [f"{name} = {_quoted(value)}" for name in _SINGLE if (value := getattr(manifest, name))]
    for name in _SEVERAL:
        if files := getattr(manifest, name):
            lines += [f"{name} = [", *(f"    {_quoted(file)}," for file in files), "]"]
    tables = write_credentials(manifest.credentials, manifest.attribute_certificates)
    return "\n".join(lines) + "\n" + tables


def write_credentials(
    credentials: Mapping[str, CredentialEntry], attribute_certificates: Mapping[str, str]
) -> str:
    """Return the tables of credentials and attribute certificates, which may be appended to a manifest."""
    lines = []
    for name, entry in credentials.items():
        lines += ["", f"[credential.{_quoted(name)}]", f"certificate = {_quoted(entry.certificate)}"]
        lines += [f"key = {_quoted(entry.key)}"] if entry.key else []
    for name, file in attribute_certificates.items():
        lines += ["", f"[attributes.{_quoted(name)}]", f"file = {_quoted(file)}"]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    return f'"{text}"'


class _Reader:
    def __init__(self, folder: Path, document: Document) -> None:
        self._folder = folder
        self._document = document
        self._members: dict[str, Any] = {}
        self._tables: dict[str, dict[str, dict[str, str]]] = {table: {} for table in _MEMBERS}

    def read(self) -> Manifest:
        for header, line in self._document.headers.items():
            if header[0] in _MEMBERS and len(header) == 2:
                self._entry_of(header[0], header[1], line)
            elif len(header) != 1 or header[0] not in _MEMBERS:
                self._document.fault(line, f"[{'.'.join(header)[:60]}] is no [credential.NAME]")
        for entry in self._document.entries:
            if entry.path[0] in _MEMBERS:
                self._entry(entry)
            elif len(entry.path) == 1:
                self._member(entry)
            elif entry.path[:-1] not in self._document.headers:
                self._document.fault(entry.line, f"{entry.name[:60]} is no entry of a manifest")
        if ("anchors",) not in self._document.named:
            self._document.fault(0, "anchors is missing: a PEM file with the certificates that are trusted")
        complete = {table: dict(self._complete(table)) for table in _MEMBERS}
        return Manifest(
            **{"anchors": "", **self._members},
            credentials={name: CredentialEntry(**members) for name, members in complete[_CREDENTIAL].items()},
            attribute_certificates={name: members["file"] for name, members in complete[_ATTRIBUTES].items()},
        )

    def _complete(self, table: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the entries of a table that lack nothing, and note the fault of the others."""
        wanted = _MEMBERS[table][0]
        for name, members in self._tables[table].items():
            if wanted in members:
                yield name, members
            elif (table, name, wanted) not in self._document.named:
                line = self._document.headers.get((table, name), 0)
                self._document.fault(line, f"{table}.{name}: {wanted} is missing")

    def _entry_of(self, table: str, name: str, line: int) -> dict[str, str] | None:
        entries = self._tables[table]
        if name in entries:
            return entries[name]
        if not _CREDENTIAL_NAME.fullmatch(name):
            self._document.fault(line, f"{name[:60]!r} is no name of a credential, such as bad/expired")
            return None
        if len(entries) >= MAX_CREDENTIALS:
            self._document.fault(line, f"more than {MAX_CREDENTIALS} credentials")
            return None
        return entries.setdefault(name, {})

    def _entry(self, entry: Entry) -> None:
        table = entry.path[0]
        allowed = _MEMBERS[table]
        if len(entry.path) != 3 or entry.path[2] not in allowed:
            near = did_you_mean(entry.path[-1], allowed)
            wanted = " and ".join(f"{table}.NAME.{member}" for member in allowed)
            self._document.fault(entry.line, f"{entry.name[:60]} is none of {wanted}{near}")
            return
        members = self._entry_of(table, entry.path[1], entry.line)
        if members is not None and (file := self._file(entry, entry.value)):
            members[entry.path[2]] = file

    def _member(self, entry: Entry) -> None:
        name = entry.path[0]
        if name in _SINGLE:
            if file := self._file(entry, entry.value):
                self._members[name] = file
        elif name in _SEVERAL:
            if not isinstance(entry.value, list):
                self._document.fault(entry.line, f"{name}: a list of files is wanted")
                return
            self._members[name] = tuple(filter(None, (self._file(entry, value) for value in entry.value)))
        else:
            near = did_you_mean(name, (*_SINGLE, *_SEVERAL, *_MEMBERS))
            self._document.fault(entry.line, f"{name[:60]} is no entry of a manifest{near}")

    def _file(self, entry: Entry, value: object) -> str:
        """Return the file that ``value`` names, empty after noting a fault."""
        shown = entry.name[:80]
        if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 255:
            self._document.fault(entry.line, f"{shown}: the name of a file is wanted, in quotation marks")
            return ""
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or "\\" in value or '"' in value:
            self._document.fault(entry.line, f"{shown}: {value}: files stand in this folder or below it")
            return ""
        try:
            present = (self._folder / path).is_file()
        except OSError:
            present = False
        if not present:
            self._document.fault(entry.line, f"{shown}: there is no file {value}")
            return ""
        return value
