"""Tokens, signatures and ICVs as values of the notation, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conform62351.profiles.asn1.notation import Bits, Notation, Record
from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier
from conform62351.profiles.native.tokens import (
    CONFIDENTIALITY_BITS,
    VERSION_BITS,
    Aea,
    Authenticator,
    ClearToken1,
    ClearToken2,
    ClearToken3,
    DhKey,
    NonAea,
    Signature,
)


class NamedNumbers:
    """Numbers that have names: machines count in the order of ``names``, ``wire`` says what is sent for each.

    A number without a name is sent as it is, and read as one that no machine knows.
    """

    def __init__(self, wire: Mapping[str, int], names: Sequence[str]) -> None:
        self._wire = {own: wire[name] for own, name in enumerate(names)}
        nameless = {number: number + len(self._wire) for number in self._wire}
        self._own = nameless | {there: own for own, there in self._wire.items()}

    def written(self, number: int) -> int:
        """Return what is sent for a number."""
        return self._wire.get(number, number)

    def read(self, number: int) -> int:
        """Return the number for what was sent."""
        return self._own.get(number, number)

    def written_bits(self, bits: Bits | None) -> Bits | None:
        """Return bits as they are sent."""
        return None if bits is None else Bits(frozenset(map(self.written, bits.positions)))

    def read_bits(self, bits: Bits) -> Bits:
        """Return bits that were sent."""
        return Bits(frozenset(map(self.read, bits.positions)))


class TokenNumbers:
    """The bits of the tokens by their names. Raises NotationError when one of their types is not there."""

    def __init__(self, notation: Notation) -> None:
        self.version = NamedNumbers(notation.numbers("Version"), VERSION_BITS)
        self.confidentiality = NamedNumbers(notation.numbers("ConfidentialityParms"), CONFIDENTIALITY_BITS)


def _algorithm(value: AlgorithmIdentifier) -> Mapping[str, Any]:
    return {"algorithm": value.oid, "parameters": value.parameters}


def _algorithms(values: tuple[AlgorithmIdentifier, ...] | None) -> list[Mapping[str, Any]] | None:
    return None if values is None else [_algorithm(value) for value in values]


def signature(value: Signature) -> Mapping[str, Any]:
    """Return the value of a Signature."""
    return {"algo": _algorithm(value.algo), "sign": value.sign}


def authenticator(value: Authenticator) -> Mapping[str, Any]:
    """Return the value of an Authenticator."""
    return {"nonce": value.nonce, "algorithm": _algorithm(value.algorithm), "icv": value.icv}


def _dh_key(value: DhKey | None) -> Mapping[str, Any] | None:
    return None if value is None else {"dhGroup": value.dhGroup, "dhPublicKey": value.dhPublicKey}


def _encr_mode(value: Aea | NonAea) -> tuple[str, Any]:
    if isinstance(value, Aea):
        return "aea", _algorithms(value.algorithms)
    return "non-aea", {"encr": _algorithms(value.encr), "icvAlgID": _algorithms(value.icvAlgID)}


def token1(token: ClearToken1, numbers: TokenNumbers) -> Mapping[str, Any]:
    """Return the value of a ClearToken1."""
    return {
        "sigAlg": _algorithm(token.sigAlg),
        "pkCert": token.pkCert,
        "certPath": token.certPath,
        "version": numbers.version.written_bits(token.version),
        "assoID": token.assoID,
        "dhKey": [_dh_key(key) for key in token.dhKey],
        "hmac": _algorithm(token.hmac),
        "time": token.time,
        "encr-mode": _encr_mode(token.encr_mode),
        "confParams": numbers.confidentiality.written_bits(token.confParams),
        "attCert": token.attCert,
    }


def token2(token: ClearToken2) -> Mapping[str, Any]:
    """Return the value of a ClearToken2; what is FALSE is left out (decision 3)."""
    return {
        "assoID": token.assoID,
        "time": token.time,
        "seq": token.seq,
        "iv": token.iv,
        "rekey": _dh_key(token.rekey),
        "reqRekey": token.reqRekey or None,
        "changedKey": token.changedKey or None,
    }


def token3(token: ClearToken3, numbers: TokenNumbers) -> Mapping[str, Any]:
    """Return the value of a ClearToken3."""
    return {
        "sigAlg": _algorithm(token.sigAlg),
        "version": numbers.version.written_bits(token.version),
        "assoID": token.assoID,
        "time": token.time,
        "pkCert": token.pkCert,
        "certPath": token.certPath,
    }


def _read_algorithm(record: Record) -> AlgorithmIdentifier:
    return AlgorithmIdentifier(record["algorithm"], record.get("parameters"))


def _read_algorithms(records: tuple[Record, ...]) -> tuple[AlgorithmIdentifier, ...]:
    return tuple(_read_algorithm(record) for record in records)


def read_signature(record: Record) -> Signature:
    """Return the Signature of a value."""
    return Signature(_read_algorithm(record["algo"]), record["sign"])


def read_authenticator(record: Record) -> Authenticator:
    """Return the Authenticator of a value."""
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


def read_token1(record: Record, numbers: TokenNumbers) -> ClearToken1:
    """Return the ClearToken1 of a value."""
    return ClearToken1(
        sigAlg=_read_algorithm(record["sigAlg"]),
        pkCert=record["pkCert"],
        certPath=record.get("certPath"),
        version=numbers.version.read_bits(record["version"]),
        assoID=record["assoID"],
        dhKey=_read_dh_keys(record["dhKey"]),
        hmac=_read_algorithm(record["hmac"]),
        time=record["time"],
        encr_mode=_read_encr_mode(record["encr-mode"]),
        confParams=numbers.confidentiality.read_bits(record["confParams"]),
        attCert=record.get("attCert"),
    )


def read_token2(record: Record) -> ClearToken2:
    """Return the ClearToken2 of a value."""
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


def read_token3(record: Record, numbers: TokenNumbers) -> ClearToken3:
    """Return the ClearToken3 of a value."""
    return ClearToken3(
        sigAlg=_read_algorithm(record["sigAlg"]),
        version=numbers.version.read_bits(record["version"]),
        assoID=record.get("assoID"),
        time=record["time"],
        pkCert=record["pkCert"],
        certPath=record.get("certPath"),
    )
