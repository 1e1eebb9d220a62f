"""The TLS machine over Python's ssl, two of them in memory: octets in any pieces, events, bad input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.tls.interface import (
    AlertReceived,
    AlertSent,
    CloseNotify,
    Established,
    TlsFailed,
    TlsStateError,
    Truncated,
)
from conform62351.suites.selfcheck.tls_bench import Pki, with_oid_title
from conform62351.suites.selfcheck.tls_pair import Pair
from conform62351.tooling.net.tls_contexts import DEFAULT_SUITES, TlsFactory
from conform62351.tooling.net.tls_stdlib import OID_TITLE_TROUBLE, StdlibTls

VERSIONS = ["TLSv1.2", "TLSv1.3"]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def pair_of(client: TlsFactory, server: TlsFactory, size: int = 1 << 20) -> Pair[StdlibTls, StdlibTls]:
    return Pair(client.machine(), server.machine(), size)


@pytest.fixture(params=VERSIONS)
def members(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"minimum": request.param, "maximum": request.param}


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_octets_in_any_pieces_give_the_same(pki: Pki, members: dict[str, Any], size: int) -> None:
    pair = pair_of(pki.client(**members), pki.server(**members), size)
    pair.shake_hands()
    for machine, peer in ((pair.client, "dut"), (pair.server, "tester")):
        (established,) = pair.of(machine, Established)
        assert established == machine.established
        assert established.version == members["minimum"]
        assert machine.peer_chain[0] == pki.der(peer)
    long = bytes(range(256)) * 200
    pair.client.send(b"question")
    pair.server.send(long)
    pair.settle()
    assert (pair.data(pair.server), pair.data(pair.client)) == (b"question", long)
    pair.client.close_notify()
    pair.settle()
    assert pair.events[pair.server][-1] == CloseNotify()
    pair.server.send(b"after")
    pair.settle()
    assert pair.data(pair.client) == long + b"after", "the other direction stays open"
    assert pair.client.receive_eof() == [Truncated()]


@pytest.mark.parametrize("resumption", [False, True])
@pytest.mark.parametrize(
    ("name", "code", "server"),
    [
        ("TLS_RSA_WITH_AES_128_CBC_SHA256", 0x003C, "dut"),
        ("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", 0x009E, "dut"),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xC02B, "ec"),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xC02F, "dut"),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xC030, "dut"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xC02C, "ec"),
        ("TLS_RSA_WITH_NULL_SHA256", 0x003B, "dut"),
    ],
)
def test_suites_go_by_name(
    pki: Pki, tmp_path: Path, name: str, code: int, server: str, resumption: bool
) -> None:
    keys = tmp_path / "keys"
    pair = pair_of(
        pki.client(suites=(name,)),
        pki.server(server, suites=(name,), resumption=resumption, key_log=keys),
    )
    pair.shake_hands()
    assert pair.client.established is not None
    assert (pair.client.established.suite, pair.client.established.code) == (name, code)
    assert keys.read_text().count("CLIENT_RANDOM") == 1


def test_brainpool_group(pki: Pki) -> None:
    curve = "brainpoolP256r1"
    for server in ("dut", "brainpool"):
        pair = pair_of(pki.client(curve=curve), pki.server(server, curve=curve))
        pair.shake_hands()
        assert pair.server.established is not None
    pair = pair_of(pki.client(curve=curve), pki.server(curve="secp384r1", suites=(DEFAULT_SUITES[1],)))
    pair.shake_hands()
    assert pair.of(pair.client, TlsFailed)[0].alert == "handshake_failure"


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1.1"])
def test_old_versions_can_be_offered(pki: Pki, version: str) -> None:
    suites = ("TLS_RSA_WITH_AES_128_CBC_SHA",)
    old: dict[str, Any] = {"minimum": version, "maximum": version, "suites": suites}
    pair = pair_of(pki.client(**old), pki.server(**old))
    pair.shake_hands()
    assert pair.client.established is not None
    assert pair.client.established.version == version
    pair = pair_of(pki.client(**old), pki.server(suites=suites))
    pair.shake_hands()
    assert pair.of(pair.server, AlertSent) == [AlertSent("fatal", "protocol_version")]
    assert pair.of(pair.client, AlertReceived) == [AlertReceived("fatal", "protocol_version")]


@pytest.mark.parametrize("resumption", [False, True])
@pytest.mark.parametrize(
    ("client", "server", "crl", "alert"),
    [
        ("", "dut", False, ("handshake_failure", "certificate_required")),
        ("stranger", "dut", False, "unknown_ca"),
        ("expired", "dut", False, "certificate_expired"),
        ("revoked", "dut", True, "certificate_revoked"),
        ("tester", "stranger", False, "unknown_ca"),
        ("tester", "expired", False, "certificate_expired"),
        ("tester", "revoked", True, "certificate_revoked"),
    ],
)
def test_both_sides_tell_the_same_alert(
    pki: Pki,
    members: dict[str, Any],
    client: str,
    server: str,
    crl: bool,
    alert: str | tuple[str, str],
    resumption: bool,
) -> None:
    """Where the alert is encrypted, one side infers what the other reads."""
    name = alert if isinstance(alert, str) else alert[VERSIONS.index(members["minimum"])]
    crls = {"crls": (pki.crl,) if crl else ()}
    pair = pair_of(
        pki.client(client, **members, **crls),
        pki.server(server, **members, **crls, resumption=resumption),
    )
    pair.shake_hands()
    refusing, refused = (pair.server, pair.client) if server == "dut" else (pair.client, pair.server)
    assert pair.of(refusing, AlertSent) == [AlertSent("fatal", name)]
    assert pair.of(refused, AlertReceived) == [AlertReceived("fatal", name)]
    assert [failed.alert for machine in (refusing, refused) for failed in pair.of(machine, TlsFailed)] == [
        name,
        name,
    ]
    assert refusing.established is None
    for machine in (refusing, refused):
        assert machine.receive(b"\x16\x03\x03\x00\x01x") == []
        with pytest.raises(TlsStateError):
            machine.send(b"x")


def test_good_certificates_pass_revocation_lists(pki: Pki) -> None:
    pair = pair_of(pki.client(crls=(pki.crl,)), pki.server(crls=(pki.crl,)))
    pair.shake_hands()
    assert pair.client.established is not None


def test_no_common_suite_is_refused(pki: Pki) -> None:
    pair = pair_of(
        pki.client(suites=("TLS_RSA_WITH_AES_128_CBC_SHA256",)),
        pki.server(suites=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",)),
    )
    pair.shake_hands()
    assert pair.of(pair.client, TlsFailed)[0].alert == "handshake_failure"
    assert pair.of(pair.server, TlsFailed)[0].reason == "no shared cipher"


def test_unverified_peers_need_no_certificate(pki: Pki) -> None:
    pair = pair_of(pki.client("", verify_peer=False, anchors=()), pki.server(verify_peer=False, anchors=()))
    pair.shake_hands()
    assert pair.server.established is not None
    assert pair.server.peer_chain == ()
    assert pair.client.peer_chain[0] == pki.der("dut")


def test_certificate_that_openssl_cannot_read_is_named(pki: Pki) -> None:
    pair = pair_of(pki.client(), pki.server())
    pair.client.start()
    pair.carry(pair.client, pair.server)
    pair.carry(pair.server, pair.client, with_oid_title(pair.server.take_output(), "dut"))
    (failed,) = pair.of(pair.client, TlsFailed)
    assert failed.reason == OID_TITLE_TROUBLE
    assert pair.client.peer_chain[0] == with_oid_title(pki.der("dut"), "dut")


def test_altered_record_is_refused(pki: Pki, members: dict[str, Any]) -> None:
    pair = pair_of(pki.client(**members), pki.server(**members))
    pair.shake_hands()
    pair.client.send(b"whole")
    octets = bytearray(pair.client.take_output())
    octets[-1] ^= 1
    pair.carry(pair.client, pair.server, bytes(octets))
    assert pair.of(pair.server, AlertSent) == [AlertSent("fatal", "bad_record_mac")]
    assert pair.data(pair.server) == b""
    pair.settle()
    assert pair.of(pair.client, AlertReceived) == [AlertReceived("fatal", "bad_record_mac")]
    (failed,) = pair.of(pair.client, TlsFailed)
    assert failed.alert == "bad_record_mac"


def test_calls_that_the_state_refuses(pki: Pki) -> None:
    pair = pair_of(pki.client(), pki.server())
    with pytest.raises(TlsStateError, match="no handshake"):
        pair.client.send(b"x")
    assert pair.client.close_notify() == []
    assert pair.client.session is None
    pair.shake_hands()
    pair.client.close_notify()
    with pytest.raises(TlsStateError, match="ended"):
        pair.client.send(b"x")
    assert pair.client.close_notify() == []
    assert pair.client.session is not None


def test_eof_within_the_handshake_is_a_failure(pki: Pki) -> None:
    machine = pki.server().machine()
    machine.start()
    (failed,) = machine.receive_eof()
    assert isinstance(failed, TlsFailed)
    assert machine.receive_eof() == []


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_altered_handshakes_never_raise(pki: Pki, data: st.DataObject) -> None:
    """Any octet of any flight altered, dropped or doubled: the machines go on or fail by event."""
    version = data.draw(st.sampled_from(VERSIONS))
    members = {"minimum": version, "maximum": version}
    pair = pair_of(pki.client(**members), pki.server(**members), data.draw(st.sampled_from([1, 1 << 20])))
    pair.client.start()
    altered = False
    source, target = pair.client, pair.server
    for turn in range(8):
        octets = bytearray(source.take_output())
        if octets and not altered and data.draw(st.booleans(), label=f"alter flight {turn}"):
            altered = True
            place = data.draw(st.integers(0, len(octets) - 1))
            match data.draw(st.sampled_from(["alter", "drop", "double"])):
                case "alter":
                    octets[place] ^= data.draw(st.integers(1, 255))
                case "drop":
                    del octets[place]
                case _:
                    octets[place:place] = octets[place : place + 1]
        pair.carry(source, target, bytes(octets))
        source, target = target, source
    for machine in (pair.client, pair.server):
        failed = pair.of(machine, TlsFailed)
        assert len(failed) <= 1
        assert all(event.reason for event in failed)


@settings(max_examples=60, deadline=None)
@given(octets=st.binary(max_size=400), head=st.sampled_from([b"", b"\x16\x03\x01", b"\x15\x03\x03\x00\x02"]))
def test_garbage_never_raises(pki: Pki, octets: bytes, head: bytes) -> None:
    for machine in (pki.server().machine(), pki.client().machine()):
        machine.start()
        machine.receive(head + octets)
        assert machine.established is None
