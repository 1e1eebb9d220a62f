"""How the tester signs, and what it offers or selects in native mode, as data: parts of the steps."""

from __future__ import annotations

from typing import Literal

import msgspec

E2E = "e2e"
"""The credential of the tester's folder that native mode shows, unless a step names another."""

CHAIN = "chain"
ANCHOR = "anchor"
"""What may stand among the names of certPath: the chain of the credential, and the anchor above it."""

ModeName = Literal["", "ae", "separate", "clear"]
Covers = Literal["", "whole", "other"]


class Signing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a SecPDU is signed; by default everything is right.

    ``credential`` is the name of the one whose certificate is sent, and ``key`` of the one whose private key
    signs, if that is another. ``path`` names the credentials whose certificates make up certPath, in that
    order (none for an absent one); None: the chain of the credential. :data:`CHAIN` in it is that chain,
    :data:`ANCHOR` the trust anchor above it. ``algorithm`` is the name of the one that is stated, and that
    signs if the key can; empty: that of the key. ``covers`` is what the signature covers in place of the
    content octets of tbs: the ``whole`` TLV, or ``other`` octets. ``plain``: a signature by ECDSA is sent as
    r and s, one behind the other, in place of their DER.

    Source: 13.2 (N), RFC 5480 and IEEE P1363 for the two forms (R), 11-decisions 1, 14 (I).
    """

    credential: str = E2E
    key: str = ""
    path: tuple[str, ...] | None = None
    algorithm: str = ""
    covers: Covers = ""
    plain: bool = False

    def __str__(self) -> str:
        return ", ".join(self._parts()) or f"signed as {E2E}"

    def _parts(self) -> list[str]:
        parts = [] if self.credential == E2E else [f"signed as {self.credential}"]
        if self.key:
            parts.append(f"with the key of {self.key}")
        if self.path is not None:
            parts.append(f"with certPath of {', '.join(self.path) or 'nothing'}")
        if self.algorithm:
            parts.append(f"with {self.algorithm} stated")
        if self.covers:
            parts.append(f"signed over {'the whole tbs' if self.covers == 'whole' else 'other octets'}")
        if self.plain:
            parts.append("with r and s in a row as signature")
        return parts


class Handshake(Signing, frozen=True, kw_only=True, omit_defaults=True):
    """What the tester as client offers, or as server can take: it selects the first of each that is offered.

    ``mode`` is ``ae``, ``separate`` (encryption, and an ICV of its own) or ``clear`` (an ICV alone); empty:
    what suits the configuration and the PICS. A server takes each mode. ``groups`` are names of
    ``groups.toml``, or ``group-23`` for the one of that number by the PIXIT; ``ae``, ``encryption`` and
    ``integrity`` are names of ``algorithms.toml``, GCM and GMAC with the octets of their tag, 12 if nothing
    is said: ``aes128-GCM/16``. Empty ones: everything that there is. ``protocol`` is the pp of the request,
    empty: that of the PIXIT. ``att_cert`` names the attribute certificate that is sent. ``number`` is that of
    the association on the tester's side, in assoID; None: one that is not in use.

    Source: 13.3.1 (N), 11-decisions 6 to 8 (I).
    """

    mode: ModeName = ""
    groups: tuple[str, ...] = ()
    ae: tuple[str, ...] = ()
    encryption: tuple[str, ...] = ()
    integrity: tuple[str, ...] = ()
    protocol: str = ""
    att_cert: str = ""
    number: int | None = None

    def __str__(self) -> str:
        parts = [f"mode {self.mode}"] if self.mode else []
        lists = {
            "groups": self.groups,
            "AE by": self.ae,
            "encryption by": self.encryption,
            "ICV by": self.integrity,
        }
        parts += [f"{name} {', '.join(values)}" for name, values in lists.items() if values]
        if self.protocol:
            parts.append(f"pp {self.protocol!r}")
        if self.att_cert:
            parts.append(f"with attribute certificate {self.att_cert}")
        if self.number is not None:
            parts.append(f"under number {self.number}")
        return ", ".join(parts + self._parts()) or "handshake as usual"


def attributes_of(name: str) -> str:
    """Return the name that an attribute certificate has among the credentials that are needed."""
    return f"attributes {name}"


def credentials_of(how: Signing) -> tuple[str, ...]:
    """Return the names of the credentials that a step needs for this, attribute certificates among them."""
    in_path = (name for name in how.path or () if name not in (CHAIN, ANCHOR))
    named = [how.credential, how.key, *in_path]
    if isinstance(how, Handshake) and how.att_cert:
        named.append(attributes_of(how.att_cert))
    return tuple(filter(None, named))
