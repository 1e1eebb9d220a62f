"""Dissection of native mode: whole associations, single SecPDUs, odd and hostile ones."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.profiles.asn1.contents import Bits
from conform62351.profiles.crypto.algorithms import AlgorithmIdentifier
from conform62351.profiles.dissection import (
    LAYERS,
    Conversation,
    Dissection,
    SecPduFacts,
    Secrets,
    detect,
    dissect,
)
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.derivation import Derivation, Extent, KeyOrder, Secret, Zero
from conform62351.profiles.native.keyfile import KeyLine, read_key_lines
from conform62351.profiles.native.parameters import Mode
from conform62351.profiles.native.secpdus import OsiFault
from conform62351.suites.selfcheck.native_bench import BER, Handshakes, octets_of, parameters, replaced
from conform62351.suites.selfcheck.native_recording import NativeRecorded
from conform62351.suites.selfcheck.osi_pairing import Bent
from conform62351.suites.selfcheck.spoiling import spoilt
from conform62351.suites.selfcheck.test_dissection import assert_sound, node, nodes

FEW = settings(max_examples=60, deadline=None)
WHOLE = {mode: NativeRecorded(mode).whole() for mode in Mode}
DATA = ("MMS.confirmed-RequestPDU", "MMS.confirmed-ResponsePDU")


def dissected(pair: NativeRecorded, key_file: str = "", first: int = 0) -> list[Dissection]:
    """Return the dissections of the messages of an association, in one conversation."""
    talk = Conversation(Secrets(read_key_lines(key_file)))
    contexts: dict[int, str] = {}
    found = []
    for _, octets, _ in pair.log[first:]:
        found.append(dissect(octets, contexts=contexts, talk=talk))
        contexts = dict(found[-1].contexts)
    return found


def facts_of(dissections: list[Dissection], kind: str) -> list[SecPduFacts]:
    return [facts for one in dissections for facts in one.secpdus if facts.name.endswith(kind)]


@pytest.mark.parametrize("mode", Mode)
def test_association_is_dissected_as_the_machines_made_it(mode: Mode) -> None:
    pair = WHOLE[mode]
    found = dissected(pair, pair.key_file)
    for (_, octets, names), one in zip(pair.log, found, strict=True):
        assert one.pdus == names
        assert one.anomalies == ()
        assert_sound(octets, one)
    transfers = facts_of(found, "Transfer")
    assert [facts.protection for facts in transfers] == [
        f"verifies under the keys of the {side}, epoch {epoch}"
        for side, epoch in [
            *(("client", 0), ("server", 0), ("client", 0), ("server", 1), ("client", 1), ("server", 1))
        ]
    ]
    assert all(facts.signature_holds for facts in facts_of(found, "e") if facts.signature)
    assert found[2].layers == ("TPKT", "COTP", "SES", "PRES", "ACSE", "E2E", "MMS")


def test_members_have_the_names_of_the_standard() -> None:
    found = dissected(WHOLE[Mode.SEPARATE])
    req, acc = (facts_of(found, name)[0] for name in ("Req", "Acc"))
    assert dict(req.members) == {
        "pp": "IEC 61850-8-1",
        "assoID": "0",
        "sigAlg": "ecdsa-with-SHA256",
        "version": "v1",
        "dhKey": "23 secp256r1, 65 octets",
        "hmac": "hmacWithSHA256",
        "time": '"20270115080000.000Z", 2027-01-15T08:00:00Z',
        "encr-mode": "non-aea: encr aes256-CBC, aes128-CBC; icvAlgID hmacWithSHA256, "
        + ", ".join(
            f"aes{size}-GCM with tags of {tag} octets" for size, tag in product((256, 128), (12, 16))
        ),
        "confParams": "applProtected",
        "applData": "40 octets",
    }
    assert dict(acc.members)["assoID"] == "0:0"
    assert dict(acc.members)["encr-mode"] == "non-aea: encr aes256-CBC; icvAlgID hmacWithSHA256"
    rekey = next(facts for facts in facts_of(found, "EncrTransfer") if "rekey" in dict(facts.members))
    assert dict(rekey.members)["rekey"] == "23 secp256r1, 65 octets"
    changed = [dict(facts.members).get("changedKey") for facts in facts_of(found, "EncrTransfer")]
    assert changed == [None, None, None, "TRUE", None, None]
    tree = found[2]
    for name in ("tbs", "token1", "sigAlg", "pkCert", "assoID", "dhKey", "hmac", "encr-mode non-aea", "sign"):
        assert node(tree, name).layer == "E2E"
    assert node(tree, "confParams").value == "01 applProtected"
    assert node(tree, "dhGroup").value == "23 secp256r1 or modp-2048-224"
    assert node(tree, "pkCert").children[0].name == "Certificate"


def test_path_and_attribute_certificate_are_dissected() -> None:
    ca = parameters("server").credential.certificate.octets
    client = parameters("client", att_cert=bytes.fromhex("3003020101"))
    message = Handshakes(client).client.request()
    pdu: Any = message.pdu
    token = replaced(pdu.token1, certPath=(ca, b"\x30\x00"))
    octets = BER.signed(replaced(pdu, token1=token), BER.tbs(replaced(pdu, token1=token)).octets)
    found = dissect(octets)
    (facts,) = found.secpdus
    assert dict(facts.members)["certPath"] == "objectIdentifier=1.1.1.999.13, unreadable"
    assert dict(facts.members)["attCert"] == "unreadable"
    assert [part.name for part in node(found, "certPath").children] == ["certificate", "certificate"]
    assert node(found, "attCert").children[0].name == "AttributeCertificate"
    assert facts.signature == "does not verify by ecdsa-with-SHA256 with the key of pkCert"
    assert {remark.part for remark in facts.remarks} == {"certPath", "attCert", "sign"}


def test_diagnostics_are_named_and_their_absence_is_an_alarm() -> None:
    for diagnostic, text in ((3, "3 encryption-not-selected"), (None, "absent: an alarm"), (99, "99 (with")):
        pair = NativeRecorded().opened()
        pair.server.dt_sec_abort(diagnostic)
        last = dissected(pair.carry())[-1]
        assert last.anomalies == ()
        (facts,) = last.secpdus
        assert facts.name == "E2E.DtSecAbort"
        assert dict(facts.members)["diag"].startswith(text)
        assert ("an alarm" in node(last, "E2E.DtSecAbort").value) is (diagnostic is None)


def test_reject_of_a_handshake_is_told() -> None:
    pair = Handshakes()
    octets = octets_of(pair.client.request().octets)
    answer = pair.server.take_request(octets[:-2] + bytes([octets[-2] ^ 1, octets[-1]])).answer
    assert answer is not None
    found = dissect(octets_of(answer.octets))
    assert [facts.name for facts in found.secpdus] == ["E2E.HandshakeSecReject"]
    assert "or ApplAbort" in node(found, "E2E.HandshakeSecReject").value


def test_faults_of_the_environment_are_named_as_their_events() -> None:
    found = dissect(BER.osi_fault(15))
    (facts,) = found.secpdus
    assert facts.name == f"E2E.{OsiFault.name}"
    assert facts.members == (("osiDiagnostics", "15 event 15.15 AUTH_MECH_NOT_USED_RQ"),)
    assert node(found, "E2E.osiDiagnostics").layer == "E2E"


@pytest.mark.parametrize("place", range(10))
def test_secpdus_alone_are_told_by_their_form(place: int) -> None:
    name, octets = WHOLE[Mode.CLEAR].secpdus[place]
    assert detect(octets) == "E2E"
    found = dissect(octets)
    assert_sound(octets, found)
    assert found.pdus[0] in (name, name.replace("Rsp", "Req"))
    if name.startswith("E2E.Release"):
        assert "only its carrier could tell" in node(found, "E2E.ReleaseReq").value


def test_secpdu_in_another_carrier_is_told() -> None:
    release = next(octets for name, octets in WHOLE[Mode.AE].secpdus if name == "E2E.ReleaseReq")
    last = dissected(NativeRecorded().opened().sends(release, Carrier.ABRT))[-1]
    assert "E2E.ReleaseReq" in last.pdus
    (anomaly,) = last.anomalies
    assert (anomaly.layer, anomaly.code) == ("E2E", "carrier")
    assert anomaly.message == "a ReleaseReq in ACSE.ABRT, which does not carry it"


@pytest.mark.parametrize("mode", Mode)
def test_secpdus_are_told_where_the_abstract_syntax_is_not_known(mode: Mode) -> None:
    """Its arcs are inferred: a device may have others, and a capture may begin after they were told."""
    pair = WHOLE[mode]
    known, other = bytes.fromhex("2883e70f04010101"), bytes.fromhex("2883e70f04010107")
    contexts: dict[int, str] = {}
    for number, (_, octets, names) in enumerate(pair.log):
        changed = octets.replace(known, other)
        assert (changed != octets) is (number == 2)
        in_order, alone = dissect(changed, contexts=contexts), dissect(octets)
        contexts = dict(in_order.contexts)
        wanted = tuple(name for name in names if mode is Mode.CLEAR or name not in DATA)
        assert in_order.pdus == alone.pdus == wanted


def test_variants_and_odd_members_are_named() -> None:
    pair = Handshakes()
    message = pair.client.request()
    pdu: Any = message.pdu
    token = replaced(
        pdu.token1,
        assoID="07",
        time=b"20270115080000Z",
        confParams=Bits(frozenset({2, 5})),
        sigAlg=AlgorithmIdentifier("1.2.3"),
        hmac=AlgorithmIdentifier("1.2.840.113549.2.9", b"\x04\x00"),
    )
    odd = replaced(pdu, token1=token, pp="IEC61850-8-1")
    tbs = BER.tbs(odd).octets
    place = tbs.index(b"\x31\x48\x30\x46\x02\x01\x17")
    octets = BER.signed(odd, tbs[:place] + b"\x30" + tbs[place + 1 :])
    found = dissect(octets)
    (facts,) = found.secpdus
    members = dict(facts.members)
    assert members["confParams"] == "vpn, bit 5"
    assert members["sigAlg"] == "1.2.3, not supported"
    assert members["hmac"] == "1.2.840.113549.2.9 hmacWithSHA256 with parameters 04 00, not supported"
    assert {(remark.part, remark.code) for remark in facts.remarks} == {
        ("SecPDU", "variant"),
        ("pp", "protocol"),
        ("assoID", "asso-id"),
        ("time", "time-form"),
        ("confParams", "appl-protected"),
        ("sign", "signature"),
    }
    assert node(found, "dhKey").tag == "30"
    assert {anomaly.code for anomaly in found.anomalies} >= {"variant", "asso-id", "signature"}


def test_long_texts_are_shortened() -> None:
    pdu: Any = Handshakes().client.request().pdu
    odd = replaced(pdu, token1=replaced(pdu.token1, assoID="7" * 50_000))
    (facts,) = dissect(BER.signed(odd, BER.tbs(odd).octets)).secpdus
    assert dict(facts.members)["assoID"] == f"{'7' * 64}… (50000 characters)"


def test_signature_over_the_whole_tbs_is_told() -> None:
    pair = Handshakes(client_policy=Bent(octets={"E2E.HandshakeReq.tbs": whole_tlv}))
    (facts,) = dissect(octets_of(pair.client.request().octets)).secpdus
    assert facts.signature == "covers tbs with identifier and length, in place of the content octets alone"
    assert not facts.signature_holds


def whole_tlv(content: bytes) -> bytes:
    return b"\x30\x82" + len(content).to_bytes(2, "big") + content


# Keys


def test_data_are_opened_without_the_handshake_by_what_the_key_file_tells() -> None:
    for pair in WHOLE.values():
        start = next(index for index, entry in enumerate(pair.log) if "PRES.TD" in entry[2])
        found = dissected(pair, pair.key_file, start + 2)
        assert [facts.verified for facts in facts_of(found, "Transfer")] == [True] * 4
        bare = "\n".join(" ".join(line.split()[:4]) for line in pair.key_file.splitlines())
        found = dissected(pair, bare + " asso-id=0:0", start)
        assert {facts.protection for facts in facts_of(found, "Transfer")} == {
            "not checked: neither handshake nor key file tell salt and algorithms"
        }
        found = dissected(pair, bare)
        assert [facts.verified for facts in facts_of(found, "Transfer")] == [True] * 6


def test_what_cannot_be_checked_or_does_not_verify_is_told() -> None:
    pair = WHOLE[Mode.AE]
    other = f"{pair.key_file.splitlines()[0][:-1]}6".replace("asso-id=0:0", "asso-id=8:1")
    other = other.replace(pair.key_file.split()[1], "00" * 32)
    for key_file, text in (
        ("", "not checked: no key file"),
        (other, "not checked: the key file does not know the association"),
    ):
        found = dissected(pair, key_file)
        assert {facts.protection for facts in facts_of(found, "Transfer")} == {text}
        assert all("MMS" not in one.layers for one in found[4:10])
    first = read_key_lines(pair.key_file)[0]
    wrong = Secrets([KeyLine(request=first.request, epoch=0, secret=b"\1" * 32)])
    talk = Conversation(wrong)
    found = [dissect(octets, talk=talk) for _, octets, _ in pair.log]
    transfers = facts_of(found, "Transfer")
    assert {facts.protection for facts in transfers} == {"does not verify under the keys of epoch 0"}
    assert {remark.code for facts in transfers for remark in facts.remarks} == {"icv"}
    assert [one.anomalies[0].code for one in found[4:10]] == ["icv"] * 6


@pytest.mark.parametrize(
    ("mode", "reading"),
    [
        (Mode.SEPARATE, Derivation(order=KeyOrder.BY_SIDE)),
        (Mode.SEPARATE, Derivation(transfer=Extent.WHOLE, zero=Zero.HASH)),
        (Mode.AE, Derivation(handshake=Extent.WHOLE, transfer=Extent.WHOLE)),
        (Mode.CLEAR, Derivation(zero=Zero.NOTHING, secret=Secret.PADDED)),
    ],
    ids=str,
)
def test_other_readings_are_found_and_told(mode: Mode, reading: Derivation) -> None:
    pair = NativeRecorded(mode, reading).whole()
    found = dissected(pair, pair.key_file)
    transfers = facts_of(found, "Transfer")
    assert [facts.verified for facts in transfers] == [True] * 6
    assert {facts.protection.partition("; ")[2] for facts in transfers} == {str(reading)}


# Hostile octets


def sealed_octets() -> list[bytes]:
    return [octets for pair in WHOLE.values() for _, octets in pair.secpdus]


@FEW
@given(data=st.data())
def test_spoilt_secpdus_give_a_sound_tree(data: st.DataObject) -> None:
    octets = data.draw(spoilt(data.draw(st.sampled_from(sealed_octets()))))
    talk = Conversation(Secrets(read_key_lines(WHOLE[Mode.AE].key_file)))
    for layer in (None, "E2E"):
        assert_sound(octets, dissect(octets, layer=layer, talk=talk))


@FEW
@given(data=st.data())
def test_spoilt_messages_give_a_sound_tree(data: st.DataObject) -> None:
    pair = WHOLE[data.draw(st.sampled_from(Mode))]
    talk = Conversation(Secrets(read_key_lines(pair.key_file)))
    for _, octets, _ in pair.log[2:4]:
        dissect(octets, talk=talk)
    octets = data.draw(spoilt(data.draw(st.sampled_from([entry[1] for entry in pair.log]))))
    assert_sound(octets, dissect(octets, talk=talk))


@FEW
@given(
    octets=st.binary(max_size=200),
    begin=st.sampled_from((b"", b"\x30\x80", b"\xa0\x80", b"\x30\x82\x00\xc0")),
)
def test_any_octets_as_secpdu_give_a_sound_tree(octets: bytes, begin: bytes) -> None:
    assert_sound(begin + octets, dissect(begin + octets, layer="E2E"))


def test_nesting_is_bounded() -> None:
    for tag in (b"\x30\x80", b"\xa0\x80", b"\x24\x80"):
        octets = tag * 20_000
        found = dissect(octets, layer="E2E")
        assert_sound(octets, found)
        assert len(list(nodes(found))) < 200
    assert "E2E" in LAYERS
