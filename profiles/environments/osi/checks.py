"""What native mode checks on the PDUs beneath its own, in order (IEC 62351-4, 15; 11-decisions 20 and 21, I).

The tables of session and ACSE keep their names and most of their steps; those of native mode, called
``E2E.OSI.*``, stand among them. In what ends an association in any case nothing is worth more than a note.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from conform62351.profiles.osi import acse_checks, session_checks
from conform62351.profiles.osi.acse_shared_checks import ENVIRONMENT, user_abort
from conform62351.profiles.osi.apdu import (
    AARE,
    AARQ,
    ABRT,
    ACCEPTED,
    CALLING_AE_QUALIFIER,
    CALLING_AP_TITLE,
    REJECTED_PERMANENT,
    RLRE,
    RLRQ,
    USER,
    UserInformation,
)
from conform62351.profiles.osi.encodings import SINGLE_ASN1_TYPE
from conform62351.profiles.osi.inspection import Inspection, note, refuse, step
from conform62351.profiles.osi.parameters import BER_SYNTAX, MMS_SYNTAX
from conform62351.profiles.osi.spdu import DisconnectSpdu, FinishSpdu
from conform62351.profiles.policy import CheckTable, Fault, Step

PREFIX: Final = "E2E.OSI"
INITIATE_RESPONSE: Final = b"\xa9"
"""The tag of initiate-Response, as HandshakeAcc carries it."""

_Steps = tuple[Step[Inspection[Any]], ...]
_Carrying = AARE | RLRQ | RLRE | ABRT


def _mms_context(_: Any, inspection: Inspection[Any]) -> Fault | None:
    if inspection.situation.context_of(MMS_SYNTAX) is not None:
        return None
    return user_abort(f"no presentation context is agreed for {MMS_SYNTAX}")


def _mms_context_if_accepted(aare: AARE, inspection: Inspection[AARE]) -> Fault | None:
    return _mms_context(aare, inspection) if aare.result == ACCEPTED else None


def _calling_ap_title(aarq: AARQ, _: Inspection[AARQ]) -> Fault | None:
    if isinstance(aarq.calling_ap_title, str) and aarq.calling_ap_title:
        return None
    return _no_title("calling AP-title", CALLING_AP_TITLE)


def _calling_ae_qualifier(aarq: AARQ, _: Inspection[AARQ]) -> Fault | None:
    if isinstance(aarq.calling_ae_qualifier, int):
        return None
    return _no_title("calling AE-qualifier", CALLING_AE_QUALIFIER)


def _no_title(what: str, diagnostic: int) -> Fault:
    detail = f"no {what}, or none that is an OBJECT IDENTIFIER and an INTEGER"
    return refuse(detail, result=REJECTED_PERMANENT, source=USER, diagnostic=diagnostic)


def _responding_ap_title(aare: AARE, inspection: Inspection[AARE]) -> Fault | None:
    called = inspection.situation.parameters.called.ap_title
    if aare.result != ACCEPTED or aare.responding_ap_title == called:
        return None
    return user_abort(f"responding AP-title {aare.responding_ap_title!r}, called was {called}")


def _responding_ae_qualifier(aare: AARE, inspection: Inspection[AARE]) -> Fault | None:
    called = inspection.situation.parameters.called.ae_qualifier
    if aare.result != ACCEPTED or aare.responding_ae_qualifier == called:
        return None
    return user_abort(f"responding AE-qualifier {aare.responding_ae_qualifier!r}, called was {called}")


def _no_authentication(apdu: AARQ | AARE, _: Inspection[Any]) -> Fault | None:
    members = {
        "requirements": apdu.requirements,
        "mechanism name": apdu.mechanism_name,
        "authentication value": apdu.authentication_value,
    }
    found = [name for name, value in members.items() if value is not None]
    return user_abort(f"authentication of ACSE beside native mode: {', '.join(found)}") if found else None


def _information(apdu: _Carrying) -> UserInformation | None:
    """Return the user information to look at, None where there need be none and is none.

    That of an accepting AARE is a matter of ACSE's own steps.
    """
    if isinstance(apdu, RLRQ | RLRE):
        return apdu.user_information or ()
    if isinstance(apdu, AARE) and apdu.result == ACCEPTED:
        return None
    return apdu.user_information


def _user_information(name: str, first: int, react: Callable[[str], Fault]) -> _Steps:
    """Return the steps on the EXTERNAL that holds a SecPDU, numbered from ``first``."""

    def count(apdu: _Carrying, _: Inspection[Any]) -> Fault | None:
        found = _information(apdu)
        if found is None or len(found) == 1:
            return None
        return react(f"{len(found)} EXTERNALs in the user information in place of one")

    def encoding(apdu: _Carrying, _: Inspection[Any]) -> Fault | None:
        for external in _information(apdu) or ():
            if external.encoding != SINGLE_ASN1_TYPE:
                return react(f"an EXTERNAL {external.encoding}")
        return None

    def direct_reference(apdu: _Carrying, _: Inspection[Any]) -> Fault | None:
        for external in _information(apdu) or ():
            if external.direct_reference not in (None, BER_SYNTAX):
                return react(f"an EXTERNAL with direct reference {external.direct_reference}")
        return None

    def no_direct_reference(apdu: _Carrying, _: Inspection[Any]) -> Fault | None:
        for external in _information(apdu) or ():
            if external.direct_reference is not None:
                return note(f"direct reference {external.direct_reference} beside the indirect one")
        return None

    def indirect_reference(apdu: _Carrying, inspection: Inspection[Any]) -> Fault | None:
        wanted = inspection.situation.protocol_context
        for external in _information(apdu) or ():
            if external.indirect_reference != wanted:
                found = external.indirect_reference
                return react(f"an EXTERNAL with indirect reference {found} in place of {wanted}")
        return None

    tests = (
        ("one-EXTERNAL", "I", count),
        ("single-ASN1-type", "I", encoding),
        ("direct-reference", "I", direct_reference),
        ("no-direct-reference", "F", no_direct_reference),
        ("indirect-reference", "N", indirect_reference),
    )
    return tuple(
        step(f"{PREFIX}.{name}.{number}", label, ENVIRONMENT, provenance, test)
        for number, (label, provenance, test) in enumerate(tests, first)
    )


def _release_data(spdu: FinishSpdu, _: Inspection[FinishSpdu]) -> Fault | None:
    return None if spdu.user_data else user_abort("no RLRQ, and so no ReleaseReq")


def _answer_data(spdu: DisconnectSpdu, _: Inspection[DisconnectSpdu]) -> Fault | None:
    return None if spdu.user_data else note("no RLRE, and so no ReleaseRsp")


def _step(place: str, name: str, provenance: str, test: Callable[[Any, Any], Fault | None]) -> _Steps:
    return (step(f"{PREFIX}.{place}", name, ENVIRONMENT, provenance, test),)


def _with(
    table: CheckTable[Inspection[Any]], behind: Mapping[str, _Steps], without: Collection[str] = ()
) -> CheckTable[Inspection[Any]]:
    """Return a table with further steps ``behind`` some of its own, and ``without`` others."""
    steps: list[Step[Inspection[Any]]] = []
    for one in table.steps:
        if one.id not in without:
            steps.append(one)
        steps += behind.get(one.id, ())
    return CheckTable(table.name, tuple(steps))


AARQ_TABLE: Final = _with(
    acse_checks.AARQ_TABLE,
    {
        "ACSE.AARQ.8": _step("AARQ.1", "MMS-context", "N", _mms_context),
        "ACSE.AARQ.9": _step("AARQ.2", "calling-AP-title-present", "I", _calling_ap_title),
        "ACSE.AARQ.10": _step("AARQ.3", "calling-AE-qualifier-present", "I", _calling_ae_qualifier),
        "ACSE.AARQ.13": _step("AARQ.4", "no-authentication", "N", _no_authentication),
    },
    without=("ACSE.AARQ.14", "ACSE.AARQ.15"),
)
AARE_TABLE: Final = _with(
    acse_checks.AARE_TABLE,
    {
        "ACSE.AARE.11": _step("AARE.1", "MMS-context", "N", _mms_context_if_accepted),
        "ACSE.AARE.13": (
            *_step("AARE.2", "responding-AP-title", "I", _responding_ap_title),
            *_step("AARE.3", "responding-AE-qualifier", "I", _responding_ae_qualifier),
            *_step("AARE.4", "no-authentication", "N", _no_authentication),
        ),
        "ACSE.AARE.20": _user_information("AARE", 5, note),
    },
    without=("ACSE.AARE.13", "ACSE.AARE.14", "ACSE.AARE.15"),
)
RLRQ_TABLE: Final = _with(acse_checks.RLRQ_TABLE, {"ACSE.RLRQ.6": _user_information("RLRQ", 1, user_abort)})
RLRE_TABLE: Final = _with(acse_checks.RLRE_TABLE, {"ACSE.RLRE.6": _user_information("RLRE", 1, note)})
ABRT_TABLE: Final = _with(acse_checks.ABRT_TABLE, {"ACSE.ABRT.5": _user_information("ABRT", 1, note)})
FN_TABLE: Final = _with(
    session_checks.FN, {"SES.FN.8": _step("FN.1", "RLRQ-present", "N", _release_data)}, without=("SES.FN.8",)
)
DN_TABLE: Final = _with(
    session_checks.DN, {"SES.DN.7": _step("DN.1", "RLRE-present", "N", _answer_data)}, without=("SES.DN.7",)
)

TABLES: Final[Mapping[str, CheckTable[Inspection[Any]]]] = {
    table.name: table
    for table in (AARQ_TABLE, AARE_TABLE, RLRQ_TABLE, RLRE_TABLE, ABRT_TABLE, FN_TABLE, DN_TABLE)
}
"""The tables that native mode has in place of those of session and ACSE, by their names."""


def _number_free(in_use: bool) -> Fault | None:
    return note("the client has another association with this number open") if in_use else None


def _initiate_response(appl_data: bytes) -> Fault | None:
    if appl_data.startswith(INITIATE_RESPONSE):
        return None
    return user_abort("no initiate-Response in HandshakeAcc")


def _rekey_in_time(overdue: bool) -> Fault | None:
    return user_abort("the rekey that was asked for has not come in time") if overdue else None


REQ_TABLE: Final = CheckTable(
    f"{PREFIX}.REQ",
    (Step(f"{PREFIX}.REQ.1", "number-free", "IEC 62351-4, 13.1; 11-decisions 23", "I", _number_free),),
)
"""What is looked at in a HandshakeReq that has passed: whether its number is in use already."""
ACC_TABLE: Final = CheckTable(
    f"{PREFIX}.ACC",
    (Step(f"{PREFIX}.ACC.1", "initiate-Response", "11-decisions 28", "I", _initiate_response),),
)
"""What a client of MMS looks at in a HandshakeAcc that has passed: what it carries. ApplAbort answers it."""
REKEY_TABLE: Final = CheckTable(
    f"{PREFIX}.REKEY",
    (Step(f"{PREFIX}.REKEY.1", "rekey-limit", "11-decisions 34", "I", _rekey_in_time),),
)
"""Whether the rekey has come that a server has asked for. DtSecAbort answers one that has not."""
