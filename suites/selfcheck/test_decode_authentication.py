"""What decode tells of authentication values: the vectors, captures' messages, odd and hostile ones."""

from __future__ import annotations

import json
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.pki.naming import common_name
from conform62351.fixtures.vectors import making
from conform62351.profiles.compatibility.signing import SignatureInput
from conform62351.profiles.compatibility.value import AuthenticationValue, encode_value
from conform62351.profiles.dissection import AuthenticationFacts, StreamDissector, dissect
from conform62351.profiles.dissection.authentication import read_authentication
from conform62351.suites.selfcheck.compatibility_bench import (
    NOW,
    TITLES,
    SecurePair,
    credential,
    padded,
    security,
)
from conform62351.suites.selfcheck.decode_bench import Decode, written
from conform62351.suites.selfcheck.osi_pairing import Bent
from conform62351.suites.selfcheck.peers import require_program
from conform62351.suites.selfcheck.spoiling import spoilt
from conform62351.tooling.net.flow import Address, End, Flow
from conform62351.tooling.net.reconstruction import Reconstruction

MANY = settings(max_examples=60, deadline=None)
VECTORS = resources.files("conform62351.fixtures.vectors")
TIME = b"20270115080000.000Z"
ODD_REMARKS = [
    ("certificate", "a certificate without keyUsage"),
    ("certificate", "a certificate without titles in its subject"),
    ("time", "a time without digits after the dot"),
    ("time", "a time without Z, read as UTC"),
    ("signature", "the signature covers the content octets of the time alone"),
]


def vector(name: str) -> bytes:
    return bytes.fromhex(VECTORS.joinpath(name).read_text(encoding="ascii"))


@pytest.mark.parametrize("name", making.VECTORS)
def test_the_vectors_come_out_as_they_are(name: str) -> None:
    assert VECTORS.joinpath(name).read_text(encoding="ascii") == making.text_of(making.VECTORS[name]())


def shown(out: str) -> list[str]:
    """Return the lines about authentication."""
    lines = out.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("authentication value"))
    return lines[start:]


def test_the_odd_request_is_told_to_the_last_octet(tmp_path: Path, decode: Decode) -> None:
    octets = vector("aarq-odd.hex")
    code, out, _ = decode(written(tmp_path, octets.hex()))
    assert code == 0
    assert shown(out)[0] == "authentication value of ACSE.AARQ at octet 184, context 5"
    assert shown(out)[1:-1] == [
        "  certificate  786 octets",
        "  subject      CN=vector of conform62351",
        "  issuer       CN=vector of conform62351",
        "  serial       62351004000040008000000000000001",
        "  not before   2026-12-31T00:00:00Z",
        "  not after    2029-09-26T00:00:00Z",
        "  key          RSA 2048",
        "  key usage    not stated",
        "  title        none",
        shown(out)[10],
        '  time         "20261231143405.", 2026-12-31T14:34:05Z',
        "  signed       raw: the content octets of the time alone",
        *(f"  ! {part}: {message}" for part, message in ODD_REMARKS),
    ]
    assert shown(out)[-1] == "6 anomalies"
    assert "no called-AE-qualifier" in out
    assert "an OBJECT IDENTIFIER without content" in out
    assert f"{len(octets)}  SES.CN" in out


def test_the_odd_request_as_json(tmp_path: Path, decode: Decode) -> None:
    _, out, _ = decode(written(tmp_path, vector("aarq-odd.hex").hex()), "--json")
    document = json.loads(out)
    assert document["signature"] == {"matched": "raw"}
    (facts,) = document["authentications"]
    assert [(remark["part"], remark["message"]) for remark in facts.pop("remarks")] == ODD_REMARKS
    certificate = facts.pop("certificate")
    assert facts == {
        "offset": 184,
        "carrier": "ACSE.AARQ",
        "context": 5,
        "signed_time": "20261231143405.",
        "signed_time_utc": "2026-12-31T14:34:05Z",
        "signed": "raw",
    }
    assert len(certificate.pop("sha256")) == 64
    assert certificate == {
        "subject": "CN=vector of conform62351",
        "issuer": "CN=vector of conform62351",
        "serial": "62351004000040008000000000000001",
        "not_before": "2026-12-31T00:00:00Z",
        "not_after": "2029-09-26T00:00:00Z",
        "key": "RSA 2048",
        "key_usage": "not stated",
        "title": "none",
        "octets": 786,
    }
    assert [item["code"] for item in document["anomalies"]] == [
        *("no-called-AE-qualifier", "content-length", "key-usage", "title", "time-form", "encoding-signed")
    ]


