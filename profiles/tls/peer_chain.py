"""What a peer shows in TLS and what a side takes, and what is found out about it for the rules of part 3.

The rules are in :mod:`profiles.tls.certificate_rules`; paths and revocation are those of :mod:`profiles.pki`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from conform62351.profiles.pki.certificate import Certificate, CertificateError, read_certificate
from conform62351.profiles.pki.path import (
    MAX_SUPPLIED,
    TLS_CA_KEYS,
    PathFaultKind,
    PathResult,
    Trust,
    find_path,
)
from conform62351.profiles.pki.path_rules import FAULT_KINDS
from conform62351.profiles.pki.revocation import Remark, RevocationData, RevocationStatus, revocation_status
from conform62351.profiles.policy import CheckTable, Context, Policy, Step
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import CipherSuite

LARGEST: Final = 8192
"""Octets of a certificate that have to be taken (N)."""
MINIMUM_RSA: Final = 2048
DEPRECATED_RSA: Final = 1024
MINIMUM_FINITE: Final = 2048
"""Bits of the prime of DSA and Diffie-Hellman keys, by likeness to RSA (I)."""
MINIMUM_CURVE: Final = 256


@dataclass(frozen=True, slots=True)
class PeerChain:
    """What a peer has shown: its certificate first, each as it came, and none at all where it showed none.

    ``renegotiation``: there was a session on the connection before. ``peer`` is the role of who shows them;
    the rule about keyUsage needs it and is passed over without.
    """

    certificates: tuple[bytes, ...]
    suite: CipherSuite
    renegotiation: bool = False
    peer: Role | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePolicy:
    """What a side of TLS takes: local policy where part 3 leaves it to that.

    ``revocation`` gives the lists and responses about a certificate, None where it is not looked up. With
    ``allowed`` (SHA-256 of certificates, hexadecimal) the mode is that of individual certificates: who is
    among them is taken whoever issued the certificate, and nobody else; without it is the CA mode.
    ``deprecated_rsa`` is the length from which RSA keys below ``minimum_rsa`` are taken with a warning, None
    where they are not; ``sha1_allowed`` and ``expired_allowed`` make warnings of these two faults. ``curves``
    are the named curves (OIDs) on which a peer's key may be, None: all that are long enough.
    """

    trust: Trust
    now: Callable[[], float]
    revocation: Callable[[Certificate], RevocationData] | None = None
    allowed: frozenset[str] | None = None
    largest: int = LARGEST
    minimum_rsa: int = MINIMUM_RSA
    deprecated_rsa: int | None = None
    minimum_finite: int = MINIMUM_FINITE
    minimum_curve: int = MINIMUM_CURVE
    curves: frozenset[str] | None = None
    sha1_allowed: bool = False
    expired_allowed: bool = False


@dataclass(frozen=True)
class Examined:
    """A peer's chain together with what is found out about it, each when a step first asks."""

    chain: PeerChain
    policy: CertificatePolicy
    checks: Policy

    @cached_property
    def moment(self) -> float:
        """When the chain is judged, in seconds since 1970."""
        return self.policy.now()

    @cached_property
    def _read(self) -> tuple[Certificate | CertificateError, ...]:
        return tuple(map(_certificate_or_error, self.chain.certificates[: MAX_SUPPLIED + 2]))

    @cached_property
    def certificate(self) -> Certificate | None:
        """The peer's own certificate, None when it is none or there is none."""
        first = self._read[0] if self._read else None
        return first if isinstance(first, Certificate) else None

    @cached_property
    def supplied(self) -> tuple[Certificate, ...]:
        """The other certificates that it sent, as far as they are such."""
        return tuple(one for one in self._read[1:] if isinstance(one, Certificate))

    @property
    def undecodable(self) -> CertificateError | None:
        """Why the first one that does not decode does not."""
        return next((one for one in self._read if isinstance(one, CertificateError)), None)

    @cached_property
    def path(self) -> PathResult | None:
        """The path to an anchor, None without a certificate."""
        if self.certificate is None:
            return None
        return find_path(
            self.certificate,
            self.policy.trust,
            self.moment,
            supplied=self.supplied,
            revocation=self.policy.revocation or _no_data,
            policy=_WithoutHashes(self.checks) if self.policy.sha1_allowed else self.checks,
            ca_keys=TLS_CA_KEYS,
        )

    @cached_property
    def signed(self) -> tuple[Certificate, ...]:
        """All certificates whose signature matters: those sent and those of the path, but no anchors."""
        path = () if self.path is None else self.path.chain
        own = () if self.certificate is None else (self.certificate,)
        anchors = frozenset(self.policy.trust.anchors)
        return tuple(one for one in dict.fromkeys((*own, *self.supplied, *path)) if one not in anchors)

    @cached_property
    def status(self) -> RevocationStatus | None:
        """What is known of the peer's certificate, None where it is not looked up."""
        if self.certificate is None or self.path is None or self.policy.revocation is None:
            return None
        data = self.policy.revocation(self.certificate)
        return revocation_status(self.certificate, self.path.issuer, data, self.moment)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is to be told about the revocation data, of the peer and of its issuers."""
        if self.status is None or self.path is None:
            return ()
        return (*self.status.remarks, *self.path.warnings)


def _certificate_or_error(octets: bytes) -> Certificate | CertificateError:
    try:
        return read_certificate(octets)
    except CertificateError as error:
        return error


def _no_data(_: Certificate) -> RevocationData:
    return RevocationData()


class _WithoutHashes(Policy):
    """Leaves weak hashes of CA certificates to the steps here, where local policy takes SHA-1."""

    def __init__(self, checks: Policy) -> None:
        self._checks = checks

    def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
        kept = self._checks.steps(table)
        return [step for step in kept if FAULT_KINDS.get(step.id) is not PathFaultKind.WEAK_ALGORITHM]
