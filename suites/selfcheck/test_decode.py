"""The decode command: what people paste, captures, and what cannot be read."""

from __future__ import annotations

import argparse
import io
import json
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.fixtures.peers.running import visit
from conform62351.suites.selfcheck.device_peer import Start
from conform62351.suites.selfcheck.peers import require_module, require_program, require_raw_sockets
from conform62351.suites.selfcheck.test_dissection import MESSAGES, Recorded
from conform62351.suites.selfcheck.tls_samples import TlsClient, certificate, client_context, tls_server
from conform62351.tooling.cli import decode_command
from conform62351.tooling.cli.hextext import HexTextError, octets_of
from conform62351.tooling.net.capture import Capture
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.flow import Address, End, Flow
from conform62351.tooling.net.pcapng import blocks, insert_secrets
from conform62351.tooling.net.reconstruction import Reconstruction

CONNECT = MESSAGES[2]
NAMES = ["TPKT", "COTP.DT", "SES.CN", "PRES.CP", "ACSE.AARQ", "MMS.initiate-RequestPDU"]
LAYERS = {"cotp", "ses", "pres", "acse", "mms"}
MANY = settings(max_examples=80, deadline=None)

Decode = Callable[..., tuple[int, str, str]]


@pytest.fixture
def decode(capsys: pytest.CaptureFixture[str]) -> Decode:
    parser = argparse.ArgumentParser()
    decode_command.add_parser(parser.add_subparsers(required=True))

    def run(*arguments: object) -> tuple[int, str, str]:
        args = parser.parse_args(["decode", *map(str, arguments)])
        code: int = args.handler(args)
        return code, *capsys.readouterr()

    return run


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "input"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        "030000070 2f0\n80",
        "03:00:00:07:02:f0:80",
        "03-00-00-07-02-F0-80",
        "0x03 0x00 0x0 0x07, 0x2, 0xf0, 0x80",
        "{0x03, 0x00, 0x00, 0x07, 0x02, 0xf0, 0x80}; // C",
        r'"\x03\x00\x00\x07\x02\xf0\x80"',
        "03000007 # comment with words\n02f080",
        "\N{ZERO WIDTH NO-BREAK SPACE}03000007 02f080\r\n",
        "00000000  03 00 00 07 02 f0 80                              |.......|\n00000007\n",
        "00000000: 0300 0007 02f0 80                        .......\n",
        "00000000: 03 00 00 07 02 f0 80                     abcdef 0\n",
        "0000  03 00 00 07 02 f0 80                              .......\n",
        "0000000 03 00 00 07 02 f0 80\n0000007\n",
        "000000 03 00 00 07 02 f0 80\n000007\n",
    ],
)
def test_pasted_octets_are_read(text: str) -> None:
    assert octets_of(text).hex() == "0300000702f080"


def printable(octets: bytes) -> str:
    return "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in octets)


def like_xxd(octets: bytes) -> str:
    rows = [octets[start : start + 16] for start in range(0, len(octets), 16)]
    return "".join(
        f"{16 * number:08x}: {row.hex(' ', -2):<39}  {printable(row)}\n" for number, row in enumerate(rows)
    )


def like_hexdump(octets: bytes) -> str:
    """The form of ``hexdump -C``, rows that repeat in place of a star."""
    lines: list[str] = []
    before = b""
    for start in range(0, len(octets), 16):
        row = octets[start : start + 16]
        halves = f"{row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}"
        if row != before:
            lines.append(f"{start:08x}  {halves}  |{printable(row)}|")
        elif lines[-1] != "*":
            lines.append("*")
        before = row
    return "\n".join([*lines, f"{len(octets):08x}", ""])


@pytest.mark.parametrize("form", [like_xxd, like_hexdump])
@given(octets=st.binary(min_size=1, max_size=70) | st.builds(bytes, st.integers(1, 200)))
@MANY
def test_dumps_are_read(form: Callable[[bytes], str], octets: bytes) -> None:
    assert octets_of(form(octets)) == octets


@pytest.mark.parametrize("options", [["-A", "x", "-t", "x1z"], ["-t", "x1"], ["-A", "x", "-t", "x1", "-w8"]])
def test_dumps_of_od_are_read(tmp_path: Path, options: list[str]) -> None:
    octets = CONNECT + bytes(100) + b" 12 34  ab cd|  ef" + bytes(100)
    command = [require_program("od"), *options, str(written(tmp_path, octets))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert octets_of(done.stdout) == octets


@MANY
@given(st.binary(min_size=1, max_size=100), st.sampled_from(["", " ", ":", ", ", "\n"]))
def test_what_is_spelt_is_read(octets: bytes, separator: str) -> None:
    assert (
        octets_of(
            octets.hex(separator) if separator == ":" else separator.join(f"{octet:02x}" for octet in octets)
        )
        == octets
    )


@MANY
@given(st.text(max_size=60) | st.text(alphabet="0123456789abcdef:x* |\n", max_size=80))
def test_any_text_is_octets_or_a_typed_error(text: str) -> None:
    try:
        assert isinstance(octets_of(text), bytes)
    except HexTextError as error:
        assert 1 <= error.line <= max(len(text.splitlines()), 1)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("03 0g", "line 1: '0g' is not hexadecimal"),
        ("03\n0", "line 2: an odd number of digits"),
        ("0000 03 00\n0003 00", "line 2: offset 0003 where 2 octets have been read"),
        ("0000000 0003 0700", "line 1: 16-bit words"),
        ("0000: 030", "line 1: '030' is an odd number of digits"),
    ],
)
def test_what_is_no_hexadecimal_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(HexTextError) as raised:
        octets_of(text)
    assert message in str(raised.value)


