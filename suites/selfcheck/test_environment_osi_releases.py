"""How associations of native mode over OSI are released: by either side, by both at once, and at fault."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.environments.osi.events import SecPduTaken
from conform62351.profiles.native.secpdus import (
    DtSecAbort,
    ReleaseReq,
    ReleaseRsp,
)
from conform62351.profiles.native.tokens import ClearToken3
from conform62351.profiles.osi.association import State
from conform62351.profiles.osi.events import (
    Data,
    ReleaseConfirm,
    ReleaseIndication,
)
from conform62351.suites.selfcheck.environment_osi_bench import (
    ANSWER,
    IDENTIFIED,
    IDENTIFY,
    NativePair,
    bent,
    data,
    found,
    logged,
    of_kind,
)
from conform62351.suites.selfcheck.native_bench import replaced
from conform62351.suites.selfcheck.osi_pairing import DATA, Bent

LONG_AGO = b"19990101000000.000Z"
CONCLUDE = bytes.fromhex("8b00")
CONCLUDED = bytes.fromhex("8c00")


def taken(events: list[Any]) -> list[SecPduTaken]:
    return of_kind(events, SecPduTaken)


@pytest.mark.parametrize("by_client", [True, False])
@pytest.mark.parametrize("inside", [True, False], ids=["conclude-inside", "conclude-before"])
def test_either_side_releases(by_client: bool, inside: bool) -> None:
    pair = NativePair().associated().forget()
    sender, receiver = pair.sides(by_client)
    if not inside:
        sender.send_data(CONCLUDE, "MMS.conclude-RequestPDU")
        pair.carry()
        receiver.send_data(CONCLUDED, "MMS.conclude-ResponsePDU")
        pair.carry()
    sender.release(user_data=CONCLUDE if inside else None, name="MMS.conclude-RequestPDU")
    pair.carry()
    (indication,) = of_kind(pair.events_of(receiver), ReleaseIndication)
    assert indication.user_data == (CONCLUDE if inside else None)
    receiver.accept_release(user_data=CONCLUDED, name="MMS.conclude-ResponsePDU")
    pair.carry()
    (confirm,) = of_kind(pair.events_of(sender), ReleaseConfirm)
    assert confirm.user_data == (CONCLUDED if inside else None)
    names = ("SES.DN", "PRES.UD", "ACSE.RLRE", "E2E.ReleaseRsp")
    assert pair.messages[-1] == ((*names, "MMS.conclude-ResponsePDU") if inside else names)
    assert isinstance(taken(pair.events_of(receiver))[-1].taken.pdu, ReleaseReq)
    assert isinstance(taken(pair.events_of(sender))[-1].taken.pdu, ReleaseRsp)
    assert (sender.state, receiver.state) == (State.CLOSED, State.ENDING)
    assert found(pair.client_events) == found(pair.server_events) == []


def test_releases_that_collide_are_both_answered() -> None:
    pair = NativePair().associated().forget()
    pair.client.release()
    pair.server.release()
    pair.carry()
    assert pair.states() == (State.COLLISION, State.COLLISION)
    for machine in (pair.client, pair.server):
        (indication,) = of_kind(pair.events_of(machine), ReleaseIndication)
        assert indication.collision
        machine.accept_release()
    pair.carry()
    assert pair.states() == (State.CLOSED, State.CLOSED)
    for machine in (pair.client, pair.server):
        assert len(of_kind(pair.events_of(machine), ReleaseConfirm)) == 1
    assert found(pair.client_events) == found(pair.server_events) == []


def test_data_behind_the_own_release_request_are_dropped() -> None:
    pair = NativePair().associated().forget()
    pair.client.release()
    pair.server.send_data(IDENTIFIED, ANSWER)
    pair.carry()
    assert of_kind(pair.client_events, Data) == []
    assert found(pair.client_events) == []
    pair.server.accept_release()
    pair.carry()
    assert pair.states() == (State.CLOSED, State.ENDING)


def test_requests_after_a_conclude_are_answered_until_a_release_ends_all() -> None:
    pair = NativePair().associated().forget()
    pair.client.send_data(CONCLUDE, "MMS.conclude-RequestPDU")
    pair.server.send_data(IDENTIFY, DATA)
    pair.server.release()
    pair.carry()
    assert data(pair.client_events) == [IDENTIFY]
    assert pair.client.state is State.RELEASE_INDICATED
    pair.client.accept_release()
    pair.carry()
    assert pair.states() == (State.ENDING, State.CLOSED)


def _stale(token: ClearToken3) -> ClearToken3:
    return replaced(token, time=LONG_AGO)


@pytest.mark.parametrize("by_client", [True, False])
def test_a_release_request_at_fault_is_answered_with_an_abort(by_client: bool) -> None:
    policy = Bent(values={"E2E.ReleaseReq.token": _stale})
    pair = bent(policy, client=by_client).associated().forget()
    sender, receiver = pair.sides(by_client)
    sender.release()
    pair.carry()
    assert of_kind(pair.events_of(receiver), ReleaseIndication) == []
    assert logged(pair.events_of(receiver)) == ["IEC62351-4:12.9"]
    (abort,) = taken(pair.events_of(sender))
    assert isinstance(abort.taken.pdu, DtSecAbort)
    assert abort.taken.pdu.diag == 10
    assert (sender.state, receiver.state) == (State.CLOSED, State.ENDING)


@pytest.mark.parametrize("by_client", [True, False])
def test_a_release_response_at_fault_releases_all_the_same(by_client: bool) -> None:
    policy = Bent(values={"E2E.ReleaseRsp.token": _stale})
    pair = bent(policy, client=not by_client).associated().forget()
    sender, receiver = pair.sides(by_client)
    sender.release()
    pair.carry()
    receiver.accept_release()
    pair.carry()
    assert len(of_kind(pair.events_of(sender), ReleaseConfirm)) == 1
    assert logged(pair.events_of(sender)) == ["IEC62351-4:13.9"]
    assert (sender.state, receiver.state) == (State.CLOSED, State.ENDING)
