"""From a folder of credentials to what the TLS engine shows and signs with, and whom it trusts."""

from __future__ import annotations

from conform62351.profiles.pki.path import Trust
from conform62351.profiles.tls.engine.parameters import TlsIdentity
from conform62351.tooling.net.credential_reading import certificates_in, readable
from conform62351.tooling.net.credentials import CredentialFolder


def tls_trust(folder: CredentialFolder) -> Trust:
    """Return the anchors of TLS, with the intermediates and CRLs of the folder.

    Raises:
        CredentialError: a file is not what it should be.
    """
    path = folder.tls_anchors_file
    anchors = tuple(readable(path, der) for der in certificates_in(path))
    return Trust(anchors, folder.trust.intermediates, folder.crls)


def identity_of(folder: CredentialFolder, name: str, key: str = "") -> TlsIdentity:
    """Return the credential ``name`` with its chain, whether its certificates decode or not.

    ``key`` is the name of another credential whose private key is taken.

    Raises:
        CredentialError: no such name, no private key, or a file is not what it should be.
    """
    return TlsIdentity(folder.chain_octets(name), folder.private_key(key or name))
