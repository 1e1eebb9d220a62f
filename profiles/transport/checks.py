"""What is checked on packets and TPDUs, in order.

After a fault of form the connection is closed without a word; a TPDU that class 0 does not have, or out of
place, is answered with an ER first. These reactions are inferred; X.224 6.22 leaves the choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from conform62351.profiles.policy import CheckTable, Fault, Reaction, Step
from conform62351.profiles.role import Role
from conform62351.profiles.transport import cotp
from conform62351.profiles.transport.cotp import CC, CR, DR, DT, ER, CotpError, Tpdu
from conform62351.profiles.transport.parameters import (
    MAX_EXPONENT,
    MIN_EXPONENT,
    Situation,
    State,
    octets_of,
)
from conform62351.profiles.transport.tpkt import MAX_LENGTH, MIN_LENGTH, VERSION, TpktHeader

Value = TypeVar("Value")

MAX_SELECTOR: Final = 32
_SELECTORS: Final = (cotp.CALLING_SELECTOR, cotp.CALLED_SELECTOR)
DEFINED_PARAMETERS: Final = frozenset((*range(0xC0, 0xC8), *range(0x85, 0x8A), 0x8B, 0xF0, 0xF2))
"""Parameter codes that X.224 gives a meaning to, in whatever class."""


@dataclass(frozen=True, slots=True)
class Received(Generic[Value]):
    """What the checks look at: a TPDU, or why it is none, its octets, and the situation."""

    tpdu: Value
    octets: bytes
    situation: Situation


def _close(detail: str) -> Fault:
    return Fault(detail, Reaction.CLOSE)


def _note(detail: str) -> Fault:
    return Fault(detail, Reaction.NOTE)


def _error(detail: str, cause: int, upto: int) -> Fault:
    """An ER with ``cause`` and the first ``upto`` octets of the TPDU."""
    return Fault(detail, Reaction.ERROR_AND_CLOSE, (("cause", cause), ("octets", upto)))


def _version(header: TpktHeader) -> Fault | None:
    return None if header.version == VERSION else _close(f"version {header.version}, not {VERSION}")


def _reserved(header: TpktHeader) -> Fault | None:
    return _close(f"the reserved octet is {header.reserved:02X}") if header.reserved else None


def _length(header: TpktHeader) -> Fault | None:
    if header.length >= MIN_LENGTH:
        return None
    return _close(f"length {header.length}, a packet has {MIN_LENGTH} to {MAX_LENGTH} octets")


TPKT: Final = CheckTable(
    "TPKT",
    (
        Step("TPKT.1", "version", "RFC 1006, 6", "R", _version),
        Step("TPKT.2", "reserved", "RFC 1006, 6", "I", _reserved),
        Step("TPKT.3", "length", "RFC 1006, 6", "R", _length),
    ),
)


def _form(received: Received[Tpdu | CotpError]) -> Fault | None:
    error = received.tpdu
    return _close(f"octet {error.offset}: {error.message}") if isinstance(error, CotpError) else None


def _class_0_tpdu(received: Received[Tpdu | CotpError]) -> Fault | None:
    if isinstance(received.tpdu, CR | CC | DR | DT | ER | CotpError):
        return None
    return _error(f"code {received.octets[1]:02X} is no TPDU of class 0", cotp.CAUSE_TPDU_TYPE, 2)


_EXPECTED: Final[dict[tuple[Role, State], tuple[type, ...]]] = {
    (Role.SERVER, State.IDLE): (CR,),
    (Role.SERVER, State.OPEN): (DT, ER),
    (Role.CLIENT, State.WFCC): (CC, DR, ER),
    (Role.CLIENT, State.OPEN): (DT, ER),
}


def _place(received: Received[Tpdu | CotpError]) -> Fault | None:
    tpdu, situation = received.tpdu, received.situation
    if isinstance(tpdu, _EXPECTED.get((situation.role, situation.state), ())):
        return None
    if not isinstance(tpdu, CR | CC | DR | DT | ER):
        return None
    detail = f"{type(tpdu).__name__} came to a {situation.role.value}, state {situation.state.value}"
    if isinstance(tpdu, DR | ER):
        return _close(detail)
    return _error(detail, cotp.CAUSE_TPDU_TYPE, 2)


COTP: Final = CheckTable(
    "COTP",
    (
        Step("COTP.1", "form", "X.224, 13.2", "R", _form),
        Step("COTP.2", "class-0-tpdu", "X.224, 13.1; IEC 62351-4, Annex H", "S", _class_0_tpdu),
        Step("COTP.3", "place", "X.224, 6.22", "R", _place),
    ),
)


def _cr_dst_ref(received: Received[CR]) -> Fault | None:
    return _close(f"DST-REF {received.tpdu.dst_ref:04X}, not 0000") if received.tpdu.dst_ref else None


def _credit(received: Received[Any]) -> Fault | None:
    return _close(f"credit {received.tpdu.cdt}, class 0 has none") if received.tpdu.cdt else None


def _cr_class(received: Received[CR]) -> Fault | None:
    cr = received.tpdu
    if cr.transport_class == 0 or 0 in cr.alternative_classes:
        return None
    return _error(f"class {cr.transport_class} without class 0", cotp.CAUSE_PARAMETER_VALUE, 7)


def _options(received: Received[Any]) -> Fault | None:
    option = received.tpdu.class_option
    return _close(f"options {option:X} in class 0") if option < 0x10 and option else None


def _repeated(received: Received[Any]) -> Fault | None:
    codes = [item.code for item in received.tpdu.parameters]
    doubles = sorted({code for code in codes if codes.count(code) > 1})
    return _note(f"more than one parameter {doubles[0]:02X}") if doubles else None


def _size_fault(tpdu: CR | CC) -> str | None:
    value = cotp.parameter(tpdu.parameters, cotp.TPDU_SIZE)
    if value is None or (len(value) == 1 and MIN_EXPONENT <= value[0] <= MAX_EXPONENT):
        return None
    return f"TPDU size [{value.hex(' ').upper()}], not {MIN_EXPONENT:02X} to {MAX_EXPONENT:02X}"


def _cr_size(received: Received[CR]) -> Fault | None:
    detail = _size_fault(received.tpdu)
    if detail is None:
        return None
    return _error(detail, cotp.CAUSE_PARAMETER_VALUE, len(received.octets))


def _cr_preferred_size(received: Received[CR]) -> Fault | None:
    value = cotp.parameter(received.tpdu.parameters, cotp.PREFERRED_SIZE)
    if value is None or received.tpdu.preferred_size:
        return None
    return _note(f"preferred size [{value.hex(' ').upper()}] is ignored")


def _selector_length(received: Received[Any]) -> Fault | None:
    for item in received.tpdu.parameters:
        if item.code in _SELECTORS and not 1 <= len(item.value) <= MAX_SELECTOR:
            return _note(f"selector {item.code:02X} of {len(item.value)} octets")
    return None


def _called_selector(received: Received[CR]) -> Fault | None:
    own = received.situation.parameters.own_selector
    called = received.tpdu.called_selector
    if own is None or called is None or called == own:
        return None
    detail = f"called selector [{called.hex(' ').upper()}] is not known here"
    return Fault(detail, Reaction.DISCONNECT, (("reason", cotp.REASON_ADDRESS_UNKNOWN),))


def _user_data(received: Received[Any]) -> Fault | None:
    tpdu = received.tpdu
    if not tpdu.user_data or tpdu.transport_class:
        return None
    return _close(f"{len(tpdu.user_data)} octets of user data, class 0 has none")


CR_TABLE: Final = CheckTable(
    "COTP.CR",
    (
        Step("COTP.CR.1", "dst-ref", "X.224, 13.3.3 c)", "R", _cr_dst_ref),
        Step("COTP.CR.2", "credit", "X.224, 13.3.3 b)", "R", _credit),
        Step("COTP.CR.3", "class-0", "X.224, 6.5.5", "R", _cr_class),
        Step("COTP.CR.4", "options", "X.224, 13.3.3 f)", "R", _options),
        Step("COTP.CR.5", "repeated-parameter", "X.224, 13.2.3", "R", _repeated),
        Step("COTP.CR.6", "tpdu-size", "X.224, 13.3.4; IEC 62351-4, Annex H", "I", _cr_size),
        Step("COTP.CR.7", "preferred-size", "X.224, 13.2.3", "R", _cr_preferred_size),
        Step("COTP.CR.8", "selector-length", "X.214", "I", _selector_length),
        Step("COTP.CR.9", "called-selector", "X.224, 6.6; IEC 62351-4, Annex H", "S", _called_selector),
        Step("COTP.CR.10", "user-data", "X.224, 13.3.5", "R", _user_data),
    ),
)
"""Unknown parameters of a CR are ignored (13.2.3), and no step looks at them."""


def _own_reference(received: Received[Any]) -> str | None:
    own, dst_ref = received.situation.parameters.src_ref, received.tpdu.dst_ref
    return None if dst_ref == own else f"DST-REF {dst_ref:04X}, the own reference is {own:04X}"


def _cc_dst_ref(received: Received[CC]) -> Fault | None:
    detail = _own_reference(received)
    return None if detail is None else _close(detail)


def _cc_class(received: Received[CC]) -> Fault | None:
    chosen = received.tpdu.transport_class
    return _close(f"class {chosen} chosen, class 0 offered") if chosen else None


def _cc_parameters(received: Received[CC]) -> Fault | None:
    for item in received.tpdu.parameters:
        if item.code not in DEFINED_PARAMETERS:
            detail = f"parameter {item.code:02X} is not defined"
            return _error(detail, cotp.CAUSE_PARAMETER_CODE, len(received.octets))
    return None


def _cc_size(received: Received[CC]) -> Fault | None:
    detail = _size_fault(received.tpdu)
    offered, chosen = received.situation.parameters.tpdu_size, received.tpdu.tpdu_size
    if detail is None and offered is not None and chosen is not None and chosen > offered:
        detail = f"TPDU size {octets_of(chosen)} is more than the {octets_of(offered)} offered"
    return None if detail is None else _close(detail)


def _cc_preferred_size(received: Received[CC]) -> Fault | None:
    if cotp.parameter(received.tpdu.parameters, cotp.PREFERRED_SIZE) is None:
        return None
    return _close("a preferred size that was not offered")


def _cc_selectors(received: Received[CC]) -> Fault | None:
    own = received.situation.parameters
    for name, sent, back in (
        ("calling", own.calling_selector, received.tpdu.calling_selector),
        ("called", own.called_selector, received.tpdu.called_selector),
    ):
        if back is not None and back != sent:
            return _note(f"{name} selector [{back.hex(' ').upper()}] is not the one that was sent")
    return None


CC_TABLE: Final = CheckTable(
    "COTP.CC",
    (
        Step("COTP.CC.1", "dst-ref", "X.224, 13.4.3", "R", _cc_dst_ref),
        Step("COTP.CC.2", "credit", "X.224, 13.4.3", "R", _credit),
        Step("COTP.CC.3", "class-0", "X.224, 6.5.5", "R", _cc_class),
        Step("COTP.CC.4", "options", "X.224, 13.4.3", "R", _options),
        Step("COTP.CC.5", "defined-parameter", "X.224, 13.2.3", "R", _cc_parameters),
        Step("COTP.CC.6", "repeated-parameter", "X.224, 13.2.3", "R", _repeated),
        Step("COTP.CC.7", "tpdu-size", "X.224, 6.5.4; IEC 62351-4, Annex H", "I", _cc_size),
        Step("COTP.CC.8", "preferred-size", "X.224, 6.5.4", "R", _cc_preferred_size),
        Step("COTP.CC.9", "selectors", "X.224, 13.4.4", "I", _cc_selectors),
        Step("COTP.CC.10", "user-data", "X.224, 13.4.5", "R", _user_data),
    ),
)


def _noted_dst_ref(received: Received[Any]) -> Fault | None:
    detail = _own_reference(received)
    return None if detail is None else _note(detail)


def _noted_user_data(received: Received[Any]) -> Fault | None:
    data = received.tpdu.user_data
    return _note(f"{len(data)} octets of user data, class 0 has none") if data else None


def _er_cause(received: Received[ER]) -> Fault | None:
    cause = received.tpdu.cause
    return None if cause <= cotp.CAUSE_PARAMETER_VALUE else _note(f"reject cause {cause} is not defined")


def _er_invalid_tpdu(received: Received[ER]) -> Fault | None:
    return _note("no invalid TPDU parameter") if received.tpdu.invalid_tpdu is None else None


DR_TABLE: Final = CheckTable(
    "COTP.DR",
    (
        Step("COTP.DR.1", "dst-ref", "X.224, 13.5.3", "R", _noted_dst_ref),
        Step("COTP.DR.2", "user-data", "X.224, 13.5.5", "R", _noted_user_data),
    ),
)
ER_TABLE: Final = CheckTable(
    "COTP.ER",
    (
        Step("COTP.ER.1", "dst-ref", "X.224, 13.12.3", "R", _noted_dst_ref),
        Step("COTP.ER.2", "cause", "X.224, 13.12.3", "R", _er_cause),
        Step("COTP.ER.3", "invalid-tpdu", "X.224, 13.12.4", "R", _er_invalid_tpdu),
        Step("COTP.ER.4", "user-data", "X.224, 13.12", "R", _noted_user_data),
    ),
)
"""Both end the connection, so nothing in them is worth more than a note."""


def _dt_li(received: Received[DT]) -> Fault | None:
    beyond = len(received.tpdu.header)
    return _close(f"length indicator {2 + beyond}, in class 0 it is 2") if beyond else None


def _dt_code(received: Received[DT]) -> Fault | None:
    return _close(f"code {0xF0 | received.tpdu.roa:02X}, in class 0 it is F0") if received.tpdu.roa else None


def _dt_number(received: Received[DT]) -> Fault | None:
    return _close(f"TPDU number {received.tpdu.number}, in class 0 it is 0") if received.tpdu.number else None


def _dt_size(received: Received[DT]) -> Fault | None:
    length, size = len(received.octets), received.situation.tpdu_size
    return _close(f"{length} octets, {size} are agreed") if length > size else None


def _dt_data(received: Received[DT]) -> Fault | None:
    return None if received.tpdu.data else _note("a DT without data")


def _dt_tsdu(received: Received[DT]) -> Fault | None:
    situation = received.situation
    if situation.length_with(received.tpdu) <= situation.parameters.max_tsdu:
        return None
    return _close(f"a TSDU of more than {situation.parameters.max_tsdu} octets")


DT_TABLE: Final = CheckTable(
    "COTP.DT",
    (
        Step("COTP.DT.1", "length-indicator", "X.224, 13.7.1", "R", _dt_li),
        Step("COTP.DT.2", "code", "X.224, 13.7.3", "R", _dt_code),
        Step("COTP.DT.3", "number", "X.224, 13.7.3", "R", _dt_number),
        Step("COTP.DT.4", "size", "X.224, 6.3; IEC 62351-4, Annex H", "S", _dt_size),
        Step("COTP.DT.5", "data", "X.224, 13.7.4", "R", _dt_data),
        Step("COTP.DT.6", "tsdu-length", "IEC 62351-4, Annex H", "I", _dt_tsdu),
    ),
)
