"""The tester's MMS: what it asks for, what it learns, and what it keeps outstanding."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.codec import MmsPdu, decode_pdu, encode_pdu
from conform62351.profiles.mms.data import Data, TypeSpecification, bit_string, mismatch
from conform62351.profiles.mms.messages import MmsMessage
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.names import SERVICE_BITS, SERVICES, bits
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.policy import Finding
from conform62351.tooling.engine.learned import Learned, another, of_another_type
from conform62351.tooling.engine.mms_end import MmsEnd, facts
from conform62351.tooling.engine.requests import RequestError, make_request
from conform62351.tooling.engine.stimulus import StimulusPolicy

POINT = "LD0/GGIO1$SP$IntSet1"
NOW = 1_800_000_000.0


def floating(value: float) -> Data:
    return "floating-point", b"\x08" + struct.pack(">f", value)


# Values


TYPED: st.SearchStrategy[tuple[TypeSpecification, Data]] = st.one_of(
    st.booleans().map(lambda value: (("boolean", None), ("boolean", value))),
    st.integers(-128, 127).map(lambda value: (("integer", 8), ("integer", value))),
    st.integers(0, 255).map(lambda value: (("unsigned", 8), ("unsigned", value))),
    st.text("01", min_size=1, max_size=20).map(lambda text: (("bit-string", len(text)), bit_string(text))),
    st.binary(min_size=1, max_size=8).map(
        lambda value: (("octet-string", len(value)), ("octet-string", value))
    ),
    st.text("0123ab", max_size=8).map(lambda text: (("visible-string", -9), ("visible-string", text))),
    st.text("0123ab", min_size=1, max_size=8).map(
        lambda text: (("visible-string", len(text)), ("visible-string", text))
    ),
    st.floats(width=32).map(
        lambda value: (("floating-point", {"format-width": 32, "exponent-width": 8}), floating(value))
    ),
)


@given(TYPED)
def test_another_value_is_another_one_of_the_same_type(typed: tuple[TypeSpecification, Data]) -> None:
    kind, value = typed
    assert mismatch(kind, value) is None
    assert another(value) != value
    assert mismatch(kind, another(value)) is None
    assert another(another(value))[0] == value[0]


@given(TYPED)
def test_a_value_of_another_type_does_not_fit(typed: tuple[TypeSpecification, Data]) -> None:
    kind, value = typed
    assert mismatch(kind, of_another_type(value)) is not None


def test_a_value_that_has_no_other_for_sure_is_left_alone() -> None:
    for value in (("utc-time", bytes(8)), ("structure", [("boolean", True)])):
        assert another(value) == value


# Requests


def asked(service: str, learned: Learned | None = None, **arguments: Any) -> Any:
    message = make_request(MmsClient(), service, POINT, arguments, learned or Learned())
    assert message.octets is not None
    return decode_pdu(message.octets).value


def variables(request: Any) -> list[tuple[str, str]]:
    _, listed = request["service"][1]["variableAccessSpecification"]
    names = [each["variableSpecification"][1][1] for each in listed]
    return [(name["domainID"], name["itemID"]) for name in names]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({}, [("LD0", "GGIO1$SP$IntSet1")]),
        ({"repeat": 2}, [("LD0", "GGIO1$SP$IntSet1")] * 2),
        ({"component": "setVal"}, [("LD0", "GGIO1$SP$IntSet1$setVal")]),
        ({"domain": "LD1", "item": "LLN0"}, [("LD1", "LLN0")]),
        ({"unknown": ["X"]}, [("LD0", "GGIO1$SP$IntSet1"), ("LD0", "X"), ("LD0", "GGIO1$SP$IntSet1")]),
    ],
)
def test_arguments_say_which_variables_are_read(
    arguments: Mapping[str, Any], names: list[tuple[str, str]]
) -> None:
    assert variables(asked("read", **arguments)) == names


def test_a_request_can_be_numbered() -> None:
    assert asked("identify", invoke_id=4711)["invokeID"] == 4711


@pytest.mark.parametrize(
    ("arguments", "data"),
    [
        ({}, ("integer", 2)),
        ({"value": "original"}, ("integer", 1)),
        ({"value": "another"}, ("integer", 0)),
        ({"value": "of another type"}, ("visible-string", "conform62351")),
        ({"data": ["boolean", True]}, ("boolean", True)),
        ({"data": ["bit-string", "000001"]}, bit_string("000001")),
    ],
)
def test_what_is_written_is_given_or_made_of_what_was_read(arguments: Mapping[str, Any], data: Data) -> None:
    learned = Learned(original=("integer", 1), read=("integer", 2))
    assert asked("write", learned, **arguments)["service"][1]["listOfData"] == [data]
    assert learned.written == data


@pytest.mark.parametrize(
    ("service", "arguments"), [("write", {}), ("rename", {}), ("write", {"value": "nothing such"})]
)
def test_what_cannot_be_asked_for_is_a_mistake_in_the_case(
    service: str, arguments: Mapping[str, Any]
) -> None:
    learned = Learned(("integer", 1), ("integer", 1)) if arguments else Learned()
    with pytest.raises(RequestError):
        make_request(MmsClient(), service, POINT, arguments, learned)


# The tester's server


class Served:
    """The tester's end as server of a client that asks as it likes."""

    def __init__(self, **own: Any) -> None:
        self.findings: list[Finding] = []
        model, policy = reference_model(), StimulusPolicy()
        self.end = MmsEnd(policy, InitiateParameters(), model, lambda: NOW, self.findings)
        self.end.propose(own)
        self.client = MmsClient(StimulusPolicy())
        initiate = self.client.initiate()
        assert initiate.octets is not None
        (self.initiated,) = self.end.serve(initiate.octets)

    def ask(self, message: MmsMessage) -> None:
        assert message.octets is not None
        self.end.arrived(decode_pdu(message.octets))

    def answers(self, how: str = "response", *, keep: bool = False) -> list[MmsPdu]:
        return [decode_pdu(reply.octets or b"") for reply in self.end.answer(how, keep=keep)]

    def found(self) -> list[str]:
        return [finding.name for finding in self.findings]


