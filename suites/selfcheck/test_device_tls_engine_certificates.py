"""Which certificates the reference device takes in TLS by the engine, how it refuses others, what it logs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.device import revocation, tls_lists
from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.profiles.role import Role
from conform62351.profiles.tls.interface import AlertReceived, Established
from conform62351.suites.selfcheck.device_engine_peer import (
    EnginePeers,
    associated,
    calling,
    in_configuration,
)
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Start, act, events, wait_for_event
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.errors import TlsHandshakeFailed
from conform62351.tooling.net.revocation_data import AnswerState, ListState, read_answer, read_list
from conform62351.tooling.net.revocation_server import RevocationServer

SUCCESS = "IEC62351-3:1.1"
NO_LIST = "IEC62351-3:2.5"
FAILED = "IEC62351-14:4.2"
FETCHED = "fetched-ca.crl"
TWENTY_YEARS = str(20 * 365 * 86_400)
REFUSED = {
    "unknown-ca": ("unknown_ca", "IEC62351-3:2.2"),
    "self-signed": ("unknown_ca", "IEC62351-3:2.2"),
    "expired": ("certificate_expired", "IEC62351-3:2.8"),
    "not-yet-valid": ("certificate_expired", "IEC62351-3:2.8"),
    "revoked": ("certificate_revoked", "IEC62351-3:2.4"),
    "revoked-ocsp": ("certificate_revoked", "IEC62351-3:2.4"),
    "oversized": ("bad_certificate", "IEC62351-3:2.1"),
    "rsa-1024": ("bad_certificate", "IEC62351-3:2.11"),
    "short-ec": ("bad_certificate", "IEC62351-3:2.13"),
    "sha1": ("bad_certificate", "IEC62351-3:2.14"),
    "md5": ("bad_certificate", "IEC62351-3:2.14"),
    "algorithm-mismatch": ("bad_certificate", "IEC62351-3:2.9"),
    "broken-signature": ("bad_certificate", "IEC62351-3:2.10"),
    "truncated": ("bad_certificate", FAILED),
    "trailing": ("bad_certificate", FAILED),
    "v1": ("unsupported_certificate", FAILED),
    "critical-extension": ("unsupported_certificate", FAILED),
    "ca-flag": ("bad_certificate", FAILED),
    "no-digital-signature": ("unsupported_certificate", FAILED),
    "no-key-agreement": ("unsupported_certificate", FAILED),
    "expired-ca": ("certificate_expired", "IEC62351-3:2.8"),
    "not-a-ca": ("bad_certificate", FAILED),
    "ca-no-cert-sign": ("bad_certificate", FAILED),
    "path-length": ("bad_certificate", FAILED),
    "revoked-ca": ("certificate_revoked", "IEC62351-3:2.4"),
    "weak-ca": ("bad_certificate", "IEC62351-3:2.14"),
}
TAKEN = {
    "size-8192": None,
    "no-key-usage": None,
    "second-anchor": None,
    "no-crl": NO_LIST,
    "outdated-crl": "IEC62351-3:2.6",
    "revocation-later": None,
}


def suites_for(name: str) -> tuple[int, ...]:
    return (0x00A0,) if name == "no-key-agreement" else {"short-ec": (0xC02B, 0xC02F)}.get(name, (0xC02F,))


@pytest.mark.parametrize("name", REFUSED)
def test_clients_with_bad_certificates_are_refused(
    start: Start, workshop: Workshop, engine: EnginePeers, name: str
) -> None:
    alert, event = REFUSED[name]
    device = in_configuration(start, workshop)
    with pytest.raises(TlsHandshakeFailed) as failure:
        engine.connected(device, f"bad-tls/{name}", suites=suites_for(name))
    assert failure.value.alert_received == alert
    wait_for_event(device, event, "TLS: ")
    assert SUCCESS not in [record.id for record in events(device)]


@pytest.mark.parametrize("name", [name for name in REFUSED if name != "short-ec"])
def test_servers_with_bad_certificates_are_left(
    start: Start, workshop: Workshop, engine: EnginePeers, name: str
) -> None:
    alert, event = REFUSED[name]
    device = in_configuration(start, workshop)
    listener = engine.listening()
    calling(device, listener)
    with pytest.raises(TlsHandshakeFailed) as failure:
        engine.called(listener, f"bad-tls/{name}", suites=suites_for(name))
    assert failure.value.alert_received == alert
    wait_for_event(device, event, "TLS: ")


@pytest.mark.parametrize("name", TAKEN)
def test_good_certificates_are_taken_by_both_roles(
    start: Start, workshop: Workshop, engine: EnginePeers, name: str
) -> None:
    device = in_configuration(start, workshop)
    associated(engine.connected(device, f"bad-tls/{name}")).release()
    listener = engine.listening()
    calling(device, listener)
    engine.called(listener, f"bad-tls/{name}").peer(Role.SERVER).accept()
    wait_for_event(device, "IEC62351-14:4.1", "as client")
    logged = [record.id for record in events(device)]
    assert logged.count(SUCCESS) == 2
    warnings = [one for one in logged if one.startswith("IEC62351-3:") and one != SUCCESS]
    assert warnings == ([] if TAKEN[name] is None else [TAKEN[name]] * 2)


def test_clients_without_a_certificate_are_refused(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = in_configuration(start, workshop)
    with pytest.raises(TlsHandshakeFailed) as failure:
        engine.connected(device, identities=())
    assert failure.value.alert_received == "handshake_failure"
    wait_for_event(device, "IEC62351-3:1.6")


@pytest.mark.parametrize(("name", "event"), [("rsa-1024", "IEC62351-3:2.12"), ("sha1", "IEC62351-3:2.14")])
def test_deprecated_certificates_are_taken_with_a_warning_where_they_are_enabled(
    start: Start, workshop: Workshop, engine: EnginePeers, name: str, event: str
) -> None:
    device = in_configuration(start, workshop, "tls-weak")
    associated(engine.connected(device, f"bad-tls/{name}")).release()
    wait_for_event(device, event)


def test_only_listed_certificates_are_taken_in_that_mode(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = in_configuration(start, workshop, "tls-white-list")
    associated(engine.connected(device)).release()
    with pytest.raises(TlsHandshakeFailed):
        engine.connected(device, "bad-tls/second-anchor")
    wait_for_event(device, "IEC62351-3:2.3")


@pytest.mark.parametrize("role", list(Role))
def test_a_certificate_that_is_revoked_later_ends_the_connection(
    start: Start, workshop: Workshop, engine: EnginePeers, role: Role
) -> None:
    device = in_configuration(start, workshop)
    name = "bad-tls/revocation-later"
    if role is Role.SERVER:
        heard = engine.connected(device, name)
        associated(heard)
    else:
        listener = engine.listening()
        calling(device, listener)
        heard = engine.called(listener, name)
        heard.peer(Role.SERVER).accept()
    wait_for_event(device, "IEC62351-14:4.1")
    act(device, "install-crl")
    heard.ended()
    alerts = [event.description for event in heard.told if isinstance(event, AlertReceived)]
    assert alerts == ["certificate_revoked"]
    wait_for_event(device, "IEC62351-3:1.8")
    if role is Role.SERVER:
        with pytest.raises(TlsHandshakeFailed):
            engine.connected(device, name, session=heard.machine.session)
        wait_for_event(device, "IEC62351-3:2.4")


def test_new_lists_lead_to_a_renegotiation_that_good_certificates_survive(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = in_configuration(start, workshop)
    heard = engine.connected(device)
    peer = associated(heard)
    act(device, "install-crl")
    heard.wait(Established, lambda event: event.renegotiated)
    peer.ask(peer.client.identify())
    peer.release()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a device wait for revocation data as long as a busy machine takes."""
    monkeypatch.setattr(tls_lists, "FETCH_LIMIT_S", LIMIT_S)
    monkeypatch.setattr(revocation, "OCSP_LIMIT_S", LIMIT_S)


