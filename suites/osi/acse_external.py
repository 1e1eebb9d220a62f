"""The EXTERNALs that carry MMS in AARQ and AARE (X.227 clause 9; IEC 62351-4 clauses 10 and 15)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.osi import acse
from conform62351.profiles.osi.apdu import AARQ, RLRQ
from conform62351.profiles.osi.encodings import ARBITRARY, OCTET_ALIGNED
from conform62351.profiles.osi.parameters import BASIC_CONTEXT, BER_SYNTAX
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    ASSOCIATION_REFUSAL_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_association,
    client_must_not_use,
    client_request,
    client_usable,
    server_associates,
    server_association,
    server_connection,
    server_obeys_not,
    server_refuses,
    server_takes,
    server_usable,
)
from conform62351.suites.osi.ppdus import UNKNOWN_NAME, client_goes_not_on
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField
from conform62351.tooling.engine.outcomes import ASSOCIATED, REJECT_PDU, expect, over, refuse
from conform62351.tooling.engine.steps import (
    AnswerAssociation,
    Associate,
    Close,
    Conversation,
    Inject,
    NoFinding,
    conversation,
)

NO_CONTEXT = 99
INITIATE = MmsClient().initiate().octets or b""
ENCODINGS: dict[str, tuple[AnyMutation, ...]] = {
    "octet-aligned": (SetField(pdu="ACSE.AARQ", field="user_information.0.encoding", value=OCTET_ALIGNED),),
    "arbitrary": (
        SetField(pdu="ACSE.AARQ", field="user_information.0.encoding", value=ARBITRARY),
        SetField(pdu="ACSE.AARQ", field="user_information.0.octets", octets=b"\x00" + INITIATE),
    ),
}
"""The content of a BIT STRING begins with the number of unused bits."""
WRONG_INFORMATION: dict[str, AnyMutation] = {
    "none": SetField(pdu="ACSE.AARQ", field="user_information"),
    "no EXTERNAL": SetField(pdu="ACSE.AARQ", field="user_information", value=()),
    "two EXTERNALs": EditTlv(pdu="ACSE.AARQ", path="60/be/28", edit=Edit.DOUBLE),
}
STRAY_APDUS = {
    "ACSE.RLRQ": acse.encode(RLRQ()),
    "ACSE.AARQ": acse.encode(AARQ(application_context=BASIC_CONTEXT)),
}


def references(pdu: str) -> dict[str, AnyMutation]:
    """Return the mutations by which the EXTERNAL of a PDU refers to no agreed context."""
    field = "user_information.0.indirect_reference"
    return {
        f"context {NO_CONTEXT}": SetField(pdu=pdu, field=field, value=NO_CONTEXT),
        "no reference": SetField(pdu=pdu, field=field),
    }


def direct_reference(pdu: str, name: str) -> SetField:
    """Return the mutation that puts a direct reference beside the indirect one."""
    return SetField(pdu=pdu, field="user_information.0.direct_reference", value=name)


@case("OSI/SRV/ACSE-EXTERNAL/BV-form", "R-ACSE-EXTERNAL-form", pics=SERVER)
def server_form() -> Conversation:
    """The EXTERNAL in an AARE names the context of MMS and holds a single ASN.1 value.

    A direct reference to BER beside it is seen in the field: it is reported as a warning.
    """
    return conversation(
        server_association,
        NoFinding(requirement="R-ACSE-EXTERNAL-form", steps=("ACSE.AARE.17", "ACSE.AARE.18", "ACSE.AARE.20")),
        NoFinding(requirement="R-ACSE-EXTERNAL-form", steps=("ACSE.AARE.19",), tolerated=True),
    )


@case("OSI/CLI/ACSE-EXTERNAL/BV-form", "R-ACSE-EXTERNAL-form", pics=CLIENT)
def client_form() -> Conversation:
    """The EXTERNAL in an AARQ names the context of MMS and holds a single ASN.1 value.

    A direct reference to BER beside it is seen in the field: it is reported as a warning.
    """
    return conversation(
        client_request,
        NoFinding(requirement="R-ACSE-EXTERNAL-form", steps=("ACSE.AARQ.17", "ACSE.AARQ.18", "ACSE.AARQ.20")),
        NoFinding(requirement="R-ACSE-EXTERNAL-form", steps=("ACSE.AARQ.19",), tolerated=True),
    )


@case(
    "OSI/SRV/ACSE-EXTERNAL/BV-direct-reference",
    "R-ACSE-EXTERNAL-direct-reference",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_direct_reference() -> Conversation:
    """A direct reference to BER beside the indirect one is accepted."""
    return conversation(
        server_connection,
        server_takes("R-ACSE-EXTERNAL-direct-reference", direct_reference("ACSE.AARQ", BER_SYNTAX)),
    )


@case(
    "OSI/CLI/ACSE-EXTERNAL/BV-direct-reference",
    "R-ACSE-EXTERNAL-direct-reference",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_direct_reference() -> Conversation:
    """A direct reference to BER beside the indirect one is accepted."""
    return conversation(
        client_request,
        AnswerAssociation(mutations=(direct_reference("ACSE.AARE", BER_SYNTAX),)),
        client_usable("R-ACSE-EXTERNAL-direct-reference"),
    )


@case(
    "OSI/SRV/ACSE-EXTERNAL/BI-direct-reference",
    "R-ACSE-EXTERNAL-direct-reference-other",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_other_direct_reference() -> Conversation:
    """Whether or not a direct reference to something else than BER is accepted, the next client is served."""
    requirement = "R-ACSE-EXTERNAL-direct-reference-other"
    return conversation(
        server_connection,
        Associate(mutations=(direct_reference("ACSE.AARQ", UNKNOWN_NAME),)),
        expect(requirement, ASSOCIATED, ASSOCIATION_REFUSAL_FORMS, limit="limit.associate"),
        Close(),
        server_associates(requirement, on=1),
    )


@case("OSI/SRV/ACSE-EXTERNAL/BI-context", "R-ACSE-EXTERNAL-context", pics=SERVER, baseline=SERVER_BASELINE)
def server_context() -> Iterator[Conversation]:
    """An AARQ whose EXTERNAL names no agreed context makes no association."""
    for label, mutation in references("ACSE.AARQ").items():
        yield conversation(
            server_connection,
            server_refuses("R-ACSE-EXTERNAL-context", mutation),
            label=label,
        )


@case("OSI/CLI/ACSE-EXTERNAL/BI-context", "R-ACSE-EXTERNAL-context", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_context() -> Iterator[Conversation]:
    """A client that is accepted with an EXTERNAL which names no agreed context ends the association."""
    for label, mutation in references("ACSE.AARE").items():
        yield conversation(
            client_request,
            client_must_not_use(mutation),
            refuse("R-ACSE-EXTERNAL-context", ABORT_FORMS),
            label=label,
        )


@case("OSI/SRV/ACSE-EXTERNAL/BI-encoding", "R-ACSE-EXTERNAL-encoding", pics=SERVER, baseline=SERVER_BASELINE)
def server_encoding() -> Iterator[Conversation]:
    """An initiate-Request in an EXTERNAL of another encoding is refused, or read, and then it works."""
    for label, mutations in ENCODINGS.items():
        yield conversation(
            server_connection,
            Associate(mutations=mutations),
            expect(
                "R-ACSE-EXTERNAL-encoding",
                ASSOCIATED,
                over(ASSOCIATION_REFUSAL_FORMS),
                limit="limit.associate",
            ),
            server_usable("R-ACSE-EXTERNAL-encoding"),
            label=label,
        )


@case("OSI/SRV/ACSE-EXTERNAL/BI-count", "R-ACSE-user-information", pics=SERVER, baseline=SERVER_BASELINE)
def server_count() -> Iterator[Conversation]:
    """An AARQ without user information, or with two EXTERNALs in it, makes no association."""
    for label, mutation in WRONG_INFORMATION.items():
        yield conversation(
            server_connection,
            server_refuses("R-ACSE-user-information", mutation),
            label=label,
        )


@case(
    "OSI/SRV/ACSE-EXTERNAL/BO-apdu-in-mms-context",
    "R-ACSE-APDU-in-MMS-context",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_apdu_as_data() -> Iterator[Conversation]:
    """An APDU of ACSE in the context of MMS is not obeyed; a request behind it is not answered."""
    for name, octets in STRAY_APDUS.items():
        yield conversation(
            server_association,
            Inject(layer="presentation", octets=octets, name=name),
            server_obeys_not("R-ACSE-APDU-in-MMS-context", *ABORT_FORMS, REJECT_PDU),
            label=name,
        )


@case(
    "OSI/CLI/ACSE-EXTERNAL/BO-apdu-in-mms-context",
    "R-ACSE-APDU-in-MMS-context",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_apdu_as_data() -> Iterator[Conversation]:
    """An APDU of ACSE in the context of MMS is not obeyed; a release behind it is not answered."""
    for name, octets in STRAY_APDUS.items():
        yield conversation(
            client_association,
            Inject(layer="presentation", octets=octets, name=name),
            client_goes_not_on("R-ACSE-APDU-in-MMS-context", *ABORT_FORMS, REJECT_PDU),
            label=name,
        )
