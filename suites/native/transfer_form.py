"""Data transfers whose form is not in order: row 1 of the checks."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    NATIVE_SEPARATE,
    SERVER,
    SERVER_BASELINE,
)
from conform62351.suites.native.transfers import (
    CLIENT_CLEAR,
    CLIENT_SEPARATE,
    ENCRYPTED_OR_NOT,
    MODES,
    ONE_AE,
    ONE_CLEAR,
    ONE_SEPARATE,
    UNDECODABLE,
    Mutations,
    Ways,
    aborts,
    token,
)
from conform62351.suites.native.ways import Way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Append, Edit, EditTlv, Insert, SetText, SetTime
from conform62351.tooling.engine.steps import Conversation, TimeForm

FORM = "R-E2E-transfer-form"
ASSO_ID = "R-E2E-transfer-assoID"
TIME_FORM = "R-E2E-transfer-time-form"

OTHER_TYPES = {
    "seq is an OCTET STRING": ("30/30/02", b"\x04"),
    "seq is a BOOLEAN": ("30/30/02", b"\x01"),
    "seq is a BIT STRING": ("30/30/02", b"\x03"),
    "assoID is a PrintableString": ("30/30/0c", b"\x13"),
    "assoID is an EMBEDDED PDV": ("30/30/0c", b"\x0b"),
    "assoID is a RELATIVE-OID": ("30/30/0c", b"\x0d"),
    "time is a UTCTime": ("30/30/18", b"\x17"),
    "time is a GraphicString": ("30/30/18", b"\x19"),
}
"""Members of token2 under the tag of another type: where they stand, and the tag."""


def _retagged(pdu: str, path: str, tag: bytes) -> Mutations:
    return (EditTlv(pdu=pdu, path=path, edit=Edit.RETAG, octets=tag),)


def undecodable(way: Way) -> dict[str, Mutations]:
    """Return what does not decode; the ICV covers what is sent, and so does the tag what it can cover."""
    tbp = f"{way.data}.tbp"

    def with_member(octets: str) -> Mutations:
        """Return the mutation that puts a member behind those of token2."""
        return (EditTlv(pdu=tbp, path="30/30", edit=Edit.APPEND, octets=bytes.fromhex(octets)),)

    found: dict[str, Mutations] = {
        "tbp is a SET": (EditTlv(pdu=tbp, path="30", edit=Edit.RETAG, octets=b"\x31"),),
        "the SecPDU is a SET": (EditTlv(pdu=way.data, path="30", edit=Edit.RETAG, octets=b"\x31"),),
        "no tbp": (EditTlv(pdu=way.data, path="30/30", edit=Edit.DROP),),
        "a negative seq": (token(way, "seq", -1),),
        "a seq of -128": (token(way, "seq", -128),),
        "a negative seq of two octets": (token(way, "seq", -129),),
        "seq above its range": (token(way, "seq", 2147483648),),
    }
    if way.mode != "ae":
        found |= {label: _retagged(tbp, path, tag) for label, (path, tag) in OTHER_TYPES.items()}
        found |= {
            "no token2": (EditTlv(pdu=tbp, path="30/30", edit=Edit.DROP),),
            "no assoID": (EditTlv(pdu=tbp, path="30/30/0c", edit=Edit.DROP),),
            "no time": (EditTlv(pdu=tbp, path="30/30/18", edit=Edit.DROP),),
            "no seq": (EditTlv(pdu=tbp, path="30/30/02", edit=Edit.DROP),),
            "two of time": (EditTlv(pdu=tbp, path="30/30/18", edit=Edit.DOUBLE),),
            "time before assoID": (EditTlv(pdu=tbp, path="30/30/0c", edit=Edit.SWAP, other="30/30/18"),),
            "two of assoID": (EditTlv(pdu=tbp, path="30/30/0c", edit=Edit.DOUBLE),),
            "assoID is no UTF-8": (EditTlv(pdu=tbp, path="30/30/0c", edit=Edit.CONTENT, octets=b"7:\xff"),),
            "a rekey without group": with_member("a1 03 04 01 05"),
            "a rekey without public value": with_member("a1 03 02 01 17"),
            "a flag of two octets": with_member("82 02 ff ff"),
            "a flag without octets": with_member("83 00"),
            "the Authenticator is a SET": (
                EditTlv(pdu=way.data, path="30/30[1]", edit=Edit.RETAG, octets=b"\x31"),
            ),
            "icv is a BIT STRING": (
                EditTlv(pdu=way.data, path="30/30[1]/04[-1]", edit=Edit.RETAG, octets=b"\x03"),
            ),
            "an empty seq": (EditTlv(pdu=tbp, path="30/30/02", edit=Edit.CONTENT),),
            "no algorithm in the Authenticator": (EditTlv(pdu=way.data, path="30/30[1]/30", edit=Edit.DROP),),
            "no icv in the Authenticator": (EditTlv(pdu=way.data, path="30/30[1]/04[-1]", edit=Edit.DROP),),
            "an empty algorithm in the Authenticator": (
                EditTlv(pdu=way.data, path="30/30[1]/30/06", edit=Edit.CONTENT),
            ),
        }
    if way.encryption:
        found["no applData"] = (EditTlv(pdu=tbp, path="30/04", edit=Edit.DROP),)
    return found


def no_whole_tlv(way: Way) -> dict[str, Mutations]:
    """Return what a device that decodes presentation as a whole takes for user data that do not decode."""
    beyond = EditTlv(pdu=way.data, path="30", edit=Edit.LENGTH, octets=b"\x82\x7f\xff")

    def with_half(pdu: str, path: str) -> Mutations:
        """Return the mutation that puts an element behind all others which ends before its content does."""
        return (EditTlv(pdu=pdu, path=path, edit=Edit.APPEND, octets=bytes.fromhex("04 05 00")),)

    found: dict[str, Mutations] = {
        "a length beyond the end": (beyond,),
        "an octet before it": (Insert(pdu=way.data, at=0, octets=b"\0"),),
        "an octet behind it": (Append(pdu=way.data, octets=b"\0"),),
        "half an element behind applData": with_half(f"{way.data}.tbp", "30"),
    }
    if way.mode != "ae":
        found |= {
            "half an element behind icv": with_half(way.data, "30/30[1]"),
            "half an element behind the Authenticator": with_half(way.data, "30"),
        }
    return found


def do_not_decode(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield data transfers that do not decode."""
    yield from aborts(role, FORM, ways, undecodable, UNDECODABLE)
    yield from aborts(role, FORM, ways, no_whole_tlv, UNDECODABLE, is_cut=True)