class Published:
    """A workshop of its own whose revocation data a server of the test gives."""

    def __init__(self, folder: Path) -> None:
        self.server = RevocationServer()
        self.server.start()
        self.workshop = make_workshop(folder, WorkshopPlan(now=time.time(), ocsp_url=self.server.ocsp_url))
        self.engine = EnginePeers(CredentialFolder.load(self.workshop.tester))

    def publish(self, state: ListState) -> None:
        """Serve the list of the authority whose lists are fetched."""
        self.server.publish_crl(FETCHED, read_list(self.workshop.tester, "fetched-ca", state))

    def fetches(self) -> int:
        """Return how often the list was fetched."""
        return sum(FETCHED in request for request in self.server.served)

    def stop(self) -> None:
        """End all connections and free the port."""
        self.server.stop()
        self.engine.__exit__()


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Make a workshop whose revocation data a test publishes; what was published before is there still."""
    made = Published(tmp_path_factory.mktemp("published") / "pki")
    yield made
    made.stop()


def test_lists_are_fetched_and_kept(start: Start, published: Published) -> None:
    published.publish(ListState.CURRENT)
    device = in_configuration(start, published.workshop)
    before = published.fetches()
    for _ in range(3):
        associated(published.engine.connected(device, "bad-tls/fetched-crl")).release()
    assert published.fetches() == before + 1
    assert NO_LIST not in [record.id for record in events(device)]
    with pytest.raises(TlsHandshakeFailed) as failure:
        published.engine.connected(device, "bad-tls/fetched-revoked")
    assert failure.value.alert_received == "certificate_revoked"


def test_a_new_list_is_fetched_when_that_is_asked_for(start: Start, published: Published) -> None:
    published.publish(ListState.CURRENT)
    device = in_configuration(start, published.workshop)
    heard = published.engine.connected(device, "bad-tls/fetched-crl")
    associated(heard)
    assert act(device, "refresh-revocation") == {"changed": False}
    published.publish(ListState.LATER)
    assert act(device, "refresh-revocation") == {"changed": True}
    heard.ended()
    wait_for_event(device, "IEC62351-3:1.8")


def test_a_new_list_is_fetched_when_its_time_has_come(start: Start, published: Published) -> None:
    published.publish(ListState.CURRENT)
    device = in_configuration(start, published.workshop, "tls-intervals")
    heard = published.engine.connected(device, "bad-tls/fetched-crl")
    associated(heard)
    published.publish(ListState.LATER)
    heard.ended()
    wait_for_event(device, "IEC62351-3:1.8")


@pytest.mark.parametrize("state", [ListState.OTHER_ISSUER, ListState.BROKEN_SIGNATURE, None])
def test_lists_that_cannot_be_had_end_nothing(
    start: Start, published: Published, state: ListState | None
) -> None:
    if state is None:
        published.server.publish_crl(FETCHED, b"no list")
    else:
        published.publish(state)
    device = in_configuration(start, published.workshop)
    heard = published.engine.connected(device, "bad-tls/fetched-crl")
    peer = associated(heard)
    act(device, "refresh-revocation")
    act(device, "renegotiate")
    heard.wait(Established, lambda event: event.renegotiated)
    peer.release()
    logged = [record.text for record in events(device) if record.id == NO_LIST]
    assert ["can be had at" in str(text) for text in logged] == [False, True, False]


def test_a_server_of_lists_that_says_nothing_holds_up_one_handshake_for_a_moment(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_lists, "FETCH_LIMIT_S", 0.5)
    clock = Clock()
    with Listener.bind("127.0.0.1", clock=clock) as silent:
        url = f"http://127.0.0.1:{silent.address.port}/ocsp"
        workshop = make_workshop(tmp_path / "pki", WorkshopPlan(now=time.time(), ocsp_url=url))
        device = in_configuration(start, workshop)
        with EnginePeers(CredentialFolder.load(workshop.tester)) as engine:
            associated(engine.connected(device, "bad-tls/fetched-crl")).release()
    wait_for_event(device, NO_LIST)


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (AnswerState.GOOD, None),
        (AnswerState.REVOKED, "IEC62351-3:2.4"),
        (AnswerState.EXPIRED, "IEC62351-3:2.7"),
        (AnswerState.UNKNOWN, NO_LIST),
        (AnswerState.WRONG_SIGNER, NO_LIST),
    ],
)
def test_responders_are_asked(
    start: Start, published: Published, state: AnswerState, event: str | None
) -> None:
    answer = read_answer(published.workshop.tester, "bad-tls/fetched-ocsp", state)
    published.server.publish_answer(answer)
    device = in_configuration(start, published.workshop)
    if state is AnswerState.REVOKED:
        with pytest.raises(TlsHandshakeFailed):
            published.engine.connected(device, "bad-tls/fetched-ocsp")
    else:
        associated(published.engine.connected(device, "bad-tls/fetched-ocsp")).release()
    logged = [record.id for record in events(device) if record.id.startswith("IEC62351-3:2")]
    assert logged == ([] if event is None else [event])


@pytest.mark.parametrize("configuration", ["tls", "tls-intervals"])
def test_what_a_responder_says_later_ends_the_connection(
    start: Start, published: Published, configuration: str
) -> None:
    def publish(state: AnswerState) -> None:
        answer = read_answer(published.workshop.tester, "bad-tls/fetched-ocsp", state)
        published.server.publish_answer(answer)

    publish(AnswerState.GOOD)
    device = in_configuration(start, published.workshop, configuration)
    heard = published.engine.connected(device, "bad-tls/fetched-ocsp")
    associated(heard)
    publish(AnswerState.REVOKED)
    if configuration == "tls":
        act(device, "refresh-revocation")
    heard.ended()
    wait_for_event(device, "IEC62351-3:1.8")


def test_certificates_are_judged_by_the_clock_of_the_device(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = in_configuration(start, workshop)
    act(device, "set-clock", offset=TWENTY_YEARS)
    with pytest.raises(TlsHandshakeFailed) as failure:
        engine.connected(device)
    assert failure.value.alert_received == "certificate_expired"
    wait_for_event(device, "IEC62351-3:2.8")


@pytest.mark.parametrize("tickets", [False, True])
def test_no_client_comes_back_by_a_session_whose_certificate_has_expired(
    start: Start, workshop: Workshop, engine: EnginePeers, tickets: bool
) -> None:
    device = in_configuration(start, workshop)
    first = engine.connected(device, tickets=tickets)
    associated(first).release()
    act(device, "set-clock", offset=TWENTY_YEARS)
    with pytest.raises(TlsHandshakeFailed) as failure:
        engine.connected(device, tickets=tickets, session=first.machine.session)
    assert failure.value.alert_received == "certificate_expired"
    wait_for_event(device, "IEC62351-3:2.8")


def test_no_server_is_gone_back_to_by_a_session_whose_certificate_has_expired(
    start: Start, workshop: Workshop, engine: EnginePeers
) -> None:
    device = in_configuration(start, workshop)
    listener = engine.listening()
    calling(device, listener)
    heard = engine.called(listener)
    heard.peer(Role.SERVER).accept()
    heard.stream.close()
    wait_for_event(device, SUCCESS)
    act(device, "set-clock", offset=TWENTY_YEARS)
    calling(device, listener)
    with pytest.raises(TlsHandshakeFailed) as failure:
        engine.called(listener)
    assert failure.value.alert_received == "certificate_expired"
