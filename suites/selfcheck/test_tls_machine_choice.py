"""What the TLS engine chooses: the server of an offer, the client of a request, and who issued what."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.pki.certificate import read_certificate
from conform62351.profiles.pki.keys import key_octets
from conform62351.profiles.tls.engine.choice import Lack, choose, is_under
from conform62351.profiles.tls.engine.cipher_suites import ENGINE_SUITES, TLS_1_2
from conform62351.profiles.tls.engine.extensions import AuthorityType, Extension, TrustedAuthority
from conform62351.profiles.tls.engine.hellos import ClientHello
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.offer import Offer, client_offer, server_answer
from conform62351.profiles.tls.interface import Found, TlsFailed
from conform62351.suites.selfcheck.tls_engine_bench import (
    Lenient,
    client,
    identity,
    parameters,
    root_certificate,
    server,
)
from conform62351.suites.selfcheck.tls_pair import Pair
from conform62351.suites.selfcheck.tls_stimuli import Altering, change

ECDHE_RSA, ECDHE_ECDSA, STATIC_DSS = 0xC02F, 0xC02B, 0x003E
RSA_ROOT, DSA_ROOT = root_certificate("rsa"), root_certificate("dsa")


def _sha1(octets: bytes) -> bytes:
    return hashlib.sha1(octets, usedforsecurity=False).digest()


def _modulus(certificate: bytes) -> bytes:
    key = load_der_public_key(read_certificate(certificate).spki)
    assert isinstance(key, rsa.RSAPublicKey)
    return key.public_numbers().n.to_bytes(256, "big")


def named(certificate: bytes) -> dict[str, TrustedAuthority]:
    """Return an authority named in every way."""
    read = read_certificate(certificate)
    key = _modulus(certificate) if read.key.kind == "rsa" else key_octets(read.spki)
    return {
        "name": TrustedAuthority(AuthorityType.X509_NAME, read.subject),
        "certificate": TrustedAuthority(AuthorityType.CERT_SHA1_HASH, _sha1(certificate)),
        "key": TrustedAuthority(AuthorityType.KEY_SHA1_HASH, _sha1(key)),
    }


KINDS = [0, 3, 10, 11, 13, 22, 23, 35, 0xFF01, 99]
WAYS = sorted(named(RSA_ROOT))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("kind", "root"), [("rsa", RSA_ROOT), ("dh-dss", DSA_ROOT)])
def test_an_authority_is_known_by_each_of_its_names(kind: str, root: bytes, way: str) -> None:
    chain, anchors = identity(kind).chain, (RSA_ROOT, DSA_ROOT)
    other = DSA_ROOT if root is RSA_ROOT else RSA_ROOT
    assert is_under(chain, [named(root)[way]], anchors)
    assert not is_under(chain, [named(other)[way]], anchors)
    assert is_under((*chain, root), [named(root)[way]], ())
    assert is_under(chain, [named(root)[way]], ()) is (way == "name")


def test_a_pre_agreed_authority_is_everybodys() -> None:
    assert is_under((), [TrustedAuthority(AuthorityType.PRE_AGREED)], ())


def test_what_is_no_certificate_is_under_nobody() -> None:
    assert not is_under((b"\x30\x00", b""), named(RSA_ROOT).values(), (b"none", RSA_ROOT))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.binary(max_size=40)), max_size=6))
def test_any_extensions_are_read_or_told(entries: list[tuple[int, bytes]]) -> None:
    extensions = tuple(Extension(kind, octets) for kind, octets in entries)
    for read in (client_offer, server_answer):
        offer = read(extensions)
        assert len(offer.faults) <= len(extensions)
        assert set(offer.doubled) == {kind for kind in KINDS if [one[0] for one in entries].count(kind) > 1}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([*ENGINE_SUITES, 0x1301, 0xFFFF]), max_size=8),
    st.none() | st.lists(st.sampled_from([23, 24, 26, 256, 257, 999]), max_size=3),
    st.none() | st.lists(st.tuples(st.integers(0, 8), st.integers(0, 4)), max_size=4),
    st.sampled_from([0x0301, 0x0302, 0x0303]),
    st.lists(st.sampled_from(["rsa", "ecdsa", "dsa", "dh-rsa", "dh-dss"]), unique=True),
)
def test_what_is_chosen_was_offered(
    suites: list[int],
    groups: list[int] | None,
    pairs: list[tuple[int, int]] | None,
    version: int,
    kinds: list[str],
) -> None:
    own = parameters(
        suites=tuple(ENGINE_SUITES), identities=tuple(map(identity, kinds)), groups=(26, 23, 257, 256)
    )
    hello = ClientHello(version, bytes(32), b"", tuple(suites))
    offer = Offer(
        groups=None if groups is None else tuple(groups),
        signature_algorithms=None if pairs is None else tuple(pairs),
    )
    choice = choose(hello, offer, version, own)
    if isinstance(choice, Lack):
        return
    assert choice.suite.code in suites
    assert choice.suite.minimum_version <= version
    assert choice.identity is None or choice.identity.kind in kinds
    assert choice.group is None or groups is None or choice.group in groups
    if choice.signature is not None and version >= TLS_1_2 and pairs is not None:
        assert choice.signature in pairs


def play(client_members: dict[str, Any], server_members: dict[str, Any]) -> Pair[EngineTls, EngineTls]:
    usual = {"suites": (ECDHE_RSA,), "anchors": (RSA_ROOT, DSA_ROOT)}
    pair = Pair(client(**usual | client_members), server(**usual | server_members))
    pair.shake_hands()
    return pair


def steps(pair: Pair[EngineTls, EngineTls], machine: EngineTls) -> list[str]:
    return [event.finding.step for event in pair.of(machine, Found)]


@pytest.mark.parametrize("way", WAYS)
def test_trusted_ca_keys_choose_the_certificate(way: str) -> None:
    """The server prefers a suite that the client's authorities leave no certificate for."""
    suites = (ECDHE_RSA, STATIC_DSS)
    pair = play(
        {"suites": suites, "trusted_ca_keys": (named(DSA_ROOT)[way],)},
        {"suites": suites, "identities": (identity("rsa"), identity("dh-dss"))},
    )
    assert pair.client.peer_chain == identity("dh-dss").chain
    assert not {"TLS.CH.18", "TLS.SCERT.2"}.intersection(steps(pair, pair.client) + steps(pair, pair.server))