@case("E2E/SRV/DT/BI-undecodable", FORM, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_undecodable() -> Iterator[Conversation]:
    """A data transfer that does not decode, or lacks a component, is answered by a server with
    protocol-error, even if its ICV covers it as it is.
    """
    return do_not_decode(Role.SERVER, ENCRYPTED_OR_NOT)


@case(
    "E2E/CLI/DT/BI-undecodable", FORM, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE
)
def client_undecodable() -> Iterator[Conversation]:
    """An EncrTransfer that does not decode, or lacks a component, is answered by a client with
    protocol-error.
    """
    return do_not_decode(Role.CLIENT, ONE_AE)


@case(
    "E2E/CLI/DT/BI-undecodable-clear",
    FORM,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_undecodable_clear() -> Iterator[Conversation]:
    """A ClearTransfer that does not decode, or lacks a component, is answered by a client with
    protocol-error, even if its ICV covers it as it is.
    """
    return do_not_decode(Role.CLIENT, ONE_CLEAR)


NEARLY = {
    "the client's number alone": "{0}",
    "the server's number alone": "{1}",
    "another number of the server": "{0}:1{1}",
    "another number of the client": "1{0}:{1}",
    "more behind it": "{0}:{1}:1",
    "zeros before the numbers": "0{0}:0{1}",
    "both numbers as one": "{0}{1}",
}
"""What has something of the assoID of the association, and can be that of no other one."""


def other_asso_ids(way: Way) -> dict[str, Mutations]:
    """Return values of assoID that the association has not."""
    values = {
        "of no association": "999:998",
        "one number": "999",
        "three numbers": "999:998:997",
        "empty": "",
    }
    found: dict[str, Mutations] = {label: (token(way, "assoID", value),) for label, value in values.items()}
    return found | {
        label: (SetText(pdu=f"{way.data}.token", field="assoID", pattern=pattern),)
        for label, pattern in NEARLY.items()
    }


@case("E2E/SRV/DT/BI-assoID", ASSO_ID, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_asso_id() -> Iterator[Conversation]:
    """Data with an assoID that is not the association's are answered by a server with protocol-error,
    although they verify under its keys.
    """
    return aborts(Role.SERVER, ASSO_ID, MODES, other_asso_ids, UNDECODABLE)


@case("E2E/CLI/DT/BI-assoID", ASSO_ID, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_asso_id() -> Iterator[Conversation]:
    """Data with an assoID that is not the association's are answered by a client with protocol-error,
    although they verify under its keys.
    """
    return aborts(Role.CLIENT, ASSO_ID, ONE_AE, other_asso_ids, UNDECODABLE)


@case(
    "E2E/CLI/DT/BI-assoID-separate",
    ASSO_ID,
    EVENT,
    pics=CLIENT_SEPARATE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_SEPARATE,
)
def client_asso_id_separate() -> Iterator[Conversation]:
    """Encrypted data with a good ICV and an assoID that is not the association's are answered by a client
    with protocol-error.
    """
    return aborts(Role.CLIENT, ASSO_ID, ONE_SEPARATE, other_asso_ids, UNDECODABLE)


@case(
    "E2E/CLI/DT/BI-assoID-clear",
    ASSO_ID,
    EVENT,
    pics=CLIENT_CLEAR,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE_CLEAR,
)
def client_asso_id_clear() -> Iterator[Conversation]:
    """A ClearTransfer with an assoID that is not the association's is answered by a client with
    protocol-error.
    """
    return aborts(Role.CLIENT, ASSO_ID, ONE_CLEAR, other_asso_ids, UNDECODABLE)


def no_times(way: Way) -> dict[str, Mutations]:
    """Return what is no time."""
    forms = {
        "no Z": TimeForm.NO_Z,
        "an offset": TimeForm.OFFSET,
        "no seconds": TimeForm.NO_SECONDS,
        "month 13": TimeForm.IMPOSSIBLE_MONTH,
        "letters": TimeForm.LETTERS,
        "two digits of the year": TimeForm.UTC_TIME,
        "empty": TimeForm.EMPTY,
    }
    found: dict[str, Mutations] = {
        label: (SetTime(pdu=f"{way.data}.token", form=form),) for label, form in forms.items()
    }
    return found | {"a T": (token(way, "time", octets=b"20260101T000000.000Z"),)}


@case(
    "E2E/SRV/DT/BI-time-form", TIME_FORM, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE
)
def server_time_form() -> Iterator[Conversation]:
    """Data with a time in a form that is not read are answered by a server with protocol-error."""
    return aborts(Role.SERVER, TIME_FORM, ENCRYPTED_OR_NOT, no_times, UNDECODABLE)


@case(
    "E2E/CLI/DT/BI-time-form",
    TIME_FORM,
    EVENT,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_time_form() -> Iterator[Conversation]:
    """Data with a time in a form that is not read are answered by a client with protocol-error."""
    return aborts(Role.CLIENT, TIME_FORM, ONE_AE, no_times, UNDECODABLE)
