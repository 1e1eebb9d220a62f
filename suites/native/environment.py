"""Faults of the OSI environment beneath native mode: events 15.1 to 15.4 (clause 15; 11-decisions 20, 21).

A fault n is told by an ABRT with osiDiagnostics n. That is inferred, so that a rejecting AARE is taken
for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from conform62351.profiles.identifiers import IDENTIFIERS
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
from conform62351.suites.osi.conversations import client_associates, client_request, server_associates
from conform62351.suites.osi.ppdus import PACKED_SYNTAX, UNKNOWN_NAME, Proposal, proposing, undecodable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField
from conform62351.tooling.engine.native_outcomes import UNTOLD, osi_fault
from conform62351.tooling.engine.outcomes import one, refuse, warned
from conform62351.tooling.engine.steps import (
    Act,
    Alternative,
    AnswerAssociation,
    Associate,
    Conversation,
    Verify,
    conversation,
)

PRESENTATION = "R-E2E-environment-presentation"
INDIRECT = "R-E2E-environment-indirect-reference"
CONTEXT = "R-E2E-environment-context"
ACSE = "R-E2E-environment-ACSE"

FOR_ACSE: Final[Proposal] = (1, ACSE_SYNTAX, (BER_SYNTAX,))
FOR_MMS: Final[Proposal] = (3, MMS_SYNTAX, (BER_SYNTAX,))
E2E_SYNTAX: Final = IDENTIFIERS.oid("e2eSecurityAS")
FOR_E2E: Final[Proposal] = (5, E2E_SYNTAX, (BER_SYNTAX,))
"""The contexts of native mode, under the numbers that the tester gives them."""
REFUSED_BY_PROVIDER: Final = 2

REJECTED: Final = one(Kind.REJECTED, "ACSE.AARE")

Ways = Mapping[str, tuple[AnyMutation, ...]]

server_case = partial(case, pics=SERVER, baseline=SERVER_BASELINE, configuration=NATIVE)
client_case = partial(case, pics=CLIENT, baseline=CLIENT_BASELINE, configuration=NATIVE)


def one_each(ways: Mapping[str, AnyMutation]) -> Ways:
    """Return the same with each change as the only one."""
    return {label: (mutation,) for label, mutation in ways.items()}


def events(*numbers: int) -> tuple[str, ...]:
    """Return the identifiers of events of group 15."""
    return tuple(f"IEC62351-4:15.{number}" for number in numbers)


def by_abort(*numbers: int) -> tuple[Alternative, ...]:
    """Return how a fault may be told: by an abort, or by an AARE, which has no SecPDU then."""
    return (*aborted(*numbers), REJECTED)


def aborted(*numbers: int) -> tuple[Alternative, ...]:
    """Return how a fault is told by an abort."""
    return tuple(form for form in osi_fault(*numbers) if form.kind is Kind.ABORTED)


def server_refuses_each(
    requirement: str, ways: Ways, *numbers: int, forms: tuple[Alternative, ...] = ()
) -> Iterator[Conversation]:
    """Show that the DUT server refuses an AARQ sent in each of ``ways``, and logs event 15.n.

    ``numbers`` are the values of n: several, where it depends on the DUT what it finds first. A server has
    not accepted the context for osiDiagnostics yet, and may do without.
    """
    for count, (label, mutations) in enumerate(ways.items(), 1):
        yield conversation(
            server_connection_on(0),
            Associate(mutations=mutations),
            refuse(requirement, forms or (*by_abort(*numbers), UNTOLD), limit="limit.associate"),
            logged(events(*numbers)),
            server_associates(requirement, 1) if count == len(ways) else (),
            label=label,
        )


def client_refuses_each(
    requirement: str, ways: Ways, *numbers: int, forms: tuple[Alternative, ...] = ()
) -> Iterator[Conversation]:
    """Show that the DUT client aborts on an AARE sent in each of ``ways``, and logs event 15.n.

    No request must come, although one is asked for.
    """
    for count, (label, mutations) in enumerate(ways.items(), 1):
        yield conversation(
            client_request,
            AnswerAssociation(mutations=mutations),
            Act(action="send-request", may_fail=True),
            refuse(requirement, forms or by_abort(*numbers), limit="limit.associate"),
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


def several(pdu: str, path: str) -> Ways:
    """Return the change that doubles the only presentation data value of ``pdu``."""
    return {"two values": (EditTlv(pdu=pdu, path=path, edit=Edit.DOUBLE),)}


NO_CONTEXT: Final = proposing(FOR_ACSE, FOR_MMS)
CONTEXTS: Final[Ways] = one_each(
    {
        "no context for MMS": proposing(FOR_ACSE, FOR_E2E),
        "E2E in PER alone": proposing(
            FOR_ACSE, FOR_MMS, (5, IDENTIFIERS.oid("e2eSecurityAS"), (PACKED_SYNTAX,))
        ),
        "MMS in PER alone": proposing(FOR_ACSE, (3, MMS_SYNTAX, (PACKED_SYNTAX,)), FOR_E2E),
    }
)


def refused_context(name: str, place: int) -> Ways:
    """Return the change that refuses the context called ``name``, which was proposed in that place."""
    field = f"results.{place}.result"
    return {f"{name} refused": (SetField(pdu="PRES.CPA", field=field, value=REFUSED_BY_PROVIDER),)}


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

    In a context that nobody proposed it says nothing.
    """
    without: Ways = {
        "no context for E2E": (NO_CONTEXT,),
        "no context for E2E, and two values": (NO_CONTEXT, *several("PRES.CP", "31/a2/61/30")["two values"]),
    }
    for label, mutations in without.items():
        yield conversation(
            server_connection_on(0),
            Associate(mutations=mutations),
            refuse(PRESENTATION, REJECTED, UNTOLD, limit="limit.associate"),
            Verify(requirement=PRESENTATION, field="ACSE.ABRT.user_information", absent=True),
            logged(events(1)),
            label=label,
        )
    yield from server_refuses_each(PRESENTATION, CONTEXTS, 1)


