"""Certificate lists of the reference device for TLS: fetched, kept, refreshed, and whom it does not call."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from conform62351.fixtures.device import tls_lists
from conform62351.fixtures.device.http_fetch import FetchError, get
from conform62351.fixtures.device.tls_lists import SILENCE_S, CertificateLists, Refreshed, Refresher
from conform62351.profiles.pki.crl import read_crl
from conform62351.suites.selfcheck.pki_samples import SERIAL, Authority, authority, crl_of, entity
from conform62351.tooling.net.channel import Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.revocation_server import RevocationServer

CLOCK = Clock()
LIMIT_S = 20.0
LONG_S = 1000.0
ROOT = authority("ListRoot")
OTHER = authority("OtherListRoot")
OWN = crl_of(OTHER)


@pytest.fixture
def server() -> Iterator[RevocationServer]:
    """Serve lists."""
    with RevocationServer() as made:
        yield made


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have who fetches a list wait as long as a busy machine takes."""
    monkeypatch.setattr(tls_lists, "FETCH_LIMIT_S", LIMIT_S)


class OwnTime(Clock):
    """A clock that a test sets ahead."""

    ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


def url_at(server: RevocationServer, name: str = "list.crl") -> str:
    return server.ocsp_url.removesuffix("ocsp") + f"crl/{name}"


def lists(*issuers: Authority) -> CertificateLists:
    return CertificateLists([one.certificate for one in issuers or (ROOT,)], (OWN,), CLOCK)


def test_a_list_is_fetched_once_until_it_is_old(server: RevocationServer) -> None:
    first, second = crl_of(ROOT), crl_of(ROOT, SERIAL)
    peer = entity(ROOT, crl_url=url_at(server))
    known = lists()
    server.publish_crl("list.crl", first)
    assert known.about(peer, LONG_S) == (OWN, first)
    server.publish_crl("list.crl", second)
    assert known.about(peer, LONG_S) == (OWN, first)
    assert known.about(peer, 0.0) == (OWN, second)
    assert len(server.served) == 2


def test_a_refresh_tells_whether_a_list_has_changed(server: RevocationServer) -> None:
    known = lists()
    assert known.refresh() == Refreshed()
    server.publish_crl("list.crl", crl_of(ROOT))
    known.about(entity(ROOT, crl_url=url_at(server)), LONG_S)
    assert known.refresh() == Refreshed()
    server.publish_crl("list.crl", crl_of(ROOT, SERIAL))
    assert known.refresh(LONG_S) == Refreshed()
    assert known.refresh() == Refreshed(changed=True)
    server.publish_crl("list.crl", b"no list")
    assert known.refresh() == Refreshed(failed=(url_at(server),))


def test_what_is_no_list_of_the_issuer_changes_nothing(server: RevocationServer) -> None:
    good = crl_of(ROOT)
    peer = entity(ROOT, crl_url=url_at(server))
    known = lists()
    server.publish_crl("list.crl", good)
    known.about(peer, LONG_S)
    for octets in (crl_of(OTHER), good[:-1] + bytes([good[-1] ^ 1]), b"no list", b""):
        server.publish_crl("list.crl", octets)
        assert known.about(peer, 0.0) == (OWN, good)
    server.stop()
    assert known.about(peer, 0.0) == (OWN, good)


def test_nobody_is_called_for_certificates_of_strangers(server: RevocationServer) -> None:
    server.publish_crl("list.crl", crl_of(OTHER))
    assert lists().about(entity(OTHER, crl_url=url_at(server)), 0.0) == (OWN,)
    for url in ("ldap://127.0.0.1/x", "http://[", "file:///etc/passwd", "http://127.0.0.1:99999/"):
        assert lists().about(entity(ROOT, crl_url=url), 0.0) == (OWN,)
    assert server.served == ()


def test_a_host_that_says_nothing_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls_lists, "FETCH_LIMIT_S", 0.5)
    with Listener.bind("127.0.0.1", clock=CLOCK) as silent:
        base = f"http://127.0.0.1:{silent.address.port}"
        known = lists()
        for name in ("a", "b", "c"):
            assert known.about(entity(ROOT, crl_url=f"{base}/{name}"), 0.0) == (OWN,)
        taken = silent.accept(LIMIT_S)
        assert taken is not None
        assert silent.accept(0.0) is None
        taken.close()


def test_a_silent_host_keeps_no_other_lists_from_a_refresh(
    server: RevocationServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_lists, "FETCH_LIMIT_S", 1.5)
    server.publish_crl("list.crl", crl_of(ROOT))
    with Listener.bind("127.0.0.1", clock=CLOCK) as silent:
        known = lists()
        silent_url = f"http://127.0.0.1:{silent.address.port}/a"
        known.about(entity(ROOT, crl_url=silent_url), LONG_S)
        known.about(entity(ROOT, crl_url=url_at(server)), LONG_S)
        server.publish_crl("list.crl", crl_of(ROOT, SERIAL))
        assert known.refresh() == Refreshed(changed=True, failed=(silent_url,))


