"""How a device writes the tokens that it signs: as senders do, or in a form that is only read (I)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, identifier, understood
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.native.secpdus import Handshake, HandshakeReq, WithToken3
from conform62351.profiles.native.tokens import Aea, ClearToken1, ClearToken3
from conform62351.profiles.osi.ber import BerReader
from conform62351.profiles.pki.certificate import CertificateError, read_certificate
from conform62351.profiles.policy import Fault, Finding, Reaction
from conform62351.tooling.engine.native_evidence import shown_identifier

WRITTEN: Final = "E2E.OWN.7"
_BIT_STRING: Final = 0x03
_ASSO_ID: Final = 0x0C
_V1: Final = b"\x07\x80"


def written_findings(pdu: Handshake | WithToken3) -> Iterator[Finding]:
    """Yield what is not as senders write it in the token of a signed SecPDU: all of them notes.

    Source: 13.2 (N), clause 8 and 11-decisions 4, 8 (I).
    """
    token: ClearToken1 | ClearToken3 = pdu.token1 if isinstance(pdu, Handshake) else pdu.token3
    told = [*_version(pdu.tbs), *_path(token)]
    sent = (token.sigAlg, *_offered(pdu.token1)) if isinstance(pdu, HandshakeReq) else (token.sigAlg,)
    told += [one for algorithm in sent for one in _parameters(algorithm)]
    for detail in told:
        fault = Fault(f"{type(pdu).__name__}: {detail}", Reaction.NOTE)
        yield Finding(WRITTEN, "written-as-sent", "8, 13.2", "I", fault)


def _version(tbs: bytes) -> Iterator[str]:
    """Find a version that is left out, or is not v1 alone."""
    reader = BerReader(tbs, "E2E")
    try:
        members = reader.components(reader.tlv(0, len(tbs)))
    except ProtocolError:
        return
    for member in members:
        if member.tag == _BIT_STRING:
            content = reader.content(member)
            if content != _V1:
                yield f"version is written as {content[:8].hex(' ')}"
            return
        if member.tag == _ASSO_ID:
            break
    yield "version is left out"


def _path(token: ClearToken1 | ClearToken3) -> Iterator[str]:
    """Find a certPath in another order than that of PkiPath, or with an anchor in it."""
    try:
        chain = [read_certificate(one) for one in (*(token.certPath or ()), token.pkCert)]
    except CertificateError:
        return
    if len(chain) > 1 and chain[0].issuer == chain[0].subject:
        yield "the trust anchor is in certPath"
    pairs = pairwise(chain)
    if any(below.issuer != above.subject for above, below in pairs):
        yield "certPath is not in the order of PkiPath"


def _offered(token: ClearToken1) -> tuple[AlgorithmIdentifier, ...]:
    mode = token.encr_mode
    listed = mode.algorithms if isinstance(mode, Aea) else (*(mode.encr or ()), *mode.icvAlgID)
    return (token.hmac, *listed)


def _parameters(given: AlgorithmIdentifier) -> Iterator[str]:
    """Find parameters that are left out where they are sent; an accept repeats those of the offer."""
    meant = understood(given)
    if meant is not None and given.parameters is None and identifier(meant).parameters is not None:
        yield f"{shown_identifier(given)} is written without parameters"
