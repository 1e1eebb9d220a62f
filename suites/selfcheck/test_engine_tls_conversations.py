"""Conversations about TLS itself, against the reference device over real sockets: one of each kind."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.catalogue import catalogue
from conform62351.pics.conditions import Answer
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import Received, Sent, TlsEstablished
from conform62351.reports.model.verdict import InconclusiveReason, Severity, Verdict
from conform62351.suites.osi.conversations import Steps, client_usable, server_usable
from conform62351.suites.selfcheck.peers import require_program
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.connections import HarnessError
from conform62351.tooling.engine.mutations import (
    FlipBit,
    Repeat,
    SetExtension,
    SetField,
    Withhold,
)
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    ENDED,
    RELEASED,
    TLS_ENDED,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    reach,
    refuse,
    tls_alert,
)
from conform62351.tooling.engine.recipes import load_recipe, store_recipe
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Connect,
    Logged,
    NoFinding,
    OpenTransport,
    Proceed,
    Release,
    Renegotiate,
    SendTls,
    Tls,
    Verify,
    conversation,
)
from conform62351.tooling.engine.tls_outcomes import (
    ASKS,
    BEGINS,
    ON_THE_WAY,
    REFRESHED,
    RENEGOTIATED,
    TLS_FULL,
    TLS_RESUMED,
    TLS_STANDS,
    established,
)
from conform62351.tooling.engine.tls_steps import HELLO_REQUEST
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.proof.bench import Bench, Subject

REQUIREMENT = "R-COMB-compatibility"
STATIC = "TLS_DH_RSA_WITH_AES_128_GCM_SHA256"
RSA = "TLS_RSA_WITH_AES_128_CBC_SHA256"
SIGNATURE_ALGORITHMS = 13

associated: Steps = (
    OpenTransport(),
    reach(TRANSPORT_CONNECTED, limit="limit.connect"),
    Associate(),
    expect(REQUIREMENT, ASSOCIATED, limit="limit.associate"),
    *server_usable(REQUIREMENT),
)
connected: Steps = (Connect(tls=Tls()), *associated)
usable = server_usable(REQUIREMENT)


def client(tls: Tls) -> Steps:
    return (
        Act(action="connect"),
        Accept(tls=tls),
        reach(AARQ, limit="limit.associate"),
        AnswerAssociation(),
        *client_usable(REQUIREMENT),
    )


def looks(field: str, *values: object) -> Verify:
    return Verify(requirement=REQUIREMENT, field=field, is_in=values)


@pytest.fixture(scope="module")
def subject(bench: Bench) -> Iterator[Subject]:
    with bench.device(Policy(), {}) as made:
        yield made


GOOD: dict[str, Steps] = {
    "a full handshake": (Connect(tls=Tls()), expect(REQUIREMENT, TLS_FULL), *associated),
    "static Diffie-Hellman": (
        Connect(tls=Tls(suites=(STATIC,))),
        expect(REQUIREMENT, established(suite=STATIC, version="TLSv1.2")),
        *associated,
        looks("TLS.ServerHello.suites", (STATIC,)),
    ),
    "a renegotiation in the middle of MMS": (
        *connected,
        Renegotiate(),
        expect(REQUIREMENT, RENEGOTIATED, meanwhile=ON_THE_WAY),
        *usable,
        looks("TLS.handshakes", 2),
        Release(),
        expect(REQUIREMENT, RELEASED),
    ),
    "a renegotiation with another suite": (
        *connected,
        Renegotiate(tls=Tls(suites=(RSA,))),
        expect(REQUIREMENT, established(suite=RSA, renegotiated=True), meanwhile=ON_THE_WAY),
        *usable,
    ),
    "a renegotiation that was not looked for is there later": (
        *connected,
        Renegotiate(),
        *usable,
        expect(REQUIREMENT, RENEGOTIATED, meanwhile=ON_THE_WAY),
    ),
    "the session offered on its own connection": (
        *connected,
        Renegotiate(resume=True),
        expect(REQUIREMENT, REFRESHED, RENEGOTIATED),
    ),
    "renegotiations one after the other": (
        *connected,
        Renegotiate(times=3),
        *usable,
        *usable,
        looks("TLS.handshakes", 4),
    ),
    "a resumption by an asked tester": (
        Connect(tls=Tls(asked="resume", tickets=True)),
        *associated,
        Act(action="renegotiate"),
        expect(REQUIREMENT, ASKS),
        expect(REQUIREMENT, RENEGOTIATED),
        Verify(requirement=REQUIREMENT, field="TLS.ServerHello.ticket", at_most=0),
    ),
    "a session that nobody knows": (
        Connect(tls=Tls(resume=1, by="ticket", made_up=True)),
        expect(REQUIREMENT, TLS_FULL),
        *associated,
    ),
    "what is due by itself": (
        Connect(tls=Tls(hold="TLS.ServerHelloDone")),
        expect(REQUIREMENT, *ENDED, due="tls.answer_limit"),
    ),
    "a session resumed by identifier": (
        *connected,
        Close(),
        Connect(on=1, tls=Tls(resume=0)),
        expect(REQUIREMENT, TLS_RESUMED, on=1),
    ),
    "a session resumed by ticket": (
        Connect(tls=Tls(tickets=True)),
        *associated,
        Close(),
        Connect(on=1, tls=Tls(tickets=True, resume=0, by="ticket")),
        expect(REQUIREMENT, TLS_RESUMED, on=1),
    ),
    "a handshake that stops and goes on": (
        Connect(tls=Tls(hold="TLS.ServerHelloDone")),
        Proceed(),
        expect(REQUIREMENT, TLS_FULL),
        *associated,
    ),
    "a device that asks": (
        *connected,
        Act(action="renegotiate"),
        expect(REQUIREMENT, ASKS),
        expect(REQUIREMENT, RENEGOTIATED, meanwhile=ON_THE_WAY),
        *usable,
    ),
    "a device whose wish is passed over": (
        Connect(tls=Tls(asked="ignore")),
        *associated,
        Act(action="renegotiate"),
        expect(REQUIREMENT, ASKS),
        *usable,
    ),
    "what the server says": (
        Connect(tls=Tls()),
        Verify(requirement=REQUIREMENT, field="TLS.CertificateRequest.types", includes=(1,)),
        Verify(requirement=REQUIREMENT, field="TLS.Certificate.sizes.0", at_most=8192),
        Verify(requirement=REQUIREMENT, field="TLS.ServerHello.extensions", includes=("renegotiation_info",)),
        NoFinding(requirement=REQUIREMENT, steps=("TLS",)),
    ),
    "by the library": (Connect(tls=Tls(machine="library")), expect(REQUIREMENT, TLS_STANDS), *associated),
    "a client": (
        *client(Tls()),
        Verify(requirement=REQUIREMENT, field="TLS.ClientHello.suites", includes=(RSA, STATIC)),
        Verify(requirement=REQUIREMENT, field="TLS.ClientHello.compression", includes=(0,), excludes=(1,)),
        Verify(
            requirement=REQUIREMENT, field="TLS.ClientHello.signature_algorithms", includes=("sha256/rsa",)
        ),
        looks("TLS.ClientHello.secure_renegotiation", True),
    ),
    "a client with static Diffie-Hellman": (
        *client(Tls(suites=(STATIC,), credentials=("tls-dh-rsa",))),
        looks("TLS.suite", STATIC),
    ),
    "a client that is asked": (
        *client(Tls()),
        Renegotiate(),
        expect(REQUIREMENT, RENEGOTIATED, meanwhile=ON_THE_WAY),
        *client_usable(REQUIREMENT),
    ),
    "a client that begins": (
        *client(Tls()),
        Act(action="renegotiate"),
        expect(REQUIREMENT, BEGINS),
        expect(REQUIREMENT, RENEGOTIATED),
        *client_usable(REQUIREMENT),
    ),
    "a client that resumes": (
        *client(Tls()),
        Release(),
        reach(RELEASED, serve=True),
        Close(),
        Act(action="connect"),
        Accept(on=1, tls=Tls()),
        expect(REQUIREMENT, TLS_RESUMED, on=1),
    ),
    "a client whose session is forgotten": (
        *client(Tls()),
        Release(),
        reach(RELEASED, serve=True),
        Close(),
        Act(action="connect"),
        Accept(on=1, tls=Tls(forget=True)),
        expect(REQUIREMENT, TLS_FULL, on=1),
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_a_correct_device_does(subject: Subject, name: str) -> None:
    checks = subject.try_steps(REQUIREMENT, GOOD[name], configuration="tls")
    assert [check.got for check in checks if check.verdict is not Verdict.PASS] == []


no_algorithms = SetExtension(pdu="TLS.ClientHello", kind=SIGNATURE_ALGORITHMS, octets=b"\0")
two_lists = SetExtension(
    pdu="TLS.ClientHello", kind=SIGNATURE_ALGORITHMS, octets=bytes.fromhex("00020401"), more=1
)
another_suite = SetField(pdu="TLS.ServerHello", field="suite", value=0x0005)

REFUSED: dict[str, Steps] = {
    "an excluded suite": (
        Connect(tls=Tls(suites=("TLS_RSA_WITH_RC4_128_SHA",))),
        refuse(REQUIREMENT, TLS_REFUSED),
    ),
    "an extension that cannot be read": (
        Connect(tls=Tls(mutations=(no_algorithms,))),
        refuse(REQUIREMENT, TLS_REFUSED),
    ),
    "an extension twice": (Connect(tls=Tls(mutations=(two_lists,))), refuse(REQUIREMENT, TLS_REFUSED)),
    "a Finished that is wrong": (
        Connect(tls=Tls(mutations=(FlipBit(pdu="TLS.Finished", at=-1),))),
        refuse(REQUIREMENT, tls_alert("decrypt_error")),
    ),
    "a proof that is left out": (
        Connect(tls=Tls(mutations=(Withhold(pdu="TLS.CertificateVerify"),))),
        refuse(REQUIREMENT, TLS_REFUSED),
    ),
    "two hellos": (
        Connect(tls=Tls(mutations=(Repeat(pdu="TLS.ClientHello", times=2),))),
        refuse(REQUIREMENT, TLS_REFUSED),
    ),
    "no certificate": (Connect(tls_credential="", tls=Tls()), refuse(REQUIREMENT, TLS_REFUSED)),
    "data within the handshake": (
        Connect(tls=Tls(hold="TLS.ServerHelloDone")),
        SendTls(content="plain", octets=bytes.fromhex("1703030001aa"), name="data"),
        refuse(REQUIREMENT, TLS_REFUSED),
    ),
    "a HelloRequest to a server": (
        *connected,
        SendTls(octets=HELLO_REQUEST, name="TLS.HelloRequest"),
        refuse(REQUIREMENT, *TLS_ENDED),
    ),
    "the first hello again": (
        *connected,
        SendTls(again="TLS.ClientHello"),
        refuse(REQUIREMENT, *TLS_ENDED),
    ),
    "another certificate at renegotiation": (
        *connected,
        Renegotiate(tls=Tls(credentials=("bad-tls/expired",))),
        refuse(REQUIREMENT, *TLS_ENDED, meanwhile=ON_THE_WAY),
    ),
    "another version at renegotiation": (
        *connected,
        Renegotiate(mutations=(SetField(pdu="TLS.ClientHello", field="version", value=0x0302),)),
        refuse(REQUIREMENT, *TLS_ENDED, meanwhile=ON_THE_WAY),
    ),
    "a certificate, of a server": (
        Act(action="connect", may_fail=True),
        Accept(tls_credential="bad-tls/expired", tls=Tls()),
        refuse(REQUIREMENT, *TLS_ENDED),
        looks("TLS.ClientHello.versions", ("TLSv1.2",)),
    ),
    "a suite that was not offered": (
        Act(action="connect", may_fail=True),
        Accept(tls=Tls(mutations=(another_suite,))),
        refuse(REQUIREMENT, *TLS_ENDED),
    ),
    "a renegotiation by an asked tester": (
        Connect(tls=Tls(asked="refuse")),
        *associated,
        Act(action="renegotiate"),
        expect(REQUIREMENT, ASKS),
        expect(REQUIREMENT, *ENDED, tls_alert()),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_correct_device_refuses(subject: Subject, name: str) -> None:
    checks = subject.try_steps(REQUIREMENT, REFUSED[name], configuration="tls")
    assert [check.got for check in checks if check.verdict is not Verdict.PASS] == []


def test_who_completes_a_handshake_that_is_to_be_refused_fails_at_once(subject: Subject) -> None:
    steps = (Connect(tls=Tls()), refuse(REQUIREMENT, TLS_REFUSED))
    check = subject.try_steps(REQUIREMENT, steps, configuration="tls")[-1]
    assert (check.verdict, check.severity) == (Verdict.FAIL, Severity.SECURITY)


def test_a_handshake_that_is_wanted_and_fails_is_a_fail(subject: Subject) -> None:
    steps = (Connect(tls=Tls(suites=("TLS_RSA_WITH_RC4_128_SHA",))), expect(REQUIREMENT, TLS_FULL))
    check = subject.try_steps(REQUIREMENT, steps, configuration="tls")[-1]
    assert (check.verdict, check.severity) == (Verdict.FAIL, Severity.FUNCTION)


def test_an_event_about_a_connection_that_was_refused_names_the_tester(subject: Subject) -> None:
    steps = (
        Connect(tls_credential="bad-tls/expired", tls=Tls()),
        refuse(REQUIREMENT, TLS_REFUSED),
        Logged(requirement="R-LOG-event", events=("IEC62351-3:2.8",), aspects=("event", "peer")),
    )
    checks = subject.try_steps(REQUIREMENT, steps, configuration="tls")
    assert [check.verdict for check in checks] == [Verdict.PASS] * 3


def test_nothing_to_resume_leaves_the_case_inconclusive(subject: Subject) -> None:
    steps = (Connect(tls=Tls(resume=3)), expect(REQUIREMENT, TLS_RESUMED))
    check = subject.try_steps(REQUIREMENT, steps, configuration="tls")[-1]
    assert check.verdict is Verdict.INCONCLUSIVE
    assert "no session" in check.got


@pytest.mark.parametrize(
    "steps",
    [
        (Connect(tls=Tls(suites=("TLS_OF_NOBODY",))), expect(REQUIREMENT, TLS_FULL)),
        (Connect(tls=Tls(groups=("round",))), expect(REQUIREMENT, TLS_FULL)),
        (Connect(stack="plain", tls=Tls()), expect(REQUIREMENT, TLS_FULL)),
        (Connect(stack="plain"), Renegotiate(), expect(REQUIREMENT, TLS_FULL)),
        (
            Connect(tls=Tls(mutations=(Withhold(pdu="TLS.CertificateRequest"),))),
            expect(REQUIREMENT, TLS_FULL),
        ),
    ],
)
def test_what_makes_no_sense_is_a_flaw_of_the_case(subject: Subject, steps: Steps) -> None:
    with pytest.raises(HarnessError):
        subject.try_steps(REQUIREMENT, steps, configuration="tls")


def test_the_means_are_the_credentials_that_are_shown() -> None:
    steps = (
        Connect(tls=Tls(credentials=("tls-dh-rsa",), authorities=("anchors", "bad-tls/second-anchor"))),
        Renegotiate(tls=Tls(credentials=("bad-tls/revoked",))),
        expect(REQUIREMENT, RENEGOTIATED),
    )
    talk = conversation(steps)
    case = Case("OSI/SRV/SELF/BV-try", "", "", "always", (REQUIREMENT,), lambda: (talk,), configuration="tls")
    wanted = {"tester-tls", "tls-dh-rsa", "bad-tls/second-anchor", "bad-tls/revoked"}
    assert set(case.means_for({})) == {f"credential {name}" for name in wanted}


def test_recipes_keep_what_is_said_of_tls(subject: Subject, tmp_path: Path) -> None:
    tls = Tls(suites=(STATIC,), groups=(), mutations=(two_lists,), resume=0, by="ticket", asked="ignore")
    refused = refuse(REQUIREMENT, TLS_REFUSED)
    talk = conversation(
        Connect(tls=Tls()),
        Connect(on=1, tls=tls),
        Renegotiate(tls=Tls(maximum="TLSv1.1"), resume=True),
        SendTls(content="alert", octets=b"\1\0", name="TLS.Alert", times=3),
        Proceed(),
        refused,
    )
    checks = subject.try_steps(REQUIREMENT, Connect(tls=Tls()), refused, configuration="tls")
    case = Case("OSI/SRV/SELF/BV-try", "", "", "always", (REQUIREMENT,), lambda: (talk,))
    stored = store_recipe(tmp_path, case, 1, 1, talk, checks)
    assert load_recipe(stored).conversation == talk
    for words in ("resuming the session of connection 0 by ticket", "extension 13", "no groups"):
        assert words in str(talk.steps[1])


def test_handshakes_are_on_record_message_by_message(workshop: Workshop, tmp_path: Path) -> None:
    alone = Bench(tmp_path, workshop)
    with alone.device(Policy(), {}) as subject:
        subject.try_steps(REQUIREMENT, GOOD["a renegotiation in the middle of MMS"], configuration="tls")
    alone.close()
    events = list(read_events(tmp_path / "1.jsonl"))
    sent = [event.pdus[0] for event in events if isinstance(event, Sent) and event.pdus[0].startswith("TLS.")]
    came = [
        event.pdus[0]
        for event in events
        if isinstance(event, Received) and event.pdus[:1] and "TLS." in event.pdus[0]
    ]
    once = ["TLS.ClientHello", "TLS.Certificate", "TLS.ClientKeyExchange", "TLS.CertificateVerify"]
    once += ["TLS.ChangeCipherSpec", "TLS.Finished"]
    assert sent[: 2 * len(once)] == once * 2
    assert came.count("TLS.ServerHello") == came.count("TLS.Finished") == 2
    first, second = (event for event in events if isinstance(event, TlsEstablished))
    assert (first.renegotiated, second.renegotiated) == (False, True)
    assert "secure_renegotiation" in first.extensions


def test_captures_of_the_engine_decrypt(workshop: Workshop, tmp_path: Path) -> None:
    alone = Bench(tmp_path, workshop)
    path = tmp_path / "run.pcapng"
    with alone.device(Policy(), {}) as subject:
        capture = Capture.start(path, interface=None, clock=subject.dut.clock)
        port = subject.device.tls_address.port
        capture.watch(port)
        subject.dut.recorder = capture.recorder
        subject.dut.security.key_log = capture.key_log()
        subject.try_steps(REQUIREMENT, GOOD["static Diffie-Hellman"], configuration="tls")
        capture.stop()
    alone.close()
    as_tpkt = ["-d", f"tcp.port=={port},tls", "-d", f"tls.port=={port},tpkt"]
    command = [require_program("tshark"), "-r", str(path), *as_tpkt, "-Y", "mms"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    for name in ("initiate-RequestPDU", "initiate-ResponsePDU", "confirmed-ResponsePDU"):
        assert name in shown


def test_the_engine_does_the_tls_of_all_where_the_pixit_says_so(bench: Bench) -> None:
    with bench.device(Policy(), {"tls.machine": "engine"}) as subject:
        steps = (Connect(), *associated, looks("TLS.renegotiated", False))
        checks = subject.try_steps(REQUIREMENT, steps, configuration="tls")
        assert subject.dut.by_engine(Role.CLIENT)
    assert [check.got for check in checks if check.verdict is not Verdict.PASS] == []


@pytest.mark.parametrize(
    ("claimed", "by_engine"),
    [((STATIC,), True), ((STATIC, RSA), False), ((), False)],
    ids=["what OpenSSL cannot", "one that it can", "nothing"],
)
def test_left_alone_the_engine_does_what_the_library_cannot(
    bench: Bench, claimed: tuple[str, ...], by_engine: bool
) -> None:
    rows = [item.code for item in catalogue().items.values() if item.suite]
    says = {code: Answer.YES if code.split(".")[1] in claimed else Answer.NO for code in rows}
    with bench.device(Policy(), {}, says=says) as subject:
        assert subject.dut.by_engine(Role.CLIENT) is by_engine
        checks = subject.try_steps(REQUIREMENT, Connect(), associated, configuration="tls")
    assert [check.got for check in checks if check.verdict is not Verdict.PASS] == []


def test_a_stimulus_that_cannot_be_sent_decides_nothing(subject: Subject) -> None:
    steps = (Connect(tls=Tls(hold="TLS.ServerHelloDone")), Renegotiate(), expect(REQUIREMENT, RENEGOTIATED))
    check = subject.try_steps(REQUIREMENT, steps, configuration="tls")[-1]
    assert check.reason == InconclusiveReason.ENVIRONMENT.value


@pytest.mark.parametrize("suite", [STATIC, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA", RSA])
def test_a_server_shows_the_credential_that_a_suite_needs(subject: Subject, suite: str) -> None:
    steps = (*client(Tls(suites=(suite,))), looks("TLS.suite", suite))
    checks = subject.try_steps(REQUIREMENT, steps, configuration="tls")
    assert [check.got for check in checks if check.verdict is not Verdict.PASS] == []


def test_a_suite_that_was_not_offered_is_chosen_all_the_same(subject: Subject) -> None:
    imposed = Accept(tls=Tls(suites=("TLS_RSA_WITH_RC4_128_SHA",), imposes=True))
    answered = looks("TLS.Alert.description", "illegal_parameter")
    steps = (Act(action="connect", may_fail=True), imposed, refuse(REQUIREMENT, TLS_REFUSED), answered)
    checks = subject.try_steps(REQUIREMENT, steps, configuration="tls")
    assert [check.verdict for check in checks] == [Verdict.PASS] * 2


def test_a_long_list_of_suites_is_told_by_its_ends() -> None:
    names = tuple(f"FE{number:02X}" for number in range(200))
    told = str(Tls(suites=names, imposes=True))
    assert "FE00, FE01" in told
    assert "FE0B … FEBC" in told
    assert told.endswith("FEC7, 200 in all, whether they are offered or not")
    assert str(Tls(suites=names[:24])).endswith("FE16, FE17")
