"""Stacks and TLS as steps want them: against a device, and against sockets that do not speak TLS."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.pics.declaration import load_declaration
from conform62351.pics.pixit import Pixit, Value
from conform62351.profiles.policy import Policy
from conform62351.reports.model.eventlog import read_events
from conform62351.reports.model.events import TlsEstablished
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity, Verdict
from conform62351.suites.osi.conversations import client_whole, server_whole
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.associating import connect
from conform62351.tooling.engine.authenticate import NO_CERTIFICATE
from conform62351.tooling.engine.case import CaseError, Catalogue
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import HANDSHAKE, Observation
from conform62351.tooling.engine.means import offered_by
from conform62351.tooling.engine.outcomes import (
    ASSOCIATED,
    ENDED,
    TLS_ENDED,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    one,
    refuse,
    tls_alert,
)
from conform62351.tooling.engine.planner import make_plan
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.engine.security import MeansMissing, Security
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Associate,
    Authenticate,
    Connect,
    Conversation,
    Expect,
    Fill,
    NoFinding,
    OpenTransport,
    Verify,
    conversation,
)
from conform62351.tooling.frontend.inputs import device_file
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.proof.bench import Bench, Subject

REQUIREMENT = "R-COMB-compatibility"
STACKS = ("tls", "a-profile", "compatibility")
STRANGER = "stranger"
"""A credential for TLS of an authority that the device does not know."""


@pytest.fixture(scope="module")
def with_stranger(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Workshop:
    """Return the workshop with one more credential for TLS in the tester's folder."""
    folder = tmp_path_factory.mktemp("strangers")
    other = make_workshop(folder / "other", WorkshopPlan(now=time.time()))
    tester = folder / "tester"
    shutil.copytree(workshop.tester, tester)
    files = CredentialFolder.load(other.tester).files("tester-tls")
    shutil.copy(files.certificate, tester / "stranger.pem")
    shutil.copy(files.key, tester / "stranger.key")
    with (tester / "manifest.toml").open("a") as manifest:
        manifest.write(f'[credential.{STRANGER}]\ncertificate = "stranger.pem"\nkey = "stranger.key"\n')
    return Workshop(workshop.authorities, tester, workshop.dut)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, with_stranger: Workshop) -> Iterator[Bench]:
    made = Bench(tmp_path_factory.mktemp("bench"), with_stranger)
    yield made
    made.close()


@pytest.fixture(scope="module")
def subject(bench: Bench) -> Iterator[Subject]:
    with bench.device(Policy(), {}) as made:
        yield made


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("whole", [server_whole, client_whole])
def test_associations_run_over_the_stack_of_the_configuration(
    subject: Subject, stack: str, whole: Callable[[str], tuple[Expect, ...]]
) -> None:
    checks = subject.try_steps(REQUIREMENT, whole(REQUIREMENT), configuration=stack)
    assert checks[-1].verdict is Verdict.PASS
    assert subject.dut.stack == stack


@pytest.mark.parametrize("stack", STACKS)
def test_sanity_and_filling_use_the_stack_of_the_configuration(subject: Subject, stack: str) -> None:
    checks = subject.try_steps(REQUIREMENT, Fill(requirement=REQUIREMENT), configuration=stack)
    assert checks[-1].verdict is Verdict.PASS
    assert Sanity(subject.dut, subject.log).associates()


def test_the_device_connects_to_the_port_of_the_stack(subject: Subject) -> None:
    subject.try_steps(REQUIREMENT, server_whole(REQUIREMENT), configuration="tls")
    assert subject.dut.listener_for().address == subject.dut.tls_listener.address
    assert subject.dut.tls_listener.address != subject.dut.listener.address


def test_a_step_can_name_another_stack(subject: Subject) -> None:
    plain = (Connect(stack="plain"), OpenTransport(may_break=True), refuse(REQUIREMENT, *ENDED))
    checks = subject.try_steps(REQUIREMENT, plain, configuration="compatibility")
    assert checks[-1].verdict is Verdict.PASS


def test_a_connection_that_was_refused_can_be_tried_again_under_its_number(subject: Subject) -> None:
    again = (Connect(tls_credential=STRANGER), Connect(), Connect(), server_whole(REQUIREMENT)[1:])
    assert subject.try_steps(REQUIREMENT, *again, configuration="tls")[-1].verdict is Verdict.PASS


def test_a_client_is_told_the_port_of_the_stack_that_a_step_names(subject: Subject) -> None:
    steps = (Act(action="connect", stack="plain", may_fail=True), Accept(stack="plain"))
    # The device ends it when nothing answers its ClientHello, which is no TPKT.
    seen = refuse(REQUIREMENT, one(Kind.UNDECODABLE), within=20.0)
    check = subject.try_steps(REQUIREMENT, steps, seen, configuration="tls")[-1]
    assert check.verdict is Verdict.PASS
    assert "the connection ended within a packet" in check.got


