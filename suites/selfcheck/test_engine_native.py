"""Native mode as steps want it, against the reference device in both roles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conform62351.fixtures.faults.registry import fault_catalogue
from conform62351.profiles.crypto.signatures import SHA256_WITH_RSA
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity, Verdict, worst
from conform62351.suites.loading import load
from conform62351.suites.native.conversations import (
    AE_REQUIRED,
    CLIENT_BASELINE,
    ENCRYPTION_REQUIRED,
    NATIVE,
    NATIVE_BRAINPOOL,
    NATIVE_CLEAR,
    NATIVE_RSA,
    NATIVE_SEPARATE,
    NATIVE_TLS,
    NO_ENCRYPTION,
    SERVER_BASELINE,
    client_association,
    client_exchanges,
    client_refuses,
    client_takes,
    own_secpdus,
    server_association,
    server_connection_on,
    server_exchanges,
    server_refuses,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_request
from conform62351.suites.selfcheck.native_answers import EVERYTHING
from conform62351.suites.selfcheck.native_steps_bench import REQUIREMENT, agrees, passes
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
from conform62351.tooling.engine.outcomes import (
    ENDED,
    expect,
)
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.engine.steps import (
    AnswerAssociation,
    Handshake,
    TimeForm,
)
from conform62351.tooling.proof.bench import Bench, Subject


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


def test_a_handshake_that_is_replayed_whole(subject: Subject) -> None:
    passes(
        subject,
        server_association(),
        server_connection_on(1),
        server_refuses(REQUIREMENT, "11", Replay(pdu="E2E.HandshakeReq", of=0), on=1),
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


CONFIGURATIONS = {
    NATIVE: "ae",
    NATIVE_TLS: "ae",
    NATIVE_SEPARATE: "separate",
    NATIVE_CLEAR: "clear",
    NATIVE_RSA: "ae",
    NATIVE_BRAINPOOL: "ae",
    NO_ENCRYPTION: "clear",
    ENCRYPTION_REQUIRED: "ae",
    AE_REQUIRED: "ae",
}


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_associations_are_made_in_every_configuration(subject: Subject, configuration: str) -> None:
    read = (*server_association(), *server_exchanges(2, REQUIREMENT), *own_secpdus)
    passes(subject, read, configuration=configuration)
    assert Sanity(subject.dut, subject.log).associates()
    asked = (*client_association(), *client_exchanges(2, REQUIREMENT), *own_secpdus)
    passes(subject, asked, agrees(mode=CONFIGURATIONS[configuration]), configuration=configuration)