def test_a_list_that_could_not_be_had_is_tried_again_before_a_good_one_grows_old(
    server: RevocationServer,
) -> None:
    clock = OwnTime()
    known = CertificateLists([ROOT.certificate], (OWN,), clock)
    peer = entity(ROOT, crl_url=url_at(server))
    assert known.about(peer, 3 * SILENCE_S) == (OWN,)
    server.publish_crl("list.crl", crl_of(ROOT))
    assert known.about(peer, 3 * SILENCE_S) == (OWN,)
    clock.ahead = SILENCE_S
    assert len(known.about(peer, 3 * SILENCE_S)) == 2
    clock.ahead = 3 * SILENCE_S
    asked = len(server.served)
    known.about(peer, 3 * SILENCE_S)
    assert len(server.served) == asked


def test_those_who_want_the_same_list_wait_for_it(server: RevocationServer) -> None:
    server.publish_crl("list.crl", crl_of(ROOT))
    known, peer = lists(), entity(ROOT, crl_url=url_at(server))
    got: list[tuple[bytes, ...]] = []
    threads = [threading.Thread(target=lambda: got.append(known.about(peer, LONG_S))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT_S)
    assert [len(one) for one in got] == [2] * 8
    assert len(server.served) == 1


def test_installed_lists_are_there_until_a_restart(server: RevocationServer) -> None:
    server.publish_crl("list.crl", crl_of(ROOT))
    known, peer = lists(), entity(ROOT, crl_url=url_at(server))
    later = crl_of(OTHER, SERIAL)
    known.install((later,))
    own, fetched = known.about(peer, LONG_S)
    assert own == later
    assert read_crl(fetched).issuer == ROOT.certificate.subject
    known.restart()
    assert known.about(entity(OTHER), LONG_S) == (OWN,)


def test_the_refresher_tells_of_changes_as_lists_grow_old(server: RevocationServer) -> None:
    server.publish_crl("list.crl", crl_of(ROOT))
    known = lists()
    known.about(entity(ROOT, crl_url=url_at(server)), LONG_S)
    server.publish_crl("list.crl", crl_of(ROOT, SERIAL))
    told = threading.Event()
    missed: list[str] = []
    refresher = Refresher(known, lambda: 0.05, told.set, missed.append)
    refresher.start()
    assert told.wait(LIMIT_S)
    assert missed == []
    server.publish_crl("list.crl", b"no list")
    before = len(server.served)
    deadline = CLOCK.monotonic() + LIMIT_S
    while len(server.served) < before + 4:
        assert CLOCK.monotonic() < deadline
        CLOCK.sleep(0.01)
    refresher.stop(LIMIT_S)
    assert missed == [url_at(server)]


def test_the_refresher_tells_of_a_change_that_a_handshake_came_upon(server: RevocationServer) -> None:
    first, later = entity(ROOT, crl_url=url_at(server)), entity(ROOT, crl_url=url_at(server))
    server.publish_crl("list.crl", crl_of(ROOT))
    known = lists()
    told = threading.Event()
    refresher = Refresher(known, lambda: LONG_S, told.set, print)
    refresher.start()
    known.about(first, LONG_S)
    known.about(later, 0.0)
    assert not told.wait(0.1)
    server.publish_crl("list.crl", crl_of(ROOT, SERIAL))
    known.about(later, 0.0)
    assert told.wait(LIMIT_S)
    refresher.stop(LIMIT_S)
    assert known.refresh(LONG_S) == Refreshed()


def test_the_refresher_looks_at_a_new_interval_when_it_is_woken(server: RevocationServer) -> None:
    server.publish_crl("list.crl", crl_of(ROOT))
    known = lists()
    known.about(entity(ROOT, crl_url=url_at(server)), LONG_S)
    server.publish_crl("list.crl", crl_of(ROOT, SERIAL))
    told = threading.Event()
    interval: list[float | None] = [None]
    refresher = Refresher(known, lambda: interval[0], told.set, print)
    refresher.start()
    interval[0] = 0.05
    deadline = CLOCK.monotonic() + LIMIT_S
    while not told.wait(0.01):
        assert CLOCK.monotonic() < deadline
        refresher.wake()
    refresher.stop(LIMIT_S)


def test_what_is_larger_than_allowed_is_not_fetched(server: RevocationServer) -> None:
    server.publish_crl("list.crl", bytes(5000))
    assert len(get(url_at(server), limit=LIMIT_S, clock=CLOCK, largest=6000)) == 5000
    with pytest.raises(FetchError, match="more than 4000 octets"):
        get(url_at(server), limit=LIMIT_S, clock=CLOCK, largest=4000)
