"""What is checked on CR and CC, in order.

Of a CR unknown parameters are ignored, and wrong values may be (X.224 13.2.3), so what is inferred here is
which of them are. A CC answers what was offered: there both are protocol errors.
"""

from __future__ import annotations

from typing import Any, Final

from conform62351.profiles.policy import CheckTable, Fault, Step
from conform62351.profiles.role import Role
from conform62351.profiles.transport import cotp
from conform62351.profiles.transport.cotp import CC, CR
from conform62351.profiles.transport.inspection import (
    ANNEX_H,
    Inspection,
    close,
    disconnect,
    error,
    not_own_reference,
    note,
    place,
    shown,
)
from conform62351.profiles.transport.parameters import MAX_EXPONENT, MIN_EXPONENT, State, octets_of

MAX_SELECTOR: Final = 32
"""Octets of a transport selector."""
DEFINED_PARAMETERS: Final = frozenset((*range(0x85, 0x8A), 0x8B, *range(0xC0, 0xC8), 0xF0, 0xF2))
"""Parameter codes that X.224 gives a meaning to, in whatever class."""


def _no_reference(inspection: Inspection[CR]) -> Fault | None:
    dst_ref = inspection.tpdu.dst_ref
    return close(f"DST-REF {dst_ref:04X}, not 0000") if dst_ref else None


def _credit(inspection: Inspection[CR | CC]) -> Fault | None:
    tpdu = inspection.tpdu
    if not tpdu.cdt or tpdu.transport_class > 1:
        return None
    return close(f"credit {tpdu.cdt}, class {tpdu.transport_class} has none")


def _offers_class_0(inspection: Inspection[CR]) -> Fault | None:
    cr = inspection.tpdu
    if cr.transport_class == 0 or 0 in cr.alternative_classes:
        return None
    return error(f"class {cr.transport_class} and not class 0", cotp.CAUSE_PARAMETER_VALUE, 7)


def _options(inspection: Inspection[CR | CC]) -> Fault | None:
    tpdu = inspection.tpdu
    if tpdu.transport_class or not tpdu.class_option:
        return None
    return close(f"options {tpdu.class_option:X}, class 0 has none")


def _repeated(inspection: Inspection[CR | CC]) -> Fault | None:
    codes = [item.code for item in inspection.tpdu.parameters]
    repeated = [f"{code:02X}" for code in sorted(set(codes)) if codes.count(code) > 1]
    return note(f"more than one parameter {', '.join(repeated)}: the last counts") if repeated else None


def _wrong_size(tpdu: CR | CC) -> str | None:
    value = cotp.parameter(tpdu.parameters, cotp.TPDU_SIZE)
    if value is None or (len(value) == 1 and MIN_EXPONENT <= value[0] <= MAX_EXPONENT):
        return None
    return f"TPDU size {shown(value)}, not {MIN_EXPONENT:02X} to {MAX_EXPONENT:02X}"


def _offered_size(inspection: Inspection[CR]) -> Fault | None:
    detail = _wrong_size(inspection.tpdu)
    if detail is None:
        return None
    return error(detail, cotp.CAUSE_PARAMETER_VALUE, len(inspection.octets))


def _offered_preferred_size(inspection: Inspection[CR]) -> Fault | None:
    value = cotp.parameter(inspection.tpdu.parameters, cotp.PREFERRED_SIZE)
    if value is None or inspection.tpdu.preferred_size:
        return None
    return note(f"preferred size {shown(value)} is ignored")


def _selector_length(inspection: Inspection[CR]) -> Fault | None:
    for name, selector in (
        ("calling", inspection.tpdu.calling_selector),
        ("called", inspection.tpdu.called_selector),
    ):
        if selector is not None and not 1 <= len(selector) <= MAX_SELECTOR:
            return note(f"{name} selector of {len(selector)} octets")
    return None


def _called_selector(inspection: Inspection[CR]) -> Fault | None:
    own, called = inspection.situation.parameters.own_selector, inspection.tpdu.called_selector
    if own is None or called is None or called == own:
        return None
    return disconnect(f"called selector {shown(called)} is not known here", cotp.REASON_ADDRESS_UNKNOWN)


def _user_data(inspection: Inspection[CR | CC]) -> Fault | None:
    tpdu = inspection.tpdu
    if not tpdu.user_data or tpdu.transport_class:
        return None
    return close(f"{len(tpdu.user_data)} octets behind the header, class 0 has no user data there")


