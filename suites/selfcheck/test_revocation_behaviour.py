"""A revocation server in trouble: per name, switched while it runs, over real sockets, and bounded."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, IncompleteRead

import pytest

from conform62351.fixtures.device.revocation import ocsp_request
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.pki.ocsp import CertStatus, read_ocsp
from conform62351.profiles.pki.revocation import RevocationData, RevocationState, revocation_status
from conform62351.tooling.net.credentials import CredentialError, CredentialFolder
from conform62351.tooling.net.http_server import CONNECTION_LIMIT_S, MAX_CONNECTIONS
from conform62351.tooling.net.revocation_behaviour import (
    EVERYTHING,
    MAX_NAMES,
    USUAL,
    Behaviour,
    Endless,
    Late,
    Refusing,
    Silent,
    Switchboard,
    Wrong,
    Wrongness,
)
from conform62351.tooling.net.revocation_data import AnswerState, ListState, read_answer, read_list
from conform62351.tooling.net.revocation_handler import OCSP, OCSP_REQUEST_TYPE
from conform62351.tooling.net.revocation_server import RevocationServer

LIMIT_S = 10.0
SHORT_S = 0.3
LATE_S = 1.5
FETCHED = "crl/fetched-ca.crl"
OTHER = "crl/root.crl"
BY_OCSP = "bad-tls/fetched-ocsp"


@pytest.fixture(scope="module")
def folder(workshop: Workshop) -> CredentialFolder:
    return CredentialFolder.load(workshop.tester)


@pytest.fixture
def server(folder: CredentialFolder) -> Iterator[RevocationServer]:
    with RevocationServer() as running:
        running.publish(folder)
        yield running


def connect(server: RevocationServer, limit: float = LIMIT_S) -> HTTPConnection:
    return HTTPConnection(*server.address, timeout=limit)


def get(server: RevocationServer, name: str, limit: float = LIMIT_S) -> tuple[int, bytes, str]:
    connection = connect(server, limit)
    try:
        connection.request("GET", f"/{name}")
        response = connection.getresponse()
        return response.status, response.read(), response.headers["Content-Type"]
    finally:
        connection.close()


def ask(server: RevocationServer, folder: CredentialFolder, name: str = BY_OCSP) -> bytes:
    credential = folder.credential(name)
    connection = connect(server)
    try:
        request = ocsp_request(credential.certificate, credential.chain[0])
        connection.request("POST", "/ocsp", request, {"Content-Type": OCSP_REQUEST_TYPE})
        return connection.getresponse().read()
    finally:
        connection.close()


def test_a_silent_name_takes_the_request_and_others_are_served(
    server: RevocationServer, folder: CredentialFolder
) -> None:
    server.switch(FETCHED, Silent())
    with pytest.raises(TimeoutError):
        get(server, FETCHED, SHORT_S)
    _until(lambda: len(server.served) == 1)
    assert get(server, OTHER)[0] == 200
    assert read_ocsp(ask(server, folder)).responses
    server.switch(FETCHED)
    assert get(server, FETCHED) == (200, read_list(folder.path, "fetched-ca"), "application/pkix-crl")
    assert server.served[0] == f"GET /{FETCHED} silent"


def test_a_request_that_nothing_answers_ends_when_the_server_stops(folder: CredentialFolder) -> None:
    with RevocationServer() as server:
        server.switch(EVERYTHING, Silent())
        connection = connect(server)
        connection.request("GET", f"/{FETCHED}")
        late = connect(server)
        server.switch(OTHER, Late(CONNECTION_LIMIT_S - 1))
        late.request("GET", f"/{OTHER}")
        _until(lambda: len(server.served) == 1)
    for waiting in (connection, late):
        with pytest.raises((HTTPException, OSError)):
            waiting.getresponse()
        waiting.close()


def _until(done: object) -> None:
    assert callable(done)
    end = time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_late_answer_is_right_once_it_comes(server: RevocationServer, folder: CredentialFolder) -> None:
    server.switch(FETCHED, Late(LATE_S))
    with pytest.raises(TimeoutError):
        get(server, FETCHED, LATE_S / 15)
    assert get(server, FETCHED)[:2] == (200, read_list(folder.path, "fetched-ca"))


@pytest.mark.parametrize(
    ("what", "status", "kind"),
    [
        (Wrongness.GARBAGE, 200, "application/pkix-crl"),
        (Wrongness.CONTENT_TYPE, 200, "text/html"),
        (Wrongness.SERVER_ERROR, 500, "text/plain"),
        (Wrongness.EMPTY, 200, "application/pkix-crl"),
    ],
)
def test_a_wrong_answer_is_wrong_in_one_way(
    server: RevocationServer, folder: CredentialFolder, what: Wrongness, status: int, kind: str
) -> None:
    server.switch(FETCHED, Wrong(what))
    answer = get(server, FETCHED)
    assert (answer[0], answer[2]) == (status, kind)
    right = read_list(folder.path, "fetched-ca")
    assert (answer[1] == right) is (what is Wrongness.CONTENT_TYPE)
    assert (answer[1] == b"") is (what in (Wrongness.EMPTY, Wrongness.SERVER_ERROR))


def test_an_answer_is_cut_short(server: RevocationServer, folder: CredentialFolder) -> None:
    server.switch(FETCHED, Wrong(Wrongness.CUT_SHORT))
    with pytest.raises(IncompleteRead) as caught:
        get(server, FETCHED)
    assert read_list(folder.path, "fetched-ca").startswith(caught.value.partial)
    assert caught.value.partial


def test_a_body_without_end_begins_as_it_should_and_can_be_left(
    server: RevocationServer, folder: CredentialFolder
) -> None:
    server.switch(FETCHED, Endless())
    right = read_list(folder.path, "fetched-ca")
    connection = connect(server)
    connection.request("GET", f"/{FETCHED}")
    response = connection.getresponse()
    assert response.headers["Content-Length"] is None
    assert response.read(len(right)) == right
    assert len(response.read(1 << 20)) == 1 << 20
    response.close()
    connection.close()
    server.switch(FETCHED, Endless(pause=SHORT_S))
    slow = connect(server)
    slow.request("GET", f"/{FETCHED}")
    assert slow.getresponse().read(len(right)) == right
    slow.close()
    assert get(server, OTHER)[0] == 200


def test_a_body_without_end_has_one(server: RevocationServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conform62351.tooling.net.revocation_handler.MAX_ENDLESS", 1 << 20)
    server.switch(FETCHED, Endless())
    assert 1 << 20 <= len(get(server, FETCHED)[1]) < 2 << 20


def test_one_name_resets_connections(server: RevocationServer) -> None:
    server.switch(FETCHED, Refusing())
    with pytest.raises(ConnectionResetError):
        get(server, FETCHED)
    assert get(server, OTHER)[0] == 200
    assert f"GET /{FETCHED} reset" in server.served


def test_the_host_refuses_connections_and_takes_them_again(server: RevocationServer) -> None:
    kept = connect(server)
    kept.request("GET", f"/{OTHER}")
    kept.getresponse().read()
    for _ in range(3):
        server.switch(EVERYTHING, Refusing())
        server.switch(EVERYTHING, Refusing())
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(server.address, timeout=LIMIT_S)
        server.switch(EVERYTHING)
        assert get(server, OTHER)[0] == 200
    assert kept.sock.recv(1) == b""
    kept.close()


def test_a_server_that_refuses_can_be_stopped() -> None:
    server = RevocationServer()
    server.start()
    server.switch(EVERYTHING, Refusing())
    server.stop()
    with RevocationServer(port=server.address[1]):
        pass


@pytest.mark.parametrize("behaviour", [Silent(), Refusing(), Wrong(), Endless(), Late(1.0)])
def test_everything_is_usual_again_after_it_was_told_so(
    server: RevocationServer, behaviour: Behaviour
) -> None:
    for name in (EVERYTHING, OCSP, FETCHED):
        server.switch(name, behaviour)
    server.behave()
    assert get(server, FETCHED)[0] == 200


def test_a_name_of_its_own_comes_before_everything(
    server: RevocationServer, folder: CredentialFolder
) -> None:
    server.switch(EVERYTHING, Wrong(Wrongness.SERVER_ERROR))
    server.switch(OCSP, USUAL)
    assert get(server, FETCHED)[0] == get(server, OTHER)[0] == 500
    assert read_ocsp(ask(server, folder)).responses
    server.switch(OCSP, Wrong(Wrongness.EMPTY))
    assert ask(server, folder) == b""


def test_what_is_not_published_misbehaves_too(server: RevocationServer) -> None:
    assert get(server, "crl/nobody.crl")[0] == 404
    server.switch("crl/nobody.crl", Wrong(Wrongness.SERVER_ERROR))
    assert get(server, "crl/nobody.crl")[0] == 500


def test_silence_takes_no_more_connections_than_there_are(server: RevocationServer) -> None:
    server.switch(FETCHED, Silent())
    asking = [connect(server) for _ in range(MAX_CONNECTIONS + 4)]
    for connection in asking:
        connection.request("GET", f"/{FETCHED}")
    _until(lambda: len(server.served) == MAX_CONNECTIONS)
    with pytest.raises((HTTPException, OSError)):
        asking[-1].getresponse()
    for connection in asking:
        connection.close()
    server.behave()
    _until(lambda: _works(server))


def _works(server: RevocationServer) -> bool:
    try:
        return get(server, OTHER)[0] == 200
    except (HTTPException, OSError):
        return False


def test_names_and_delays_are_bounded() -> None:
    board = Switchboard()
    for number in range(MAX_NAMES):
        board.switch(f"crl/{number}", Silent())
    with pytest.raises(ValueError, match="names"):
        board.switch("crl/more", Silent())
    board.switch("crl/0", Wrong())
    assert board.of("crl/0") == Wrong()
    board.reset()
    assert board.of("crl/0") == USUAL
    for seconds in (-1.0, CONNECTION_LIMIT_S):
        with pytest.raises(ValueError, match="seconds"):
            Late(seconds)


def test_many_threads_may_ask_and_switch(server: RevocationServer) -> None:
    seen: list[int] = []

    def asking() -> None:
        for _ in range(15):
            seen.append(get(server, FETCHED)[0])

    def switching() -> None:
        for number in range(300):
            server.switch(FETCHED, Wrong(Wrongness.SERVER_ERROR) if number % 2 else USUAL)

    threads = [threading.Thread(target=work) for work in (asking, asking, asking, switching, switching)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(6 * LIMIT_S)
    assert len(seen) == 45
    assert set(seen) <= {200, 500}


def test_a_later_list_and_wrong_ones_take_the_place_of_the_first(
    server: RevocationServer, folder: CredentialFolder
) -> None:
    credential = folder.credential("bad-tls/fetched-crl")
    issuer = credential.chain[0]
    found = {}
    for state in ListState:
        server.publish_crl("fetched-ca.crl", read_list(folder.path, "fetched-ca", state))
        data = RevocationData(crls=(get(server, FETCHED)[1],))
        found[state] = revocation_status(credential.certificate, issuer, data, time.time())
    states = {state: (status.state, status.outdated) for state, status in found.items()}
    good, revoked = RevocationState.GOOD, RevocationState.REVOKED
    assert states == {
        ListState.CURRENT: (good, False),
        ListState.LATER: (revoked, False),
        ListState.EXPIRED: (good, True),
        ListState.OTHER_ISSUER: (RevocationState.NO_DATA, False),
        ListState.BROKEN_SIGNATURE: (good, False),
    }
    assert found[ListState.CURRENT].remarks == found[ListState.LATER].remarks == ()
    (remark,) = found[ListState.BROKEN_SIGNATURE].remarks
    assert "does not verify" in remark.text


def test_answers_of_every_state_are_given_for_the_certificate(
    server: RevocationServer, folder: CredentialFolder
) -> None:
    credential = folder.credential(BY_OCSP)
    assert ask(server, folder) == read_answer(folder.path, BY_OCSP, AnswerState.GOOD)
    good = read_answer(folder.path, BY_OCSP, AnswerState.GOOD)
    found = {}
    for state in AnswerState:
        octets = read_answer(folder.path, BY_OCSP, state)
        server.publish_answer(octets, about=good)
        assert ask(server, folder) == octets
        data = RevocationData(ocsp=(octets,))
        status = revocation_status(credential.certificate, credential.chain[0], data, time.time())
        found[state] = (status.state, status.outdated)
    nothing = (RevocationState.NO_DATA, False)
    assert found == {
        AnswerState.GOOD: (RevocationState.GOOD, False),
        AnswerState.REVOKED: (RevocationState.REVOKED, False),
        AnswerState.UNKNOWN: nothing,
        AnswerState.EXPIRED: (RevocationState.GOOD, True),
        AnswerState.WRONG_SIGNER: nothing,
        AnswerState.OTHER_CERTIFICATE: nothing,
    }
    (about_another, _) = read_ocsp(read_answer(folder.path, BY_OCSP, AnswerState.OTHER_CERTIFICATE)).responses
    assert about_another.status is CertStatus.GOOD
    assert about_another.serial != credential.certificate.serial


def test_a_list_that_is_not_there_is_told(folder: CredentialFolder) -> None:
    with pytest.raises(CredentialError, match="cannot be read"):
        read_list(folder.path, "root", ListState.LATER)
