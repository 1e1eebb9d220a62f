"""What the OSI stack and MMS are to do, sentence by sentence, and the faulty devices that do not do it.

``DECISIONS`` has decisions 15 to 22 as plain MMS meets them; of native mode see ``fault_rows_decisions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from conform62351.suites.selfcheck.fault_rows import Reason, Row

TRANSPORT: Final[Mapping[str, Row]] = {
    "TPKT: version 3, reserved 0, length": Row(
        (
            *("tpkt-reserved-octet-sent", "tpkt-length-without-header", "tpkt-version-not-checked"),
            *("tpkt-reserved-octet-drops-packet", "tpkt-packet-must-come-whole", "tpkt-one-packet-a-segment"),
        )
    ),
    "TPKT: 7 octets at least": Row(
        ("tpkt-length-not-checked", "tpkt-short-packet-skipped"), server=("tpkt-half-open-blocks-others",)
    ),
    "CR and CC": Row(
        server=(
            *("cotp-cc-chooses-class-2", "cotp-cc-reference-fixed", "cotp-reference-above-255-refused"),
            *("cotp-class-not-checked", "cotp-unknown-parameter-refused"),
        ),
        client=(
            *("cotp-cr-with-destination-reference", "cotp-cc-class-not-checked"),
            *("cotp-cc-reference-not-checked", "cotp-confirm-at-any-time"),
        ),
    ),
    "DR refuses a CR, release is by TCP": Row(("cotp-dr-at-the-end",), client=("cotp-dr-dropped",)),
    "DT F0, end of TSDU": Row(("cotp-dt-numbered", "cotp-segments-refused", "cotp-data-at-any-time")),
    "ER": Row(("cotp-er-dropped",)),
    "TPDUs that class 0 does not have": Row(
        (
            *("cotp-foreign-tpdu-dropped", "cotp-foreign-tpdu-answered-with-dr"),
            "cotp-foreign-tpdus-not-looked-for",
        )
    ),
    "TPDUs out of place": Row(
        ("cotp-data-before-connection-dropped", "cotp-stray-tpdu-dropped"),
        server=("cotp-second-cr-answered",),
    ),
    "lengths": Row(("cotp-malformed-tpdu-dropped", "cotp-form-not-checked")),
    "sizes": Row(
        ("cotp-buffer-of-8192", "cotp-size-not-kept", "cotp-size-not-enforced", "cotp-size-without-header"),
        server=("cotp-size-not-below-1024", "cotp-size-echoed", "cotp-preferred-size-exceeded"),
    ),
    "selectors": Row(
        server=("cotp-called-selector-not-checked", "cotp-called-selector-by-its-length"),
        client=("cotp-cr-calls-another-selector",),
    ),
}

SESSION: Final[Mapping[str, Row]] = {
    "identifiers of SPDUs": Row(("session-unknown-spdu-dropped", "session-identifiers-not-checked")),
    "data prefix": Row(
        ("session-data-prefix-long", "session-unreadable-data-dropped", "session-segments-taken-whole")
    ),
    "length indicators": Row(
        (
            *("session-lengths-never-short", "session-length-read-as-one-octet", "session-long-form-dropped"),
            *("session-lengths-not-looked-at", "session-extended-concatenation"),
        ),
        server=("session-length-cut-to-one-octet",),
    ),
    "version 2, duplex": Row(
        ("session-version-not-looked-at", "session-functional-units-not-looked-at"),
        server=("session-version-1-selected", "session-functional-units-not-negotiated"),
        client=("session-version-1-proposed", "session-half-duplex-proposed"),
    ),
    "selectors of up to 16 octets": Row(
        ("session-selector-of-17-octets",),
        server=("session-calling-selector-limited", "session-too-long-selector-dropped"),
    ),
    "what rides where": Row(
        ("session-parameters-misordered", "session-out-of-place-dropped", "session-connect-at-any-time"),
        server=(
            *("session-answers-at-any-time", "session-unknown-parameter-dropped"),
            *("session-tsdu-maximum-refused", "session-finish-without-disconnect-refused"),
        ),
    ),
    "user data of CONNECT, 512 and 10 240 octets": Row(
        server=(
            *("session-plain-user-data-limited", "session-group-194-ignored", "session-connect-data-limited"),
            "session-too-long-connect-dropped",
        ),
        client=("session-connect-data-always-in-194",),
    ),
    "user data of ACCEPT": Row(
        server=("session-length-cut-to-one-octet",), client=("session-accept-in-194-limited",)
    ),
}

PRESENTATION: Final[Mapping[str, Row]] = {
    "CP and CPA": Row(
        ("presentation-mode-x410",),
        server=(
            *("presentation-mode-must-come-first", "presentation-any-mode", "presentation-any-version"),
            "presentation-undecodable-connect-dropped",
        ),
        client=(
            *("presentation-mms-proposed-without-ber", "presentation-mode-of-the-answer-overlooked"),
            "presentation-version-of-the-answer-overlooked",
        ),
    ),
    "result list": Row(
        server=(
            *("presentation-no-result-list", "presentation-results-of-accepted-only"),
            *("presentation-results-sorted", "presentation-result-without-transfer-syntax"),
            *("presentation-every-context-accepted", "presentation-contexts-not-read"),
        ),
        client=("presentation-refused-mms-context-used", "presentation-refused-acse-used"),
    ),
    "transfer syntax BER": Row(
        ("presentation-indefinite-length-refused", "presentation-indefinite-length-sent"),
        server=("presentation-transfer-syntax-not-read", "presentation-first-transfer-syntax-only"),
        client=("presentation-syntax-of-the-answer-overlooked",),
    ),
    "numbers of contexts": Row(
        ("presentation-context-of-data-not-checked", "presentation-context-numbers-of-one-octet"),
        server=("presentation-context-numbers-built-in",),
        client=("presentation-context-number-not-kept-to",),
    ),
    "a third context": Row(server=("presentation-third-context-refuses-all",), client=Reason.OTHER_ROLE),
    "user data": Row(
        (
            *("presentation-values-octet-aligned", "presentation-read-beyond-the-end"),
            *("presentation-octets-behind-obeyed", "presentation-hostile-encoding-stops-all"),
            "presentation-several-values-close",
        ),
        server=("presentation-first-value-only",),
    ),
    "selectors": Row(
        server=("presentation-called-selector-not-checked", "presentation-called-selector-by-its-length"),
        client=("presentation-calls-another-selector",),
    ),
    "ARU and ARP": Row(("presentation-arp-dropped", "presentation-aru-with-list-dropped")),
}

ACSE: Final[Mapping[str, Row]] = {
    "protocol version": Row(
        ("acse-version-in-eight-bits", "acse-version-must-be-stated"),
        server=("acse-version-not-checked",),
        client=("acse-version-of-the-answer-overlooked",),
    ),
    "AARQ and AARE": Row(
        ("acse-read-beyond-the-end",),
        server=(
            *("acse-unknown-member-aborts", "acse-accepted-with-diagnostic", "acse-tag-not-read"),
            *("acse-undecodable-request-dropped", "acse-rejects-in-accept"),
        ),
        client=(
            *("acse-two-externals-sent", "acse-result-is-a-flag", "acse-result-not-read"),
            *("acse-undecodable-answer-dropped", "acse-rejection-aborted", "acse-lost-attempt-waited-for"),
        ),
    ),
    "authentication members": Row(
        ("acse-requirements-in-eight-bits",),
        server=("acse-authentication-closes", "acse-tags-of-aarq-in-aare"),
        client=("acse-confused-tags-close",),
    ),
    "EXTERNAL": Row(
        (
            *("acse-external-octet-aligned", "acse-direct-reference-aborts"),
            "acse-external-context-not-checked",
        ),
        server=(
            *("acse-direct-reference-stops-all", "acse-external-encoding-dropped"),
            "acse-externals-not-counted",
        ),
    ),
    "titles in one form": Row(
        ("acse-qualifier-in-name-form",),
        server=("acse-calling-title-demanded", "acse-empty-title-closes"),
        client=("acse-responding-title-demanded", "acse-calls-itself"),
    ),
    "ABRT": Row(("acse-abort-by-provider-dropped", "acse-abort-without-source", "acse-abort-not-sent")),
    "RLRQ and RLRE": Row(
        ("acse-disconnect-without-rlre", "acse-released-in-any-context"),
        server=("acse-release-answered-without-association", "acse-undecodable-release-dropped"),
        client=("acse-aborts-for-release",),
    ),
    "APDUs in their context": Row(
        ("acse-apdu-as-data-dropped",), server=("acse-apdu-in-own-context-dropped",)
    ),
}

MMS: Final[Mapping[str, Row]] = {
    "initiate": Row(
        ("mms-initiate-not-needed",),
        server=("mms-initiate-own-values", "mms-initiate-services-not-listed", "mms-initiate-repeated"),
        client=("mms-initiate-version-2",),
    ),
    "requests and responses": Row(
        ("mms-answers-to-nothing-taken", "mms-response-answered-with-error", "mms-reject-answered"),
        server=(
            *("mms-invoke-id-of-16-bits", "mms-reject-without-invoke-id", "mms-every-other-request-too-many"),
            *("mms-size-ignored", "mms-unknown-service-ends-it", "mms-unknown-services-dropped"),
            "mms-undecodable-unanswered",
        ),
        client=(
            *("mms-client-size-ignored", "mms-client-outstanding-ignored", "mms-client-one-invoke-id"),
            *("mms-client-service-not-claimed", "mms-client-response-ends-it", "mms-client-error-ends-it"),
            "mms-client-service-not-compared",
        ),
    ),
    "services": Row(
        server=(
            *("mms-services-missing", "mms-names-first-lost", "mms-names-nothing-follows"),
            *("mms-cancel-of-nothing", "mms-type-always-boolean", "mms-list-without-members"),
            *("mms-read-results-reversed", "mms-read-last-lost", "mms-read-components-reversed"),
            *("mms-write-not-done", "mms-write-type-not-checked", "mms-objects-made-up"),
        ),
        client=Reason.OTHER_ROLE,
    ),
    "informationReport": Row(
        server=("mms-report-never", "mms-report-while-disabled"), client=("mms-report-ends-client",)
    ),
    "conclude": Row(server=("mms-conclude-refused",), client=("mms-client-does-not-wait-for-conclude",)),
}

DECISIONS: Final[Mapping[str, Row]] = {
    "15 CN and AC": Row(
        ("session-parameters-misordered",),
        server=("env-called-selector-built-in", "session-called-selector-not-looked-at"),
        client=("presentation-calls-another-selector",),
    ),
    "16 RF": Row(
        server=(
            *("session-refuse-reason-without-data", "session-refuse-keeps-transport"),
            *("session-refuse-data-in-193", "presentation-cpr-without-results"),
        ),
        client=("session-refuse-reason-unknown", "presentation-cpr-by-provider-aborted"),
    ),
    "16 FN and DN": Row(
        server=("session-disconnect-in-194",),
        client=("session-finish-in-194", "session-finish-keeps-transport"),
    ),
    "16 AB, group 194": Row(
        (
            *("session-abort-keeps-transport", "session-abort-in-194", "session-group-194-dropped"),
            "presentation-context-list-in-every-abort",
        )
    ),
    "17 who closes": Row(
        ("session-never-closes", "session-abort-dropped", "session-bare-abort-dropped"),
        client=("session-disconnect-dropped", "session-refuse-dropped"),
    ),
    "17 no ABORT ACCEPT": Row(("session-abort-accepted", "session-abort-accept-answered")),
    "18 reasons": Row(
        ("acse-release-reason-user-defined", "acse-release-for-another-reason-aborted"),
        client=("acse-rlre-for-another-reason-dropped",),
    ),
    "19 limits": Row(
        ("env-answers-late", "env-garbage-stops-all"),
        server=(
            *(
                "env-association-timer-not-stopped",
                "env-one-association-only",
                "env-no-limit-of-associations",
            ),
            *("env-places-not-given-back", "env-abort-stops-all", "env-sockets-not-closed"),
        ),
        client=("env-waits-for-ever", "env-rejection-is-final"),
    ),
    "20 application context": Row(
        ("acse-abstract-syntax-for-context-name",),
        server=("acse-context-name-not-checked", "acse-nameless-request-accepted"),
        client=("acse-other-context-accepted", "acse-nameless-answer-accepted"),
    ),
    "20 titles": Row(
        server=(
            *("acse-called-titles-not-checked", "acse-called-titles-wrong-diagnostic"),
            *("acse-calling-titles-not-checked", "acse-called-title-by-its-beginning"),
            "acse-calling-title-by-its-last-arc",
        ),
        client=("acse-calls-itself",),
    ),
    "21 faults of the environment": Row(
        ("e2e-environment-any-context", "e2e-environment-any-reference", "e2e-environment-first-value")
    ),
    "22 titles of the association": Row(("e2e-takes-any-address",)),
}

ROWS: Final[Mapping[str, Row]] = {
    f"{layer} {words}": row
    for layer, rows in (
        ("transport", TRANSPORT),
        ("session", SESSION),
        ("presentation", PRESENTATION),
        ("ACSE", ACSE),
        ("MMS", MMS),
        ("decision", DECISIONS),
    )
    for words, row in rows.items()
}