def test_requests_are_outstanding_until_they_are_answered() -> None:
    served = Served(max_outstanding_calling=2)
    for _ in range(3):
        served.ask(served.client.identify())
    assert served.found() == ["outstanding"]
    names = [answer.name for _ in range(4) for answer in served.answers()]
    assert names == ["confirmed-ResponsePDU", "confirmed-ResponsePDU", "rejectPDU"]
    served.ask(served.client.identify())
    assert served.found() == ["outstanding"]


def test_an_invoke_id_in_use_is_found() -> None:
    served = Served()
    request = served.client.identify()
    served.ask(request)
    served.ask(request)
    assert served.found() == ["invokeID"]


@pytest.mark.parametrize(
    ("how", "name"),
    [("error", "confirmed-ErrorPDU"), ("reject", "rejectPDU"), ("response", "confirmed-ResponsePDU")],
)
def test_a_request_is_answered_as_the_step_says(how: str, name: str) -> None:
    served = Served()
    request = served.client.identify()
    served.ask(request)
    (answer,) = served.answers(how)
    assert answer.name == name
    assert request.invoke_id in answer.value.values()


def test_a_request_that_is_kept_is_answered_again() -> None:
    served = Served()
    served.ask(served.client.identify())
    first, second = served.answers(keep=True), served.answers()
    assert first == second
    assert served.answers() == []


def test_conclude_is_answered_when_its_turn_comes() -> None:
    served = Served()
    served.ask(served.client.identify())
    served.ask(served.client.conclude())
    assert [answer.name for _ in range(2) for answer in served.answers()] == [
        "confirmed-ResponsePDU",
        "conclude-ResponsePDU",
    ]


def test_a_request_before_initiate_is_found() -> None:
    findings: list[Finding] = []
    end = MmsEnd(StimulusPolicy(), InitiateParameters(), reference_model(), lambda: NOW, findings)
    end.arrived(decode_pdu(MmsClient().identify().octets or b""))
    assert [finding.name for finding in findings] == ["initiated"]


def test_what_is_proposed_replaces_what_is_usual() -> None:
    served = Served(local_detail=512, services=["read"])
    value = decode_pdu(served.initiated.octets or b"").value
    assert value["localDetailCalled"] == 512
    assert value["initResponseDetail"]["servicesSupportedCalled"] == bits({"read"}, SERVICES, SERVICE_BITS)
    assert decode_pdu(served.end.initiate().octets or b"").value["localDetailCalling"] == 512


def test_an_access_that_failed_is_told_from_one_that_did_not() -> None:
    results = [("success", ("boolean", True)), ("failure", 10)]
    for count, access in ((1, "success"), (2, "failure")):
        value = {"invokeID": 1, "service": ("read", {"listOfAccessResult": results[:count]})}
        pdu = decode_pdu(encode_pdu("confirmed-ResponsePDU", value))
        assert facts(pdu) == {"invokeID": 1, "service": "read", "access": access}
