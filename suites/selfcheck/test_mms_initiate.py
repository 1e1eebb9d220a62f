"""MMS client and server paired in memory: the initiate, and what it settles."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from conform62351.fixtures.faults.building import RewriteField
from conform62351.profiles.events import Faulted, Noted
from conform62351.profiles.mms import names
from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.mms.messages import (
    Initiated,
    InitiateFailed,
    InitiateRefused,
    RejectReceived,
)
from conform62351.profiles.mms.names import reject, service_error
from conform62351.profiles.mms.negotiation import SERVED, InitiateParameters, request
from conform62351.profiles.mms.server import ServerSettings
from conform62351.suites.selfcheck.mms_pair import Pair, confirmed


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


def test_a_response_beyond_the_proposal_is_noted() -> None:
    policy = RewriteField("MMS.initiate-ResponsePDU", localDetailCalled=65_001)
    pair = Pair(initiate=False, server_policy=policy)
    noted, event = pair.ask(pair.client.initiate())
    assert isinstance(noted, Noted)
    assert "localDetailCalled" in noted.finding.fault.detail
    assert isinstance(event, Initiated)
