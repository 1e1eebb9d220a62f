"""What a policy does with the messages of the TLS engine: alter, withhold, double, and send out of time."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from conform62351.profiles.policy import Policy
from conform62351.profiles.tls.alerts import Alert
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.sessions import SessionStore
from conform62351.profiles.tls.interface import (
    AlertReceived,
    AlertSent,
    Established,
    Found,
    HandshakeMessage,
    PlainData,
    TlsFailed,
)
from conform62351.suites.selfcheck.tls_engine_bench import (
    Lenient,
    client,
    exchange,
    identity,
    random_octets,
    server,
)
from conform62351.suites.selfcheck.tls_pair import Pair
from conform62351.suites.selfcheck.tls_stimuli import Altering, change

MUTUAL: dict[str, Any] = {"suites": (0xC02F,), "identities": (identity("rsa"),), "verify_peer": True}
OF_CLIENT = ("ClientHello", "Certificate", "ClientKeyExchange", "CertificateVerify", "Finished")
OF_SERVER = (
    "ServerHello",
    "Certificate",
    "ServerKeyExchange",
    "CertificateRequest",
    "ServerHelloDone",
    "Finished",
)


def twice(octets: bytes) -> bytes:
    return octets + octets


def shaken(
    client_policy: Policy | None = None, server_policy: Policy | None = None, **members: Any
) -> Pair[EngineTls, EngineTls]:
    members = MUTUAL | members
    pair = Pair(client(client_policy, **members), server(server_policy, **members))
    pair.shake_hands()
    return pair


def steps(pair: Pair[EngineTls, EngineTls], machine: EngineTls) -> list[str]:
    return [event.finding.step for event in pair.of(machine, Found)]


def test_every_message_is_evidence_in_its_order() -> None:
    pair = shaken()
    flow = [
        (event.direction, event.name.removeprefix("TLS.")) for event in pair.of(pair.client, HandshakeMessage)
    ]
    assert flow == [
        ("sent", "ClientHello"),
        *(("received", name) for name in OF_SERVER[:-1]),
        *(("sent", name) for name in OF_CLIENT[1:-1]),
        ("sent", "ChangeCipherSpec"),
        ("sent", "Finished"),
        ("received", "ChangeCipherSpec"),
        ("received", "Finished"),
    ]


@pytest.mark.parametrize("name", OF_CLIENT)
def test_a_doubled_message_of_a_client_is_refused(name: str) -> None:
    pair = shaken(Altering({}, {f"TLS.{name}": twice}, (), armed=True))
    assert pair.of(pair.server, TlsFailed)[0].alert == "unexpected_message"
    assert steps(pair, pair.server)[-1] == "TLS.STATE.1"


@pytest.mark.parametrize("name", OF_SERVER)
def test_a_doubled_message_of_a_server_is_refused(name: str) -> None:
    pair = shaken(None, Altering({}, {f"TLS.{name}": twice}, (), armed=True))
    assert pair.of(pair.client, TlsFailed)[0].alert == "unexpected_message"
    assert steps(pair, pair.client)[-1] == "TLS.STATE.1"


@pytest.mark.parametrize("name", [*OF_CLIENT[1:-1], "ChangeCipherSpec"])
def test_a_withheld_message_of_a_client_is_missed(name: str) -> None:
    pair = shaken(Altering({}, {f"TLS.{name}": lambda _: None}, (), armed=True))
    assert pair.of(pair.server, TlsFailed)[0].alert == "unexpected_message"


@pytest.mark.parametrize("name", [*OF_SERVER[:-1], "ChangeCipherSpec"])
def test_a_withheld_message_of_a_server_is_missed(name: str) -> None:
    pair = shaken(None, Altering({}, {f"TLS.{name}": lambda _: None}, (), armed=True))
    failed = [event.alert for event in pair.of(pair.client, TlsFailed)]
    assert failed == ([] if name == "ServerHelloDone" else ["unexpected_message"])
    assert pair.client.established is None


def test_a_server_without_the_step_takes_a_client_that_proves_nothing() -> None:
    """It shows another's certificate, without CertificateVerify."""
    liar = Altering(
        {"TLS.Certificate": change(chain=identity("ecdsa").chain)},
        {"TLS.CertificateVerify": lambda _: None},
        (),
        armed=True,
    )
    careless = Altering({}, {}, ("TLS.STATE.1",), armed=True)
    pair = shaken(liar, careless)
    assert pair.server.peer_chain == identity("ecdsa").chain
    exchange(pair)


def test_a_tester_takes_a_client_without_the_certificate_message() -> None:
    pair = shaken(
        Altering(
            {},
            {"TLS.Certificate": lambda _: None, "TLS.CertificateVerify": lambda _: None},
            (),
            armed=True,
        ),
        Lenient(),
    )
    assert pair.server.peer_chain == ()
    assert "TLS.STATE.1" in steps(pair, pair.server)
    exchange(pair)