def test_the_clean_request_has_nothing_odd(tmp_path: Path, decode: Decode) -> None:
    code, out, _ = decode(written(tmp_path, vector("aarq-clean.hex").hex()))
    assert code == 0
    assert not any("!" in line for line in out.splitlines())
    assert "  title        1.1.999.1.12 (OBJECT IDENTIFIER)" in out
    assert "  key usage    digitalSignature" in out
    assert "  signed       81: the time as the TLV of its field" in out
    assert out.endswith("\n0 anomalies\n")


def test_every_tlv_of_the_certificate_is_named(tmp_path: Path, decode: Decode) -> None:
    _, out, _ = decode(written(tmp_path, vector("aarq-clean.hex").hex()))
    for name in ("tbsCertificate", "serialNumber", "notBefore utcTime", "subjectPublicKey", "extnValue"):
        assert name in out


def messages(pair: SecurePair) -> list[tuple[str, bytes]]:
    """Return who sends what to associate."""
    sent: list[tuple[str, bytes]] = []

    def keeping(who: str, take: Any) -> Any:
        def taken() -> Any:
            found = take()
            sent.extend((who, message.octets) for message in found)
            return found

        return taken

    for who, machine in (("client", pair.client), ("server", pair.server)):
        taken: Any = machine
        taken.take_output = keeping(who, machine.take_output)
    pair.associated()
    return sent


def authentications(pair: SecurePair) -> list[AuthenticationFacts]:
    contexts: dict[int, str] = {}
    found: list[AuthenticationFacts] = []
    for _, octets in messages(pair):
        for message in StreamDissector(contexts).messages(octets):
            found += message.authentications
    return found


def captured(path: Path) -> None:
    """Write a capture of an association of compatibility mode."""
    flow = Flow(1, Address("192.0.2.1", 40000), Address("192.0.2.2", 102), True)
    with path.open("wb") as file:
        recorder = Reconstruction(file, application="test", comment="", to_epoch=lambda at: NOW + at)
        recorder.opened(flow, 0.0)
        for number, (who, octets) in enumerate(messages(SecurePair())):
            recorder.carried(flow, who == "client", octets, number / 10)
        recorder.ended(flow, True, End.RESET, 9.0)


def test_a_capture_tells_who_authenticated_when(tmp_path: Path, decode: Decode) -> None:
    path = tmp_path / "run.pcapng"
    captured(path)
    _, out, _ = decode(path, "--json")
    facts = json.loads(out)["authentications"]
    assert [(item["from"], item["carrier"], item["signed"]) for item in facts] == [
        ("client", "ACSE.AARQ", "81"),
        ("server", "ACSE.AARE", "81"),
    ]
    assert {item["signed_time_utc"] for item in facts} == {"2027-01-15T08:00:00Z"}
    assert facts[0]["time"] == "2027-01-15T08:00:00.200000Z"
    _, out, _ = decode(path)
    assert out.count("authentication value of ACSE.AAR") == 2


