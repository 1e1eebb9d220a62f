"""What clause 11 and Table 1 ask for, row by row, and the faulty devices that do not do it.

Rows are named after tables and sentences. Where no faulty device shows in a role, a :class:`Reason` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conform62351.suites.selfcheck.fault_rows import Reason, Row

CLAUSE_11: Final[Mapping[str, Row]] = {
    "mmsAuthenticationAS in the context list": Row(
        server=("cmp-own-third-context-refused",), client=("cmp-own-third-context-not-proposed",)
    ),
    "a partner may leave the context out": Row(("cmp-context-must-be-agreed",)),
    "contexts are known by their abstract syntax": Row(
        server=("cmp-contexts-by-their-place",), client=Reason.OTHER_ROLE
    ),
    "functional unit in AARQ and AARE": Row(("cmp-own-unit-forgotten", "cmp-own-unit-not-set")),
    "own mechanism-name": Row(("cmp-own-mechanism-of-the-syntax",)),
    "own application context": Row(("cmp-own-context-name-of-mms",)),
    "value on the wire": Row(("cmp-own-value-in-a-sequence", "cmp-own-value-under-the-other-tag")),
    "value read in every form of BER": Row(
        ("cmp-definite-lengths-only", "cmp-shortest-lengths-only", "cmp-primitive-strings-only")
    ),
    "reference to the context": Row(
        server=("cmp-own-value-in-the-context-of-mms", "cmp-own-value-always-in-context-5"),
        client=("cmp-own-value-in-the-context-of-mms",),
    ),
    "own certificate": Row(("cmp-own-certificate-twice", "cmp-own-certificate-damaged")),
    "own signature with sha256WithRSAEncryption": Row(("cmp-own-signature-turned-round",)),
    "own signature over time alone": Row(
        ("cmp-own-signature-covers-certificate", "cmp-own-signature-over-utc-time")
    ),
    "own RSA key of 2048 bits": Row(("cmp-shows-a-short-key",)),
    "own time is the present": Row(
        server=("cmp-own-time-of-the-zone", "cmp-own-time-kept", "cmp-own-time-echoed"),
        client=("cmp-own-time-of-the-zone", "cmp-own-time-kept"),
    ),
    "own times differ": Row(("cmp-own-time-for-two", "cmp-own-time-of-whole-seconds")),
    "a signature over raw content octets": Row(("cmp-hangs-up-on-raw-signatures",)),
    "check: mechanism-name present": Row(
        ("cmp-mechanism-not-required", "cmp-mechanism-taken-for-granted", "cmp-mechanism-missing-closes")
    ),
    "check: mechanism-name present, diagnostic 12": Row(
        server=(
            "cmp-mechanism-missing-is-authentication-missing",
            "cmp-mechanism-missing-is-no-lasting-reason",
        ),
        client=Reason.OTHER_ROLE,
    ),
    "check: mechanism-name known": Row(
        (
            "cmp-mechanism-not-compared",
            "cmp-mechanism-compared-in-part",
            "cmp-mechanism-of-passwords-taken",
            "cmp-mechanism-of-the-syntax-taken",
        )
    ),
    "check: mechanism-name known, diagnostic 11": Row(
        server=("cmp-mechanism-unknown-without-reason",), client=Reason.OTHER_ROLE
    ),
    "check: value decodes": Row(
        (
            *("cmp-undecodable-passed-over", "cmp-undecodable-closes", "cmp-password-will-do"),
            "cmp-value-under-any-tag",
        )
    ),
    "check: value decodes, reject with a diagnostic": Row(
        server=("cmp-undecodable-without-reason",), client=Reason.OTHER_ROLE
    ),
    "check: value decodes, each member": Row(("cmp-signature-optional",)),
    "check: certificate of at most 8192 octets": Row(
        (
            "cmp-takes-large-certificates",
            "cmp-small-certificate-buffer",
            "cmp-rounds-the-certificate-size",
        )
    ),
    "check: certificate not expired": Row(
        ("cmp-takes-expired-certificates", "cmp-takes-certificates-a-day-longer")
    ),
    "check: certificate not revoked": Row(
        (
            "cmp-takes-revoked-certificates",
            "cmp-looks-at-lists-alone",
            "cmp-looks-at-responders-alone",
            "cmp-reads-the-first-revoked",
            "cmp-reads-the-last-revoked",
        )
    ),
    "check: certificate chains to an anchor": Row(
        server=(
            "cmp-trusts-everybody",
            "cmp-takes-unknown-authorities",
            "cmp-keeps-paths-by-key",
            "cmp-asks-one-partner-for-a-path",
        ),
        client=("cmp-trusts-everybody", "cmp-takes-unknown-authorities", "cmp-keeps-paths-by-key"),
    ),
    "check: RSA": Row(("cmp-takes-elliptic-curves", "cmp-takes-one-curve")),
    "check: at least 2048 bits": Row(
        ("cmp-takes-short-keys", "cmp-takes-keys-of-1536-bits", "cmp-takes-2048-bits-alone")
    ),
    "check: value present": Row(("cmp-value-not-required", "cmp-value-missing-closes")),
    "check: time within 10 minutes": Row(
        (
            "cmp-takes-any-time",
            "cmp-takes-times-to-come",
            "cmp-window-of-five-minutes",
            "cmp-compares-time-of-day",
            "cmp-forgets-the-hour",
        )
    ),
    "check: same time not twice": Row(
        server=(
            "cmp-takes-times-twice",
            "cmp-forgets-at-release",
            "cmp-remembers-past-times",
            "cmp-remembers-recent-times",
            "cmp-remembers-few-times",
        ),
        client=(
            "cmp-takes-times-twice",
            "cmp-forgets-at-release",
            "cmp-remembers-past-times",
            "cmp-remembers-recent-times",
        ),
    ),
    "check: same time not twice, another time is taken": Row(("cmp-remembers-whole-seconds",)),
    "check: same time not twice, not even the own": Row(
        server=Reason.OTHER_ROLE, client=("cmp-own-value-without-a-word",)
    ),
    "check: signature verifies": Row(
        server=(
            "cmp-verifies-nothing",
            "cmp-verifies-any-hash",
            "cmp-verifies-padding-alone",
            "cmp-takes-empty-signatures",
            "cmp-verifies-one-partner-alone",
        ),
        client=(
            "cmp-verifies-nothing",
            "cmp-verifies-any-hash",
            "cmp-verifies-padding-alone",
            "cmp-takes-empty-signatures",
        ),
    ),
    "P-ABORT, and no end without a word": Row(("cmp-closes-on-bad-signatures", "cmp-closes-on-old-times")),
    "P-ABORT, and no reject": Row(
        server=(
            "cmp-rejects-bad-signatures",
            "cmp-rejects-old-times",
            "cmp-rejects-expired-certificates",
            "cmp-rejects-unknown-authorities",
        ),
        client=Reason.OTHER_ROLE,
    ),
    "time alone, or time for each certificate": Row(("cmp-hangs-up-on-shared-times",)),
    "values of hostile partners": Row(
        ("cmp-broken-by-undecodable-values", "cmp-broken-by-odd-values", "cmp-leaks-refused-partners")
    ),
}
"""The sentences of clause 11, and its table of checks."""

TABLE_1: Final[Mapping[str, Row]] = {
    "A-security-profile without TLS": Row(
        (
            "comb-does-not-authenticate-itself",
            "comb-verifies-nothing",
            "comb-takes-times-twice",
            "comb-takes-any-time",
            "comb-trusts-everybody",
            "comb-takes-expired-certificates",
            "comb-takes-short-keys",
        )
    ),
    "TLS alone": Row(("comb-wants-authentication-always", "comb-verifies-no-peer-in-tls")),
    "A-security-profile with TLS": Row(("cmp-first-partner-alone", "comb-gives-tls-up")),
    "below the level that is configured": Row(("comb-authentication-is-optional",)),
    "no way round to a lower level": Row(server=Reason.OTHER_ROLE, client=("comb-forgoes-authentication",)),
    "above the level that is configured": Row(("comb-puzzled-by-authentication",)),
    "TLS switched off": Row(("comb-does-not-switch-tls-off",)),
    "ports": Row(
        server=("comb-keeps-both-ports-open", "comb-chokes-on-a-handshake"), client=Reason.OTHER_ROLE
    ),
    "TLS lost beneath an association": Row(
        (
            "comb-logs-no-failed-tls",
            "comb-logs-no-lost-association",
            "comb-waits-for-the-release",
            "comb-waits-for-the-association",
        )
    ),
}
"""Combinations of measures, and what Tables 2 to 12 have of them in compatibility mode."""

ROWS: Final[Mapping[str, Row]] = {
    **{f"clause 11: {words}": row for words, row in CLAUSE_11.items()},
    **{f"Table 1: {words}": row for words, row in TABLE_1.items()},
}
