"""MMS client and server under policies that rewrite, leave out checks or change what they do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.faults.building import LeaveOut, ReplaceReaction, RewriteField, Withhold
from conform62351.profiles.events import Faulted
from conform62351.profiles.mms.checks import INCOMING
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.codec import decode_pdu, encode_pdu
from conform62351.profiles.mms.messages import (
    Initiated,
)
from conform62351.profiles.mms.names import DataAccessError, ObjectClass
from conform62351.profiles.mms.negotiation import InitiateParameters, request
from conform62351.profiles.mms.pdu_checks import ANSWER, OUTGOING, REQUEST
from conform62351.profiles.mms.service_checks import ANSWERED, CANCEL, CONCLUDE, INITIATE, ITEM, SERVICE
from conform62351.profiles.policy import Policy, Reaction
from conform62351.suites.selfcheck.mms_pair import LD, NOW, REQUEST_REASON, Pair, confirmed

TABLES = (INCOMING, ANSWER, REQUEST, OUTGOING, INITIATE, ANSWERED, CANCEL, CONCLUDE, SERVICE, ITEM)
EVERYTHING = LeaveOut(*(step.id for table in TABLES for step in table.steps))


def test_step_identifiers_are_unique_and_numbered_in_order() -> None:
    identifiers = [step.id for table in TABLES for step in table.steps]
    assert sorted(identifiers, key=lambda text: int(text.partition(".")[2])) == [
        f"MMS.{number}" for number in range(1, len(identifiers) + 1)
    ]


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
    pair = Pair(server_policy=Withhold("MMS.confirmed-ResponsePDU"))
    message = pair.client.identify()
    assert message.octets is not None
    (reply,) = pair.server.handle(message.octets, NOW).replies
    assert (reply.name, reply.octets, reply.invoke_id) == ("MMS.confirmed-ResponsePDU", None, 1)


def test_a_rewritten_answer_is_sent_whatever_its_length() -> None:
    policy = RewriteField(
        "MMS.confirmed-ResponsePDU",
        service=("identify", {"vendorName": "x" * 200, "modelName": "", "revision": ""}),
    )
    pair = Pair(server_policy=policy, parameters=InitiateParameters(100))
    (answer,) = pair.send(confirmed(1, "identify", None))
    assert answer.value["service"][1]["vendorName"] == "x" * 200


def test_a_faulty_device_fails_with_another_code() -> None:
    pair = Pair(server_policy=ReplaceReaction("MMS.30", Reaction.IGNORE, code=3))
    assert pair.read("NONE") is DataAccessError.OBJECT_ACCESS_DENIED
    pair = Pair(server_policy=ReplaceReaction("MMS.4", Reaction.IGNORE, code=0))
    assert pair.send(bytes.fromhex("a006 020107 bf4800"))[0].value["rejectReason"] == (REQUEST_REASON, 0)


@pytest.mark.parametrize("identifier", ["MMS.4", "MMS.25", "MMS.30"])
def test_a_fault_that_ends_the_association_leaves_no_answer(identifier: str) -> None:
    pair = Pair(server_policy=ReplaceReaction(identifier, Reaction.ABORT))
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
