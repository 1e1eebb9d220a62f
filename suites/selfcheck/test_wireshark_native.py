"""The Wireshark dissector of native mode, run by tshark: members by name, and octets that are no SecPDU."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

import pytest

from conform62351.profiles.crypto.groups import groups
from conform62351.profiles.environments.osi.association import NativeAssociation
from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.outcomes import handshake_diagnostics, transfer_diagnostics
from conform62351.profiles.native.parameters import Mode
from conform62351.suites.selfcheck.native_bench import BER, Handshakes, octets_of, parameters, replaced
from conform62351.suites.selfcheck.native_recording import E2E_SYNTAX, NativeRecorded
from conform62351.suites.selfcheck.peers import require_program

SCRIPT = Path(str(resources.files("conform62351.tooling.wireshark").joinpath("iec62351-4.lua")))
LIMIT_S = 60
E2E = "iec62351e2e"
EXCHANGE = ("confirmed-RequestPDU", "confirmed-ResponsePDU")
SPOILT = 400
NESTED = 3000
TELLING = (0, 1, 3, 4, 0x1F, 0x30, 0x7F, 0x80, 0x81, 0x84, 0x88, 0xA0, 0xFF)


def tshark(capture: Path, *arguments: str) -> str:
    """Return what tshark prints with the dissector; nothing that Lua complains of is in it."""
    command = [require_program("tshark"), "-X", f"lua_script:{SCRIPT}", "-r", str(capture), *arguments]
    done = subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=True)
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    assert "lua" not in err.lower()
    assert "Lua Error" not in out
    return out


def fields(capture: Path, *names: str, options: Iterable[str] = ()) -> list[tuple[str, ...]]:
    """Return these fields of the frames with a SecPDU; several values are separated by ``|``."""
    wanted = [argument for name in names for argument in ("-e", name)]
    filters = ("-Y", E2E, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|")
    return [tuple(line.split("\t")) for line in tshark(capture, *options, *filters, *wanted).splitlines()]


def own(*names: str) -> list[str]:
    return [f"{E2E}.{name}" for name in names]


def test_whole_association_in_the_clear(tmp_path: Path) -> None:
    capture = NativeRecorded(Mode.CLEAR).whole().capture(tmp_path / "run.pcapng")
    transfer = "ClearTransfer"
    found = fields(capture, *own("secpdu", "assoID", "seq", "changedKey"), "mms.invokeID")
    assert [(*some, changed.replace("True", "1"), invoke_id) for *some, changed, invoke_id in found] == [
        ("HandshakeReq", "0", "", "", ""),
        ("HandshakeAcc", "0:0", "", "", ""),
        *((transfer, "0:0", str(number), "", "7") for number in (0, 0, 1)),
        (transfer, "0:0", "1", "1", "7"),
        *((transfer, "0:0", "2", "", "7") for _ in range(2)),
        ("ReleaseReq", "0:0", "", "", ""),
        ("ReleaseRsp", "0:0", "", "", ""),
    ]
    lines = tshark(capture, "-Y", E2E).splitlines()
    assert [next(part for part in EXCHANGE if part in line) for line in lines[2:8]] == [*(EXCHANGE * 3)]
    assert "HandshakeReq: initiate-RequestPDU" in lines[0]


def test_members_of_the_handshake_have_their_names(tmp_path: Path) -> None:
    capture = NativeRecorded(Mode.SEPARATE).opened().capture(tmp_path / "run.pcapng")
    names = ("pp", "version", "time", "sigAlg", "hmac", "dhGroup", "confParams", "algo", "algorithm")
    request, accept = fields(capture, *own(*names))
    both = ("IEC 61850-8-1", "v1", "20270115080000.000Z", "ecdsa-with-SHA256", "hmacWithSHA256", "23")
    assert request == (
        *both,
        *("applProtected", "ecdsa-with-SHA256"),
        "aes256-CBC|aes128-CBC|hmacWithSHA256|"
        + "|".join(f"aes{size}-GCM with tags of {tag} octets" for size in (256, 128) for tag in (12, 16)),
    )
    assert accept == (*both, "applProtected", "ecdsa-with-SHA256", "aes256-CBC|hmacWithSHA256")
    text = tshark(capture, "-V")
    assert text.count("signedCertificate") == 2
    assert "dhGroup: secp256r1 or modp-2048-224 (23)" in text
    assert "algorithm: 1.2.840.10045.4.3.2 ecdsa-with-SHA256" in text
    assert "Malformed" not in text


def test_encrypted_data_stay_as_they_are(tmp_path: Path) -> None:
    pair = NativeRecorded(Mode.AE).whole()
    capture = pair.capture(tmp_path / "run.pcapng")
    found = fields(capture, *own("secpdu", "encryptedApplData", "iv", "rekey"), "mms.invokeID")[2:8]
    assert [name for name, *_ in found] == ["EncrTransfer"] * 6
    for (_, data, iv, *_, invoke_id), (_, octets) in zip(found, pair.secpdus[2:8], strict=True):
        assert data in octets.hex()
        assert len(iv) == 24
        assert invoke_id == ""
    assert [bool(rekey) for *_, rekey, _ in found] == [False, False, True, False, False, False]


def ended(end: Callable[[NativeAssociation], None], tmp_path: Path) -> Path:
    pair = NativeRecorded().opened()
    end(pair.client)
    return pair.carry().capture(tmp_path / "run.pcapng")


@pytest.mark.parametrize("number", [1, 11])
def test_diagnostics_have_names(tmp_path: Path, number: int) -> None:
    capture = ended(lambda machine: machine.dt_sec_abort(number), tmp_path)
    assert fields(capture, *own("secpdu", "dtDiagnostics", "alarm"))[-1] == ("DtSecAbort", str(number), "")
    assert f"diag: {transfer_diagnostics()[number]} ({number})" in tshark(capture, "-V")


def test_absence_of_a_diagnostic_is_an_alarm(tmp_path: Path) -> None:
    capture = ended(lambda machine: machine.dt_sec_abort(None), tmp_path)
    assert fields(capture, *own("secpdu", "dtDiagnostics", "alarm"))[-1] == (
        *("DtSecAbort", "", "no diagnostic: an alarm"),
    )


def test_carrier_tells_which_secpdu_it_is(tmp_path: Path) -> None:
    capture = ended(lambda machine: machine.abort(), tmp_path)
    assert fields(capture, *own("secpdu"))[-1] == ("ApplAbort",)
    pair = NativeRecorded().opened().sends(BER.osi_fault(15), Carrier.ABRT)
    capture = pair.capture(tmp_path / "run.pcapng")
    assert fields(capture, *own("secpdu", "osiDiagnostics"))[-1] == ("osiDiagnostics", "15")
    assert "osiDiagnostics: event 15.15 (15)" in tshark(capture, "-V")


def test_other_abstract_syntax_is_a_preference(tmp_path: Path) -> None:
    pair = NativeRecorded().opened()
    oid, other = bytes.fromhex("28 83e70f 04 01 01 01"), bytes.fromhex("28 83e70f 04 01 01 02")
    pair.log = [(who, octets.replace(oid, other), names) for who, octets, names in pair.log]
    capture = pair.capture(tmp_path / "run.pcapng")
    assert fields(capture, *own("secpdu")) == []
    option = ("-o", f"{E2E}.syntax:{E2E_SYNTAX[:-1]}2")
    assert fields(capture, *own("secpdu"), options=option) == [("HandshakeReq",), ("HandshakeAcc",)]


# Octets that are no SecPDU


def sent(secpdus: Iterable[bytes], path: Path) -> Path:
    """Write a capture in which these octets are data in the context of native mode."""
    pair = NativeRecorded().opened()
    for octets in secpdus:
        pair.sends(octets)
    return pair.capture(path)


def samples() -> list[bytes]:
    """Return one SecPDU of every kind, and some of data transfer more."""
    whole = [octets for mode in Mode for _, octets in NativeRecorded(mode).whole().secpdus]
    pair = Handshakes()
    pair.run()
    ends = [pair.server.dt_sec_abort(1), pair.client.dt_sec_abort(None), pair.client.appl_abort()]
    return [*whole, *(octets_of(message.octets) for message in ends), BER.osi_fault(3)]


def spoilt(octets: bytes, random: Random) -> bytes:
    """Return octets with a few changes: set, taken away, put in, cut off, doubled."""
    changed = bytearray(octets)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(random.choice((min(len(changed), 40), len(changed))) or 1)
        kind = random.randrange(5)
        if kind == 0:
            changed[at : at + 1] = bytes((random.choice((*TELLING, random.randrange(256))),))
        elif kind == 1:
            del changed[at : at + random.choice((1, 2, 10, 100))]
        elif kind == 2:
            changed[at:at] = bytes((random.randrange(256),))
        elif kind == 3:
            del changed[at:]
        else:
            changed[at:at] = changed[at : at + random.choice((4, 50))]
    return bytes(changed)


def test_spoilt_secpdus_raise_nothing_in_lua(tmp_path: Path) -> None:
    random = Random(62351)
    pool = samples()
    capture = sent((spoilt(random.choice(pool), random) for _ in range(SPOILT)), tmp_path / "run.pcapng")
    text = tshark(capture, "-V")
    assert text.count("\nIEC 62351-4 end-to-end security") > SPOILT * 9 // 10
    assert "is cut off" in text


def test_secpdus_cut_off_anywhere_raise_nothing_in_lua(tmp_path: Path) -> None:
    for number, octets in enumerate(samples()[2:13:5]):
        capture = sent((octets[:end] for end in range(1, len(octets))), tmp_path / f"{number}.pcapng")
        assert "is cut off" in tshark(capture, "-V")


def test_nesting_lengths_and_tags_are_bounded(tmp_path: Path) -> None:
    octets = [
        *(tag * NESTED for tag in (b"\x30\x80", b"\xa0\x80", b"\x24\x80", b"\x30\x02")),
        *(b"\x30", b"\x1f\xff\xff\xff\xff\xff\xff", b"\x30\x84\xff\xff\xff\xff", b"\x30\x89" + bytes(9)),
        *(b"\x83\x00", b"\x83\x05" + bytes(5), b"\x30\x00", b"\xa1\x02\x30\x00", b"\x30\x80\x00\x00"),
        b"\x30\x82\x3a\x98" + b"\x30\x00" * 7500,
    ]
    text = tshark(sent(octets, tmp_path / "run.pcapng"), "-V")
    assert "too many elements, or too deep" in text


def test_variants_and_unknown_components_are_shown(tmp_path: Path) -> None:
    pdu: Any = Handshakes().client.request().pdu
    token = replaced(pdu.token1, certPath=(parameters("server").credential.certificate.octets,))
    odd = replaced(pdu, token1=token)
    tbs = BER.tbs(odd).octets
    place = tbs.index(b"\x31\x48\x30\x46\x02\x01\x17")
    single = tbs[:place] + b"\x30" + tbs[place + 1 :]
    extended = b"\x30\x0e\x30\x0c\x30\x08\x0c\x01\x37\x02\x01\x05\x05\x00\x80\x00"
    capture = sent((BER.signed(odd, single), extended), tmp_path / "run.pcapng")
    found = fields(capture, *own("secpdu", "dhGroup", "hmac", "unknown", "certificate"))[-2:]
    assert found[0][:4] == ("HandshakeReq", "23", "hmacWithSHA256", "")
    assert found[0][4].startswith("3082")
    assert found[1][0] == "ClearTransfer"
    assert found[1][3] == "0500"


# The tables of the script


def test_tables_agree_with_those_of_the_project() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    named = {
        name: f'["{IDENTIFIERS.oid(name)}"] = "{name}"'
        for name in IDENTIFIERS.names()[IDENTIFIERS.names().index("e2eSecurityAS") :]
    }
    assert [line for line in named.values() if line not in text] == []
    flat = " ".join(text.split())
    for names in (handshake_diagnostics(), transfer_diagnostics()):
        listed = ", ".join(f'"{name}"' for name in names)
        assert f"[0] = {listed}, }}" in flat
    for group in groups().values():
        assert f"[{group.number}] = " in text
        assert group.name in text
    assert f'local SYNTAX = "{E2E_SYNTAX}"' in text
