"""Faults of the OSI environment beneath native mode: events 15.1 to 15.16 (clause 15; 11-decisions 20, 21).

A fault n is told by an ABRT with osiDiagnostics n, one of titles or of the application context by a rejecting
AARE. Both are inferred, so that each is taken for the other. Nothing can provoke 15.8 and 15.10: an AARE has
no calling titles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.osi.apdu import REJECTED_PERMANENT
from conform62351.profiles.osi.encodings import ARBITRARY, OCTET_ALIGNED
from conform62351.profiles.osi.parameters import ACSE_SYNTAX, BER_SYNTAX, MMS_SYNTAX
from conform62351.reports.model.observation import Kind
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    logged,
    server_connection_on,
)
from conform62351.suites.osi.acse_external import direct_reference, references
from conform62351.suites.osi.acse_titles import (
    FOREIGN_AE_QUALIFIER,
    FOREIGN_AP_TITLE,
    IN_X227,
)
from conform62351.suites.osi.conversations import client_associates, client_request, server_associates
from conform62351.suites.osi.ppdus import PACKED_SYNTAX, UNKNOWN_NAME, Proposal, proposing, undecodable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField
from conform62351.tooling.engine.native_outcomes import osi_fault
from conform62351.tooling.engine.outcomes import one, refuse
from conform62351.tooling.engine.steps import (
    Act,
    Alternative,
    AnswerAssociation,
    Associate,
    Conversation,
    conversation,
)

PRESENTATION = "R-E2E-environment-presentation"
INDIRECT = "R-E2E-environment-indirect-reference"
CONTEXT = "R-E2E-environment-context"
ACSE = "R-E2E-environment-ACSE"
NAME = "R-E2E-environment-application-context"
CALLING = "R-E2E-environment-calling-titles"
CALLED = "R-E2E-environment-called-titles"
RESPONDING = "R-E2E-environment-responding-titles"
AUTHENTICATION = "R-E2E-environment-authentication"
RELEASE = "R-E2E-environment-release"

FOR_ACSE: Final[Proposal] = (1, ACSE_SYNTAX, (BER_SYNTAX,))
FOR_MMS: Final[Proposal] = (3, MMS_SYNTAX, (BER_SYNTAX,))
E2E_SYNTAX: Final = IDENTIFIERS.oid("e2eSecurityAS")
FOR_E2E: Final[Proposal] = (5, E2E_SYNTAX, (BER_SYNTAX,))
"""The contexts of native mode, under the numbers that the tester gives them."""
REFUSED_BY_PROVIDER: Final = 2
AUTHENTICATION_UNIT: Final = b"\x07\x80"
CHARSTRING: Final = b"\x80\x02ab"
"""An authentication value that is a text."""
NOT_SUPPORTED: Final = 2
CALLING_AP, CALLING_AE, CALLED_AP, CALLED_AE = 3, 6, 7, 10
"""Diagnostics of the ACSE user."""

Ways = Mapping[str, tuple[AnyMutation, ...]]

server_case = partial(case, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
client_case = partial(case, pics=CLIENT, baseline=CLIENT_BASELINE, configuration=NATIVE)


def one_each(ways: Mapping[str, AnyMutation]) -> Ways:
    """Return the same with each change as the only one."""
    return {label: (mutation,) for label, mutation in ways.items()}


def fields(pdu: str, **values: str | int | None) -> Ways:
    """Return the changes of a field each, by the names of the fields."""
    return {
        name.replace("_", " "): (SetField(pdu=pdu, field=name, value=value),)
        for name, value in values.items()
    }


def events(*numbers: int) -> tuple[str, ...]:
    """Return the identifiers of events of group 15."""
    return tuple(f"IEC62351-4:15.{number}" for number in numbers)


def by_abort(*numbers: int) -> tuple[Alternative, ...]:
    """Return how a fault may be told: by an abort, or by an AARE, which has no SecPDU then."""
    return (*_aborted(*numbers), one(Kind.REJECTED, "ACSE.AARE"))


def by_reject(diagnostic: int, number: int) -> tuple[Alternative, ...]:
    """Return how a fault may be told for which there is a diagnostic of ACSE: by it, or by an abort."""
    known = [diagnostic, *filter(None, (IN_X227.get(diagnostic),))]
    rejected = one(Kind.REJECTED, "ACSE.AARE", result=REJECTED_PERMANENT, diagnostic=known)
    return (rejected, *_aborted(number))


def _aborted(*numbers: int) -> tuple[Alternative, ...]:
    return tuple(form for form in osi_fault(*numbers) if form.kind is Kind.ABORTED)


def server_refuses_each(
    requirement: str, ways: Ways, *numbers: int, forms: tuple[Alternative, ...] = ()
) -> Iterator[Conversation]:
    """Show that the DUT server refuses an AARQ sent in each of ``ways``, and logs event 15.n.

    ``numbers`` are the values of n: several, where it depends on the DUT what it finds first.
    """
    for count, (label, mutations) in enumerate(ways.items(), 1):
        yield conversation(
            server_connection_on(0),
            Associate(mutations=mutations),
            refuse(requirement, forms or by_abort(*numbers), limit="limit.associate"),
            logged(events(*numbers)),
            server_associates(requirement, 1) if count == len(ways) else (),
            label=label,
        )


def client_refuses_each(requirement: str, ways: Ways, *numbers: int) -> Iterator[Conversation]:
    """Show that the DUT client aborts on an AARE sent in each of ``ways``, and logs event 15.n.

    No request must come, although one is asked for.
    """
    for count, (label, mutations) in enumerate(ways.items(), 1):
        yield conversation(
            client_request,
            AnswerAssociation(mutations=mutations),
            Act(action="send-request", may_fail=True),
            refuse(requirement, by_abort(*numbers), limit="limit.associate"),
            logged(events(*numbers)),
            client_associates(requirement, 1) if count == len(ways) else (),
            label=label,
        )


def externals(pdu: str, root: str) -> Ways:
    """Return the changes of what holds the SecPDU in the APDU ``pdu`` with the tag ``root``."""
    field = "user_information.0.encoding"
    return {
        "no user information": (SetField(pdu=pdu, field="user_information"),),
        "no EXTERNAL": (SetField(pdu=pdu, field="user_information", value=()),),
        "two EXTERNALs": (EditTlv(pdu=pdu, path=f"{root}/be/28", edit=Edit.DOUBLE),),
        "octet-aligned": (SetField(pdu=pdu, field=field, value=OCTET_ALIGNED),),
        "arbitrary": (SetField(pdu=pdu, field=field, value=ARBITRARY),),
        "another direct reference": (direct_reference(pdu, UNKNOWN_NAME),),
    }


def authenticated(pdu: str) -> Ways:
    """Return the changes that put a member of ACSE's own authentication into AARQ or AARE."""
    return {
        "mechanism-name": (SetField(pdu=pdu, field="mechanism_name", value=UNKNOWN_NAME),),
        "requirements": (SetField(pdu=pdu, field="requirements", octets=AUTHENTICATION_UNIT),),
        "authentication value": (SetField(pdu=pdu, field="authentication_value", octets=CHARSTRING),),
    }


