"""The search for suites, on servers in memory that choose in every way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.tls.engine.hellos import ServerHello
from conform62351.profiles.tls.suites import NOT_SUITES, SUITES, TLS_1_3_SUITES
from conform62351.tooling.scan.answers import Answer, Ending
from conform62351.tooling.scan.suite_search import (
    CLIENT,
    FAMILIES,
    MIXED,
    NEWER_SUITES,
    OLDER_SUITES,
    SERVER,
    Found,
    key_exchange,
    search,
)

VERSION = 0x0303
SETTINGS = settings(max_examples=60, deadline=None)
SOME = st.lists(st.sampled_from(OLDER_SUITES), unique=True, max_size=25)

Choice = Callable[[Sequence[int]], int | None]


def run(choose: Choice, *, families: bool = True, version: int = VERSION) -> tuple[Found, int]:
    count = [0]

    def offer(suites: Sequence[int]) -> Answer:
        count[0] += 1
        chosen = choose(suites)
        if chosen is None:
            return Answer(Ending.ALERT)
        return Answer(Ending.ANSWERED, ServerHello(version, bytes(32), b"", chosen))

    found = Found()
    search(offer, VERSION, OLDER_SUITES, found, families=families)
    return found, count[0]


def by_server(own: Sequence[int]) -> Choice:
    return lambda offered: next((code for code in own if code in offered), None)


def by_client(own: Sequence[int]) -> Choice:
    return lambda offered: next((code for code in offered if code in own), None)


@SETTINGS
@given(SOME)
def test_the_order_of_a_server_is_found(own: list[int]) -> None:
    found, count = run(by_server(own))
    assert found.suites == own
    assert found.order == (SERVER if len(own) > 1 else "")
    assert count <= len(own) + 2 + len(FAMILIES)
    assert found.oddities == []
    assert found.firsts.keys() == {key_exchange(code) for code in own}


@SETTINGS
@given(SOME)
def test_a_server_that_follows_the_client_is_told(own: list[int]) -> None:
    found, _ = run(by_client(own))
    assert sorted(found.suites) == sorted(own)
    assert found.order == (CLIENT if len(own) > 1 else "")


def test_a_server_with_a_preference_of_its_own_for_some_is_neither() -> None:
    own = (0xC02F, 0xC030, 0xCCA8)

    def choose(offered: Sequence[int]) -> int | None:
        # As OpenSSL does with a client that puts ChaCha20 first.
        if offered[0] == 0xCCA8:
            return 0xC030
        return by_server(own)(offered)

    found, _ = run(choose)
    assert found.suites == list(own)
    assert found.order == MIXED


def test_suites_that_are_taken_only_without_others_are_found() -> None:
    own = (0x009E, 0x003C)

    def choose(offered: Sequence[int]) -> int | None:
        # It prefers static Diffie-Hellman, and has no such certificate.
        return None if 0x00A0 in offered else by_server(own)(offered)

    found, _ = run(choose)
    assert sorted(found.suites) == sorted(own)
    assert found.oddities
    assert run(choose, families=False)[0].suites == []


def test_a_choice_that_was_not_offered_ends_the_search() -> None:
    found, count = run(lambda _: 0x1301)
    assert found.suites == []
    assert "1301" in found.oddities[0]
    assert count <= 1 + len(FAMILIES)


def test_a_choice_in_another_version_is_none() -> None:
    found, _ = run(by_server((0x002F,)), version=0x0302)
    assert found.suites == []
    assert found.refusal is not None
    assert found.refusal.version == 0x0302


def test_every_suite_has_its_place() -> None:
    assert set(OLDER_SUITES) | set(NEWER_SUITES) == set(SUITES)
    assert not set(OLDER_SUITES) & TLS_1_3_SUITES
    assert not NOT_SUITES & set(SUITES)
    assert sorted(code for family in FAMILIES for code in family) == sorted(OLDER_SUITES)
    assert key_exchange(0x00A0) == "DH_RSA"
    assert key_exchange(0x1301) == ""
