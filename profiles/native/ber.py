"""SecPDUs in BER, by the notation of annexes B and D (the OSI environment)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from conform62351.profiles.asn1.notation import Notation, Record, ValueReadError
from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier
from conform62351.profiles.native.codec import Carrier, Decoded, Protected, SecPduError
from conform62351.profiles.native.secpdus import (
    ApplAbort,
    ApplicationReject,
    ClearTransfer,
    DtSecAbort,
    EncrTransfer,
    Handshake,
    HandshakeAcc,
    HandshakeReq,
    HandshakeSecAbort,
    HandshakeSecReject,
    OsiFault,
    ReleaseReq,
    ReleaseRsp,
    SecPdu,
    SignedPdu,
    Transfer,
    WithApplData,
    WithDiagnostics,
)
from conform62351.profiles.native.tokens import (
    Aea,
    Authenticator,
    ClearToken1,
    ClearToken2,
    ClearToken3,
    DhKey,
    NonAea,
    Signature,
)
from conform62351.profiles.tlv import TlvError, walk
from conform62351.profiles.tlv_edit import length_octets

_SEQUENCE: Final = b"\x30"
_OCTET_STRINGS: Final = (0x04, 0x24)
_ALTERNATIVES: Final[Mapping[Carrier, tuple[str, Mapping[str, type[Any]]]]] = {
    Carrier.AARE: (
        "HandshakeRsp",
        {"assoAccept": HandshakeAcc, "applReject": ApplicationReject, "secReject": HandshakeSecReject},
    ),
    Carrier.ABRT: (
        "AssoAbort",
        {"handshakeSecAbort": HandshakeSecAbort, "dtSecAbort": DtSecAbort, "applAbort": ApplAbort},
    ),
}
"""The choices of the carriers that hold one of several SecPDUs, by the name of the alternative."""
_SINGLE: Final[Mapping[Carrier, type[Any]]] = {
    Carrier.AARQ: HandshakeReq,
    Carrier.RLRQ: ReleaseReq,
    Carrier.RLRE: ReleaseRsp,
}
_CHOSEN: Final = {
    kind: (choice, alternative)
    for choice, alternatives in _ALTERNATIVES.values()
    for alternative, kind in alternatives.items()
}


@functools.cache
def own_notation(*, strict: bool = False) -> Notation:
    """Return the notation of this project; a ``strict`` one reads no variants of components."""
    folder = resources.files("conform62351.profiles.asn1")
    variants = "" if strict else folder.joinpath("e2e_variants.asn").read_text("utf-8")
    return Notation(folder.joinpath("e2e.asn").read_text("utf-8"), variants)


class BerCodec:
    """The codec of the OSI environment; ``notation`` stands for this project's own (``--spec-data``)."""

    def __init__(self, notation: Notation | None = None) -> None:
        self._notation = notation or own_notation()

    def tbs(self, pdu: SignedPdu) -> Protected:
        """Return the part of a SecPDU that is signed."""
        if isinstance(pdu, Handshake):
            parts = [self._notation.encode("ClearToken1", _token1(pdu.token1)), pdu.applData or b""]
        else:
            parts = [self._notation.encode("ClearToken3", _token3(pdu.token3))]
            if isinstance(pdu, WithApplData):
                parts.append(pdu.applData or b"")
            elif pdu.diag is not None:
                parts.append(self._notation.encode(_diagnostics(type(pdu)), pdu.diag))
        return _protected(b"".join(parts))

    def signed(self, pdu: SignedPdu, tbs: bytes) -> bytes:
        """Return the SecPDU with ``tbs``: a SEQUENCE, or the alternative of its carrier's choice."""
        pp = self._notation.encode("NMTOKEN", pdu.pp) if isinstance(pdu, Handshake) else b""
        sign = b"" if pdu.sign is None else self._notation.encode("Signature", _signature(pdu.sign))
        chosen = _CHOSEN.get(type(pdu))
        return _tlv(_SEQUENCE if chosen is None else self._tag(*chosen), pp + tbs + sign)

    def aad(self, pdu: Transfer) -> bytes:
        """Return the content octets of token2."""
        octets = self._notation.encode("ClearToken2", _token2(pdu.token2))
        return octets[walk(octets).root.content :]

    def tbp(self, pdu: Transfer) -> Protected:
        """Return the part of a data transfer that the ICV covers."""
        token = self._notation.encode("ClearToken2", _token2(pdu.token2))
        if isinstance(pdu, ClearTransfer):
            return _protected(token + pdu.applData)
        return _protected(token + self._notation.encode("Encrypted-ApplData", pdu.applData))

    def transfer(self, pdu: Transfer, tbp: bytes) -> bytes:
        """Return the data transfer with ``tbp``."""
        auth = b"" if pdu.auth is None else self._notation.encode("Authenticator", _authenticator(pdu.auth))
        return _tlv(_SEQUENCE, tbp + auth)

    def osi_fault(self, diagnostic: int) -> bytes:
        """Return the report of a fault of the environment."""
        return self._notation.encode("AssoAbort", (OsiFault.name, diagnostic))

    def decode(self, carrier: Carrier, octets: bytes) -> Decoded:
        """Return the SecPDU that ``octets`` in a ``carrier`` are. Raises SecPduError."""
        met: list[str] = []
        try:
            pdu = self._decode(carrier, octets, met)
        except (ValueReadError, TlvError) as error:
            raise SecPduError(error.offset, error.message) from error
        return Decoded(pdu, tuple(f"{name}: a form that is not sent" for name in met))

    def _decode(self, carrier: Carrier, octets: bytes, met: list[str]) -> SecPdu:
        if carrier is Carrier.DATA:
            return self._transfer(octets, met)
        if carrier in _SINGLE:
            kind = _SINGLE[carrier]
            return self._made(kind, self._notation.decode(kind.__name__, octets, met=met))
        choice, kinds = _ALTERNATIVES[carrier]
        alternative, value = self._notation.decode(choice, octets, met=met)
        if alternative == OsiFault.name:
            return OsiFault(diagnostic=value)
        return self._made(kinds[alternative], value)

    def _transfer(self, octets: bytes, met: list[str]) -> Transfer:
        """Return a data transfer: what follows token2 tells which it is (N)."""
        encrypted = _second_of_first(octets) in _OCTET_STRINGS
        kind = EncrTransfer if encrypted else ClearTransfer
        record = self._notation.decode(kind.__name__, octets, met=met)
        tbp = record["tbp"]
        auth = record.get("auth")
        return kind(
            token2=_read_token2(tbp["token2"]),
            applData=tbp["applData"],
            auth=None if auth is None else _read_authenticator(auth),
            tbp=tbp.content,
            aad=tbp["token2"].content,
        )

    def _made(self, kind: type[Any], record: Record) -> SignedPdu:
        tbs = record["tbs"]
        members: dict[str, Any] = {"sign": _read_signature(record["sign"]), "tbs": tbs.content}
        if issubclass(kind, Handshake):
            members |= {"pp": record["pp"], "token1": _read_token1(tbs["token1"])}
        else:
            members["token3"] = _read_token3(tbs["token3"])
        name = "diag" if issubclass(kind, WithDiagnostics) else "applData"
        members[name] = tbs.get(name)
        pdu: SignedPdu = kind(**members)
        return pdu

    def _tag(self, choice: str, alternative: str) -> bytes:
        return self._notation.identifier(choice, alternative)


