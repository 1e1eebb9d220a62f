"""Servers whose TLS is OpenSSL's or GnuTLS's, as devices under test: what the suites find is what these say.

Every verdict is a pass, or declared with what the libraries document. The other way round, an option of a
library that is documented to change something changes the verdict of the case that is about it.
"""

from __future__ import annotations

from typing import Final

import pytest

from conform62351.fixtures.peers.tls.stunnel import CLIENTS_RENEGOTIATE
from conform62351.fixtures.peers.tls.terminated import TERMINATORS
from conform62351.pics.deviations import load_deviations
from conform62351.reports.model.verdict import Verdict
from conform62351.suites.selfcheck.real_servers import README, check_declared, files_of
from conform62351.suites.selfcheck.tls_library_bench import LibraryBench

SUITES: Final = ("PICS", "TLS/SRV", "COMB/SRV")
HEADING: Final = "## TLS libraries that it was tried on"
NAMES: Final = {"openssl": "OpenSSL", "gnutls": "GnuTLS"}
RENEG: Final = "TLS/SRV/RENEG"
EXT: Final = "TLS/SRV/EXT"


@pytest.fixture(scope="module")
def library_bench(tmp_path_factory: pytest.TempPathFactory) -> LibraryBench:
    """Make credentials for tester and devices."""
    return LibraryBench(tmp_path_factory.mktemp("libraries"))


@pytest.mark.long
@pytest.mark.parametrize("library", TERMINATORS)
def test_every_verdict_is_a_pass_or_declared(library: str, library_bench: LibraryBench) -> None:
    report = library_bench.tried(library, *SUITES)
    check_declared(report)
    passed = {case.id for case in report.cases if case.verdict is Verdict.PASS}
    assert {case.split("/")[2] for case in passed if case.startswith("TLS/SRV")} >= {
        *("BASE", "T9", "T12", "SUITE", "VERSION", "1-3", "EXT", "SIGN", "KEY", "MSG"),
        *("CERT", "REVOKE", "RENEG", "RESUME"),
    }


@pytest.mark.parametrize(
    ("library", "options", "verdicts"),
    [
        (
            "openssl",
            (
                CLIENTS_RENEGOTIATE,
                "NO_SESSION_RESUMPTION_ON_RENEGOTIATION",
                "ALLOW_UNSAFE_LEGACY_RENEGOTIATION",
                "NO_ENCRYPT_THEN_MAC",
                "NO_EXTENDED_MASTER_SECRET",
            ),
            {
                f"{RENEG}/BI-abbreviated": Verdict.PASS,
                f"{RENEG}/BI-not-signalled": Verdict.FAIL,
                f"{EXT}/BV-encrypt-then-MAC": Verdict.FAIL,
                f"{EXT}/BV-extended-master-secret": Verdict.FAIL,
            },
        ),
        (
            "openssl",
            ("NO_TICKET",),
            {f"{RENEG}/BV-full": Verdict.FAIL, "TLS/SRV/RESUME/BV-ticket": Verdict.FAIL},
        ),
        (
            "gnutls",
            (
                *("%UNSAFE_RENEGOTIATION", "%NO_ETM", "%NO_SESSION_HASH", "+ARCFOUR-128", "+NULL"),
                *("%PROFILE_VERY_WEAK", "%VERIFY_ALLOW_SIGN_WITH_SHA1", "%VERIFY_ALLOW_SIGN_RSA_MD5"),
                "%VERIFY_DISABLE_CRL_CHECKS",
            ),
            {
                f"{RENEG}/BI-not-signalled": Verdict.FAIL,
                f"{EXT}/BV-encrypt-then-MAC": Verdict.FAIL,
                f"{EXT}/BV-extended-master-secret": Verdict.FAIL,
                "TLS/SRV/T9/BI-RC4": Verdict.FAIL,
                "TLS/SRV/T9/BI-null-not-enabled": Verdict.FAIL,
                "TLS/SRV/CERT/BI-short-key": Verdict.FAIL,
                "TLS/SRV/CERT/BI-hash": Verdict.FAIL,
                "TLS/SRV/REVOKE/BI-revoked": Verdict.FAIL,
                "TLS/SRV/REVOKE/BI-refreshed": Verdict.FAIL,
                f"{RENEG}/BI-revoked": Verdict.FAIL,
            },
        ),
    ],
)
def test_documented_options_change_verdicts(
    library: str, options: tuple[str, ...], verdicts: dict[str, Verdict], library_bench: LibraryBench
) -> None:
    """SSL_CTX_set_options(3), and the section on priority strings of the GnuTLS manual.

    That clients may renegotiate is not among what OpenSSL 3 does of itself.
    """
    report = library_bench.tried(library, *verdicts, options=options)
    assert {case.id: case.verdict for case in report.cases if case.id in verdicts} == verdicts


@pytest.mark.parametrize("library", TERMINATORS)
def test_readme_explains_what_is_declared(library: str) -> None:
    declared = files_of(f"{library}-server").deviations
    assert declared is not None
    reasons = {(entry.case, entry.reason) for entry in load_deviations(declared).entries}
    assert {
        (case.strip("` "), what)
        for cases, who, what in _rows()
        if who == NAMES[library]
        for case in cases.split(",")
    } == reasons


def _rows() -> list[list[str]]:
    section = README.read_text(encoding="utf-8").partition(f"\n{HEADING}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert rows
    return rows
