"""What Annex G, the log and the decisions 37 to 46 ask for, and the faulty devices that do not do it.

The decisions are rows under their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conform62351.suites.selfcheck.fault_rows import Reason, Row

ANNEX_G: Final[Mapping[str, Row]] = {
    "purpose": Row(("e2e-takes-that-of-tls", "comb-hangs-up-on-the-certificate-of-tls")),
    "purpose, own": Row(("comb-has-one-certificate-for-both",)),
    "version": Row(("e2e-takes-certificates-of-version-1", "cmp-hangs-up-on-annex-g")),
    "serialNumber": Row(
        ("e2e-takes-negative-serials", "e2e-takes-short-serials", "cmp-stalls-on-negative-serials")
    ),
    "signature algorithm, inner and outer": Row(("e2e-takes-mixed-algorithms",)),
    "signature algorithm, SHA-256 or stronger": Row(
        ("e2e-takes-weak-hashes", "cmp-stalls-on-unknown-hashes")
    ),
    "encoding": Row(
        ("cmp-goes-on-without-a-certificate", "cmp-reads-the-first-certificate", "cmp-reads-pem")
    ),
    "signature": Row(
        (
            "cmp-compares-names-of-issuers-alone",
            "cmp-knows-anchors-by-name",
            "e2e-takes-forged-certificates",
        )
    ),
    "issuer": Row(("e2e-takes-strangers", "cmp-takes-unknown-authorities")),
    "validity": Row(
        (
            "e2e-takes-expired-certificates",
            "e2e-takes-certificates-to-come",
            "cmp-takes-certificates-to-come",
        )
    ),
    "validity, own": Row(("cmp-shows-an-expired-certificate",)),
    "validity, typical periods": Row(Reason.WARNED),
    "subject": Row(("e2e-takes-any-subject", "e2e-takes-any-address", "cmp-hangs-up-on-other-titles")),
    "subject, OBJECT IDENTIFIER or UTF8String": Row(("cmp-reads-titles-as-object-identifiers",)),
    "subjectPublicKeyInfo": Row(("e2e-takes-short-keys", "e2e-takes-any-curve", "cmp-takes-short-keys")),
    "unique identifiers": Row(("e2e-takes-unique-ids",)),
    "keyUsage": Row(
        (
            "e2e-takes-certificates-without-key-usage",
            "e2e-takes-certificates-not-for-signatures",
            "e2e-takes-certificates-not-for-key-agreement",
        )
    ),
    "revocation": Row(
        (
            "e2e-takes-certificates-without-revocation",
            "e2e-takes-crls-for-some-reasons",
            "cmp-wants-a-distribution-point",
        )
    ),
    "basicConstraints": Row(("e2e-takes-certificates-of-authorities",)),
    "extensions": Row(("e2e-takes-unknown-critical-extensions",)),
    "IEC user role extension": Row(Reason.LEFT_OPEN),
    "size": Row(("e2e-takes-large-certificates", "cmp-takes-large-certificates")),
    "size, with what surrounds it": Row(("cmp-shows-a-large-certificate",)),
}
"""The rows of Annex G; those of compatibility mode alone are in the rows of clause 11, too."""

DECISIONS: Final[Mapping[str, Row]] = {
    "37 serial numbers": Row(("e2e-takes-negative-serials", "e2e-takes-short-serials")),
    "37 serial numbers of 17 octets, other UUIDs": Row(Reason.WARNED),
    "37 subjectAltName and extendedKeyUsage are ignored": Row(Reason.NOT_VISIBLE),
    "37 at least one revocation pointer": Row(("e2e-takes-certificates-without-revocation",)),
    "38 basicConstraints of a CA": Row(
        ("cmp-takes-anybody-for-an-authority", "e2e-takes-issuers-without-the-ca-flag")
    ),
    "38 keyCertSign": Row(("cmp-ignores-usage-of-authorities", "e2e-takes-issuers-without-key-cert-sign")),
    "38 path length": Row(("cmp-ignores-path-lengths", "e2e-takes-paths-of-any-length")),
    "38 validity of a CA": Row(
        (
            "cmp-takes-expired-authorities",
            "cmp-takes-authorities-to-come",
            "cmp-looks-at-the-issuer-alone",
            "e2e-takes-expired-authorities",
        )
    ),
    "38 unknown critical extension of a CA": Row(("cmp-takes-authorities-not-understood",)),
    "38 SHA-256 for a CA": Row(("cmp-takes-weak-authorities", "e2e-takes-weak-hashes-of-authorities")),
    "38 RSA or ECDSA for a CA": Row(Reason.NO_SETUP),
    "38 Annex G not applied to a CA": Row(("cmp-knows-one-intermediate",)),
    "38 an end-entity certificate is no anchor": Row(Reason.NO_SETUP),
    "39 a CRL from a file, a responder": Row(("cmp-looks-at-lists-alone", "cmp-looks-at-responders-alone")),
    "39 a revoked CA": Row(("cmp-takes-revoked-authorities", "e2e-takes-revoked-authorities")),
    "39 no CRL: accepted": Row(("cmp-wants-a-list", "e2e-wants-new-lists")),
    "39 an outdated CRL is used": Row(("cmp-wants-a-new-list", "cmp-forgets-outdated-lists")),
    "39 warning events": Row(
        ("cmp-is-quiet-about-lists", "e2e-is-quiet-about-lists", "cmp-is-quiet-about-lists-above")
    ),
    "39 a configured CRL is trusted": Row(Reason.LEFT_OPEN),
    "40 Annex G in compatibility mode": Row(("cmp-hangs-up-on-annex-g",)),
    "40 intermediates are configured": Row(("cmp-knows-one-intermediate",)),
    "41 an AARQ that does not decode": Row(("cmp-undecodable-closes",)),
    "41 application context first": Row(
        server=(
            "cmp-context-name-not-compared",
            "cmp-context-name-of-mms-taken",
            "cmp-authenticates-before-context-name",
        ),
        client=Reason.OTHER_ROLE,
    ),
    "41 order of certificate, time, replay, signature": Row(Reason.NOT_VISIBLE),
    "41 remembered once verified": Row(("cmp-remembers-unverified-times",)),
    "41 time as an instant": Row(server=("cmp-remembers-values",), client=Reason.NOT_VISIBLE),
    "41 every failure of a client is a P-ABORT": Row(
        server=Reason.OTHER_ROLE, client=("cmp-value-missing-closes", "cmp-closes-on-bad-signatures")
    ),
    "42 functional-unit bit missing": Row(("cmp-unit-must-be-set",)),
    "43 forms of the time that are read": Row(("cmp-wants-the-written-form",)),
    "43 form of the time that is sent": Row(("cmp-own-time-with-offset",)),
    "43 what is no time": Row(
        (
            "cmp-passes-over-unreadable-times",
            "cmp-takes-offsets-behind",
            "cmp-takes-any-day",
            "cmp-reads-times-to-the-z",
        )
    ),
    "44 number of the context in AARE": Row(
        server=("cmp-own-value-always-in-context-5",), client=Reason.OTHER_ROLE
    ),
    "44 one more SEQUENCE": Row(("cmp-sequence-taken-for-certificate",)),
    "44 titles are not compared": Row(("cmp-titles-compared",)),
    "45 conclude and release": Row(("cmp-leaves-without-release",)),
    "45 event of a P-ABORT": Row(
        ("cmp-logs-no-failed-authentication", "cmp-logs-bad-certificates-as-failures")
    ),
    "45 event of a reject": Row(
        server=("cmp-logs-no-rejection", "cmp-logs-rejections-as-aborts"), client=Reason.OTHER_ROLE
    ),
    "46 the detecting side logs": Row(("e2e-logs-certificate-alarms-as-failure",)),
    "46 PeerInfo is host:port": Row(("log-peer-without-port", "log-no-peer")),
    "46 testers judge by ID": Row(Reason.OF_TESTER),
}
"""The decisions on certificates, compatibility mode and the log.

