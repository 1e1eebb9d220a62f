"""Folders of spec data for tests: the own data with changes."""

from __future__ import annotations

from pathlib import Path

from conform62351.profiles.spec.data import MODULE, own_text

OTHER_TAGS = (
    ("iv [0] OCTET STRING", "iv [9] OCTET STRING"),
    ("reqRekey [2] BOOLEAN", "reqRekey [6] BOOLEAN"),
    ("non-aea [0] SEQUENCE", "non-aea [5] SEQUENCE"),
    ("assoAccept [0] HandshakeAcc", "assoAccept [10] HandshakeAcc"),
    ("applReject [1] ApplicationReject", "applReject [11] ApplicationReject"),
    ("secReject [2] HandshakeSecReject", "secReject [12] EXPLICIT HandshakeSecReject"),
    ("pp NMTOKEN,", "pp [0] NMTOKEN,"),
    ("    sign Signature\n", "    sign [1] EXPLICIT Signature\n"),
    ("tlsProtected(0), applProtected(1), vpn(2)", "vpn(0), tlsProtected(4), applProtected(7)"),
    ("protocol-error(1), unexpected-version(2)", "protocol-error(31), unexpected-version(2)"),
    ("protocol-error(1), protected-protocol", "protocol-error(30), protected-protocol"),
)
"""Pieces of e2e.asn and what stands there in a module with other tags and numbers."""


def module(*changes: tuple[str, str]) -> str:
    """Return e2e.asn with each of ``changes``: what is replaced, which has to be there, and by what."""
    text = own_text(MODULE)
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def folder(path: Path, **files: str) -> Path:
    """Write files into a folder, by their names with ``_`` for the dot, and return it."""
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return path
