"""Faults of ACSE beneath native mode, of titles, names and its own authentication: events 15.5 to 15.16.

One of titles or of the application context is told by a rejecting AARE or by an ABRT: which is inferred
(clause 15; 11-decisions 20, 21). Nothing can provoke 15.8 and 15.10: an AARE has no calling titles.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from conform62351.profiles.osi.apdu import REJECTED_PERMANENT
from conform62351.reports.model.observation import Kind
from conform62351.suites.native.conversations import EVENT
from conform62351.suites.native.environment import (
    Ways,
    aborted,
    client_case,
    client_refuses_each,
    one_each,
    server_case,
    server_refuses_each,
)
from conform62351.suites.osi.acse_titles import (
    FOREIGN_AE_QUALIFIER,
    FOREIGN_AP_TITLE,
    IN_X227,
)
from conform62351.suites.osi.ppdus import UNKNOWN_NAME
from conform62351.tooling.engine.mutations import SetField
from conform62351.tooling.engine.native_outcomes import UNTOLD
from conform62351.tooling.engine.outcomes import one
from conform62351.tooling.engine.steps import Alternative, Conversation

NAME = "R-E2E-environment-application-context"
CALLING = "R-E2E-environment-calling-titles"
CALLED = "R-E2E-environment-called-titles"
RESPONDING = "R-E2E-environment-responding-titles"
AUTHENTICATION = "R-E2E-environment-authentication"

AUTHENTICATION_UNIT: Final = b"\x07\x80"
CHARSTRING: Final = b"\x80\x02ab"
"""An authentication value that is a text."""
EMPTY_NAME: Final = b"\x30\x00"
"""A title of form 1."""
NOT_SUPPORTED: Final = 2
CALLING_AP, CALLING_AE, CALLED_AP, CALLED_AE = 3, 6, 7, 10
"""Diagnostics of the ACSE user."""


def fields(pdu: str, **values: str | int | None) -> Ways:
    """Return the changes of a field each, by the names of the fields."""
    return {
        name.replace("_", " "): (SetField(pdu=pdu, field=name, value=value),)
        for name, value in values.items()
    }


def by_reject(diagnostic: int, number: int) -> tuple[Alternative, ...]:
    """Return how a fault may be told for which there is a diagnostic of ACSE: by it, or by an abort."""
    known = [diagnostic, *filter(None, (IN_X227.get(diagnostic),))]
    rejected = one(Kind.REJECTED, "ACSE.AARE", result=REJECTED_PERMANENT, diagnostic=known)
    return (rejected, *aborted(number), UNTOLD)


def authenticated(pdu: str) -> Ways:
    """Return the changes that put a member of ACSE's own authentication into AARQ or AARE."""
    return {
        "mechanism-name": (SetField(pdu=pdu, field="mechanism_name", value=UNKNOWN_NAME),),
        "requirements": (SetField(pdu=pdu, field="requirements", octets=AUTHENTICATION_UNIT),),
        "authentication value": (SetField(pdu=pdu, field="authentication_value", octets=CHARSTRING),),
    }


NAMES: Final = {
    "of IEC 61850-8-1 without security, misspelt": "1.0.9506.2.3.1",
    "an unknown one": UNKNOWN_NAME,
}


@server_case("E2E/SRV/ENVIRONMENT/BI-application-context", NAME, EVENT)
def server_application_context() -> Iterator[Conversation]:
    """A server rejects an application context that it does not know for good, by the diagnostic for that."""
    ways = {
        label: (SetField(pdu="ACSE.AARQ", field="application_context", value=name),)
        for label, name in NAMES.items()
    }
    return server_refuses_each(NAME, ways, 5, forms=by_reject(NOT_SUPPORTED, 5))


@client_case("E2E/CLI/ENVIRONMENT/BI-application-context", NAME, EVENT)
def client_application_context() -> Iterator[Conversation]:
    """A client aborts when the AARE names another application context than e2eMmsAC."""
    ways = {
        label: (SetField(pdu="ACSE.AARE", field="application_context", value=name),)
        for label, name in NAMES.items()
    }
    return client_refuses_each(NAME, ways, 6)


