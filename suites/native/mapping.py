"""How SecPDUs are carried by ACSE and presentation, in associations that are right (clause 15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conform62351.profiles.osi.apdu import ACCEPTED, NULL, REJECTED_PERMANENT, USER
from conform62351.profiles.osi.parameters import BER_SYNTAX, MMS_SYNTAX
from conform62351.profiles.osi.ppdu import ACCEPTANCE
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    client_takes,
    server_association,
    server_connection_on,
    server_exchanges,
    server_takes,
)
from conform62351.suites.osi import conversations as osi
from conform62351.suites.osi.acse_external import direct_reference
from conform62351.suites.osi.acse_titles import NO_CALLED
from conform62351.suites.osi.conversations import Steps, client_request
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Reorder, SetField
from conform62351.tooling.engine.outcomes import (
    TRANSPORT_CONNECTED,
    reach,
    refuse,
    rejected,
)
from conform62351.tooling.engine.steps import (
    Associate,
    Connect,
    Conversation,
    NoFinding,
    OpenTransport,
    Verify,
    conversation,
)

CONTEXT_NAME = "R-E2E-application-context"
NO_AUTHENTICATION = "R-E2E-no-authentication-value"
TITLES = "R-E2E-titles"
CONTEXTS = "R-E2E-contexts"
EXTERNAL = "R-E2E-EXTERNAL"
MAPPING = "R-E2E-mapping"
ACCEPT = "R-E2E-accepted"
NUMBERS = "R-E2E-context-numbers"
CALLED = "R-E2E-called-titles"
DIRECT = "R-E2E-direct-reference"
WITHOUT_NATIVE = "R-E2E-not-supported"

NOT_SUPPORTED = 2
"""The diagnostic of the ACSE user that the application context name is not supported."""
ORDERS: Mapping[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "11, 13 and 15": ((11, 13, 15), (0, 1, 2)),
    "5, 3 and 1": ((5, 3, 1), (0, 1, 2)),
    "two octets each": ((129, 32_001, 32_767), (0, 1, 2)),
    "E2E first": ((1, 3, 5), (2, 0, 1)),
    "MMS last": ((1, 3, 5), (0, 2, 1)),
}
"""Numbers of the contexts for ACSE, MMS and E2E, and which of the three stands first, second and last."""
CONTEXTS_PROPOSED = 3


def _checked(requirement: str, *steps: str, tolerated: bool = False) -> NoFinding:
    return NoFinding(requirement=requirement, steps=steps, tolerated=tolerated)


SERVER_MEMBERS: Steps = (
    _checked(CONTEXT_NAME, "ACSE.AARE.10"),
    _checked(NO_AUTHENTICATION, "E2E.OSI.AARE.4"),
    NoFinding(requirement=TITLES, steps=("E2E.OSI.AARE.2", "E2E.OSI.AARE.3"), severity=Severity.FUNCTION),
    _checked(EXTERNAL, "ACSE.AARE.16", "ACSE.AARE.17", "ACSE.AARE.18", "ACSE.AARE.20"),
    _checked(EXTERNAL, "ACSE.AARE.19", tolerated=True),
)
CLIENT_MEMBERS: Steps = (
    _checked(CONTEXT_NAME, "ACSE.AARQ.7"),
    _checked(NO_AUTHENTICATION, "E2E.OSI.AARQ.4"),
    NoFinding(
        requirement=TITLES,
        steps=("E2E.OSI.AARQ.2", "E2E.OSI.AARQ.3", "ACSE.AARQ.10", "ACSE.AARQ.11"),
        severity=Severity.FUNCTION,
    ),
    _checked(EXTERNAL, "ACSE.AARQ.16", "ACSE.AARQ.17", "ACSE.AARQ.18", "ACSE.AARQ.20"),
    _checked(EXTERNAL, "ACSE.AARQ.19", tolerated=True),
)


@case(
    "E2E/SRV/MAP/BV-members",
    CONTEXT_NAME,
    NO_AUTHENTICATION,
    TITLES,
    EXTERNAL,
    ACCEPT,
    pics=SERVER,
    configuration=NATIVE,
)
def server_members() -> Conversation:
    """An accepting AARE names e2eMmsAC, has the responding titles and nothing of ACSE's own authentication.

    Its result is accepted, its diagnostic null, and the SecPDU is its only EXTERNAL.
    """
    return conversation(
        server_association(),
        SERVER_MEMBERS,
        Verify(requirement=ACCEPT, field="ACSE.AARE.result", is_in=(ACCEPTED,)),
        Verify(requirement=ACCEPT, field="ACSE.AARE.diagnostic_source", is_in=(USER,)),
        Verify(requirement=ACCEPT, field="ACSE.AARE.diagnostic", is_in=(NULL,)),
    )


@case(
    "E2E/CLI/MAP/BV-members",
    CONTEXT_NAME,
    NO_AUTHENTICATION,
    TITLES,
    EXTERNAL,
    pics=CLIENT,
    configuration=NATIVE,
)
def client_members() -> Conversation:
    """An AARQ names e2eMmsAC, has the calling titles and nothing of ACSE's own authentication.

    The SecPDU is its only EXTERNAL.
    """
    return conversation(client_request, CLIENT_MEMBERS)


@case("E2E/SRV/MAP/BV-contexts", CONTEXTS, MAPPING, pics=SERVER, configuration=NATIVE)
def server_contexts() -> Conversation:
    """A server accepts the contexts of ACSE, MMS and e2eSecurityAS, and sends data in the last of them."""
    return conversation(
        server_association(),
        *(
            Verify(requirement=CONTEXTS, field=f"PRES.CPA.results.{place}.result", is_in=(ACCEPTANCE,))
            for place in range(CONTEXTS_PROPOSED)
        ),
        server_exchanges(1, MAPPING),
        _checked(MAPPING, "PRES.TD", "E2E.OSI"),
    )


@case("E2E/CLI/MAP/BV-contexts", CONTEXTS, MAPPING, pics=CLIENT, configuration=NATIVE)
def client_contexts() -> Conversation:
    """A client proposes the contexts of ACSE, MMS and e2eSecurityAS, and sends data in the last of them."""
    return conversation(
        client_request,
        Verify(requirement=CONTEXTS, field="PRES.CP.contexts.*.abstract_syntax", includes=(MMS_SYNTAX,)),
        _checked(CONTEXTS, "ACSE.AARQ.8", "E2E.OSI.AARQ.1"),
        client_takes(MAPPING),
        _checked(MAPPING, "PRES.TD", "E2E.OSI"),
    )


def _proposed(numbers: tuple[int, int, int], order: tuple[int, int, int]) -> tuple[AnyMutation, ...]:
    for_acse, _, for_e2e = numbers
    return (
        *(
            SetField(pdu="PRES.CP", field=f"contexts.{place}.id", value=number)
            for place, number in enumerate(numbers)
        ),
        Reorder(pdu="PRES.CP", field="contexts", order=order),
        SetField(pdu="PRES.CP", field="user_data.0.context", value=for_acse),
        SetField(pdu="ACSE.AARQ", field="user_information.0.indirect_reference", value=for_e2e),
    )


@case(
    "E2E/SRV/MAP/BV-context-numbers",
    NUMBERS,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_context_numbers() -> Iterator[Conversation]:
    """Whatever numbers the client gives its contexts, and in whatever order, the server uses them."""
    for label, (numbers, order) in ORDERS.items():
        yield conversation(
            server_connection_on(0),
            server_takes(NUMBERS, *_proposed(numbers, order)),
            _checked(NUMBERS, "PRES.CPA.15", "ACSE.AARE.20", "PRES.TD"),
            label=label,
        )


@case(
    "E2E/SRV/MAP/BV-called-titles",
    CALLED,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_called_titles() -> Iterator[Conversation]:
    """A server associates with its titles as the called ones, and without called titles."""
    for label, mutations in {"its own": (), "none": NO_CALLED}.items():
        yield conversation(server_connection_on(0), server_takes(CALLED, *mutations), label=label)


@case(
    "E2E/SRV/MAP/BV-direct-reference",
    DIRECT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_direct_reference() -> Conversation:
    """A server takes a direct reference to BER beside the indirect one."""
    return conversation(
        server_connection_on(0), server_takes(DIRECT, direct_reference("ACSE.AARQ", BER_SYNTAX))
    )


@case(
    "E2E/CLI/MAP/BV-direct-reference",
    DIRECT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_direct_reference() -> Conversation:
    """A client takes a direct reference to BER beside the indirect one."""
    return conversation(client_request, client_takes(DIRECT, direct_reference("ACSE.AARE", BER_SYNTAX)))


@case(
    "E2E/SRV/MAP/BI-without-native",
    WITHOUT_NATIVE,
    pics=f"{osi.SERVER} and MMS.unprotected.server",
    baseline=osi.SERVER_BASELINE,
)
def server_without_native() -> Conversation:
    """A server that is not set to native mode rejects e2eMmsAC for good: a name that it does not support."""
    return conversation(
        Connect(stack="native"),
        OpenTransport(),
        reach(TRANSPORT_CONNECTED, limit="limit.connect"),
        Associate(),
        refuse(
            WITHOUT_NATIVE,
            rejected(result=REJECTED_PERMANENT, source=USER, diagnostic=NOT_SUPPORTED),
            limit="limit.associate",
        ),
    )
