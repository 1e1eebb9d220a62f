"""How associations of native mode over OSI are rejected and aborted, by either side."""

from __future__ import annotations

from typing import Any

import pytest

from conform62351.profiles.environments.osi.events import PeerHandshake, SecPduTaken
from conform62351.profiles.events import CloseRequested, Faulted
from conform62351.profiles.native.codec import Carrier, Protected
from conform62351.profiles.native.secpdus import (
    ApplAbort,
    ApplicationReject,
    DtSecAbort,
    HandshakeSecAbort,
    HandshakeSecReject,
    OsiFault,
)
from conform62351.profiles.native.tokens import ClearToken3
from conform62351.profiles.osi.apdu import AARE, REJECTED_PERMANENT, REJECTED_TRANSIENT, USER, External
from conform62351.profiles.osi.association import AssociationError, State
from conform62351.profiles.osi.events import (
    Aborted,
    AssociateConfirm,
    AssociateIndication,
    AssociateReject,
)
from conform62351.profiles.tlv_edit import length_octets
from conform62351.suites.selfcheck.environment_osi_bench import (
    IDENTIFY,
    INITIATE,
    NativePair,
    bent,
    data,
    found,
    logged,
    of_kind,
)
from conform62351.suites.selfcheck.native_bench import replaced
from conform62351.suites.selfcheck.osi_pairing import DATA, RESPONSE, Bent

LONG_AGO = b"19990101000000.000Z"
ERROR = bytes.fromhex("aa05020101a000")
TRANSFER_SPOILT = {"E2E.EncrTransfer": lambda octets: octets[:-1] + bytes((octets[-1] ^ 1,))}


def taken(events: list[Any]) -> list[SecPduTaken]:
    return of_kind(events, SecPduTaken)


@pytest.mark.parametrize("result", [REJECTED_PERMANENT, REJECTED_TRANSIENT])
@pytest.mark.parametrize("word", [ERROR, None])
def test_the_protected_protocol_rejects(result: int, word: bytes | None) -> None:
    pair = NativePair().indicated()
    pair.server.reject(result=result, source=USER, user_data=word, name="MMS.initiate-ErrorPDU")
    pair.carry()
    names = ("SES.RF", "PRES.CPR", "ACSE.AARE", "E2E.ApplicationReject")
    assert pair.messages[-1] == (names if word is None else (*names, "MMS.initiate-ErrorPDU"))
    (reject,) = of_kind(pair.client_events, AssociateReject)
    assert isinstance(reject.aare, AARE)
    assert (reject.aare.result, reject.aare.diagnostic_source, reject.aare.diagnostic) == (result, USER, 1)
    assert reject.user_data == word
    (one,) = taken(pair.client_events)
    assert isinstance(one.taken.pdu, ApplicationReject)
    assert logged(pair.client_events) == logged(pair.server_events) == []
    assert pair.states() == (State.CLOSED, State.ENDING)


def test_a_fault_in_the_request_is_answered_with_a_reject_of_security() -> None:
    policy = Bent(
        values={"E2E.HandshakeReq.token": lambda token: replaced(token, version=None, assoID="1000")}
    )
    pair = NativePair(client_policy=policy).indicated()
    assert of_kind(pair.server_events, AssociateIndication) == []
    assert of_kind(pair.server_events, PeerHandshake) == []
    assert found(pair.server_events) == ["E2E.HS.1.2"]
    assert logged(pair.server_events) == ["IEC62351-4:1.5"]
    (reject,) = taken(pair.client_events)
    assert isinstance(reject.taken.pdu, HandshakeSecReject)
    assert (reject.name, reject.taken.pdu.diag) == ("E2E.HandshakeSecReject", 1)
    assert logged(pair.client_events) == ["IEC62351-4:4.14"]
    (event,) = of_kind(pair.client_events, AssociateReject)
    assert (event.aare.result, event.aare.diagnostic_source, event.aare.diagnostic) == (1, USER, 1)
    assert pair.states() == (State.CLOSED, State.ENDING)


def test_a_fault_in_the_acceptance_is_answered_with_an_abort_of_security() -> None:
    policy = Bent(
        values={"E2E.HandshakeAcc.token": lambda token: replaced(token, time=b"19990101000000.000Z")}
    )
    pair = NativePair(server_policy=policy).associated()
    assert of_kind(pair.client_events, AssociateConfirm) == []
    assert logged(pair.client_events) == ["IEC62351-4:2.9"]
    (abort,) = taken(pair.server_events)
    assert isinstance(abort.taken.pdu, HandshakeSecAbort)
    assert logged(pair.server_events) == ["IEC62351-4:5.15"]
    assert pair.messages[-1] == ("SES.AB", "PRES.ARU", "ACSE.ABRT", "E2E.HandshakeSecAbort")
    assert pair.states() == (State.ENDING, State.CLOSED)


