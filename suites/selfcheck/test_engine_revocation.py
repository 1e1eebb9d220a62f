"""The tester's revocation server in conversations: what steps make it give, and that nothing stays behind."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import urljoin

import msgspec
import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.policy import Policy
from conform62351.reports.model.events import CheckMade
from conform62351.tooling.engine.means import REVOCATION_PORT, misdirected, offered_by
from conform62351.tooling.engine.outcomes import TRANSPORT_CONNECTED, expect
from conform62351.tooling.engine.revocation_steps import MEANS
from conform62351.tooling.engine.steps import (
    AnyStep,
    Connect,
    Conversation,
    OpenTransport,
    PublishAnswer,
    PublishList,
    TroubleRevocation,
    conversation,
)
from conform62351.tooling.net.revocation_data import AnswerState, ListState, read_list
from conform62351.tooling.net.revocation_server import RevocationServer
from conform62351.tooling.proof.bench import Bench

REQUIREMENT = "R-TLS-revocation-refreshed"
LIST = "crl/fetched-ca.crl"
connects: tuple[AnyStep, ...] = (
    Connect(),
    OpenTransport(),
    expect(REQUIREMENT, TRANSPORT_CONNECTED),
)


def given(server: RevocationServer) -> bytes:
    """Return the list that the server gives now."""
    with urllib.request.urlopen(urljoin(server.ocsp_url, LIST), timeout=30) as answer:
        return bytes(answer.read())


class Watching(Policy):
    """Is a device that looks at the list when a connection comes."""

    def __init__(self, server: RevocationServer) -> None:
        self.seen: list[bytes | int] = []
        self._server = server

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Return the octets, and take note of what is given when a CC is sent."""
        if name == "COTP.CC":
            try:
                self.seen.append(given(self._server))
            except urllib.error.HTTPError as error:
                with error:
                    self.seen.append(error.code)
        return octets


def seen_with(bench: Bench, server: RevocationServer, *steps: AnyStep) -> list[bytes | int]:
    """Return what the device saw of the list after ``steps``."""
    watching = Watching(server)
    with bench.device(watching, {}) as subject:
        subject.try_steps(REQUIREMENT, *steps, *connects)
    return watching.seen


def test_lists_are_given_and_taken_back(
    bench: Bench, workshop: Workshop, revocation_server: RevocationServer
) -> None:
    usual = given(revocation_server)
    later = read_list(workshop.tester, "fetched-ca", ListState.LATER)
    step = PublishList(authority="fetched-ca", state=ListState.LATER)
    assert seen_with(bench, revocation_server, step) == [later]
    assert given(revocation_server) == usual != later


def test_troubles_end_with_the_conversation(bench: Bench, revocation_server: RevocationServer) -> None:
    usual = given(revocation_server)
    step = TroubleRevocation(trouble="status 500", name=LIST)
    assert seen_with(bench, revocation_server, step) == [500]
    assert seen_with(bench, revocation_server, step, TroubleRevocation(name=LIST)) == [usual]
    assert given(revocation_server) == usual


@pytest.mark.parametrize(
    "step",
    [
        PublishList(authority="nobody"),
        PublishAnswer(credential="bad-tls/nobody"),
        PublishAnswer(credential="tester", state=AnswerState.EXPIRED),
    ],
)
def test_what_is_not_there_is_a_missing_means(
    bench: Bench, step: AnyStep, revocation_server: RevocationServer
) -> None:
    with bench.device(Policy(), {}) as subject:
        checks = subject.try_steps(REQUIREMENT, step, *connects)
    assert [reason(check) for check in checks] == [f"prerequisite:{MEANS}"]


def test_without_a_server_nothing_is_given(bench: Bench) -> None:
    with bench.device(Policy(), {}) as subject:
        subject.dut.revocation = None
        checks = subject.try_steps(REQUIREMENT, PublishList(authority="fetched-ca"), *connects)
    assert [reason(check) for check in checks] == [f"prerequisite:{MEANS}"]


def test_a_tester_with_credentials_offers_its_server(bench: Bench) -> None:
    with bench.device(Policy(), {}) as subject:
        assert MEANS in offered_by(subject.dut)
        subject.dut.security.folder = None
        assert MEANS not in offered_by(subject.dut)


def test_steps_are_stored_and_told() -> None:
    talk = conversation(
        PublishList(authority="fetched-ca", state=ListState.LATER),
        PublishList(authority="fetched-ca"),
        PublishAnswer(credential="bad-tls/fetched-ocsp", state=AnswerState.WRONG_SIGNER),
        TroubleRevocation(trouble="late", seconds=0.5),
        TroubleRevocation(name="ocsp"),
        expect(REQUIREMENT, TRANSPORT_CONNECTED),
    )
    assert msgspec.json.decode(msgspec.json.encode(talk), type=Conversation) == talk
    assert talk.recipe()[:5] == [
        "let the revocation server give the later list of fetched-ca",
        "let the revocation server give the list of fetched-ca",
        "let the revocation server give the OCSP answer wrong-signer about bad-tls/fetched-ocsp",
        "let the revocation server behave about everything: late by 0.5 s",
        "let the revocation server behave about ocsp: as usual",
    ]


def reason(check: CheckMade) -> str:
    """Return why a check is undecided."""
    return check.reason or check.verdict.value


@pytest.mark.parametrize(("off", "offered"), [(0, True), (1, False)])
def test_a_port_that_no_certificate_names_is_no_means(
    bench: Bench, revocation_server: RevocationServer, off: int, *, offered: bool
) -> None:
    port = revocation_server.address[1]
    with bench.device(Policy(), {REVOCATION_PORT: port + off}) as subject:
        subject.dut.revocation = None
        told, means = misdirected(subject.dut), offered_by(subject.dut)
    assert (MEANS in means, told == "") == (offered, offered)
    assert offered or told.endswith(f"say port {port} for revocation data; {REVOCATION_PORT} is {port + 1}")


def test_any_port_is_for_data_that_are_served_elsewhere(bench: Bench) -> None:
    with bench.device(Policy(), {REVOCATION_PORT: 0}) as subject:
        subject.dut.revocation = None
        assert MEANS in offered_by(subject.dut)
