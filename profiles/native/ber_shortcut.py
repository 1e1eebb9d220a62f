"""Data transfers without refresh of keys, in the form that is sent, read and written by hand.

They are what all traffic after a handshake consists of, and the reader of the notation takes several times as
long. Anything unusual gives None, and the general way judges it; what is read here has no deviations. It is
the notation of this project that is known here, and no other. What a PDU of the protected protocol consists
of is its own matter, and not looked at (11-decisions 32).
"""

from __future__ import annotations

from typing import Final

from conform62351.profiles.asn1.contents import write_integer
from conform62351.profiles.asn1.notation import Notation, ValueReadError
from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier
from conform62351.profiles.native.codec import Protected
from conform62351.profiles.native.secpdus import ClearTransfer, EncrTransfer, Transfer
from conform62351.profiles.native.tokens import Authenticator, ClearToken2
from conform62351.profiles.tlv import TlvError, header
from conform62351.profiles.tlv_edit import length_octets

_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_OCTET_STRING: Final = 0x04
_OCTET_STRING_IN_PARTS: Final = 0x24
_UTF8_STRING: Final = 0x0C
_GENERALIZED_TIME: Final = 0x18
_IV: Final = 0x80
_SHORT: Final = 0x80
"""Lengths below it take one octet."""
_KNOWN: Final = 16
"""How many algorithms are remembered, and of how many octets at most."""
_ALGORITHM_OCTETS: Final = 48


class _Unusual(Exception):
    """Something that the general way shall judge."""