def _diagnostics(kind: type[Any]) -> str:
    return "DtDiagnostics" if kind is DtSecAbort else "HandshakeDiagnostics"


def _second_of_first(octets: bytes) -> int:
    """Return the identifier of the second element in the first one, 0 where there is none."""
    root = walk(octets).root
    inner = root.children[0].children if root.children else ()
    return inner[1].tag if len(inner) > 1 else 0


def _tlv(identifier: bytes, content: bytes) -> bytes:
    return identifier + length_octets(len(content)) + content


def _protected(content: bytes) -> Protected:
    return Protected(_tlv(_SEQUENCE, content), content)


def _algorithm(value: AlgorithmIdentifier) -> Mapping[str, Any]:
    return {"algorithm": value.oid, "parameters": value.parameters}


def _algorithms(values: tuple[AlgorithmIdentifier, ...] | None) -> list[Mapping[str, Any]] | None:
    return None if values is None else [_algorithm(value) for value in values]


def _signature(value: Signature) -> Mapping[str, Any]:
    return {"algo": _algorithm(value.algo), "sign": value.sign}


def _authenticator(value: Authenticator) -> Mapping[str, Any]:
    return {"nonce": value.nonce, "algorithm": _algorithm(value.algorithm), "icv": value.icv}


def _dh_key(value: DhKey | None) -> Mapping[str, Any] | None:
    return None if value is None else {"dhGroup": value.dhGroup, "dhPublicKey": value.dhPublicKey}


