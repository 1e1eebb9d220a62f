"""What server and client make of PDUs that are no proper ones, or that nobody asked for."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.events import Noted
from conform62351.profiles.mms import names
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.codec import decode_pdu, encode_pdu
from conform62351.profiles.mms.messages import (
    ErrorResponse,
    InformationReport,
    RejectReceived,
    Response,
)
from conform62351.profiles.mms.names import DataAccessError, reject
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.mms.server import ServerSettings
from conform62351.suites.selfcheck.mms_pair import LD, NOW, REQUEST_REASON, Pair, confirmed, faults
from conform62351.suites.selfcheck.policy_samples import Plain


@pytest.mark.parametrize(
    ("octets", "reason", "invoke_id"),
    [
        ("", reject("pdu-error", "invalid-pdu"), None),
        ("ff", reject("pdu-error", "invalid-pdu"), None),
        ("a006 020107 8200", reject("pdu-error", "invalid-pdu"), None),
        ("a005 020107 8200 00", reject("pdu-error", "invalid-pdu"), None),
        ("af00", reject("pdu-error", "unknown-pdu-type"), None),
        ("3003 020101", reject("pdu-error", "unknown-pdu-type"), None),
        ("a007 020107 bf480100", reject("pdu-error", "invalid-pdu"), None),
        ("a006 020107 bf4800", reject(REQUEST_REASON, "unrecognized-service"), 7),
        ("a005 020107 a300", reject(REQUEST_REASON, "unrecognized-service"), 7),
        ("a005 020107 a400", reject(REQUEST_REASON, "invalid-argument"), 7),
        ("a006 020107 820100", reject(REQUEST_REASON, "invalid-argument"), 7),
        ("a003 020107", reject(REQUEST_REASON, "invalid-argument"), 7),
        ("a002 8200", reject(REQUEST_REASON, "invalid-argument"), None),
        ("a007 020107 3000 8200", reject(REQUEST_REASON, "unrecognized-modifier"), 7),
        ("a302 a200", reject("unconfirmedPDU", "unrecognized-service"), None),
        ("a30a a108 800100 810100 8200", reject("unconfirmedPDU", "invalid-argument"), None),
        ("a308 a106 800100 810100", reject("unconfirmedPDU", "unrecognized-service"), None),
        ("a302 a000", reject("unconfirmedPDU", "invalid-argument"), None),
        ("a105 020109 a500", reject("confirmed-responsePDU", "invalid-invokeID"), 9),
        ("a105 020109 a400", reject("confirmed-responsePDU", "invalid-result"), 9),
        ("a20a 800109 a205 a003 800100", reject("confirmed-errorPDU", "invalid-invokeID"), 9),
        ("a203 800109", reject("confirmed-errorPDU", "invalid-serviceError"), 9),
        ("8500", reject("cancel-requestPDU", "invalid-invokeID"), None),
        ("860105", reject("cancel-responsePDU", "invalid-invokeID"), 5),
        ("8600", reject("cancel-responsePDU", "invalid-invokeID"), None),
        ("a70a 800105 a105 a003 800100", reject("cancel-errorPDU", "invalid-invokeID"), 5),
        ("a700", reject("cancel-errorPDU", "invalid-serviceError"), None),
        ("8b0100", reject("conclude-requestPDU", "invalid-argument"), None),
        ("8c00", reject("conclude-responsePDU", "other"), None),
        ("8c0100", reject("conclude-responsePDU", "invalid-result"), None),
        ("ad05 a003 800100", reject("conclude-errorPDU", "other"), None),
        ("ad00", reject("conclude-errorPDU", "invalid-serviceError"), None),
        ("aa05 a003 880100", reject("pdu-error", "illegal-acse-mapping"), None),
    ],
)
def test_what_is_no_proper_request_is_rejected(
    octets: str, reason: names.Reject, invoke_id: int | None
) -> None:
    pair = Pair()
    (answer,) = pair.send(bytes.fromhex(octets))
    assert answer.name == "rejectPDU"
    assert answer.value["rejectReason"] == (reason.reason, reason.code)
    assert answer.value.get("originalInvokeID") == invoke_id
    assert pair.read("GGIO1$ST$Ind1$stVal") == ("boolean", False)


@pytest.mark.parametrize("octets", ["a400", "a403 810100", "a406 800107 810101", "a403 a00100"])
def test_a_reject_is_never_answered(octets: str) -> None:
    pair = Pair()
    assert pair.send(bytes.fromhex(octets)) == []


def test_a_pdu_longer_than_was_said_is_rejected() -> None:
    pair = Pair(settings=ServerSettings(InitiateParameters(local_detail=100)))
    (answer,) = pair.send(confirmed(1, "status", False) + bytes(100))
    assert answer.value["rejectReason"] == ("pdu-error", 1)
    assert faults(pair.served) == ["size"]


def test_data_nested_deeper_than_was_agreed_is_rejected() -> None:
    pair = Pair(parameters=InitiateParameters(nesting_level=1))
    flat = ("structure", [("integer", 1)])
    assert pair.write("GGIO1$SP$IntSet1", flat) is None
    (event,) = pair.ask(pair.client.write((LD, "GGIO1$SP$IntSet1", ("structure", [flat]))))
    assert isinstance(event, RejectReceived)
    assert event.reason == reject(REQUEST_REASON, "max-recursion-exceeded")


def test_the_client_rejects_requests_and_never_hangs_on_them() -> None:
    pair = Pair()
    taken = pair.client.handle(confirmed(3, "identify", None), NOW)
    (reply,) = taken.replies
    assert reply.octets is not None
    assert decode_pdu(reply.octets).value == {"originalInvokeID": 3, "rejectReason": (REQUEST_REASON, 1)}


def answered(client: MmsClient, name: str, value: Any) -> tuple[list[Any], list[Any]]:
    handled = client.handle(encode_pdu(name, value), NOW)
    return handled.events, [
        decode_pdu(reply.octets).value for reply in handled.replies if reply.octets is not None
    ]


RESULT = {"invokeID": 1, "service": ("read", {"listOfAccessResult": [("failure", 77)]})}


def test_the_client_takes_only_answers_to_what_it_asked() -> None:
    pair = Pair()
    events, replies = answered(pair.client, "confirmed-ResponsePDU", RESULT)
    assert faults(events) == ["solicited"]
    assert replies[0]["rejectReason"] == ("confirmed-responsePDU", 2)
    pair.client.identify()
    events, replies = answered(pair.client, "confirmed-ResponsePDU", RESULT)
    assert faults(events) == ["same-service"]
    assert replies[0]["rejectReason"] == ("confirmed-responsePDU", 1)
    message = pair.client.read((LD, "a"), (LD, "b"))
    events, replies = answered(
        pair.client, "confirmed-ResponsePDU", {**RESULT, "invokeID": message.invoke_id}
    )
    assert faults(events) == ["result-count"]
    assert replies[0]["rejectReason"] == ("confirmed-responsePDU", 3)
    assert len(pair.client.unanswered) == 2


def test_a_tester_that_only_looks_on_notes_and_goes_on() -> None:
    pair = Pair(client_policy=Plain(reacts=False))
    pair.client.read((LD, "a"), (LD, "b"))
    events, replies = answered(pair.client, "confirmed-ResponsePDU", RESULT)
    assert replies == []
    noted, response = events
    assert isinstance(noted, Noted)
    assert noted.finding.name == "result-count"
    assert isinstance(response, Response)
    assert response.results[0].failure == 77
    assert pair.client.unanswered == {}


def test_a_tester_as_server_owes_errors_and_rejects_all_the_same() -> None:
    pair = Pair(server_policy=Plain(reacts=False))
    assert pair.read("NONE") is DataAccessError.OBJECT_NON_EXISTENT
    (answer,) = pair.send(bytes.fromhex("a006 020107 bf4800"))
    assert answer.name == "rejectPDU"
    (event,) = pair.ask(pair.client.get_variable_access_attributes(LD, "NONE"))
    assert isinstance(event, ErrorResponse)


def test_information_reports_come_unasked() -> None:
    pair = Pair()
    value = {
        "service": (
            "informationReport",
            {
                "variableAccessSpecification": ("variableListName", ("vmd-specific", "x")),
                "listOfAccessResult": [("success", ("boolean", True)), ("failure", 3)],
            },
        )
    }
    ((event,), replies) = answered(pair.client, "unconfirmed-PDU", value)
    assert replies == []
    assert isinstance(event, InformationReport)
    assert [each.data for each in event.results] == [("boolean", True), None]
