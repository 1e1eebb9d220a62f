"""What somebody else has signed before authenticates nobody, however it is dressed up."""

from __future__ import annotations

import msgspec
import pytest

from conform62351.fixtures.faults.building import Rewrite
from conform62351.profiles.compatibility.association import Unsigned
from conform62351.profiles.pki.certificate import read_certificate
from conform62351.suites.selfcheck.compatibility_bench import NOW, SecurePair, credential, security
from conform62351.suites.selfcheck.osi_pairing import faults

NULL, EMPTY_TEXT = b"\x05\x00", b"\x0c\x00"


def other_octets(certificate: bytes) -> bytes:
    """Return the certificate with other parameters in the algorithm behind what its issuer has signed."""
    at = certificate.rindex(NULL + b"\x03\x82")
    return certificate[:at] + EMPTY_TEXT + certificate[at + 2 :]


def time_at(fraction: str) -> bytes:
    return f"20270115080000.{fraction}Z".encode()


def test_another_encoding_of_a_certificate_makes_no_time_new() -> None:
    whole = credential("client").certificate
    bent = read_certificate(other_octets(whole.octets))
    assert bent.octets != whole.octets
    assert bent.tbs == whole.tbs
    server = security("server")
    client = security("client", signing_time=lambda: NOW)

    def changed(unsigned: Unsigned) -> Unsigned:
        return msgspec.structs.replace(unsigned, certificate=bent.octets)

    first = SecurePair(client, server)
    first.indicated()
    assert faults(first.server_events) == []
    again = SecurePair(client, server, client_policy=Rewrite("CMP.unsigned", changed))
    again.indicated()
    assert faults(again.server_events) == ["CMP.22"]


@pytest.mark.parametrize("window", [600.0, 6000.0])
@pytest.mark.parametrize("fraction", ["", "0009"])
def test_a_time_is_known_as_long_as_it_is_taken(window: float, fraction: str) -> None:
    moments: list[float] = []
    server = security("server", now=lambda: moments[-1], window=window)
    signed = Rewrite("CMP.unsigned", lambda value: msgspec.structs.replace(value, time=time_at(fraction)))
    found = []
    for away in (0.0, window, window + 0.0004, window + 0.001):
        moments.append(NOW + away)
        pair = SecurePair(server=server, client_policy=signed)
        pair.indicated()
        found.append(faults(pair.server_events))
    assert found == [[], ["CMP.22"], ["CMP.22"], ["CMP.21"]]


def test_what_a_server_has_signed_does_not_authenticate_who_overheard_it() -> None:
    server = security("server")
    overheard = SecurePair(server=server)
    overheard.associated()
    shown = overheard.server.sent_value
    again = SecurePair(server=server, client_policy=Rewrite("CMP.value", lambda _: shown))
    again.indicated()
    assert faults(again.server_events) == ["CMP.22"]


def test_what_a_client_has_signed_does_not_authenticate_the_server_that_sends_it_back() -> None:
    pair = SecurePair(server_policy=Rewrite("CMP.value", lambda _: pair.client.sent_value))
    pair.associated()
    assert faults(pair.client_events) == ["CMP.22"]
