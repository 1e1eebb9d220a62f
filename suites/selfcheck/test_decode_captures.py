"""The decode command on captures: connections, damage, TLS, and what tshark reads in the same octets."""

from __future__ import annotations

import argparse
import json
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conform62351.fixtures.peers.running import visit
from conform62351.fixtures.subprocesses import free_port
from conform62351.suites.selfcheck.decode_bench import CONNECT, MANY, Decode, written
from conform62351.suites.selfcheck.device_peer import Start
from conform62351.suites.selfcheck.dissection_samples import MESSAGES, Recorded
from conform62351.suites.selfcheck.peers import require_module, require_program, require_raw_sockets
from conform62351.suites.selfcheck.tls_samples import TlsClient, certificate, client_context, tls_server
from conform62351.tooling.cli import decode_command
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.flow import Address, End, Flow
from conform62351.tooling.net.pcapng import blocks, insert_secrets
from conform62351.tooling.net.reconstruction import Reconstruction

LAYERS = {"cotp", "ses", "pres", "acse", "mms"}


def captured(path: Path) -> Recorded:
    """Write a capture of a whole association; the first message is in frame 4."""
    pair = Recorded().whole()
    flow = Flow(1, Address("192.0.2.1", 40000), Address("192.0.2.2", 102), True)
    with path.open("wb") as file:
        recorder = Reconstruction(
            file, application="test", comment="", to_epoch=lambda at: 1_700_000_000 + at
        )
        recorder.opened(flow, 0.0)
        for number, (who, octets, _) in enumerate(pair.log):
            recorder.carried(flow, who == "client", octets, number / 10)
        recorder.ended(flow, True, End.RESET, 9.0)
    return pair


def test_capture_is_shown_in_the_order_of_its_frames(tmp_path: Path, decode: Decode) -> None:
    path = tmp_path / "run.pcapng"
    pair = captured(path)
    code, out, err = decode(path)
    assert (code, err) == (0, "")
    headings = [line for line in out.splitlines() if line.startswith("frame ")]
    assert [line.split()[4] for line in headings] == [who for who, _, _ in pair.log]
    assert [tuple(line.split()[5:]) for line in headings] == [names for _, _, names in pair.log]
    assert headings[0].startswith("frame 4  2023-11-14T22:13:20.000000Z  from client")
    assert "connection 1: 192.0.2.1:40000 to 192.0.2.2:102, from frame 1" in out
    assert "! client: RST" in out


def test_capture_as_json(tmp_path: Path, decode: Decode) -> None:
    path = tmp_path / "run.pcapng"
    pair = captured(path)
    _, out, _ = decode(path, "--json", "--port", "102")
    document = json.loads(out)
    assert [layer["name"] for layer in document["layers"]] == [
        name for _, _, names in pair.log for name in names
    ]
    assert document["layers"][0]["frame"] == 4
    assert document["layers"][0]["from"] == "client"
    (connection,) = document["connections"]
    assert connection["server"] == "192.0.2.2:102"
    assert connection["tls"] is None
    assert document["anomalies"] == []


def test_gap_in_a_capture_is_told_and_passed(tmp_path: Path, decode: Decode) -> None:
    path = tmp_path / "run.pcapng"
    captured(path)
    with path.open("rb") as file:
        frames = [offset for offset, kind, _ in blocks(file) if kind == 6]
    octets = path.read_bytes()
    path.write_bytes(octets[: frames[7]] + octets[frames[8] :])
    code, out, _ = decode(path)
    assert code == 0
    assert "octets are missing" in out
    assert "ACSE.RLRE" in out


def test_ports_select_connections(tmp_path: Path, decode: Decode) -> None:
    path = tmp_path / "run.pcapng"
    captured(path)
    code, _, err = decode(path, "--port", "3782")
    assert code == 2
    assert "no TCP connection with port 3782" in err


@MANY
@given(
    changes=st.lists(st.tuples(st.integers(0, 6000), st.integers(0, 255)), max_size=10),
    cut=st.integers(0, 6000),
)
def test_damaged_captures_are_shown_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    captured(folder / "run.pcapng")
    octets = bytearray((folder / "run.pcapng").read_bytes())
    for place, value in changes:
        octets[place % len(octets)] = value
    path = written(folder, bytes(octets[:cut] if cut % 2 else octets))
    args = argparse.Namespace(
        file=str(path), layer=None, keylog=None, e2e_keys=None, port=None, spec_data=None, json=True
    )
    assert decode_command.run(args) in (0, 2)