def test_tree_shows_layers_values_and_anomalies(tmp_path: Path, decode: Decode) -> None:
    odd = CONNECT[:-1] + b"\x1f"
    code, out, err = decode(written(tmp_path, odd.hex()))
    assert (code, err) == (0, "")
    for name in NAMES:
        assert name in out
    lines = out.splitlines()
    assert lines[0].split() == ["0", str(len(odd)), "TPKT"]
    marked = [line for line in lines if " ! " in line]
    assert len(marked) == 1
    assert "bit-string-padding" in marked[0]
    assert lines[-1] == "1 anomaly"
    assert "calling-AP-title" in out
    assert "1.0.9506.2.3 basic-AC" in out


def test_json_lists_every_pdu_with_its_fields(tmp_path: Path, decode: Decode) -> None:
    code, out, _ = decode(written(tmp_path, CONNECT.hex()), "--json")
    document = json.loads(out)
    assert code == 0
    assert set(document) == {"layers", "anomalies", "signature"}
    assert document["signature"] == {"matched": None}
    assert document["anomalies"] == []
    assert [layer["name"] for layer in document["layers"]] == NAMES
    assert [layer["layer"] for layer in document["layers"]] == ["TPKT", "COTP", "SES", "PRES", "ACSE", "MMS"]

    def named(fields: list[dict[str, Any]]) -> list[str]:
        found = []
        for field in fields:
            found.append(field.get("pdu") or field["name"])
            found += named(field.get("fields", []))
        return found

    assert "SES.CN" in named(document["layers"][1]["fields"])
    assert "application-context-name" in named(document["layers"][4]["fields"])
    assert "proposedVersionNumber" in named(document["layers"][5]["fields"])


def test_anomalies_of_json_have_place_and_layer(tmp_path: Path, decode: Decode) -> None:
    _, out, _ = decode(written(tmp_path, "30 03 01 01 05"), "--json", "--layer", "ber")
    assert json.loads(out)["anomalies"] == [
        {"offset": 4, "layer": "BER", "code": "boolean-value", "message": "TRUE written as 05"}
    ]


@pytest.mark.parametrize(
    "layer", ["cotp", "session", "presentation", "acse", "mms", "ber", "tpkt", "ses", "pres"]
)
def test_layer_can_be_given(tmp_path: Path, decode: Decode, layer: str) -> None:
    code, out, err = decode(written(tmp_path, CONNECT.hex()), "--layer", layer)
    assert (code, err) == (0, "")
    assert out


def test_standard_input_is_read(decode: Decode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONNECT.hex().encode())))
    code, out, _ = decode("-")
    assert code == 0
    assert "MMS.initiate-RequestPDU" in out


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("zz", (), "input: line 1: 'zz' is not hexadecimal"),
        ("", (), "input: no octets"),
        (b"\x80\x81\x82", (), "input: neither a capture nor hexadecimal text"),
        ("0300", ("--port", "102"), "--keylog and --port are for captures"),
        (b"\x0a\x0d\x0d\x0a" + bytes(40), (), "no pcap or pcapng file"),
        (b"\x1f\x8b", (), "no pcap or pcapng file"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_exit_code_2(
    tmp_path: Path, decode: Decode, content: str | bytes, arguments: tuple[str, ...], message: str
) -> None:
    code, out, err = decode(written(tmp_path, content), *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert err.startswith("conform62351: ")


def test_missing_files_are_one_line_and_exit_code_2(tmp_path: Path, decode: Decode) -> None:
    for arguments in ((tmp_path / "none",), (tmp_path,)):
        code, _, err = decode(*arguments)
        assert code == 2
        assert err.count("\n") == 1


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
    args = argparse.Namespace(file=str(path), layer=None, keylog=None, port=None, json=True)
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


def test_command_line_reaches_decode(tmp_path: Path) -> None:
    path = written(tmp_path, CONNECT.hex(" "))
    command = [sys.executable, "-m", "conform62351.tooling.cli.main", "decode", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "MMS.initiate-RequestPDU" in done.stdout


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
    device = start()
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
