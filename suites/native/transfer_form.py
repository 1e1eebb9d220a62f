"""Data transfers whose form is not in order, row 1 of the checks, and data outside protection."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_AE,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    NATIVE_CLEAR,
    SERVER,
    SERVER_BASELINE,
    logged,
)
from conform62351.suites.native.transfers import (
    CLIENT_CLEAR,
    ENCRYPTED_OR_NOT,
    IN_FLIGHT,
    ONE_AE,
    ONE_CLEAR,
    UNDECODABLE,
    Mutations,
    Ways,
    aborts,
    associated,
    sends,
    token,
    tried,
)
from conform62351.suites.native.ways import Way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Edit, EditTlv, Insert, SetTime
from conform62351.tooling.engine.native_outcomes import data_aborted, osi_fault
from conform62351.tooling.engine.outcomes import refuse
from conform62351.tooling.engine.steps import Conversation, TimeForm, conversation

FORM = "R-E2E-transfer-form"
ASSO_ID = "R-E2E-transfer-assoID"
TIME_FORM = "R-E2E-transfer-time-form"
OUTSIDE = "R-E2E-transfer-outside-protection"


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
        "seq above its range": (token(way, "seq", 2147483648),),
    }
    if way.mode != "ae":
        found |= {
            "no token2": (EditTlv(pdu=tbp, path="30/30", edit=Edit.DROP),),
            "no assoID": (EditTlv(pdu=tbp, path="30/30/0c", edit=Edit.DROP),),
            "no time": (EditTlv(pdu=tbp, path="30/30/18", edit=Edit.DROP),),
            "no seq": (EditTlv(pdu=tbp, path="30/30/02", edit=Edit.DROP),),
            "two of time": (EditTlv(pdu=tbp, path="30/30/18", edit=Edit.DOUBLE),),
            "time before assoID": (EditTlv(pdu=tbp, path="30/30/0c", edit=Edit.SWAP, other="30/30/18"),),
            "seq is an OCTET STRING": (EditTlv(pdu=tbp, path="30/30/02", edit=Edit.RETAG, octets=b"\x04"),),
            "two of assoID": (EditTlv(pdu=tbp, path="30/30/0c", edit=Edit.DOUBLE),),
            "assoID is a PrintableString": (
                EditTlv(pdu=tbp, path="30/30/0c", edit=Edit.RETAG, octets=b"\x13"),
            ),
            "time is a UTCTime": (EditTlv(pdu=tbp, path="30/30/18", edit=Edit.RETAG, octets=b"\x17"),),
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
        }
    if way.encryption:
        found["no applData"] = (EditTlv(pdu=tbp, path="30/04", edit=Edit.DROP),)
    return found


def no_whole_tlv(way: Way) -> dict[str, Mutations]:
    """Return what a device that decodes presentation as a whole takes for user data that do not decode."""
    beyond = EditTlv(pdu=way.data, path="30", edit=Edit.LENGTH, octets=b"\x82\x7f\xff")
    return {
        "a length beyond the end": (beyond,),
        "an octet before it": (Insert(pdu=way.data, at=0, octets=b"\0"),),
    }


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


def other_asso_ids(way: Way) -> dict[str, Mutations]:
    """Return values of assoID that no association has."""
    values = {
        "of no association": "999:998",
        "one number": "999",
        "three numbers": "999:998:997",
        "empty": "",
    }
    return {label: (token(way, "assoID", value),) for label, value in values.items()}


@case("E2E/SRV/DT/BI-assoID", ASSO_ID, EVENT, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
def server_asso_id() -> Iterator[Conversation]:
    """Data with an assoID that is not the association's are answered by a server with protocol-error,
    although they verify under its keys.
    """
    return aborts(Role.SERVER, ASSO_ID, ENCRYPTED_OR_NOT, other_asso_ids, UNDECODABLE)


@case("E2E/CLI/DT/BI-assoID", ASSO_ID, EVENT, pics=CLIENT_AE, baseline=CLIENT_BASELINE, configuration=NATIVE)
def client_asso_id() -> Iterator[Conversation]:
    """Data with an assoID that is not the association's are answered by a client with protocol-error,
    although they verify under its keys.
    """
    return aborts(Role.CLIENT, ASSO_ID, ONE_AE, other_asso_ids, UNDECODABLE)


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


def past_protection(role: Role, ways: Ways) -> Iterator[Conversation]:
    """Yield MMS past protection, as the first message and between others."""
    forms = (*osi_fault(3), data_aborted("protocol-error"))
    for way, pics in tried(role, ways):
        group = 11 if way.encryption else 10
        for label, after in {"first": 0, "after protected data": 1}.items():
            yield conversation(
                associated(role, way, after),
                sends(role, unprotected=True),
                refuse(OUTSIDE, forms, meanwhile=IN_FLIGHT[role]),
                logged(("IEC62351-4:15.3", f"IEC62351-4:{group}.1")),
                label=f"{way.label}: {label}",
                pics=pics,
            )


@case(
    "E2E/SRV/DT/BI-outside-protection",
    OUTSIDE,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_outside_protection() -> Iterator[Conversation]:
    """A request in the presentation context of MMS, outside protection, is not carried out by a server: it
    ends the association.
    """
    return past_protection(Role.SERVER, ENCRYPTED_OR_NOT)


@case(
    "E2E/CLI/DT/BI-outside-protection",
    OUTSIDE,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_outside_protection() -> Iterator[Conversation]:
    """A response in the presentation context of MMS, outside protection, is not taken by a client: it ends
    the association.
    """
    return past_protection(Role.CLIENT, ONE_AE)
