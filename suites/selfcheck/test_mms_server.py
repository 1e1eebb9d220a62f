"""MMS client and server paired in memory: initiate, every service, and what is no proper request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.events import Faulted, Noted
from conform62351.profiles.mms import names
from conform62351.profiles.mms.checks import INCOMING
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.codec import MmsError, decode_pdu, encode_pdu
from conform62351.profiles.mms.data import bit_string, floating_point
from conform62351.profiles.mms.messages import (
    CancelConfirm,
    ConcludeConfirm,
    ConcludeIndication,
    ErrorResponse,
    InformationReport,
    Initiated,
    InitiateFailed,
    InitiateRefused,
    RejectReceived,
    Response,
    Written,
)
from conform62351.profiles.mms.names import DataAccessError, ObjectClass, reject, service_error
from conform62351.profiles.mms.negotiation import SERVED, InitiateParameters, request
from conform62351.profiles.mms.pdu_checks import ANSWER, OUTGOING, REQUEST
from conform62351.profiles.mms.server import ServerSettings
from conform62351.profiles.mms.service_checks import ANSWERED, CANCEL, CONCLUDE, INITIATE, ITEM, SERVICE
from conform62351.profiles.policy import CheckTable, Context, Finding, Policy, Reaction, Step
from conform62351.suites.selfcheck.mms_pair import LD, NOW, Pair

TABLES = (INCOMING, ANSWER, REQUEST, OUTGOING, INITIATE, ANSWERED, CANCEL, CONCLUDE, SERVICE, ITEM)


class LeaveOut(Policy):
    def __init__(self, *identifiers: str) -> None:
        self.identifiers = identifiers

    def steps(self, table: CheckTable[Context]) -> list[Step[Context]]:
        return [step for step in table.steps if step.id not in self.identifiers]


class Onlooker(Policy):
    def reacts(self, finding: Finding) -> bool:
        return False


class Rewriter(Policy):
    def __init__(self, name: str, **fields: Any) -> None:
        self.name = name
        self.fields = fields

    def rewrite(self, name: str, value: Any) -> Any:
        return {**value, **self.fields} if name == self.name else value


class Withholder(Policy):
    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        return None if name == "MMS.confirmed-ResponsePDU" else octets


def confirmed(invoke_id: int, service: str, argument: Any) -> bytes:
    return encode_pdu("confirmed-RequestPDU", {"invokeID": invoke_id, "service": (service, argument)})


def faults(events: list[Any]) -> list[str]:
    return [event.finding.name for event in events if isinstance(event, Faulted)]


def test_step_identifiers_are_unique_and_numbered_in_order() -> None:
    identifiers = [step.id for table in TABLES for step in table.steps]
    assert sorted(identifiers, key=lambda text: int(text.partition(".")[2])) == [
        f"MMS.{number}" for number in range(1, len(identifiers) + 1)
    ]


def test_initiate_settles_the_smaller_values() -> None:
    pair = Pair(initiate=False, parameters=InitiateParameters(2000, 3, 9, 4))
    (event,) = pair.ask(pair.client.initiate())
    assert isinstance(event, Initiated)
    assert event.negotiated == pair.client.negotiated
    agreed = event.negotiated
    assert (agreed.local_detail, agreed.nesting_level, agreed.version) == (2000, 4, 1)
    assert (agreed.max_outstanding_calling, agreed.max_outstanding_called) == (3, 5)
    assert agreed.parameters == {"str1", "str2", "vnam", "valt", "vlis"}
    assert agreed.services == SERVED
    assert pair.server.negotiated == replace(agreed, services=SERVED)


def test_initiate_without_its_optional_values_is_answered() -> None:
    pair = Pair(initiate=False, parameters=InitiateParameters(None, nesting_level=None))
    (event,) = pair.ask(pair.client.initiate())
    assert isinstance(event, Initiated)
    assert (event.negotiated.local_detail, event.negotiated.nesting_level) == (65_000, 10)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"version": 0}, "version-incompatible"),
        ({"local_detail": 63}, "max-segment-insufficient"),
        ({"max_outstanding_calling": 0}, "max-services-outstanding-calling-insufficient"),
        ({"max_outstanding_called": -1}, "max-services-outstanding-called-insufficient"),
        ({"nesting_level": -1}, "nesting-level-insufficient"),
    ],
)
def test_initiate_that_cannot_be_is_refused(parameters: dict[str, Any], code: str) -> None:
    pair = Pair(initiate=False, parameters=InitiateParameters(**parameters))
    (event,) = pair.ask(pair.client.initiate())
    assert isinstance(event, InitiateFailed)
    assert event.error == service_error("initiate", code)
    assert pair.server.negotiated is None
    assert any(isinstance(each, InitiateRefused) for each in pair.served)


def test_the_services_said_to_be_supported_are_those_that_are_answered() -> None:
    pair = Pair()
    arguments: dict[str, Any] = {
        "status": True,
        "identify": None,
        "getNameList": {
            "extendedObjectClass": ("objectClass", 9),
            "objectScope": ("vmdSpecific", None),
        },
        "read": {"variableAccessSpecification": ("listOfVariable", [])},
        "write": {"variableAccessSpecification": ("listOfVariable", []), "listOfData": []},
        "getVariableAccessAttributes": ("name", ("vmd-specific", "x")),
        "getNamedVariableListAttributes": ("vmd-specific", "x"),
    }
    answered = set()
    for number, bit in names.SERVICES.items():
        octets = b"\xbf" + bytes((bit,)) + b"\0" if bit > 30 else bytes((0xA0 | bit, 0))
        if number in arguments:
            octets = confirmed(1, number, arguments[number])
        else:
            octets = b"\xa0" + bytes((len(octets) + 3,)) + b"\x02\x01\x01" + octets
        (answer,) = pair.send(octets)
        if answer.name != "rejectPDU":
            answered.add(number)
    assert answered == SERVED - {"informationReport", "conclude", "cancel"}


def test_a_service_that_the_settings_leave_out_is_rejected() -> None:
    services = SERVED - {"status", "cancel", "conclude"}
    pair = Pair(settings=ServerSettings(InitiateParameters(services=services)))
    assert pair.client.negotiated is not None
    assert pair.client.negotiated.services == services
    for message, reason in [
        (pair.client.status(), reject("confirmed-requestPDU", "unrecognized-service")),
        (pair.client.cancel(77), reject("cancel-requestPDU", "other")),
        (pair.client.conclude(), reject("conclude-requestPDU", "other")),
    ]:
        (event,) = pair.ask(message)
        assert isinstance(event, RejectReceived)
        assert event.reason == reason
    assert pair.client.unanswered == {}


def test_status_and_identify() -> None:
    pair = Pair()
    assert pair.response(pair.client.status(extended=True)).value == {
        "vmdLogicalStatus": 0,
        "vmdPhysicalStatus": 0,
    }
    assert pair.response(pair.client.identify()).value == {
        "vendorName": "conform62351",
        "modelName": "reference device",
        "revision": "1",
    }


@pytest.mark.parametrize(
    ("object_class", "domain", "expected"),
    [
        (ObjectClass.DOMAIN, None, [LD]),
        (ObjectClass.DOMAIN, LD, []),
        (ObjectClass.NAMED_VARIABLE, None, []),
        (ObjectClass.NAMED_VARIABLE_LIST, LD, ["LLN0$events", "LLN0$settings"]),
        (ObjectClass.JOURNAL, LD, []),
    ],
)
def test_names_of_each_class_and_scope(
    object_class: ObjectClass, domain: str | None, expected: list[str]
) -> None:
    pair = Pair()
    value = pair.response(pair.client.get_name_list(object_class, domain)).value
    assert value == {"listOfIdentifier": expected, "moreFollows": False}


@pytest.mark.parametrize(
    ("parameters", "limit", "least"),
    [(InitiateParameters(), 7, 10), (InitiateParameters(200), 1000, 10), (InitiateParameters(64), 1000, 50)],
)
def test_names_come_in_parts_that_fit(parameters: InitiateParameters, limit: int, least: int) -> None:
    pair = Pair(parameters=parameters, settings=ServerSettings(name_list=limit))
    listed: list[str] = []
    parts = 0
    follows = True
    while follows:
        after = listed[-1] if listed else None
        message = pair.client.get_name_list(ObjectClass.NAMED_VARIABLE, LD, after)
        response = pair.response(message)
        assert len(response.pdu.octets) <= (parameters.local_detail or 0)
        assert 0 < len(response.value["listOfIdentifier"]) <= limit
        listed += response.value["listOfIdentifier"]
        follows = response.value["moreFollows"]
        parts += 1
    assert listed == pair.server.model.domains[LD].variable_names
    assert parts >= least


def test_names_continue_after_a_name_that_is_not_there() -> None:
    pair = Pair()
    value = pair.response(pair.client.get_name_list(ObjectClass.NAMED_VARIABLE, LD, "MHAI0zz")).value
    assert value["listOfIdentifier"][0] == "MHAI1"
    value = pair.response(pair.client.get_name_list(ObjectClass.NAMED_VARIABLE, LD, "zz")).value
    assert value == {"listOfIdentifier": [], "moreFollows": False}


def test_errors_of_whole_services() -> None:
    pair = Pair(client_policy=LeaveOut("MMS.36"))
    client = pair.client
    missing = service_error("access", "object-non-existent")
    unsupported = service_error("access", "object-access-unsupported")
    many = [(LD, "GGIO1$ST$Ind1")] * 501
    for message, error in [
        (client.get_name_list(ObjectClass.NAMED_VARIABLE, "NONE"), missing),
        (client.get_name_list(ObjectClass.SEMAPHORE, LD), unsupported),
        (client.get_variable_access_attributes(LD, "GGIO1$ST$None"), missing),
        (client.get_variable_access_attributes("NONE", "GGIO1"), missing),
        (client.get_named_variable_list_attributes(LD, "LLN0$none"), missing),
        (client.read_list(LD, "LLN0$none"), missing),
        (client.write_list("NONE", "LLN0$events", []), missing),
        (client.read(*many), service_error("resource", "capability-unavailable")),
        (
            client.write_list(LD, "LLN0$settings", [("integer", 1)]),
            service_error("definition", "object-attribute-inconsistent"),
        ),
    ]:
        (event,) = pair.ask(message)
        assert isinstance(event, ErrorResponse)
        assert (event.invoke_id, event.error) == (message.invoke_id, error)
    assert client.unanswered == {}


def test_types_fit_the_values_read() -> None:
    pair = Pair()
    value = pair.response(pair.client.get_variable_access_attributes(LD, "GGIO1$ST$Ind1")).value
    assert value["mmsDeletable"] is False
    kind, detail = value["typeSpecification"]
    assert kind == "structure"
    assert [(each["componentName"], each["componentType"]) for each in detail["components"]] == [
        ("stVal", ("boolean", None)),
        ("q", ("bit-string", -13)),
        ("t", ("utc-time", None)),
    ]
    assert pair.read("GGIO1$ST$Ind1") == (
        "structure",
        [("boolean", False), bit_string("0" * 13), ("utc-time", bytes(8))],
    )


def test_attributes_of_a_data_set() -> None:
    pair = Pair()
    value = pair.response(pair.client.get_named_variable_list_attributes(LD, "LLN0$settings")).value
    assert value["mmsDeletable"] is False
    named = [each["variableSpecification"][1][1]["itemID"] for each in value["listOfVariable"]]
    assert named == ["GGIO1$SP$IntSet1$setVal", "GGIO1$SP$AnaSet1$setMag$f"]


def test_every_variable_of_the_model_can_be_read_and_described() -> None:
    pair = Pair()
    for item in pair.server.model.domains[LD].variable_names:
        pair.response(pair.client.get_variable_access_attributes(LD, item))
        assert pair.read(item) == pair.server.model.read(LD, item)


def test_read_gives_a_result_for_each_variable_in_order() -> None:
    pair = Pair()
    variables = [(LD, "GGIO1$ST$Ind1$stVal"), (LD, "NONE"), ("NONE", "x"), (LD, "GGIO1$ST$IntIn1$stVal")]
    results = pair.response(pair.client.read(*variables)).results
    assert [each.data for each in results] == [("boolean", False), None, None, ("integer", 0)]
    missing = DataAccessError.OBJECT_NON_EXISTENT
    assert [each.failure for each in results] == [None, missing, missing, None]
    assert faults(pair.served) == ["object", "object"]


def test_read_of_a_data_set_with_its_specification() -> None:
    pair = Pair()
    response = pair.response(pair.client.read_list(LD, "LLN0$settings", with_specification=True))
    assert [each.data for each in response.results] == [("integer", 0), floating_point(0.0)]
    kind, name = response.value["variableAccessSpecification"]
    assert (kind, name[1]["itemID"]) == ("variableListName", "LLN0$settings")


def test_read_with_alternate_access() -> None:
    pair = Pair()
    element = [("unnamed", ("selectAccess", ("index", 1)))]
    outside = [("unnamed", ("selectAccess", ("index", 4)))]
    array = (LD, "MHAI1$MX$HA$phsAHar")
    (result,) = pair.response(pair.client.read(array, alternate_access=element)).results
    assert result.data == pair.server.model.read(*array)[1][1]
    (result,) = pair.response(pair.client.read(array, alternate_access=outside)).results
    assert result.failure is DataAccessError.OBJECT_NON_EXISTENT


def test_read_of_other_names_than_those_of_a_domain_fails() -> None:
    pair = Pair()
    listed = [
        {"variableSpecification": ("name", ("vmd-specific", "GGIO1"))},
        {"variableSpecification": ("name", ("aa-specific", "GGIO1"))},
        {"variableSpecification": ("invalidated", None)},
    ]
    argument = {"variableAccessSpecification": ("listOfVariable", listed)}
    results = pair.response(pair.client.request("read", argument)).results
    assert [each.failure for each in results] == [DataAccessError.OBJECT_NON_EXISTENT] * 3


def test_write_and_read_again() -> None:
    pair = Pair()
    assert pair.write("GGIO1$SP$IntSet1$setVal", ("integer", -5)) is None
    assert pair.read("GGIO1$SP$IntSet1$setVal") == ("integer", -5)
    assert Written(LD, "GGIO1$SP$IntSet1$setVal", ("integer", -5)) in pair.served
    assert pair.write("GGIO1$SP$AnaSet1", ("structure", [("structure", [floating_point(2.5)])])) is None
    assert pair.read("GGIO1$SP$AnaSet1$setMag$f") == floating_point(2.5)
    response = pair.response(
        pair.client.write_list(LD, "LLN0$settings", [("integer", 7), floating_point(1.0)])
    )
    assert [each.failure for each in response.results] == [None, None]
    assert pair.read("GGIO1$SP$IntSet1$setVal") == ("integer", 7)


@pytest.mark.parametrize(
    ("item", "data", "failure"),
    [
        ("GGIO1$SP$None", ("integer", 1), DataAccessError.OBJECT_NON_EXISTENT),
        ("GGIO1$ST$IntIn1$stVal", ("integer", 1), DataAccessError.OBJECT_ACCESS_DENIED),
        ("GGIO1$MX", ("structure", []), DataAccessError.OBJECT_ACCESS_DENIED),
        ("LLN0$RP$urcb01", ("structure", []), DataAccessError.OBJECT_ACCESS_DENIED),
        ("GGIO1$SP$IntSet1$setVal", ("boolean", True), DataAccessError.TYPE_INCONSISTENT),
        ("GGIO1$SP$IntSet1$setVal", ("integer", 1 << 31), DataAccessError.OBJECT_VALUE_INVALID),
        ("GGIO1$SP$IntSet1", ("structure", []), DataAccessError.TYPE_INCONSISTENT),
    ],
)
def test_write_that_must_fail_changes_nothing(item: str, data: Any, failure: DataAccessError) -> None:
    pair = Pair()
    before = pair.server.model.read(LD, "GGIO1")
    assert pair.write(item, data) is failure
    assert pair.server.model.read(LD, "GGIO1") == before
    assert not any(isinstance(each, Written) for each in pair.served)


def test_write_with_alternate_access_fails() -> None:
    pair = Pair()
    name = ("name", ("domain-specific", {"domainID": LD, "itemID": "GGIO1$SP$IntSet1"}))
    access = [("unnamed", ("selectAccess", ("component", "setVal")))]
    argument = {
        "variableAccessSpecification": (
            "listOfVariable",
            [{"variableSpecification": name, "alternateAccess": access}],
        ),
        "listOfData": [("integer", 1)],
    }
    (result,) = pair.response(pair.client.request("write", argument)).results
    assert result.failure is DataAccessError.OBJECT_ACCESS_UNSUPPORTED


def test_an_answer_that_does_not_fit_becomes_an_error() -> None:
    pair = Pair(parameters=InitiateParameters(100))
    (event,) = pair.ask(pair.client.read((LD, "GGIO1")))
    assert isinstance(event, ErrorResponse)
    assert event.error == service_error("resource", "other")
    assert len(event.pdu.octets) <= 100


REQUEST_REASON = "confirmed-requestPDU"


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


def test_a_second_initiate_is_rejected() -> None:
    pair = Pair()
    (answer,) = pair.send(encode_pdu("initiate-RequestPDU", request(InitiateParameters(100))))
    assert answer.value == {"rejectReason": ("pdu-error", 2)}
    assert pair.server.negotiated is not None
    assert pair.server.negotiated.local_detail == 65_000


@pytest.mark.parametrize("octets", [confirmed(1, "identify", None), b"\x8b\0", b"\xaa\5\xa0\3\x88\1\0", b""])
def test_before_initiate_nothing_is_answered(octets: bytes) -> None:
    pair = Pair(initiate=False)
    assert pair.send(octets) == []
    (event,) = pair.served
    assert isinstance(event, Faulted)
    assert pair.server.negotiated is None


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


def slow(client_policy: Policy | None = None) -> Pair:
    return Pair(settings=ServerSettings(response_time=2.0), client_policy=client_policy)


def test_requests_wait_for_their_time() -> None:
    pair = slow()
    one, other = pair.client.identify(), pair.client.status()
    assert pair.ask(one) == []
    pair.now += 1
    assert pair.ask(other) == []
    assert pair.server.next_due() == NOW + 2
    assert [each.service for each in ticked(pair, 2.0) if isinstance(each, Response)] == ["identify"]
    assert [each.service for each in ticked(pair, 3.0) if isinstance(each, Response)] == ["status"]
    assert pair.server.next_due() is None


def ticked(pair: Pair, after: float) -> list[Any]:
    pair.now = NOW + after
    return pair.deliver(pair.server.tick(pair.now))


def test_more_requests_than_were_agreed_are_rejected() -> None:
    pair = slow(client_policy=LeaveOut("MMS.36"))
    for _ in range(5):
        assert pair.client.may_ask
        assert pair.ask(pair.client.identify()) == []
    assert not pair.client.may_ask
    (event,) = pair.ask(pair.client.identify())
    assert isinstance(event, RejectReceived)
    assert event.reason == reject(REQUEST_REASON, "max-serv-outstanding-exceeded")
    assert len(ticked(pair, 2.0)) == 5
    assert pair.client.may_ask


def test_a_client_sends_no_more_requests_than_were_agreed() -> None:
    pair = slow()
    for _ in range(5):
        pair.ask(pair.client.identify())
    with pytest.raises(MmsError, match=r"MMS\.36 may-be-outstanding"):
        pair.client.identify()
    assert len(pair.client.unanswered) == 5, "what is not sent is not waited for"
    ticked(pair, 2.0)
    assert pair.ask(pair.client.identify()) == []


def test_a_client_sends_no_request_that_is_longer_than_was_agreed() -> None:
    pair = Pair(settings=ServerSettings(InitiateParameters(local_detail=40)))
    pair.response(pair.client.status())
    with pytest.raises(MmsError, match=r"MMS\.37 fits"):
        pair.client.read((LD, "GGIO1$ST$Ind1"))
    assert pair.client.unanswered == {}


def test_the_size_of_requests_that_was_agreed_is_that_which_the_client_proposed() -> None:
    pair = Pair(parameters=InitiateParameters(local_detail=64), client_policy=LeaveOut("MMS.37"))
    pair.ask(pair.client.read((LD, "GGIO1$ST$Ind1"), (LD, "GGIO1$ST$Ind2")))
    assert faults(pair.served) == ["size"]


def test_an_outstanding_request_can_be_answered_or_refused_before_its_time() -> None:
    pair = slow()
    numbers = [pair.client.identify().invoke_id or 0 for _ in range(3)]
    for number in numbers:
        pair.send(confirmed(number, "identify", None))
    (reason, error) = reject(REQUEST_REASON, "other"), service_error("access", "object-access-denied")
    (rejected,) = pair.deliver(pair.server.answer(numbers[1], NOW, reason))
    assert isinstance(rejected, RejectReceived)
    assert (rejected.invoke_id, rejected.reason) == (numbers[1], reason)
    (refused,) = pair.deliver(pair.server.answer(numbers[2], NOW, error))
    assert isinstance(refused, ErrorResponse)
    assert (refused.invoke_id, refused.error) == (numbers[2], error)
    (response,) = pair.deliver(pair.server.answer(numbers[0], NOW))
    assert isinstance(response, Response)
    assert pair.server.next_due() is None
    with pytest.raises(KeyError):
        pair.server.answer(numbers[0], NOW)


def test_the_next_request_can_be_given_a_number() -> None:
    pair = Pair()
    for number in (0, 77, (1 << 32) - 1):
        pair.client.number_next(number)
        assert pair.response(pair.client.identify()).invoke_id == number
    assert pair.client.identify().invoke_id == 0, "numbers go round"


def test_an_invoke_id_in_use_is_rejected() -> None:
    pair = slow()
    assert pair.ask(pair.client.identify()) == []
    (answer,) = pair.send(confirmed(1, "status", False))
    assert answer.value == {"originalInvokeID": 1, "rejectReason": (REQUEST_REASON, 3)}


def test_cancel_ends_an_outstanding_request() -> None:
    pair = slow()
    write = pair.client.write((LD, "GGIO1$SP$IntSet1$setVal", ("integer", 9)))
    assert pair.ask(write) == []
    assert write.invoke_id is not None
    confirm, error = pair.ask(pair.client.cancel(write.invoke_id))
    assert isinstance(confirm, CancelConfirm)
    assert (confirm.invoke_id, confirm.error) == (write.invoke_id, None)
    assert isinstance(error, ErrorResponse)
    assert error.error == service_error("service-preempt", "cancel")
    assert ticked(pair, 5.0) == []
    assert pair.server.model.read(LD, "GGIO1$SP$IntSet1$setVal") == ("integer", 0)


def test_cancel_of_nothing_is_an_error() -> None:
    pair = Pair()
    (event,) = pair.ask(pair.client.cancel(99))
    assert isinstance(event, CancelConfirm)
    assert (event.invoke_id, event.error) == (99, service_error("cancel", "invoke-id-unknown"))


def test_conclude_waits_for_outstanding_requests() -> None:
    pair = slow()
    assert pair.ask(pair.client.identify()) == []
    (event,) = pair.ask(pair.client.conclude())
    assert isinstance(event, ConcludeConfirm)
    assert event.error == service_error("conclude", "further-communication-required")
    ticked(pair, 2.0)
    (event,) = pair.ask(pair.client.conclude())
    assert isinstance(event, ConcludeConfirm)
    assert event.error is None
    assert isinstance(pair.served[-1], ConcludeIndication)


def test_a_server_may_conclude_and_the_client_answers() -> None:
    pair = Pair()
    message = pair.server.conclude()
    assert message.octets is not None
    taken = pair.client.handle(message.octets, NOW)
    assert [type(event) for event in taken.events] == [ConcludeIndication]
    (reply,) = taken.replies
    assert reply.octets is not None
    (event,) = pair.server.handle(reply.octets, NOW).events
    assert isinstance(event, ConcludeConfirm)


def test_closing_forgets_requests() -> None:
    pair = slow()
    pair.ask(pair.client.identify())
    pair.server.close()
    assert pair.server.next_due() is None
    assert ticked(pair, 9.0) == []


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
    pair = Pair(client_policy=Onlooker())
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
    pair = Pair(server_policy=Onlooker())
    assert pair.read("NONE") is DataAccessError.OBJECT_NON_EXISTENT
    (answer,) = pair.send(bytes.fromhex("a006 020107 bf4800"))
    assert answer.name == "rejectPDU"
    (event,) = pair.ask(pair.client.get_variable_access_attributes(LD, "NONE"))
    assert isinstance(event, ErrorResponse)


def test_a_response_beyond_the_proposal_is_noted() -> None:
    policy = Rewriter("MMS.initiate-ResponsePDU", localDetailCalled=65_001)
    pair = Pair(initiate=False, server_policy=policy)
    noted, event = pair.ask(pair.client.initiate())
    assert isinstance(noted, Noted)
    assert "localDetailCalled" in noted.finding.fault.detail
    assert isinstance(event, Initiated)


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


def test_the_policy_rewrites_every_pdu_by_its_name() -> None:
    seen = []

    class Recorder(Policy):
        def rewrite(self, name: str, value: Any) -> Any:
            seen.append(name)
            return value

        def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
            seen.append(f"{name} {decode_pdu(octets).name}")
            return octets

    pair = Pair(client_policy=Recorder(), server_policy=Recorder())
    pair.read("GGIO1")
    assert seen == [
        line
        for pdu in ("initiate-Request", "initiate-Response", "confirmed-Request", "confirmed-Response")
        for line in (f"MMS.{pdu}PDU", f"MMS.{pdu}PDU {pdu}PDU")
    ]


def test_a_policy_that_withholds_gives_a_message_without_octets() -> None:
    pair = Pair(server_policy=Withholder())
    message = pair.client.identify()
    assert message.octets is not None
    (reply,) = pair.server.handle(message.octets, NOW).replies
    assert (reply.name, reply.octets, reply.invoke_id) == ("MMS.confirmed-ResponsePDU", None, 1)


def test_a_rewritten_answer_is_sent_whatever_its_length() -> None:
    policy = Rewriter(
        "MMS.confirmed-ResponsePDU",
        service=("identify", {"vendorName": "x" * 200, "modelName": "", "revision": ""}),
    )
    pair = Pair(server_policy=policy, parameters=InitiateParameters(100))
    (answer,) = pair.send(confirmed(1, "identify", None))
    assert answer.value["service"][1]["vendorName"] == "x" * 200


class Replace(Policy):
    def __init__(self, identifier: str, reaction: Reaction, **parameters: int) -> None:
        self.identifier = identifier
        self.reaction = reaction
        self.parameters = parameters

    def steps(self, table: CheckTable[Context]) -> list[Step[Context]]:
        return [self.changed(step) if step.id == self.identifier else step for step in table.steps]

    def changed(self, step: Step[Context]) -> Step[Context]:
        def test(context: Context) -> Any:
            found = step.test(context)
            return found and replace(found, reaction=self.reaction, parameters=tuple(self.parameters.items()))

        return replace(step, test=test)


def test_a_faulty_device_fails_with_another_code() -> None:
    pair = Pair(server_policy=Replace("MMS.30", Reaction.IGNORE, code=3))
    assert pair.read("NONE") is DataAccessError.OBJECT_ACCESS_DENIED
    pair = Pair(server_policy=Replace("MMS.4", Reaction.IGNORE, code=0))
    assert pair.send(bytes.fromhex("a006 020107 bf4800"))[0].value["rejectReason"] == (REQUEST_REASON, 0)


@pytest.mark.parametrize("identifier", ["MMS.4", "MMS.25", "MMS.30"])
def test_a_fault_that_ends_the_association_leaves_no_answer(identifier: str) -> None:
    pair = Pair(server_policy=Replace(identifier, Reaction.ABORT))
    requests = {
        "MMS.4": bytes.fromhex("a006 020107 bf4800"),
        "MMS.25": pair.client.get_name_list(ObjectClass.DOMAIN, "NONE").octets or b"",
        "MMS.30": pair.client.read((LD, "NONE")).octets or b"",
    }
    assert pair.send(requests[identifier]) == []
    fault = pair.served[-1]
    assert isinstance(fault, Faulted)
    assert fault.finding.fault.reaction is Reaction.ABORT


def test_a_device_that_leaves_checks_out_does_what_they_forbid() -> None:
    pair = Pair(server_policy=LeaveOut("MMS.30"))
    assert pair.read("NONE") == ("boolean", False)
    assert pair.write("NONE", ("boolean", True)) is None
    pair = Pair(server_policy=LeaveOut("MMS.32"))
    assert pair.write("GGIO1$ST$IntIn1$stVal", ("integer", 3)) is None
    assert pair.read("GGIO1$ST$IntIn1$stVal") == ("integer", 3)
    pair = Pair(server_policy=LeaveOut("MMS.33"))
    assert pair.write("GGIO1$SP$IntSet1$setVal", ("boolean", True)) is None
    assert pair.read("GGIO1$SP$IntSet1$setVal") == ("boolean", True)
    pair = Pair(server_policy=LeaveOut("MMS.25", "MMS.26", "MMS.27"))
    client = pair.client
    assert pair.response(client.get_name_list(ObjectClass.NAMED_VARIABLE, "NONE")).value == {
        "listOfIdentifier": [],
        "moreFollows": False,
    }
    pair.response(client.get_variable_access_attributes(LD, "NONE"))
    assert pair.response(client.get_named_variable_list_attributes(LD, "NONE")).value["listOfVariable"] == []
    pair = Pair(server_policy=LeaveOut("MMS.17"), parameters=InitiateParameters(version=0), initiate=False)
    (event,) = pair.ask(pair.client.initiate())
    assert isinstance(event, Initiated)


EVERYTHING = LeaveOut(*(step.id for table in TABLES for step in table.steps))

REQUESTS = st.sampled_from(
    [
        confirmed(1, "status", True),
        confirmed(
            2,
            "getNameList",
            {"extendedObjectClass": ("objectClass", 0), "objectScope": ("domainSpecific", LD)},
        ),
        MmsClient().read((LD, "GGIO1"), (LD, "NONE")).octets or b"",
        MmsClient().write((LD, "LLN0$RP$urcb01$RptEna", ("boolean", True))).octets or b"",
        MmsClient().write((LD, "LLN0$RP$urcb01$GI", ("boolean", True))).octets or b"",
        MmsClient().write((LD, "LLN0$RP$urcb01$IntgPd", ("unsigned", 1))).octets or b"",
        MmsClient().write((LD, "GGIO1$SP$IntSet1", ("structure", [("integer", 1)]))).octets or b"",
        MmsClient().get_variable_access_attributes(LD, "MHAI1").octets or b"",
        MmsClient().read_list(LD, "LLN0$events").octets or b"",
        encode_pdu("cancel-RequestPDU", 1),
        b"\x8b\0",
        encode_pdu("initiate-RequestPDU", request(InitiateParameters())),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(REQUESTS, st.data()), max_size=6), st.sampled_from([Policy(), EVERYTHING]))
def test_a_server_survives_whatever_comes(
    requests: list[tuple[bytes, st.DataObject]], policy: Policy
) -> None:
    pair = Pair(server_policy=policy)
    client = MmsClient()
    for request_octets, data in requests:
        octets = bytearray(request_octets)
        for _ in range(data.draw(st.integers(0, 2))):
            at = data.draw(st.integers(0, len(octets)))
            octets[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
        pair.now += 1
        for answer in pair.send(bytes(octets)):
            client.handle(answer.octets, pair.now)
    assert any(pair.send(confirmed(4711, "identify", None)))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=4))
def test_both_sides_survive_garbage(pieces: list[bytes]) -> None:
    pair = Pair()
    fresh = MmsClient()
    for octets in pieces:
        for answer in pair.send(octets):
            assert answer.name == "rejectPDU"
        pair.client.handle(octets, NOW)
        fresh.handle(octets, NOW)
    assert pair.read("GGIO1$ST$Ind1$stVal") == ("boolean", False)
