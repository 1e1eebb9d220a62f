"""What an entity proves itself with: a certificate, its private key, and the CA certificates above it."""

from __future__ import annotations

from dataclasses import dataclass

from conform62351.profiles.crypto.signatures import PrivateKey
from conform62351.profiles.pki.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Credential:
    """A certificate with its private key, None where only the certificate is known (that of a DUT).

    ``chain`` holds the intermediate CA certificates, the issuer of ``certificate`` first.
    """

    certificate: Certificate
    key: PrivateKey | None
    chain: tuple[Certificate, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the private key is there and belongs to the certificate."""
        return self.key is not None and self.key.spki == self.certificate.spki
