"""Certificates, revocation lists, OCSP answers and requests in a readable form, with what deviates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from conform62351.fixtures.pki.requests import RequestError, read_request
from conform62351.profiles.crypto.signatures import algorithm_name
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.generalized_time import moment_text
from conform62351.profiles.pki.attribute_certificate import (
    AttributeCertificate,
    read_attribute_certificate,
)
from conform62351.profiles.pki.certificate import (
    Certificate,
    issued_by,
    pem_blocks,
    pem_certificates,
    read_certificate,
)
from conform62351.profiles.pki.crl import read_crl
from conform62351.profiles.pki.form import FORM, Presented
from conform62351.profiles.pki.names import read_name
from conform62351.profiles.pki.ocsp import read_ocsp
from conform62351.profiles.pki.path import TLS_CA_KEYS, PathResult, find_path
from conform62351.tooling.net.credentials import CredentialError, CredentialFolder, read_file
from conform62351.tooling.net.manifest import ATTRIBUTE_CERTIFICATE, NAME
from conform62351.tooling.net.tls_identity import tls_trust

MAX_SHOWN_REVOKED: Final = 5


class ShowError(Exception):
    """Nothing that can be shown; the message is one line."""


def show(path: Path, moment: float) -> Iterator[str]:
    """Yield lines about a file or a folder of credentials; ``moment`` is a Unix time in seconds.

    What a terminal would obey is written in hexadecimal.

    Raises:
        ShowError: the file holds nothing of this kind.
        CredentialError: the file cannot be read, or the folder's manifest is wrong, with all its faults.
    """
    lines = _folder(path, moment) if path.is_dir() else _file(path, moment)
    for line in lines:
        yield "".join(
            character if character.isprintable() else f"\\x{ord(character):02x}" for character in line
        )


def _folder(path: Path, moment: float) -> Iterator[str]:
    if not (path / NAME).is_file():
        parts = [part for part in sorted(path.iterdir()) if (part / NAME).is_file()]
        if not parts:
            raise ShowError(f"{path}: neither {NAME} nor folders with one")
        for part in parts:
            yield f"folder {part.name}"
            yield from _folder(part, moment)
        return
    folder = CredentialFolder.load(path)
    for name in folder.names:
        yield f"credential {name}"
        try:
            certificate = read_certificate(folder.octets(name))
        except ProtocolError as error:
            yield f"  does not decode: octet {error.offset}: {error.message}"
            continue
        yield from _certificate(certificate, moment)
        result = _path_of(folder, name, certificate, moment)
        yield f"  path: {result.fault.detail}" if result.fault else f"  path: {_path(result.chain)}"
        yield f"  private key: {_key(folder, name)}"
    for name in folder.attribute_names:
        yield f"attribute certificate {name}"
        try:
            yield from _attributes(folder.attribute_certificate(name), moment)
        except ProtocolError as error:
            yield f"  does not decode: octet {error.offset}: {error.message}"
    for number, octets in enumerate(folder.crls, start=1):
        yield f"CRL {number}"
        yield from _crl(octets)
    for number, octets in enumerate(folder.ocsp_responses, start=1):
        yield f"OCSP answer {number}"
        yield from _ocsp(octets)


def _path_of(folder: CredentialFolder, name: str, certificate: Certificate, moment: float) -> PathResult:
    """Return the path of a credential, by the anchors of TLS where it is of no use for the application."""
    if certificate.title is not None:
        return find_path(certificate, folder.trust, moment)
    try:
        shown = folder.credential(name).chain
    except CredentialError:
        shown = ()
    return find_path(certificate, tls_trust(folder), moment, supplied=shown, ca_keys=TLS_CA_KEYS)


def _key(folder: CredentialFolder, name: str) -> str:
    if not folder.has_key(name):
        return "not here"
    try:
        folder.credential(name)
    except CredentialError as error:
        return f"cannot be used: {error}"
    return "fits the certificate"


def _path(chain: tuple[Certificate, ...]) -> str:
    return " < ".join(certificate.subject_text for certificate in chain)


def _file(path: Path, moment: float) -> Iterator[str]:
    octets = read_file(path)
    try:
        yield from _pem(octets, moment) if b"-----BEGIN " in octets else _der(octets, moment)
    except (ProtocolError, RequestError) as error:
        raise ShowError(f"{path}: {error}") from error


def _pem(octets: bytes, moment: float) -> Iterator[str]:
    shown = False
    below: Certificate | None = None
    for der in pem_certificates(octets):
        shown = True
        certificate = read_certificate(der)
        yield "certificate"
        yield from _certificate(certificate, moment)
        if below is not None:
            yield (
                "  issued the one above" if issued_by(below, certificate) else "  did not issue the one above"
            )
        below = certificate
    for der in pem_blocks(octets, "X509 CRL"):
        shown = True
        yield "CRL"
        yield from _crl(der)
    for der in pem_blocks(octets, ATTRIBUTE_CERTIFICATE):
        shown = True
        yield "attribute certificate"
        yield from _attributes(der, moment)
    if not shown:
        yield from _request(octets)


def _der(octets: bytes, moment: float) -> Iterator[str]:
    kinds: tuple[tuple[str, Callable[[bytes], Iterator[str]]], ...] = (
        ("attribute certificate", functools.partial(_attributes, moment=moment)),
        ("CRL", _crl),
        ("OCSP answer", _ocsp),
        ("certificate request", _request),
    )
    try:
        certificate = read_certificate(octets)
    except ProtocolError as error:
        for name, lines in kinds:
            try:
                yield from [name, *lines(octets)]
            except (ProtocolError, RequestError):
                continue
            return
        raise error
    yield "certificate"
    yield from _certificate(certificate, moment)


def _certificate(certificate: Certificate, moment: float) -> Iterator[str]:
    yield f"  subject: {certificate.subject_text}"
    yield f"  issuer: {certificate.issuer_text}"
    yield f"  serial number: {certificate.serial_hex}, version {certificate.version}"
    yield _validity(certificate, moment)
    yield f"  key: {certificate.key}, signed with {algorithm_name(certificate.outer_algorithm)}"
    usage = "absent" if certificate.key_usage is None else ", ".join(sorted(certificate.key_usage))
    yield f"  keyUsage: {usage}"
    for url in certificate.crl_urls:
        yield f"  CRL: {url}"
    for url in certificate.ocsp_urls:
        yield f"  OCSP: {url}"
    yield f"  size: {len(certificate.octets)} octets, SHA-256 {certificate.sha256}"
    yield from _annex_g(certificate)


def _validity(shown: Certificate | AttributeCertificate, moment: float) -> str:
    state = "" if shown.not_before <= moment <= shown.not_after else " (not valid now)"
    return f"  valid: {moment_text(shown.not_before)} to {moment_text(shown.not_after)}{state}"


def _attributes(octets: bytes, moment: float) -> Iterator[str]:
    shown = read_attribute_certificate(octets)
    holder = shown.holder
    if holder.serial is not None:
        yield f"  holder: certificate {holder.serial:x} of {_names(holder.issuers)}"
    if holder.subjects:
        yield f"  holder: {_names(holder.subjects)}"
    yield f"  issuer: {_names(shown.issuers)}, signed with {algorithm_name(shown.algorithm)}"
    yield _validity(shown, moment)
    yield f"  attributes: {', '.join(shown.attributes)}"


def _names(names: Iterable[bytes]) -> str:
    return ", ".join(str(read_name(name)) for name in names) or "nobody"


def _annex_g(certificate: Certificate) -> Iterator[str]:
    if certificate.ca:
        return
    if certificate.title is None:
        yield "  annex G: no titles in the subject: of no use for the application"
        return
    yield f"  title: {certificate.title.value} ({certificate.title.form})"
    found = [fault for step in FORM.steps if (fault := step.test(Presented(certificate)))]
    for fault in found:
        yield f"  annex G: {fault.detail}"
    if not found:
        yield "  annex G: nothing deviates"


def _crl(octets: bytes) -> Iterator[str]:
    crl = read_crl(octets)
    yield f"  issuer: {read_name(crl.issuer)}"
    until = "not given" if crl.next_update is None else moment_text(crl.next_update)
    yield f"  from {moment_text(crl.this_update)}, next update {until}"
    yield f"  revoked: {len(crl.revoked)}"
    for _, serial in list(crl.revoked)[:MAX_SHOWN_REVOKED]:
        yield f"    {serial:x}"


def _ocsp(octets: bytes) -> Iterator[str]:
    for single in read_ocsp(octets).responses:
        until = "not given" if single.next_update is None else moment_text(single.next_update)
        since = moment_text(single.this_update)
        yield f"  {single.serial:x}: {single.status.value}, from {since}, next update {until}"


def _request(octets: bytes) -> Iterator[str]:
    request = read_request(octets)
    yield f"  subject: {request.subject_text or 'empty'}"
    yield f"  key: {request.key}"
