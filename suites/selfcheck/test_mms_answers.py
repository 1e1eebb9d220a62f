"""Answers in the usual form are taken without checks: with the same outcome as with all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from conform62351.profiles.events import Faulted
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.mms.messages import Handled, Response
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.policy import CheckTable, Context, Fault, Policy, Reaction, Step
from conform62351.suites.selfcheck.mms_pair import NOW, Pair
from conform62351.suites.selfcheck.policy_samples import ChecksAnew, Plain

SUCCESS = ("success", ("integer", 5))
FAILURE = ("failure", 10)
IDENTITY = {"vendorName": "a", "modelName": "b", "revision": "c"}
STATUS = {"vmdLogicalStatus": 0, "vmdPhysicalStatus": 0}
LONG = {**IDENTITY, "vendorName": "x" * 70}

ANSWERS: list[tuple[str, Any]] = [
    ("read", {"listOfAccessResult": [SUCCESS]}),
    ("read", {"listOfAccessResult": [SUCCESS, FAILURE]}),
    ("read", {"listOfAccessResult": []}),
    ("write", [("success", None)]),
    ("write", [FAILURE, FAILURE]),
    ("identify", IDENTITY),
    ("identify", LONG),
    ("status", STATUS),
]


def response(invoke_id: int, service: str, value: Any) -> bytes:
    return encode_pdu("confirmed-ResponsePDU", {"invokeID": invoke_id, "service": (service, value)})


def long_form(octets: bytes) -> bytes:
    """Return a short PDU with its length in two octets, which is an anomaly."""
    return octets[:1] + b"\x81" + octets[1:] if octets[1] < 0x80 else octets


def asking(policy: Policy, *, initiate: bool, limit: int | None) -> MmsClient:
    """Return a client with requests 1 to 5 outstanding."""
    parameters = InitiateParameters(limit)
    client = Pair(client_policy=policy, parameters=parameters, initiate=initiate).client
    client.read(("D", "I"))
    client.read(("D", "I"), ("D", "J"))
    client.read_list("D", "L")
    client.write(("D", "I", ("boolean", True)))
    client.identify()
    return client


@settings(max_examples=100, deadline=None)
@given(
    st.booleans(),
    st.sampled_from((True, True, True, False)),
    st.sampled_from((None, 65_000, 80)),
    st.lists(st.tuples(st.integers(0, 6), st.sampled_from(ANSWERS), st.booleans()), min_size=1, max_size=4),
)
@example(True, True, 80, [(5, ("identify", LONG), False)])
@example(False, True, None, [(1, ANSWERS[0], False), (1, ANSWERS[0], False)])
@example(False, True, None, [(1, ANSWERS[0], True)])
@example(True, True, None, [(2, ANSWERS[0], False), (4, ANSWERS[4], False), (3, ANSWERS[2], False)])
@example(True, False, None, [(1, ANSWERS[0], False)])
def test_answers_in_the_usual_form_are_taken_as_any_answer(
    reacts: bool, initiate: bool, limit: int | None, answers: list[tuple[int, tuple[str, Any], bool]]
) -> None:
    results: list[list[Handled]] = []
    for policy in (Plain(reacts), ChecksAnew(reacts)):
        client = asking(policy, initiate=initiate, limit=limit)
        handled = []
        for invoke_id, (service, value), odd in answers:
            octets = response(invoke_id, service, value)
            handled.append(client.handle(long_form(octets) if odd else octets, NOW))
        results.append(handled)
    assert results[0] == results[1]


@pytest.mark.parametrize("table", ["MMS.incoming", "MMS.answer"])
def test_a_check_of_the_policy_is_made_on_answers_in_the_usual_form(table: str) -> None:
    class Picky(Policy):
        table = ""

        def steps(self, table: CheckTable[Context]) -> Sequence[Step[Context]]:
            if table.name != self.table:
                return table.steps
            return (Step("X.1", "never", "none", "I", lambda _: Fault("never", Reaction.IGNORE)),)

    policy = Picky()
    client = asking(policy, initiate=True, limit=None)
    octets = response(1, "read", {"listOfAccessResult": [SUCCESS]})
    policy.table = table
    assert [type(event) for event in client.handle(octets, NOW).events] == [Faulted]
    policy.table = ""
    assert [type(event) for event in client.handle(octets, NOW).events] == [Response]
