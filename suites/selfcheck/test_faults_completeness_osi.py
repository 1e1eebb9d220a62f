"""The faulty devices of OSI and MMS leave out every check once, and a case finds each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from conform62351.profiles.mms.checks import INCOMING, REJECTING
from conform62351.profiles.mms.pdu_checks import ANSWER, OUTGOING, REQUEST
from conform62351.profiles.mms.service_checks import ANSWERED, CANCEL, CONCLUDE, INITIATE, ITEM, SERVICE
from conform62351.profiles.osi import acse_checks, presentation_checks, session_checks
from conform62351.profiles.policy import CheckTable
from conform62351.profiles.transport import checks as transport_checks
from conform62351.suites.selfcheck.test_faults_completeness import left_out

MMS: Final = (
    *(INCOMING, REJECTING, ANSWER, OUTGOING, REQUEST),
    *(ANSWERED, CANCEL, CONCLUDE, INITIATE, ITEM, SERVICE),
)
TABLES: Final[tuple[CheckTable[Any], ...]] = (
    *transport_checks.TABLES.values(),
    *session_checks.TABLES.values(),
    *presentation_checks.TABLES.values(),
    *acse_checks.TABLES.values(),
    *MMS,
)
NOTES: Final = frozenset(
    (
        *("minimal-form", "basic-encoding-rules", "components", "parameters", "length-indicator", "form"),
        *("repeated-parameter", "selector-length", "selectors", "data", "cause", "invalid-tpdu"),
        *("user-data-group", "transport-disconnect", "reason", "reason-stated", "version-stated", "source"),
        *("odd-numbers", "result-count", "result-values", "context-list", "carrier", "diagnostic"),
        *("title-forms", "responding-titles", "requirements-coding", "authentication-unit"),
        *("no-direct-reference", "ignored", "within-proposal"),
    )
)
"""Names of steps that note: the device goes on as it does without the check."""

OVER: Final = (
    "the association is over with such a PDU, whatever is wrong with it: nothing is worth more than a note"
)
ABOVE: Final = "what lies above finds the same, and the connection ends in a form that is taken"
LENIENT: Final = "the pages do not name it, or let it be read: who takes it harms nobody"
BOUND: Final = "a bound of our own, which nobody else need have"
AT_ONCE: Final = "the device answers every request at once: none is outstanding when the next comes"
INWARD: Final = "what a client makes of the answer shows nobody"
OWN_MODEL: Final = "what may be written is a matter of the device's model"
DROPPED: Final = "data that do not decode may be dropped: R-PRES-TD-undecodable"
EXCEPTIONS: Final = {
    **dict.fromkeys((f"COTP.CC.{number}" for number in (3, 5, 6, 8, 9, 11)), LENIENT),
    **dict.fromkeys((f"COTP.CR.{number}" for number in (2, 3, 5, 8, 11)), LENIENT),
    "TPKT.2": "close, or ignore it (H.3.2 is not public)",
    **dict.fromkeys(("COTP.DT.2", "COTP.DT.3", "COTP.DT.4"), LENIENT),
    "COTP.DT.7": BOUND,
    **dict.fromkeys(("COTP.DR.1", "COTP.ER.1", "SES.DT.4", "SES.DN.5"), ABOVE),
    **dict.fromkeys(
        (f"COTP.{name}" for name in ("DR.2", "DR.3", "ER.2", "ER.5", "ER.3", "ER.4")),
        OVER,
    ),
    **dict.fromkeys(("SES.RF.1", "SES.RF.4", "SES.DN.1", "SES.DN.4", "SES.DN.7", "SES.AA.1"), OVER),
    **dict.fromkeys(
        ("PRES.CPR.1", "PRES.ARU.1", "PRES.ARU.6", "PRES.ARP.1", "ACSE.RLRE.1", "ACSE.ABRT.1"), OVER
    ),
    **dict.fromkeys(("SES.CN.6", "SES.AC.6", "SES.FN.8"), LENIENT),
    "SES.CN.11": BOUND,
    "PRES.CPA.1": "who neither aborts nor closes passes with a warning: R-PRES-CPA-undecodable",
    **dict.fromkeys(("PRES.TD.1", "PRES.UD.1"), DROPPED),
    **dict.fromkeys((f"PRES.UD.{number}" for number in range(5, 9)), LENIENT),
    "ACSE.AARE.7": "it ends as a rejection all the same; acse-result-is-a-flag reads it as an acceptance",
    **dict.fromkeys(("MMS.1", "MMS.13", "MMS.16", "MMS.24", "MMS.29", "MMS.31"), LENIENT),
    "MMS.28": BOUND,
    **dict.fromkeys(("MMS.14", "MMS.15", "MMS.23"), AT_ONCE),
    "MMS.11": INWARD,
    "MMS.12": "the device serves what its MMS has; test_suite_mms_claims.py denies services",
    "MMS.32": OWN_MODEL,
}
"""Checks that no faulty device leaves out, and why."""

BY_SERVER: Final = (
    *("COTP.CR", "PRES.CP", "ACSE.AARQ", "MMS.initiate", "MMS.item", "MMS.service", "MMS.cancel"),
    *("MMS.request", "MMS.conclude"),
)
BY_CLIENT: Final = ("COTP.CC", "COTP.DR", "PRES.CPA", "ACSE.AARE", "MMS.outgoing", "MMS.answered")
OF_SERVER: Final = (
    "SES.CN.9",
    # A client passes over PDUs of MMS that it cannot read, rejects them, or ends: all of it is taken.
    *("MMS.2", "MMS.3", "MMS.4", "MMS.5", "MMS.8"),
    # At a client a FINISH without an association, and at either side what answers nothing, ends above.
    *("SES.FN.5", "SES.AC.5", "SES.RF.5"),
    # A client's own check of an RLRQ shows in nothing else than a server's does.
    "ACSE.RLRQ.1",
)
OF_CLIENT: Final = ("MMS.10",)


def steps() -> Iterator[tuple[str, str]]:
    """Return identifier and name of all checks."""
    for table in TABLES:
        yield from ((step.id, step.name) for step in table.steps)


def is_note(identifier: str, name: str) -> bool:
    """Return whether a check only notes; two names stand for checks of either kind."""
    return name in NOTES and identifier not in EXCEPTIONS


def roles_of(identifier: str) -> set[str]:
    """Return the roles that make a check, or in which it can be told by a case."""
    table = next(table.name for table in TABLES if any(step.id == identifier for step in table.steps))
    if table in BY_SERVER or identifier in OF_SERVER:
        return {"SRV"}
    return {"CLI"} if table in BY_CLIENT or identifier in OF_CLIENT else {"SRV", "CLI"}


LEFT_OUT: Final = left_out(TABLES)


@pytest.mark.parametrize(
    "identifier",
    [step for step, name in steps() if step not in EXCEPTIONS and not is_note(step, name)],
)
def test_a_faulty_device_leaves_the_check_out(identifier: str) -> None:
    missing = roles_of(identifier) - LEFT_OUT.get(identifier, set())
    assert not missing, f"{missing}: no faulty device leaves {identifier} out, or no case finds it"


def test_exceptions_are_checks_that_no_faulty_device_leaves_out() -> None:
    assert set(EXCEPTIONS) <= {step for step, _ in steps()}
    assert not set(EXCEPTIONS) & set(LEFT_OUT)


def test_every_name_of_a_note_is_that_of_a_check() -> None:
    assert {name for _, name in steps()} >= NOTES