@pytest.mark.parametrize("way", WAYS)
def test_a_server_refuses_when_no_certificate_is_under_the_clients_authorities(way: str) -> None:
    pair = play({"trusted_ca_keys": (named(DSA_ROOT)[way],)}, {"identities": (identity("rsa"),)})
    assert steps(pair, pair.server)[-1] == "TLS.CH.18"
    assert [event.alert for event in pair.of(pair.server, TlsFailed)] == ["handshake_failure"]


def test_a_suite_without_a_certificate_is_left_out() -> None:
    suites = (ECDHE_ECDSA, ECDHE_RSA)
    pair = play({"suites": suites}, {"suites": suites, "identities": (identity("rsa"),)})
    assert pair.client.established is not None
    assert pair.client.established.code == ECDHE_RSA


def test_a_certificate_on_a_curve_that_the_client_lacks_is_left_out() -> None:
    suites = (ECDHE_ECDSA, ECDHE_RSA)
    pair = play(
        {"suites": suites, "groups": (24,)},
        {"suites": suites, "identities": (identity("ecdsa"), identity("rsa"))},
    )
    assert pair.client.established is not None
    assert pair.client.established.code == ECDHE_RSA


def test_a_client_shows_the_certificate_whose_issuer_is_named() -> None:
    own = (identity("ecdsa"), identity("rsa"))
    name = read_certificate(RSA_ROOT).subject
    for types, shown in (((1,), "rsa"), ((64,), "ecdsa"), ((1, 64), "ecdsa")):
        pair = play(
            {"identities": own},
            {"verify_peer": True, "certificate_types": types, "authorities": (name,)},
        )
        assert pair.server.peer_chain == identity(shown).chain


def test_a_client_whose_certificates_nobody_asks_for_shows_none() -> None:
    pair = play({"identities": (identity("rsa"),)}, {"verify_peer": True, "certificate_types": (64,)})
    assert "TLS.CR.3" in steps(pair, pair.client)
    assert pair.server.peer_chain == ()


def test_a_static_key_is_used_in_its_suites_only() -> None:
    own = (identity("dh-rsa"), identity("rsa"))
    pair = play({"identities": own}, {"verify_peer": True})
    assert pair.server.peer_chain == identity("rsa").chain


def test_a_tester_chooses_what_was_not_offered() -> None:
    own: dict[str, Any] = {
        "suites": (0x0005, ECDHE_RSA),
        "identities": (identity("rsa"),),
        "offer_counts": False,
    }
    pair = Pair(client(Lenient(), suites=(ECDHE_RSA,)), server(**own))
    pair.shake_hands()
    assert "TLS.SH.6" in steps(pair, pair.client)
    assert pair.client.established is not None
    assert pair.client.established.code == 0x0005


def test_the_suite_counts_that_went_out() -> None:
    told = Altering({"TLS.ServerHello": change(suite=0x003C)}, {}, (), armed=True)
    both: dict[str, Any] = {"suites": (0x002F, 0x003C), "identities": (identity("rsa"),)}
    pair = Pair(client(**both), server(told, **both))
    pair.shake_hands()
    assert pair.client.established is not None
    assert pair.server.established is not None
    assert {pair.client.established.code, pair.server.established.code} == {0x003C}
