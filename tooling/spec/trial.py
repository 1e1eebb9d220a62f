"""A trial of modules: SecPDUs are written by them and have to be read as what they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from conform62351.profiles.asn1.notation import Bits, Notation, NotationError
from conform62351.profiles.crypto.algorithms import algorithm, identifier
from conform62351.profiles.errors import EncodingError
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Carrier, SecPduError
from conform62351.profiles.native.outcomes import handshake_diagnostics, transfer_diagnostics
from conform62351.profiles.native.secpdus import (
    ApplAbort,
    ApplicationReject,
    ClearTransfer,
    DtSecAbort,
    EncrTransfer,
    HandshakeAcc,
    HandshakeReq,
    HandshakeSecAbort,
    HandshakeSecReject,
    OsiFault,
    ReleaseReq,
    ReleaseRsp,
    SecPdu,
)
from conform62351.profiles.native.tokens import (
    APPL_PROTECTED,
    VPN,
    Aea,
    Authenticator,
    ClearToken1,
    ClearToken2,
    ClearToken3,
    DhKey,
    NonAea,
    Signature,
)

_TIME: Final = b"20260101000000.000Z"
_MMS: Final = bytes.fromhex("a803020100")
_ECDSA: Final = identifier(algorithm("ecdsa-with-SHA256"))
_HMAC: Final = identifier(algorithm("hmacWithSHA256"))
_GCM: Final = identifier(algorithm("aes128-GCM"))
_CBC: Final = identifier(algorithm("aes256-CBC"))
_SIGN: Final = Signature(_ECDSA, b"signature")
_KEYS: Final = (DhKey(23, b"\x04" + bytes(64)), DhKey(14, bytes(256)))
_AUTH: Final = Authenticator(_GCM, bytes(12), b"a nonce")
_LEAST1: Final = ClearToken1(
    sigAlg=_ECDSA,
    pkCert=b"certificate",
    assoID="7",
    dhKey=_KEYS,
    hmac=_HMAC,
    time=_TIME,
    encr_mode=Aea((_GCM,)),
    confParams=Bits(frozenset((APPL_PROTECTED,))),
)
_MOST1: Final = msgspec.structs.replace(
    _LEAST1,
    certPath=(b"issuer", b"its issuer"),
    encr_mode=NonAea((_HMAC, _GCM), (_CBC,)),
    confParams=Bits(frozenset((APPL_PROTECTED, VPN))),
    attCert=b"roles",
)
_CLEAR1: Final = msgspec.structs.replace(_LEAST1, encr_mode=NonAea((_HMAC,)))
_LEAST2: Final = ClearToken2(assoID="7:41", time=_TIME, seq=0)
_MOST2: Final = msgspec.structs.replace(_LEAST2, seq=2147483647, iv=bytes(16), rekey=_KEYS[0])
_SERVER2: Final = msgspec.structs.replace(_LEAST2, reqRekey=True, changedKey=True)
_LEAST3: Final = ClearToken3(sigAlg=_ECDSA, time=_TIME, pkCert=b"certificate")
_MOST3: Final = msgspec.structs.replace(_LEAST3, assoID="7:41", certPath=(b"issuer",))


def _samples() -> Iterator[tuple[Carrier, SecPdu]]:
    for token1 in (_LEAST1, _MOST1, _CLEAR1):
        for data in (None, _MMS):
            yield Carrier.AARQ, HandshakeReq(pp="IEC 61850-8-1", token1=token1, applData=data, sign=_SIGN)
            yield Carrier.AARE, HandshakeAcc(pp="IEC 61850-8-1", token1=token1, applData=data, sign=_SIGN)
    for token3 in (_LEAST3, _MOST3):
        for data in (None, _MMS):
            yield Carrier.AARE, ApplicationReject(token3=token3, applData=data, sign=_SIGN)
            yield Carrier.ABRT, ApplAbort(token3=token3, applData=data, sign=_SIGN)
            yield Carrier.RLRQ, ReleaseReq(token3=token3, applData=data, sign=_SIGN)
            yield Carrier.RLRE, ReleaseRsp(token3=token3, applData=data, sign=_SIGN)
        for diag in (None, *range(len(handshake_diagnostics()))):
            yield Carrier.AARE, HandshakeSecReject(token3=token3, diag=diag, sign=_SIGN)
            yield Carrier.ABRT, HandshakeSecAbort(token3=token3, diag=diag, sign=_SIGN)
        for diag in (None, *range(len(transfer_diagnostics()))):
            yield Carrier.ABRT, DtSecAbort(token3=token3, diag=diag, sign=_SIGN)
    for token2 in (_LEAST2, _MOST2, _SERVER2):
        yield Carrier.DATA, ClearTransfer(token2=token2, applData=_MMS, auth=_AUTH)
        for auth in (None, _AUTH):
            yield Carrier.DATA, EncrTransfer(token2=token2, applData=b"ciphertext", auth=auth)
    yield Carrier.ABRT, OsiFault(diagnostic=1)


def unreadable(notation: Notation) -> tuple[str, ...]:
    """Return a sentence for each kind of SecPDU that does not come back as it was written."""
    found: dict[str, str] = {}
    try:
        codec = BerCodec(notation)
    except NotationError as error:
        return (str(error),)
    for carrier, pdu in _samples():
        name = type(pdu).__name__
        if name not in found and (why := _why(codec, carrier, pdu)):
            found[name] = f"{name} is not read as it was written: {why}"
    return tuple(found.values())


def _why(codec: BerCodec, carrier: Carrier, pdu: SecPdu) -> str:
    try:
        octets, protected = _written(codec, pdu)
        decoded = codec.decode(carrier, octets)
    except (EncodingError, SecPduError) as error:
        return error.message
    read = decoded.pdu
    if type(read) is not type(pdu):
        return f"it is taken for {type(read).__name__}"
    if decoded.deviations:
        return f"it is taken for a variant: {decoded.deviations[0]}"
    wanted = msgspec.structs.replace(pdu, **protected)
    for member in wanted.__struct_fields__:
        if getattr(read, member) != getattr(wanted, member):
            return f"{member} is another"
    return ""


def _written(codec: BerCodec, pdu: SecPdu) -> tuple[bytes, dict[str, Any]]:
    """Return the octets of a SecPDU, and the members that it has once it was read."""
    if isinstance(pdu, OsiFault):
        return codec.osi_fault(pdu.diagnostic), {}
    if isinstance(pdu, ClearTransfer | EncrTransfer):
        tbp = codec.tbp(pdu)
        return codec.transfer(pdu, tbp.octets), {"tbp": tbp.content, "aad": codec.aad(pdu)}
    tbs = codec.tbs(pdu)
    return codec.signed(pdu, tbs.octets), {"tbs": tbs.content}
