"""Certificates, and a client and a server that authenticate each other, in one process."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec

from conform62351.fixtures.pki import issuing
from conform62351.fixtures.pki.issuing import CertificateParts, Issuer, issue
from conform62351.fixtures.pki.keys import RSA_1024, RSA_2048, SECP256R1, KeyRing, pem_of
from conform62351.fixtures.pki.naming import authority_name, title_name
from conform62351.profiles.compatibility.association import CompatibilityAssociation
from conform62351.profiles.compatibility.parameters import CompatibilityParameters
from conform62351.profiles.crypto.signatures import load_private_key
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.pki.certificate import Certificate, read_certificate
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.pki.path import Trust
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.osi_pairing import CLIENT, SERVER, Pair

NOW: Final = 1_800_000_000.0
DAY: Final = 86_400.0
KEYS: Final = KeyRing(
    {"ca": RSA_2048, "other-ca": RSA_2048, "client": RSA_2048, "server": RSA_2048}
    | {"short": RSA_1024, "curve": SECP256R1}
)
TITLES: Final = {"client": "1.1.999.1.12", "server": "1.1.1.999.13"}


def authority(name: str = "ca") -> Issuer:
    """Return the issuer called ``name``, whose key it is too."""
    return Issuer(authority_name(f"conform62351 {name}"), KEYS.key(name))


@cache
def anchor(name: str = "ca") -> Certificate:
    """Return the certificate of the authority called ``name``, signed by itself."""
    own = authority(name)
    parts = CertificateParts(
        subject=own.name,
        spki=KEYS.spki(name),
        serial=1 << 100,
        not_before=NOW - 1000 * DAY,
        not_after=NOW + 1000 * DAY,
        extensions=(issuing.basic_constraints(ca=True), issuing.key_usage(["key_cert_sign", "crl_sign"])),
    )
    return read_certificate(issue(parts, own))


@cache
def credential(
    name: str, *, key: str = "", issuer: str = "ca", usage: str = "digital_signature", **parts: Any
) -> Credential:
    """Return a certificate for ``name`` with its key; ``parts`` replace those of a good one."""
    key = key or name
    made = CertificateParts(
        subject=title_name(TITLES[name]),
        spki=KEYS.spki(key),
        serial=1 << 101,
        not_before=NOW - DAY,
        not_after=NOW + DAY,
        extensions=(issuing.key_usage([usage]),),
    )
    octets = issue(msgspec.structs.replace(made, **parts), authority(issuer))
    return Credential(read_certificate(octets), load_private_key(pem_of(KEYS.key(key))))


def padded(size: int) -> tuple[Any, ...]:
    """Return an extension that makes a certificate larger by ``size`` octets and what surrounds them."""
    return (issuing.opaque(issuing.PADDING_EXTENSION, bytes(size), critical=False),)


def security(name: str, **parameters: Any) -> CompatibilityParameters:
    """Return what ``name`` brings along; ``parameters`` replace what is usual."""
    usual: dict[str, Any] = {
        "now": lambda: NOW,
        "credential": credential(name),
        "trust": Trust((anchor(),)),
    }
    return CompatibilityParameters(**usual | parameters)


class SecurePair(Pair):
    """Two machines of compatibility mode; None for a security is the usual one."""

    def __init__(
        self,
        client: CompatibilityParameters | None = None,
        server: CompatibilityParameters | None = None,
        *,
        client_policy: Policy | None = None,
        server_policy: Policy | None = None,
        client_osi: OsiParameters = CLIENT,
        server_osi: OsiParameters = SERVER,
    ) -> None:
        super().__init__(client_osi, server_osi, client_policy, server_policy)
        self.client: CompatibilityAssociation = CompatibilityAssociation(
            Role.CLIENT, client_osi, client or security("client"), client_policy
        )
        self.server: CompatibilityAssociation = CompatibilityAssociation(
            Role.SERVER, server_osi, server or security("server"), server_policy
        )
