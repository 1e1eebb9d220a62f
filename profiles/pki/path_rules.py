"""The rules of one link of a certification path, each a named step (decisions 25, 38, 39; RFC 5280, R).

A link is a certificate together with the one that should have issued it. The rules about the certificate at
the beginning of a path are others: see ``form``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from conform62351.profiles.crypto.signatures import ALGORITHMS, algorithm_name
from conform62351.profiles.pki import extensions as ext
from conform62351.profiles.pki.certificate import Certificate, signed_by
from conform62351.profiles.pki.keys import DSA, EC, RSA
from conform62351.profiles.pki.revocation import (
    RevocationData,
    RevocationState,
    RevocationStatus,
    revocation_status,
)
from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step

MAX_CHAIN: Final = 10
"""Certificates of a path at most, the first one and the anchor included."""

CA_KEYS: Final = frozenset({RSA, EC})
"""The kinds of keys that CAs have (decision 38, I)."""
TLS_CA_KEYS: Final = CA_KEYS | {DSA}
"""Those of CAs of TLS: suites of Tables 9 and 12 want certificates that are signed by DSS."""

KNOWN_EXTENSIONS: Final = frozenset(
    {
        ext.AUTHORITY_INFORMATION_ACCESS,
        ext.AUTHORITY_KEY_IDENTIFIER,
        ext.BASIC_CONSTRAINTS,
        ext.CERTIFICATE_POLICIES,
        ext.CRL_DISTRIBUTION_POINTS,
        ext.EXTENDED_KEY_USAGE,
        ext.KEY_USAGE,
        ext.SUBJECT_ALT_NAME,
        ext.SUBJECT_KEY_IDENTIFIER,
        ext.USER_ROLE,
    }
)
"""Extensions that may be critical. Those that constrain names and policies are not processed, so not
known."""


class PathFaultKind(Enum):
    """Why there is no path, one kind a rule."""

    UNKNOWN_CA = "unknown CA"
    BAD_SIGNATURE = "bad signature"
    NOT_A_CA = "not a CA"
    CA_KEY_USAGE = "CA key usage"
    PATH_LENGTH = "path length"
    WEAK_ALGORITHM = "weak algorithm"
    UNKNOWN_CRITICAL_EXTENSION = "unknown critical extension"
    CA_NOT_YET_VALID = "CA not yet valid"
    CA_EXPIRED = "CA expired"
    CA_REVOKED = "CA revoked"
    TOO_LONG = "too long"
    """A longer path than is followed, or more candidates than are tried."""


@dataclass(frozen=True, slots=True)
class Link:
    """A certificate and who should have issued it; ``issuer`` is None where nobody of that name is known.

    ``below`` counts the intermediate CAs from the issuer down that are not self-issued, ``length`` the
    certificates of the path with the issuer; ``revocation`` gives the data about a certificate, ``ca_keys``
    are the kinds of keys that a CA may have.
    """

    certificate: Certificate
    issuer: Certificate | None
    anchor: bool
    below: int
    length: int
    moment: float
    revocation: Callable[[Certificate], RevocationData]
    ca_keys: frozenset[str] = CA_KEYS


def _fault(detail: str) -> Fault:
    return Fault(detail, Reaction.ABORT)


def _issuer_known(link: Link) -> Fault | None:
    if link.issuer is not None:
        return None
    return _fault(f"no path to a trust anchor: the issuer {link.certificate.issuer_text} is not known")


def _chain_length(link: Link) -> Fault | None:
    if link.length <= MAX_CHAIN:
        return None
    return _fault(f"a path of more than {MAX_CHAIN} certificates")


def _signature(link: Link) -> Fault | None:
    if link.issuer is None or signed_by(link.certificate, link.issuer):
        return None
    if link.certificate.outer_algorithm not in ALGORITHMS:
        algorithm = link.certificate.outer_algorithm
        return _fault(f"{link.certificate.subject_text} is signed by {algorithm}, which is not supported")
    return _fault(
        f"the signature on {link.certificate.subject_text} does not verify with the key of "
        f"{link.issuer.subject_text}"
    )


def _ca_flag(link: Link) -> Fault | None:
    if link.issuer is None or link.issuer.ca:
        return None
    return _fault(f"{link.issuer.subject_text} issued a certificate, and its own does not make it a CA")


def _key_cert_sign(link: Link) -> Fault | None:
    if link.issuer is None or link.issuer.key_usage is None or "keyCertSign" in link.issuer.key_usage:
        return None
    return _fault(f"the keyUsage of {link.issuer.subject_text} does not hold keyCertSign")


def _path_length(link: Link) -> Fault | None:
    constraints = None if link.issuer is None else link.issuer.basic_constraints
    if constraints is None or constraints.path_length is None or link.below <= constraints.path_length:
        return None
    return _fault(f"{link.below} CAs below one that permits {constraints.path_length}")


def _ca_algorithm(link: Link) -> Fault | None:
    issuer = link.issuer
    if issuer is None:
        return None
    if issuer.key.kind not in link.ca_keys:
        return _fault(f"the key of {issuer.subject_text} is of kind {issuer.key}")
    algorithm = ALGORITHMS.get(issuer.outer_algorithm)
    if link.anchor or (algorithm is not None and algorithm.strong):
        return None
    name = algorithm_name(issuer.outer_algorithm)
    return _fault(f"the certificate of {issuer.subject_text} is signed by {name}")


def _ca_critical_extension(link: Link) -> Fault | None:
    for extension in link.issuer.extensions if link.issuer is not None else ():
        if extension.critical and extension.oid not in KNOWN_EXTENSIONS:
            return _fault(f"a critical extension {extension.oid} that is not understood")
    return None


def _ca_begun(link: Link) -> Fault | None:
    if link.issuer is None or link.issuer.not_before <= link.moment:
        return None
    return _fault(f"the certificate of {link.issuer.subject_text} is not valid yet")


def _ca_not_ended(link: Link) -> Fault | None:
    if link.issuer is None or link.moment <= link.issuer.not_after:
        return None
    return _fault(f"the certificate of {link.issuer.subject_text} has expired")


def _ca_not_revoked(link: Link) -> Fault | None:
    status = ca_status(link)
    if status is None or status.state is not RevocationState.REVOKED:
        return None
    return _fault(f"the certificate of {link.certificate.subject_text} is revoked ({status.source})")


def ca_status(link: Link) -> RevocationStatus | None:
    """Return what is known of the certificate of a link, None when it is the first of the path."""
    if link.issuer is None or link.length < 3:
        return None
    return revocation_status(link.certificate, link.issuer, link.revocation(link.certificate), link.moment)


_STEPS: Final = (
    ("issuer-known", "38", "I", PathFaultKind.UNKNOWN_CA, _issuer_known),
    ("chain-length", "38", "I", PathFaultKind.TOO_LONG, _chain_length),
    ("link-signature", "25", "I", PathFaultKind.BAD_SIGNATURE, _signature),
    ("ca-flag", "38", "I", PathFaultKind.NOT_A_CA, _ca_flag),
    ("ca-key-cert-sign", "38", "I", PathFaultKind.CA_KEY_USAGE, _key_cert_sign),
    ("ca-path-length", "38", "I", PathFaultKind.PATH_LENGTH, _path_length),
    ("ca-algorithm", "38", "I", PathFaultKind.WEAK_ALGORITHM, _ca_algorithm),
    ("ca-critical-extension", "38", "I", PathFaultKind.UNKNOWN_CRITICAL_EXTENSION, _ca_critical_extension),
    ("ca-begun", "38", "I", PathFaultKind.CA_NOT_YET_VALID, _ca_begun),
    ("ca-not-ended", "38", "I", PathFaultKind.CA_EXPIRED, _ca_not_ended),
    ("ca-not-revoked", "39", "I", PathFaultKind.CA_REVOKED, _ca_not_revoked),
)

PATH: Final[CheckTable[Link]] = CheckTable(
    "X509.PATH",
    tuple(
        Step(f"X509.PATH.{number}", name, f"Annex G, decision {decision}", mark, test)
        for number, (name, decision, mark, _, test) in enumerate(_STEPS, start=1)
    ),
)
"""The rules of one link of a path, in the order in which they are looked at."""

FAULT_KINDS: Final = {f"X509.PATH.{number}": step[3] for number, step in enumerate(_STEPS, start=1)}
"""What kind of fault the step of that identifier finds."""