def _encr_mode(value: Aea | NonAea) -> tuple[str, Any]:
    if isinstance(value, Aea):
        return "aea", _algorithms(value.algorithms)
    return "non-aea", {"encr": _algorithms(value.encr), "icvAlgID": _algorithms(value.icvAlgID)}


def _token1(token: ClearToken1) -> Mapping[str, Any]:
    return {
        "sigAlg": _algorithm(token.sigAlg),
        "pkCert": token.pkCert,
        "certPath": token.certPath,
        "version": token.version,
        "assoID": token.assoID,
        "dhKey": [_dh_key(key) for key in token.dhKey],
        "hmac": _algorithm(token.hmac),
        "time": token.time,
        "encr-mode": _encr_mode(token.encr_mode),
        "confParams": token.confParams,
        "attCert": token.attCert,
    }


def _token2(token: ClearToken2) -> Mapping[str, Any]:
    return {
        "assoID": token.assoID,
        "time": token.time,
        "seq": token.seq,
        "iv": token.iv,
        "rekey": _dh_key(token.rekey),
        "reqRekey": token.reqRekey or None,
        "changedKey": token.changedKey or None,
    }


def _token3(token: ClearToken3) -> Mapping[str, Any]:
    return {
        "sigAlg": _algorithm(token.sigAlg),
        "version": token.version,
        "assoID": token.assoID,
        "time": token.time,
        "pkCert": token.pkCert,
        "certPath": token.certPath,
    }


def _read_algorithm(record: Record) -> AlgorithmIdentifier:
    return AlgorithmIdentifier(record["algorithm"], record.get("parameters"))


def _read_algorithms(records: tuple[Record, ...]) -> tuple[AlgorithmIdentifier, ...]:
    return tuple(_read_algorithm(record) for record in records)


def _read_signature(record: Record) -> Signature:
    return Signature(_read_algorithm(record["algo"]), record["sign"])


def _read_authenticator(record: Record) -> Authenticator:
    return Authenticator(_read_algorithm(record["algorithm"]), record["icv"], record.get("nonce"))


def _read_dh_key(record: Record) -> DhKey:
    return DhKey(record["dhGroup"], record["dhPublicKey"])


def _read_dh_keys(value: Record | tuple[Record, ...]) -> tuple[DhKey, ...]:
    """Return the public values: a single one comes as it is in a variant of the form."""
    return tuple(_read_dh_key(record) for record in ((value,) if isinstance(value, Record) else value))


def _read_encr_mode(value: tuple[str, Any]) -> Aea | NonAea:
    alternative, inner = value
    if alternative == "aea":
        return Aea(_read_algorithms(inner))
    encr = inner.get("encr")
    return NonAea(_read_algorithms(inner["icvAlgID"]), None if encr is None else _read_algorithms(encr))


def _read_token1(record: Record) -> ClearToken1:
    return ClearToken1(
        sigAlg=_read_algorithm(record["sigAlg"]),
        pkCert=record["pkCert"],
        certPath=record.get("certPath"),
        version=record["version"],
        assoID=record["assoID"],
        dhKey=_read_dh_keys(record["dhKey"]),
        hmac=_read_algorithm(record["hmac"]),
        time=record["time"],
        encr_mode=_read_encr_mode(record["encr-mode"]),
        confParams=record["confParams"],
        attCert=record.get("attCert"),
    )


def _read_token2(record: Record) -> ClearToken2:
    rekey = record.get("rekey")
    return ClearToken2(
        assoID=record["assoID"],
        time=record["time"],
        seq=record["seq"],
        iv=record.get("iv"),
        rekey=None if rekey is None else _read_dh_key(rekey),
        reqRekey=record["reqRekey"],
        changedKey=record["changedKey"],
    )


def _read_token3(record: Record) -> ClearToken3:
    return ClearToken3(
        sigAlg=_read_algorithm(record["sigAlg"]),
        version=record["version"],
        assoID=record.get("assoID"),
        time=record["time"],
        pkCert=record["pkCert"],
        certPath=record.get("certPath"),
    )
