"""The keys of the authorities that a workshop was made with, to sign a certificate again that was changed.

They lie in the folder ``ca`` beside the tester's folder: ``NAME.pem`` the certificate, ``keys/NAME.key`` the
key. Who had an authority of their own issue the certificates has none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from conform62351.profiles.crypto.signatures import (
    ALGORITHMS,
    DSA_WITH_SHA256,
    ECDSA_WITH_SHA256,
    SHA256_WITH_RSA,
    PrivateKey,
    load_private_key,
    sign,
)
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.object_identifier import read_object_identifier
from conform62351.profiles.pki.writing import tlv
from conform62351.profiles.tlv_edit import EditError, Tree
from conform62351.tooling.net.credential_reading import certificates_in, fault, read_file, readable

FOLDER: Final = "ca"
_SUFFIX: Final = ".pem"
_SEQUENCE: Final = 0x30
_BIT_STRING: Final = 0x03
_INDEFINITE: Final = 0x80
_ISSUER: Final = "30/30/30[1]"
_OID: Final = "30/06"
_PARTS: Final = 3
_USUAL: Final = {"rsa": SHA256_WITH_RSA, "ec": ECDSA_WITH_SHA256, "dsa": DSA_WITH_SHA256}


class AuthorityKeys:
    """Private keys by the names, in DER, of the authorities that have them."""

    def __init__(self, keys: Mapping[bytes, PrivateKey]) -> None:
        self._keys = dict(keys)

    def __len__(self) -> int:
        return len(self._keys)

    @classmethod
    def beside(cls, folder: Path) -> AuthorityKeys:
        """Return the keys in the folder ``ca`` beside ``folder``, none where there is no such folder.

        Raises:
            CredentialError: a file there is no certificate, or its key no key.
        """
        keys = {}
        for path in sorted((folder.parent / FOLDER).glob(f"*{_SUFFIX}")):
            name = readable(path, certificates_in(path)[0]).subject
            key_path = path.parent / "keys" / f"{path.stem}.key"
            try:
                keys[name] = load_private_key(read_file(key_path))
            except ProtocolError as error:
                raise fault(key_path, error.message) from error
        return cls(keys)

    def reissue(self, before: bytes, after: bytes) -> bytes | None:
        """Return the certificate ``after``, signed by the issuer of ``before``; None without its key.

        The algorithm is the one that the certificate states where the key can sign by it. What is in its
        first part need not be sound: that part is signed as it stands.

        Raises:
            EditError: ``before`` names no issuer, or ``after`` has not the three parts of a certificate.
            ProtocolError: ``before`` is no TLV.
        """
        key = self._keys.get(Tree(before).find(_ISSUER).encode())
        if key is None:
            return None
        signed, stated, _ = _parts(after)
        signature = sign(_algorithm(stated, key), key, signed)
        return tlv(_SEQUENCE, signed, stated, tlv(_BIT_STRING, b"\0", signature))


def _parts(certificate: bytes) -> list[bytes]:
    """Return the three parts of a certificate, whatever is in them. Raises EditError."""
    start, end = _content(certificate, 0)
    parts = []
    while start < end:
        _, behind = _content(certificate, start)
        parts.append(certificate[start:behind])
        start = behind
    if end != len(certificate) or start != end or len(parts) != _PARTS:
        raise EditError("a certificate has three parts")
    return parts


def _content(octets: bytes, at: int) -> tuple[int, int]:
    """Return where the content of the TLV at a place begins and ends. Raises EditError."""
    header = octets[at : at + 2]
    if len(header) < 2 or header[1] == _INDEFINITE:
        raise EditError("a part of a certificate is no TLV of a definite length")
    more = header[1] & 0x7F if header[1] & 0x80 else 0
    start = at + 2 + more
    length = int.from_bytes(octets[at + 2 : start], "big") if more else header[1]
    return start, start + length


def _algorithm(stated: bytes, key: PrivateKey) -> str:
    """Return the OID to sign by: the one that is stated where that is one of the key's kind."""
    try:
        known = ALGORITHMS.get(read_object_identifier(Tree(stated).find(_OID).content).dotted)
    except (ValueError, ProtocolError):
        known = None
    return known.oid if known is not None and known.key_kind == key.kind else _USUAL[key.kind]
