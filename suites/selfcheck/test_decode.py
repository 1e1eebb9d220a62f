"""The decode command: trees and JSON of pasted octets, and what cannot be read."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conform62351.suites.selfcheck.decode_bench import CONNECT, Decode, written

NAMES = ["TPKT", "COTP.DT", "SES.CN", "PRES.CP", "ACSE.AARQ", "MMS.initiate-RequestPDU"]


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
    assert set(document) == {"layers", "anomalies", "authentications", "secpdus", "signature"}
    assert document["authentications"] == []
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


def test_command_line_reaches_decode(tmp_path: Path) -> None:
    path = written(tmp_path, CONNECT.hex(" "))
    command = [sys.executable, "-m", "conform62351.tooling.cli.main", "decode", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "MMS.initiate-RequestPDU" in done.stdout
