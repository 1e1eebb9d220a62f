"""What the device finds out about revocation: OCSP over HTTP, with responders that are slow or hostile."""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from conform62351.fixtures.device import revocation
from conform62351.fixtures.device.configuration import Stack
from conform62351.fixtures.device.http_fetch import MAXIMUM_ANSWER, FetchError, post
from conform62351.fixtures.device.revocation import OcspClient
from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.profiles.osi.events import Aborted
from conform62351.profiles.pki.certificate import Certificate
from conform62351.profiles.pki.revocation import RevocationData, RevocationState, revocation_status
from conform62351.profiles.transport.events import TransportConfirm
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Start, act, wait_for_event
from conform62351.suites.selfcheck.device_secured_peer import SecuredPeers
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.revocation_data import AnswerState, read_answer
from conform62351.tooling.net.revocation_server import RevocationServer

CLOCK = Clock()
OK = b"HTTP/1.0 200 OK\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CredentialFolder, RevocationServer]]:
    """Serve the revocation data of a workshop whose certificates say where."""
    with RevocationServer() as server:
        plan = WorkshopPlan(now=time.time(), ocsp_url=server.ocsp_url)
        folder = CredentialFolder.load(make_workshop(tmp_path_factory.mktemp("pki") / "made", plan).tester)
        server.publish(folder)
        yield folder, server


def client(folder: CredentialFolder, clock: Clock = CLOCK) -> OcspClient:
    trust = folder.trust
    return OcspClient((*trust.anchors, *trust.intermediates), clock, contextlib.nullcontext)


def state(folder: CredentialFolder, certificate: Certificate, answers: tuple[bytes, ...]) -> RevocationState:
    (issuer,) = (ca for ca in folder.trust.intermediates if ca.subject == certificate.issuer)
    data = RevocationData(ocsp=answers)
    return revocation_status(certificate, issuer, data, CLOCK.unix()).state


@pytest.mark.parametrize(
    ("name", "expected"), [("ocsp", RevocationState.GOOD), ("bad/revoked-ocsp", RevocationState.REVOKED)]
)
def test_responder_is_asked_once_while_its_answer_holds(
    served: tuple[CredentialFolder, RevocationServer], name: str, expected: RevocationState
) -> None:
    folder, server = served
    certificate = folder.credential(name).certificate
    asking = client(folder)
    before = len(server.served)
    answers = asking.answers(certificate)
    assert state(folder, certificate, answers) is expected
    assert asking.answers(certificate) == answers
    assert len(server.served) == before + 1


def test_outdated_answer_is_asked_for_again_and_used_while_there_is_none(
    served: tuple[CredentialFolder, RevocationServer],
) -> None:
    folder, server = served
    certificate = folder.credential("ocsp").certificate
    clock = Clock()
    asking = client(folder, clock)
    answers = asking.answers(certificate)
    clock.offset = timedelta(days=3 * 365)
    before = len(server.served)
    assert asking.answers(certificate) == answers
    assert len(server.served) == before + 1


def test_nobody_is_asked_about_a_certificate_of_strangers(
    served: tuple[CredentialFolder, RevocationServer],
) -> None:
    folder, server = served
    certificate = folder.credential("ocsp").certificate
    before = len(server.served)
    assert OcspClient((), CLOCK, contextlib.nullcontext).answers(certificate) == ()
    assert client(folder).answers(folder.credential("tester").certificate) == ()
    assert len(server.served) == before


class Responder:
    """Answers one HTTP request with what it is told, in pieces."""

    def __init__(self, *pieces: bytes, pause: float = 0.0) -> None:
        self.request = b""
        self._pieces = pieces
        self._pause = pause
        self._listener = Listener.bind("127.0.0.1", clock=CLOCK)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._listener.address.port}/ocsp?x=1"

    def _serve(self) -> None:
        channel = self._listener.accept(LIMIT_S)
        if channel is None:
            return
        while not self.request.endswith(b"question"):
            got = channel.receive(LIMIT_S)
            assert isinstance(got, bytes)
            self.request += got
        with contextlib.suppress(Exception):
            for piece in self._pieces:
                channel.send(piece, limit=2.0)
                time.sleep(self._pause)
        channel.close()

    def __enter__(self) -> Responder:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._thread.join(5.0)