What 46 says of received diagnostics is native mode's.
"""

LOG: Final[Mapping[str, Row]] = {
    "identifier": Row(("log-no-refusal", "log-no-success", "log-return-taken-for-attack")),
    "an event comes once, and none that did not happen": Row(
        server=("log-alarms-twice", "log-refused-partners-as-associated"), client=("log-alarms-twice",)
    ),
    "mnemonic": Row(Reason.WARNED),
    "severity": Row(("log-all-warnings", "cmp-logs-alarms-as-errors")),
    "text of at most 128 characters": Row(("log-text-too-long",)),
    "UTC timestamp": Row(("log-local-time", "log-zone-offset")),
    "at most 1 s off": Row(("cmp-logs-three-seconds-late",)),
    "sequence number": Row(("log-number-repeated", "log-number-left-out")),
    "sequence number over a restart": Row(("log-number-from-1",)),
    "source": Row(("log-no-source",)),
    "syslog PRI, VERSION": Row(("log-other-facility", "log-old-syslog")),
    "syslog MSGID, structured data": Row(("log-other-message-identifier", "log-other-enterprise")),
    "escapes": Row(("log-not-escaped",)),
    "TCP with TLS, RFC 5425 framing": Row(("log-framed-by-line", "log-framed-one-short")),
    "collector that cannot be reached": Row(("log-collector-not-missed",)),
    "a missing event is no fail of 62351-4:2018": Row(Reason.OF_TESTER),
}
"""What IEC 62351-14 says of logged events and of their way."""

ROWS: Final[Mapping[str, Row]] = {
    **{f"Annex G: {words}": row for words, row in ANNEX_G.items()},
    **{f"decision {words}": row for words, row in DECISIONS.items()},
    **{f"log: {words}": row for words, row in LOG.items()},
}
