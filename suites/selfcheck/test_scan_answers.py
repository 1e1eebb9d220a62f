"""What a server answers and what a client offers, read from any octets in any pieces."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.tls.engine import extensions as ext
from conform62351.profiles.tls.engine.framing import fragments, write_message, write_record
from conform62351.profiles.tls.engine.hellos import ClientHello, ServerHello, encode_client_hello
from conform62351.profiles.tls.engine.key_messages import (
    DheParameters,
    EcdheParameters,
    ServerKeyExchange,
    Signed,
)
from conform62351.profiles.tls.engine.messages import (
    Certificate,
    CertificateRequest,
    HandshakeBody,
    ServerHelloDone,
    encode,
)
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.scan.answers import (
    MAX_ALERTS,
    MAX_RECORDS,
    Answer,
    AnswerReader,
    Ending,
    hello_alone,
    whole_flight,
)
from conform62351.tooling.scan.client_hellos import HelloReader, describe, is_grease
from conform62351.tooling.scan.flights import chain_of, client_certificate, describe_chain, ephemeral_key
from conform62351.tooling.scan.hellos import Hello
from conform62351.tooling.scan.registry import VERSIONS, prime_name

HANDSHAKE, ALERT = 22, 21
RANDOM = bytes(range(32))
PRIME = (1 << 2047) + 5
HELLO = ServerHello(0x0303, RANDOM, b"id", 0xC02B, 0, (ext.renegotiation_info(), ext.session_ticket()))
KEY = ServerKeyExchange(EcdheParameters(23, b"\x04" + bytes(64)), Signed(4, 3, b"signature"))
REQUEST = CertificateRequest((1, 64, 3), ((4, 1), (2, 1)), (b"\x30\x00", b"no name"))
MESSAGES: tuple[HandshakeBody, ...] = (
    HELLO,
    Certificate((b"no certificate",)),
    KEY,
    REQUEST,
    ServerHelloDone(),
)
FLIGHT = b"".join(map(encode, MESSAGES))
SETTINGS = settings(max_examples=80, deadline=None)


def flight(octets: bytes = FLIGHT, size: int = 16384) -> bytes:
    return b"".join(fragments(HANDSHAKE, 0x0303, octets, size=size))


def read(octets: bytes, *, whole: bool = True, step: int = 65536) -> Answer:
    reader = AnswerReader(whole_flight if whole else hello_alone)
    for start in range(0, len(octets), step):
        if reader.take(octets[start : start + step]):
            break
    return reader.end(Ending.CLOSED)


def test_a_flight_is_read_to_its_end() -> None:
    answer = read(flight())
    assert answer.ending is Ending.ANSWERED
    assert answer.hello == HELLO
    assert (answer.version, sorted(answer.messages)) == (0x0303, [11, 12, 13, 14])
    key = ephemeral_key(answer, "ECDHE_ECDSA")
    assert key is not None
    assert (key.group, key.prime, key.signature) == (23, 0, (4, 3))
    client = client_certificate(answer)
    assert client.types == ["rsa_sign", "ecdsa_sign", "rsa_fixed_dh"]
    assert client.signature_algorithms == ["RSA/SHA-256", "RSA/SHA-1"]
    assert client.authorities[1] == b"no name".hex()
    chain = chain_of(answer, "ecdsa", 0.0)
    assert chain is not None
    assert chain.octets == len(b"no certificate")
    assert chain.certificates[0].fault
    assert b64decode(chain.der[0]) == b"no certificate"


@SETTINGS
@given(st.integers(1, 40), st.integers(1, 300))
def test_pieces_of_any_size_give_the_same_answer(size: int, step: int) -> None:
    cut, whole = read(flight(size=size), step=step), read(flight())
    assert (cut.ending, cut.hello, cut.messages) == (whole.ending, whole.hello, whole.messages)


def test_nothing_is_read_behind_a_hello_that_suffices() -> None:
    answer = read(flight(), whole=False)
    assert answer.ending is Ending.ANSWERED
    assert answer.messages == {}


def test_a_finite_field_is_told_by_its_prime() -> None:
    hello = ServerHello(0x0302, RANDOM, b"", 0x0033, 0, None)
    key = ServerKeyExchange(DheParameters(PRIME, 2, 5), Signed(-1, -1, b"signature"))
    answer = read(flight(encode(hello) + encode(key) + encode(ServerHelloDone())))
    found = ephemeral_key(answer, "DHE_RSA")
    assert found is not None
    assert (found.prime, found.group, found.signature) == (PRIME, 0, None)
    assert prime_name(PRIME) == ""
    assert client_certificate(answer).asked is False


def test_alerts_end_an_answer_when_they_are_fatal_or_too_many() -> None:
    fatal = write_record(ALERT, 0x0303, bytes((2, 70)))
    warning = write_record(ALERT, 0x0303, bytes((1, 112)))
    assert read(warning + fatal).alert == "protocol_version"
    assert len(read(warning * 100).alerts) == MAX_ALERTS
    assert str(read(fatal)) == "alert protocol_version"
    assert read(warning + flight()).hello == HELLO


def test_a_retry_request_tells_suite_and_group() -> None:
    share = ext.Extension(51, bytes((0, 29)))
    hello = ServerHello(0x0303, RANDOM, b"", 0x1301, 0, (ext.selected_version(0x0304), share))
    answer = read(flight(encode(hello)))
    assert (answer.version, answer.key_share_group, answer.ending) == (0x0304, 29, Ending.ANSWERED)


def test_what_never_ends_is_ended() -> None:
    lines = [write_record(HANDSHAKE, 0x0303, octet) for octet in (b"\x02", b"\x00", b"\x40", b"\x00")]
    endless = b"".join(lines) + write_record(HANDSHAKE, 0x0303, b"\0") * (2 * MAX_RECORDS)
    assert read(endless).ending is Ending.TOO_MUCH
    assert read(flight(write_message(2, bytes(1 << 18 | 1)))).ending is Ending.GARBAGE


@SETTINGS
@given(st.binary(max_size=400), st.booleans())
def test_any_octets_give_an_answer(octets: bytes, whole: bool) -> None:
    for wrapped in (octets, flight(octets) if octets else b"", flight(FLIGHT[:-4] + octets)):
        answer = read(wrapped, whole=whole)
        assert str(answer)
        assert answer.version >= 0
        assert answer.key_share_group >= 0


@SETTINGS
@given(st.binary(max_size=200), st.sampled_from(["ECDHE_RSA", "DHE_DSS", "RSA", "DH_anon", "ECDH_anon", ""]))
def test_any_flight_is_told_or_refused_in_a_typed_way(body: bytes, exchange: str) -> None:
    for version in (0x0301, 0x0303):
        hello = ServerHello(version, RANDOM, b"", 0xC02B)
        answer = Answer(Ending.ANSWERED, hello, {11: body, 12: body, 13: body, 14: b""})
        for look in (
            lambda answer=answer: ephemeral_key(answer, exchange),
            lambda answer=answer: client_certificate(answer),
            lambda answer=answer: chain_of(answer, "rsa", 0.0),
        ):
            # Any other error fails the test.
            with suppress(ProtocolError):
                look()


@SETTINGS
@given(st.data())
def test_spoiled_certificates_are_told(workshop: Workshop, data: st.DataObject) -> None:
    good = CredentialFolder.load(workshop.tester).octets("tls-ecdsa")
    spoiled = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        spoiled[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    chain = describe_chain([bytes(spoiled), good], "ecdsa", 0.0)
    assert chain.octets == 2 * len(good)
    assert not chain.certificates[1].fault


def test_a_static_group_is_named(workshop: Workshop) -> None:
    folder = CredentialFolder.load(workshop.tester)
    chain = describe_chain([folder.octets("tls-dh-rsa")], "dh-rsa", 0.0)
    assert chain.group.endswith(", dhpublicnumber")
    assert chain.certificates[0].key.startswith("DH ")


@SETTINGS
@given(
    st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=30),
    st.sampled_from(sorted(VERSIONS)),
)
def test_our_hellos_are_hellos(suites: list[int], version: int) -> None:
    reader = HelloReader()
    assert reader.take(Hello(version, RANDOM, server_name="relay.example").octets(suites))
    assert reader.hello is not None
    assert list(reader.hello.suites) == (suites if version > 0x0300 else [*suites, 0x00FF])
    seen = describe(reader, "peer")
    assert seen.fault == ""
    assert seen.server_name == ("" if version == 0x0300 else "relay.example")
    assert seen.versions == [VERSIONS[version]]


def test_a_client_hello_is_told_in_its_order() -> None:
    hello = ClientHello(
        0x0303,
        RANDOM,
        b"",
        (0x1A1A, 0xC02F, 0x0036, 0x00FF, 0x5600),
        (1, 0),
        (
            ext.supported_groups((0x2A2A, 29, 23)),
            ext.signature_algorithms(((4, 1), (2, 1))),
            ext.supported_versions((0x0304, 0x0303)),
            ext.Extension(0x3A3A),
            ext.Extension(4242, b"?"),
        ),
    )
    reader = HelloReader()
    assert reader.take(flight(write_message(1, encode_client_hello(hello)), size=7))
    seen = describe(reader, "peer")
    assert [suite.code for suite in seen.suites] == ["C02F", "0036"]
    assert seen.signalling == ["TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "TLS_FALLBACK_SCSV"]
    assert seen.groups == ["x25519", "secp256r1"]
    assert seen.versions == ["TLSv1.3", "TLSv1.2"]
    assert seen.compression == ["DEFLATE", "none"]
    assert seen.extensions[-1] == "extension 4242"
    assert is_grease(0xFAFA)
    assert not is_grease(0x0A1A)


@SETTINGS
@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_octets_are_a_hello_or_a_fault(octets: bytes, step: int) -> None:
    body = b"\x03\x03" + RANDOM + b"\x00\x00\x02\x00\x2f\x01\x00" + octets
    for wrapped in (octets, flight(write_message(1, octets)), flight(write_message(1, body))):
        reader = HelloReader()
        for start in range(0, len(wrapped), step):
            if reader.take(wrapped[start : start + step]):
                break
        seen = describe(reader, "peer")
        assert bool(seen.version) == (reader.hello is not None)
        assert seen.version or seen.fault
