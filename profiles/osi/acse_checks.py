"""What is checked on APDUs, in order (ITU-T X.227; 11-decisions 18, 20, 21 as far as plain MMS goes).

An APDU that does not decode, or with user information that cannot be used, ends in an ABRT; an AARQ that asks
for what is not here is answered with a rejecting AARE. In a REFUSE, DISCONNECT or ABORT nothing is worth more
than a note: the association is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from conform62351.profiles.osi.acse_shared_checks import ENVIRONMENT, shared_steps, user_abort
from conform62351.profiles.osi.apdu import (
    AARE,
    AARQ,
    ABORT_BY_PROVIDER,
    ABORT_BY_USER,
    ABRT,
    ACCEPTED,
    CALLED_AE_QUALIFIER,
    CALLED_AP_TITLE,
    CALLING_AE_QUALIFIER,
    CALLING_AP_TITLE,
    CONTEXT_NAME_NOT_SUPPORTED,
    NO_COMMON_VERSION,
    NULL,
    PROVIDER,
    REJECTED_PERMANENT,
    REJECTED_TRANSIENT,
    RELEASE_REASONS,
    RLRE,
    RLRQ,
    USER,
    AeQualifier,
    ApTitle,
)
from conform62351.profiles.osi.inspection import (
    Inspection,
    abort,
    ber_steps,
    decodes,
    note,
    refuse,
    shown,
    step,
)
from conform62351.profiles.policy import CheckTable, Fault, Step

_FORM: Final = "X.227, 9"


def _protocol_error(detail: str) -> Fault:
    return abort(detail, source=ABORT_BY_PROVIDER)


def _reject(detail: str, diagnostic: int, source: int = USER) -> Fault:
    return refuse(detail, result=REJECTED_PERMANENT, source=source, diagnostic=diagnostic)


def _version_1(version: bytes | None) -> bool:
    return version is None or bool(version[1:] and version[1] & 0x80)


def _aarq_version(aarq: AARQ, _: Inspection[AARQ]) -> Fault | None:
    if _version_1(aarq.protocol_version):
        return None
    return _reject(f"protocol version {shown(aarq.protocol_version)}", NO_COMMON_VERSION, PROVIDER)


def _aare_version(aare: AARE, _: Inspection[AARE]) -> Fault | None:
    if _version_1(aare.protocol_version):
        return None
    return _protocol_error(f"protocol version {shown(aare.protocol_version)}")


def _context_name_present(apdu: AARQ | AARE, _: Inspection[Any]) -> Fault | None:
    return _protocol_error("no application context name") if apdu.application_context is None else None


def _context_name(aarq: AARQ, inspection: Inspection[AARQ]) -> Fault | None:
    own = inspection.situation.parameters.application_context
    if aarq.application_context == own:
        return None
    return _reject(f"application context {aarq.application_context}, here {own}", CONTEXT_NAME_NOT_SUPPORTED)


def _same_context_name(aare: AARE, inspection: Inspection[AARE]) -> Fault | None:
    asked = inspection.situation.parameters.application_context
    if aare.result != ACCEPTED or aare.application_context == asked:
        return None
    return user_abort(f"application context {aare.application_context}, asked for {asked}")


def _protocol_context(_: Any, inspection: Inspection[Any]) -> Fault | None:
    syntax = inspection.situation.parameters.protocol_syntax
    if inspection.situation.context_of(syntax) is not None:
        return None
    return user_abort(f"no presentation context is agreed for {syntax}")


def _accepted_context(aare: AARE, inspection: Inspection[AARE]) -> Fault | None:
    return _protocol_context(aare, inspection) if aare.result == ACCEPTED else None


def _title(
    what: str,
    found: ApTitle | AeQualifier | None,
    wanted: str | int | None,
    diagnostic: int,
    optional: bool,
) -> Fault | None:
    if wanted is None or found == wanted or (optional and found is None):
        return None
    value = shown(found) if isinstance(found, bytes) else found
    detail = f"{what} {'is missing' if found is None else value}, here {wanted} is expected"
    return _reject(detail, diagnostic)


def _calling_ap_title(aarq: AARQ, inspection: Inspection[AARQ]) -> Fault | None:
    wanted = inspection.situation.parameters.expected_calling.ap_title
    return _title("calling AP-title", aarq.calling_ap_title, wanted, CALLING_AP_TITLE, False)


def _calling_ae_qualifier(aarq: AARQ, inspection: Inspection[AARQ]) -> Fault | None:
    wanted = inspection.situation.parameters.expected_calling.ae_qualifier
    return _title("calling AE-qualifier", aarq.calling_ae_qualifier, wanted, CALLING_AE_QUALIFIER, False)


def _called_ap_title(aarq: AARQ, inspection: Inspection[AARQ]) -> Fault | None:
    wanted = inspection.situation.parameters.own_titles.ap_title
    return _title("called AP-title", aarq.called_ap_title, wanted, CALLED_AP_TITLE, True)


def _called_ae_qualifier(aarq: AARQ, inspection: Inspection[AARQ]) -> Fault | None:
    wanted = inspection.situation.parameters.own_titles.ae_qualifier
    return _title("called AE-qualifier", aarq.called_ae_qualifier, wanted, CALLED_AE_QUALIFIER, True)


def _aarq_title_forms(aarq: AARQ, _: Inspection[AARQ]) -> Fault | None:
    return _title_forms(
        aarq.called_ap_title, aarq.called_ae_qualifier, aarq.calling_ap_title, aarq.calling_ae_qualifier
    )


def _aare_title_forms(aare: AARE, _: Inspection[AARE]) -> Fault | None:
    return _title_forms(aare.responding_ap_title, aare.responding_ae_qualifier)


def _title_forms(*titles: ApTitle | AeQualifier | None) -> Fault | None:
    for title in titles:
        if isinstance(title, bytes):
            return note(f"a title that is no OBJECT IDENTIFIER or INTEGER: {shown(title)}")
        if title == "":
            return note("an AP-title that is an empty OBJECT IDENTIFIER")
    return None


def _responding_titles(aare: AARE, inspection: Inspection[AARE]) -> Fault | None:
    called = inspection.situation.parameters.called
    for what, found, sent in (
        ("AP-title", aare.responding_ap_title, called.ap_title),
        ("AE-qualifier", aare.responding_ae_qualifier, called.ae_qualifier),
    ):
        if None not in (found, sent) and found != sent and aare.result == ACCEPTED:
            return note(f"responding {what} {found!r} is not the called one, {sent}")
    return None


def _version_stated(apdu: AARQ | AARE, _: Inspection[Any]) -> Fault | None:
    return note("no protocol version, which stands for version 1") if apdu.protocol_version is None else None


def _result(aare: AARE, _: Inspection[AARE]) -> Fault | None:
    if aare.result in (ACCEPTED, REJECTED_PERMANENT, REJECTED_TRANSIENT):
        return None
    return _protocol_error("no result" if aare.result is None else f"result {aare.result} is not defined")


def _diagnostic(aare: AARE, _: Inspection[AARE]) -> Fault | None:
    if aare.diagnostic is None:
        return note("no diagnostic")
    if aare.result == ACCEPTED and (aare.diagnostic_source, aare.diagnostic) != (USER, NULL):
        return note(f"accepted with diagnostic {aare.diagnostic} of source {aare.diagnostic_source}")
    return None


def _carrier(aare: AARE, inspection: Inspection[AARE]) -> Fault | None:
    if inspection.carrier == "SES.AC" and aare.result in (REJECTED_PERMANENT, REJECTED_TRANSIENT):
        return note("a rejecting AARE in CPA in ACCEPT, its place is CPR in REFUSE")
    if inspection.carrier == "SES.RF" and aare.result == ACCEPTED:
        return note("an accepting AARE in REFUSE")
    return None


def _reason(apdu: RLRQ | RLRE, _: Inspection[Any]) -> Fault | None:
    if apdu.reason is None or apdu.reason in RELEASE_REASONS:
        return None
    return note(f"reason {apdu.reason} is not defined")


def _reason_stated(apdu: RLRQ | RLRE, _: Inspection[Any]) -> Fault | None:
    return note("no reason") if apdu.reason is None else None


def _abort_source(abrt: ABRT, _: Inspection[ABRT]) -> Fault | None:
    if abrt.source in (ABORT_BY_USER, ABORT_BY_PROVIDER):
        return None
    return note("no abort source" if abrt.source is None else f"abort source {abrt.source} is not defined")


def _begin(name: str, react: Callable[[str], Fault] = _protocol_error) -> tuple[Step[Inspection[Any]], ...]:
    prefix = f"ACSE.{name}"
    return (decodes(prefix, _FORM, "R", react), *ber_steps(prefix, _FORM))


AARQ_TABLE: Final = CheckTable(
    "ACSE.AARQ",
    (
        *_begin("AARQ"),
        step("ACSE.AARQ.5", "context-name-present", _FORM, "R", _context_name_present),
        step("ACSE.AARQ.6", "protocol-version", "X.227, 7.1", "R", _aarq_version),
        step("ACSE.AARQ.7", "context-name", f"{ENVIRONMENT}; X.227, 7.1", "I", _context_name),
        step("ACSE.AARQ.8", "protocol-context", ENVIRONMENT, "I", _protocol_context),
        step("ACSE.AARQ.9", "title-forms", _FORM, "F", _aarq_title_forms),
        step("ACSE.AARQ.10", "calling-AP-title", ENVIRONMENT, "I", _calling_ap_title),
        step("ACSE.AARQ.11", "calling-AE-qualifier", ENVIRONMENT, "I", _calling_ae_qualifier),
        step("ACSE.AARQ.12", "called-AP-title", ENVIRONMENT, "I", _called_ap_title),
        step("ACSE.AARQ.13", "called-AE-qualifier", ENVIRONMENT, "I", _called_ae_qualifier),
        *shared_steps("ACSE.AARQ", 14),
        step("ACSE.AARQ.21", "version-stated", _FORM, "I", _version_stated),
    ),
)
AARE_TABLE: Final = CheckTable(
    "ACSE.AARE",
    (
        *_begin("AARE"),
        step("ACSE.AARE.5", "context-name-present", _FORM, "R", _context_name_present),
        step("ACSE.AARE.6", "protocol-version", "X.227, 7.1", "R", _aare_version),
        step("ACSE.AARE.7", "result", _FORM, "R", _result),
        step("ACSE.AARE.8", "carrier", "X.226, 6.2; IEC 62351-4, 10", "F", _carrier),
        step("ACSE.AARE.9", "diagnostic", _FORM, "R", _diagnostic),
        step("ACSE.AARE.10", "context-name", ENVIRONMENT, "I", _same_context_name),
        step("ACSE.AARE.11", "protocol-context", ENVIRONMENT, "I", _accepted_context),
        step("ACSE.AARE.12", "title-forms", _FORM, "F", _aare_title_forms),
        step("ACSE.AARE.13", "responding-titles", ENVIRONMENT, "I", _responding_titles),
        *shared_steps("ACSE.AARE", 14),
        step("ACSE.AARE.21", "version-stated", _FORM, "I", _version_stated),
    ),
)
RLRQ_TABLE: Final = CheckTable(
    "ACSE.RLRQ",
    (
        *_begin("RLRQ"),
        step("ACSE.RLRQ.5", "reason", _FORM, "R", _reason),
        step("ACSE.RLRQ.6", "reason-stated", _FORM, "I", _reason_stated),
    ),
)
RLRE_TABLE: Final = CheckTable(
    "ACSE.RLRE",
    (
        *_begin("RLRE", note),
        step("ACSE.RLRE.5", "reason", _FORM, "R", _reason),
        step("ACSE.RLRE.6", "reason-stated", _FORM, "I", _reason_stated),
    ),
)
ABRT_TABLE: Final = CheckTable(
    "ACSE.ABRT", (*_begin("ABRT", note), step("ACSE.ABRT.5", "source", _FORM, "R", _abort_source))
)

TABLES: Final[dict[str, CheckTable[Inspection[Any]]]] = {
    table.name: table for table in (AARQ_TABLE, AARE_TABLE, RLRQ_TABLE, RLRE_TABLE, ABRT_TABLE)
}
