"""What the decode command tells of native mode: hexadecimal text of any layer, captures, key files."""

from __future__ import annotations

import argparse
import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.native.parameters import Mode
from conform62351.suites.selfcheck.decode_bench import MANY, Decode, written
from conform62351.suites.selfcheck.device_native_pair import Pair, configuration
from conform62351.suites.selfcheck.device_peer import act
from conform62351.suites.selfcheck.native_recording import NativeRecorded
from conform62351.suites.selfcheck.peers import require_raw_sockets
from conform62351.suites.selfcheck.spoiling import spoilt
from conform62351.tooling.cli import decode_command
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.net.clock import Clock

WHOLE = NativeRecorded(Mode.SEPARATE).whole()
FIRST_DATA = 4


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_text(WHOLE.key_file)
    return path


def document(decode: Decode, *arguments: Any) -> Any:
    code, out, err = decode(*arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_capture_is_decrypted_across_a_rekey_in_both_directions(
    tmp_path: Path, decode: Decode, keys: Path
) -> None:
    path = WHOLE.capture(tmp_path / "run.pcapng")
    found = document(decode, path, "--e2e-keys", keys)
    assert found["anomalies"] == []
    transfers = [one for one in found["secpdus"] if one["name"] == "E2E.EncrTransfer"]
    assert [
        (one["from"], one["protection"]["sender"], one["protection"]["epoch"], one["protection"]["verified"])
        for one in transfers
    ] == [
        (side, side, epoch, True)
        for side, epoch in (
            *(("client", 0), ("server", 0), ("client", 0), ("server", 1), ("client", 1), ("server", 1)),
        )
    ]
    assert {one["protection"]["applData"][:2] for one in transfers} == {"a0", "a1"}
    services = [layer["name"] for layer in found["layers"] if layer["layer"] == "MMS"]
    assert services == [
        *("MMS.initiate-RequestPDU", "MMS.initiate-ResponsePDU"),
        *(("MMS.confirmed-RequestPDU", "MMS.confirmed-ResponsePDU") * 3),
    ]


def test_lines_about_secpdus(tmp_path: Path, decode: Decode, keys: Path) -> None:
    path = WHOLE.capture(tmp_path / "run.pcapng")
    code, out, err = decode(path, "--e2e-keys", keys)
    assert (code, err) == (0, "")
    shown = out.splitlines()
    start = next(n for n, line in enumerate(shown) if line.startswith("E2E.HandshakeAcc in ACSE.AARE"))
    assert shown[start + 1 : start + 11] == [
        "  pp           IEC 61850-8-1",
        "  assoID       0:0",
        "  sigAlg       ecdsa-with-SHA256",
        "  version      v1",
        "  dhKey        23 secp256r1, 65 octets",
        "  hmac         hmacWithSHA256",
        '  time         "20270115080000.000Z", 2027-01-15T08:00:00Z',
        "  encr-mode    non-aea: encr aes256-CBC; icvAlgID hmacWithSHA256",
        "  confParams   applProtected",
        "  applData     40 octets",
    ]
    assert "  pkCert title        1.1.1.999.13 (OBJECT IDENTIFIER)" in shown
    assert shown.count("  sign         verifies by ecdsa-with-SHA256 with the key of pkCert") == 4
    assert "  protection   verifies under the keys of the server, epoch 1" in shown
    assert "MMS.confirmed-ResponsePDU  decrypted" in out
    headings = [line.split()[5:] for line in shown if line.startswith("frame ")]
    assert headings[FIRST_DATA] == [
        *("TPKT", "COTP.DT", "SES.DT", "PRES.TD", "E2E.EncrTransfer", "MMS.confirmed-RequestPDU")
    ]


def test_hexadecimal_text_of_any_layer(tmp_path: Path, decode: Decode, keys: Path) -> None:
    secpdu = WHOLE.secpdus[2][1]
    message = WHOLE.log[FIRST_DATA][1]
    for octets in (secpdu, message, message[message.index(b"\x61") :]):
        found = document(decode, written(tmp_path, octets.hex(" ")), "--e2e-keys", keys)
        (facts,) = found["secpdus"]
        assert facts["protection"]["verified"]
        assert found["layers"][-1]["name"] == "MMS.confirmed-RequestPDU"
    request = WHOLE.log[2][1]
    for start in (b"\x60\x82", b"\x28\x82"):
        found = document(decode, written(tmp_path, request[request.index(start) :].hex()))
        assert [layer["name"] for layer in found["layers"]][-2:] == [
            *("E2E.HandshakeReq", "MMS.initiate-RequestPDU")
        ]
    code, out, _ = decode(written(tmp_path, secpdu.hex()), "--layer", "e2e")
    assert code == 0
    assert "E2E.EncrTransfer  not checked: no key file" in out


def test_capture_that_begins_after_the_handshake(tmp_path: Path, decode: Decode, keys: Path) -> None:
    path = WHOLE.capture(tmp_path / "run.pcapng", first=FIRST_DATA + 2)
    found = document(decode, path, "--e2e-keys", keys)
    transfers = [one["protection"] for one in found["secpdus"] if one["name"] == "E2E.EncrTransfer"]
    assert [one["epoch"] for one in transfers] == [0, 1, 1, 1]


def test_handshake_in_many_packets_is_known_before_its_data(tmp_path: Path, decode: Decode) -> None:
    """Neither side is dissected ahead of what the other one has sent before."""
    pair = NativeRecorded(tpdu_size=7).whole()
    (tmp_path / "keys").write_text(
        "\n".join(" ".join(line.split()[:4]) for line in pair.key_file.splitlines())
    )
    found = document(decode, pair.capture(tmp_path / "run.pcapng"), "--e2e-keys", tmp_path / "keys")
    transfers = [one["protection"] for one in found["secpdus"] if one["name"] == "E2E.EncrTransfer"]
    assert [one["verified"] for one in transfers] == [True] * 6
    assert found["anomalies"] == []


def test_association_of_two_devices_is_decrypted_from_the_wire(
    tmp_path: Path, workshop: Workshop, decode: Decode
) -> None:
    require_raw_sockets()
    pair = Pair(tmp_path, workshop).start(configuration(), keys=True)
    capture = Capture.start(tmp_path / "run.pcapng", interface="lo", clock=Clock())
    capture.watch(pair.server.address.port)
    pair.associate()
    act(pair.client, "rekey")
    pair.read()
    pair.release()
    pair.stop()
    capture.stop()
    for side in ("client", "server"):
        arguments = ("--port", pair.server.address.port, "--e2e-keys", pair.key_file(side))
        found = document(decode, capture.path, *arguments)
        assert found["anomalies"] == []
        transfers = [one["protection"] for one in found["secpdus"] if one["name"] == "E2E.EncrTransfer"]
        assert {(one["sender"], one["epoch"]) for one in transfers} == {
            *product(("client", "server"), (0, 1))
        }
        assert all(one["verified"] for one in transfers)
        assert {"MMS.conclude-RequestPDU", "E2E.ReleaseRsp"} <= {layer["name"] for layer in found["layers"]}


def test_without_keys_nothing_is_decrypted(tmp_path: Path, decode: Decode) -> None:
    found = document(decode, WHOLE.capture(tmp_path / "run.pcapng"))
    transfers = [one["protection"] for one in found["secpdus"] if one["name"] == "E2E.EncrTransfer"]
    assert {one["verified"] for one in transfers} == {None}
    assert {one["text"] for one in transfers} == {"not checked: no key file"}
    assert "MMS.confirmed-RequestPDU" not in {layer["name"] for layer in found["layers"]}


def test_key_files_that_cannot_be_used_are_refused(tmp_path: Path, decode: Decode) -> None:
    path = written(tmp_path, WHOLE.secpdus[0][1].hex())
    (tmp_path / "keys").write_text("# nothing\nCLIENT_RANDOM 00 00\n")
    code, out, err = decode(path, "--e2e-keys", tmp_path / "keys")
    assert (code, out) == (2, "")
    assert "keys, line 2: does not begin with E2E-SECRET-1" in err
    assert decode(path, "--e2e-keys", tmp_path / "none")[0] == 2


@MANY
@given(data=st.data(), number=st.integers(2, len(WHOLE.log) - 1))
def test_spoilt_messages_are_shown(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, number: int
) -> None:
    folder = tmp_path_factory.mktemp("spoilt")
    before = b"".join(octets for _, octets, _ in WHOLE.log[2:4])
    octets = before + data.draw(spoilt(WHOLE.log[number][1]))
    (folder / "keys").write_text(WHOLE.key_file)
    path = written(folder, octets.hex())
    args = argparse.Namespace(
        file=str(path),
        layer=None,
        keylog=None,
        e2e_keys=folder / "keys",
        port=None,
        spec_data=None,
        json=number % 2 == 0,
    )
    assert decode_command.run(args) == 0
