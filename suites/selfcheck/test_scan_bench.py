"""The benchmark of the scan tells times and finds; how fast it is, no test asks."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from conform62351.fixtures.pki.workshop import Workshop
from conform62351.suites.selfcheck import scan_servers as servers
from conform62351.tooling.bench import scan as bench
from conform62351.tooling.net.credentials import CredentialFolder


def test_each_tool_is_timed_and_its_finds_are_told(
    tmp_path: Path, workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    rsa = CredentialFolder.load(workshop.tester).files("tester-tls")
    options = ("-cert", str(rsa.certificate), "-key", str(rsa.key), "-tls1_2", "-cipher", "AES128-SHA256")
    other = [sys.executable, "-c", "print('0xC02F TLS_NO_SUITE SCANS COMPLETED IN 12.5 S')"]
    with servers.openssl_server(tmp_path, *options) as port:
        found = bench.measure(port, {"other": lambda _: other}, rounds=1)
    assert found[bench.OURS].suites == {"TLS_RSA_WITH_AES_128_CBC_SHA256"}
    assert found["other"].suites == {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}
    assert found["other"].seconds["own clock"] == 12.5
    bench.tell("server", found)
    bench.compare(found)
    out = capsys.readouterr().out
    assert "without TLS_RSA_WITH_AES_128_CBC_SHA256" in out
    assert re.search(r"[0-9.]+ times faster than the fastest: (as wanted|less than 10)", out)


def test_missing_tools_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert bench.tools(None) == {}
    out = capsys.readouterr().out
    assert all(f"{name} is not installed" in out for name in ("sslscan", "sslyze", "nmap"))
    assert list(bench.tools("/opt/sslyze")) == ["sslyze"]
