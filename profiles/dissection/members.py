"""The members of SecPDUs by their standard names, as text; what is odd about one is a remark."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from conform62351.profiles.asn1.contents import Bits
from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier, understood
from conform62351.profiles.dissection.authentication import Remark
from conform62351.profiles.dissection.values import group_name, hexadecimal
from conform62351.profiles.generalized_time import TimeError, moment_text
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.native.identity import is_requested
from conform62351.profiles.native.offers import encrypts
from conform62351.profiles.native.outcomes import handshake_diagnostics, transfer_diagnostics
from conform62351.profiles.native.secpdus import (
    DtSecAbort,
    Handshake,
    HandshakeReq,
    Transfer,
    WithApplData,
    WithDiagnostics,
    WithToken3,
)
from conform62351.profiles.native.timestamp import read_timestamp
from conform62351.profiles.native.tokens import (
    APPL_PROTECTED,
    TLS_PROTECTED,
    V1,
    VPN,
    Aea,
    ClearToken2,
    ClearToken3,
    DhKey,
    NonAea,
)
from conform62351.profiles.pki.attribute_certificate import read_attribute_certificate
from conform62351.profiles.pki.certificate import CertificateError, read_certificate
from conform62351.profiles.pki.names import read_name

ALARM: Final = "absent: an alarm"
_JOINED: Final = re.compile(r"(?:0|[1-9][0-9]{0,2}):(?:0|[1-9][0-9]{0,2})")
_BITS: Final = {TLS_PROTECTED: "tlsProtected", APPL_PROTECTED: "applProtected", VPN: "vpn"}
_MAX_LISTED: Final = 32
"""Entries of a list that are shown."""
_MAX_TEXT: Final = 64
"""Characters of a text that are shown."""


def algorithm_text(given: AlgorithmIdentifier) -> str:
    """Return an algorithm by its name, or by its identifier when it is not understood."""
    meant = understood(given)
    if meant is not None:
        return str(meant)
    known = IDENTIFIERS.name_of(given.oid)
    told = f"{given.oid} {known}" if known else given.oid
    if given.parameters is None:
        return f"{told}, not supported"
    return f"{told} with parameters {hexadecimal(given.parameters)}, not supported"


def _bits_text(bits: Bits, names: Mapping[int, str]) -> str:
    """Return the names of the bits that are set."""
    return ", ".join(names.get(number, f"bit {number}") for number in sorted(bits.positions)) or "none"


def _diagnostic_text(pdu: WithDiagnostics) -> str:
    """Return a diagnostic by number and name; one that is absent stands for an alarm."""
    if pdu.diag is None:
        return ALARM
    names = transfer_diagnostics() if isinstance(pdu, DtSecAbort) else handshake_diagnostics()
    return f"{pdu.diag} {names[pdu.diag] if 0 <= pdu.diag < len(names) else '(without a name)'}"


def handshake_members(
    pdu: Handshake, remarks: list[Remark], protocols: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the members of HandshakeReq and HandshakeAcc; ``protocols`` are the known values of pp."""
    token = pdu.token1
    yield "pp", _short(pdu.pp)
    if pdu.pp not in protocols:
        remarks.append(Remark("pp", "protocol", "a protected protocol that is not known"))
    yield "assoID", _short(token.assoID)
    fits = is_requested(token.assoID) if isinstance(pdu, HandshakeReq) else _JOINED.fullmatch(token.assoID)
    if not fits:
        wanted = "one number" if isinstance(pdu, HandshakeReq) else "two numbers with a colon between"
        remarks.append(Remark("assoID", "asso-id", f"an assoID that is not {wanted}"))
    yield "sigAlg", algorithm_text(token.sigAlg)
    yield from _version(token.version)
    yield "dhKey", _listed(map(_key_text, token.dhKey))
    yield "hmac", algorithm_text(token.hmac)
    yield "time", _time(token.time, remarks)
    yield "encr-mode", _mode_text(token.encr_mode)
    yield "confParams", _bits_text(token.confParams, _BITS)
    if (APPL_PROTECTED in token.confParams) != encrypts(token.encr_mode):
        remarks.append(Remark("confParams", "appl-protected", "applProtected does not fit encr-mode"))
    if token.certPath is not None:
        yield "certPath", _listed(_path_texts(token.certPath, remarks))
    if token.attCert is not None:
        yield "attCert", _attributes_text(token.attCert, remarks)
    yield "applData", "absent" if pdu.applData is None else f"{len(pdu.applData)} octets"