@pytest.mark.parametrize("by_client", [True, False])
def test_a_fault_in_data_is_answered_with_an_abort_of_data_transfer(by_client: bool) -> None:
    pair = bent(Bent(octets=TRANSFER_SPOILT), client=by_client).associated().forget()
    sender, receiver = pair.sides(by_client)
    sender.send_data(IDENTIFY, DATA)
    pair.carry()
    assert data(pair.events_of(receiver)) == []
    assert logged(pair.events_of(receiver)) == ["IEC62351-4:11.5"]
    assert of_kind(pair.events_of(receiver), CloseRequested)
    (abort,) = taken(pair.events_of(sender))
    assert isinstance(abort.taken.pdu, DtSecAbort)
    assert abort.taken.pdu.diag is None
    assert logged(pair.events_of(sender)) == ["IEC62351-4:6.11"]
    assert (sender.state, receiver.state) == (State.CLOSED, State.ENDING)
    sender.send_data(IDENTIFY, DATA)
    receiver.send_data(IDENTIFY, DATA)
    assert not sender.take_output()
    assert not receiver.take_output()


@pytest.mark.parametrize("moment", ["indicated", "associated"])
@pytest.mark.parametrize("by_client", [True, False])
@pytest.mark.parametrize("word", [ERROR, None])
def test_either_side_aborts(by_client: bool, moment: str, word: bytes | None) -> None:
    pair: NativePair = getattr(NativePair(), moment)()
    sender, receiver = pair.sides(by_client)
    sender.abort(user_data=word, name="MMS.any")
    pair.carry()
    (abort,) = taken(pair.events_of(receiver))
    assert isinstance(abort.taken.pdu, ApplAbort)
    assert of_kind(pair.events_of(receiver), Aborted)[0].user_data == word
    assert found(pair.events_of(receiver)) == []
    assert (sender.state, receiver.state) == (State.ENDING, State.CLOSED)


def test_before_the_association_begins_an_abort_has_no_secpdu() -> None:
    pair = NativePair().connected()
    pair.client.abort()
    pair.carry()
    assert pair.messages[-1] == ("SES.AB", "PRES.ARU", "ACSE.ABRT")
    assert pair.states() == (State.ENDING, State.CLOSED)


@pytest.mark.parametrize("by_client", [True, False])
def test_either_side_aborts_for_a_diagnostic_of_data_transfer(by_client: bool) -> None:
    pair = NativePair().associated().forget()
    sender, receiver = pair.sides(by_client)
    sender.dt_sec_abort(8)
    pair.carry()
    assert logged(pair.events_of(receiver)) == ["IEC62351-4:6.15"]


def _stale(token: ClearToken3) -> ClearToken3:
    return replaced(token, time=LONG_AGO)


ABORTS: dict[str, tuple[str, str]] = {
    "ApplicationReject": ("E2E.ApplicationReject.token", "IEC62351-4:3.9"),
    "HandshakeSecReject": ("E2E.HandshakeSecReject.token", "IEC62351-4:4.9"),
    "ApplAbort": ("E2E.ApplAbort.token", "IEC62351-4:7.9"),
    "DtSecAbort": ("E2E.DtSecAbort.token", "IEC62351-4:6.9"),
}


@pytest.mark.parametrize("kind", ABORTS)
def test_a_reject_or_abort_at_fault_ends_the_association_and_is_logged(kind: str) -> None:
    name, event = ABORTS[kind]
    server = Bent(values={name: _stale})
    client = Bent(values={"E2E.HandshakeReq.token": lambda token: replaced(token, assoID="x")})
    pair = NativePair(server_policy=server, client_policy=client if kind == "HandshakeSecReject" else None)
    if kind == "ApplicationReject":
        pair.indicated()
        pair.server.reject(result=1, source=USER)
    elif kind == "HandshakeSecReject":
        pair.indicated()
    else:
        pair.associated()
        pair.server.abort() if kind == "ApplAbort" else pair.server.dt_sec_abort(1)
    pair.carry()
    assert logged(pair.client_events) == [event]
    assert of_kind(pair.client_events, Faulted)
    assert of_kind(pair.client_events, CloseRequested)
    assert pair.client.state is State.CLOSED


def test_a_client_aborts_where_no_initiate_response_came() -> None:
    pair = NativePair().indicated().forget()
    pair.server.accept(ERROR, RESPONSE)
    pair.carry()
    assert of_kind(pair.client_events, AssociateConfirm) == []
    assert found(pair.client_events) == ["E2E.OSI.ACC.1"]
    assert logged(pair.client_events) == logged(pair.server_events) == []
    (abort,) = taken(pair.server_events)
    assert isinstance(abort.taken.pdu, ApplAbort)
    assert abort.taken.pdu.applData is None


def test_a_client_may_be_told_to_go_on_without_an_initiate_response() -> None:
    pair = NativePair(client_policy=Bent(without=("E2E.OSI.ACC.1",))).indicated()
    pair.server.accept(ERROR, RESPONSE)
    pair.carry()
    assert of_kind(pair.client_events, AssociateConfirm)[0].user_data == ERROR


