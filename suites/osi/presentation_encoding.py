"""How PPDUs are encoded: BER in every valid form, and octets that are no BER at all (X.690 clause 8)."""

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
    client_associates,
    client_first_request,
    client_must_not_use,
    client_request,
    client_usable,
    client_whole,
    server_associates,
    server_association,
    server_connection,
    server_refuses,
    server_usable,
    server_whole,
)
from conform62351.suites.osi.ppdus import (
    ANOTHER_REQUEST,
    READ_ANSWERED,
    client_goes_on,
    everywhere,
    hostile,
    undecodable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Append, Edit, EditTlv
from conform62351.tooling.engine.outcomes import (
    ASSOCIATED,
    RELEASED,
    REQUEST,
    expect,
    one,
    over,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Conversation,
    NoFinding,
    Release,
    Request,
    Respond,
    conversation,
)

FORMS = {"indefinite lengths": Edit.INDEFINITE, "lengths in an octet more": Edit.NON_MINIMAL}
IN_CP = (
    "31 31/a0 31/a2 31/a2/a4 31/a2/a4/30 31/a2/a4/30/30 31/a2/a4/30[1] 31/a2/61 31/a2/61/30 31/a2/61/30/a0"
)
IN_CPA = "31 31/a0 31/a2 31/a2/a5 31/a2/a5/30 31/a2/61 31/a2/61/30 31/a2/61/30/a0"
IN_AARQ = "60 60/a1 60/be 60/be/28 60/be/28/a0"
IN_AARE = "61 61/a1 61/a2 61/a3 61/a3/a1 61/be 61/be/28 61/be/28/a0"
IN_TD = "61 61/30 61/30/a0"
IN_UD = "61 61/30 61/30/a0"
"""Paths of constructed components that every sender writes."""

SERVER_LENGTHS = ("PRES.CPA.2", "PRES.TD.2", "PRES.UD.2", "ACSE.AARE.2", "ACSE.RLRE.2")
CLIENT_LENGTHS = ("PRES.CP.2", "PRES.TD.2", "PRES.UD.2", "ACSE.AARQ.2", "ACSE.RLRE.2")

UNREADABLE_CP = {
    **undecodable("PRES.CP", "31", "a2"),
    "no parameters": EditTlv(pdu="PRES.CP", path="31/a2", edit=Edit.DROP),
    "an empty context number": EditTlv(pdu="PRES.CP", path="31/a2/a4/30/02", edit=Edit.CONTENT),
    "an abstract syntax that does not end": EditTlv(
        pdu="PRES.CP", path="31/a2/a4/30/06", edit=Edit.CONTENT, octets=b"\x52\x81"
    ),
}
UNREADABLE_CPA = {
    **undecodable("PRES.CPA", "31", "a2"),
    "no parameters": EditTlv(pdu="PRES.CPA", path="31/a2", edit=Edit.DROP),
    "an empty result": EditTlv(pdu="PRES.CPA", path="31/a2/a5/30/80", edit=Edit.CONTENT),
}
LEFT_OPEN = one(Kind.TIMEOUT, warning="the connection is left open")
TRAILING = {"four zeros": bytes(4), "a second PPDU with a request": ANOTHER_REQUEST}


@case("OSI/SRV/PRES-BER/BV-lengths", "R-PRES-BER-forms", pics=SERVER, baseline=SERVER_BASELINE)
def server_lengths() -> Iterator[Conversation]:
    """AARQ in CP, data and RLRQ are read with indefinite lengths, and with lengths that are not minimal."""
    for label, edit in FORMS.items():
        yield conversation(
            server_connection,
            Associate(
                mutations=(*everywhere(edit, "ACSE.AARQ", IN_AARQ), *everywhere(edit, "PRES.CP", IN_CP))
            ),
            expect("R-PRES-BER-forms", ASSOCIATED, limit="limit.associate"),
            Request(service="read", point="data.read", mutations=everywhere(edit, "PRES.TD", IN_TD)),
            expect("R-PRES-BER-forms", READ_ANSWERED),
            Release(mutations=(*everywhere(edit, "ACSE.RLRQ", "62"), *everywhere(edit, "PRES.UD", IN_UD))),
            expect("R-PRES-BER-forms", RELEASED),
            label=label,
        )


@case("OSI/CLI/PRES-BER/BV-lengths", "R-PRES-BER-forms", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_lengths() -> Iterator[Conversation]:
    """AARE in CPA, data and RLRQ are read with indefinite lengths, and with lengths that are not minimal."""
    for label, edit in FORMS.items():
        yield conversation(
            client_request,
            AnswerAssociation(
                mutations=(*everywhere(edit, "ACSE.AARE", IN_AARE), *everywhere(edit, "PRES.CPA", IN_CPA))
            ),
            Act(action="send-request"),
            expect("R-PRES-BER-forms", REQUEST),
            Respond(mutations=everywhere(edit, "PRES.TD", IN_TD)),
            client_usable("R-PRES-BER-forms"),
            Release(mutations=(*everywhere(edit, "ACSE.RLRQ", "62"), *everywhere(edit, "PRES.UD", IN_UD))),
            expect("R-PRES-BER-forms", RELEASED, serve=True),
            label=label,
        )


@case("OSI/SRV/PRES-BER/BV-lengths-sent", "R-PRES-BER-sent", pics=SERVER, baseline=SERVER_BASELINE)
def server_lengths_sent() -> Conversation:
    """The lengths in a server's CPA, AARE, data and RLRE are definite and minimal."""
    return conversation(
        server_whole("R-PRES-BER-sent"),
        NoFinding(requirement="R-PRES-BER-sent", steps=SERVER_LENGTHS),
    )


@case("OSI/CLI/PRES-BER/BV-lengths-sent", "R-PRES-BER-sent", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_lengths_sent() -> Conversation:
    """The lengths in a client's CP, AARQ, data and RLRE are definite and minimal."""
    return conversation(
        client_whole("R-PRES-BER-sent"),
        NoFinding(requirement="R-PRES-BER-sent", steps=CLIENT_LENGTHS),
    )


@case("OSI/SRV/PRES-BER/BI-cp-undecodable", "R-PRES-CP-undecodable", pics=SERVER, baseline=SERVER_BASELINE)
def server_cp_undecodable() -> Iterator[Conversation]:
    """A CP that does not decode makes no association."""
    for label, mutation in UNREADABLE_CP.items():
        yield conversation(
            server_connection,
            server_refuses("R-PRES-CP-undecodable", mutation),
            label=label,
        )


@case("OSI/CLI/PRES-BER/BI-cpa-undecodable", "R-PRES-CPA-undecodable", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_cpa_undecodable() -> Iterator[Conversation]:
    """A client whose CP is answered with a CPA that does not decode sends no request.

    One that neither aborts nor closes passes with a warning.
    """
    for label, mutation in UNREADABLE_CPA.items():
        yield conversation(
            client_request,
            client_must_not_use(mutation),
            refuse("R-PRES-CPA-undecodable", ABORT_FORMS, LEFT_OPEN),
            label=label,
        )


def behind(pdu: str, octets: bytes) -> tuple[AnyMutation, ...]:
    """Return the mutation that has octets follow a PDU."""
    return (Append(pdu=pdu, octets=octets),)


@case("OSI/SRV/PRES-BER/BI-trailing", "R-PRES-trailing-octets", pics=SERVER, baseline=SERVER_BASELINE)
def server_trailing() -> Iterator[Conversation]:
    """Octets behind a CP or behind data are dropped, or end the association; they are never obeyed."""
    requirement = "R-PRES-trailing-octets"
    for label, octets in TRAILING.items():
        yield conversation(
            server_connection,
            Associate(mutations=behind("PRES.CP", octets)),
            refuse(requirement, ASSOCIATED, over(ASSOCIATION_REFUSAL_FORMS), limit="limit.associate"),
            server_usable(requirement),
            label=f"{label} behind a CP",
        )
        yield conversation(
            server_association,
            Request(service="read", point="data.read", mutations=behind("PRES.TD", octets)),
            refuse(requirement, READ_ANSWERED, over(ABORT_FORMS)),
            Request(service="read", point="data.read"),
            refuse(requirement, READ_ANSWERED),
            label=f"{label} behind data",
        )


@case("OSI/CLI/PRES-BER/BI-trailing", "R-PRES-trailing-octets", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_trailing() -> Iterator[Conversation]:
    """Octets behind a CPA or behind data are dropped, or end the association; they are never obeyed."""
    requirement = "R-PRES-trailing-octets"
    for label, octets in TRAILING.items():
        yield conversation(
            client_request,
            AnswerAssociation(mutations=behind("PRES.CPA", octets)),
            client_goes_on(requirement, *ABORT_FORMS),
            label=f"{label} behind a CPA",
        )
        yield conversation(
            client_first_request,
            Respond(mutations=behind("PRES.TD", octets)),
            client_goes_on(requirement, *ABORT_FORMS),
            label=f"{label} behind data",
        )


@case("OSI/SRV/PRES-BER/BI-hostile", "R-PRES-nesting", pics=SERVER, baseline=SERVER_BASELINE)
def server_hostile() -> Iterator[Conversation]:
    """After a CP or data that nest very deeply or announce huge lengths, the server associates as before."""
    for label, mutation in hostile("PRES.CP", "31", "31/a2/61/30/a0").items():
        yield conversation(
            server_connection,
            Associate(mutations=(mutation,), may_break=True),
            Close(),
            server_associates("R-PRES-nesting", on=1),
            label=f"a CP: {label}",
        )
    for label, mutation in hostile("PRES.TD", "61", "61/30/a0").items():
        yield conversation(
            server_association,
            Request(service="read", point="data.read", mutations=(mutation,), may_break=True),
            Close(),
            server_associates("R-PRES-nesting", on=1),
            label=f"data: {label}",
        )


@case("OSI/CLI/PRES-BER/BI-hostile", "R-PRES-nesting", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_hostile() -> Iterator[Conversation]:
    """After a CPA or data that nest very deeply or announce huge lengths, the client associates as before."""
    for label, mutation in hostile("PRES.CPA", "31", "31/a2/61/30/a0").items():
        yield conversation(
            client_request,
            AnswerAssociation(mutations=(mutation,), may_break=True),
            Close(),
            client_associates("R-PRES-nesting", on=1),
            label=f"a CPA: {label}",
        )
    for label, mutation in hostile("PRES.TD", "61", "61/30/a0").items():
        yield conversation(
            client_first_request,
            Respond(mutations=(mutation,), may_break=True),
            Close(),
            client_associates("R-PRES-nesting", on=1),
            label=f"data: {label}",
        )
