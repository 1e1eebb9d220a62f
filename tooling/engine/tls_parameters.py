"""From a step's words about TLS to what the engine is given: suites, versions, identities, authorities."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from conform62351.pics.pixit import Pixit
from conform62351.profiles.pki.certificate import CertificateError, read_certificate
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.pki.revocation import RevocationData
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.tls.certificate_rules import CertificatePolicy, PeerChain, examine
from conform62351.profiles.tls.engine.agreement import FiniteField
from conform62351.profiles.tls.engine.choice import named_authority
from conform62351.profiles.tls.engine.extensions import AuthorityType, TrustedAuthority
from conform62351.profiles.tls.engine.parameters import (
    FALLBACK_SCSV,
    RENEGOTIATION_SCSV,
    EngineParameters,
    TlsIdentity,
)
from conform62351.profiles.tls.engine.sessions import Session, SessionStore
from conform62351.tooling.engine.tls import ANCHORS, UNKNOWN_AUTHORITY, NamedBy, Tls
from conform62351.tooling.engine.tls_names import (
    group_number,
    pair_numbers,
    suite_code,
    suites_of_the_standard,
    version_number,
)
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.tls_identity import identity_of, tls_trust

GENERATOR: Final = 2
NAMINGS: Final[Mapping[NamedBy, AuthorityType]] = {
    "name": AuthorityType.X509_NAME,
    "key": AuthorityType.KEY_SHA1_HASH,
    "certificate": AuthorityType.CERT_SHA1_HASH,
}
NOBODY: Final = bytes.fromhex("30223120301e06035504030c174e6f206f6e65206861732068656172642c205472757374")
"""The DER of a distinguished name that no authority has."""


@dataclass(frozen=True)
class Means:
    """Where the engine's parameters come from; ``key_log`` names the file that secrets are appended to."""

    folder: CredentialFolder
    pixit: Pixit
    clock: Clock
    key_log: Callable[[], Path | None]

    @functools.cached_property
    def trust(self) -> Trust:
        """Whom the tester trusts in TLS. Raises CredentialError."""
        return tls_trust(self.folder)

    @functools.cached_property
    def revocation(self) -> RevocationData:
        """The lists and answers of the folder. Raises CredentialError."""
        return RevocationData(crls=self.folder.crls, ocsp=self.folder.ocsp_responses)

    def parameters(
        self,
        how: Tls,
        shown: Iterable[str],
        policy: Policy,
        *,
        session: Session | None = None,
        store: SessionStore | None = None,
    ) -> EngineParameters:
        """Return what one side of a connection begins with; ``shown`` are its credentials' names.

        Raises:
            CredentialError: a credential cannot be used.
            TlsNameError: ``how`` names what does not exist.
        """
        given = EngineParameters(
            now=self.clock.monotonic,
            random=os.urandom,
            suites=self._suites(how),
            offer_counts=not how.imposes,
            leading_zero=how.leading_zero,
            identities=tuple(self._identity(name, how.key) for name in shown if name),
            minimum=version_number(how.minimum or "TLSv1.2"),
            maximum=version_number(how.maximum or "TLSv1.2"),
            compression=how.compression,
            signalling_suites=_signalling(how),
            server_name=how.server_name,
            trusted_ca_keys=tuple(self._named(how.trusted_ca_keys, NAMINGS[how.named_by])),
            anchors=tuple(anchor.octets for anchor in self.trust.anchors),
            extended_master_secret=how.extended_master_secret,
            encrypt_then_mac=how.encrypt_then_mac,
            secure_renegotiation=how.secure_renegotiation == "extension",
            session=session,
            store=store,
            tickets=how.tickets,
            verify_peer=how.ask,
            authorities=tuple(one.octets for one in self._named(how.authorities)),
            examine=functools.partial(self._examine, policy=policy),
            renegotiation_allowed=not how.declines,
            resume_when_asked=how.asked == "resume",
            key_log=self._log_secret,
        )
        chosen: dict[str, Any] = {}
        if how.prime:
            chosen["dh_parameters"] = FiniteField(int(how.prime, 16), GENERATOR)
        if how.record_size is not None:
            chosen["record_size"] = how.record_size
        if how.record_version:
            chosen["record_version"] = version_number(how.record_version)
        if how.groups is not None:
            chosen["groups"] = tuple(map(group_number, how.groups))
        if how.signature_algorithms is not None:
            chosen["signature_algorithms"] = tuple(map(pair_numbers, how.signature_algorithms))
        if how.certificate_types is not None:
            chosen["certificate_types"] = how.certificate_types
        return msgspec.structs.replace(given, **chosen)

    def _log_secret(self, line: str) -> None:
        """Add a line to the key log, as OpenSSL does for its own."""
        path = self.key_log()
        if path is not None:
            with path.open("a", encoding="ascii") as file:
                file.write(f"{line}\n")

    def _suites(self, how: Tls) -> tuple[int, ...]:
        names = how.suites or self.pixit.texts("tls.suites")
        return tuple(map(suite_code, names)) or suites_of_the_standard()

    def _identity(self, name: str, key: str) -> TlsIdentity:
        return identity_of(self.folder, name, key)

    def _named(
        self, names: Iterable[str], kind: AuthorityType = AuthorityType.X509_NAME
    ) -> Iterable[TrustedAuthority]:
        for name in names:
            if name == ANCHORS:
                yield from (named_authority(anchor, kind) for anchor in self.trust.anchors)
            else:
                subject = NOBODY if name == UNKNOWN_AUTHORITY else self._issuer(name)
                yield TrustedAuthority(AuthorityType.X509_NAME, subject)

    def _issuer(self, name: str) -> bytes:
        try:
            return read_certificate(self.folder.octets(name)).issuer
        except CertificateError:
            return NOBODY

    def _examine(self, chain: PeerChain, *, policy: Policy) -> tuple[Finding, ...]:
        rules = CertificatePolicy(trust=self.trust, now=self.clock.unix, revocation=lambda _: self.revocation)
        return examine(chain, rules, policy)


def _signalling(how: Tls) -> tuple[int, ...]:
    renegotiation = (RENEGOTIATION_SCSV,) if how.secure_renegotiation == "suite" else ()
    return (*renegotiation, *((FALLBACK_SCSV,) if how.fallback else ()))
