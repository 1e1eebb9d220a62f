"""What sets off each fault of firmware: a base of the fuzzer, with mutations put into one of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Crop,
    Cut,
    Edit,
    EditCertificate,
    EditSpdu,
    EditTlv,
    FlipBit,
    Overwrite,
    Repeat,
    Replace,
    SetBody,
    SetField,
    SetParameter,
)
from conform62351.tooling.engine.steps import (
    Abort,
    AnswerAssociation,
    AnyStep,
    Associate,
    Conclude,
    Connect,
    Conversation,
    Inject,
    OpenTransport,
    Release,
    Request,
    Respond,
    SendAgain,
    SendSecPdu,
)
from conform62351.tooling.fuzz.case import Placed, with_mutations

Sends = type[
    Abort
    | AnswerAssociation
    | Associate
    | Conclude
    | Connect
    | Inject
    | OpenTransport
    | Release
    | Request
    | Respond
    | SendSecPdu
]


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """What sets a fault off: ``mutations`` in the first step of the kind ``at`` in the base.

    ``tpdus`` are the sizes that it is cut to, ``again`` is put behind it; ``times`` is how often all of it is
    played. ``shows`` is what the device does to itself then; :data:`TELLS`: nothing, but it answers otherwise
    than a correct one.
    """

    base: str
    at: Sends
    mutations: tuple[AnyMutation, ...] = ()
    again: tuple[AnyStep, ...] = ()
    tpdus: tuple[int, ...] = ()
    times: int = 1
    shows: str = "crash"

    def put_into(self, talk: Conversation) -> Conversation:
        """Return the conversation with the trigger in it."""
        place = next(number for number, step in enumerate(talk.steps) if type(step) is self.at)
        talk = with_mutations(talk, [Placed(place, mutation) for mutation in self.mutations])
        steps = list(talk.steps)
        steps[place] = msgspec.structs.replace(steps[place], **({"tpdus": self.tpdus} if self.tpdus else {}))
        steps[place + 1 : place + 1] = self.again
        return msgspec.structs.replace(talk, steps=tuple(steps))


OPENING: Final = "server/plain/opening"
ASSOCIATING: Final = "server/plain/associating"
READ: Final = "server/plain/data/read"
CONCLUDE: Final = "server/plain/release/conclude"
CLIENT_DATA: Final = "client/plain/data"
CLIENT_ASSOCIATING: Final = "client/plain/associating"
PROFILE: Final = "server/a-profile/associating"
NATIVE: Final = "server/native/ae/associating"
NATIVE_READ: Final = "server/native/ae/data/read"
NATIVE_REKEY: Final = "server/native/ae/rekey"
NATIVE_RELEASE: Final = "server/native/ae/release"
NATIVE_ABORT: Final = "server/native/ae/after/abort"
TLS: Final = "server/tls/opening"

CR: Final = "COTP.CR"
CN: Final = "SES.CN"
CP: Final = "PRES.CP"
AARQ: Final = "ACSE.AARQ"
INITIATE: Final = "MMS.initiate-RequestPDU"
REQUEST: Final = "MMS.confirmed-RequestPDU"
RESPONSE: Final = "MMS.confirmed-ResponsePDU"
TOKEN1: Final = "E2E.HandshakeReq.token"
TOKEN2: Final = "E2E.EncrTransfer.token"
TRANSFER: Final = "E2E.EncrTransfer"
RELEASE_REQUEST: Final = "E2E.ReleaseReq"
HELLO: Final = "TLS.ClientHello"
NAME: Final = "a0/a4/a1/a0/30/a0/a1/1a[1]"
"""Where the name of an object stands in a read."""
FAR: Final = b"20391231235959.000Z"


def nested(depth: int) -> bytes:
    """Return so many SEQUENCEs within each other."""
    octets = b""
    for _ in range(depth):
        octets = b"\x30" + (len(octets).to_bytes(1, "big") if len(octets) < 128 else _long(octets)) + octets
    return octets


def _long(octets: bytes) -> bytes:
    return b"\x82" + len(octets).to_bytes(2, "big")


def opening(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(OPENING, OpenTransport, mutations, how)


def associating(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(ASSOCIATING, Associate, mutations, how)


def reading(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(READ, Request, mutations, how)


def handshake(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(NATIVE, Associate, mutations, how)


def transfer(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(NATIVE_READ, Request, mutations, how)


def releasing(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(NATIVE_RELEASE, Release, mutations, how)


def profile(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(PROFILE, Associate, mutations, how)


def answering(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(CLIENT_DATA, Respond, mutations, how)


def accepting(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(CLIENT_ASSOCIATING, AnswerAssociation, mutations, how)


def tls(*mutations: AnyMutation, **how: object) -> Trigger:
    return _trigger(TLS, Connect, mutations, how)


def _trigger(base: str, at: Sends, mutations: tuple[AnyMutation, ...], how: dict[str, object]) -> Trigger:
    return msgspec.structs.replace(Trigger(base=base, at=at, mutations=mutations), **how)


HOLDS: Final = "hold"
TELLS: Final = "slip"

TRIGGERS: Final[Mapping[str, Trigger]] = {
    # transport
    "fw-tpkt-length-below-header": opening(SetField(pdu="TPKT", field="length", value=3)),
    "fw-tpkt-fixed-buffer": opening(SetField(pdu="TPKT", field="length", value=0x4000)),
    "fw-tpkt-reader-kept": opening(SetField(pdu="TPKT", field="length", value=40), times=2, shows=HOLDS),
    "fw-cotp-header-length-zero": opening(Overwrite(pdu=CR, at=0, octets=b"\0"), shows=HOLDS),
    "fw-cotp-parameter-overrun": opening(Overwrite(pdu=CR, at=8, octets=b"\x7f")),
    "fw-cotp-parameter-empty": opening(SetParameter(pdu=CR, code=0xC1, octets=b""), shows=HOLDS),
    "fw-cotp-error-echoes-memory": opening(Overwrite(pdu=CR, at=0, octets=b"\x7f"), shows=TELLS),
    "fw-cotp-connected-twice": opening(Repeat(pdu="TPKT", times=2)),
    "fw-cotp-pieces-lost": reading(tpdus=(2,), shows="memory"),
    # session
    "fw-session-parameter-overrun": associating(
        EditSpdu(pdu=CN, path="13/5/19", edit=Edit.LENGTH, octets=b"\x7f")
    ),
    "fw-session-dispatch": associating(EditSpdu(pdu=CN, path="13", edit=Edit.RETAG, octets=b"\x7f")),
    "fw-session-selector-on-stack": associating(SetField(pdu=CN, field="calling_selector", octets=bytes(16))),
    "fw-session-no-user-data": associating(SetField(pdu=CN, field="user_data", octets=b"")),
    "fw-session-finish-before-connect": Trigger(base="server/plain/before/release", at=Inject),
    "fw-session-connect-twice": _trigger(
        READ, Associate, (), {"again": (SendAgain(pdu=CN),), "shows": HOLDS}
    ),
    "fw-session-refusal-without-reason": _trigger(
        CLIENT_ASSOCIATING,
        AnswerAssociation,
        (Replace(pdu="SES.AC", octets=b"\x0c\x03\x11\x01\x01"),),
        {"shows": "exit"},
    ),
    "fw-session-abort-keeps-slot": _trigger(
        "server/plain/after/abort",
        Abort,
        (EditSpdu(pdu="SES.AB", path="25/17", edit=Edit.DROP),),
        {"times": 7, "shows": TELLS},
    ),
    # presentation
    "fw-ber-length-negative": associating(
        EditTlv(pdu=CP, path="31/a2/81", edit=Edit.LENGTH, octets=bytes.fromhex("84ffffffff"))
    ),
    "fw-ber-length-of-length": associating(
        EditTlv(pdu=AARQ, path="60/80", edit=Edit.LENGTH, octets=bytes.fromhex("850000000002")), shows=HOLDS
    ),
    "fw-ber-nesting": associating(EditTlv(pdu=CP, path="31/a2/81", edit=Edit.REPLACE, octets=nested(30))),
    "fw-ber-endless-primitive": associating(
        EditTlv(pdu=CP, path="31/a2", edit=Edit.LENGTH, octets=b"\x80"), shows=HOLDS
    ),
    "fw-presentation-context-table": associating(
        *[EditTlv(pdu=CP, path="31/a2/a4/30", edit=Edit.DOUBLE)] * 7
    ),
    "fw-presentation-without-parameters": associating(EditTlv(pdu=CP, path="31/a2", edit=Edit.DROP)),
    "fw-presentation-no-transfer-syntax": associating(
        EditTlv(pdu=CP, path="31/a2/a4/30/30", edit=Edit.CONTENT)
    ),
    "fw-presentation-context-index": reading(
        EditTlv(pdu="PRES.TD", path="61/30/02", edit=Edit.CONTENT, octets=b"\xff")
    ),
    "fw-presentation-results-counted": accepting(
        EditTlv(pdu="PRES.CPA", path="31/a2/a5/30", edit=Edit.DOUBLE), shows="exit"
    ),
    # ACSE
    "fw-acse-identifier-arcs": associating(
        EditTlv(pdu=AARQ, path="60/a1/06", edit=Edit.CONTENT, octets=bytes(range(1, 17)))
    ),
    "fw-acse-identifier-unended": associating(Overwrite(pdu=AARQ, at=14, octets=b"\x83")),
    "fw-acse-title-form": associating(
        EditTlv(pdu=AARQ, path="60/a6/06", edit=Edit.RETAG, octets=b"\x13"), shows="exit"
    ),
    "fw-acse-without-user-information": associating(EditTlv(pdu=AARQ, path="60/be", edit=Edit.DROP)),
    "fw-acse-integer-width": associating(
        SetField(pdu=AARQ, field="calling_ae_qualifier", value=-1), shows=HOLDS
    ),
    "fw-acse-refusal-keeps-descriptors": associating(
        SetField(pdu=AARQ, field="application_context", value="1.0.9506.2.4"), shows="descriptors"
    ),
    # MMS, server
    "fw-mms-pdu-dispatch": reading(EditTlv(pdu=REQUEST, path="a0", edit=Edit.RETAG, octets=b"\xae")),
    "fw-mms-empty-pdu": reading(EditTlv(pdu=REQUEST, path="a0", edit=Edit.CONTENT)),
    "fw-mms-invoke-id-signed": reading(SetField(pdu=REQUEST, field="invokeID", value=1 << 31)),
    "fw-mms-no-outstanding": associating(
        SetField(pdu=INITIATE, field="proposedMaxServOutstandingCalling", value=0)
    ),
    "fw-mms-buffer-as-offered": associating(
        SetField(pdu=INITIATE, field="localDetailCalling", value=(1 << 31) - 1), shows="memory"
    ),
    "fw-mms-bit-string-empty": associating(EditTlv(pdu=INITIATE, path="a8/a4/81", edit=Edit.CONTENT)),
    "fw-mms-nesting": reading(EditTlv(pdu=REQUEST, path="a0/a4", edit=Edit.REPLACE, octets=nested(24))),
    "fw-mms-name-on-stack": reading(EditTlv(pdu=REQUEST, path=NAME, edit=Edit.CONTENT, octets=b"A" * 64)),
    "fw-mms-name-as-format": reading(EditTlv(pdu=REQUEST, path=NAME, edit=Edit.CONTENT, octets=b"%s%s%n")),
    "fw-mms-separator-missing": reading(Crop(pdu=REQUEST, path=NAME, keep=6)),
    "fw-mms-list-empty": reading(EditTlv(pdu=REQUEST, path="a0/a4/a1/a0", edit=Edit.CONTENT)),
    "fw-mms-list-compared": reading(
        *[EditTlv(pdu=REQUEST, path="a0/a4/a1/a0/30", edit=Edit.DOUBLE)] * 9, shows="spend"
    ),
    "fw-mms-concluded-twice": _trigger(CONCLUDE, Conclude, (Repeat(pdu="TPKT", times=2),), {}),
    "fw-mms-request-after-conclude": _trigger(
        CONCLUDE, Conclude, (), {"again": (Request(service="identify"),)}
    ),
    "fw-mms-unconfirmed-to-server": reading(
        EditTlv(pdu=REQUEST, path="a0", edit=Edit.RETAG, octets=b"\xa1"), shows=HOLDS
    ),
    "fw-mms-second-initiate": reading(
        EditTlv(pdu=REQUEST, path="a0", edit=Edit.RETAG, octets=b"\xa8"), shows=HOLDS
    ),
    # MMS, client
    "fw-mms-client-results-counted": answering(EditTlv(pdu=RESPONSE, path="a1/a4/a1/85", edit=Edit.DOUBLE)),
    "fw-mms-client-answer-to-nothing": answering(SetField(pdu=RESPONSE, field="invokeID", value=99)),
    "fw-mms-client-text-on-stack": answering(
        EditTlv(pdu=RESPONSE, path="a1/a4/a1/85", edit=Edit.CONTENT, octets=bytes(65))
    ),
    "fw-mms-client-value-without-octets": answering(
        EditTlv(pdu=RESPONSE, path="a1/a4/a1/85", edit=Edit.CONTENT), shows="exit"
    ),
    "fw-mms-client-parameters-beyond": accepting(
        SetField(pdu="MMS.initiate-ResponsePDU", field="negotiatedMaxServOutstandingCalling", value=0)
    ),
    # authentication value
    "fw-cmp-time-beyond-2038": profile(SetField(pdu="CMP.unsigned", field="time", octets=FAR)),
    "fw-cmp-certificate-buffer": profile(
        SetField(pdu="CMP.unsigned", field="certificate", octets=bytes(4097))
    ),
    "fw-cmp-signature-empty": profile(SetField(pdu="CMP.value", field="signature", octets=b""), shows=TELLS),
    "fw-cmp-refusal-keeps-memory": profile(
        SetField(pdu="CMP.unsigned", field="time", octets=b"20261301000000Z"), shows="memory"
    ),
    "fw-cmp-mechanism-dispatch": profile(SetField(pdu=AARQ, field="mechanism_name", value="1.2.3")),
    # ClearToken1
    "fw-token1-groups-table": handshake(
        SetField(pdu=TOKEN1, field="dhKey", value=tuple((number, "04" + 64 * "11") for number in range(5)))
    ),
    "fw-token1-public-value-length": handshake(SetField(pdu=TOKEN1, field="dhKey.0.dhPublicKey", octets=b"")),
    "fw-token1-lists-empty": handshake(SetField(pdu=TOKEN1, field="dhKey", value=())),
    "fw-token1-time-beyond-2038": handshake(SetField(pdu=TOKEN1, field="time", octets=FAR), shows=HOLDS),
    "fw-token1-asso-id-as-format": handshake(SetField(pdu=TOKEN1, field="assoID", value="%s%n")),
    "fw-token1-asso-id-echoed": handshake(SetField(pdu=TOKEN1, field="assoID", value="1" * 17), shows=TELLS),
    "fw-token1-hmac-family": handshake(
        SetField(pdu=TOKEN1, field="hmac.oid", value="1.2.840.113549.2.10"), shows=TELLS
    ),
    "fw-token1-confidentiality-bits": handshake(SetField(pdu=TOKEN1, field="confParams", value=(1, 8))),
    "fw-secpdu-request-dispatch": handshake(
        EditTlv(pdu="E2E.HandshakeReq", path="30", edit=Edit.RETAG, octets=b"\x7f"), shows=HOLDS
    ),
    # ClearToken2 and data
    "fw-token2-seq-at-limit": transfer(SetField(pdu=TOKEN2, field="seq", value=(1 << 31) - 1), shows=HOLDS),
    "fw-token2-iv-length": transfer(SetField(pdu=TOKEN2, field="iv", octets=bytes(13))),
    "fw-token2-rekey-value": _trigger(
        NATIVE_REKEY, Request, (SetField(pdu=TOKEN2, field="rekey.dhPublicKey", octets=b""),), {}
    ),
    "fw-token2-rekey-group": _trigger(
        NATIVE_REKEY, Request, (SetField(pdu=TOKEN2, field="rekey.dhGroup", value=99),), {}
    ),
    "fw-token2-flags-of-server": transfer(SetField(pdu=TOKEN2, field="reqRekey", value=True), shows=TELLS),
    "fw-transfer-icv-as-text": transfer(
        Overwrite(pdu=f"{TRANSFER}.sealed", at=-12, octets=bytes(12)), shows=TELLS
    ),
    "fw-transfer-shorter-than-tag": transfer(Cut(pdu=f"{TRANSFER}.sealed", keep=11)),
    "fw-transfer-undecoded": transfer(EditTlv(pdu=TRANSFER, path="30", edit=Edit.RETAG, octets=b"\xa9")),
    "fw-transfer-before-handshake": Trigger(base="server/native/ae/before/data", at=Inject),
    # ClearToken3 and endings
    "fw-token3-signature-empty": releasing(
        SetField(pdu=RELEASE_REQUEST, field="sign.sign", octets=b""), shows=TELLS
    ),
    "fw-token3-other-association": releasing(
        SetField(pdu=f"{RELEASE_REQUEST}.token", field="assoID", value="7:999")
    ),
    "fw-token3-time-long-ago": releasing(
        SetField(pdu=f"{RELEASE_REQUEST}.token", field="time", octets=FAR), shows=HOLDS
    ),
    "fw-token3-refused-and-kept": releasing(FlipBit(pdu=RELEASE_REQUEST, at=-1), shows="memory"),
    "fw-secpdu-abort-with-more": _trigger(
        NATIVE_ABORT,
        Abort,
        (EditTlv(pdu="E2E.ApplAbort.tbs", path="30", edit=Edit.APPEND, octets=bytes.fromhex("04028b00")),),
        {},
    ),
    "fw-secpdu-ending-undecoded": releasing(Cut(pdu=RELEASE_REQUEST, keep=-1)),
    # certificates
    "fw-x509-serial-number": handshake(
        EditCertificate(pdu=TOKEN1, field="pkCert", path="30/30/02", edit=Edit.CONTENT, octets=b"\1" * 21)
    ),
    "fw-x509-month": handshake(
        EditCertificate(
            pdu=TOKEN1, field="pkCert", path="30/30/30[2]/17", edit=Edit.CONTENT, octets=b"261301000000Z"
        )
    ),
    "fw-x509-extension-empty": handshake(
        EditCertificate(pdu=TOKEN1, field="pkCert", path="30/30/a3/30/30/04", edit=Edit.CONTENT), shows=HOLDS
    ),
    "fw-x509-key-without-bits": handshake(
        EditCertificate(pdu=TOKEN1, field="pkCert", path="30/30/30[4]/03", edit=Edit.CONTENT)
    ),
    "fw-x509-name-on-stack": handshake(
        EditCertificate(
            pdu=TOKEN1, field="pkCert", path="30/30/30[1]/31/30/0c", edit=Edit.CONTENT, octets=b"A" * 65
        )
    ),
    "fw-x509-element-overrun": handshake(
        EditCertificate(
            pdu=TOKEN1,
            field="pkCert",
            path="30/30/30[1]/31/30/0c",
            edit=Edit.LENGTH,
            octets=b"\x7f",
            signed=False,
        ),
        shows="exit",
    ),
    "fw-x509-path-search": handshake(
        SetField(pdu=TOKEN1, field="certPath", value=("30" * 30,) * 4), shows="spend"
    ),
    "fw-x509-path-empty": handshake(SetField(pdu=TOKEN1, field="certPath", value=())),
    # TLS
    "fw-tls-session-id": tls(Overwrite(pdu=HELLO, at=38, octets=b"\x21")),
    "fw-tls-suites-odd": tls(FlipBit(pdu=HELLO, at=40, bit=0), shows=HOLDS),
    "fw-tls-extension-overrun": tls(SetBody(pdu=HELLO, keep=-1)),
    "fw-tls-message-dispatch": tls(Overwrite(pdu=HELLO, at=0, octets=b"\x63")),
    "fw-tls-no-certificate": tls(SetField(pdu="TLS.Certificate", field="chain", value=())),
    "fw-tls-failed-and-kept": tls(SetField(pdu="TLS.Certificate", field="chain", value=()), shows="memory"),
}
