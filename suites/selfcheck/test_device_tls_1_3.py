"""What the device looks for in a ClientHello of TLS 1.3: early data, and sessions without Diffie-Hellman."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.device.tls_1_3 import HelloReader
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.tls.engine.extensions import Extension
from conform62351.profiles.tls.engine.framing import fragments, write_message, write_record
from conform62351.profiles.tls.engine.hellos import ClientHello, encode_client_hello
from conform62351.suites.selfcheck.tls_engine_bench import identity, server

VERSIONS = Extension(43, bytes.fromhex("040304 0303"))
OLD_VERSIONS = Extension(43, bytes.fromhex("020303"))
EARLY_DATA = Extension(42)
SESSION = Extension(41, bytes(40))
WITH_DIFFIE_HELLMAN = Extension(45, bytes.fromhex("0101"))
BOTH_MODES = Extension(45, bytes.fromhex("020001"))
WITHOUT = Extension(45, bytes.fromhex("0100"))
LOOKED_FOR = (VERSIONS, EARLY_DATA)
HELLO = ClientHello(0x0303, bytes(32), b"", (0x1301,))


def found_in(octets: bytes, piece: int) -> list[str]:
    """Return the steps that find something when ``octets`` come in pieces."""
    findings: list[Finding] = []
    reader = HelloReader(server(identities=(identity("rsa"),)), Policy(), findings.append)
    reader.start()
    for start in range(0, len(octets), piece):
        reader.receive(octets[start : start + piece])
    return [finding.step for finding in findings]


@pytest.mark.parametrize(
    ("extensions", "steps"),
    [
        ((VERSIONS, EARLY_DATA), ["DEV.12"]),
        ((VERSIONS, SESSION), ["DEV.13"]),
        ((VERSIONS, WITHOUT, SESSION), ["DEV.13"]),
        ((VERSIONS, EARLY_DATA, SESSION), ["DEV.12", "DEV.13"]),
        ((VERSIONS, WITH_DIFFIE_HELLMAN, SESSION), []),
        ((VERSIONS, BOTH_MODES, SESSION), []),
        ((VERSIONS,), []),
        ((OLD_VERSIONS, EARLY_DATA, SESSION), []),
        ((EARLY_DATA, SESSION), []),
        ((Extension(43, b"\x05"), EARLY_DATA), []),
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 4096])
def test_what_is_offered_beside_1_3_is_found(
    extensions: tuple[Extension, ...], steps: list[str], piece: int
) -> None:
    hello = encode_client_hello(msgspec.structs.replace(HELLO, extensions=extensions))
    assert found_in(write_record(22, 0x0301, write_message(1, hello)), piece) == steps


@pytest.mark.parametrize("piece", [1, 7, 4096])
def test_a_hello_may_come_in_several_records(piece: int) -> None:
    hello = write_message(1, encode_client_hello(msgspec.structs.replace(HELLO, extensions=LOOKED_FOR)))
    assert found_in(b"".join(fragments(22, 0x0301, hello, size=20)), piece) == ["DEV.12"]


def test_what_is_no_handshake_is_not_looked_at() -> None:
    hello = write_message(1, encode_client_hello(msgspec.structs.replace(HELLO, extensions=LOOKED_FOR)))
    assert found_in(write_record(23, 0x0301, hello), 4096) == []


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80), st.integers(1, 80))
def test_any_octets_are_passed_on(octets: bytes, piece: int) -> None:
    assert found_in(octets, piece) == []
    assert found_in(write_record(22, 0x0301, octets), piece) == []
    assert found_in(write_record(22, 0x0301, write_message(1, octets)), piece) == []
