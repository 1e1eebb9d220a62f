"""What is checked on the members that AARQ and AARE share: authentication and user information.

Plain MMS uses no authentication, so that is only looked at for its form. User information that cannot be used
ends in an ABRT (11-decisions 21).
"""

from __future__ import annotations

from typing import Any, Final

from conform62351.profiles.osi.apdu import (
    AARE,
    AARQ,
    ABORT_BY_USER,
    ACCEPTED,
    AUTHENTICATION_UNIT,
    UserInformation,
)
from conform62351.profiles.osi.encodings import SINGLE_ASN1_TYPE
from conform62351.profiles.osi.inspection import Inspection, abort, note, shown, step
from conform62351.profiles.osi.parameters import BER_SYNTAX
from conform62351.profiles.policy import Fault, Step

ENVIRONMENT: Final = "IEC 62351-4, 15"


def user_abort(detail: str) -> Fault:
    """Return a fault that ends the association by an ABRT of the user."""
    return abort(detail, source=ABORT_BY_USER)


def _requirements(apdu: AARQ | AARE, _: Inspection[Any]) -> Fault | None:
    if apdu.requirements in (None, AUTHENTICATION_UNIT):
        return None
    return note(f"requirements {shown(apdu.requirements)} in place of {shown(AUTHENTICATION_UNIT)}")


def _authentication_unit(apdu: AARQ | AARE, _: Inspection[Any]) -> Fault | None:
    selected = apdu.requirements is not None and apdu.requirements[1:2] >= b"\x80"
    if selected or (apdu.mechanism_name is None and apdu.authentication_value is None):
        return None
    return note("authentication members without the functional unit")


def _count(apdu: AARQ | AARE, _: Inspection[Any]) -> Fault | None:
    count = len(apdu.user_information or ())
    if count == 1 or not _carries(apdu):
        return None
    return user_abort(f"{count} EXTERNALs in the user information in place of one")


def _encoding(apdu: AARQ | AARE, _: Inspection[Any]) -> Fault | None:
    for external in _externals(apdu):
        if external.encoding != SINGLE_ASN1_TYPE:
            return user_abort(f"an EXTERNAL {external.encoding}")
    return None


def _direct_reference(apdu: AARQ | AARE, _: Inspection[Any]) -> Fault | None:
    for external in _externals(apdu):
        if external.direct_reference not in (None, BER_SYNTAX):
            return user_abort(f"an EXTERNAL with direct reference {external.direct_reference}")
    return None


def _no_direct_reference(apdu: AARQ | AARE, _: Inspection[Any]) -> Fault | None:
    for external in _externals(apdu):
        if external.direct_reference is not None:
            return note(f"direct reference {external.direct_reference} beside the indirect one")
    return None


def _indirect_reference(apdu: AARQ | AARE, inspection: Inspection[Any]) -> Fault | None:
    wanted = inspection.situation.protocol_context
    for external in _externals(apdu):
        if external.indirect_reference != wanted:
            found = external.indirect_reference
            return user_abort(f"an EXTERNAL with indirect reference {found} in place of {wanted}")
    return None


def _carries(apdu: AARQ | AARE) -> bool:
    """Return whether the APDU must carry a PDU of the protected protocol: a rejecting AARE need not."""
    return isinstance(apdu, AARQ) or apdu.result == ACCEPTED


def _externals(apdu: AARQ | AARE) -> UserInformation:
    return (apdu.user_information or ()) if _carries(apdu) else ()


def shared_steps(prefix: str, first: int) -> tuple[Step[Inspection[Any]], ...]:
    """Return the steps on authentication members and user information, numbered from ``first``."""
    tests = (
        ("requirements-coding", "X.227, 9; X.690, 8.6", "F", _requirements),
        ("authentication-unit", "X.227, 7.1", "R", _authentication_unit),
        ("one-EXTERNAL", ENVIRONMENT, "I", _count),
        ("single-ASN1-type", ENVIRONMENT, "I", _encoding),
        ("direct-reference", ENVIRONMENT, "I", _direct_reference),
        ("no-direct-reference", ENVIRONMENT, "F", _no_direct_reference),
        ("indirect-reference", ENVIRONMENT, "I", _indirect_reference),
    )
    return tuple(
        step(f"{prefix}.{number}", name, clause, provenance, test)
        for number, (name, clause, provenance, test) in enumerate(tests, first)
    )