def several(pdu: str, path: str) -> Ways:
    """Return the change that doubles the only presentation data value of ``pdu``."""
    return {"two values": (EditTlv(pdu=pdu, path=path, edit=Edit.DOUBLE),)}


NAMES: Final = {
    "of IEC 61850-8-1 without security, misspelt": "1.0.9506.2.3.1",
    "an unknown one": UNKNOWN_NAME,
}
CONTEXTS: Final[Ways] = one_each(
    {
        "no context for E2E": proposing(FOR_ACSE, FOR_MMS),
        "no context for MMS": proposing(FOR_ACSE, FOR_E2E),
        "E2E in PER alone": proposing(
            FOR_ACSE, FOR_MMS, (5, IDENTIFIERS.oid("e2eSecurityAS"), (PACKED_SYNTAX,))
        ),
        "MMS in PER alone": proposing(FOR_ACSE, (3, MMS_SYNTAX, (PACKED_SYNTAX,)), FOR_E2E),
    }
)
REFUSED_CONTEXTS: Final[Ways] = {
    f"{name} refused": (SetField(pdu="PRES.CPA", field=f"results.{place}.result", value=REFUSED_BY_PROVIDER),)
    for place, name in enumerate(("MMS", "E2E"), 1)
}
OTHER_CONTEXTS: Final = {"that of MMS": 3, "one that nobody proposed": 99}


def references_of(pdu: str) -> Ways:
    """Return the changes by which the EXTERNAL in ``pdu`` refers to another context than E2E's."""
    field = "user_information.0.indirect_reference"
    return {
        **one_each(references(pdu)),
        "that of MMS": (SetField(pdu=pdu, field=field, value=3),),
    }


def in_contexts(pdu: str) -> Ways:
    """Return the changes that send the value of ``pdu`` in another context."""
    return {
        label: (SetField(pdu=pdu, field="user_data.0.context", value=number),)
        for label, number in OTHER_CONTEXTS.items()
    }


