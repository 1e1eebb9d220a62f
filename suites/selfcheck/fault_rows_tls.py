"""What T-security asks for, sentence by sentence, and the faulty devices that do not keep to it.

``EVENTS`` has the events of IEC 62351-3 under their numbers, ``SENTENCES`` the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conform62351.suites.selfcheck.fault_rows import Reason, Row

CERTIFICATES: Final = ("tls-logs-no-certificates", "tls-logs-one-event-for-all-certificates")

EVENTS: Final[Mapping[str, Row]] = {
    "1.1": Row(("tls-success-not-logged", "tls-success-logged-twice", "tls-failure-logged-as-success")),
    "1.2": Row(("tls-version-deprecated-not-logged",)),
    "1.3": Row(("tls-version-weak-not-logged",)),
    "1.4": Row(("tls-version-disallowed-for-deprecated",)),
    "1.5": Row(("tls-resume-version-not-logged", "tls-reneg-other-version-as-weak")),
    "1.6": Row(("tls-alarm-at-every-handshake", "comb-logs-no-failed-tls")),
    "1.7": Row(server=("tls-local-certificate-not-logged",), client=("tls-lack-of-certificate-unnoticed",)),
    "1.8": Row(("tls-reneg-revoked-as-any",)),
    "1.9": Row(("tls-disallowed-suite-not-logged",)),
    "1.10": Row(server=("tls-resume-age-not-logged",), client=Reason.OTHER_ROLE),
    "1.11": Row(("tls-reneg-unanswered-not-logged",)),
    "1.12": Row(("tls-reneg-no-warning", "tls-reneg-no-step-for-signalling")),
    "1.13": Row(("tls-reneg-resumption-not-logged",), client=("tls-reneg-is-resumed",)),
    "1.14": Row(server=("tls-authorities-unanswered",), client=Reason.OTHER_ROLE),
    "1.15": Row(server=("tls-signature-algorithms-absent-not-logged",), client=Reason.OTHER_ROLE),
    "1.16": Row(("tls-signature-deprecated-not-logged",)),
    "1.17": Row(server=("tls-1-3-key-exchange-mode-not-logged",), client=Reason.OTHER_ROLE),
    "1.18": Row(("tls-encrypt-then-mac-absent-not-logged",)),
    "1.19": Row(server=Reason.LEFT_OPEN, client=Reason.LEFT_OPEN),
    "1.20": Row(server=Reason.OTHER_ROLE, client=("tls-names-one-and-takes-others",)),
    "1.21": Row(server=("tls-1-3-early-data-not-logged",), client=Reason.OTHER_ROLE),
    **{f"2.{number}": Row(CERTIFICATES) for number in (1, 2, 3, 4, 8, 9, 10, 11, 13)},
    "2.5": Row(("tls-no-list-unnoticed",)),
    "2.6": Row(("tls-outdated-unnoticed",)),
    "2.7": Row(("tls-outdated-answer-unnoticed",)),
    "2.12": Row(("tls-deprecated-unnoticed",)),
    "2.14": Row(("tls-deprecated-unnoticed",)),
    "severities": Row(("tls-events-all-errors",)),
    "once": Row(("tls-alarm-logged-twice",)),
}

SENTENCES: Final[Mapping[str, Row]] = {
    "ports: TLS can be switched off": Row(
        ("comb-does-not-switch-tls-off", "comb-wants-authentication-always"),
        server=("comb-keeps-both-ports-open", "comb-chokes-on-a-handshake"),
    ),
    "ports: nothing without TLS": Row(("comb-gives-tls-up",)),
    "TLS alone, and with other levels": Row(
        ("comb-puzzled-by-authentication", "comb-authentication-is-optional", "comb-verifies-nothing"),
        client=("comb-forgoes-authentication",),
    ),
    "the end of TLS ends the association": Row(
        (
            *("comb-waits-for-the-release", "comb-waits-for-the-association"),
            "comb-logs-no-lost-association",
        )
    ),
    "TLS 1.2": Row(
        ("tls-wrong-finished",),
        server=("tls-version-intolerant",),
        client=("tls-version-1-3-in-hello",),
    ),
    "TLS 1.0 and 1.1 are disabled, or weak": Row(
        ("tls-suites-of-1-2-in-1-1",),
        server=("tls-version-fallback-always-refused",),
        client=("tls-version-of-the-answer-overlooked",),
    ),
    "TLS 1.3": Row(("tls-1-3-missing", "tls-1-3-takes-anybody", "tls-1-3-though-denied")),
    "a ClientHello has the mandatory suites": Row(
        server=("tls-reads-eight-suites",),
        client=("tls-hello-without-mandatory", "tls-hello-half-empty"),
    ),
    "both certificates are required": Row(
        ("comb-verifies-no-peer-in-tls",),
        server=("tls-takes-clients-without-certificate", "tls-asks-for-no-certificate"),
        client=(
            *("tls-goes-on-without-certificate", "tls-client-shows-no-certificate"),
            "tls-signature-without-certificate",
        ),
    ),
    "certificates of up to 8192 octets": Row(
        ("tls-small-certificates-alone", "tls-certificates-of-any-size")
    ),
    "certificates lead to a trust anchor": Row(
        (
            *(
                "tls-trusts-anybody",
                "tls-trusts-names",
                "tls-trusts-whole-chains",
                "tls-reads-one-certificate",
            ),
            *("tls-trusts-keys-on-curves", "tls-trusts-static-keys", "tls-does-not-verify-certificates"),
            *("tls-does-not-look-at-issuers", "tls-does-not-look-at-ca-flags", "tls-looks-at-the-end-alone"),
        )
    ),
    "several trust anchors": Row(("tls-trusts-one-anchor-alone",)),
    "certificates: form and usage": Row(
        (
            *("tls-one-algorithm-read", "tls-takes-what-it-cannot-read", "tls-octets-behind-passed-over"),
            *("tls-critical-extensions-passed-over", "tls-key-usage-wanted", "tls-key-usage-passed-over"),
            *("tls-any-kind-of-key", "tls-key-agreement-passed-over", "tls-shows-weak-certificate"),
        ),
        client=("tls-encipherment-not-permitted",),
    ),
    "certificates: keys": Row(("tls-keys-of-any-length", "tls-curves-of-any-size", "tls-large-curves-alone")),
    "certificates: hashes": Row(("tls-takes-md5", "tls-takes-any-hash")),
    "one certificate for TLS, another for the application": Row(
        ("comb-has-one-certificate-for-both", "comb-hangs-up-on-the-certificate-of-tls")
    ),
    "NULL suites, suites without authentication": Row(
        ("tls-takes-null-md5", "tls-null-always-enabled", "tls-takes-anonymous", "tls-takes-rc4"),
        client=("tls-offers-no-encryption",),
    ),
    "no common suite": Row(
        server=("tls-common-suite-not-looked-for", "tls-answers-with-its-own-suite"),
        client=("tls-takes-any-suite",),
    ),
    "Tables 9 and 12": Row(
        (
            *("tls-nothing-of-table-9", "tls-nothing-of-table-12", "tls-has-what-it-denies"),
            "tls-wrong-code",
        )
    ),
    "individual certificates": Row(
        (
            *("tls-empty-white-list", "tls-white-list-of-authorities", "tls-white-list-not-looked-at"),
            "tls-white-list-of-subjects",
        )
    ),
    "signature_algorithms": Row(
        (
            "tls-signature-of-any-algorithm",
            "tls-signature-always-sha-1",
            "tls-signature-algorithm-overlooked",
        ),
        client=("tls-hello-without-sha-1",),
    ),
    "a revoked certificate is refused": Row(
        (
            *("tls-no-lists-looked-at", "tls-revoked-taken", "tls-no-responder-asked"),
            *("tls-revoked-authorities-taken", "tls-any-responder-believed", "tls-keeps-its-first-lists"),
        )
    ),
    "outdated data count": Row(("tls-outdated-lists-passed-over",)),
    "an expired certificate, by local policy": Row(("tls-does-not-mind-old-authorities",)),
    "a list that cannot be fetched ends nothing": Row(("tls-stalls-without-lists",)),
    "resumption": Row(
        ("tls-resume-nothing", "tls-resume-no-tickets", "tls-resume-never", "tls-resume-not-claimed")
    ),
    "resumption within 24 h": Row(
        ("tls-resume-for-ever", "tls-resume-old-tickets"), server=("tls-resume-old-identifiers",)
    ),
    "resumption while a session is active": Row(("tls-refresh-never", "tls-refresh-by-renegotiation")),
    "resumption keeps version, suite and secret": Row(
        (
            *("tls-resume-other-version", "tls-resume-other-suite", "tls-resume-not-extended"),
            *("tls-resume-extended", "tls-resume-finished-not-verified"),
        ),
        client=("tls-resume-unasked",),
    ),
    "resumption of who is revoked": Row(("tls-resume-revoked", "tls-resume-revoked-not-logged")),
    "resumption of what is unknown or was ended": Row(
        server=("tls-resume-ends-on-a-ticket", "tls-resume-after-a-fault"), client=("tls-resume-unasked",)
    ),
    "renegotiation: a full handshake": Row(
        ("tls-reneg-declined", "tls-reneg-finished-not-verified", "tls-reneg-not-logged"),
        server=("tls-reneg-resumes", "tls-reneg-client-not-proven"),
        client=("tls-reneg-by-resumption", "tls-reneg-server-not-proven"),
    ),
    "renegotiation: certificates are checked again": Row(
        (
            *("tls-reneg-not-checked-again", "tls-reneg-signature-of-certificate-not-verified"),
            *("tls-reneg-stranger-not-logged", "tls-reneg-expired-not-logged"),
        )
    ),
    "renegotiation: revocation is checked again": Row(("tls-reneg-revoked-kept",)),
    "renegotiation by its interval": Row(("tls-reneg-no-interval",)),
    "renegotiation with a new list": Row(("tls-reneg-not-by-a-list",)),
    "who begins a renegotiation": Row(
        server=("tls-reneg-never-asks",),
        client=(
            *("tls-reneg-never-begins", "tls-reneg-ends-on-request"),
            "tls-reneg-answers-within-a-handshake",
        ),
    ),
    "renegotiation: no answer, or a refusal": Row(("tls-reneg-waits-for-ever", "tls-reneg-takes-a-refusal")),
    "time-out for the change of cipher": Row(("tls-stalled-first", "tls-stalled-renegotiation")),
    "renegotiation: version and suite": Row(("tls-reneg-other-version", "tls-reneg-disallowed-suite")),
    "RFC 5746": Row(
        (
            *("tls-reneg-not-signalled", "tls-reneg-insecure", "tls-reneg-first-value"),
            *("tls-reneg-no-value", "tls-reneg-any-value", "tls-reneg-wrong-value"),
        ),
        server=("tls-reneg-signalling-suite",),
    ),
    "floods": Row(("tls-reneg-hangs", "tls-endless-hangs")),
    "trusted_ca_keys": Row(
        server=("tls-authorities-passed-over",),
        client=("tls-names-another-authority", "tls-names-no-authority"),
    ),
    "compression": Row(("tls-compression-overlooked",), client=("tls-hello-compression-alone",)),
    "static Diffie-Hellman, leading zeros": Row(
        ("tls-key-leading-zeros-kept", "tls-known-secrets-agreed"), client=("tls-key-exchange-unasked",)
    ),
    "key exchange": Row(
        ("tls-key-value-not-checked", "tls-extended-master-secret-missing", "tls-encrypt-then-mac-missing"),
        server=("tls-key-padding-told", "tls-server-random-again", "tls-groups-overlooked"),
        client=("tls-key-any-field", "tls-key-any-curve", "tls-hello-random-again"),
    ),
    "signatures": Row(("tls-signature-not-verified",), client=("tls-signature-on-curves-not-verified",)),
    "messages, records, alerts": Row(
        (
            *("tls-order-not-kept", "tls-data-at-any-time", "tls-message-left-over"),
            *("tls-message-undecodable-dropped", "tls-finished-not-verified", "tls-record-not-verified"),
            *("tls-one-message-a-record", "tls-alert-fatal-ignored", "tls-alert-close-ignored"),
        )
    ),
    "extensions": Row(
        ("tls-extension-twice-overlooked", "tls-extension-unreadable-overlooked"),
        server=("tls-extension-unknown-refused", "tls-extension-unasked"),
        client=("tls-extension-unasked-overlooked", "tls-extension-points-in-any-form"),
    ),
}

ROWS: Final[Mapping[str, Row]] = {**{f"event {number}": row for number, row in EVENTS.items()}, **SENTENCES}
