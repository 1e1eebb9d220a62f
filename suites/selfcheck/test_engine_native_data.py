"""Data, rekeys, aborts and releases of native mode as steps want them, against the reference device."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.suites.native.conversations import (
    client_aborts,
    client_association,
    client_exchanges,
    logged,
    own_secpdus,
    server_aborts,
    server_association,
    server_exchanges,
)
from conform62351.suites.selfcheck.case_bench import Bench, Subject
from conform62351.suites.selfcheck.native_answers import EVERYTHING
from conform62351.suites.selfcheck.native_steps_bench import REQUIREMENT, agrees, passes
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Edit,
    EditTlv,
    FlipBit,
    SetField,
    SetTime,
)
from conform62351.tooling.engine.native_outcomes import (
    ALARM,
    RELEASE_REQUESTED_SECURELY,
    TransferRow,
    data_aborted,
    osi_fault,
)
from conform62351.tooling.engine.native_steps import SecPduName
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    CONCLUDE_REQUEST,
    ENDED,
    REQUEST,
    expect,
    one,
    reach,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Abort,
    Act,
    Alternative,
    AnswerRelease,
    AnyStep,
    Rekey,
    Release,
    Request,
    Respond,
    SendAgain,
    SendSecPdu,
    Signing,
)


@pytest.fixture(scope="module")
def subject(bench: Bench) -> Iterator[Subject]:
    with bench.device(Policy(), {}, has=EVERYTHING, says=EVERYTHING) as made:
        yield made


DATA = "E2E.EncrTransfer"
RETAGGED = EditTlv(pdu=f"{DATA}.tbp", path="30", edit=Edit.RETAG, octets=b"\x31")
WRONG_DATA: dict[str, tuple[str, str, tuple[AnyMutation, ...]]] = {
    "tag": ("E2E.DT.6", "icv", (FlipBit(pdu=DATA, at=-1),)),
    "aad": ("E2E.DT.6", "icv", (FlipBit(pdu=f"{DATA}.aad", at=0),)),
    "assoID": ("E2E.DT.1", "undecodable", (SetField(pdu=f"{DATA}.token", field="assoID", value="999:998"),)),
    "iv": ("E2E.DT.5", "gcm-iv", (SetField(pdu=f"{DATA}.token", field="iv", value=None),)),
    "time": ("E2E.DT.7", "time", (SetTime(pdu=f"{DATA}.token", boundary="past", inside=False),)),
    "seq": ("E2E.DT.9", "seq", (SetField(pdu=f"{DATA}.token", field="seq", value=5),)),
    "tbp": ("E2E.DT.1", "undecodable", (RETAGGED,)),
}


@pytest.mark.parametrize("name", WRONG_DATA)
def test_a_server_aborts_for_what_is_wrong_in_data(subject: Subject, name: str) -> None:
    step, fault, mutations = WRONG_DATA[name]
    passes(subject, server_association(), server_aborts(REQUIREMENT, step, fault, *mutations))


@pytest.mark.parametrize("name", WRONG_DATA)
def test_a_client_aborts_for_what_is_wrong_in_data(subject: Subject, name: str) -> None:
    step, fault, mutations = WRONG_DATA[name]
    passes(subject, client_association(), client_aborts(REQUIREMENT, step, fault, *mutations))


def test_keys_are_refreshed_by_either_side(subject: Subject) -> None:
    changed = agrees(rekeys=1)
    passes(subject, server_association(), Rekey(), server_exchanges(3, REQUIREMENT), changed, own_secpdus)
    asked = (Rekey(), *client_exchanges(3, REQUIREMENT))
    passes(subject, client_association(), client_exchanges(1), asked, changed, own_secpdus)


def test_the_time_of_the_last_message_again(subject: Subject) -> None:
    again = SetTime(pdu=f"{DATA}.token", again=0)
    skipping = (again, SetField(pdu=f"{DATA}.token", field="seq", value=2))
    first = (*server_association(), *server_exchanges(1))
    passes(subject, first, server_aborts(REQUIREMENT, "E2E.DT.9", "seq", *skipping))
    replayed = (again, SetField(pdu=f"{DATA}.token", field="seq", value=0))
    passes(subject, first, server_aborts(REQUIREMENT, "E2E.DT.8", "replay", *replayed))


def test_data_that_are_sent_again_are_a_replay(subject: Subject) -> None:
    due = TransferRow("E2E.DT.8", "replay", Role.SERVER, "EncrTransfer")
    passes(
        subject,
        server_association(),
        server_exchanges(1),
        SendAgain(pdu=DATA),
        refuse(REQUIREMENT, due.forms),
        logged(due.events),
    )


def test_data_past_protection_are_not_carried_out(subject: Subject) -> None:
    forms = (*osi_fault(3), data_aborted("protocol-error"))
    passes(
        subject,
        server_association(),
        Request(service="read", point="data.read", unprotected=True, may_break=True),
        refuse(REQUIREMENT, forms),
    )
    passes(
        subject,
        client_association(),
        Act(action="send-request"),
        reach(REQUEST),
        Respond(unprotected=True, may_break=True),
        refuse(REQUIREMENT, forms),
    )


@pytest.mark.parametrize(
    "step",
    [
        SendSecPdu(pdu="DtSecAbort"),
        SendSecPdu(pdu="DtSecAbort", diagnostic="invalid-time-value"),
        SendSecPdu(pdu="HandshakeSecAbort", diagnostic="ae-not-used"),
        SendSecPdu(pdu="ApplAbort"),
        SendSecPdu(pdu="osiDiagnostics", diagnostic="4"),
        SendSecPdu(pdu="HandshakeReq", carrier="ABRT"),
        Abort(),
        Abort(signing=Signing(key="e2e-rsa")),
    ],
    ids=str,
)
def test_aborts_end_the_association_whatever_is_wrong_with_them(subject: Subject, step: AnyStep) -> None:
    ends = expect(REQUIREMENT, ENDED, limit="limit.close")
    passes(subject, server_association(), server_exchanges(1), step, ends)
    passes(subject, client_association(), client_exchanges(1), step, ends)


@pytest.mark.parametrize("conclude", [False, True])
def test_releases_with_and_without_conclude(subject: Subject, conclude: bool) -> None:
    over = expect(REQUIREMENT, one(Kind.RELEASED, secpdu="E2E.ReleaseRsp", applData=conclude))
    passes(subject, server_association(), Release(conclude=conclude), over, own_secpdus)


def test_a_client_releases(subject: Subject) -> None:
    passes(
        subject,
        client_association(),
        Act(action="release", first=True),
        expect(REQUIREMENT, CONCLUDE_REQUEST),
        Respond(),
        expect(REQUIREMENT, RELEASE_REQUESTED_SECURELY),
        AnswerRelease(),
        expect(REQUIREMENT, ENDED, limit="limit.close"),
    )


@pytest.mark.parametrize(
    ("signing", "forms"),
    [
        (Signing(covers="other"), (data_aborted(ALARM),)),
        (Signing(credential="bad/expired"), (data_aborted(ALARM, "no-reason-given"),)),
    ],
    ids=str,
)
def test_a_release_that_is_signed_wrongly_is_answered_by_an_abort(
    subject: Subject, signing: Signing, forms: tuple[Alternative, ...]
) -> None:
    passes(subject, server_association(), Release(signing=signing), refuse(REQUIREMENT, forms))


@pytest.mark.parametrize("pdu", ["ReleaseRsp", "ClearTransfer", "HandshakeAcc"])
def test_what_is_out_of_place_is_not_accepted(subject: Subject, pdu: SecPduName) -> None:
    passes(
        subject,
        server_association(),
        SendSecPdu(pdu=pdu, may_break=True),
        refuse(REQUIREMENT, ABORTED, ENDED),
    )
