"""What is checked on SPDUs, in order (ITU-T X.225; 11-decisions 15 to 17).

A fault of form closes the connection without a word; an SPDU out of place is answered with an ABORT. In a
REFUSE, DISCONNECT or ABORT that can be read nothing is worth more than a note: the association is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from conform62351.profiles.osi.inspection import (
    Inspection,
    abort,
    close,
    decodes,
    deviation_step,
    note,
    refuse,
    shown,
    step,
)
from conform62351.profiles.osi.session import (
    LONG_LENGTH_INDICATOR,
    MISPLACED_PARAMETER,
    REPEATED_PARAMETER,
    UNKNOWN_PARAMETER,
)
from conform62351.profiles.osi.situation import State
from conform62351.profiles.osi.spdu import (
    DUPLEX,
    EXTENDED_USER_DATA,
    IMPLEMENTATION_RESTRICTION,
    MAX_PLAIN_USER_DATA,
    MAX_SELECTOR,
    REASON_CODE,
    REFUSE_REASONS,
    RELEASED,
    SELECTOR_UNKNOWN,
    USER_DATA,
    VERSION_2,
    VERSIONS_NOT_SUPPORTED,
    AbortSpdu,
    AcceptSpdu,
    ConnectSpdu,
    DataSpdu,
    DisconnectSpdu,
    FinishSpdu,
    RefuseSpdu,
)
from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step
from conform62351.profiles.role import Role
from conform62351.profiles.tlv import AnomalyCode

_SPDU_FORM: Final = "X.225, 8.2"
_PLACE: Final = "X.225, 7; IEC 62351-4, 15"
_EXPECTED: Final[dict[tuple[Role, State], tuple[str, ...]]] = {
    (Role.SERVER, State.CONNECTED): ("SES.CN",),
    (Role.CLIENT, State.ASSOCIATING): ("SES.AC", "SES.RF"),
    **{
        (role, state): spdus
        for role in Role
        for state, spdus in (
            (State.OPEN, ("SES.DT", "SES.FN")),
            (State.RELEASING, ("SES.DT", "SES.FN", "SES.DN")),
            (State.COLLISION, ("SES.DN",)),
        )
    },
}
"""SPDUs that have a place; ABORT has one in every state."""


def _place(_: Any, inspection: Inspection[Any]) -> Fault | None:
    situation = inspection.situation
    if inspection.carrier in _EXPECTED.get((situation.role, situation.state), ()):
        return None
    role, state = situation.role.value, situation.state.value
    return abort(f"{inspection.carrier.removeprefix('SES.')} came to a {role}, state {state}")


def _ignored(_: Any, inspection: Inspection[Any]) -> Fault | None:
    detail = f"{inspection.carrier.removeprefix('SES.')} means nothing without a kept connection"
    return Fault(detail, Reaction.IGNORE)


def _common(name: str, react: Callable[[str], Fault] = close) -> tuple[Step[Inspection[Any]], ...]:
    """Return steps 1 to 4 of the tables of SPDUs that stand alone in their TSDU."""
    return (
        *_form(name),
        deviation_step(f"SES.{name}.4", "alone", "X.225, 6.3", "R", (AnomalyCode.TRAILING_OCTETS,), react),
    )


def _form(name: str) -> tuple[Step[Inspection[Any]], ...]:
    """Return steps 1 to 3 of every table."""
    prefix = f"SES.{name}"
    parameters = (UNKNOWN_PARAMETER, REPEATED_PARAMETER, MISPLACED_PARAMETER)
    return (
        decodes(prefix, _SPDU_FORM, "R", close),
        deviation_step(f"{prefix}.2", "parameters", _SPDU_FORM, "I", parameters, note),
        deviation_step(f"{prefix}.3", "length-indicator", _SPDU_FORM, "R", (LONG_LENGTH_INDICATOR,), note),
    )


def _place_step(name: str, number: int = 5) -> Step[Inspection[Any]]:
    return step(f"SES.{name}.{number}", "place", _PLACE, "I", _place)


def _version(spdu: ConnectSpdu | AcceptSpdu) -> str | None:
    if spdu.version is not None and spdu.version & VERSION_2:
        return None
    return "no version parameter" if spdu.version is None else f"version {spdu.version:02X} without version 2"


def _cn_version(spdu: ConnectSpdu, _: Inspection[ConnectSpdu]) -> Fault | None:
    detail = _version(spdu)
    return None if detail is None else refuse(detail, reason=VERSIONS_NOT_SUPPORTED)


def _ac_version(spdu: AcceptSpdu, _: Inspection[AcceptSpdu]) -> Fault | None:
    detail = _version(spdu)
    return None if detail is None else abort(detail)


def _duplex(spdu: ConnectSpdu | AcceptSpdu) -> str | None:
    if spdu.requirements is not None and spdu.requirements & DUPLEX:
        return None
    if spdu.requirements is None:
        return "no session user requirements, which stands for half-duplex"
    return f"session user requirements {spdu.requirements:04X} without duplex"


def _cn_duplex(spdu: ConnectSpdu, _: Inspection[ConnectSpdu]) -> Fault | None:
    detail = _duplex(spdu)
    return None if detail is None else refuse(detail, reason=IMPLEMENTATION_RESTRICTION)


def _ac_duplex(spdu: AcceptSpdu, _: Inspection[AcceptSpdu]) -> Fault | None:
    detail = _duplex(spdu)
    return None if detail is None else abort(detail)


def _selector_lengths(*selectors: bytes | None) -> Fault | None:
    for selector in selectors:
        if selector is not None and len(selector) > MAX_SELECTOR:
            return close(f"a selector of {len(selector)} octets, {MAX_SELECTOR} are allowed")
    return None


def _cn_selector_lengths(spdu: ConnectSpdu, _: Inspection[ConnectSpdu]) -> Fault | None:
    return _selector_lengths(spdu.calling_selector, spdu.called_selector)


def _ac_selector_lengths(spdu: AcceptSpdu, _: Inspection[AcceptSpdu]) -> Fault | None:
    return _selector_lengths(spdu.calling_selector, spdu.responding_selector)


def _called_selector(spdu: ConnectSpdu, inspection: Inspection[ConnectSpdu]) -> Fault | None:
    own = inspection.situation.parameters.own_session
    if own is None or spdu.called_selector in (None, own):
        return None
    return refuse(f"called selector {shown(spdu.called_selector)} is not known here", reason=SELECTOR_UNKNOWN)


def _connect_group(spdu: ConnectSpdu, _: Inspection[ConnectSpdu]) -> Fault | None:
    length = len(spdu.user_data)
    if spdu.user_data_pgi == USER_DATA and length > MAX_PLAIN_USER_DATA:
        return note(f"{length} octets of user data in group {USER_DATA}")
    if spdu.user_data_pgi == EXTENDED_USER_DATA and length <= MAX_PLAIN_USER_DATA:
        return note(f"{length} octets of user data in group {EXTENDED_USER_DATA}")
    return None


def _connect_data(spdu: ConnectSpdu, inspection: Inspection[ConnectSpdu]) -> Fault | None:
    length, bound = len(spdu.user_data), inspection.situation.parameters.max_connect_data
    if length <= bound:
        return None
    return refuse(f"{length} octets of user data, {bound} are taken", reason=IMPLEMENTATION_RESTRICTION)


_WithUserData = AcceptSpdu | FinishSpdu | DisconnectSpdu | AbortSpdu


def _plain_group(spdu: _WithUserData, _: Inspection[Any]) -> Fault | None:
    if spdu.user_data_pgi in (None, USER_DATA):
        return None
    return note(f"user data in group {spdu.user_data_pgi} in place of {USER_DATA}")


def _refuse_group(spdu: RefuseSpdu, _: Inspection[RefuseSpdu]) -> Fault | None:
    if spdu.user_data_pgi in (None, REASON_CODE):
        return None
    return note(f"user data in group {spdu.user_data_pgi} in place of parameter {REASON_CODE}")


def _reason(spdu: RefuseSpdu, _: Inspection[RefuseSpdu]) -> Fault | None:
    if spdu.reason in REFUSE_REASONS:
        return None
    return note("no reason code" if spdu.reason is None else f"reason {spdu.reason} is not defined")


def _disconnect(spdu: RefuseSpdu | FinishSpdu | AbortSpdu, _: Inspection[Any]) -> Fault | None:
    value = spdu.transport_disconnect
    if value is not None and value & RELEASED:
        return None
    return note("no transport disconnect: the connection would be kept")


def _release_data(spdu: FinishSpdu | DisconnectSpdu, _: Inspection[Any]) -> Fault | None:
    return None if spdu.user_data else note("no user data, and so no APDU of the release")


def _whole(spdu: DataSpdu, _: Inspection[DataSpdu]) -> Fault | None:
    if spdu.enclosure in (None, 3):
        return None
    return abort(f"enclosure item {spdu.enclosure:02X}: segmenting was not agreed")


UNKNOWN: Final = CheckTable("SES", (decodes("SES", _SPDU_FORM, "R", close),))
"""For a TSDU that begins with no identifier of kernel and duplex."""

CN: Final = CheckTable(
    "SES.CN",
    (
        *_common("CN"),
        _place_step("CN"),
        step("SES.CN.6", "selector-length", "X.225, 8.3.1", "R", _cn_selector_lengths),
        step("SES.CN.7", "version-2", "X.225, 7.1; IEC 62351-4, 10", "R", _cn_version),
        step("SES.CN.8", "duplex", "X.225, 7.1", "R", _cn_duplex),
        step("SES.CN.9", "called-selector", "X.225, 7.1", "I", _called_selector),
        step("SES.CN.10", "user-data-group", "X.225, 8.3.1", "R", _connect_group),
        step("SES.CN.11", "user-data-length", "X.225, 8.3.1", "I", _connect_data),
    ),
)
AC: Final = CheckTable(
    "SES.AC",
    (
        *_common("AC"),
        _place_step("AC"),
        step("SES.AC.6", "selector-length", "X.225, 8.3.4", "R", _ac_selector_lengths),
        step("SES.AC.7", "version-2", "X.225, 7.4; IEC 62351-4, 10", "R", _ac_version),
        step("SES.AC.8", "duplex", "X.225, 7.4", "R", _ac_duplex),
        step("SES.AC.9", "user-data-group", "X.225, 8.3.4", "F", _plain_group),
    ),
)
RF: Final = CheckTable(
    "SES.RF",
    (
        *_common("RF", note),
        _place_step("RF"),
        step("SES.RF.6", "reason", "X.225, 8.3.5", "R", _reason),
        step("SES.RF.7", "transport-disconnect", "X.225, 8.3.5", "I", _disconnect),
        step("SES.RF.8", "user-data-group", "X.225, 8.3.5", "I", _refuse_group),
    ),
)
FN: Final = CheckTable(
    "SES.FN",
    (
        *_common("FN"),
        _place_step("FN"),
        step("SES.FN.6", "transport-disconnect", "X.225, 8.3.6", "I", _disconnect),
        step("SES.FN.7", "user-data-group", "X.225, 8.3.6", "I", _plain_group),
        step("SES.FN.8", "user-data", "X.227, 7.2", "R", _release_data),
    ),
)
DN: Final = CheckTable(
    "SES.DN",
    (
        *_common("DN", note),
        _place_step("DN"),
        step("SES.DN.6", "user-data-group", "X.225, 8.3.7", "I", _plain_group),
        step("SES.DN.7", "user-data", "X.227, 7.2", "R", _release_data),
    ),
)
AB: Final = CheckTable(
    "SES.AB",
    (
        *_common("AB", note),
        step("SES.AB.5", "transport-disconnect", "X.225, 8.3.9", "I", _disconnect),
        step("SES.AB.6", "user-data-group", "X.225, 8.3.9", "I", _plain_group),
    ),
)
AA: Final = CheckTable(
    "SES.AA",
    (decodes("SES.AA", _SPDU_FORM, "R", close), step("SES.AA.2", "ignored", "X.225, 7.10", "I", _ignored)),
)
DT: Final = CheckTable(
    "SES.DT",
    (
        *_form("DT"),
        _place_step("DT", 4),
        step("SES.DT.5", "not-segmented", "X.225, 7.11", "R", _whole),
    ),
)

TABLES: Final[dict[str, CheckTable[Inspection[Any]]]] = {
    table.name: table for table in (UNKNOWN, CN, AC, RF, FN, DN, AB, AA, DT)
}
