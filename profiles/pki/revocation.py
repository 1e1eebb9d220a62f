"""Whether a certificate is revoked, by the lists and responses that a peer was given (decision 39).

Nothing is fetched. Either source may revoke; a list is trusted as configured, while a response that is not
signed by the CA or by somebody whom the CA named for it counts for nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import Final

from conform62351.profiles.pki.certificate import Certificate, CertificateError, issued_by, read_certificate
from conform62351.profiles.pki.crl import RevocationError, RevocationList, read_crl
from conform62351.profiles.pki.extensions import (
    EXTENDED_KEY_USAGE,
    OCSP_SIGNING,
    read_extended_key_usage,
)
from conform62351.profiles.pki.keys import key_octets
from conform62351.profiles.pki.ocsp import CertStatus, OcspResponse, SingleResponse, read_ocsp
from conform62351.profiles.pki.reading import DerError
from conform62351.profiles.pki.verification import signature_holds

NO_CRL_EVENT: Final = "IEC62351-3:2.5"
CRL_EXPIRED_EVENT: Final = "IEC62351-3:2.6"
OCSP_EXPIRED_EVENT: Final = "IEC62351-3:2.7"

_MAX_RESPONDERS: Final = 8
_CACHED_OCTETS: Final = 2048
_HASHES: Final = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


class RevocationState(Enum):
    """What is known of a certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    NO_DATA = "no data"