def test_tls_is_looked_into_and_on_record(workshop: Workshop, tmp_path: Path) -> None:
    alone = Bench(tmp_path, workshop)
    looks = (
        Verify(requirement=REQUIREMENT, field="TLS.version", is_in=("TLSv1.2",)),
        Verify(requirement=REQUIREMENT, field="TLS.certificate.key.bits", at_least=256),
        Verify(requirement=REQUIREMENT, field="TLS.resumed", is_in=(False,)),
    )
    with alone.device(Policy(), {}) as subject:
        checks = subject.try_steps(REQUIREMENT, Connect(), looks, configuration="tls")
    alone.close()
    assert [check.verdict for check in checks] == [Verdict.PASS] * 3
    (seen,) = [event for event in read_events(tmp_path / "1.jsonl") if isinstance(event, TlsEstablished)]
    assert seen.suite.startswith("TLS_")
    assert seen.chain[0].subject


def test_a_stranger_is_not_let_in_and_the_step_that_waits_for_that_sees_it(subject: Subject) -> None:
    stranger = (Connect(tls_credential=STRANGER), OpenTransport(may_break=True))
    refused = (*stranger, refuse(REQUIREMENT, *TLS_REFUSED))
    check = subject.try_steps(REQUIREMENT, refused, configuration="compatibility")[-1]
    assert check.verdict is Verdict.PASS
    by_name = (*stranger, refuse(REQUIREMENT, tls_alert("unknown_ca", "bad_certificate")))
    assert subject.try_steps(REQUIREMENT, by_name, configuration="compatibility")[-1].got == check.got
    called = (Act(action="connect", may_fail=True), Accept(tls_credential=STRANGER))
    turned_away = (*called, refuse(REQUIREMENT, *TLS_REFUSED))
    check = subject.try_steps(REQUIREMENT, turned_away, configuration="compatibility")[-1]
    assert check.verdict is Verdict.PASS


def test_who_is_let_in_although_he_must_not_is_a_fail(subject: Subject) -> None:
    steps = (Connect(), OpenTransport(), refuse(REQUIREMENT, *TLS_ENDED))
    check = subject.try_steps(REQUIREMENT, steps, configuration="compatibility")[-1]
    assert (check.verdict, check.severity) == (Verdict.FAIL, Severity.SECURITY)


@pytest.mark.parametrize(
    "step",
    [
        expect(REQUIREMENT, TRANSPORT_CONNECTED),
        refuse(REQUIREMENT, *ENDED),
        expect("", TRANSPORT_CONNECTED),
    ],
)
def test_without_tls_a_step_about_something_else_decides_nothing(subject: Subject, step: Expect) -> None:
    steps = (Connect(tls_credential=STRANGER), OpenTransport(), step, expect(REQUIREMENT, ASSOCIATED))
    check = subject.try_steps(REQUIREMENT, steps, configuration="tls")[-1]
    assert (check.verdict, check.reason) == (Verdict.INCONCLUSIVE, "prerequisite:TLS")


