"""Native mode as steps want it, against the reference device in both roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.profiles.crypto.signatures import SHA256_WITH_RSA
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity, Verdict, worst
from conform62351.suites.loading import load
from conform62351.suites.native.conversations import (
    CLIENT_BASELINE,
    NATIVE,
    SERVER_BASELINE,
    client_aborts,
    client_association,
    client_exchanges,
    client_refuses,
    client_takes,
    logged,
    own_secpdus,
    server_aborts,
    server_association,
    server_connection_on,
    server_exchanges,
    server_refuses,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_request
from conform62351.suites.selfcheck.case_bench import Bench, Subject
from conform62351.suites.selfcheck.native_answers import EVERYTHING
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Edit,
    EditTlv,
    FlipBit,
    MutationError,
    Replay,
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
    AnswerAssociation,
    AnswerRelease,
    AnyStep,
    Handshake,
    Rekey,
    Release,
    Request,
    Respond,
    SendAgain,
    SendSecPdu,
    Signing,
    TimeForm,
    Verify,
)

REQUIREMENT = "R-E2E-association"


@pytest.fixture(scope="module")
def subject(bench: Bench) -> Iterator[Subject]:
    with bench.device(Policy(), {}, has=EVERYTHING, says=EVERYTHING) as made:
        yield made


@pytest.mark.parametrize("identifier", [SERVER_BASELINE, CLIENT_BASELINE])
def test_the_baselines_pass(subject: Subject, identifier: str) -> None:
    checks = subject.play(load()[identifier])
    assert worst(check.verdict for check in checks) is Verdict.PASS, [c.got for c in checks]


@pytest.mark.parametrize("identifier", [SERVER_BASELINE, CLIENT_BASELINE])
def test_an_iv_that_comes_again_is_caught(bench: Bench, identifier: str) -> None:
    fault = fault_catalogue()["e2e-one-iv-for-all-data"]
    with bench.device(fault.make(), {}, has=EVERYTHING, says=EVERYTHING) as faulty:
        checks = faulty.play(load()[identifier])
    failing = [check for check in checks if check.verdict is Verdict.FAIL]
    assert [(check.requirement, check.severity) for check in failing] == [
        (fault.requirement, Severity.SECURITY)
    ]


def passes(subject: Subject, *steps: Steps | AnyStep, configuration: str = NATIVE) -> None:
    checks = subject.try_steps(REQUIREMENT, *steps, configuration=configuration)
    assert worst(check.verdict for check in checks) is Verdict.PASS, [
        (check.sent, check.got, check.reason) for check in checks if check.verdict is not Verdict.PASS
    ]


TOKEN = {Role.SERVER: "E2E.HandshakeReq.token", Role.CLIENT: "E2E.HandshakeAcc.token"}
PDU = {Role.SERVER: "E2E.HandshakeReq", Role.CLIENT: "E2E.HandshakeAcc"}


def refusals(role: Role) -> dict[str, tuple[str, tuple[AnyMutation, ...], Handshake | None]]:
    """Return ways to have a handshake refused: the row, what is changed, and how it is signed and offered."""
    token, pdu = TOKEN[role], PDU[role]
    return {
        "version": ("9", (SetField(pdu=token, field="version", value=(1,)),), None),
        "time in the past": ("10", (SetTime(pdu=token, boundary="past", inside=False),), None),
        "time in the future": ("10", (SetTime(pdu=token, boundary="future", inside=False),), None),
        "a day old": ("10", (SetTime(pdu=token, shift=-86400),), None),
        "time with an offset": ("1.5", (SetTime(pdu=token, form=TimeForm.OFFSET),), None),
        "assoID": ("1.2", (SetField(pdu=token, field="assoID", value="7:1:2"),), None),
        "hmac": ("14", (SetField(pdu=token, field="hmac.oid", value="1.2.3"),), None),
        "public value": (
            "13",
            (SetField(pdu=token, field="dhKey.0.dhPublicKey", octets=b"\4" + bytes(64)),),
            None,
        ),
        "no time": ("1.1", (EditTlv(pdu=f"{pdu}.tbs", path="30/30/18", edit=Edit.DROP),), None),
        "signature": ("4.2", (FlipBit(pdu=pdu, at=-1),), None),
        "signed over the whole tbs": ("4.2", (), Handshake(covers="whole")),
        "signed over other octets": ("4.2", (), Handshake(covers="other")),
        "another key": ("4.2", (), Handshake(key="e2e-brainpool")),
        "key of another kind": ("3.2", (), Handshake(key="e2e-rsa")),
        "stated algorithm": ("2", (), Handshake(algorithm="ecdsa-with-SHA384")),
        "sign.algo": ("3.1", (SetField(pdu=pdu, field="sign.algo.oid", value=SHA256_WITH_RSA),), None),
        "expired": ("6.2", (), Handshake(credential="bad/expired")),
        "undecodable certificate": ("4.1", (), Handshake(credential="bad/truncated")),
        "somebody else": ("8", (), Handshake(credential="bad/other-subject")),
        "attribute certificate": ("24", (), Handshake(att_cert="bad/expired")),
    }


@pytest.mark.parametrize("name", refusals(Role.SERVER))
def test_a_server_refuses_what_is_wrong_in_a_handshake(subject: Subject, name: str) -> None:
    row, mutations, how = refusals(Role.SERVER)[name]
    passes(
        subject,
        server_connection_on(0),
        server_refuses(REQUIREMENT, row, *mutations, handshake=how),
    )


@pytest.mark.parametrize("name", refusals(Role.CLIENT))
def test_a_client_refuses_what_is_wrong_in_a_handshake(subject: Subject, name: str) -> None:
    row, mutations, how = refusals(Role.CLIENT)[name]
    passes(subject, client_request, client_refuses(REQUIREMENT, row, *mutations, handshake=how))


DATA = "E2E.EncrTransfer"
RETAGGED = EditTlv(pdu=f"{DATA}.tbp", path="30", edit=Edit.RETAG, octets=b"\x31")
WRONG_DATA: dict[str, tuple[str, str, tuple[AnyMutation, ...]]] = {
    "tag": ("E2E.DT.6", "icv", (FlipBit(pdu=DATA, at=-1),)),
    "aad": ("E2E.DT.6", "icv", (FlipBit(pdu=f"{DATA}.aad", at=0),)),
    "assoID": ("E2E.DT.1", "undecodable", (SetField(pdu=f"{DATA}.token", field="assoID", value="9:9"),)),
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


def agrees(**fields: str | int) -> Steps:
    return tuple(
        Verify(requirement=REQUIREMENT, field=f"E2E.{field}", is_in=(value,))
        for field, value in fields.items()
    )


@pytest.mark.parametrize(
    ("how", "agreed"),
    [
        (
            Handshake(mode="ae", ae=("aes128-GCM/16",), groups=("brainpoolP256r1",)),
            agrees(encryption="aes128-GCM/16", group="brainpoolP256r1", dhGroup=28),
        ),
        (
            Handshake(mode="separate", encryption=("aes256-CBC",), integrity=("aes256-GCM/12",)),
            agrees(mode="separate", encryption="aes256-CBC", integrity="aes256-GCM/12"),
        ),
        (
            Handshake(mode="clear", integrity=("hmacWithSHA256",), groups=("modp-2048",)),
            agrees(mode="clear", encryption="", integrity="hmacWithSHA256", dhGroup=14),
        ),
        (Handshake(credential="e2e-rsa"), agrees(signature="ecdsa-with-SHA256")),
    ],
    ids=str,
)
def test_a_server_selects_what_alone_is_offered(subject: Subject, how: Handshake, agreed: Steps) -> None:
    passes(subject, server_connection_on(0), server_takes(REQUIREMENT, handshake=how), agreed, own_secpdus)


@pytest.mark.parametrize(
    ("how", "agreed"),
    [
        (
            Handshake(ae=("aes128-GCM/16",), groups=("brainpoolP256r1",)),
            agrees(encryption="aes128-GCM/16", group="brainpoolP256r1"),
        ),
        (Handshake(groups=("modp-2048",)), agrees(group="modp-2048")),
        (Handshake(credential="e2e-rsa"), ()),
    ],
    ids=str,
)
def test_a_client_goes_on_with_what_is_selected(subject: Subject, how: Handshake, agreed: Steps) -> None:
    passes(subject, client_request, client_takes(REQUIREMENT, handshake=how), agreed, own_secpdus)


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


def test_a_handshake_that_is_replayed_whole(subject: Subject) -> None:
    passes(
        subject,
        server_association(),
        server_connection_on(1),
        server_refuses(REQUIREMENT, "11", Replay(pdu="E2E.HandshakeReq", of=0), on=1),
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


@pytest.mark.parametrize("transient", [False, True])
def test_a_client_takes_the_rejection_of_its_application(subject: Subject, transient: bool) -> None:
    rejecting = AnswerAssociation(reject=True, transient=transient, initiate_error=True)
    passes(subject, client_request, rejecting, expect(REQUIREMENT, ENDED, limit="limit.close"))


def test_keys_are_known_once_the_acceptance_is_sent(subject: Subject) -> None:
    passes(subject, client_association(), agrees(mode="ae", group="secp256r1"))


@pytest.mark.parametrize(
    "how",
    [Handshake(groups=("no-such-group",)), Handshake(ae=("aes128-GCM/9",)), Handshake(algorithm="none")],
    ids=str,
)
def test_names_that_no_table_has_are_a_mistake_of_the_case(subject: Subject, how: Handshake) -> None:
    with pytest.raises(MutationError):
        passes(subject, server_association(how), server_exchanges(1, REQUIREMENT))
