"""Machines that go by spec data: two with the same ones understand each other, and others do not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conform62351.fixtures.device.configuration import load_description
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.native.ber import BerCodec, codec_of
from conform62351.profiles.native.codec import Carrier, SecPduError
from conform62351.profiles.native.secpdus import DtSecAbort, HandshakeReq, HandshakeSecReject
from conform62351.profiles.role import Role
from conform62351.profiles.spec.data import SpecData, own_data
from conform62351.suites.selfcheck.device_native_pair import ASSOCIATED, Pair, configuration
from conform62351.suites.selfcheck.native_bench import INITIATE, Handshakes, octets_of, parameters
from conform62351.suites.selfcheck.spec_samples import OTHER_TAGS, folder, module
from conform62351.tooling.spec.loading import load_spec_data

OTHER_PP = "MMS in other words"
OTHER_CONTEXT = "1.0.62351.4.7.1"
TABLES = {
    "identifiers__toml": f'[e2eMmsAC]\noid = "{OTHER_CONTEXT}"\n',
    "protocols__toml": f'[mms-over-osi]\npp = "{OTHER_PP}"\n',
    "diagnostics__toml": '["2018".HandshakeDiagnostics.numbers]\ninvalid-time-value = 99\n',
}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> SpecData:
    """Read spec data with other tags, identifiers and numbers than ours."""
    return load_spec_data(
        folder(tmp_path_factory.mktemp("spec"), standard__asn=module(*OTHER_TAGS), **TABLES)
    )


@pytest.fixture
def pair(tmp_path: Path, workshop: Workshop) -> Iterator[Pair]:
    """Make a client and a server, to be started."""
    made = Pair(tmp_path, workshop)
    yield made
    made.stop()


def test_two_machines_talk_with_other_tags(other: SpecData) -> None:
    codec = codec_of(other, "2018+A1")
    handshakes = Handshakes(codec=codec)
    taken, accepted = handshakes.run()
    assert taken.fault is None
    assert accepted.established is not None
    octets = octets_of(handshakes.client.dt_sec_abort(1).octets)
    assert b"\x0a\x01\x1f" in octets
    assert isinstance(codec.decode(Carrier.ABRT, octets).pdu, DtSecAbort)
    assert handshakes.server.take_abort(octets).events[0] == "IEC62351-4:6.12"


def test_the_own_machine_refuses_what_was_written_with_other_tags(other: SpecData) -> None:
    theirs, ours = codec_of(other, "2018+A1"), BerCodec()
    request = octets_of(Handshakes(codec=theirs).client.request(INITIATE).octets)
    assert isinstance(theirs.decode(Carrier.AARQ, request).pdu, HandshakeReq)
    with pytest.raises(SecPduError):
        ours.decode(Carrier.AARQ, request)
    server = Handshakes(codec=ours).server
    taken = server.take_request(request)
    assert taken.fault is not None
    assert taken.fault.step == "E2E.HS.1.1"


def test_the_edition_chooses_the_number_of_a_diagnostic(other: SpecData) -> None:
    sent = {}
    for edition in ("2018", "2018+A1"):
        codec = codec_of(other, edition)
        late = Handshakes(parameters("client", now=lambda: 1e9), codec=codec)
        taken = late.requested()
        assert taken.answer is not None
        assert isinstance(taken.answer.pdu, HandshakeSecReject)
        sent[edition] = octets_of(taken.answer.octets)
        pdu = codec.decode(Carrier.AARE, sent[edition]).pdu
        assert isinstance(pdu, HandshakeSecReject)
        assert pdu.diag == taken.answer.pdu.diag == 10
    assert b"\x0a\x01\x63" in sent["2018"]
    assert b"\x0a\x01\x0a" in sent["2018+A1"]


def test_a_number_without_a_name_is_read_as_none_that_is_known(other: SpecData) -> None:
    codec = codec_of(other, "2018+A1")
    octets = octets_of(Handshakes(codec=codec).client.request(INITIATE).octets)
    assert codec.decode(Carrier.AARQ, octets).pdu
    handshakes = Handshakes(codec=codec)
    handshakes.run()
    abort = octets_of(handshakes.client.dt_sec_abort(31).octets)
    assert handshakes.server.take_abort(abort).events[0] == "IEC62351-4:6.12"
    plain = abort.replace(b"\x0a\x01\x1f", b"\x0a\x01\x01")
    pdu = codec.decode(Carrier.ABRT, plain).pdu
    assert isinstance(pdu, DtSecAbort)
    assert pdu.diag not in range(12)


def test_devices_talk_over_sockets_with_other_tags(pair: Pair, other: SpecData) -> None:
    codec = codec_of(other, "2018+A1")
    pair.start(configuration(codec=codec, identifiers=other.identifiers))
    pair.associate()
    pair.read()
    pair.release()
    assert pair.events() == {"client": [ASSOCIATED], "server": [ASSOCIATED]}


def test_a_device_with_the_own_tags_refuses_one_with_others(pair: Pair, other: SpecData) -> None:
    pair.start(own={"default": configuration(codec=codec_of(other, "2018+A1"))})
    pair.connect()
    pair.wait_for_end()
    assert "IEC62351-4:1.5" in pair.events()["server"]


def test_the_device_goes_by_spec_data(other: SpecData) -> None:
    native = load_description(None, None, other).configurations["native"].native
    usual = load_description(None, None).configurations["native"].native
    assert native is not None
    assert usual is not None
    assert native.identifiers.oid("e2eMmsAC") == OTHER_CONTEXT
    assert native.parts[Role.SERVER].local.protocols == (OTHER_PP,)
    octets = octets_of(Handshakes(codec=native.codec).client.request(INITIATE).octets)
    assert codec_of(other, "2018+A1").decode(Carrier.AARQ, octets).pdu
    assert usual.parts[Role.SERVER].local.protocols == (own_data().mms_over_osi,)


def test_what_a_pixit_declares_is_the_devices_own(other: SpecData) -> None:
    assert other.pp("IEC 61850-8-1") == OTHER_PP
    assert other.pp("ICCP") == "ICCP"
    assert own_data().pp("IEC 61850-8-1") == "IEC 61850-8-1"
    again = other.identifiers.overridden({"e2eMmsAC": "1.2.3"})
    assert again.oid("e2eMmsAC") == "1.2.3"
