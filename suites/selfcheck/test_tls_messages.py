"""Handshake messages and extensions of TLS: written and read again, and whatever else comes is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.errors import EncodingError
from conform62351.profiles.tls.engine import extensions as ext
from conform62351.profiles.tls.engine.extensions import Extension, TrustedAuthority
from conform62351.profiles.tls.engine.hellos import ClientHello, ServerHello
from conform62351.profiles.tls.engine.key_messages import (
    CertificateVerify,
    DheParameters,
    EcdheParameters,
    ServerKeyExchange,
    Signed,
    encode_parameters,
)
from conform62351.profiles.tls.engine.messages import (
    NAMES,
    Certificate,
    Finished,
    NewSessionTicket,
    decode,
    encode,
    kind_of,
    name_of,
)
from conform62351.profiles.tls.engine.wire import TlsDecodeError, vector16
from conform62351.suites.selfcheck.spoiling import spoilt
from conform62351.suites.selfcheck.tls_messages import (
    DH_ANON,
    DHE_RSA,
    ECDHE_RSA,
    RSA,
    VERSIONS,
    Drawn,
    messages,
    read_or_alert,
)

KINDS = (*NAMES, 5, 24, 255)
SUITES = (None, RSA, DHE_RSA, ECDHE_RSA, DH_ANON)
RANDOM = bytes(range(32))
HELLO = ClientHello(0x0303, RANDOM, b"", (0x003C,), (0,), ())
PLAIN_HELLO = bytes.fromhex(f"0303 {RANDOM.hex()} 00 0002 003c 01 00")

READERS: dict[str, Callable[[bytes], Any]] = {
    "server_name": ext.read_server_name,
    "supported_groups": ext.read_supported_groups,
    "ec_point_formats": ext.read_ec_point_formats,
    "signature_algorithms": ext.read_signature_algorithms,
    "trusted_ca_keys": ext.read_trusted_ca_keys,
    "supported_versions": ext.read_supported_versions,
    "selected_version": ext.read_selected_version,
    "renegotiation_info": ext.read_renegotiation_info,
}
AUTHORITIES = (
    TrustedAuthority(0),
    TrustedAuthority(1, bytes(20)),
    TrustedAuthority(2, b"\x30\x00"),
    TrustedAuthority(3, bytes(range(20))),
)
WRITTEN: dict[str, tuple[Extension, Any]] = {
    "server_name": (ext.server_name("device.example"), ("device.example",)),
    "supported_groups": (ext.supported_groups((23, 256)), (23, 256)),
    "ec_point_formats": (ext.ec_point_formats(), (0,)),
    "signature_algorithms": (ext.signature_algorithms(((4, 1), (2, 3))), ((4, 1), (2, 3))),
    "trusted_ca_keys": (ext.trusted_ca_keys(AUTHORITIES), AUTHORITIES),
    "supported_versions": (ext.supported_versions((0x0304, 0x0303)), (0x0304, 0x0303)),
    "selected_version": (ext.selected_version(0x0304), 0x0304),
    "renegotiation_info": (ext.renegotiation_info(b"verify data"), b"verify data"),
}


@settings(max_examples=100, deadline=None)
@given(messages())
def test_every_message_is_read_as_it_was_written(drawn: Drawn) -> None:
    message, version, suite = drawn
    octets = encode(message)
    assert octets[0] == kind_of(message)
    assert int.from_bytes(octets[1:4], "big") == len(octets) - 4
    assert decode(octets[0], octets[4:], version=version, suite=suite) == message


@settings(max_examples=100, deadline=None)
@given(messages(), st.data())
def test_a_spoilt_message_is_another_one_or_an_error(drawn: Drawn, data: st.DataObject) -> None:
    message, version, suite = drawn
    octets = encode(message)
    body = data.draw(spoilt(octets[4:]))
    read = read_or_alert(lambda: decode(octets[0], body, version=version, suite=suite))
    if isinstance(read, str):
        assert read in ("decode_error", "illegal_parameter")
    else:
        assert type(decode(octets[0], encode(read)[4:], version=version, suite=suite)) is type(read)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KINDS), st.binary(max_size=80), st.sampled_from(VERSIONS), st.sampled_from(SUITES))
def test_random_octets_are_a_message_or_an_error(kind: int, body: bytes, version: int, suite: Any) -> None:
    message = read_or_alert(lambda: decode(kind, body, version=version, suite=suite))
    if isinstance(message, str):
        assert message in ("decode_error", "illegal_parameter", "unexpected_message")
    else:
        assert kind_of(message) == kind


@settings(max_examples=100, deadline=None)
@given(messages(), st.binary(min_size=1, max_size=3))
def test_octets_behind_a_message_are_an_error(drawn: Drawn, more: bytes) -> None:
    message, version, suite = drawn
    octets = encode(message)
    if name_of(octets[0]) == "TLS.ClientKeyExchange":
        return
    with pytest.raises(TlsDecodeError):
        decode(octets[0], octets[4:] + more, version=version, suite=suite)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (PLAIN_HELLO[:-1], "early"),
        (b"\x03\x03" + RANDOM + b"\x21" + bytes(33) + PLAIN_HELLO[35:], "0 to 32"),
        (b"\x03\x03" + RANDOM + bytes.fromhex("00 0003 003c00 01 00"), "3 octets long"),
        (b"\x03\x03" + RANDOM + bytes.fromhex("00 0000 01 00"), "2 to 65535"),
        (b"\x03\x03" + RANDOM + bytes.fromhex("00 0002 003c 00"), "1 to 255"),
        (PLAIN_HELLO + b"\x00", "early"),
        (PLAIN_HELLO + b"\x00\x00\x00", "1 octets too many"),
        (PLAIN_HELLO + bytes.fromhex("0005 ff01000200"), "early"),
    ],
)
def test_a_client_hello_that_breaks_a_bound_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(TlsDecodeError, match=words) as caught:
        decode(1, body, version=0x0303)
    assert caught.value.alert == "decode_error"


def test_a_hello_without_extensions_is_another_than_one_with_an_empty_list() -> None:
    bare = decode(1, PLAIN_HELLO, version=0x0303)
    empty = decode(1, PLAIN_HELLO + b"\x00\x00", version=0x0303)
    assert bare == msgspec.structs.replace(HELLO, extensions=None)
    assert empty == HELLO
    assert encode(bare)[4:] == PLAIN_HELLO


def test_doubled_extensions_are_kept_and_told() -> None:
    listed = (Extension(35), Extension(23), Extension(35, b"x"), Extension(35), Extension(0xFF01, b"\x00"))
    hello = msgspec.structs.replace(HELLO, extensions=listed)
    assert decode(1, encode(hello)[4:], version=0x0303) == hello
    assert ext.duplicates(listed) == (35,)
    assert ext.find(listed, 35) == Extension(35)
    assert ext.find(listed, 10) is None
    assert ext.find(None, 10) is None
    assert ext.duplicates(None) == ()


@pytest.mark.parametrize("name", WRITTEN)
def test_every_extension_is_read_as_it_was_written(name: str) -> None:
    extension, value = WRITTEN[name]
    assert READERS[name](extension.octets) == value
    for changed in (extension.octets + b"\x00", extension.octets[:-1]):
        with pytest.raises(TlsDecodeError):
            READERS[name](changed)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.data())
def test_readers_of_extensions_raise_nothing_else(name: str, data: st.DataObject) -> None:
    octets = data.draw(st.binary(max_size=40) | spoilt(WRITTEN[name][0].octets))
    read = read_or_alert(lambda: READERS[name](octets))
    assert not isinstance(read, str) or read == "decode_error"


def test_names_of_other_kinds_are_passed_over() -> None:
    entries = b"\x01" + vector16(b"other") + b"\x00" + vector16(b"host")
    assert ext.read_server_name(vector16(entries)) == ("host",)


def test_extensions_that_hold_nothing() -> None:
    assert ext.extended_master_secret() == Extension(23)
    assert ext.encrypt_then_mac() == Extension(22)
    assert ext.session_ticket(b"ticket") == Extension(35, b"ticket")
    ext.read_empty(b"", "encrypt_then_mac")
    with pytest.raises(TlsDecodeError, match="encrypt_then_mac holds 1 octets"):
        ext.read_empty(b"\x00", "encrypt_then_mac")


def test_a_server_key_exchange_keeps_the_octets_that_are_signed() -> None:
    came = bytes.fromhex("0003 000017 0001 02 0002 0004")
    signed = bytes.fromhex("0401 0002 abcd")
    read = decode(12, came + signed, version=0x0303, suite=DHE_RSA)
    assert read == ServerKeyExchange(DheParameters(0x17, 2, 4), Signed(4, 1, b"\xab\xcd"), came)
    assert (
        encode(msgspec.structs.replace(read, came=b""))[4:]
        == bytes.fromhex("0001 17 0001 02 0001 04") + signed
    )


def test_the_public_value_has_the_length_of_its_modulus() -> None:
    assert encode_parameters(DheParameters(0x10001, 2, 4)).hex() == "00030100010001020003000004"
    assert encode_parameters(DheParameters(5, 0, 0x010203)).hex() == "0001050001000003010203"


@pytest.mark.parametrize("suite", [None, RSA])
def test_a_suite_without_a_server_key_exchange_reads_none(suite: Any) -> None:
    with pytest.raises(TlsDecodeError) as caught:
        decode(12, bytes.fromhex("03001701040401000100"), version=0x0303, suite=suite)
    assert caught.value.alert == "unexpected_message"


def test_a_curve_that_is_described_is_refused() -> None:
    with pytest.raises(TlsDecodeError) as caught:
        decode(12, bytes.fromhex("01001701040401000100"), version=0x0303, suite=ECDHE_RSA)
    assert caught.value.alert == "illegal_parameter"


def test_numbers_of_diffie_hellman_have_a_bound() -> None:
    largest, larger = (vector16(b"\xff" * count) + bytes.fromhex("000102 000104") for count in (1024, 1025))
    read = decode(12, largest, version=0x0303, suite=DH_ANON)
    assert isinstance(read, ServerKeyExchange)
    with pytest.raises(TlsDecodeError):
        decode(12, larger, version=0x0303, suite=DH_ANON)


def test_algorithms_of_a_signature_are_said_since_tls_1_2() -> None:
    older = encode(CertificateVerify(Signed(-1, -1, b"\x05")))
    assert older.hex() == "0f000003000105"
    newer = decode(15, bytes.fromhex("0403000105"), version=0x0303)
    assert newer == CertificateVerify(Signed(4, 3, b"\x05"))


@pytest.mark.parametrize(
    "message",
    [
        ServerHello(0x10000, RANDOM, b"", 0x003C),
        ServerHello(0x0303, RANDOM, bytes(256), 0x003C),
        ClientHello(0x0303, RANDOM, b"", (0x003C,), (256,)),
        ClientHello(0x0303, RANDOM, b"", (1,), (0,), (Extension(0, bytes(65536)),)),
        ServerKeyExchange(DheParameters(23, -1, 4), None),
        ServerKeyExchange(EcdheParameters(23, bytes(256)), None),
        NewSessionTicket(1 << 32, b""),
        CertificateVerify(Signed(4, 256, b"")),
        Certificate((bytes(1 << 24),)),
        Finished(bytes(1 << 24)),
    ],
)
def test_what_does_not_fit_its_field_is_not_written(message: Any) -> None:
    with pytest.raises(EncodingError):
        encode(message)


def test_names_of_messages() -> None:
    assert name_of(16) == "TLS.ClientKeyExchange"
    assert name_of(99) == "TLS.handshake 99"
