"""The command ``scan``: what it prints, its JSON with the schema, and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.fixtures.subprocesses import free_port
from conform62351.suites.selfcheck import scan_servers as servers
from conform62351.tooling.cli.main import build_parser, main
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.flow import Address
from conform62351.tooling.scan.report import SCHEMA_FILE, schema

VALIDATOR = jsonschema.Draft202012Validator(json.loads(schema()))
COMMAND = [sys.executable, "-m", "conform62351.tooling.cli.main", "scan"]
NATIVE = "DHE-RSA-AES128-GCM-SHA256:AES128-SHA256:@SECLEVEL=0"


@pytest.fixture(scope="module")
def folder(workshop: Workshop) -> CredentialFolder:
    return CredentialFolder.load(workshop.tester)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, folder: CredentialFolder) -> Iterator[str]:
    rsa = folder.files("tester-tls")
    options = ("-cert", str(rsa.certificate), "-key", str(rsa.key), "-cipher", NATIVE, "-serverpref")
    with servers.openssl_server(tmp_path_factory.mktemp("s"), *options, "-tls1_2") as port:
        yield f"{servers.HOST}:{port}"


def scan(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["scan", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def scanned(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, _ = scan(capsys, *arguments, "--fast", "--json")
    assert code == 0
    report = json.loads(out)
    VALIDATOR.validate(report)
    return report


def test_schema_in_the_repository_is_that_of_the_report() -> None:
    kept = files("conform62351.tooling.scan").joinpath(SCHEMA_FILE).read_bytes()
    assert kept == schema(), "write tooling.scan.report.schema() to scan.schema.json"
    jsonschema.Draft202012Validator.check_schema(json.loads(schema()))


def test_json_fits_the_schema_and_holds_what_was_promised(
    capsys: pytest.CaptureFixture[str], target: str
) -> None:
    report = scanned(capsys, target)
    assert {"host", "port", "suites", "elapsed_s", "versions", "certificates"} <= report.keys()
    assert f"{report['host']}:{report['port']}" == target
    assert [suite["code"] for suite in report["suites"]] == ["009E", "003C"]
    assert report["suite_order"] == "server"
    assert report["elapsed_s"] > 0
    assert report["fast"] is True


def test_the_schema_refuses_what_is_no_report(capsys: pytest.CaptureFixture[str], target: str) -> None:
    report = scanned(capsys, target, "--only", "suites")
    for spoiled in ({**report, "suites": "none"}, {key: report[key] for key in report if key != "rows"}):
        assert list(VALIDATOR.iter_errors(spoiled))


def test_the_table_is_for_people(capsys: pytest.CaptureFixture[str], target: str) -> None:
    code, out, _ = scan(capsys, target, "--fast")
    assert code == 0
    assert "\x1b" not in out
    for words in (
        "Suites (in the server's order)",
        "missing   mandatory 0036  TLS_DH_DSS_WITH_AES_256_CBC_SHA  [N]",
        "offered   mandatory 009E  TLS_DHE_RSA_WITH_AES_128_GCM_SHA256  [N]",
        "secure renegotiation      yes",
        "key, signature            RSA 2048, sha256WithRSAEncryption",
        "violation a suite of Table 12 is mandatory and not offered",
    ):
        assert words in out


def test_strict_fails_where_tables_are_broken(capsys: pytest.CaptureFixture[str], target: str) -> None:
    assert scan(capsys, target, "--fast", "--only", "suites", "--strict")[0] == 1
    code, out, _ = scan(capsys, target, "--fast", "--only", "suites", "--mode", "native", "--strict")
    assert code == 1
    assert "Table 9" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "either HOST[:PORT]"),
        (("localhost", "--listen", "127.0.0.1:0"), "either HOST[:PORT]"),
        (("127.0.0.1:1",), "connection refused"),
        (("127.0.0.1:1", "--count", "3"), "go with --listen"),
        (("127.0.0.1:1", "--pki", "/nowhere"), "no such folder"),
        (("127.0.0.1:1", "--credential", "/nowhere", "/nowhere"), "cannot be read"),
        (("no-such-host.invalid:1", "--timeout", "5"), "no-such-host.invalid"),
        (("127.0.0.1:1", "--sni", "relé"), "in ASCII"),
    ],
)
def test_usage_errors_are_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    code, out, err = scan(capsys, *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("a:b:c",),
        ("127.0.0.1:1", "--timeout", "0"),
        ("host:99999",),
        (":",),
        ("h", "--pace", "-1"),
        ("h", "--count", "0"),
        ("h", "--pace", "nan"),
    ],
)
def test_options_that_mean_nothing(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scan", *arguments])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_server_without_tls_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with servers.server(servers.closing) as port:
        code, out, _ = scan(capsys, f"{servers.HOST}:{port}", "--fast", "--strict")
    assert code == 1
    assert "nothing there speaks TLS" in out


@pytest.mark.parametrize(("more", "code"), [((), 3), (("--strict",), 1)])
def test_a_scan_that_finds_nothing_out_says_so_by_its_code(
    capsys: pytest.CaptureFixture[str], more: tuple[str, ...], code: int
) -> None:
    with socket.create_server((servers.HOST, 0)) as silent:
        port = silent.getsockname()[1]
        found = scan(capsys, f"{servers.HOST}:{port}", "--fast", "--timeout", "0.1", *more)
    assert found[0] == code
    assert "not complete" in found[1]


def test_a_credential_serves_for_handshakes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, folder: CredentialFolder, workshop: Workshop
) -> None:
    rsa = folder.files("tester-tls")
    options = ("-cert", str(rsa.certificate), "-key", str(rsa.key), "-tls1_2", "-Verify", "2")
    with servers.openssl_server(
        tmp_path, *options, "-verify_return_error", "-CAfile", str(folder.tls_anchors_file)
    ) as port:
        where = f"{servers.HOST}:{port}"
        for given in (
            ("--pki", str(workshop.tester)),
            ("--credential", str(rsa.certificate), str(rsa.key)),
        ):
            report = scanned(capsys, where, *given)
            assert report["features"]["resumption_identifier"] is True
            assert report["client_certificate"]["required"] is True


def test_listening_as_a_process_until_a_signal_with_static_diffie_hellman(
    capsys: pytest.CaptureFixture[str], folder: CredentialFolder
) -> None:
    credentials = []
    for name in ("tls-dh-rsa", "tls-dh-dss", "tls-dsa"):
        files = folder.files(name)
        credentials += ["--credential", str(files.certificate), str(files.key)]
    line = [*COMMAND, "--listen", f"{servers.HOST}:0"]
    with subprocess.Popen(
        [*line, "--json", *credentials], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        where = process.stderr.readline().removeprefix("listening at ").strip()
        report = scanned(capsys, where, "--only", "suites")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    heard = json.loads(out)
    VALIDATOR.validate(heard)
    assert process.returncode == 0
    assert len(heard["connections"]) == report["probes"]
    rows = {row["code"]: row["verdict"] for row in report["rows"]}
    assert {rows[code] for code in ("0036", "00A0", "0030", "000D", "0010", "003F", "00A1")} == {"offered"}


def test_clients_are_listened_to_by_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    line = [sys.executable, "-m", "conform62351.tooling.cli.main", "scan", "--count", "1"]
    with subprocess.Popen(
        [*line, "--listen", f"{servers.HOST}:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert str(port) in process.stderr.readline()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        with (
            socket.create_connection((servers.HOST, port), timeout=60) as plain,
            pytest.raises(ssl.SSLError),
        ):
            context.wrap_socket(plain)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "1 ClientHello like that of" in out
    assert "missing   mandatory 00A0" in out


@pytest.mark.parametrize("no_colour", [True, False])
def test_colour_is_for_terminals_that_want_it(target: str, no_colour: bool) -> None:
    master, slave = os.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    if no_colour:
        environment["NO_COLOR"] = "1"
    line = [
        sys.executable,
        "-m",
        "conform62351.tooling.cli.main",
        "scan",
        target,
        "--fast",
        "--only",
        "suites",
    ]
    with subprocess.Popen(line, stdout=slave, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(slave)
        printed = b""
        try:
            while got := os.read(master, 65536):
                printed += got
        except OSError:
            # A pseudo-terminal whose other end is closed says so by an error.
            pass
        finally:
            os.close(master)
        assert process.wait(60) == 0
    assert (b"\x1b[31mmissing" in printed) is not no_colour
    assert b"\x1b" not in printed or not no_colour


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("relay7", "relay7", 3782),
        ("relay7:10102", "relay7", 10102),
        ("::1", "::1", 3782),
        ("[::1]", "::1", 3782),
        ("[::1]:443", "::1", 443),
    ],
)
def test_targets(text: str, host: str, port: int) -> None:
    args = build_parser().parse_args(["scan", text])
    assert args.target == Address(host, port)
