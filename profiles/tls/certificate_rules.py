"""What IEC 62351-3 wants of the certificates that a peer shows in TLS, each rule a named step.

Paths and revocation are those of :mod:`profiles.pki`; here stands what part 3 makes of them: which alert and
which security event go with a step is in the data file ``outcomes.toml`` (7-tls and events of part 3; N, E).
A fault whose reaction is ``NOTE`` is logged, and the handshake goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from conform62351.profiles.crypto.signatures import ALGORITHMS, algorithm_name
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.keys import DH, DSA, EC, RSA
from conform62351.profiles.pki.path import PathFaultKind
from conform62351.profiles.pki.path_rules import KNOWN_EXTENSIONS
from conform62351.profiles.pki.revocation import (
    CRL_EXPIRED_EVENT,
    NO_CRL_EVENT,
    OCSP_EXPIRED_EVENT,
    Remark,
    RevocationState,
)
from conform62351.profiles.policy import CheckTable, Fault, Finding, Policy, Reaction, Step
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import KeyExchange
from conform62351.profiles.tls.peer_chain import DEPRECATED_RSA, CertificatePolicy, Examined, PeerChain

__all__ = ["DEPRECATED_RSA", "PEER_CHAIN", "CertificatePolicy", "Examined", "PeerChain", "examine"]

_FINITE: Final = (DSA, DH)
_SERVER_USAGE: Final = {
    KeyExchange.RSA: "keyEncipherment",
    KeyExchange.DHE: "digitalSignature",
    KeyExchange.ECDHE: "digitalSignature",
    KeyExchange.DH: "keyAgreement",
}
"""What keyUsage has to allow by the suite, where it is there (RFC 5246 7.4.2; R)."""
_X509_V3: Final = 3
_MD5: Final = "md5"
_SHA1: Final = "sha1"
_VALIDITY_OF_ISSUERS: Final = (PathFaultKind.CA_EXPIRED, PathFaultKind.CA_NOT_YET_VALID)
_OF_STEPS_OF_THEIR_OWN: Final = (
    PathFaultKind.UNKNOWN_CA,
    PathFaultKind.BAD_SIGNATURE,
    PathFaultKind.CA_REVOKED,
    *_VALIDITY_OF_ISSUERS,
)


def examine(chain: PeerChain, policy: CertificatePolicy, checks: Policy) -> tuple[Finding, ...]:
    """Return what is wrong with ``chain``: notes first, and last the fault that ends the handshake, if any.

    ``checks`` may leave out steps, also those of a path. The work is bounded, whatever was sent.
    """
    return PEER_CHAIN.findings(Examined(chain, policy, checks), checks)


def _refuse(detail: str) -> Fault:
    return Fault(detail, Reaction.REFUSE)


def _note(detail: str) -> Fault:
    return Fault(detail, Reaction.NOTE)


def _shown(it: Examined) -> Fault | None:
    return None if it.chain.certificates else _refuse("the peer shows no certificate")


def _size(it: Examined) -> Fault | None:
    size = max(map(len, it.chain.certificates), default=0)
    if size <= it.policy.largest:
        return None
    return _refuse(f"a certificate of {size} octets, over {it.policy.largest}")


def _decodes(it: Examined) -> Fault | None:
    error = it.undecodable
    return None if error is None else _refuse(f"a certificate does not decode: {error.message}")


def _hashed_by(it: Examined, wanted: Callable[[str], bool]) -> Certificate | None:
    """Return the first certificate that is signed over a weak hash whose name is wanted."""
    for one in it.signed:
        algorithm = ALGORITHMS.get(one.outer_algorithm)
        if algorithm is not None and not algorithm.strong and wanted(algorithm.hash().name):
            return one
    return None


def _by_whom(one: Certificate) -> str:
    return f"{one.subject_text} is signed by {algorithm_name(one.outer_algorithm)}"


def _not_md5(it: Examined) -> Fault | None:
    found = _hashed_by(it, _MD5.__eq__)
    return None if found is None else _refuse(_by_whom(found))


def _strong_hash(it: Examined) -> Fault | None:
    found = _hashed_by(it, lambda name: name != _MD5 and not (it.policy.sha1_allowed and name == _SHA1))
    if found is not None:
        return _refuse(_by_whom(found))
    found = _hashed_by(it, _SHA1.__eq__)
    return None if found is None else _note(_by_whom(found))


def _algorithms_equal(it: Examined) -> Fault | None:
    for one in it.signed:
        if not one.algorithms_equal:
            inner, outer = algorithm_name(one.inner_algorithm), algorithm_name(one.outer_algorithm)
            return _refuse(
                f"{one.subject_text}: the algorithm inside ({inner}) is not that outside ({outer})"
            )
    return None


def _version(it: Examined) -> Fault | None:
    if it.certificate is None or it.certificate.version == _X509_V3:
        return None
    return _refuse(f"a certificate of version {it.certificate.version}")


def _rsa_length(it: Examined) -> Fault | None:
    least = it.policy.minimum_rsa if it.policy.deprecated_rsa is None else it.policy.deprecated_rsa
    for one in it.signed:
        if one.key.kind == RSA and one.key.bits < least:
            return _refuse(f"{one.subject_text} has an RSA key of {one.key.bits} bits, under {least}")
    return None


def _rsa_not_deprecated(it: Examined) -> Fault | None:
    for one in it.signed:
        if one.key.kind == RSA and one.key.bits < it.policy.minimum_rsa:
            return _note(f"{one.subject_text} has an RSA key of {one.key.bits} bits")
    return None


def _other_length(it: Examined) -> Fault | None:
    for one in it.signed:
        key = one.key
        if key.kind == EC and key.bits < it.policy.minimum_curve:
            return _refuse(f"{one.subject_text} has a key on {key}")
        if key.kind in _FINITE and key.bits < it.policy.minimum_finite:
            return _refuse(f"{one.subject_text} has a key of kind {key}, under {it.policy.minimum_finite}")
    return None


def _key_kind(it: Examined) -> Fault | None:
    if it.certificate is None:
        return None
    key = it.certificate.key
    if key.kind == EC and it.policy.curves is not None and key.curve not in it.policy.curves:
        return _refuse(f"a key on {key}, which is not taken")
    return None if key.kind in (RSA, EC, *_FINITE) else _refuse(f"a key of kind {key}")


def _critical_extension(it: Examined) -> Fault | None:
    for extension in () if it.certificate is None else it.certificate.extensions:
        if extension.critical and extension.oid not in KNOWN_EXTENSIONS:
            return _refuse(f"a critical extension {extension.oid} that is not understood")
    return None


def _no_ca(it: Examined) -> Fault | None:
    if it.certificate is None or not it.certificate.ca:
        return None
    return _refuse("basicConstraints calls the peer a CA")


def _key_usage(it: Examined) -> Fault | None:
    if it.certificate is None or it.certificate.key_usage is None or it.chain.peer is None:
        return None
    needed: str | None = "keyAgreement" if it.certificate.key.kind == DH else "digitalSignature"
    if it.chain.peer is Role.SERVER:
        needed = _SERVER_USAGE.get(it.chain.suite.key_exchange)
    if needed is None or needed in it.certificate.key_usage:
        return None
    return _refuse(f"keyUsage without {needed}, which {it.chain.suite.name} needs")


def _path_fault(it: Examined, *kinds: PathFaultKind) -> Fault | None:
    """Return the fault of the path if it is of these kinds; with a list of certificates none matters."""
    fault = None if it.path is None or it.policy.allowed is not None else it.path.fault
    return _refuse(fault.detail) if fault is not None and fault.kind in kinds else None


def _ca_match(it: Examined) -> Fault | None:
    return _path_fault(it, PathFaultKind.UNKNOWN_CA)


def _listed(it: Examined) -> Fault | None:
    if it.policy.allowed is None or it.certificate is None or it.certificate.sha256 in it.policy.allowed:
        return None
    return _refuse(f"{it.certificate.subject_text} is none of the certificates that are taken")


def _signature(it: Examined) -> Fault | None:
    return _path_fault(it, PathFaultKind.BAD_SIGNATURE)


def _issuers(it: Examined) -> Fault | None:
    return _path_fault(it, *(kind for kind in PathFaultKind if kind not in _OF_STEPS_OF_THEIR_OWN))


def _validity(it: Examined, detail: str) -> Fault:
    return Fault(detail, Reaction.NOTE if it.policy.expired_allowed else Reaction.REFUSE)


def _begun(it: Examined) -> Fault | None:
    if it.certificate is None or it.certificate.not_before <= it.moment:
        return None
    return _validity(it, "the certificate is not valid yet")


def _not_ended(it: Examined) -> Fault | None:
    if it.certificate is None or it.moment <= it.certificate.not_after:
        return None
    return _validity(it, "the certificate has expired")


def _issuers_valid(it: Examined) -> Fault | None:
    fault = _path_fault(it, *_VALIDITY_OF_ISSUERS)
    return None if fault is None else _validity(it, fault.detail)


def _revoked(it: Examined) -> Fault | None:
    if it.status is not None and it.status.state is RevocationState.REVOKED:
        return _refuse(f"the certificate is revoked ({it.status.source})")
    return _path_fault(it, PathFaultKind.CA_REVOKED)


def _not_revoked(it: Examined) -> Fault | None:
    return None if it.chain.renegotiation else _revoked(it)


def _still_not_revoked(it: Examined) -> Fault | None:
    return _revoked(it) if it.chain.renegotiation else None


def _remark(it: Examined, event: str | None) -> Fault | None:
    found: Iterator[Remark] = (remark for remark in it.remarks if remark.event == event)
    first = next(found, None)
    return None if first is None else _note(first.text)


_PART_3: Final = "IEC 62351-3"
_STEPS: Final = (
    ("certificate-shown", _PART_3, "N", _shown),
    ("size", _PART_3, "N", _size),
    ("decodes", "RFC 5280 4.1", "R", _decodes),
    ("not-md5", _PART_3, "N", _not_md5),
    ("hash", _PART_3, "N", _strong_hash),
    ("algorithms-equal", "RFC 5280 4.1.1.2", "R", _algorithms_equal),
    ("rsa-length", _PART_3, "N", _rsa_length),
    ("rsa-not-deprecated", _PART_3, "N", _rsa_not_deprecated),
    ("other-length", _PART_3, "I", _other_length),
    ("key-kind", _PART_3, "I", _key_kind),
    ("critical-extension", "RFC 5280 4.2", "R", _critical_extension),
    ("no-ca", _PART_3, "I", _no_ca),
    ("key-usage", "RFC 5246 7.4.2", "R", _key_usage),
    ("ca-match", _PART_3, "N", _ca_match),
    ("listed", _PART_3, "N", _listed),
    ("signature", _PART_3, "E", _signature),
    ("issuers", "RFC 5280 6.1", "R", _issuers),
    ("begun", _PART_3, "N", _begun),
    ("not-ended", _PART_3, "N", _not_ended),
    ("issuers-valid", "RFC 5280 6.1", "R", _issuers_valid),
    ("not-revoked", _PART_3, "N", _not_revoked),
    ("still-not-revoked", _PART_3, "N", _still_not_revoked),
    ("list-at-hand", _PART_3, "E", lambda it: _remark(it, NO_CRL_EVENT)),
    ("list-current", _PART_3, "E", lambda it: _remark(it, CRL_EXPIRED_EVENT)),
    ("response-current", _PART_3, "E", lambda it: _remark(it, OCSP_EXPIRED_EVENT)),
    ("revocation-data", _PART_3, "I", lambda it: _remark(it, None)),
    ("version-3", "RFC 5246 7.4.2", "R", _version),
)

PEER_CHAIN: Final[CheckTable[Examined]] = CheckTable(
    "TLS.CERT",
    tuple(
        Step(f"TLS.CERT.{number}", name, clause, mark, test)
        for number, (name, clause, mark, test) in enumerate(_STEPS, start=1)
    ),
)
"""The rules: what stands in the certificate, who issued it, revocation; and its version, last."""
