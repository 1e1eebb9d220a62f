"""Requests that wait for their answers: how many may, cancel and conclude."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.fixtures.faults.building import LeaveOut
from conform62351.profiles.mms.codec import MmsError
from conform62351.profiles.mms.messages import (
    CancelConfirm,
    ConcludeConfirm,
    ConcludeIndication,
    ErrorResponse,
    RejectReceived,
    Response,
)
from conform62351.profiles.mms.names import reject, service_error
from conform62351.profiles.mms.negotiation import InitiateParameters
from conform62351.profiles.mms.server import ServerSettings
from conform62351.profiles.policy import Policy
from conform62351.suites.selfcheck.mms_pair import LD, NOW, REQUEST_REASON, Pair, confirmed, faults


def slow(client_policy: Policy | None = None) -> Pair:
    return Pair(settings=ServerSettings(response_time=2.0), client_policy=client_policy)


def ticked(pair: Pair, after: float) -> list[Any]:
    pair.now = NOW + after
    return pair.deliver(pair.server.tick(pair.now))


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
