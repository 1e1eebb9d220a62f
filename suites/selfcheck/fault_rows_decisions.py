"""Decisions 1 to 30, as far as a peer can see them, and the faulty devices that do not keep to them.

``fault_rows_transfer`` has those about data and endings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conform62351.suites.selfcheck.fault_rows import Reason, Row

OCTETS: Final[Mapping[str, Row]] = {
    "1 content octets, indefinite lengths": Row(("e2e-definite-lengths-only", "e2e-signs-the-whole-tbs")),
    "1 constructed strings": Row(("e2e-primitive-strings-only",)),
    "2 tags of the alternatives": Row(("e2e-takes-any-tag", "e2e-environment-counts-from-zero")),
    "3 components in order": Row(("e2e-takes-any-order", "e2e-takes-other-strings")),
    "4 bits of version": Row(("e2e-version-alone", "e2e-takes-any-version")),
    "5 extensions": Row(("e2e-no-extensions",)),
    "6 empty lists, groups twice": Row(
        ("e2e-takes-empty-lists",),
        server=(
            *("e2e-takes-groups-twice", "e2e-compares-neighbouring-groups"),
            "e2e-compares-known-groups",
        ),
        client=("e2e-takes-first-of-groups", "e2e-takes-a-group-listed-twice"),
    ),
    "7 the first that is supported": Row(("e2e-set-only",), server=("e2e-looks-at-the-first-offer-alone",)),
    "8 identifiers of algorithms": Row(
        ("e2e-compares-identifiers-as-octets",), server=("e2e-accept-in-its-own-words",)
    ),
    "8 lengths of tags": Row(
        (
            *("e2e-without-tags-of-12", "e2e-without-tags-of-13", "e2e-without-tags-of-14"),
            *("e2e-without-tags-of-15", "e2e-without-tags-of-16"),
        )
    ),
    "9 forms of public values": Row(
        (
            *("e2e-uncompressed-points-only", "e2e-reads-compressed-points"),
            *("e2e-takes-values-without-zeros", "e2e-makes-no-subgroup-test"),
        ),
        server=("e2e-takes-bad-value-beside-good-one",),
    ),
    "10 forms of time": Row(
        ("e2e-no-comma", "e2e-milliseconds-only", "e2e-takes-small-z", "e2e-adds-the-century")
    ),
    "11 bits that are left out": Row(("e2e-protection-in-one-form",)),
    "12 numbers as text": Row(
        (
            *("e2e-two-digits", "e2e-leading-zero-in-association-number"),
            *("e2e-reads-digits-of-all-scripts", "e2e-strips-numbers"),
        )
    ),
    "13 lengths of nonce and iv": Row(("e2e-gmac-nonce-of-twelve-octets", "e2e-iv-in-clear-refused")),
    "14 each side its own kind": Row(("e2e-wants-its-own-kind-of-key", "e2e-own-kind-only")),
}
"""Decisions on octets."""

CARRIERS: Final[Mapping[str, Row]] = {
    "15 CONNECT and ACCEPT": Row(
        ("session-parameters-misordered", "session-extended-concatenation"),
        server=("session-version-1-selected", "cotp-size-echoed"),
        client=("session-version-1-proposed", "session-connect-data-always-in-194"),
    ),
    "16 REFUSE, FINISH, DISCONNECT and ABORT": Row(
        ("session-abort-keeps-transport", "session-abort-in-194"),
        server=("session-disconnect-in-194", "session-refuse-keeps-transport"),
        client=("session-finish-in-194", "session-finish-keeps-transport"),
    ),
    "16 ARU and its context list": Row(
        ("presentation-context-list-in-every-abort", "presentation-aru-with-list-dropped")
    ),
    "17 who closes TCP": Row(
        (
            *("session-never-closes", "session-abort-dropped", "session-abort-accepted"),
            *("session-aborts-twice", "session-disconnects-twice"),
        ),
        server=("session-refuses-twice",),
        client=("session-refuse-dropped", "session-disconnect-dropped"),
    ),
    "17 faults of form beneath": Row(
        ("tpkt-version-not-checked", "cotp-malformed-tpdu-dropped", "cotp-foreign-tpdu-dropped")
    ),
    "17 connect data of 10 240 octets": Row(
        server=("session-connect-data-limited",), client=("session-accept-in-194-limited",)
    ),
    "18 reason and version of ACSE": Row(
        ("acse-release-reason-user-defined", "acse-version-in-eight-bits"),
    ),
    "19 time limits": Row(("env-answers-late",), client=("env-waits-for-ever",)),
}
"""Decisions on carriers."""

ENVIRONMENT: Final[Mapping[str, Row]] = {
    "20 application context": Row(
        ("e2e-environment-any-name", "e2e-application-context-of-mms"),
        server=("e2e-environment-no-reason", "e2e-unknown-context-without-reason"),
    ),
    "20 titles": Row(
        ("e2e-no-qualifier",),
        server=(
            *("e2e-environment-no-calling-titles", "e2e-environment-any-called-titles"),
            *("e2e-environment-titles-of-any-form", "e2e-called-titles-wanted"),
        ),
        client=("e2e-environment-any-responding-titles", "e2e-environment-titles-of-a-reject"),
    ),
    "20 an accepting AARE": Row(server=("e2e-accepted-with-a-diagnostic",), client=Reason.OTHER_ROLE),
    "21 authentication of ACSE": Row(
        ("e2e-environment-authentication-unseen", "e2e-requirements-of-authentication")
    ),
    "21 one EXTERNAL, single-ASN1-type": Row(
        (
            *("e2e-environment-any-external", "e2e-environment-any-release"),
            *("e2e-environment-any-ending", "e2e-no-direct-reference", "e2e-environment-release-alone"),
        ),
        client=("e2e-environment-any-reject",),
    ),
    "21 indirect-reference": Row(("e2e-environment-any-reference",), server=("e2e-context-five",)),
    "21 contexts": Row(
        (
            *("e2e-environment-any-context", "e2e-environment-without-mms-context"),
            *("e2e-no-context-of-mms", "e2e-environment-first-value"),
        ),
        server=("e2e-environment-told-in-refused-context",),
    ),
    "21 osiDiagnostics": Row(
        (
            *("e2e-environment-one-number", "e2e-environment-counts-from-zero", "e2e-environment-untold"),
            *("e2e-environment-not-logged", "e2e-environment-logs-what-it-is-told"),
        )
    ),
    "22 whose address": Row(("e2e-takes-any-address", "e2e-ending-takes-anybody")),
}
"""Decisions on faults of the environment."""

HANDSHAKE: Final[Mapping[str, Row]] = {
    "23 assoID": Row(
        (
            *("e2e-takes-any-asso-id", "e2e-ending-takes-any-association"),
            "e2e-refuses-in-no-name",
        ),
        server=("e2e-rejects-without-number",),
        client=(
            *("e2e-aborts-with-its-number", "e2e-aborts-with-one-number"),
            "e2e-aborts-with-any-number",
        ),
    ),
    "24 a pkCert that does not read": Row(
        (
            *("e2e-unreadable-certificate-no-reason", "e2e-logs-unreadable-certificates-as-signatures"),
            "e2e-takes-key-mismatch-for-invalid",
        )
    ),
    "25 links of a path": Row(
        (
            *("e2e-takes-issuers-without-the-ca-flag", "e2e-takes-issuers-without-key-cert-sign"),
            *("e2e-takes-paths-of-any-length", "e2e-takes-weak-hashes-of-authorities"),
            *("e2e-takes-expired-authorities", "e2e-takes-revoked-authorities"),
            *("e2e-takes-more-in-path", "e2e-no-anchor-in-path"),
        )
    ),
    "26 shape and value of subject": Row(
        ("e2e-takes-any-subject", "e2e-tells-address", "e2e-titles-as-identifiers-only")
    ),
    "27 modes that were not offered": Row(
        server=("e2e-ae-algorithms-as-mode",),
        client=(
            *("e2e-takes-ae-unasked", "e2e-takes-encryption-unasked", "e2e-goes-on-unencrypted"),
            "e2e-other-mode-as-protocol-error",
        ),
    ),
    "28 initiate that is none": Row(
        server=("e2e-no-initiate-rejected-for-now", "e2e-rejects-as-provider"),
        client=("mms-initiate-not-needed", "e2e-initiate-response-not-needed"),
    ),
    "28 pp": Row(("e2e-space-in-pp", "e2e-takes-protocols-in-small-letters", "e2e-reads-any-hyphen")),
    "29 the memory of replays": Row(
        ("e2e-remembers-times-alone", "e2e-remembers-unverified"),
        server=(
            *("e2e-remembers-octets", "e2e-remembers-what-it-takes", "e2e-remembers-few-handshakes"),
            *("e2e-forgets-at-release", "e2e-remembers-for-all-subjects", "e2e-forgets-old-times"),
            *("e2e-remembers-no-times-ahead", "e2e-remembers-certificates", "e2e-remembers-seconds"),
            "e2e-remembers-what-it-compares",
        ),
    ),
    "29 no time is signed twice": Row(("e2e-one-time-for-all", "e2e-refuses-at-one-time")),
    "29 limits are inclusive": Row(("e2e-window-of-five-minutes", "e2e-window-of-eleven-minutes")),
    "30 attCert": Row(("e2e-takes-any-role", "e2e-no-attribute-certificates")),
}
"""Decisions on the handshake."""

DECISIONS: Final[Mapping[str, Row]] = {**OCTETS, **CARRIERS, **ENVIRONMENT, **HANDSHAKE}
ROWS: Final[Mapping[str, Row]] = {f"decision {words}": row for words, row in DECISIONS.items()}
