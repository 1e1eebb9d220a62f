"""Scans judged by the rows of the PICS and by the rules of part 3."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from conform62351.pics.catalogue import catalogue
from conform62351.profiles.tls.suites import CODES, SUITES
from conform62351.tooling.scan.judging import (
    MANDATORY_SIGNATURES,
    NOTE,
    VIOLATION,
    WARNING,
    findings_of,
    findings_of_clients,
    keeps_tables,
    rows_of,
    wrong_codes,
)
from conform62351.tooling.scan.report import (
    CertificateFacts,
    ChainFound,
    ClientCertificate,
    Features,
    GroupFound,
    SignatureFound,
    VersionFound,
)

MANDATORY = {0x0036, 0x003C, 0x00A0, 0x009E, 0xC02B}
GOOD = CertificateFacts(
    1000, "00", key="RSA 2048", key_bits=2048, signature="sha256WithRSAEncryption", valid_now=True
)
USUAL: dict[str, Any] = {
    "versions": [VersionFound("TLSv1.2", True), VersionFound("TLSv1.1", False)],
    "taken": MANDATORY,
    "rows": rows_of("server", MANDATORY, complete=True),
    "codes": [],
    "chains": [ChainFound("rsa", 1000, [GOOD], True)],
    "signatures": [SignatureFound("0401", "RSA/SHA-256", "rsa")],
    "groups": [GroupFound(256, "ffdhe2048", 2048, ["TLSv1.2"])],
    "features": Features(secure_renegotiation=True, client_renegotiation=True),
    "client": ClientCertificate(asked=True, required=True),
    "whole": True,
}


def levels(**others: Any) -> list[str]:
    return [finding.level for finding in findings_of(**{**USUAL, **others})]


def spoiled(**members: Any) -> list[ChainFound]:
    return [ChainFound("rsa", 1000, [msgspec.structs.replace(GOOD, **members)], True)]


def test_rows_are_those_of_the_catalogue_with_its_numbers() -> None:
    for role in ("client", "server"):
        rows = rows_of(role, set(), complete=True)
        items = [item for item in catalogue() if item.table in (9, 12) and item.role == role]
        assert [(row.item, row.code, row.status) for row in rows] == [
            (item.code, item.suite, item.status) for item in items
        ]
        assert all(SUITES[int(row.code, 16)] == row.suite for row in rows)
    assert {row.table for row in rows_of("server", set(), complete=True, tables=(12,))} == {12}


@pytest.mark.parametrize(
    ("taken", "complete", "verdicts"),
    [
        (set(), True, {"m": "missing", "o": "absent", "x": "absent"}),
        (set(CODES.values()), True, {"m": "offered", "o": "offered", "x": "excluded"}),
        (set(), False, {"m": "unknown", "o": "unknown", "x": "unknown"}),
    ],
)
def test_verdicts_follow_status_and_offer(taken: set[int], complete: bool, verdicts: dict[str, str]) -> None:
    rows = rows_of("server", taken, complete=complete)
    assert all(row.verdict == verdicts[row.status] for row in rows)
    assert not keeps_tables(rows)


def test_tables_are_kept_with_what_is_mandatory_and_broken_by_what_is_excluded() -> None:
    assert keeps_tables(rows_of("server", MANDATORY, complete=True))
    assert not keeps_tables(rows_of("server", MANDATORY | {0x0005}, complete=True))
    assert keeps_tables(rows_of("server", MANDATORY - {0x0036}, complete=True, tables=(12,)))


def test_a_good_server_has_no_findings() -> None:
    assert findings_of(**USUAL) == []


@pytest.mark.parametrize(
    ("others", "level"),
    [
        ({"versions": [VersionFound("TLSv1.2", False), VersionFound("TLSv1.3", True)]}, VIOLATION),
        ({"versions": [VersionFound("SSLv3", True)]}, VIOLATION),
        ({"versions": [VersionFound("TLSv1.0", True)]}, WARNING),
        ({"versions": [VersionFound("TLSv1.2", None)]}, NOTE),
        ({"taken": {CODES["TLS_RSA_WITH_NULL_SHA256"]}}, WARNING),
        ({"taken": {CODES["TLS_ECDHE_RSA_WITH_NULL_SHA"]}}, VIOLATION),
        ({"taken": {CODES["TLS_ECDH_anon_WITH_AES_128_CBC_SHA"]}}, VIOLATION),
        ({"taken": {CODES["TLS_RSA_WITH_RC4_128_MD5"]}}, VIOLATION),
        ({"taken": {CODES["TLS_ECDHE_RSA_WITH_RC4_128_SHA"]}}, WARNING),
        ({"taken": {CODES["TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"]}}, WARNING),
        ({"taken": {CODES["TLS_DHE_RSA_WITH_DES_CBC_SHA"]}}, WARNING),
        ({"taken": {0xC02F}}, NOTE),
        ({"rows": rows_of("server", MANDATORY - {0x00A0}, complete=True)}, VIOLATION),
        ({"rows": rows_of("server", MANDATORY | {0x003A}, complete=True)}, WARNING),
        ({"codes": wrong_codes({0xC09E}, complete=True)}, WARNING),
        ({"chains": spoiled(octets=8193)}, VIOLATION),
        ({"chains": spoiled(key="RSA 1024", key_bits=1024)}, WARNING),
        ({"chains": spoiled(key="RSA 768", key_bits=768)}, VIOLATION),
        ({"chains": spoiled(signature="md5WithRSAEncryption")}, VIOLATION),
        ({"chains": spoiled(signature="sha1WithRSAEncryption")}, WARNING),
        ({"chains": spoiled(valid_now=False)}, WARNING),
        ({"chains": spoiled(fault="X509: octet 0: nothing")}, WARNING),
        ({"chains": [ChainFound("rsa", 2000, [GOOD, GOOD], False)]}, WARNING),
        ({"signatures": [SignatureFound("0101", "RSA/MD5", "rsa")]}, VIOLATION),
        ({"signatures": [SignatureFound("0203", "ECDSA/SHA-1", "ecdsa")]}, WARNING),
        ({"groups": [GroupFound(0, "not a published group", 1024, ["TLSv1.2"])]}, WARNING),
        ({"features": Features(secure_renegotiation=False)}, VIOLATION),
        ({"features": Features(client_renegotiation=False)}, VIOLATION),
        ({"features": Features(compression=["DEFLATE"])}, WARNING),
        ({"features": Features(fallback_scsv=False)}, NOTE),
        ({"client": ClientCertificate(asked=False)}, VIOLATION),
        ({"client": ClientCertificate(asked=True, required=False)}, VIOLATION),
    ],
)
def test_each_rule_is_told_once(others: dict[str, Any], level: str) -> None:
    assert levels(**others) == [level]


def test_what_was_not_found_out_is_no_finding() -> None:
    assert levels(features=Features(), client=ClientCertificate(), chains=[], groups=[]) == []


def test_a_scan_of_suites_alone_is_judged_by_them_alone() -> None:
    assert levels(whole=False, features=Features(secure_renegotiation=False), versions=[]) == []


def test_numbers_that_notes_print_wrongly_are_told() -> None:
    both = wrong_codes({0xC09E, 0x009E}, complete=True)
    assert [(entry.code, entry.offered, entry.right_offered) for entry in both] == [
        ("C09E", True, True),
        ("C023", False, False),
    ]
    assert wrong_codes(set(), complete=False)[0].offered is None
    assert levels(codes=both) == []


def test_clients_are_judged_by_their_column() -> None:
    good: dict[str, Any] = {
        "versions": {"TLSv1.2"},
        "taken": MANDATORY,
        "rows": rows_of("client", MANDATORY, complete=True),
        "signatures": set(MANDATORY_SIGNATURES),
        "compression": {"none"},
        "secure_renegotiation": True,
    }
    assert findings_of_clients(**good) == []
    for others, count in (
        ({"signatures": set()}, 3),
        ({"signatures": {"RSA/SHA-256", "ECDSA/SHA-256"}}, 1),
        ({"compression": {"none", "DEFLATE"}}, 1),
        ({"secure_renegotiation": False}, 1),
        ({"versions": {"TLSv1.1"}}, 2),
        ({"rows": rows_of("client", set(), complete=True)}, len(MANDATORY)),
    ):
        assert len(findings_of_clients(**{**good, **others})) == count
