"""What the pages ask of handshakes of native mode, and the faulty devices that do not keep to it.

A row is a check of clause 14, or a sentence about algorithms, groups and modes; see ``fault_rows``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conform62351.suites.selfcheck.fault_rows import Reason, Row

HANDSHAKE: Final[Mapping[str, Row]] = {
    "1": Row(
        (
            *("e2e-form-no-reason", "e2e-form-other-diagnostic", "e2e-logs-form-as-failure"),
            *("e2e-takes-missing-pp", "e2e-takes-other-strings", "e2e-takes-any-order"),
            *("e2e-takes-any-tag", "e2e-takes-empty-lists", "e2e-takes-any-asso-id"),
            *("e2e-tells-no-form-from-signature", "e2e-takes-any-form-of-time"),
            *("e2e-form-of-time-is-a-time", "e2e-no-time-no-reason"),
        ),
        server=("e2e-takes-enumerated-groups", "e2e-takes-groups-twice"),
    ),
    "2": Row(("e2e-takes-any-signature-algorithm", "e2e-signature-algorithm-no-reason")),
    "3": Row(
        (
            *("e2e-overlooks-sigalg", "e2e-tells-algorithm-mismatch", "e2e-tells-key-mismatch"),
            *("e2e-takes-key-mismatch-for-invalid", "e2e-compares-known-sigalg"),
        )
    ),
    "4": Row(
        (
            *("e2e-takes-any-signature", "e2e-tells-invalid-signature", "e2e-believes-version-first"),
            *("e2e-believes-time-first", "e2e-logs-signatures-as-failure", "e2e-takes-out-of-signatures"),
            *("e2e-takes-what-was-made-weaker", "e2e-tells-of-downgrade", "e2e-logs-no-downgrade"),
            *("e2e-verifies-nothing-over-tls", "e2e-verifies-no-brainpool"),
            *("e2e-verifies-no-modp-handshakes", "e2e-verifies-no-handshakes-with-roles"),
            "e2e-takes-plain-signatures",
        )
    ),
    "5": Row(
        (
            *("e2e-takes-any-protocol", "e2e-takes-protocols-in-small-letters"),
            *("e2e-takes-protocols-by-their-beginning", "e2e-protocol-no-reason", "e2e-reads-any-hyphen"),
        )
    ),
    "6": Row(
        (
            *("e2e-knows-no-annex-g", "e2e-rules-no-reason", "e2e-logs-rules-as-failure"),
            *("e2e-takes-expired-certificates", "e2e-expired-is-a-protocol-error"),
            *("e2e-takes-certificates-to-come", "e2e-to-come-is-a-protocol-error"),
            *("e2e-takes-revoked-certificates", "e2e-revoked-is-a-protocol-error"),
            *("e2e-takes-strangers", "e2e-strangers-is-a-protocol-error", "e2e-takes-forged-certificates"),
            *("e2e-logs-certificate-alarms-as-failure", "e2e-takes-expired-keys-on-curves"),
        )
    ),
    "6, Annex G": Row(
        (
            *("e2e-takes-large-certificates", "e2e-takes-certificates-of-version-1"),
            *("e2e-takes-short-keys", "e2e-takes-any-curve", "e2e-takes-negative-serials"),
            *("e2e-takes-short-serials", "e2e-takes-mixed-algorithms", "e2e-takes-weak-hashes"),
            *("e2e-takes-unique-ids", "e2e-takes-certificates-without-key-usage"),
            *("e2e-takes-certificates-not-for-signatures", "e2e-takes-certificates-not-for-key-agreement"),
            *("e2e-takes-certificates-without-revocation", "e2e-takes-crls-for-some-reasons"),
            *("e2e-takes-certificates-of-authorities", "e2e-takes-unknown-critical-extensions"),
            *("e2e-takes-that-of-tls", "e2e-takes-any-subject"),
        )
    ),
    "7": Row(
        (
            *("e2e-takes-any-links", "e2e-links-no-reason", "e2e-takes-more-in-path"),
            *("e2e-path-no-reason", "e2e-takes-anything-in-path", "e2e-unreadable-path-no-reason"),
            "e2e-logs-paths-as-failure",
        )
    ),
    "8": Row(
        (
            *("e2e-takes-any-address", "e2e-tells-address", "e2e-logs-identity-as-failure"),
            *("e2e-compares-titles-by-their-beginning", "e2e-compares-ae-qualifiers"),
        ),
        server=("e2e-compares-titles-by-their-end",),
    ),
    "9": Row(("e2e-takes-any-version", "e2e-version-no-reason")),
    "10": Row(
        (
            *("e2e-takes-any-time", "e2e-window-of-eleven-minutes", "e2e-takes-times-to-come"),
            *("e2e-takes-times-of-other-days", "e2e-window-no-reason", "e2e-window-in-32-bits"),
            *("e2e-logs-times-as-failure", "e2e-content-with-notes"),
        )
    ),
    "11": Row(
        server=("e2e-takes-replays", "e2e-tells-replay", "e2e-logs-replays-as-failure"),
        client=("e2e-one-number-and-no-memory", "e2e-one-number-and-a-word"),
    ),
    "12": Row(
        ("e2e-logs-no-group",),
        server=("e2e-takes-any-group", "e2e-unsupported-group-as-protocol-error"),
        client=(
            *("e2e-takes-first-of-groups", "e2e-takes-groups-not-offered"),
            *("e2e-illegal-group-as-not-supported", "e2e-takes-a-group-listed-twice"),
        ),
    ),
    "13": Row(
        (
            *("e2e-takes-any-public-value", "e2e-takes-p-minus-1", "e2e-takes-values-above-p"),
            *("e2e-makes-no-curve-test", "e2e-takes-infinity", "e2e-bad-value-as-no-reason"),
            "e2e-logs-no-bad-value",
        )
    ),
    "14": Row(("e2e-takes-any-hmac", "e2e-reads-hmac-without-parameters", "e2e-logs-no-algorithm")),
    "15": Row(server=("e2e-without-ae",), client=Reason.OTHER_ROLE),
    "16": Row(
        server=("e2e-wants-no-encryption-and-takes-it", "e2e-says-required-for-not-required"),
        client=Reason.OTHER_ROLE,
    ),
    "17": Row(server=("e2e-takes-any-ae", "e2e-ae-algorithms-as-mode"), client=Reason.OTHER_ROLE),
    "18": Row(
        server=("e2e-requires-ae-and-takes-others", "e2e-required-ae-as-not-used"), client=Reason.OTHER_ROLE
    ),
    "19": Row(server=("e2e-wants-no-encryption-and-takes-it",), client=Reason.OTHER_ROLE),
    "20": Row(
        server=("e2e-takes-any-encryption", "e2e-takes-any-icv", "e2e-mixes-up-encryption-and-icv"),
        client=Reason.OTHER_ROLE,
    ),
    "21": Row(
        server=Reason.OTHER_ROLE,
        client=(
            *("e2e-takes-other-mode-for-ae", "e2e-takes-ae-unasked", "e2e-takes-first-of-algorithms"),
            *("e2e-several-algorithms-as-invalid", "e2e-takes-algorithms-not-offered"),
            *("e2e-invalid-algorithms-as-not-supported", "e2e-other-mode-as-protocol-error"),
        ),
    ),
    "22": Row(
        server=Reason.OTHER_ROLE,
        client=(
            *("e2e-takes-first-of-algorithms", "e2e-takes-algorithms-not-offered"),
            *("e2e-takes-encryption-unasked", "e2e-goes-on-unencrypted"),
        ),
    ),
    "23": Row(
        (
            *("e2e-does-not-look-at-conf-params", "e2e-fits-conf-params-to-nothing"),
            *("e2e-requires-encryption-and-takes-none", "e2e-says-not-required-for-required"),
            "e2e-logs-no-mode",
        )
    ),
    "24": Row(("e2e-takes-any-role", "e2e-roles-no-reason", "e2e-logs-roles-as-failure")),
}
"""The checks on handshakes, by their numbers in clause 14."""

SENTENCES: Final[Mapping[str, Row]] = {
    "an alarm carries no diagnostic": Row(
        ("e2e-alarms-give-no-reason", "e2e-tells-invalid-signature", "e2e-tells-algorithm-mismatch")
    ),
    "a refusal is a SecPDU in order": Row(
        (
            *("e2e-signs-refusals-wrongly", "e2e-refuses-in-no-name", "e2e-refuses-at-one-time"),
            "e2e-integers-for-diagnostics",
        ),
        server=("e2e-rejects-without-number",),
        client=(
            *("e2e-aborts-with-its-number", "e2e-aborts-with-one-number"),
            "e2e-aborts-with-any-number",
        ),
    ),
    "a refusal is carried as a reject or an abort": Row(
        server=(
            *("e2e-rejects-for-now", "e2e-rejects-as-provider"),
            "e2e-rejects-with-the-diagnostic-of-acceptance",
        ),
        client=("e2e-aborts-as-provider",),
    ),
    "a rejection ends the association": Row(server=Reason.OTHER_ROLE, client=("e2e-waits-after-rejection",)),
    "the signature covers the content of tbs": Row(("e2e-signs-the-whole-tbs",)),
    "numbers of both sides": Row(
        ("e2e-leading-zero-in-association-number",),
        server=("e2e-one-number-for-all", "e2e-turns-numbers-round", "e2e-keeps-numbers-taken"),
    ),
    "associations with several partners": Row(
        server=("e2e-one-association-only", "e2e-no-limit-of-associations"), client=Reason.OTHER_ROLE
    ),
    "initiate in the handshake": Row(("e2e-initiate-forgotten",)),
    "a client asks for an association": Row(server=Reason.OTHER_ROLE, client=("e2e-client-never-asks",)),
    "one's own certificate": Row(
        ("e2e-shows-the-certificate-of-tls", "e2e-rsa-with-sha1", "e2e-ecdsa-with-sha384")
    ),
    "fresh public values": Row(("e2e-one-key-pair-for-all",)),
    "confParams of either side": Row(("e2e-protection-the-other-way", "e2e-states-wrong-protection")),
    "hmac is repeated": Row(("e2e-another-hmac", "e2e-hmac-as-icv"), server=("e2e-own-hmac-selected",)),
    "the accept selects one": Row(server=("e2e-accepts-two",), client=Reason.OTHER_ROLE),
    "groups": Row(
        (
            *("e2e-without-group-14", "e2e-without-group-23", "e2e-without-group-28"),
            "e2e-takes-19-for-a-modp-group",
        ),
        server=("e2e-answers-19-by-23", "e2e-takes-19-and-23-for-one"),
        client=("e2e-point-off-the-curve",),
    ),
    "kinds of keys": Row(
        (
            *("e2e-without-rsa-partners", "e2e-without-secp256r1-partners"),
            *("e2e-without-brainpool-partners", "e2e-no-rsa-beside-brainpool"),
        )
    ),
    "algorithms": Row(
        (
            *("e2e-without-aes128-gcm", "e2e-without-aes256-gcm", "e2e-without-aes128-cbc"),
            *("e2e-without-aes256-cbc", "e2e-without-hmac-as-icv", "e2e-without-aes128-gmac"),
            "e2e-without-aes256-gmac",
        ),
        client=("e2e-offers-less-than-claimed",),
    ),
    "modes and settings": Row(
        ("e2e-without-ae", "e2e-without-separate-encryption", "e2e-without-icv-alone"),
        client=("e2e-client-goes-against-its-settings",),
    ),
    "what is beneath takes nothing away": Row(
        (
            *("comb-native-mode-over-tls-only", "comb-native-mode-without-tls-only"),
            *("e2e-verifies-nothing-over-tls", "e2e-insists-on-protection-by-tls"),
        )
    ),
    "an ICV alone takes nothing away": Row(("e2e-checks-little-in-clear",)),
    "subject, role extension and size of certificates are read": Row(
        ("e2e-titles-as-identifiers-only", "e2e-no-role-extension", "e2e-small-buffer")
    ),
}
"""Sentences about handshakes beside the checks."""

ROWS: Final[Mapping[str, Row]] = {**{f"row {number}": row for number, row in HANDSHAKE.items()}, **SENTENCES}