@contextmanager
def listening(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """Run a server that does ``behave`` with one connection; yield its port."""

    def serve() -> None:
        peer, _ = server.accept()
        with peer:
            behave(peer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def handshake(
    workshop: Workshop, behave: Callable[[socket.socket], None], limit: float = 20.0
) -> Observation:
    with listening(behave) as port:
        values: dict[str, Value] = {"dut.host": "127.0.0.1", "dut.tls_port": port, "limit.connect": limit}
        pixit = Pixit().with_overrides({**values, "pki.folder": str(workshop.tester)})
        dut = Dut(load_declaration(device_file("pics.toml")), pixit, clock=Clock(), operator=Operator(None))
        seen = connect(dut, "tls")
    assert isinstance(seen, Observation)
    return seen


def reset(peer: socket.socket) -> None:
    peer.recv(4096)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def alert(peer: socket.socket) -> None:
    peer.recv(4096)
    peer.sendall(bytes.fromhex("15 03 03 00 02 02 28"))
    peer.recv(4096)


def nonsense(peer: socket.socket) -> None:
    peer.recv(4096)
    peer.sendall(bytes.fromhex("03 00 00 0b 06 d0 00 00 00 01 00"))
    peer.recv(4096)


@pytest.mark.parametrize(
    ("behave", "kind", "name"),
    [
        (lambda peer: peer.recv(4096), Kind.CLOSED, HANDSHAKE),
        (reset, Kind.RESET, HANDSHAKE),
        (lambda peer: peer.recv(4096) and peer.recv(4096), Kind.TIMEOUT, HANDSHAKE),
        (alert, Kind.TLS_ALERT, "handshake_failure"),
    ],
)
def test_ends_of_the_handshake_are_kept_apart(
    workshop: Workshop, behave: Callable[[socket.socket], None], kind: Kind, name: str
) -> None:
    seen = handshake(workshop, behave, *([0.3] if kind is Kind.TIMEOUT else ()))
    assert (seen.kind, seen.name, seen.fields["by"]) == (kind, name, "device")


def test_what_the_tester_does_not_take_is_no_alert_of_the_device(workshop: Workshop) -> None:
    seen = handshake(workshop, nonsense)
    assert (seen.kind, seen.fields["by"]) == (Kind.TLS_ALERT, "tester")


def plan_of(*steps: object, configuration: str = "default", **stacks: str) -> tuple[str, ...]:
    """Return the means that a case of these steps lacks where the set-up has only the tester's own."""
    cases = Catalogue()

    @cases.case("CMP/SRV/SELF/BV-try", REQUIREMENT, pics="always", configuration=configuration)
    def make() -> Conversation:
        """Try."""
        return conversation(*steps, expect(REQUIREMENT, ASSOCIATED))  # type: ignore[arg-type]

    chosen = [(cases["CMP/SRV/SELF/BV-try"], False)]
    declaration = load_declaration(device_file("pics.toml"))
    costs = {configuration: 0.0}
    return make_plan(chosen, declaration, ["credential tester"], costs, stacks).entries[0].missing


def test_the_plan_names_the_credentials_that_are_missing() -> None:
    bad = Associate(authentication=Authenticate(credential="bad/expired", key="second"))
    assert plan_of(Connect()) == ()
    assert plan_of(Connect(), configuration="a-profile") == ()
    assert plan_of(Connect(), configuration="compatibility") == ("credential tester-tls",)
    assert plan_of(Connect(), default="tls") == ("credential tester-tls",)
    assert plan_of(Connect(stack="tls", tls_credential="second")) == ("credential second",)
    assert plan_of(Connect(stack="tls", tls_credential=NO_CERTIFICATE)) == ()
    assert plan_of(Connect(stack="a-profile"), bad) == ("credential bad/expired", "credential second")


def test_without_a_folder_nothing_can_be_shown() -> None:
    pixit = Pixit().with_overrides({"dut.host": "127.0.0.1"})
    dut = Dut(load_declaration(device_file("pics.toml")), pixit, clock=Clock(), operator=Operator(None))
    assert not any(means.startswith("credential") for means in offered_by(dut))
    with pytest.raises(MeansMissing, match=r"pki\.folder") as caught:
        connect(dut, "tls")
    assert caught.value.name == "credential tester-tls"


def test_a_conversation_that_lacks_a_credential_says_which(subject: Subject) -> None:
    steps = (Connect(tls_credential="nobody"), OpenTransport(), expect(REQUIREMENT, TRANSPORT_CONNECTED))
    check = subject.try_steps(REQUIREMENT, steps, configuration="tls")[-1]
    assert (check.verdict, check.reason) == (Verdict.INCONCLUSIVE, "prerequisite:credential nobody")


def test_a_certificate_that_tls_cannot_show_is_a_means_that_is_missing(subject: Subject) -> None:
    steps = (Connect(tls_credential="bad/truncated"), expect(REQUIREMENT, TRANSPORT_CONNECTED))
    check = subject.try_steps(REQUIREMENT, steps, configuration="tls")[-1]
    assert check.reason == "prerequisite:credential bad/truncated"


@pytest.mark.parametrize(
    "step",
    [
        Verify(requirement=REQUIREMENT, field="TLS.version"),
        NoFinding(requirement=REQUIREMENT, steps=("CMP",)),
    ],
)
def test_nothing_is_looked_into_on_a_connection_that_was_refused(
    subject: Subject, step: Verify | NoFinding
) -> None:
    steps = (Connect(tls_credential=STRANGER), step)
    check = subject.try_steps(REQUIREMENT, steps, configuration="tls")[-1]
    assert (check.verdict, check.reason) == (Verdict.INCONCLUSIVE, "prerequisite:TLS")


def test_a_case_names_only_stacks_that_there_are() -> None:
    for step in (Connect(stack="ssl"), Connect(port="ssl")):
        with pytest.raises(CaseError, match="no stack ssl"):
            plan_of(step)


def test_no_server_is_without_a_certificate() -> None:
    with pytest.raises(CaseError, match="without a certificate"):
        plan_of(Accept(tls_credential=NO_CERTIFICATE))


def test_a_tester_without_its_private_key_cannot_authenticate(workshop: Workshop, tmp_path: Path) -> None:
    tester = tmp_path / "tester"
    shutil.copytree(workshop.tester, tester)
    manifest = (tester / "manifest.toml").read_text().splitlines(keepends=True)
    begin = next(number for number, line in enumerate(manifest) if line.strip() == '[credential."tester"]')
    key = next(number for number, line in enumerate(manifest) if number > begin and line.startswith("key"))
    (tester / "manifest.toml").write_text("".join([*manifest[:key], *manifest[key + 1 :]]))
    security = Security(Pixit().with_overrides({"pki.folder": str(tester)}), Clock())
    with pytest.raises(MeansMissing, match="credential tester has no private key"):
        security.parameters(None)
