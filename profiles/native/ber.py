"""SecPDUs in BER, by the notation of annexes B and D (the OSI environment)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args

from conform62351.profiles.asn1.notation import Notation, NotationError, NotationFault, Record, ValueReadError
from conform62351.profiles.asn1.types import AnyType, ChoiceType, Encoded, ExplicitType, SequenceType, Type
from conform62351.profiles.native.ber_shortcut import TransferShortcut
from conform62351.profiles.native.ber_structure import closed, second_of_first
from conform62351.profiles.native.ber_values import (
    NamedNumbers,
    TokenNumbers,
    authenticator,
    read_authenticator,
    read_signature,
    read_token1,
    read_token2,
    read_token3,
    signature,
    token1,
    token2,
    token3,
)
from conform62351.profiles.native.codec import Carrier, Decoded, Protected, SecPduError
from conform62351.profiles.native.outcomes import handshake_diagnostics, transfer_diagnostics
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
    WithDiagnostics,
)
from conform62351.profiles.native.shown import SHOWN_BITS, shown_number
from conform62351.profiles.spec.data import SpecData, own_notation, usual_diagnostics
from conform62351.profiles.spec.diagnostics import Diagnostics
from conform62351.profiles.tlv import TlvError

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

TYPES: Final = (
    "ClearToken1",
    "ClearToken2",
    "ClearToken3",
    *(kind.__name__ for kind in get_args(SecPdu) if kind is not OsiFault),
    *(choice for choice, _ in _ALTERNATIVES.values()),
    "Version",
    "ConfidentialityParms",
    "HandshakeDiagnostics",
    "DtDiagnostics",
    "OsiDiagnostics",
)
"""The types that a notation is asked for by their names."""


class BerCodec:
    """The codec of the OSI environment.

    ``notation`` and ``diagnostics`` take the place of this project's own, and of those of the usual edition.
    Machines know diagnostics by the numbers that outcomes.py has for their names; here is what is sent.

    Raises NotationError for a notation without what is asked for (``TYPES``).
    """

    def __init__(self, notation: Notation | None = None, diagnostics: Diagnostics | None = None) -> None:
        self._notation = notation or own_notation()
        self._numbers = TokenNumbers(self._notation)
        known = diagnostics or usual_diagnostics()
        handshake = NamedNumbers(known.handshake.numbers, handshake_diagnostics())
        self._diagnostics: Mapping[type[Any], NamedNumbers] = {
            HandshakeSecReject: handshake,
            HandshakeSecAbort: handshake,
            DtSecAbort: NamedNumbers(known.transfer.numbers, transfer_diagnostics()),
        }
        self._token2 = _sequence(self._notation.type("ClearToken2"))
        self._parts = {kind: self._part(kind, "tbs") for kind in get_args(SignedPdu)}
        self._parts |= {kind: self._part(kind, "tbp") for kind in get_args(Transfer)}
        self._ciphertext = _component(self._parts[EncrTransfer], "applData")
        self._shortcut = TransferShortcut(self._notation) if self._notation is own_notation() else None

    def _part(self, kind: type[Any], name: str) -> Type:
        """Return the type of the protected part of a SecPDU."""
        return _component(self._notation.type(kind.__name__), name)

    def tbs(self, pdu: SignedPdu) -> Protected:
        """Return the part of a SecPDU that is signed."""
        value: dict[str, Any]
        if isinstance(pdu, Handshake):
            value = {"token1": token1(pdu.token1, self._numbers), "applData": pdu.applData}
        else:
            value = {"token3": token3(pdu.token3, self._numbers)}
            if isinstance(pdu, WithDiagnostics):
                value["diag"] = None if pdu.diag is None else self._diagnostics[type(pdu)].written(pdu.diag)
            else:
                value["applData"] = pdu.applData
        return self._protected(type(pdu), value)

    def signed(self, pdu: SignedPdu, tbs: bytes) -> bytes:
        """Return the SecPDU with ``tbs``: a SEQUENCE, or the alternative of its carrier's choice."""
        sign = Encoded(b"") if pdu.sign is None else signature(pdu.sign)
        value: dict[str, Any] = {"tbs": Encoded(tbs), "sign": sign}
        if isinstance(pdu, Handshake):
            value["pp"] = pdu.pp
        chosen = _CHOSEN.get(type(pdu))
        if chosen is None:
            return self._notation.encode(type(pdu).__name__, value)
        choice, alternative = chosen
        return self._notation.encode(choice, (alternative, value))

    def aad(self, pdu: Transfer) -> bytes:
        """Return the content octets of token2."""
        usual = None if self._shortcut is None else self._shortcut.token2(pdu.token2)
        return usual if usual is not None else self._token2.content(token2(pdu.token2))

    def tbp(self, pdu: Transfer) -> Protected:
        """Return the part of a data transfer that the ICV covers."""
        usual = None if self._shortcut is None else self._shortcut.tbp(pdu)
        if usual is not None:
            return usual
        return self._protected(type(pdu), {"token2": token2(pdu.token2), "applData": pdu.applData})

    def transfer(self, pdu: Transfer, tbp: bytes) -> bytes:
        """Return the data transfer with ``tbp``."""
        usual = None if self._shortcut is None else self._shortcut.transfer(pdu.auth, tbp)
        if usual is not None:
            return usual
        auth = Encoded(b"") if pdu.auth is None else authenticator(pdu.auth)
        return self._notation.encode(type(pdu).__name__, {"tbp": Encoded(tbp), "auth": auth})

    def osi_fault(self, diagnostic: int) -> bytes:
        """Return the report of a fault of the environment."""
        return self._notation.encode("AssoAbort", (OsiFault.name, diagnostic))

    def decode(self, carrier: Carrier, octets: bytes) -> Decoded:
        """Return the SecPDU that ``octets`` in a ``carrier`` are. Raises SecPduError."""
        if carrier is Carrier.DATA and self._shortcut is not None:
            usual = self._shortcut.read(octets)
            if usual is not None:
                return Decoded(usual)
        met: list[str] = []
        try:
            pdu = self._decode(carrier, octets, met)
        except (ValueReadError, TlvError, SecPduError) as error:
            raise SecPduError(error.offset, error.message, self._begun(carrier, octets)) from error
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
            return OsiFault(diagnostic=_usable(value))
        return self._made(kinds[alternative], value)

    def _begun(self, carrier: Carrier, octets: bytes) -> type[SignedPdu] | None:
        """Return which of the SecPDUs of a carrier octets begin like."""
        if carrier not in _ALTERNATIVES or not octets:
            return None
        choice, kinds = _ALTERNATIVES[carrier]
        kind = self._notation.type(choice)
        alternative = kind.alternative_of(octets[0]) if isinstance(kind, ChoiceType) else None
        return None if alternative is None else kinds.get(alternative)

    def _transfer(self, octets: bytes, met: list[str]) -> Transfer:
        """Return a data transfer: what follows token2 tells which it is (N).

        What a PDU of the protected protocol consists of is its own matter (11-decisions 32).
        """
        data = second_of_first(octets)
        encrypted = data is not None and self._ciphertext.begins(data.tag)
        kind = EncrTransfer if encrypted else ClearTransfer
        is_open = isinstance(_component(self._parts[kind], "applData"), AnyType)
        structure = octets if data is None or not is_open else closed(octets, data)
        record = self._notation.decode(kind.__name__, octets, met=met, structure=structure)
        tbp = record["tbp"]
        auth = record.get("auth")
        return kind(
            token2=read_token2(tbp["token2"]),
            applData=tbp["applData"],
            auth=None if auth is None else read_authenticator(auth),
            tbp=tbp.content,
            aad=tbp["token2"].content,
        )

    def _made(self, kind: type[Any], record: Record) -> SignedPdu:
        tbs = record["tbs"]
        members: dict[str, Any] = {"sign": read_signature(record["sign"]), "tbs": tbs.content}
        if issubclass(kind, Handshake):
            members |= {"pp": record["pp"], "token1": read_token1(tbs["token1"], self._numbers)}
        else:
            members["token3"] = read_token3(tbs["token3"], self._numbers)
        if issubclass(kind, WithDiagnostics):
            diag = tbs.get("diag")
            members["diag"] = None if diag is None else self._diagnostics[kind].read(_usable(diag))
        else:
            members["applData"] = tbs.get("applData")
        pdu: SignedPdu = kind(**members)
        return pdu

    def _protected(self, kind: type[Any], value: Mapping[str, Any]) -> Protected:
        part = self._parts[kind]
        content = _sequence(part).content(value)
        return Protected(_around(part, content), content)


def _usable(diagnostic: int) -> int:
    """Return a diagnostic. Raises SecPduError for one that is too large for any table of them."""
    if diagnostic.bit_length() > SHOWN_BITS:
        raise SecPduError(0, f"a diagnostic {shown_number(diagnostic)}")
    return diagnostic


def codec_of(data: SpecData, edition: str) -> BerCodec:
    """Return the codec that writes and reads as ``data`` say, with the diagnostics of an edition."""
    return BerCodec(data.notation, data.diagnostics[edition])


def _sequence(kind: Type) -> SequenceType:
    while isinstance(kind, ExplicitType):
        kind = kind.inner
    if not isinstance(kind, SequenceType):
        raise NotationError([NotationFault("a SecPDU or a part of it is no SEQUENCE")])
    return kind


def _component(kind: Type, name: str) -> Type:
    found = _sequence(kind).components.get(name)
    if found is None:
        raise NotationError([NotationFault(f"a SecPDU or a part of it has no {name}")])
    return found.type


def _around(kind: Type, content: bytes) -> bytes:
    """Return a SEQUENCE with this content, in the tags that it has."""
    if isinstance(kind, ExplicitType):
        return kind.around(_around(kind.inner, content))
    return _sequence(kind).around(content)