class TransferShortcut:
    """Reads and writes the usual data transfers of one notation."""

    def __init__(self, notation: Notation) -> None:
        self._notation = notation
        self._read: dict[bytes, AlgorithmIdentifier] = {}
        self._written: dict[AlgorithmIdentifier, bytes] = {}
        self._last: tuple[ClearToken2, bytes] | None = None
        """The token that was written last: it is asked for as associated data and as a part of tbp."""

    def read(self, octets: bytes) -> Transfer | None:
        """Return the data transfer that octets are when they have the usual form, None otherwise."""
        try:
            return self._transfer(octets)
        except (_Unusual, IndexError, TlvError):
            return None

    def token2(self, token: ClearToken2) -> bytes | None:
        """Return the content octets of a token, None for one that is not usual."""
        asso_id, seq = token.assoID, token.seq
        if token.rekey is not None or token.reqRekey or token.changedKey:
            return None
        if not (isinstance(asso_id, str) and asso_id.isascii() and type(seq) is int):
            return None
        known = self._last
        if known is not None and known[0] is token:
            return known[1]
        parts = [
            (_UTF8_STRING, asso_id.encode()),
            (_GENERALIZED_TIME, token.time),
            (_INTEGER, write_integer(seq)),
        ]
        if token.iv is not None:
            parts.append((_IV, token.iv))
        made = _short(parts)
        if made is None:
            return None
        self._last = (token, made)
        return made

    def tbp(self, pdu: Transfer) -> Protected | None:
        """Return the protected part of a data transfer, None for one that is not usual."""
        token, data = self.token2(pdu.token2), pdu.applData
        if token is None or not isinstance(data, bytes):
            return None
        if isinstance(pdu, EncrTransfer):
            data = _tlv(_OCTET_STRING, data)
        content = _tlv(_SEQUENCE, token) + data
        return Protected(_tlv(_SEQUENCE, content), content)

    def transfer(self, auth: Authenticator | None, tbp: bytes) -> bytes | None:
        """Return a data transfer around its protected part, None for one that is not usual."""
        if auth is None:
            return _tlv(_SEQUENCE, tbp)
        algorithm = self._algorithm_octets(auth.algorithm)
        icv = _short([(_OCTET_STRING, auth.icv)])
        nonce = b"" if auth.nonce is None else _short([(_OCTET_STRING, auth.nonce)])
        if algorithm is None or icv is None or nonce is None:
            return None
        return _tlv(_SEQUENCE, tbp + _tlv(_SEQUENCE, nonce + algorithm + icv))

    def _algorithm_octets(self, identifier: AlgorithmIdentifier) -> bytes | None:
        known = self._written.get(identifier)
        if known is None and len(self._written) < _KNOWN:
            members = {"algorithm": identifier.oid, "parameters": identifier.parameters}
            known = self._notation.encode("AlgorithmIdentifier", members)
            self._written[identifier] = known
        return known

    def _algorithm(self, octets: bytes) -> AlgorithmIdentifier:
        known = self._read.get(octets)
        if known is None:
            if len(octets) > _ALGORITHM_OCTETS or len(self._read) == _KNOWN:
                raise _Unusual
            met: list[str] = []
            try:
                record = self._notation.decode("AlgorithmIdentifier", octets, met=met)
            except (ValueReadError, TlvError):
                raise _Unusual from None
            if met:
                raise _Unusual
            known = self._read[octets] = AlgorithmIdentifier(record["algorithm"], record.get("parameters"))
        return known

    def _transfer(self, octets: bytes) -> Transfer:
        start, end = _content(octets, 0, _SEQUENCE, len(octets))
        if end != len(octets):
            raise _Unusual
        tbp, tbp_end = _content(octets, start, _SEQUENCE, end)
        token, token_end = _content(octets, tbp, _SEQUENCE, tbp_end)
        tag, data, data_end = header(octets, token_end, tbp_end, [])
        if tag == _OCTET_STRING_IN_PARTS or data_end != tbp_end:
            raise _Unusual
        encrypted = tag == _OCTET_STRING
        auth = None if encrypted and tbp_end == end else self._authenticator(octets, tbp_end, end)
        kind = EncrTransfer if encrypted else ClearTransfer
        return kind(
            token2=_token2(octets, token, token_end),
            applData=octets[data if encrypted else token_end : data_end],
            auth=auth,
            tbp=octets[tbp:tbp_end],
            aad=octets[token:token_end],
        )

    def _authenticator(self, octets: bytes, at: int, bound: int) -> Authenticator:
        start, end = _content(octets, at, _SEQUENCE, bound)
        nonce = None
        if octets[start] == _OCTET_STRING:
            first, start = _content(octets, start, _OCTET_STRING, end)
            nonce = octets[first:start]
        _, algorithm_end = _content(octets, start, _SEQUENCE, end)
        icv, icv_end = _content(octets, algorithm_end, _OCTET_STRING, end)
        if icv_end != end or end != bound:
            raise _Unusual
        return Authenticator(self._algorithm(octets[start:algorithm_end]), octets[icv:icv_end], nonce)


def _token2(octets: bytes, at: int, bound: int) -> ClearToken2:
    first, end = _content(octets, at, _UTF8_STRING, bound)
    name = octets[first:end]
    if not name.isascii():
        raise _Unusual
    first, end = _content(octets, end, _GENERALIZED_TIME, bound)
    time = octets[first:end]
    first, end = _content(octets, end, _INTEGER, bound)
    number = octets[first:end]
    seq = int.from_bytes(number, "big")
    if number != write_integer(seq):
        raise _Unusual
    iv = None
    if end != bound:
        first, end = _content(octets, end, _IV, bound)
        iv = octets[first:end]
        if end != bound:
            raise _Unusual
    return ClearToken2(assoID=name.decode(), time=time, seq=seq, iv=iv)


def _content(octets: bytes, at: int, tag: int, bound: int) -> tuple[int, int]:
    """Return where the content of the TLV at ``at`` begins and ends, within ``bound``."""
    found, start, end = header(octets, at, bound, [])
    if found != tag or end is None:
        raise _Unusual
    return start, end


def _tlv(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + length_octets(len(content)) + content


def _short(parts: list[tuple[int, bytes]]) -> bytes | None:
    """Return TLVs with one octet of length each, None where that does not do."""
    made = b""
    for tag, content in parts:
        if not isinstance(content, bytes) or len(content) >= _SHORT:
            return None
        made += bytes((tag, len(content))) + content
    return made