def ending_members(pdu: WithToken3, remarks: list[Remark]) -> Iterator[tuple[str, str]]:
    """Yield the members of a reject, an abort or a release."""
    token: ClearToken3 = pdu.token3
    yield "assoID", "absent" if token.assoID is None else _short(token.assoID)
    yield "sigAlg", algorithm_text(token.sigAlg)
    yield from _version(token.version)
    yield "time", _time(token.time, remarks)
    if token.certPath is not None:
        yield "certPath", _listed(_path_texts(token.certPath, remarks))
    if isinstance(pdu, WithDiagnostics):
        yield "diag", _diagnostic_text(pdu)
    elif isinstance(pdu, WithApplData) and pdu.applData is not None:
        yield "applData", f"{len(pdu.applData)} octets"


def transfer_members(pdu: Transfer, remarks: list[Remark]) -> Iterator[tuple[str, str]]:
    """Yield the members of a data transfer."""
    token: ClearToken2 = pdu.token2
    yield "assoID", _short(token.assoID)
    yield "time", _time(token.time, remarks)
    yield "seq", str(token.seq)
    if token.iv is not None:
        yield "iv", hexadecimal(token.iv)
    if token.rekey is not None:
        yield "rekey", _key_text(token.rekey)
    if token.reqRekey:
        yield "reqRekey", "TRUE"
    if token.changedKey:
        yield "changedKey", "TRUE"
    yield "applData", f"{len(pdu.applData)} octets"
    if pdu.auth is not None:
        nonce = "" if pdu.auth.nonce is None else f", nonce {hexadecimal(pdu.auth.nonce)}"
        yield "auth", f"{algorithm_text(pdu.auth.algorithm)}, ICV of {len(pdu.auth.icv)} octets{nonce}"


def _short(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}… ({len(text)} characters)"


def _version(version: Bits | None) -> Iterator[tuple[str, str]]:
    if version is not None:
        yield "version", "v1" if version == V1 else _bits_text(version, {0: "v1"})


def _key_text(key: DhKey) -> str:
    name = group_name(key.dhGroup, len(key.dhPublicKey)) or "a group that is not known"
    return f"{key.dhGroup} {name}, {len(key.dhPublicKey)} octets"


def _mode_text(mode: Aea | NonAea) -> str:
    if isinstance(mode, Aea):
        return f"aea: {_listed(map(algorithm_text, mode.algorithms))}"
    icv = f"icvAlgID {_listed(map(algorithm_text, mode.icvAlgID))}"
    if mode.encr is None:
        return f"non-aea without encryption: {icv}"
    return f"non-aea: encr {_listed(map(algorithm_text, mode.encr))}; {icv}"


def _listed(texts: Iterable[str]) -> str:
    shown: list[str] = []
    for text in texts:
        if len(shown) == _MAX_LISTED:
            shown.append("…")
            break
        shown.append(text)
    return ", ".join(shown) or "empty"


def _time(octets: bytes, remarks: list[Remark]) -> str:
    text = f'"{octets[:64].decode("latin-1")}"'
    try:
        found = read_timestamp(octets)
    except TimeError as error:
        remarks.append(Remark("time", "undecodable", error.message))
        return f"{text}, no instant"
    remarks += [Remark("time", "time-form", deviation) for deviation in found.deviations]
    return f"{text}, {found}"


def _path_texts(path: tuple[bytes, ...], remarks: list[Remark]) -> Iterator[str]:
    for octets in path[: _MAX_LISTED + 1]:
        try:
            yield read_certificate(octets).subject_text or "a certificate without a subject"
        except CertificateError as error:
            remarks.append(Remark("certPath", "undecodable", f"octet {error.offset}: {error.message}"))
            yield "unreadable"


def _attributes_text(octets: bytes, remarks: list[Remark]) -> str:
    try:
        found = read_attribute_certificate(octets)
        issuers = " and ".join(str(read_name(issuer)) for issuer in found.issuers) or "nobody"
    except CertificateError as error:
        remarks.append(Remark("attCert", "undecodable", f"octet {error.offset}: {error.message}"))
        return "unreadable"
    validity = f"{moment_text(found.not_before)} to {moment_text(found.not_after)}"
    return f"{len(octets)} octets, by {issuers}, {validity}, attributes {_listed(found.attributes)}"