@client_case("E2E/CLI/ENVIRONMENT/BI-contexts", PRESENTATION, EVENT)
def client_contexts() -> Iterator[Conversation]:
    """A client aborts when a server accepts the association and refuses the context for E2E or MMS.

    In a context that was refused it says nothing; osiDiagnostics there, which nobody can read, is a warning.
    """
    yield from client_refuses_each(PRESENTATION, refused_context("MMS", 1), 1)
    forms = (UNTOLD, *warned("osiDiagnostics comes in a context that was refused", aborted(1)))
    yield from client_refuses_each(PRESENTATION, refused_context("E2E", 2), 1, forms=forms)


@server_case("E2E/SRV/ENVIRONMENT/BI-presentation", PRESENTATION, EVENT)
def server_presentation() -> Iterator[Conversation]:
    """A server refuses a CP that does not decode, or that has two values where the AARQ is due."""
    ways = {**one_each(undecodable("PRES.CP", "31", "a2")), **several("PRES.CP", "31/a2/61/30")}
    return server_refuses_each(PRESENTATION, ways, 1)


@client_case("E2E/CLI/ENVIRONMENT/BI-presentation", PRESENTATION, EVENT)
def client_presentation() -> Iterator[Conversation]:
    """A client aborts on a CPA that does not decode, or that has two values where the AARE is due."""
    ways = {**one_each(undecodable("PRES.CPA", "31", "a2")), **several("PRES.CPA", "31/a2/61/30")}
    return client_refuses_each(PRESENTATION, ways, 1, forms=(*by_abort(1), UNTOLD))


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
    forms = (*by_abort(4, 1), UNTOLD)
    return client_refuses_each(ACSE, one_each(undecodable("ACSE.AARE", "61", "a1")), 4, 1, forms=forms)
