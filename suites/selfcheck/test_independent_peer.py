"""The independent peer against itself: every mode, group and kind of key, release, rekey."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from conform62351.suites.selfcheck.independent import keys
from conform62351.suites.selfcheck.independent.algorithms import Algorithm
from conform62351.suites.selfcheck.independent.authority import make_key, titles_name
from conform62351.suites.selfcheck.independent.ber import Node, read
from conform62351.suites.selfcheck.independent.certificates import Identity
from conform62351.suites.selfcheck.independent.errors import Broken
from conform62351.suites.selfcheck.independent.handshake import accept, connect
from conform62351.suites.selfcheck.independent.peer import Association
from conform62351.suites.selfcheck.independent_lab import (
    CLIENT,
    MODES,
    Lab,
    asked,
    make_lab,
    results,
    served,
)
from conform62351.suites.selfcheck.independent_stimuli import (
    TOLERATED,
    constructed,
    in_token,
    indefinite,
    long_lengths,
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with make_lab() as made:
        yield made


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("group", [14, 23, 19, 28])
def test_every_mode_and_group_works(lab: Lab, mode: str, group: int) -> None:
    client = lab.settings("client", groups=(group,), **MODES[mode])
    server = lab.settings("server", groups=(14, 19, 23, 28))
    for made in results(*lab.converse(asked(client), served(server))):
        assert made.notes == []
        assert made.asso_id == "7:41"
        assert made.data.group == group


@pytest.mark.parametrize("client", ["p256", "brainpool", "rsa"])
@pytest.mark.parametrize("server", ["p256", "brainpool", "rsa"])
def test_each_side_has_its_own_kind_of_key(lab: Lab, client: str, server: str) -> None:
    sides = lab.settings("client", client), lab.settings("server", server)
    results(*lab.converse(asked(sides[0]), served(sides[1])))


@pytest.mark.parametrize("mode", MODES)
def test_the_client_changes_keys_and_the_server_asks_for_it(lab: Lab, mode: str) -> None:
    def client(sock: socket.socket) -> Association:
        made = connect(sock, lab.settings("client", **MODES[mode]))
        made.identify(rekey=True)
        assert made.data.rekeys == 1
        made.identify()
        assert made.data.rekeys == 2
        made.identify(rekey=True)
        made.release()
        return made

    def server(sock: socket.socket) -> Association:
        made = accept(sock, lab.settings("server"))
        made.serve(req_rekey=True)
        return made

    for made in results(*lab.converse(client, server)):
        assert made.data.rekeys == 3
        assert made.notes == []


def test_the_server_releases(lab: Lab) -> None:
    def client(sock: socket.socket) -> None:
        connect(sock, lab.settings("client")).serve()

    def server(sock: socket.socket) -> None:
        assert accept(sock, lab.settings("server")).release() is None

    results(*lab.converse(client, server))


def test_both_release_at_once(lab: Lab) -> None:
    def client(sock: socket.socket) -> None:
        assert connect(sock, lab.settings("client")).release(conclude=False) is None

    def server(sock: socket.socket) -> None:
        assert accept(sock, lab.settings("server")).release(conclude=False) is None

    results(*lab.converse(client, server))


def test_a_path_of_authorities_is_sent(lab: Lab) -> None:
    first = lab.root.below("first")
    second = first.below("second", "brainpool")
    identity = second.identity(CLIENT, path=(first.certificate, second.certificate))
    client = replace(lab.settings("client"), identity=identity)
    results(*lab.converse(asked(client), served(lab.settings("server"))))


def test_a_subject_of_text_is_read(lab: Lab) -> None:
    key = make_key("p256")
    certificate = lab.root.issue(titles_name(CLIENT, text=True), key)
    client = replace(lab.settings("client"), identity=Identity(key, certificate, CLIENT))
    results(*lab.converse(asked(client), served(lab.settings("server"))))


@pytest.mark.parametrize("form", TOLERATED)
def test_forms_that_the_pages_name_are_read(lab: Lab, form: str) -> None:
    spoil = {"HandshakeReq.tbs": TOLERATED[form]}
    client = lab.settings("client", spoil=spoil, **MODES["aes128-GCM"])
    results(*lab.converse(asked(client), served(lab.settings("server"))))


@pytest.mark.parametrize("make", [indefinite, long_lengths, constructed])
def test_other_encodings_of_data_are_read_and_noted(lab: Lab, make: Callable[[Node, bytes], bytes]) -> None:
    client = lab.settings("client", spoil={"tbp": in_token(make)})
    _, server = results(*lab.converse(asked(client), served(lab.settings("server"))))
    assert server.notes != []


def test_the_prime_is_that_of_rfc_3526() -> None:
    scale = 1 << 2048

    def arctangent(inverse: int) -> int:
        total, power, odd = 0, scale // inverse, 1
        while power:
            total += power // odd if odd % 4 == 1 else -(power // odd)
            power, odd = power // inverse**2, odd + 2
        return total

    pi = 4 * (4 * arctangent(5) - arctangent(239))
    middle = (pi >> 2048 - 1918) + 124476
    assert (1 << 2048) - (1 << 1984) - 1 + (middle << 64) == keys.MODP_2048


def test_gmac_by_hand_is_that_of_the_library() -> None:
    algorithm, key = Algorithm.of("aes128-GCM/16"), bytes(range(16))
    for size in (8, 12, 16, 64):
        nonce = bytes(range(size))
        made = keys.authenticate(algorithm, key, nonce, b"a" * 37)
        if size != 12:
            assert keys.gmac_by_hand(key, nonce, b"a" * 37) == made
    assert len(keys.authenticate(algorithm, key, b"1", b"")) == 16


def test_what_is_not_ber_is_broken() -> None:
    for text in (
        "",
        "30",
        "3080",
        "308000",
        "1f0100",
        "30800000ff",
        "0480",
        "30850000000001",
        "30" + "80" * 40,
    ):
        with pytest.raises(Broken):
            read(bytes.fromhex(text), [])