@pytest.mark.parametrize("role", ["client", "server"])
def test_what_goes_out_of_a_hello_counts(role: str) -> None:
    """Another random of a policy's goes into the keys, an extension taken out is not agreed on."""
    name = "TLS.ClientHello" if role == "client" else "TLS.ServerHello"

    def altered(hello: Any) -> Any:
        kept = tuple(one for one in hello.extensions if one.kind != 23)
        return msgspec.structs.replace(hello, random=bytes(32), extensions=kept)

    policy = Altering({name: altered}, {}, (), armed=True)
    pair = shaken(policy, None) if role == "client" else shaken(None, policy)
    assert pair.client.established is not None
    assert not pair.client.established.extended_master_secret
    exchange(pair)


def test_a_premaster_secret_with_another_version_fails_at_finished_alone() -> None:
    """A server tells nobody what was wrong with it (RFC 5246 7.4.7.1)."""
    policy = Altering({"TLS.premaster": lambda premaster: b"\x03\x02" + premaster[2:]}, {}, (), armed=True)
    pair = shaken(policy, suites=(0x003C,))
    assert pair.of(pair.server, TlsFailed)[0].alert == "bad_record_mac"


def test_a_signature_over_other_octets_is_refused() -> None:
    pair = shaken(None, Altering({"TLS.signed": lambda octets: octets[::-1]}, {}, (), armed=True))
    assert steps(pair, pair.client)[-1] == "TLS.SKE.8"


def test_alerts_and_data_are_a_policys_too() -> None:
    policy = Altering(
        {"TLS.Alert": lambda _: Alert("fatal", "alert 200")},
        {"TLS.ApplicationData": bytes.upper},
        (),
        armed=True,
    )
    pair = shaken(policy)
    pair.client.send(b"data")
    pair.settle()
    assert pair.data(pair.server) == b"DATA"
    pair.events[pair.client] += pair.client.alert("warning", "user_canceled")
    pair.settle()
    assert pair.of(pair.client, AlertSent) == [AlertSent("fatal", "alert 200")]
    assert pair.of(pair.server, AlertReceived) == [AlertReceived("fatal", "alert 200")]
    assert pair.of(pair.server, TlsFailed)


def test_a_flight_is_handed_to_the_policy_as_a_whole() -> None:
    flights: list[bytes] = []

    def note(octets: bytes) -> bytes:
        flights.append(octets)
        return octets

    pair = shaken(Altering({}, {"TLS.record": note}, (), armed=True))
    assert len(flights) == 2
    assert flights[0][:3] == b"\x16\x03\x01"
    assert b"\x14\x03\x03\x00\x01\x01" in flights[1]
    exchange(pair)


def test_what_a_policy_reads_is_judged_and_what_came_is_in_the_transcript() -> None:
    class Deaf(Policy):
        """Overlooks what the client says of its extensions."""

        def read_octets(self, name: str, octets: bytes) -> bytes:
            if name != "TLS.ClientHello":
                return octets
            without = octets[4:].replace(b"\x00\x17\x00\x00", b"\xfa\xfa\x00\x00")
            return octets[:4] + without

    pair = shaken(None, Deaf())
    assert pair.server.established is not None
    assert not pair.server.established.extended_master_secret
    exchange(pair)


@pytest.mark.parametrize("tickets", [True, False])
@pytest.mark.parametrize("careless", [True, False])
def test_a_session_is_resumed_within_its_connection_only_by_who_is_careless(
    careless: bool, tickets: bool
) -> None:
    policy = Altering({}, {}, ("TLS.RENEG.7",) if careless else (), armed=True)
    pair = shaken(None, policy, store=SessionStore(random_octets), tickets=tickets)
    pair.events[pair.client] += pair.client.renegotiate(resume=True)
    pair.settle()
    assert [event.resumed for event in pair.of(pair.client, Established)] == [False, careless]
    assert ("TLS.RENEG.7" in steps(pair, pair.server)) is not careless
    exchange(pair)


def test_a_policy_may_change_what_a_machine_goes_by() -> None:
    careless = Altering({"TLS.parameters": change(verify_peer=False)}, {}, (), armed=True)
    pair = shaken(None, careless)
    assert not pair.server.parameters.verify_peer
    assert pair.server.peer_chain == ()
    exchange(pair)


@pytest.mark.parametrize("size", [1, 5, 100])
def test_messages_go_out_in_records_of_any_size(size: int) -> None:
    flights: list[bytes] = []

    def note(octets: bytes) -> bytes:
        flights.append(octets)
        return octets

    pair = Pair(
        client(Altering({}, {"TLS.record": note}, (), armed=True), **MUTUAL, record_size=size),
        server(**MUTUAL, record_size=size),
    )
    pair.shake_hands()
    assert flights[0][3:5] == size.to_bytes(2, "big")
    exchange(pair)


def test_injected_records_are_protected_as_others_are() -> None:
    pair = shaken()
    pair.client.inject(23, b"injected")
    pair.settle()
    assert pair.of(pair.server, PlainData) == [PlainData(b"injected")]


def test_a_fatal_alert_ends_this_side() -> None:
    pair = shaken()
    pair.events[pair.server] += pair.server.alert("fatal", "access_denied")
    pair.settle()
    assert pair.of(pair.client, TlsFailed) == [TlsFailed("the peer refused by an alert", "access_denied")]
    assert pair.server.receive(b"\x17\x03\x03\x00\x01x") == []