@server_case("E2E/SRV/ENVIRONMENT/BI-calling-AP-title", CALLING, EVENT)
def server_calling_ap_title() -> Iterator[Conversation]:
    """A server rejects an AARQ without a calling AP-title, or with one that is no object identifier, if it
    decodes that.
    """
    title = partial(SetField, pdu="ACSE.AARQ", field="calling_ap_title")
    forms = by_reject(CALLING_AP, 7)
    yield from server_refuses_each(CALLING, one_each({"none": title()}), 7, forms=forms)
    others = one_each({"without arcs": title(value=""), "a directory name": title(octets=EMPTY_NAME)})
    yield from server_refuses_each(CALLING, others, 7, 4, forms=(*forms, *aborted(4)))


@server_case("E2E/SRV/ENVIRONMENT/BI-calling-AE-qualifier", CALLING, EVENT)
def server_calling_ae_qualifier() -> Iterator[Conversation]:
    """A server rejects an AARQ without a calling AE-qualifier."""
    ways = fields("ACSE.AARQ", calling_ae_qualifier=None)
    return server_refuses_each(CALLING, ways, 9, forms=by_reject(CALLING_AE, 9))


@server_case("E2E/SRV/ENVIRONMENT/BI-called-AP-title", CALLED, EVENT)
def server_called_ap_title() -> Iterator[Conversation]:
    """A server rejects an AARQ whose called AP-title is not its own."""
    ways = fields("ACSE.AARQ", called_ap_title=FOREIGN_AP_TITLE)
    return server_refuses_each(CALLED, ways, 11, forms=by_reject(CALLED_AP, 11))


@server_case("E2E/SRV/ENVIRONMENT/BI-called-AE-qualifier", CALLED, EVENT)
def server_called_ae_qualifier() -> Iterator[Conversation]:
    """A server rejects an AARQ whose called AE-qualifier is not its own."""
    ways = fields("ACSE.AARQ", called_ae_qualifier=FOREIGN_AE_QUALIFIER)
    return server_refuses_each(CALLED, ways, 13, forms=by_reject(CALLED_AE, 13))


@client_case("E2E/CLI/ENVIRONMENT/BI-responding-AP-title", RESPONDING, EVENT)
def client_responding_ap_title() -> Iterator[Conversation]:
    """A client aborts when an accepting AARE has no responding AP-title, or another than was called."""
    ways = {"none": None, "another": FOREIGN_AP_TITLE}
    changed = {
        label: (SetField(pdu="ACSE.AARE", field="responding_ap_title", value=value),)
        for label, value in ways.items()
    }
    return client_refuses_each(RESPONDING, changed, 12)


@client_case("E2E/CLI/ENVIRONMENT/BI-responding-AE-qualifier", RESPONDING, EVENT)
def client_responding_ae_qualifier() -> Iterator[Conversation]:
    """A client aborts when an accepting AARE has no responding AE-qualifier, or another than was called."""
    ways = {"none": None, "another": FOREIGN_AE_QUALIFIER}
    changed = {
        label: (SetField(pdu="ACSE.AARE", field="responding_ae_qualifier", value=value),)
        for label, value in ways.items()
    }
    return client_refuses_each(RESPONDING, changed, 14)


@server_case("E2E/SRV/ENVIRONMENT/BI-authentication", AUTHENTICATION, EVENT)
def server_authentication() -> Iterator[Conversation]:
    """A server aborts when an AARQ of native mode has something of ACSE's own authentication."""
    return server_refuses_each(AUTHENTICATION, authenticated("ACSE.AARQ"), 15)


@client_case("E2E/CLI/ENVIRONMENT/BI-authentication", AUTHENTICATION, EVENT)
def client_authentication() -> Iterator[Conversation]:
    """A client aborts when an AARE of native mode has something of ACSE's own authentication."""
    return client_refuses_each(AUTHENTICATION, authenticated("ACSE.AARE"), 16)