def _without_appl_data(tbs: Protected) -> Protected:
    content = tbs.content.removesuffix(INITIATE)
    return Protected(b"\x30" + length_octets(len(content)) + content, content)


def test_a_request_without_a_pdu_is_for_the_user_to_reject() -> None:
    pair = NativePair(client_policy=Bent(values={"E2E.HandshakeReq.tbs": _without_appl_data})).indicated()
    assert of_kind(pair.server_events, AssociateIndication)[0].user_data == b""
    pair.server.reject(result=1, source=USER)
    pair.carry()
    assert isinstance(taken(pair.client_events)[0].taken.pdu, ApplicationReject)


def _sent(name: str, pair: NativePair) -> bytes:
    """Return the SecPDU called ``name`` that a client has received."""
    return next(one.octets for one in pair.client.take_received() if one.name == name)


def test_a_reject_in_an_accepting_aare_is_a_protocol_error() -> None:
    refused = NativePair().indicated()
    refused.server.reject(result=1, source=USER)
    refused.carry()
    reject = _sent("E2E.ApplicationReject", refused)
    pair = NativePair(server_policy=Bent(octets={"E2E.HandshakeAcc": lambda _: reject})).associated()
    assert of_kind(pair.client_events, AssociateConfirm) == []
    assert found(pair.client_events) == ["E2E.HS.1.1"]
    assert logged(pair.client_events) == ["IEC62351-4:2.4"]
    assert isinstance(taken(pair.server_events)[-1].taken.pdu, HandshakeSecAbort)


def test_an_acceptance_in_a_rejecting_aare_makes_no_association() -> None:
    accept = _sent("E2E.HandshakeAcc", NativePair().associated())
    pair = NativePair(server_policy=Bent(octets={"E2E.ApplicationReject": lambda _: accept})).indicated()
    pair.server.reject(result=1, source=USER)
    pair.carry()
    assert found(pair.client_events) == ["E2E.T3.1.1"]
    assert logged(pair.client_events) == ["IEC62351-4:4.4"]
    assert pair.client.agreed is None
    assert pair.client.state is State.CLOSED


def test_a_plain_refusal_is_taken_for_no_secpdu() -> None:
    """A server without native mode refuses in the words of plain MMS."""
    external = External(3, ERROR)
    words = Bent(values={"ACSE.AARE": lambda aare: replaced(aare, user_information=(external,))})
    pair = NativePair(server_policy=words).indicated()
    pair.server.reject(result=1, source=USER)
    pair.carry()
    assert taken(pair.client_events) == []
    assert logged(pair.client_events) == ["IEC62351-4:15.2"]
    assert len(of_kind(pair.client_events, AssociateReject)) == 1


@pytest.mark.parametrize("carrier", [Carrier.ABRT, Carrier.RLRQ, Carrier.DATA])
def test_a_tester_sends_any_octets_as_a_secpdu(carrier: Carrier) -> None:
    pair = NativePair().associated().forget()
    pair.client.send_secpdu(b"\x30\x00", "E2E.any", carrier)
    pair.carry()
    assert "E2E.any" in pair.messages[0]
    assert pair.server.state in (State.ENDING, State.CLOSED)
    assert of_kind(pair.server_events, Faulted)


def test_a_handshake_is_not_sent_as_octets() -> None:
    pair = NativePair().associated()
    with pytest.raises(AssociationError):
        pair.client.send_secpdu(b"", "E2E.any", Carrier.AARQ)


def test_calls_of_the_other_role_or_moment_are_mistakes() -> None:
    pair = NativePair().associated()
    with pytest.raises(AssociationError):
        pair.client.accept_release()
    with pytest.raises(AssociationError):
        pair.client.accept(b"", "MMS.any")
    with pytest.raises(AssociationError):
        pair.server.associate(b"", "MMS.any")
    with pytest.raises(AssociationError):
        pair.client.ask_for_rekey()
    with pytest.raises(AssociationError):
        pair.server.rekey()


def test_osi_diagnostics_are_taken_and_not_logged() -> None:
    pair = NativePair().associated().forget()
    pair.server.send_secpdu(bytes.fromhex("83010f"), "E2E.osiDiagnostics", Carrier.ABRT)
    pair.carry()
    (one,) = taken(pair.client_events)
    assert (one.name, one.taken.pdu) == ("E2E.osiDiagnostics", OsiFault(diagnostic=15))
    assert logged(pair.client_events) == []
    assert pair.client.state is State.CLOSED


def test_a_withheld_answer_leaves_nobody_waiting() -> None:
    policy = Bent(values={"E2E.HandshakeReq.token": lambda token: replaced(token, assoID="x")})
    silent = Bent(octets={"E2E.HandshakeSecReject": lambda _: None})
    pair = NativePair(client_policy=policy, server_policy=silent).indicated()
    assert pair.server.state is State.ENDING
    assert of_kind(pair.server_events, CloseRequested)
