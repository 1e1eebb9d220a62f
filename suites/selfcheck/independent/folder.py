"""Credentials from a folder as the tester's workshop makes it for a device: PEM files and a manifest."""

from __future__ import annotations

import re
import ssl
import tomllib
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from conform62351.suites.selfcheck.independent.certificates import Certificate, Identity, Trust
from conform62351.suites.selfcheck.independent.osi import Titles


class Folder:
    """A folder with ``manifest.toml``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: dict[str, Any] = tomllib.loads((path / "manifest.toml").read_text())

    def identity(self, name: str, titles: Titles) -> Identity:
        """The credential of a name; its authorities are sent with it, the uppermost first."""
        entry = self.manifest["credential"][name]
        own, *authorities = self._blocks(entry["certificate"], "CERTIFICATE")
        key = serialization.load_pem_private_key((self.path / entry["key"]).read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        return Identity(key, _der(own), titles, tuple(_der(each) for each in reversed(authorities)))

    def trust(self) -> Trust:
        """Whom the owner of the folder trusts."""
        anchors, between = (
            tuple(Certificate(_der(each)) for each in self._blocks(self.manifest.get(member), "CERTIFICATE"))
            for member in ("anchors", "intermediates")
        )
        lists = (each for name in self.manifest.get("crls", ()) for each in self._blocks(name, "X509 CRL"))
        return Trust(anchors, between, tuple(x509.load_pem_x509_crl(each.encode()) for each in lists))

    def _blocks(self, name: str | None, label: str) -> list[str]:
        text = (self.path / name).read_text() if name else ""
        return re.findall(f"-+BEGIN {label}-+.*?-+END {label}-+", text, re.DOTALL)


def _der(pem: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem)
