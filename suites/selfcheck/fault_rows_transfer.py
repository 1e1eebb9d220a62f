"""What the pages ask of data, keys and endings of native mode, and the faulty devices that do not keep to it.

A row is a check of clause 14, a decision on details, or a sentence about keys and protection. For each role
it names faulty devices that a case finds, or why there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conform62351.suites.selfcheck.fault_rows import Reason, Row

TRANSFER: Final[Mapping[str, Row]] = {
    "1": Row(
        (
            *("e2e-data-undecodable-passed-over", "e2e-data-undecodable-without-reason"),
            *("e2e-data-seq-negative", "e2e-data-any-assoid", "e2e-data-any-time-form"),
            *("e2e-data-of-its-own-number", "e2e-data-of-a-longer-assoid", "e2e-data-of-any-association"),
        )
    ),
    "2": Row(
        (
            *("e2e-data-clear-beside-ae", "e2e-data-clear-or-encrypted", "e2e-data-encrypted-or-clear"),
            *("e2e-data-kinds-mixed-up", "e2e-data-encryption-as-protocol-error"),
        ),
        client=("e2e-reports-in-clear-taken",),
    ),
    "3": Row(("e2e-data-without-authenticator",), client=("e2e-data-clear-without-authenticator",)),
    "4": Row(("e2e-icv-by-any-algorithm", "e2e-icv-algorithm-told")),
    "5": Row(
        (
            *("e2e-data-nonce-of-zeros", "e2e-data-nonce-as-protocol-error"),
            *("e2e-data-iv-of-zeros", "e2e-data-iv-as-protocol-error"),
            *("e2e-data-gcm-iv-of-zeros", "e2e-data-gcm-iv-as-protocol-error"),
        )
    ),
    "6": Row(
        (
            *("e2e-icv-not-verified", "e2e-icv-told", "e2e-icv-as-long-as-it-is"),
            *("e2e-icv-by-its-end", "e2e-icv-by-its-beginning", "e2e-icv-of-zeros"),
            *("e2e-icv-at-first", "e2e-icv-not-after-refresh", "e2e-icv-not-beside-rekey"),
            *("e2e-icv-not-of-long-data", "e2e-data-believed-before-icv"),
        ),
        client=("e2e-icv-not-of-reports",),
    ),
    "6a": Row(
        (
            *("e2e-padding-without-word", "e2e-padding-without-reason"),
            *("e2e-padding-told-apart", "e2e-padding-before-icv"),
        )
    ),
    "7": Row(
        (
            *("e2e-data-of-any-time", "e2e-data-time-as-protocol-error", "e2e-data-window-at-first"),
            *("e2e-data-unchecked-with-separate-icv", "e2e-data-window-of-five-minutes"),
        )
    ),
    "8": Row(
        (
            *("e2e-data-replayed", "e2e-data-replay-told", "e2e-data-last-time-only"),
            "e2e-data-sequence-begins-anew",
        ),
        client=("e2e-reports-again",),
    ),
    "9": Row(
        (
            *("e2e-data-time-goes-back", "e2e-data-order-as-sequence-number", "e2e-data-times-in-seconds"),
            *("e2e-data-lost", "e2e-data-sequence-as-protocol-error", "e2e-seq-of-one-bit"),
        ),
        server=("e2e-one-sequence-both-ways",),
    ),
    "10": Row(
        server=("e2e-rekey-whenever", "e2e-second-rekey-as-protocol-error"),
        client=("e2e-rekey-from-server", "e2e-rekey-from-server-unexpected"),
    ),
    "11": Row(
        server=("e2e-changed-keys-from-client",),
        client=("e2e-changed-keys-unasked", "e2e-changed-keys-as-protocol-error"),
    ),
    "12": Row(
        server=(
            *("e2e-rekey-requested-by-client", "e2e-rekey-in-any-group"),
            *("e2e-rekey-of-any-value", "e2e-rekey-value-without-reason"),
        ),
        client=Reason.OTHER_ROLE,
    ),
}
"""The checks on data, by their numbers in clause 14."""

ENDINGS: Final[Mapping[str, Row]] = {
    "1": Row(
        (
            *("e2e-ending-takes-what-does-not-decode", "e2e-ending-takes-any-association"),
            *("e2e-ending-takes-no-times", "e2e-ending-passes-over-strange-ones"),
        )
    ),
    "2": Row(("e2e-ending-takes-any-algorithm",)),
    "3": Row(
        (
            *("e2e-ending-overlooks-algorithm", "e2e-ending-overlooks-sigalg"),
            "e2e-ending-overlooks-key-kind",
        )
    ),
    "4": Row(
        (
            "e2e-ending-takes-any-signature",
            "e2e-ending-unreadable-certificates",
            "e2e-ending-data-not-verified",
        )
    ),
    "6": Row(
        (
            *("e2e-ending-takes-any-certificate", "e2e-ending-trusts-anybody", "e2e-ending-takes-expired"),
            *("e2e-ending-takes-early", "e2e-ending-takes-revoked", "e2e-ending-takes-untrusted"),
        )
    ),
    "7": Row(
        (
            *("e2e-ending-takes-any-path", "e2e-ending-takes-unreadable-paths"),
            "e2e-ending-takes-superfluous",
        )
    ),
    "8": Row(("e2e-ending-takes-anybody",)),
    "9": Row(("e2e-ending-takes-any-version",)),
    "10": Row(("e2e-ending-takes-any-time",)),
    "11": Row(
        ("e2e-ending-takes-replays", "e2e-ending-from-anywhere", "e2e-ending-from-anywhere-not-logged")
    ),
}
"""The checks on ClearToken3 of rejects, aborts and releases, by their numbers in clause 14."""

DECISIONS: Final[Mapping[str, Row]] = {
    "1 content octets as received": Row(("e2e-no-indefinite-length",)),
    "3 an explicit FALSE is read": Row(("e2e-no-explicit-false",)),
    "5 extensions are ignored": Row(("e2e-no-extensions-of-tbp",)),
    "8 an agreed identifier is repeated": Row(("e2e-names-the-hash-for-the-icv",)),
    "9 public values of a rekey": Row(
        server=("e2e-rekey-of-any-value", "e2e-no-rekey-on-brainpool"),
        client=("e2e-rekey-under-another-number",),
    ),
    "10 times in other forms are read": Row(("e2e-no-comma-in-time", "e2e-data-any-time-form")),
    "12 assoID is compared as text": Row(("e2e-data-of-its-own-number", "e2e-data-of-a-longer-assoid")),
    "13 lengths of nonce and iv": Row(("e2e-gmac-nonce-of-twelve-octets", "e2e-iv-in-clear-refused")),
    "19 an idle association stays": Row(("e2e-association-timer-not-stopped",)),
    "21 data outside protection": Row(
        ("e2e-data-in-any-context", "e2e-data-outside-protection-not-logged"),
        server=("e2e-reports-past-protection",),
        client=("e2e-reports-past-protection-taken",),
    ),
    "21 an SPDU out of place": Row(
        ("e2e-inopportune-passed-over", "e2e-inopportune-confused"),
        server=("e2e-inopportune-passed-over-at-once",),
    ),
    "23 assoID of token3": Row(
        ("e2e-aborts-data-of-its-number",),
        server=("e2e-endings-of-the-latest",),
    ),
    "29 no time is signed twice": Row(
        ("e2e-aborts-data-prepared", "e2e-endings-at-the-time-of-the-handshake")
    ),
    "31 time and seq of a sender": Row(
        (
            *("e2e-seq-from-one", "e2e-one-count-for-all-associations", "e2e-count-begins-under-new-keys"),
            "e2e-data-time-stands-still",
        )
    ),
    "32 a fault ends the association, and that one": Row(
        server=(
            *("e2e-carried-out-before-checked", "e2e-alarm-for-all-associations"),
            "e2e-locked-by-an-alarm",
        ),
        client=Reason.NOT_VISIBLE,
    ),
    "32 a PrPDU that does not decode": Row(("e2e-decoding-is-security",)),
    "33 rekey, reqRekey and changedKey ride on data": Row(
        server=("e2e-never-asks-for-keys", "e2e-changed-key-in-every-message", "e2e-old-keys-for-ever"),
        client=("e2e-rekey-never-sent", "e2e-client-keys-never-change"),
    ),
    "33 which keys verify": Row(
        server=(
            *("e2e-old-keys-gone-at-once", "e2e-keys-of-the-handshake-kept"),
            "e2e-reports-under-old-keys",
        ),
        client=("e2e-changed-key-at-once", "e2e-rekey-sent-twice", "e2e-rekey-whenever-asked"),
    ),
    "34 asked again, or meanwhile": Row(
        server=("e2e-rekey-before-it-was-asked-for",), client=("e2e-asked-once-is-enough",)
    ),
    "34 a rekey that does not come": Row(server=("e2e-waits-for-keys-for-ever",), client=Reason.OTHER_ROLE),
    "34 each refresh begins anew": Row(
        server=("e2e-rekey-in-the-first-message", "e2e-one-set-of-new-keys"),
        client=("e2e-rekey-with-the-key-of-the-handshake",),
    ),
    "35 a release is answered, as it came": Row(
        ("e2e-conclude-response-to-nothing", "e2e-conclude-dropped", "e2e-release-without-secpdu")
    ),
    "35 both ask for the release": Row(("e2e-collision-not-answered", "e2e-waits-for-its-conclude")),
    "35 data behind a ReleaseReq": Row(("e2e-data-after-release-aborted",)),
    "35 a ReleaseReq at fault": Row(
        (
            *("e2e-release-request-no-reason", "e2e-release-request-tells-alarm"),
            "e2e-release-request-other-reason",
        )
    ),
    "35 a conclude, and what comes meanwhile": Row(
        server=("e2e-deaf-after-conclude", "e2e-release-writes"), client=("e2e-concludes-twice",)
    ),
    "36 an ApplicationReject is permanent": Row(
        server=("e2e-no-initiate-rejected-for-now",), client=Reason.OTHER_ROLE
    ),
    "46 faults found are logged": Row(
        (
            *("e2e-clear-data-errors-not-logged", "e2e-encrypted-data-errors-not-logged"),
            *("e2e-clear-data-alarms-not-logged", "e2e-encrypted-data-alarms-not-logged"),
        )
    ),
    "46 diagnostics received are logged": Row(("e2e-told-not-logged", "e2e-told-as-protocol-error")),
}
"""Decisions on details, by their numbers and a word of them."""

SENTENCES: Final[Mapping[str, Row]] = {
    "keys of each direction": Row(
        ("e2e-aes128-key-backwards", "e2e-keys-of-the-other-direction", "e2e-one-key-both-ways")
    ),
    "keys and times of each association": Row(
        server=("e2e-one-memory-of-times", "e2e-data-of-the-latest", "e2e-one-set-of-new-keys"),
        client=Reason.NOT_STEERED,
    ),
    "a fresh iv or nonce in each message": Row(
        (
            *("e2e-one-iv-for-all-data", "e2e-nonce-counter-of-two-bits", "e2e-fixed-cbc-iv"),
            "e2e-fixed-gmac-nonce",
        ),
        server=("e2e-nonce-counter-of-an-octet", "e2e-reports-with-the-last-iv"),
    ),
    "a random iv of AES-CBC": Row(
        ("e2e-cbc-iv-chained", "e2e-cbc-iv-counted"), server=("e2e-cbc-iv-of-the-request",)
    ),
    "members of the other role": Row(("e2e-members-of-the-other-role",)),
    "SecPDUs are BER": Row(
        ("e2e-seq-with-a-zero-in-front",), server=("e2e-second-seq-with-a-zero-in-front",)
    ),
    "reports are data": Row(
        server=("e2e-reports-without-keys", "e2e-reports-without-icv"), client=("e2e-answers-only",)
    ),
    "data of any length, for any time": Row(("e2e-small-buffer-for-data", "e2e-memory-of-forty-times")),
    "aborts are sent and heard": Row(
        (
            *("e2e-aborts-not-heard", "e2e-aborts-without-secpdu"),
            *("e2e-aborts-data-unsigned", "e2e-aborts-data-without-v1"),
        )
    ),
}
"""What else the page on native mode says of data, keys and endings."""

ROWS: Final[Mapping[str, Row]] = {
    **{f"data {number}": row for number, row in TRANSFER.items()},
    **{f"token3 {number}": row for number, row in ENDINGS.items()},
    **{f"decision {words}": row for words, row in DECISIONS.items()},
    **SENTENCES,
}