@server_case("E2E/SRV/ENVIRONMENT/BI-contexts", PRESENTATION, EVENT)
def server_contexts() -> Iterator[Conversation]:
    """A server refuses an association without a context for E2E or MMS, or where BER is not offered
    for it.
    """
    return server_refuses_each(PRESENTATION, CONTEXTS, 1)


@client_case("E2E/CLI/ENVIRONMENT/BI-contexts", PRESENTATION, EVENT)
def client_contexts() -> Iterator[Conversation]:
    """A client aborts when a server accepts the association and refuses the context for E2E or MMS."""
    return client_refuses_each(PRESENTATION, REFUSED_CONTEXTS, 1)


@server_case("E2E/SRV/ENVIRONMENT/BI-presentation", PRESENTATION, EVENT)
def server_presentation() -> Iterator[Conversation]:
    """A server refuses a CP that does not decode, or that has two values where the AARQ is due."""
    ways = {**one_each(undecodable("PRES.CP", "31", "a2")), **several("PRES.CP", "31/a2/61/30")}
    return server_refuses_each(PRESENTATION, ways, 1)


@client_case("E2E/CLI/ENVIRONMENT/BI-presentation", PRESENTATION, EVENT)
def client_presentation() -> Iterator[Conversation]:
    """A client aborts on a CPA that does not decode, or that has two values where the AARE is due."""
    ways = {**one_each(undecodable("PRES.CPA", "31", "a2")), **several("PRES.CPA", "31/a2/61/30")}
    return client_refuses_each(PRESENTATION, ways, 1)


@server_case("E2E/SRV/ENVIRONMENT/BI-indirect-reference", INDIRECT, EVENT)
def server_indirect_reference() -> Iterator[Conversation]:
    """A server aborts when the EXTERNAL in AARQ refers to another context than that of E2E, or to none."""
    return server_refuses_each(INDIRECT, references_of("ACSE.AARQ"), 2)


@client_case("E2E/CLI/ENVIRONMENT/BI-indirect-reference", INDIRECT, EVENT)
def client_indirect_reference() -> Iterator[Conversation]:
    """A client aborts when the EXTERNAL in AARE refers to another context than that of E2E, or to none."""
    return client_refuses_each(INDIRECT, references_of("ACSE.AARE"), 2)


@server_case("E2E/SRV/ENVIRONMENT/BI-context-of-ACSE", CONTEXT, EVENT)
def server_context_of_acse() -> Iterator[Conversation]:
    """A server aborts when the AARQ comes in another context than that of ACSE."""
    return server_refuses_each(CONTEXT, in_contexts("PRES.CP"), 3)


@client_case("E2E/CLI/ENVIRONMENT/BI-context-of-ACSE", CONTEXT, EVENT)
def client_context_of_acse() -> Iterator[Conversation]:
    """A client aborts when the AARE comes in another context than that of ACSE."""
    return client_refuses_each(CONTEXT, in_contexts("PRES.CPA"), 3)


@server_case("E2E/SRV/ENVIRONMENT/BI-EXTERNAL", ACSE, EVENT)
def server_external() -> Iterator[Conversation]:
    """A server aborts when AARQ has not exactly one EXTERNAL, or one that is no single ASN.1 type in BER."""
    return server_refuses_each(ACSE, externals("ACSE.AARQ", "60"), 4)


@client_case("E2E/CLI/ENVIRONMENT/BI-EXTERNAL", ACSE, EVENT)
def client_external() -> Iterator[Conversation]:
    """A client aborts when AARE has not exactly one EXTERNAL, or one that is no single ASN.1 type in BER."""
    return client_refuses_each(ACSE, externals("ACSE.AARE", "61"), 4)


@server_case("E2E/SRV/ENVIRONMENT/BI-ACSE", ACSE, EVENT)
def server_acse() -> Iterator[Conversation]:
    """A server aborts when the AARQ does not decode, which may be found while presentation is decoded."""
    return server_refuses_each(ACSE, one_each(undecodable("ACSE.AARQ", "60", "a1")), 4, 1)


@client_case("E2E/CLI/ENVIRONMENT/BI-ACSE", ACSE, EVENT)
def client_acse() -> Iterator[Conversation]:
    """A client aborts when the AARE does not decode, which may be found while presentation is decoded."""
    return client_refuses_each(ACSE, one_each(undecodable("ACSE.AARE", "61", "a1")), 4, 1)


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
    """A server rejects an AARQ without a calling AP-title."""
    ways = fields("ACSE.AARQ", calling_ap_title=None)
    return server_refuses_each(CALLING, ways, 7, forms=by_reject(CALLING_AP, 7))


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
