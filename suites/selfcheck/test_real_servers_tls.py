"""The same servers over TLS: the suites, and what tshark sees of them.

The server of the package ``iec61850`` takes seconds for the whole, so it gets the whole. libiec61850 lets
``limit.associate`` pass wherever several packets share a TLS record. With the tests of each day it has what
TLS can change, at a short limit: the PICS, Table 1, TLS itself, associations, packets in streams, the end of
a full server. The long tests have the whole.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conform62351.fixtures.peers.running import SERVERS
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.pics.declaration import load_declaration
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck.peers import require_module, require_program
from conform62351.suites.selfcheck.real_servers import (
    DECLARATIONS,
    NAMES,
    check_declared,
    check_told,
    tried_over_tls,
)

SELECTION = ("PICS", "COMB", "TLS", "OSI/SRV/ASSOC", "OSI/SRV/TPKT", "OSI/SRV/ENV/BI-too-many")
TABLE_1 = "COMB/SRV/"
ON_TLS_ALONE = {
    "COMB/SRV/CLAIMS/BI-unprotected",
    "COMB/SRV/TLS-ALONE/BV-associate",
    "COMB/SRV/LEVEL/BV-above-TLS-alone",
    "COMB/SRV/PORT/BI-without-TLS-alone",
    "COMB/SRV/PORT/BI-plain-on-TLS-port-alone",
    "COMB/SRV/TLS/BI-no-certificate-alone",
    "COMB/SRV/TLS/BI-unknown-authority-alone",
    "COMB/SRV/TLS/BI-expired-alone",
}
"""The cases of Table 1 for a server that has neither application security nor a port without TLS."""
STACK = ("tls", "tpkt", "cotp", "ses", "pres", "acse", "mms")
DISCONNECT = "10"
MALFORMED = {"iec61850": {DISCONNECT}, "pyiec61850": set()}
"""The SPDUs of servers that tshark finds malformed: the one without user data is among the deviations."""


def over_tls(server: str) -> str:
    """Return how the README calls a server with TLS."""
    return f"{NAMES[server]} over TLS"


def executed(report: RunReport) -> set[str]:
    return {case.id for case in report.cases if case.verdict is not Verdict.NOT_APPLICABLE}


@pytest.mark.long
def test_all_suites_pass_over_tls_or_are_declared(workshop: Workshop, tmp_path: Path) -> None:
    require_module("iec61850")
    report = tried_over_tls("iec61850", workshop, tmp_path / "run").report
    check_declared(report)
    check_told(report, over_tls("iec61850"))
    assert {case for case in executed(report) if case.startswith(TABLE_1)} == ON_TLS_ALONE
    assert {case.id.split("/")[0] for case in report.cases if case.id in executed(report)} == {
        "PICS",
        "OSI",
        "COMB",
        "TLS",
    }


@pytest.mark.long
def test_what_tls_changes_passes_or_is_declared(workshop: Workshop, tmp_path: Path) -> None:
    require_module("pyiec61850")
    short = ("limit.associate=2.0",)
    tried = tried_over_tls("pyiec61850", workshop, tmp_path / "run", *SELECTION, overrides=short)
    check_declared(tried.report)
    assert {case for case in executed(tried.report) if case.startswith(TABLE_1)} == ON_TLS_ALONE


@pytest.mark.deep
def test_all_suites_pass_over_tls_or_are_declared_slowly(workshop: Workshop, tmp_path: Path) -> None:
    require_module("pyiec61850")
    report = tried_over_tls("pyiec61850", workshop, tmp_path / "run").report
    check_declared(report)
    check_told(report, over_tls("pyiec61850"))


@pytest.mark.parametrize("server", SERVERS)
def test_tshark_dissects_what_was_said_over_tls(server: str, workshop: Workshop, tmp_path: Path) -> None:
    """What either side sent is seen through, and the tester sent nothing malformed."""
    require_module(server)
    tshark = require_program("tshark")
    report, port = tried_over_tls(server, workshop, tmp_path / "run", "COMB/SRV/TLS-ALONE", "OSI/SRV/ASSOC")
    check_declared(report)
    command = [
        tshark,
        "-r",
        str(tmp_path / "run" / "capture.pcapng"),
        "-d",
        f"tcp.port=={port},tls",
        "-d",
        f"tls.port=={port},tpkt",
    ]
    command += [
        "-T",
        "fields",
        "-e",
        "tcp.srcport",
        "-e",
        "frame.protocols",
        "-e",
        "ses.type",
        "-e",
        "_ws.malformed",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    frames = [line.split("\t") for line in done.stdout.splitlines()]
    for sent_by_server in (True, False):
        seen = [protocols for source, protocols, *_ in frames if (source == str(port)) is sent_by_server]
        assert any(all(layer in protocols.split(":") for layer in STACK) for protocols in seen)
    malformed = {(source, spdu) for source, _, spdu, fault in frames if fault}
    assert malformed == {(str(port), spdu) for spdu in MALFORMED[server]}


@pytest.mark.parametrize("server", SERVERS)
def test_pics_with_tls_differs_in_what_tls_is_about(server: str) -> None:
    plain = load_declaration(DECLARATIONS / f"{server}.pics.toml")
    secured = load_declaration(DECLARATIONS / f"{server}-tls.pics.toml")
    changed = {code for code, answer in plain.answers.items() if secured.answers[code] is not answer}
    assert {code.split(".")[0] for code in changed} == {"COMB", "TLS", "MMS"}
    assert {code for code in changed if code.startswith(("COMB", "MMS"))} == {
        "COMB.TLS-alone.server",
        "MMS.unprotected.server",
    }
    assert secured.header.product == f"{plain.header.product} with TLS"
