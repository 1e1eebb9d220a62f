"""MMS client and server paired in memory: every service, its values and its errors."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.fixtures.faults.building import LeaveOut
from conform62351.profiles.mms.data import bit_string, floating_point
from conform62351.profiles.mms.messages import (
    ErrorResponse,
    Written,
)
from conform62351.profiles.mms.names import DataAccessError, ObjectClass, service_error
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.mms.server import ServerSettings
from conform62351.suites.selfcheck.mms_pair import LD, Pair, faults


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
