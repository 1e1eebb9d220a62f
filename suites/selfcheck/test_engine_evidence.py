"""What goes on record of certificates and authentication values, good and bad."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.compatibility.signing import SignatureInput, sign_time
from conform62351.profiles.compatibility.value import AuthenticationValue, encode_value
from conform62351.profiles.generalized_time import write_time
from conform62351.reports.model.events import AuthenticationSeen
from conform62351.tooling.engine.evidence import (
    Occasion,
    authentication_seen,
    certificate_facts,
    read_value,
)
from conform62351.tooling.net.credentials import CredentialFolder

NOON = 1_767_614_400.0
WHEN = Occasion(1.5, "CMP/SRV/ASSOC/BV-associate", 3)


@pytest.fixture(scope="module")
def folder(workshop: Workshop) -> CredentialFolder:
    return CredentialFolder.load(workshop.tester)


def seen(octets: bytes, now: float = NOON) -> AuthenticationSeen:
    event = authentication_seen(WHEN, "received", read_value(octets, now))
    assert msgspec.json.decode(msgspec.json.encode(event), type=AuthenticationSeen) == event
    return event


def value(folder: CredentialFolder, signature_input: SignatureInput, time: bytes) -> AuthenticationValue:
    credential = folder.credential("tester")
    assert credential.key is not None
    signature = sign_time(credential.key, signature_input, time)
    return AuthenticationValue(credential.certificate.octets, time, signature)


@pytest.mark.parametrize("signature_input", SignatureInput)
def test_a_good_value(folder: CredentialFolder, signature_input: SignatureInput) -> None:
    event = seen(encode_value(value(folder, signature_input, write_time(NOON + 2.5))))
    assert (event.t, event.case, event.connection) == WHEN
    assert event.signed == signature_input.value
    assert (event.time, event.time_utc) == ("20260105120002.500Z", "2026-01-05T12:00:02.5Z")
    assert event.offset_s == 2.5
    assert event.remarks == []
    assert event.chain[0].title == "1.1.1.999.12"
    assert event.chain[0].key == "RSA 2048"


def test_a_value_that_is_odd_or_wrong_says_so(folder: CredentialFolder) -> None:
    good = value(folder, SignatureInput.FIELD, b"20260105120000.")
    event = seen(encode_value(good))
    assert (event.signed, event.time_utc, event.offset_s) == ("81", "2026-01-05T12:00:00Z", 0.0)
    assert event.remarks == ["a time without digits after the dot", "a time without Z, read as UTC"]
    event = seen(encode_value(msgspec.structs.replace(good, time=b"noon\xff")))
    assert (event.signed, event.time, event.time_utc, event.offset_s) == ("none", "noon\\xff", "", None)
    assert event.remarks[0].startswith("time: ")
    event = seen(encode_value(msgspec.structs.replace(good, certificate=b"\x30\x00")))
    assert event.signed == "none"
    assert event.chain[0].fault
    assert (event.chain[0].size, event.chain[0].subject) == (2, "")
    event = seen(b"\xa2\x00")
    assert (event.chain, event.time, event.offset_s) == ([], "", None)
    assert event.remarks[0].startswith("not readable: ")


def test_every_certificate_of_the_workshop_has_its_facts(folder: CredentialFolder) -> None:
    for name in folder.names:
        octets = folder.octets(name)
        facts = certificate_facts(octets)
        assert facts.size == len(octets)
        assert bool(facts.fault) != bool(facts.subject)
    assert certificate_facts(folder.octets("utf8-title")).title == "1.1.1.999.12 (UTF8String)"
    assert certificate_facts(folder.octets("bad/no-key-usage")).key_usage is None
    assert certificate_facts(folder.octets("bad/negative-serial")).serial


@given(st.binary(max_size=200))
def test_whatever_octets_come_they_are_put_on_record(octets: bytes) -> None:
    seen(octets)
    certificate_facts(octets)


@given(st.binary(max_size=80), st.binary(max_size=40), st.binary(max_size=40))
def test_whatever_members_a_value_has_they_are_put_on_record(
    certificate: bytes, time: bytes, signature: bytes
) -> None:
    event = seen(encode_value(AuthenticationValue(certificate, time, signature)))
    assert event.signed == "none"
