"""A codec of SecPDUs that shares nothing with BER: JSON with base64, to show that the machine needs none."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from conform62351.profiles.asn1.notation import Bits
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
    SignedPdu,
    Transfer,
    WithDiagnostics,
)
from conform62351.profiles.native.tokens import (
    Aea,
    Authenticator,
    ClearToken1,
    ClearToken2,
    ClearToken3,
    NonAea,
    Signature,
)

_KINDS: Final[Mapping[Carrier, tuple[type[Any], ...]]] = {
    Carrier.AARQ: (HandshakeReq,),
    Carrier.AARE: (HandshakeAcc, ApplicationReject, HandshakeSecReject),
    Carrier.ABRT: (HandshakeSecAbort, DtSecAbort, ApplAbort, OsiFault),
    Carrier.RLRQ: (ReleaseReq,),
    Carrier.RLRE: (ReleaseRsp,),
    Carrier.DATA: (ClearTransfer, EncrTransfer),
}


class Base64Codec:
    """SecPDUs as JSON objects; what is protected is a string within, so that its octets are kept."""

    def tbs(self, pdu: SignedPdu) -> Protected:
        members: dict[str, Any]
        if isinstance(pdu, Handshake):
            token = _plain(pdu.token1)
            token["mode"] = "aea" if isinstance(pdu.token1.encr_mode, Aea) else "non-aea"
            members = {"token": token, "applData": _plain(pdu.applData)}
        elif isinstance(pdu, WithDiagnostics):
            members = {"token": _plain(pdu.token3), "diag": pdu.diag}
        else:
            members = {"token": _plain(pdu.token3), "applData": _plain(pdu.applData)}
        octets = json.dumps(members).encode()
        return Protected(octets, octets)

    def signed(self, pdu: SignedPdu, tbs: bytes) -> bytes:
        outer = {"kind": type(pdu).__name__, "tbs": tbs.decode(), "sign": _plain(pdu.sign)}
        if isinstance(pdu, Handshake):
            outer["pp"] = pdu.pp
        return json.dumps(outer).encode()

    def decode(self, carrier: Carrier, octets: bytes) -> Decoded:
        try:
            return Decoded(_read(carrier, json.loads(octets)))
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            RecursionError,
            msgspec.ValidationError,
        ) as error:
            raise SecPduError(0, f"no SecPDU: {type(error).__name__}") from error

    def aad(self, pdu: Transfer) -> bytes:
        return json.dumps(_plain(pdu.token2)).encode()

    def tbp(self, pdu: Transfer) -> Protected:
        token = self.aad(pdu).decode()
        octets = json.dumps({"token": token, "applData": _plain(pdu.applData)}).encode()
        return Protected(octets, octets)

    def transfer(self, pdu: Transfer, tbp: bytes) -> bytes:
        outer = {"kind": type(pdu).__name__, "tbp": tbp.decode(), "auth": _plain(pdu.auth)}
        return json.dumps(outer).encode()

    def osi_fault(self, diagnostic: int) -> bytes:
        return json.dumps({"kind": OsiFault.__name__, "diagnostic": diagnostic}).encode()


def _plain(value: Any) -> Any:
    """Return a value of JSON; octets are base64, BIT STRINGs the list of their positions."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Bits):
        return sorted(value.positions)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return value


def _read(carrier: Carrier, outer: Any) -> Any:
    kind = {kind.__name__: kind for kind in _KINDS[carrier]}[outer["kind"]]
    if kind is OsiFault:
        return OsiFault(diagnostic=msgspec.convert(outer["diagnostic"], int))
    if carrier is Carrier.DATA:
        return _transfer(kind, outer, json.loads(outer["tbp"]))
    inner = json.loads(outer["tbs"])
    members: dict[str, Any] = {
        "tbs": outer["tbs"].encode(),
        "sign": msgspec.convert(outer["sign"], Signature),
    }
    if issubclass(kind, Handshake):
        members |= {"pp": msgspec.convert(outer["pp"], str), "token1": _token(inner["token"], ClearToken1)}
    else:
        members["token3"] = _token(inner["token"], ClearToken3)
    if issubclass(kind, WithDiagnostics):
        members["diag"] = msgspec.convert(inner["diag"], int | None)
    else:
        members["applData"] = msgspec.convert(inner["applData"], bytes | None)
    return kind(**members)


def _transfer(kind: type[Any], outer: dict[str, Any], inner: dict[str, Any]) -> Any:
    return kind(
        token2=msgspec.convert(json.loads(inner["token"]), ClearToken2),
        applData=msgspec.convert(inner["applData"], bytes),
        auth=msgspec.convert(outer["auth"], Authenticator | None),
        tbp=outer["tbp"].encode(),
        aad=inner["token"].encode(),
    )


def _token(inner: dict[str, Any], kind: type[Any]) -> Any:
    mode = {"aea": Aea, "non-aea": NonAea}[inner.pop("mode")] if kind is ClearToken1 else None
    members = {}
    for field in msgspec.structs.fields(kind):
        value = inner[field.name]
        if field.name in ("version", "confParams") and value is not None:
            value = {"positions": value}
        members[field.name] = msgspec.convert(value, mode if field.name == "encr_mode" else field.type)
    return kind(**members)
