"""Connections that go to another port than that of their stack, and how TLS over them begins and ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.policy import Policy
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.engine.authenticate import NO_CERTIFICATE
from conform62351.tooling.engine.outcomes import TLS_ENDED, one, refuse, tls_alert
from conform62351.tooling.engine.steps import Accept, Act, Close, Connect, OpenTransport, Verify
from conform62351.tooling.net.flow import End, Flow
from conform62351.tooling.proof.bench import Bench, Subject

REQUIREMENT = "R-COMB-compatibility"
ALERT = b"\x15"
"""The first octet of a TLS record that carries an alert, close_notify for one."""


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory, workshop: Workshop) -> Iterator[Subject]:
    bench = Bench(tmp_path_factory.mktemp("bench"), workshop)
    with bench.device(Policy(), {}) as made:
        yield made
    bench.close()


@pytest.mark.parametrize(
    ("stack", "port", "configuration"), [("plain", "tls", "tls"), ("tls", "plain", "default")]
)
def test_a_step_can_go_to_the_port_of_another_stack(
    subject: Subject, stack: str, port: str, configuration: str
) -> None:
    steps = (Connect(stack=stack, port=port), OpenTransport(may_break=True))
    refused = refuse(REQUIREMENT, *TLS_ENDED, meanwhile=(one(Kind.UNDECODABLE),))
    check = subject.try_steps(REQUIREMENT, steps, refused, configuration=configuration)[-1]
    assert check.verdict is Verdict.PASS, check.got


def test_the_tester_can_listen_without_tls_at_the_port_for_tls(subject: Subject) -> None:
    steps = (Act(action="connect", may_fail=True), Accept(stack="plain", port="tls"))
    # The device ends it when nothing answers its ClientHello, which is no TPKT.
    seen = refuse(REQUIREMENT, one(Kind.UNDECODABLE), within=20.0)
    check = subject.try_steps(REQUIREMENT, steps, seen, configuration="tls")[-1]
    assert check.verdict is Verdict.PASS
    assert "the connection ended within a packet" in check.got


def test_a_client_can_show_no_certificate(subject: Subject) -> None:
    steps = (Connect(tls_credential=NO_CERTIFICATE), OpenTransport(may_break=True))
    refused = refuse(REQUIREMENT, tls_alert("handshake_failure", "certificate_required"))
    check = subject.try_steps(REQUIREMENT, steps, refused, configuration="tls")[-1]
    assert check.verdict is Verdict.PASS, check.got


class Heard:
    """What the tester has sent over the connections opened while it listens, and how it ended them."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.ends: list[End] = []

    def opened(self, flow: Flow, at: float) -> None:
        """Nothing is made of it."""

    def refused(self, flow: Flow, at: float) -> None:
        """Nor of that."""

    def carried(self, flow: Flow, outgoing: bool, octets: bytes, at: float) -> None:
        self.sent += [octets] if outgoing else []

    def ended(self, flow: Flow, outgoing: bool, end: End, at: float) -> None:
        self.ends += [end] if outgoing else []


@pytest.mark.parametrize(
    ("how", "end", "in_order"),
    [
        ("fin", End.CLOSED, True),
        ("half", End.CLOSED, True),
        ("cut", End.CLOSED, False),
        ("reset", End.RESET, False),
    ],
)
def test_tls_is_ended_in_order_or_not(subject: Subject, how: str, end: End, in_order: bool) -> None:
    heard = Heard()
    subject.dut.recorder = heard
    ending = (Connect(), Verify(requirement=REQUIREMENT, field="TLS.version"), Close(how=how))
    subject.try_steps(REQUIREMENT, ending, configuration="tls")
    subject.dut.recorder = None
    assert heard.ends[0] is end
    assert (heard.sent[-1][:1] == ALERT) is in_order