def test_damage_is_told(tmp_path: Path, decode: Decode) -> None:
    path = tmp_path / "run.pcapng"
    captured(path)
    path.write_bytes(path.read_bytes()[:-30])
    code, out, _ = decode(path)
    assert code == 0
    assert "! the capture is damaged: octet " in out


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A capture of MMS over TLS 1.2 and 1.3 and its key log."""
    folder = tmp_path_factory.mktemp("secured")
    pem, key_log = certificate(folder, "rsa"), folder / "keys"
    capture = Capture.start(folder / "run.pcapng", interface=None, clock=Clock())
    with tls_server(pem, lambda _: MESSAGES[1]) as port:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            client = TlsClient(client_context(key_log, version), port, capture.recorder)
            for message in (MESSAGES[0], CONNECT):
                client.send(message)
                client.receive()
            client.close()
    capture.stop()
    return folder / "run.pcapng", key_log


def test_tls_is_decrypted_with_a_key_log(secured: tuple[Path, Path], decode: Decode) -> None:
    path, key_log = secured
    code, out, err = decode(path, "--keylog", key_log)
    assert (code, err) == (0, "")
    assert out.count("ACSE.AARQ MMS.initiate-RequestPDU") == 2
    assert "TLS 1.2 TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" in out
    assert "TLS 1.3 TLS_AES_256_GCM_SHA384" in out


def test_secrets_in_the_capture_are_used(secured: tuple[Path, Path], decode: Decode, tmp_path: Path) -> None:
    path = tmp_path / "with secrets.pcapng"
    path.write_bytes(secured[0].read_bytes())
    insert_secrets(path, secured[1].read_bytes())
    _, out, _ = decode(path, "--json")
    document = json.loads(out)
    assert [layer["name"] for layer in document["layers"]].count("MMS.initiate-RequestPDU") == 2
    assert {connection["tls"][:7] for connection in document["connections"]} == {"TLS 1.2", "TLS 1.3"}


def test_tls_without_secrets_says_what_is_missing(
    secured: tuple[Path, Path], decode: Decode, tmp_path: Path
) -> None:
    code, out, _ = decode(secured[0])
    assert code == 0
    assert "no CLIENT_RANDOM for client random" in out
    code, _, err = decode(secured[0], "--keylog", written(tmp_path, "nothing"))
    assert code == 2
    assert "no line of an NSS key log" in err


def fields_of(layers: list[dict[str, Any]], name: str) -> dict[int, list[str]]:
    """Return the values of all fields called ``name``, by frame."""
    found: dict[int, list[str]] = {}

    def collect(frame: int, fields: list[dict[str, Any]]) -> None:
        for field in fields:
            if field.get("name") == name:
                found.setdefault(frame, []).append(field["value"].strip('"'))
            collect(frame, field.get("fields", []))

    for layer in layers:
        collect(layer["frame"], layer["fields"])
    return found


def test_decoding_agrees_with_tshark_on_a_client_of_others(
    tmp_path: Path, decode: Decode, start: Start
) -> None:
    tshark = require_program("tshark")
    require_module("iec61850")
    require_raw_sockets()
    path = tmp_path / "run.pcapng"
    device = start(port=free_port())
    capture = Capture.start(path, interface="lo", clock=Clock())
    capture.watch(device.address.port)
    try:
        visit("iec61850", device.address)
    finally:
        summary = capture.stop()
    assert summary.lost == 0
    code, out, err = decode(path, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert document["anomalies"] == []

    names = ["frame.number", "frame.protocols", "cotp.type", "mms.invokeID", "mms.domainId", "mms.itemId"]
    command = [
        tshark,
        "-r",
        str(path),
        "-d",
        f"tcp.port=={device.address.port},tpkt",
        "-Y",
        "tpkt",
        "-T",
        "fields",
    ]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    theirs = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(theirs) > 20

    ours: dict[int, list[str]] = {}
    for layer in document["layers"]:
        ours.setdefault(layer["frame"], []).append(layer["layer"].lower())
    assert {int(row[0]): set(row[1].split(":")) & set(LAYERS) for row in theirs} == {
        frame: set(layers) & LAYERS for frame, layers in ours.items()
    }
    for place, name in ((3, "invokeID"), (4, "domainID"), (5, "itemID")):
        expected = {int(row[0]): row[place].split(",") for row in theirs if row[place]}
        assert fields_of(document["layers"], name) == expected
        assert expected
