"""Every suite of Tables 9 and 12 between the engine and a stack that nobody here wrote, in either role."""

from __future__ import annotations

import os
from collections import Counter
from itertools import count
from typing import Any

import pytest

from conform62351.fixtures.peers.tls.stack import Wish
from conform62351.pics.catalogue import catalogue
from conform62351.profiles.pki.dh_keys import PKCS_3, X9_42, DhPrivateKey
from conform62351.profiles.tls.engine.agreement import dh_pair, dh_premaster, field_of
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    KeyExchange,
    cipher_suite,
)
from conform62351.profiles.tls.suites import suite_name
from conform62351.suites.selfcheck.tls_peer_bench import (
    FORMS,
    SUITES,
    PeerBench,
    as_client,
    as_server,
    kind_of,
    suite_identity,
    suite_wish,
)
from conform62351.tooling.net.credential_reading import private_key_in

MODERN = (0x003C, 0x009E, 0xC02B, 0xC02C, 0xC02F, 0xC030)
WITHOUT_SECRECY = (0x0002, 0x003B)
STATIC = (0x000D, 0x0010, 0x0030, 0x0036, 0x003F, 0x00A0, 0x00A1)
EPHEMERAL_3DES = (0x0013, 0x0016)
ANONYMOUS = (0x0034, 0x003A)
NULL_MD5 = 0x0001
RC4 = 0x0005
RSA_3DES = 0x000A
WHO = {
    "openssl": (*MODERN, *WITHOUT_SECRECY, *ANONYMOUS, NULL_MD5),
    "gnutls": (*MODERN, *WITHOUT_SECRECY, *ANONYMOUS, *EPHEMERAL_3DES, RSA_3DES, NULL_MD5, RC4),
    "node": (*MODERN, *WITHOUT_SECRECY, *ANONYMOUS, *EPHEMERAL_3DES, *STATIC, RSA_3DES, NULL_MD5, RC4),
    "bouncycastle": (*MODERN, *WITHOUT_SECRECY, *ANONYMOUS, *EPHEMERAL_3DES, *STATIC, RSA_3DES),
}
"""Which stack does which suite, each as server and as client."""
NOBODY = {0x0000: "may not be negotiated (RFC 5246 A.5): no stack offers or accepts it"}
BOTH_STATIC = ("bouncycastle",)
"""Who wants a static value of the client, too, where the server's is static."""
VERSIONS = {TLS_1_0: ("-tls1", "protocol=TLSv1"), TLS_1_1: ("-tls1_1", "protocol=TLSv1_1"), TLS_1_2: ("", "")}
"""Options of OpenSSL and of Node."""
EXPONENT_OCTETS = 41
"""How many random octets the engine makes an exponent of; nothing else wants as many."""
MEETINGS = [
    pytest.param(stack, code, id=f"{stack}-{suite_name(code)}")
    for stack, codes in WHO.items()
    for code in codes
]


def test_two_stacks_at_least_have_every_row_of_the_tables() -> None:
    rows = {int(item.suite, 16) for item in catalogue() if item.table in (9, 12)}
    assert rows == {code for codes in WHO.values() for code in codes} | NOBODY.keys()
    spoken = Counter(code for codes in WHO.values() for code in codes)
    assert min(spoken.values()) >= 2
    assert {name: set(codes) for name, codes in WHO.items()} == {
        name: rows & suites.keys() for name, suites in SUITES.items()
    }


def static_of_both(name: str, code: int) -> bool:
    return name in BOTH_STATIC and cipher_suite(code).key_exchange is KeyExchange.DH


@pytest.mark.parametrize(("name", "code"), MEETINGS)
def test_the_engine_is_served(tls_peers: PeerBench, name: str, code: int) -> None:
    both = static_of_both(name, code)
    serving = tls_peers.stack(name).serve(suite_wish(tls_peers, name, code, ask=both))
    own = tls_peers.identity(kind_of(cipher_suite(code))) if both else ()
    meeting = as_client(serving, suites=(code,), identities=own)
    with meeting.channel as channel:
        assert channel.established.code == code
        assert bool(channel.established.peer_chain) == bool(kind_of(cipher_suite(code)))
        meeting.converse()
        assert channel.failure == channel.alert == ""


@pytest.mark.parametrize(("name", "code"), MEETINGS)
def test_the_engine_serves(tls_peers: PeerBench, name: str, code: int) -> None:
    both = static_of_both(name, code)
    form, kind = FORMS.get(name, X9_42), kind_of(cipher_suite(code))
    wish = Wish(suites=(code,), credential=tls_peers.credential(kind) if both else None)
    meeting = as_server(
        tls_peers.stack(name),
        wish,
        suites=(code,),
        identities=tls_peers.identity(kind, form),
        verify_peer=both,
    )
    with meeting.channel as channel:
        assert channel.established.code == code
        assert bool(channel.established.peer_chain) == both
        meeting.converse()
        assert channel.failure == channel.alert == ""


@pytest.mark.deep
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("number", "name"), [(0, "openssl"), (1, "node")])
def test_every_suite_of_the_engine_in_every_version(
    tls_peers: PeerBench, number: int, name: str, version: int
) -> None:
    """Those beside the tables, too: a device may have any."""
    option = VERSIONS[version][number]
    options = (option,) if option else ()
    stack = tls_peers.stack(name)
    for code in sorted(ENGINE_SUITES.keys() & SUITES[name].keys()):
        suite = cipher_suite(code)
        if version < suite.minimum_version:
            continue
        versions: dict[str, Any] = {"minimum": version, "maximum": version, "suites": (code,)}
        meeting = as_client(stack.serve(suite_wish(tls_peers, name, code, options=options)), **versions)
        with meeting.channel as channel:
            assert channel.established.code == code
            meeting.converse()
        own = suite_identity(tls_peers, name, code)
        wish = Wish(suites=(code,), options=options)
        meeting = as_server(stack, wish, identities=own, **versions)
        with meeting.channel as channel:
            assert channel.established.code == code
            meeting.converse()
        tls_peers.tidy()


@pytest.mark.parametrize("code", [0x0036, 0x00A0])
def test_leading_zeros_of_the_shared_value_are_left_out(tls_peers: PeerBench, code: int) -> None:
    """RFC 5246 8.1.2: against a static value, the engine's own is drawn until there are some."""
    kind = kind_of(cipher_suite(code))
    credential = tls_peers.credential(kind, PKCS_3)
    assert credential is not None
    server = private_key_in(credential.key)
    assert isinstance(server, DhPrivateKey)
    drawn = next(octets for octets in map(exponent_octets, count()) if begins_with_zeros(server, octets))

    def random(octets: int) -> bytes:
        return drawn if octets == EXPONENT_OCTETS else os.urandom(octets)

    serving = tls_peers.stack("node").serve(suite_wish(tls_peers, "node", code))
    meeting = as_client(serving, suites=(code,), random=random)
    with meeting.channel:
        meeting.converse()


def exponent_octets(number: int) -> bytes:
    return number.to_bytes(4, "big").rjust(EXPONENT_OCTETS, b"\1")


def begins_with_zeros(server: DhPrivateKey, octets: bytes) -> bool:
    own = dh_pair(field_of(server.public), lambda _: octets)
    return len(dh_premaster(own, server.public.y)) < server.public.bits // 8
