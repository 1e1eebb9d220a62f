"""The authentication value: what is written, what is read with a remark, what is none; and what is signed."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conform62351.profiles.compatibility.signing import (
    SignatureInput,
    matching_input,
    sign_time,
    signed_octets,
)
from conform62351.profiles.compatibility.value import (
    AuthenticationValue,
    AuthenticationValueError,
    DecodedValue,
    decode_value,
    encode_value,
)
from conform62351.profiles.crypto.signatures import PrivateKey
from conform62351.profiles.errors import EncodingError
from conform62351.profiles.osi.ber_writer import encode_tlv
from conform62351.profiles.pki.credential import Credential
from conform62351.suites.selfcheck.compatibility_bench import KEYS, credential

MANY = settings(max_examples=100, deadline=None)
TIME = b"20270115080000.000Z"
VALUE = AuthenticationValue(b"\x30\x00", TIME, b"\x01\x02")
OCTETS = bytes.fromhex("a2 24 02 01 05 a0 1f a0 1d 80 02 30 00 81 13") + TIME + bytes.fromhex("82 02 01 02")
MEMBERS = OCTETS[9:]

LARGE = 3_000_000


def single(*content: bytes) -> bytes:
    """Return an Authentication-value with this content in its single ASN.1 type."""
    return encode_tlv(0xA2, b"\x02\x01\x05", encode_tlv(0xA0, *content))


def test_is_written_as_products_write_it() -> None:
    assert encode_value(VALUE) == OCTETS
    assert encode_value(VALUE, 7)[4] == 7


@pytest.mark.parametrize("value", [None, replace(VALUE, certificate="text"), replace(VALUE, time=1)])
def test_what_is_no_value_is_not_written(value: Any) -> None:
    with pytest.raises(EncodingError):
        encode_value(value)


@MANY
@given(st.binary(max_size=300), st.binary(max_size=40), st.binary(max_size=300), st.integers(-1, 300))
def test_what_is_written_is_read(certificate: bytes, time: bytes, signature: bytes, context: int) -> None:
    value = AuthenticationValue(certificate, time, signature)
    assert decode_value(encode_value(value, context)) == DecodedValue(value, context, ())


@pytest.mark.parametrize(
    ("octets", "remark"),
    [
        (
            single(encode_tlv(0x30, encode_tlv(0xA0, MEMBERS))),
            "a SEQUENCE around the authentication value",
        ),
        (
            single(encode_tlv(0xA0, encode_tlv(0x30, MEMBERS))),
            "a SEQUENCE within the authentication value",
        ),
        (
            b"\xa2\x80\x02\x01\x05\xa0\x80\xa0\x80" + MEMBERS + bytes(6),
            "octet 1: the length is indefinite",
        ),
        (b"\xa2\x81" + OCTETS[1:], "octet 1: length 36 written in 2 octets"),
        (OCTETS + b"\x05\x00", "octet 38: 2 octets after the end of the value"),
        (
            encode_tlv(0xA2, b"\x06\x02\x51\x01\x02\x01\x05", OCTETS[5:]),
            "",
        ),
        (
            encode_tlv(0xA2, b"\x02\x02\x00\x05", OCTETS[5:]),
            "octet 4: an INTEGER begins with 00 05",
        ),
        (
            single(encode_tlv(0xA0, MEMBERS, b"\x83\x01\x00")),
            "octet 38: component 83 has no meaning here",
        ),
        (
            single(encode_tlv(0xA0, MEMBERS[4:], MEMBERS[:4])),
            "octet 34: component 80 stands behind one that follows it",
        ),
        (
            single(encode_tlv(0xA0, b"\xa0\x04\x04\x02\x30\x00", MEMBERS[4:])),
            "octet 9: a string in constructed form",
        ),
    ],
)
def test_odd_forms_are_read_with_a_remark(octets: bytes, remark: str) -> None:
    decoded = decode_value(octets)
    assert (decoded.value, decoded.context) == (VALUE, 5)
    assert remark in decoded.deviations or (not remark and not decoded.deviations)


def test_without_indirect_reference_there_is_no_context() -> None:
    decoded = decode_value(encode_tlv(0xA2, OCTETS[5:]))
    assert decoded == DecodedValue(VALUE, None, ("the EXTERNAL has no indirect reference",))


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\xa2",
        b"\xa2\x00",
        b"\x80\x04pass",
        OCTETS[:-1],
        b"\x30" + OCTETS[1:],
        encode_tlv(0xA2, b"\x02\x01\x05"),
        encode_tlv(0xA2, b"\x02\x01\x05\x81\x02\x30\x00"),
        encode_tlv(0xA2, b"\x02\x01\x05\xa0\x00"),
        single(encode_tlv(0xA0, MEMBERS), b"\x05\x00"),
        single(encode_tlv(0xA1, MEMBERS)),
        single(encode_tlv(0x30, MEMBERS)),
        single(encode_tlv(0xA0, MEMBERS[4:])),
        single(encode_tlv(0xA0, MEMBERS[:4], MEMBERS[25:])),
        single(encode_tlv(0xA0, MEMBERS[:25])),
        single(b"\xa0\x00"),
        single(encode_tlv(0x30, encode_tlv(0xA0, encode_tlv(0x30, MEMBERS)))),
        encode_tlv(0xA2, b"\x02\x09" + bytes(9), OCTETS[5:]),
        b"\xa2\x80" * (LARGE // 2),
        b"\xa2\x84" + (LARGE - 6).to_bytes(4, "big") + bytes(LARGE - 6),
        single(encode_tlv(0xA0, b"\x83\x00" * (LARGE // 2))),
        single(encode_tlv(0xA0, b"\xa0\x80" * (LARGE // 2))),
    ],
)
def test_anything_else_is_no_value(octets: bytes) -> None:
    with pytest.raises(AuthenticationValueError):
        decode_value(octets)


def test_megabytes_in_the_right_shape_are_read() -> None:
    value = AuthenticationValue(bytes(LARGE), TIME, bytes(LARGE))
    assert decode_value(encode_value(value)).value == value


@MANY
@given(
    st.binary(max_size=80)
    | st.builds(
        lambda at, octets: OCTETS[:at] + octets + OCTETS[at + 1 :], st.integers(0, 15), st.binary(max_size=3)
    )
)
def test_any_octets_are_a_value_or_refused(octets: bytes) -> None:
    try:
        decoded = decode_value(octets)
    except AuthenticationValueError:
        return
    assert decode_value(encode_value(decoded.value, decoded.context or 0)).value == decoded.value


def signer(name: str = "client", **parts: str) -> tuple[Credential, PrivateKey]:
    made = credential(name, **parts)
    assert made.key is not None
    return made, made.key


@pytest.mark.parametrize(
    ("signature_input", "octets"),
    [
        (SignatureInput.UNIVERSAL, b"\x18\x13" + TIME),
        (SignatureInput.FIELD, b"\x81\x13" + TIME),
        (SignatureInput.RAW, TIME),
    ],
)
@pytest.mark.parametrize("parts", [{}, {"key": "curve"}])
def test_what_was_signed_is_found(
    signature_input: SignatureInput, octets: bytes, parts: dict[str, str]
) -> None:
    made, key = signer(**parts)
    assert signed_octets(signature_input, TIME) == octets
    signature = sign_time(key, signature_input, TIME)
    value = AuthenticationValue(made.certificate.octets, TIME, signature)
    assert matching_input(made.certificate, value) is signature_input


@pytest.mark.parametrize("signature", [b"", b"\0", bytes(256), b"\xff" * 256, bytes(LARGE)])
@pytest.mark.parametrize("parts", [{}, {"key": "curve"}])
def test_what_does_not_verify_was_not_signed(signature: bytes, parts: dict[str, str]) -> None:
    certificate = signer(**parts)[0].certificate
    assert matching_input(certificate, AuthenticationValue(certificate.octets, TIME, signature)) is None


def test_a_signature_of_another_time_or_key_does_not_match() -> None:
    made, key = signer()
    other, other_key = signer("server")
    for certificate, signing, time in (
        (made.certificate, other_key, TIME),
        (other.certificate, key, TIME),
        (made.certificate, key, TIME[:-2] + b"1Z"),
    ):
        value = AuthenticationValue(b"", TIME, sign_time(signing, SignatureInput.FIELD, time))
        assert matching_input(certificate, value) is None


@pytest.mark.parametrize("signature_input", list(SignatureInput))
def test_openssl_verifies_what_is_signed(tmp_path: Path, signature_input: SignatureInput) -> None:
    key = KEYS.key("client").public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    files = {
        "key": pem,
        "time": signed_octets(signature_input, TIME),
        "signature": sign_time(signer()[1], signature_input, TIME),
    }
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    command = ["openssl", "dgst", "-sha256", "-verify", "key", "-signature", "signature", "time"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "Verified OK\n")