def fetched(responder: Responder, limit: float = LIMIT_S) -> bytes:
    return post(responder.url, b"question", "application/x", limit=limit, clock=CLOCK)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"\r\nanswer",
        OK + b"Content-Length: 6\r\n\r\nanswer and more",
        b"HTTP/1.1 200 OK\r\ncontent-length:6\r\nServer: x\r\n\r\nanswer",
    ],
)
def test_body_of_the_answer_is_returned(answer: bytes) -> None:
    with Responder(answer[:10], answer[10:]) as responder:
        assert fetched(responder) == b"answer"
        head, _, body = responder.request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /ocsp?x=1 HTTP/1.0\r\nHost: 127.0.0.1:")
    assert b"Content-Length: 8" in head
    assert body == b"question"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", "no HTTP answer"),
        (b"\x30\x03\x0a\x01\x00", "no HTTP answer"),
        (b"HTTP/1.0 200 OK\r\nContent", "no HTTP answer"),
        (b"HTTP/1.0 404 Not Found\r\n\r\nno", "HTTP status 404"),
        (b"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "HTTP status 302"),
        (OK + b"Content-Length: 9\r\n\r\nanswer", "cut off"),
        (OK + b"\r\n" + bytes(MAXIMUM_ANSWER + 1), "more than"),
        (OK + b"X: " + b"y" * MAXIMUM_ANSWER, "more than"),
    ],
)
def test_other_answers_are_typed_errors(answer: bytes, why: str) -> None:
    with Responder(answer) as responder, pytest.raises(FetchError, match=why):
        fetched(responder)


def test_answer_that_drips_is_given_up() -> None:
    with Responder(OK, *[b"X"] * 100, pause=0.02) as responder, pytest.raises(FetchError, match="in time"):
        fetched(responder, limit=0.2)


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "file:///etc/", "http://", "http://[::1/", "http://a:99999/", "http://a b/", ""],
)
def test_other_urls_are_not_fetched(url: str) -> None:
    with pytest.raises(FetchError, match=r"no .*URL"):
        post(url, b"", "application/x", limit=1.0, clock=CLOCK)


def test_responder_that_is_not_there_is_a_typed_error() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        with pytest.raises(FetchError, match="refused"):
            post(url, b"", "application/x", limit=1.0, clock=CLOCK)


def without_answers(workshop: Workshop, folder: Path) -> Path:
    """Return a copy of the device's folder that holds no OCSP answers."""
    shutil.copytree(workshop.dut, folder)
    manifest = folder / "manifest.toml"
    manifest.write_text(re.sub(r"(?s)ocsp = \[.*?\]", "", manifest.read_text()))
    assert CredentialFolder.load(folder).ocsp_responses == ()
    return folder


def test_device_asks_the_responder_and_does_not_keep_others_waiting(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revocation, "OCSP_LIMIT_S", 30.0)
    with ExitStack() as stack:
        listener = stack.enter_context(Listener.bind("127.0.0.1", clock=CLOCK))
        url = f"http://127.0.0.1:{listener.address.port}/ocsp"
        made = make_workshop(tmp_path / "pki", WorkshopPlan(now=time.time(), ocsp_url=url))
        tester = stack.enter_context(SecuredPeers(CredentialFolder.load(made.tester)))
        device = start(pki=without_answers(made, tmp_path / "dut"))
        act(device, "configure", name="a-profile")

        waiting = tester.connected(device, Stack.A_PROFILE, credential="bad/revoked-ocsp")
        waiting.association.open_transport()
        waiting.wait(TransportConfirm)
        waiting.ask_for_association()
        asked = listener.accept(LIMIT_S)
        assert asked is not None
        stack.enter_context(asked)
        other = tester.connected(device, Stack.A_PROFILE)
        other.associate()
        other.release()
        assert asked.receive(LIMIT_S) != b""
        answer = read_answer(made.tester, "bad/revoked-ocsp", AnswerState.REVOKED)
        asked.send(OK + b"\r\n" + answer, limit=LIMIT_S)
        asked.half_close()
        waiting.wait(Aborted)
        wait_for_event(device, "IEC62351-14:4.4", "not-revoked.* ocsp")


def test_without_an_answer_the_peer_is_taken_with_a_warning(
    start: Start, workshop: Workshop, tmp_path: Path
) -> None:
    device = start(pki=without_answers(workshop, tmp_path / "dut"), crl=frozenset())
    act(device, "configure", name="a-profile")
    with SecuredPeers(CredentialFolder.load(workshop.tester)) as tester:
        peer = tester.connected(device, Stack.A_PROFILE, credential="ocsp")
        peer.associate()
        peer.release()
    wait_for_event(device, "IEC62351-3:2.5", "no revocation data")