def test_tshark_reads_what_is_sent(tmp_path: Path) -> None:
    require_program("tshark")
    path = tmp_path / "run.pcapng"
    captured(path)
    command = ["tshark", "-r", str(path), "-V"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    for role in ("calling", "responding"):
        assert f"{role}-authentication-value: external (2)" in done.stdout
    assert done.stdout.count("mechanism-name: 1.0.840.0.1.0.1.1") == 2
    assert "Malformed" not in done.stdout


def test_both_directions_of_a_connection_are_told() -> None:
    client = security("client", signature_input=SignatureInput.UNIVERSAL)
    found = authentications(SecurePair(client))
    assert [(facts.carrier, facts.signed, facts.remarks) for facts in found] == [
        ("ACSE.AARQ", "18", ()),
        ("ACSE.AARE", "81", ()),
    ]
    titles = [facts.certificate_facts()["title"] for facts in found]
    assert titles == [f"{TITLES[name]} (OBJECT IDENTIFIER)" for name in ("client", "server")]


def test_a_value_whose_context_nobody_proposed_is_read_all_the_same() -> None:
    _, octets = messages(SecurePair())[-1]
    dissection = dissect(octets)
    assert "CMP.value" in dissection.pdus
    assert dissection.contexts == {}
    assert [facts.carrier for facts in dissection.authentications] == ["ACSE.AARE"]


@pytest.mark.parametrize("options", [(), ("--layer", "cmp")])
def test_a_value_alone_is_read(tmp_path: Path, decode: Decode, options: tuple[str, ...]) -> None:
    pair = SecurePair()
    pair.associated()
    assert pair.client.sent_value is not None
    octets = encode_value(pair.client.sent_value)
    _, out, _ = decode(written(tmp_path, octets.hex()), *options)
    assert shown(out)[0] == "authentication value at octet 0, context 5"
    assert shown(out)[-2:] == ["  signed       81: the time as the TLV of its field", "0 anomalies"]


def facts_of(**parts: bytes) -> AuthenticationFacts:
    """Return what is told of a value with a good certificate and other parts than good ones."""
    usual = {"certificate": credential("client").certificate.octets, "time": TIME, "signature": bytes(256)}
    return read_authentication(encode_value(AuthenticationValue(**usual | parts)), 0, "")


def test_a_signature_over_nothing_known_is_told() -> None:
    facts = facts_of()
    assert facts.signed == "none"
    assert [remark.part for remark in facts.remarks] == ["signature"]


@pytest.mark.parametrize(
    ("parts", "part"),
    [
        ({"certificate": b""}, "certificate"),
        ({"certificate": b"\x30\x00"}, "certificate"),
        ({"certificate": bytes(1 << 20)}, "certificate"),
        ({"certificate": bytes(1 << 22)}, "certificate"),
        ({"time": b"\x1b[2J"}, "time"),
        ({"time": b"0" * 1000}, "time"),
        ({"time": b"20370115080000.000Z"}, "time"),
        ({"certificate": credential("client", extensions=padded(9000)).certificate.octets}, "certificate"),
        ({"certificate": credential("client", usage="key_agreement").certificate.octets}, "certificate"),
    ],
)
def test_what_is_wrong_with_a_part_is_told(parts: dict[str, bytes], part: str) -> None:
    facts = facts_of(**parts)
    assert part in [remark.part for remark in facts.remarks]
    assert (facts.signed is None) is (facts.certificate is None)


def test_a_value_that_is_none_is_told() -> None:
    facts = read_authentication(b"\xa2\x00", 7, "ACSE.AARQ")
    assert [(remark.part, remark.code) for remark in facts.remarks] == [("value", "undecodable")]
    assert facts.signed_text == "cannot be told"


def test_no_name_drives_the_terminal(tmp_path: Path, decode: Decode) -> None:
    made = credential("client", subject=common_name("a\x1b[31mb\nc"))
    value = AuthenticationValue(made.certificate.octets, b"\x1b[2J", b"")
    _, out, _ = decode(written(tmp_path, encode_value(value).hex()))
    assert "\x1b" not in out
    assert shown(out)[2].startswith("  subject      CN=a")


@MANY
@given(st.sampled_from(["CMP.value", "ACSE.AARQ"]), st.data())
def test_spoilt_values_are_told_without_an_error(layer: str, data: st.DataObject) -> None:
    pair = SecurePair(client_policy=Bent(octets={layer: lambda octets: data.draw(spoilt(octets))}))
    pair.indicated()
    octets = pair.tsdus.get("SES.CN", b"")
    assert dissect(octets).octets == octets
    for facts in dissect(octets).authentications:
        assert facts.signed in (None, "none", "18", "81", "raw")


@MANY
@given(st.data())
def test_spoilt_certificates_are_told_without_an_error(data: st.DataObject) -> None:
    certificate = data.draw(spoilt(credential("client").certificate.octets, times=4))
    time = data.draw(spoilt(TIME))
    facts = facts_of(certificate=certificate, time=time)
    assert facts.size == len(certificate)
    assert facts.certificate_facts() or facts.certificate is None