@dataclass(frozen=True, slots=True)
class RevocationData:
    """What a peer has been given: certificate lists and OCSP responses, each as DER."""

    crls: tuple[bytes, ...] = field(default=(), repr=False)
    ocsp: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth telling that is no fault, with the security event that goes with it if there is one."""

    text: str
    event: str | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class RevocationStatus:
    """The outcome for one certificate: ``source`` is ``crl``, ``ocsp`` or None.

    ``outdated`` says that what was used should have been replaced by now; ``revoked_at`` is seconds since
    1970.
    """

    state: RevocationState
    source: str | None = None
    outdated: bool = False
    remarks: tuple[Remark, ...] = ()
    revoked_at: float | None = None


def revocation_status(
    certificate: Certificate, issuer: Certificate | None, data: RevocationData, moment: float
) -> RevocationStatus:
    """Return what ``data`` says of ``certificate`` at ``moment`` (seconds since 1970).

    ``issuer`` is its CA, None when that is not at hand: signatures of lists are not checked then and OCSP
    responses not used. Data that do not decode are left out with a remark.
    """
    remarks: list[Remark] = []
    found = [
        *_ocsp_answers(certificate, issuer, data, moment, remarks),
        *_crl_answers(certificate, issuer, data, moment, remarks),
    ]
    for state in (RevocationState.REVOKED, RevocationState.GOOD):
        for status in found:
            if status.state is state:
                return RevocationStatus(
                    state, status.source, status.outdated, (*remarks, *status.remarks), status.revoked_at
                )
    remarks.append(Remark(f"no revocation data of {certificate.issuer_text}", NO_CRL_EVENT))
    return RevocationStatus(RevocationState.NO_DATA, None, False, tuple(remarks))


def _crl_answers(
    certificate: Certificate,
    issuer: Certificate | None,
    data: RevocationData,
    moment: float,
    remarks: list[Remark],
) -> Iterator[RevocationStatus]:
    """Yield what the lists that are about ``certificate`` say, the newest of each issuer and scope.

    Lists that the key of ``issuer`` verifies come before others of its name, as after a change of that key.
    """
    find = _known_lists if len(certificate.issuer) <= _CACHED_OCTETS else _lists_about
    lists, undecodable = find(data.crls, certificate.issuer, certificate.ca, issuer)
    remarks.extend(undecodable)
    for one in lists:
        notes, outdated = _list_remarks(one, issuer, moment)
        revoked_at = one.revoked.get((certificate.issuer, certificate.serial))
        if revoked_at is not None:
            yield RevocationStatus(RevocationState.REVOKED, "crl", outdated, notes, revoked_at)
        elif one.complete and _covers(one, certificate):
            yield RevocationStatus(RevocationState.GOOD, "crl", outdated, notes)
        else:
            remarks.append(Remark(f"a partial CRL of {certificate.issuer_text} proves no certificate good"))


def _lists_about(
    crls: tuple[bytes, ...], name: bytes, ca: bool, issuer: Certificate | None
) -> tuple[tuple[RevocationList, ...], tuple[Remark, ...]]:
    """Return the lists to ask about the certificates that ``name`` issued, and what does not decode.

    Of each issuer and scope it is the newest of the whole ones, and every one that is not. ``issuer`` is who
    goes by that name. That depends on nothing else, so it is found out once.
    """
    lists: list[RevocationList] = []
    undecodable: list[Remark] = []
    for octets in crls:
        try:
            one = read_crl(octets)
        except RevocationError as error:
            undecodable.append(Remark(f"a configured CRL is left out: {error}"))
            continue
        if _is_about(one, name, ca):
            lists.append(one)
    if issuer is not None:
        lists.sort(key=lambda one: (_list_signed(one, issuer), one.this_update))
    else:
        lists.sort(key=lambda one: one.this_update)
    newest = {(one.issuer, one.scope): one for one in lists if one.complete}
    return (*newest.values(), *(one for one in lists if not one.complete)), tuple(undecodable)


_known_lists = lru_cache(maxsize=64)(_lists_about)


def _is_about(crl: RevocationList, name: bytes, ca: bool) -> bool:
    scope = crl.scope
    if scope.user_certificates_only if ca else scope.ca_certificates_only:
        return False
    if crl.issuer == name:
        return True
    return scope.indirect and any(issuer == name for issuer, _ in crl.revoked)


def _covers(crl: RevocationList, certificate: Certificate) -> bool:
    """Return whether a certificate that is not on the list is good by it.

    The list of one distribution point is for the certificates that name this point.
    """
    return not crl.scope.urls or not set(crl.scope.urls).isdisjoint(certificate.crl_urls)


def _list_signed(crl: RevocationList, issuer: Certificate) -> bool:
    return signature_holds(crl.sha256, crl.algorithm, issuer.spki, crl.signature, crl.tbs)


def _list_remarks(
    crl: RevocationList, issuer: Certificate | None, moment: float
) -> tuple[tuple[Remark, ...], bool]:
    notes = []
    outdated = crl.next_update is not None and crl.next_update < moment
    if outdated:
        notes.append(Remark("the CRL is past its nextUpdate", CRL_EXPIRED_EVENT))
    if crl.this_update > moment:
        notes.append(Remark("the CRL's thisUpdate lies in the future"))
    if issuer is not None and issuer.subject == crl.issuer:
        if not _list_signed(crl, issuer):
            notes.append(Remark(f"the signature of the CRL of {issuer.subject_text} does not verify"))
        elif issuer.key_usage is not None and "cRLSign" not in issuer.key_usage:
            notes.append(Remark(f"{issuer.subject_text} may not sign CRLs by its keyUsage"))
    return tuple(notes), outdated


def _ocsp_answers(
    certificate: Certificate,
    issuer: Certificate | None,
    data: RevocationData,
    moment: float,
    remarks: list[Remark],
) -> Iterator[RevocationStatus]:
    if issuer is None:
        return
    for octets in data.ocsp:
        try:
            response = read_ocsp(octets)
        except RevocationError as error:
            remarks.append(Remark(f"an OCSP response is left out: {error}"))
            continue
        for single in response.responses:
            if not _names(single, certificate, issuer):
                continue
            refusal = _responder_fault(response, issuer, moment)
            if refusal is not None:
                remarks.append(Remark(f"an OCSP response is left out: {refusal}"))
                break
            notes = []
            outdated = single.next_update is not None and single.next_update < moment
            if outdated:
                notes.append(Remark("the OCSP response is past its nextUpdate", OCSP_EXPIRED_EVENT))
            if single.this_update > moment:
                notes.append(Remark("the OCSP response's thisUpdate lies in the future"))
            if single.status is CertStatus.REVOKED:
                yield RevocationStatus(
                    RevocationState.REVOKED, "ocsp", outdated, tuple(notes), single.revoked_at
                )
            elif single.status is CertStatus.GOOD:
                yield RevocationStatus(RevocationState.GOOD, "ocsp", outdated, tuple(notes))
            else:
                remarks.append(Remark("the OCSP responder does not know the certificate"))


def _names(single: SingleResponse, certificate: Certificate, issuer: Certificate) -> bool:
    """Return whether the answer is about ``certificate``."""
    if single.serial != certificate.serial or certificate.issuer != issuer.subject:
        return False
    name = _HASHES.get(single.hash_algorithm)
    return (
        name is not None
        and hashlib.new(name, issuer.subject).digest() == single.name_hash
        and _key_hash(issuer, name) == single.key_hash
    )


def _key_hash(certificate: Certificate, name: str) -> bytes | None:
    """Return the hash of the public key, None for a key of more octets than are read."""
    try:
        return hashlib.new(name, key_octets(certificate.spki)).digest()
    except DerError:
        return None


def _responder_fault(response: OcspResponse, issuer: Certificate, moment: float) -> str | None:
    """Return what keeps the response from counting: who signed it, and whether the CA named him for it."""
    if _is_responder(response, issuer) and _response_signed(response, issuer):
        return None
    fault = "its signature does not verify with the CA's key"
    for octets in response.certificates[:_MAX_RESPONDERS]:
        try:
            responder = read_certificate(octets)
        except CertificateError as error:
            fault = f"the responder's certificate: {error}"
            continue
        if not _is_responder(response, responder):
            continue
        purposes = responder.extension(EXTENDED_KEY_USAGE)
        try:
            named = purposes is not None and OCSP_SIGNING in read_extended_key_usage(purposes.octets)
        except DerError as error:
            fault = f"the responder's certificate: {error}"
            continue
        if not named:
            fault = "the responder's certificate is not for signing OCSP responses"
        elif not issued_by(responder, issuer):
            fault = "the responder's certificate is not issued by the CA itself"
        elif not responder.not_before <= moment <= responder.not_after:
            fault = "the responder's certificate is not valid now"
        elif not _response_signed(response, responder):
            fault = "its signature does not verify with the responder's key"
        else:
            return None
    return fault


def _is_responder(response: OcspResponse, certificate: Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == certificate.subject
    return _key_hash(certificate, "sha1") == response.responder_key_hash


def _response_signed(response: OcspResponse, signer: Certificate) -> bool:
    return signature_holds(response.sha256, response.algorithm, signer.spki, response.signature, response.tbs)
