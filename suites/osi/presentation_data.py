"""Data over a presentation connection: one value in an agreed context, or none (X.226 clauses 6.4, 8.4)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.reports.model.observation import Kind
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    ASSOCIATION_REFUSAL_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_association,
    client_first_request,
    client_whole,
    server_association,
    server_connection,
    server_obeys_not,
    server_whole,
)
from conform62351.suites.osi.ppdus import (
    FOR_ACSE,
    FOR_MMS,
    READ_ANSWERED,
    UNKNOWN_NAME,
    client_goes_not_on,
    client_goes_on,
    proposing,
    undecodable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.judging_steps import UNASKED
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, Replace, SetField
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    ASSOCIATED,
    REJECT_PDU,
    expect,
    one,
    over,
    reach,
    refuse,
    warned,
)
from conform62351.tooling.engine.steps import (
    Associate,
    Conversation,
    NoFinding,
    Request,
    Respond,
    conversation,
)

USER_DATA_FORM = ("PRES.TD.5", "PRES.TD.6", "PRES.TD.7", "PRES.TD.8", "PRES.UD.5", "PRES.UD.6", "PRES.UD.7")
FIRST_ANSWERED = one(Kind.ANSWER, "confirmed-ResponsePDU", service="read", invokeID=1)
SECOND_ANSWERED = one(Kind.ANSWER, "confirmed-ResponsePDU", service="read", invokeID=2)
"""Answers to the tester's requests on one association, whose invokeIDs count from 1."""
NEVER_PROPOSED = (5, 0, -1, 259, 32_767)
"""The low octet of 259 is the number of the context for MMS."""
REFUSED_CONTEXT = 5
UNREADABLE_TD: dict[str, AnyMutation] = {
    **undecodable("PRES.TD", "61", "30"),
    "no value": EditTlv(pdu="PRES.TD", path="61/30/a0", edit=Edit.DROP),
    "no context number": EditTlv(pdu="PRES.TD", path="61/30/02", edit=Edit.DROP),
    "no PPDU at all": Replace(pdu="PRES.TD", octets=b""),
}
TWO_VALUES = (EditTlv(pdu="PRES.TD", path="61/30", edit=Edit.DOUBLE),)


def in_context(number: int) -> tuple[AnyMutation, ...]:
    """Return the mutation that sends data under another context number."""
    return (SetField(pdu="PRES.TD", field="user_data.0.context", value=number),)


@case("OSI/SRV/PRES-DATA/BV-form", "R-PRES-user-data-form", pics=SERVER, baseline=SERVER_BASELINE)
def server_form() -> Conversation:
    """An answer, and an RLRE, is sent fully encoded: one value, as a single ASN.1 type, in its context."""
    return conversation(
        server_whole("R-PRES-user-data-form"),
        NoFinding(requirement="R-PRES-user-data-form", steps=USER_DATA_FORM),
    )


@case("OSI/CLI/PRES-DATA/BV-form", "R-PRES-user-data-form", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_form() -> Conversation:
    """A request, and an RLRE, is sent fully encoded: one value, as a single ASN.1 type, in its context."""
    return conversation(
        client_whole("R-PRES-user-data-form"),
        NoFinding(requirement="R-PRES-user-data-form", steps=USER_DATA_FORM),
    )


@case("OSI/SRV/PRES-DATA/BI-context", "R-PRES-PDV-context", pics=SERVER, baseline=SERVER_BASELINE)
def server_context() -> Iterator[Conversation]:
    """A request under a context number that was not proposed, or was refused, is not answered.

    A server that refuses the association over an unknown context, not the context, is not judged by that.
    """
    for number in NEVER_PROPOSED:
        yield conversation(
            server_association,
            Request(service="read", point="data.read", mutations=in_context(number)),
            server_obeys_not("R-PRES-PDV-context", *ABORT_FORMS, REJECT_PDU),
            label=f"context {number}",
        )
    yield conversation(
        server_connection,
        Associate(mutations=(proposing(FOR_ACSE, FOR_MMS, (REFUSED_CONTEXT, UNKNOWN_NAME, ("2.1.1",))),)),
        reach(
            ASSOCIATED,
            over(warned("no association over the other contexts: none to misuse", ASSOCIATION_REFUSAL_FORMS)),
            limit="limit.associate",
        ),
        Request(service="read", point="data.read", mutations=in_context(REFUSED_CONTEXT)),
        server_obeys_not("R-PRES-PDV-context", *ABORT_FORMS, REJECT_PDU),
        label="a context that was refused",
    )


@case("OSI/CLI/PRES-DATA/BI-context", "R-PRES-PDV-context", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_context() -> Iterator[Conversation]:
    """An answer under a context number that the client did not propose is not taken for one."""
    for number in (0, -1, 259, 32_765):
        yield conversation(
            client_first_request,
            Respond(mutations=in_context(number)),
            client_goes_not_on("R-PRES-PDV-context", *ABORT_FORMS, REJECT_PDU),
            label=f"context {number}",
        )


@case("OSI/SRV/PRES-DATA/BI-several-values", "R-PRES-PDV-several", pics=SERVER, baseline=SERVER_BASELINE)
def server_several() -> Conversation:
    """Two values in one PPDU are two messages to a server, each answered, or lead to an abort.

    Both hold the same request, so the second may be rejected by MMS.
    """
    return conversation(
        server_association,
        Request(service="read", point="data.read", mutations=TWO_VALUES),
        expect("R-PRES-PDV-several", READ_ANSWERED, over(ABORTED)),
        Request(service="read", point="data.read"),
        expect("R-PRES-PDV-several", FIRST_ANSWERED, REJECT_PDU, ABORTED),
    )


@case("OSI/CLI/PRES-DATA/BI-several-values", "R-PRES-PDV-several", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_several() -> Conversation:
    """Two values in one PPDU are two messages to a client, or lead to an abort.

    Both hold the same answer, so the second may be rejected by MMS.
    """
    return conversation(
        client_first_request,
        Respond(mutations=TWO_VALUES),
        client_goes_on("R-PRES-PDV-several", ABORTED, meanwhile=(UNASKED, REJECT_PDU)),
    )


@case("OSI/SRV/PRES-DATA/BI-undecodable", "R-PRES-TD-undecodable", pics=SERVER, baseline=SERVER_BASELINE)
def server_undecodable() -> Iterator[Conversation]:
    """Data that do not decode are not executed: the association ends, or the next request is answered."""
    for label, mutation in UNREADABLE_TD.items():
        yield conversation(
            server_association,
            Request(service="read", point="data.read", mutations=(mutation,)),
            Request(service="read", point="data.read", may_break=True),
            refuse("R-PRES-TD-undecodable", SECOND_ANSWERED, ABORT_FORMS),
            label=label,
        )


@case("OSI/CLI/PRES-DATA/BI-undecodable", "R-PRES-TD-undecodable", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_undecodable() -> Iterator[Conversation]:
    """Data that do not decode are not executed: a request in them gets no answer, and the client goes on.

    Or the association ends. The request is one that no client expects: one that decodes it would reject it.
    """
    for label, mutation in UNREADABLE_TD.items():
        yield conversation(
            client_association,
            Request(service="identify", mutations=(mutation,)),
            client_goes_on("R-PRES-TD-undecodable", *ABORT_FORMS),
            label=label,
        )
