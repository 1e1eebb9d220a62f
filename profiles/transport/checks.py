"""What is checked on packets and on TPDUs, in order.

After a fault of form the connection is closed without a word; a TPDU that class 0 does not have, or that is
out of place, is answered with an ER first. X.224 6.22 leaves the choice, so these reactions are inferred.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from conform62351.profiles.policy import CheckTable, Fault, Step
from conform62351.profiles.role import Role
from conform62351.profiles.transport import cotp
from conform62351.profiles.transport.connect_checks import CC_CHECKS, CR_CHECKS
from conform62351.profiles.transport.cotp import CC, CR, DR, DT, ER, CotpError, Tpdu
from conform62351.profiles.transport.inspection import (
    ANNEX_H,
    Inspection,
    close,
    error,
    not_own_reference,
    note,
    place,
)
from conform62351.profiles.transport.parameters import State
from conform62351.profiles.transport.tpkt import MAX_LENGTH, MIN_LENGTH, VERSION, TpktHeader


def _version(header: TpktHeader) -> Fault | None:
    return None if header.version == VERSION else close(f"version {header.version}, not {VERSION}")


def _reserved(header: TpktHeader) -> Fault | None:
    return close(f"the reserved octet is {header.reserved:02X}") if header.reserved else None


def _length(header: TpktHeader) -> Fault | None:
    if header.length >= MIN_LENGTH:
        return None
    return close(f"length {header.length}, a packet has {MIN_LENGTH} to {MAX_LENGTH} octets")


TPKT_CHECKS: Final = CheckTable(
    "TPKT",
    (
        Step("TPKT.1", "version", f"RFC 1006, 6; {ANNEX_H}", "R", _version),
        Step("TPKT.2", "reserved", f"RFC 1006, 6; {ANNEX_H}", "I", _reserved),
        Step("TPKT.3", "length", f"RFC 1006, 6; {ANNEX_H}", "R", _length),
    ),
)
"""Made once the header is there; there are no others on the packet."""


class Arrival(msgspec.Struct, frozen=True):
    """How a packet came: its length, and how many octets of the stream were there with its header."""

    length: int
    buffered: int


ARRIVAL_CHECKS: Final[CheckTable[Arrival]] = CheckTable("TPKT.ARRIVAL", ())
"""Empty: how TCP cuts packets means nothing (RFC 1006, 6). A receiver that cares is built by a policy."""


def _form(inspection: Inspection[Tpdu | CotpError]) -> Fault | None:
    tpdu = inspection.tpdu
    return close(f"octet {tpdu.offset}: {tpdu.message}") if isinstance(tpdu, CotpError) else None


_CLASS_0: Final = (DT, CR, CC, DR, ER, CotpError)


def _class_0_tpdu(inspection: Inspection[Tpdu | CotpError]) -> Fault | None:
    if isinstance(inspection.tpdu, _CLASS_0):
        return None
    return error(f"code {inspection.octets[1]:02X} is no TPDU of class 0", cotp.CAUSE_TPDU_TYPE, 2)


COTP_CHECKS: Final = CheckTable(
    "COTP",
    (
        Step("COTP.1", "form", "X.224, 13.2", "R", _form),
        Step("COTP.2", "class-0-tpdu", f"X.224, 13.1; {ANNEX_H}", "S", _class_0_tpdu),
    ),
)
"""Made on every TPDU, before those of its own table."""


def _li(inspection: Inspection[DT]) -> Fault | None:
    beyond = len(inspection.tpdu.header)
    return close(f"length indicator {2 + beyond}, in class 0 it is 2") if beyond else None


def _code(inspection: Inspection[DT]) -> Fault | None:
    roa = inspection.tpdu.roa
    return close(f"code {0xF0 | roa:02X}, in class 0 it is F0") if roa else None


def _number(inspection: Inspection[DT]) -> Fault | None:
    number = inspection.tpdu.number
    return close(f"TPDU number {number}, in class 0 it is 0") if number else None


def _size(inspection: Inspection[DT]) -> Fault | None:
    length, size = len(inspection.octets), inspection.situation.tpdu_size
    return close(f"{length} octets, {size} are agreed") if length > size else None


def _data(inspection: Inspection[DT]) -> Fault | None:
    return None if inspection.tpdu.data else note("no data")


def _tsdu_length(inspection: Inspection[DT]) -> Fault | None:
    situation = inspection.situation
    bound = situation.parameters.max_tsdu
    if situation.length_with(inspection.tpdu) <= bound:
        return None
    return close(f"a TSDU of more than {bound} octets")


DT_CHECKS: Final[CheckTable[Inspection[Any]]] = CheckTable(
    "COTP.DT",
    (
        place("DT", (Role.CLIENT, State.OPEN), (Role.SERVER, State.OPEN)),
        Step("COTP.DT.2", "length-indicator", "X.224, 13.7", "R", _li),
        Step("COTP.DT.3", "code", "X.224, 13.7", "R", _code),
        Step("COTP.DT.4", "number", "X.224, 13.7", "R", _number),
        Step("COTP.DT.5", "size", f"X.224, 6.3; {ANNEX_H}", "S", _size),
        Step("COTP.DT.6", "data", "X.224, 13.7", "I", _data),
        Step("COTP.DT.7", "tsdu-length", ANNEX_H, "I", _tsdu_length),
    ),
)


def _reference(inspection: Inspection[DR | ER]) -> Fault | None:
    detail = not_own_reference(inspection)
    return None if detail is None else note(detail)


def _user_data(inspection: Inspection[DR | ER]) -> Fault | None:
    data = inspection.tpdu.user_data
    return note(f"{len(data)} octets behind the header, class 0 has no user data there") if data else None


def _cause(inspection: Inspection[ER]) -> Fault | None:
    cause = inspection.tpdu.cause
    return None if cause <= cotp.CAUSE_PARAMETER_VALUE else note(f"reject cause {cause} is not defined")


def _invalid_tpdu(inspection: Inspection[ER]) -> Fault | None:
    return note("the rejected TPDU is not in it") if inspection.tpdu.invalid_tpdu is None else None


DR_CHECKS: Final[CheckTable[Inspection[Any]]] = CheckTable(
    "COTP.DR",
    (
        place("DR", (Role.CLIENT, State.WFCC)),
        Step("COTP.DR.2", "dst-ref", "X.224, 13.5", "R", _reference),
        Step("COTP.DR.3", "user-data", "X.224, 13.5", "R", _user_data),
    ),
)
ER_CHECKS: Final[CheckTable[Inspection[Any]]] = CheckTable(
    "COTP.ER",
    (
        place("ER", (Role.CLIENT, State.WFCC), (Role.CLIENT, State.OPEN), (Role.SERVER, State.OPEN)),
        Step("COTP.ER.2", "dst-ref", "X.224, 13.12", "R", _reference),
        Step("COTP.ER.3", "cause", "X.224, 13.12", "R", _cause),
        Step("COTP.ER.4", "invalid-tpdu", "X.224, 13.12", "R", _invalid_tpdu),
        Step("COTP.ER.5", "user-data", "X.224, 13.12", "R", _user_data),
    ),
)
"""DR and ER end the connection: nothing in them is worth more than a note."""

TABLES: Final[dict[str, CheckTable[Any]]] = {
    table.name: table
    for table in (
        TPKT_CHECKS,
        ARRIVAL_CHECKS,
        COTP_CHECKS,
        CR_CHECKS,
        CC_CHECKS,
        DT_CHECKS,
        DR_CHECKS,
        ER_CHECKS,
    )
}