CR_CHECKS: Final[CheckTable[Inspection[Any]]] = CheckTable(
    "COTP.CR",
    (
        place("CR", (Role.SERVER, State.IDLE)),
        Step("COTP.CR.2", "dst-ref", "X.224, 13.3.3", "R", _no_reference),
        Step("COTP.CR.3", "credit", "X.224, 13.3.3", "R", _credit),
        Step("COTP.CR.4", "class-0", "X.224, 6.5", "R", _offers_class_0),
        Step("COTP.CR.5", "options", "X.224, 13.3.3", "R", _options),
        Step("COTP.CR.6", "repeated-parameter", "X.224, 13.2.3", "R", _repeated),
        Step("COTP.CR.7", "tpdu-size", f"X.224, 13.3.4; {ANNEX_H}", "I", _offered_size),
        Step("COTP.CR.8", "preferred-size", "X.224, 13.3.4", "I", _offered_preferred_size),
        Step("COTP.CR.9", "selector-length", ANNEX_H, "I", _selector_length),
        Step("COTP.CR.10", "called-selector", f"X.224, 6.6; {ANNEX_H}", "S", _called_selector),
        Step("COTP.CR.11", "user-data", "X.224, 13.3.5", "R", _user_data),
    ),
)


def _reference(inspection: Inspection[CC]) -> Fault | None:
    detail = not_own_reference(inspection)
    return None if detail is None else close(detail)


def _chooses_class_0(inspection: Inspection[CC]) -> Fault | None:
    chosen = inspection.tpdu.transport_class
    return close(f"class {chosen} chosen, class 0 offered") if chosen else None


def _defined(inspection: Inspection[CC]) -> Fault | None:
    for item in inspection.tpdu.parameters:
        if item.code not in DEFINED_PARAMETERS:
            detail = f"parameter {item.code:02X} is not defined"
            return error(detail, cotp.CAUSE_PARAMETER_CODE, len(inspection.octets))
    return None


def _chosen_size(inspection: Inspection[CC]) -> Fault | None:
    detail = _wrong_size(inspection.tpdu)
    offered, chosen = inspection.situation.parameters.tpdu_size, inspection.tpdu.tpdu_size
    if detail is None and offered is not None and chosen is not None and chosen > offered:
        detail = f"TPDU size {octets_of(chosen)}, {octets_of(offered)} offered"
    return None if detail is None else close(detail)


def _chosen_preferred_size(inspection: Inspection[CC]) -> Fault | None:
    if cotp.parameter(inspection.tpdu.parameters, cotp.PREFERRED_SIZE) is None:
        return None
    return close("a preferred size, none offered")


def _selectors(inspection: Inspection[CC]) -> Fault | None:
    own = inspection.situation.parameters
    for name, sent, came in (
        ("calling", own.calling_selector, inspection.tpdu.calling_selector),
        ("called", own.called_selector, inspection.tpdu.called_selector),
    ):
        if came is not None and came != sent:
            return note(f"{name} selector {shown(came)} is not the one that was sent")
    return None


CC_CHECKS: Final[CheckTable[Inspection[Any]]] = CheckTable(
    "COTP.CC",
    (
        place("CC", (Role.CLIENT, State.WFCC)),
        Step("COTP.CC.2", "dst-ref", "X.224, 13.4.3", "R", _reference),
        Step("COTP.CC.3", "credit", "X.224, 13.4.3", "R", _credit),
        Step("COTP.CC.4", "class-0", "X.224, 6.5", "R", _chooses_class_0),
        Step("COTP.CC.5", "options", "X.224, 13.4.3", "R", _options),
        Step("COTP.CC.6", "defined-parameter", "X.224, 13.2.3", "R", _defined),
        Step("COTP.CC.7", "repeated-parameter", "X.224, 13.2.3", "R", _repeated),
        Step("COTP.CC.8", "tpdu-size", f"X.224, 13.4.4; {ANNEX_H}", "I", _chosen_size),
        Step("COTP.CC.9", "preferred-size", "X.224, 13.4.4", "R", _chosen_preferred_size),
        Step("COTP.CC.10", "selectors", f"X.224, 13.4.4; {ANNEX_H}", "I", _selectors),
        Step("COTP.CC.11", "user-data", "X.224, 13.4.5", "R", _user_data),
    ),
)
