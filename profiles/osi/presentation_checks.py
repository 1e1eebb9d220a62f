"""What is checked on PPDUs, in order (ITU-T X.226; 11-decisions 16, 20, 21).

A PPDU that does not decode, or that carries what it must not, ends in an ARP; a CP that asks for what is not
here is refused by a CPR. In a CPR, ARU, ARP or the user data of a DISCONNECT the association is over, and
nothing is worth more than a note.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from conform62351.profiles.osi.encodings import SINGLE_ASN1_TYPE
from conform62351.profiles.osi.inspection import (
    Inspection,
    Test,
    abort,
    ber_steps,
    decodes,
    note,
    refuse,
    shown,
    step,
)
from conform62351.profiles.osi.negotiation import refusals
from conform62351.profiles.osi.parameters import ACSE_SYNTAX, BER_SYNTAX
from conform62351.profiles.osi.ppdu import (
    ACCEPTANCE,
    ARU,
    CP,
    CPA,
    EVENT_CP,
    EVENT_CPA,
    EVENT_RELEASE_INDICATION,
    EVENT_TD,
    INVALID_PARAMETER_VALUE,
    NORMAL_MODE,
    PROVIDER_REJECTION,
    REFUSED_ADDRESS_UNKNOWN,
    REFUSED_PROTOCOL_VERSION,
    REFUSED_USER_DATA_NOT_READABLE,
    TD,
    UD,
    UNRECOGNIZED_PPDU,
    ContextResult,
    Pdv,
    SimplyEncoded,
    UserData,
)
from conform62351.profiles.osi.situation import State
from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step

_PPDU_FORM: Final = "X.226, 8"
_WithUserData = CP | CPA | TD | UD


def _undecodable(event: int) -> Callable[[str], Fault]:
    return partial(abort, reason=UNRECOGNIZED_PPDU, event=event)


def _invalid(detail: str, event: int) -> Fault:
    return abort(detail, reason=INVALID_PARAMETER_VALUE, event=event)


def pdvs_of(user_data: UserData | None) -> tuple[Pdv, ...]:
    """Return the PDVs of user data; simply encoded ones and absent ones have none."""
    return user_data if isinstance(user_data, tuple) else ()


def _mode(ppdu: CP | CPA, event: int) -> Fault | None:
    if ppdu.mode == NORMAL_MODE:
        return None
    return _invalid(
        "no mode selector" if ppdu.mode is None else f"mode {ppdu.mode} is not normal mode", event
    )


def _version_1(version: bytes | None) -> bool:
    return version is None or bool(version[1:] and version[1] & 0x80)


def _cp_version(cp: CP, _: Inspection[CP]) -> Fault | None:
    if _version_1(cp.protocol_version):
        return None
    return refuse(f"protocol version {shown(cp.protocol_version)}", provider_reason=REFUSED_PROTOCOL_VERSION)


def _cpa_version(cpa: CPA, _: Inspection[CPA]) -> Fault | None:
    if _version_1(cpa.protocol_version):
        return None
    return _invalid(f"protocol version {shown(cpa.protocol_version)}", EVENT_CPA)


def _called_selector(cp: CP, inspection: Inspection[CP]) -> Fault | None:
    own = inspection.situation.parameters.own_presentation
    if own is None or cp.called_selector in (None, own):
        return None
    detail = f"called selector {shown(cp.called_selector)} is not known here"
    return refuse(detail, provider_reason=REFUSED_ADDRESS_UNKNOWN)


def _definitions(cp: CP, _: Inspection[CP]) -> Fault | None:
    contexts = cp.contexts or ()
    if not contexts:
        return _invalid("no presentation context is defined", EVENT_CP)
    numbers = [context.id for context in contexts]
    for number in numbers:
        if numbers.count(number) > 1:
            return _invalid(f"context {number} is defined twice", EVENT_CP)
    for context in contexts:
        if not context.transfer_syntaxes:
            return _invalid(f"context {context.id} has no transfer syntax", EVENT_CP)
    return None


def _odd_numbers(cp: CP, _: Inspection[CP]) -> Fault | None:
    even = [str(context.id) for context in cp.contexts or () if context.id < 1 or context.id % 2 == 0]
    return note(f"the initiator's context numbers are odd, not {', '.join(even)}") if even else None


def _acse_context(cp: CP, _: Inspection[CP]) -> Fault | None:
    for context in cp.contexts or ():
        if context.abstract_syntax == ACSE_SYNTAX and BER_SYNTAX in context.transfer_syntaxes:
            return None
    return refuse("no context for ACSE in BER", provider_reason=REFUSED_USER_DATA_NOT_READABLE)


def _abstract_syntaxes(cp: CP, inspection: Inspection[CP]) -> Fault | None:
    refused = refusals(cp.contexts or (), inspection.situation.parameters)
    if not refused:
        return None
    numbers = ", ".join(str((cp.contexts or ())[index].id) for index in refused)
    return Fault(f"refused contexts: {numbers}", Reaction.REJECT_CONTEXT)


def _result_count(cpa: CPA, inspection: Inspection[CPA]) -> Fault | None:
    proposed, answered = len(inspection.situation.proposed), len(cpa.results or ())
    if proposed == answered:
        return None
    return note(f"{answered} results for {proposed} proposed contexts")


def _result_values(cpa: CPA, inspection: Inspection[CPA]) -> Fault | None:
    for number, entry in _numbered(cpa.results, inspection):
        if not ACCEPTANCE <= entry.result <= PROVIDER_REJECTION:
            return note(f"result {entry.result} of context {number} is not defined")
        if entry.result == ACCEPTANCE and entry.transfer_syntax is None:
            return note(f"context {number} is accepted without a transfer syntax")
    return None


def _transfer_syntaxes(cpa: CPA, inspection: Inspection[CPA]) -> Fault | None:
    for number, entry in _numbered(cpa.results, inspection):
        if entry.result == ACCEPTANCE and entry.transfer_syntax not in (None, BER_SYNTAX):
            return _invalid(f"context {number} in transfer syntax {entry.transfer_syntax}", EVENT_CPA)
    return None


def _accepted_acse(cpa: CPA, inspection: Inspection[CPA]) -> Fault | None:
    for context, entry in zip(inspection.situation.proposed, cpa.results or (), strict=False):
        if context.abstract_syntax == ACSE_SYNTAX and entry.result != ACCEPTANCE:
            return _invalid(f"the context of ACSE, {context.id}, is refused", EVENT_CPA)
    return None


def _numbered(
    results: tuple[ContextResult, ...] | None, inspection: Inspection[Any]
) -> list[tuple[int, ContextResult]]:
    contexts = inspection.situation.proposed
    return [(context.id, entry) for context, entry in zip(contexts, results or (), strict=False)]


def _fully_encoded(ppdu: _WithUserData, event: int) -> Fault | None:
    if isinstance(ppdu.user_data, SimplyEncoded):
        return _invalid("simply encoded user data are not supported", event)
    return None if ppdu.user_data else _invalid("no user data", event)


def _one_pdv(ppdu: _WithUserData, event: int) -> Fault | None:
    count = len(pdvs_of(ppdu.user_data))
    return _invalid(f"{count} presentation data values in place of one", event) if count > 1 else None


def _encoding(ppdu: _WithUserData, event: int) -> Fault | None:
    for pdv in pdvs_of(ppdu.user_data):
        if pdv.encoding != SINGLE_ASN1_TYPE:
            return _invalid(f"presentation data value {pdv.encoding}", event)
    return None


def _transfer_name(ppdu: _WithUserData, event: int) -> Fault | None:
    for pdv in pdvs_of(ppdu.user_data):
        if pdv.transfer_syntax not in (None, BER_SYNTAX):
            return _invalid(f"presentation data value in transfer syntax {pdv.transfer_syntax}", event)
    return None


def _proposed_acse(cp: CP, _: Inspection[CP]) -> Fault | None:
    acse = {context.id for context in cp.contexts or () if context.abstract_syntax == ACSE_SYNTAX}
    for pdv in pdvs_of(cp.user_data):
        if pdv.context not in acse:
            return _invalid(f"user data in context {pdv.context}, which is not that of ACSE", EVENT_CP)
    return None


def _agreed_acse(event: int) -> Callable[[CPA | UD, Inspection[Any]], Fault | None]:
    def test(ppdu: CPA | UD, inspection: Inspection[Any]) -> Fault | None:
        for pdv in pdvs_of(ppdu.user_data):
            if pdv.context != inspection.situation.acse_context:
                return _invalid(f"user data in context {pdv.context}, which is not that of ACSE", event)
        return None

    return test


def _late_context_list(aru: ARU, inspection: Inspection[ARU]) -> Fault | None:
    if aru.contexts is None or inspection.situation.state in (State.ASSOCIATING, State.INDICATED):
        return None
    return note("a context list, which has its place before acceptance only")


def _aborting_acse(aru: ARU, inspection: Inspection[ARU]) -> Fault | None:
    for pdv in pdvs_of(aru.user_data):
        if pdv.context != inspection.situation.acse_context:
            return note(f"user data in context {pdv.context}, which is not that of ACSE")
    return None


def _agreed(td: TD, inspection: Inspection[TD]) -> Fault | None:
    situation = inspection.situation
    for pdv in pdvs_of(td.user_data):
        syntax = situation.accepted.get(pdv.context)
        if syntax is None:
            return _invalid(f"data in context {pdv.context}, which is not agreed", EVENT_TD)
        if syntax != situation.parameters.protocol_syntax:
            return _invalid(f"data in context {pdv.context}, which is for {syntax}", EVENT_TD)
    return None


def _user_data_steps(prefix: str, first: int, event: int) -> tuple[Step[Inspection[Any]], ...]:
    """Return the steps on user data, numbered from ``first``."""
    tests = (
        ("fully-encoded", "X.226, 8.4", "R", _fully_encoded),
        ("one-pdv", "IEC 62351-4, 15", "I", _one_pdv),
        ("single-ASN1-type", "X.226, 8.4", "I", _encoding),
        ("pdv-transfer-syntax", "X.226, 8.4", "R", _transfer_name),
    )

    def about(test: Callable[[_WithUserData, int], Fault | None]) -> Test[Any]:
        return lambda ppdu, _: test(ppdu, event)

    return tuple(
        step(f"{prefix}.{number}", name, clause, provenance, about(test))
        for number, (name, clause, provenance, test) in enumerate(tests, first)
    )


def _begin(name: str, react: Callable[[str], Fault]) -> tuple[Step[Inspection[Any]], ...]:
    prefix = f"PRES.{name}"
    return (decodes(prefix, _PPDU_FORM, "R", react), *ber_steps(prefix, _PPDU_FORM))


CP_TABLE: Final = CheckTable(
    "PRES.CP",
    (
        *_begin("CP", _undecodable(EVENT_CP)),
        step("PRES.CP.5", "normal-mode", "X.226, 8.2", "R", lambda cp, _: _mode(cp, EVENT_CP)),
        step("PRES.CP.6", "protocol-version", "X.226, 6.2", "R", _cp_version),
        step("PRES.CP.7", "called-selector", "X.226, 6.2", "I", _called_selector),
        step("PRES.CP.8", "definition-list", "X.226, 6.2", "R", _definitions),
        step("PRES.CP.9", "odd-numbers", "X.226, 8.2", "R", _odd_numbers),
        step("PRES.CP.10", "acse-context", "X.226, 6.2; X.227, 7.1", "I", _acse_context),
        *_user_data_steps("PRES.CP", 11, EVENT_CP),
        step("PRES.CP.15", "pdv-context", "X.226, 6.2", "R", _proposed_acse),
        step("PRES.CP.16", "abstract-syntaxes", "X.226, 6.2", "R", _abstract_syntaxes),
    ),
)
CPA_TABLE: Final = CheckTable(
    "PRES.CPA",
    (
        *_begin("CPA", _undecodable(EVENT_CPA)),
        step("PRES.CPA.5", "normal-mode", "X.226, 8.2", "R", lambda cpa, _: _mode(cpa, EVENT_CPA)),
        step("PRES.CPA.6", "protocol-version", "X.226, 6.2", "R", _cpa_version),
        step("PRES.CPA.7", "result-count", "X.226, 6.2", "R", _result_count),
        step("PRES.CPA.8", "result-values", "X.226, 8.2", "R", _result_values),
        step("PRES.CPA.9", "transfer-syntaxes", "X.226, 6.2", "R", _transfer_syntaxes),
        step("PRES.CPA.10", "acse-context", "X.227, 7.1", "I", _accepted_acse),
        *_user_data_steps("PRES.CPA", 11, EVENT_CPA),
        step("PRES.CPA.15", "pdv-context", "X.226, 6.2", "R", _agreed_acse(EVENT_CPA)),
    ),
)
CPR_TABLE: Final = CheckTable("PRES.CPR", _begin("CPR", note))
ARU_TABLE: Final = CheckTable(
    "PRES.ARU",
    (
        *_begin("ARU", note),
        step("PRES.ARU.5", "context-list", "X.226, 8.2", "I", _late_context_list),
        step("PRES.ARU.6", "pdv-context", "X.226, 8.2", "I", _aborting_acse),
    ),
)
ARP_TABLE: Final = CheckTable("PRES.ARP", _begin("ARP", note))
TD_TABLE: Final = CheckTable(
    "PRES.TD",
    (
        *_begin("TD", _undecodable(EVENT_TD)),
        *_user_data_steps("PRES.TD", 5, EVENT_TD),
        step("PRES.TD.9", "pdv-context", "X.226, 6.4", "R", _agreed),
    ),
)
UD_TABLE: Final = CheckTable(
    "PRES.UD",
    (
        *_begin("UD", _undecodable(EVENT_RELEASE_INDICATION)),
        *_user_data_steps("PRES.UD", 5, EVENT_RELEASE_INDICATION),
        step("PRES.UD.9", "pdv-context", "X.227, 7.2", "R", _agreed_acse(EVENT_RELEASE_INDICATION)),
    ),
)
"""The user data of FINISH and DISCONNECT."""

TABLES: Final[dict[str, CheckTable[Inspection[Any]]]] = {
    table.name: table for table in (CP_TABLE, CPA_TABLE, CPR_TABLE, ARU_TABLE, ARP_TABLE, TD_TABLE, UD_TABLE)
}
