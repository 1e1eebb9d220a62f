"""What a CP, a CPA, an AARQ or an AARE asks for or selects that nobody here has (X.226 6.2, X.227 7.1).

All of it decodes. It makes no association, and a release in a context that is not that of ACSE ends none.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.osi.parameters import ACSE_SYNTAX, MMS_CONTEXT
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_association,
    client_must_not_use,
    client_request,
    server_association,
    server_connection,
    server_refuses,
)
from conform62351.suites.osi.ppdus import PACKED_SYNTAX
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField
from conform62351.tooling.engine.outcomes import AARQ, RELEASE_REQUESTED, reach, refuse
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Conversation,
    Release,
    Verify,
    conversation,
)

X410_MODE = 0
VERSION_2_ALONE = b"\x06\x40"
"""Content of the BIT STRING of protocol versions with the second bit set."""
NO_RESULT = 3
"""The first number that X.227 gives no result."""
NEVER_PROPOSED = 5

CP_NOT_HAD: dict[str, AnyMutation] = {
    "X.410 mode": SetField(pdu="PRES.CP", field="mode", value=X410_MODE),
    "another version than 1": SetField(pdu="PRES.CP", field="protocol_version", octets=VERSION_2_ALONE),
}
CPA_NOT_ASKED_FOR: dict[str, AnyMutation] = {
    "X.410 mode": SetField(pdu="PRES.CPA", field="mode", value=X410_MODE),
    "another version than 1": SetField(pdu="PRES.CPA", field="protocol_version", octets=VERSION_2_ALONE),
    "MMS in another transfer syntax": SetField(
        pdu="PRES.CPA", field="results.1.transfer_syntax", value=PACKED_SYNTAX
    ),
    "ACSE in another transfer syntax": SetField(
        pdu="PRES.CPA", field="results.0.transfer_syntax", value=PACKED_SYNTAX
    ),
}
AARE_NOT_ASKED_FOR: dict[str, AnyMutation] = {
    "a result that is none": SetField(pdu="ACSE.AARE", field="result", value=NO_RESULT),
    "no application context name": EditTlv(pdu="ACSE.AARE", path="61/a1", edit=Edit.DROP),
    "another version than 1": SetField(pdu="ACSE.AARE", field="protocol_version", octets=VERSION_2_ALONE),
}
ADDRESSES = {
    "SES.CN.called_selector": "tester.s_selector",
    "PRES.CP.called_selector": "tester.p_selector",
    "ACSE.AARQ.called_ap_title": "tester.ap_title",
    "ACSE.AARQ.called_ae_qualifier": "tester.ae_qualifier",
    "ACSE.AARQ.calling_ap_title": "dut.ap_title",
    "ACSE.AARQ.calling_ae_qualifier": "dut.ae_qualifier",
}
"""Members of CN, CP and AARQ, and the entries of the PIXIT that tell them."""
RELEASE_CONTEXTS = {"that of MMS": MMS_CONTEXT, "one that was not proposed": NEVER_PROPOSED}


@case("OSI/SRV/PRES/BI-not-had", "R-PRES-CP-not-had", pics=SERVER, baseline=SERVER_BASELINE)
def server_not_had() -> Iterator[Conversation]:
    """A CP that asks for another mode than the normal one, or offers no version 1, makes no association."""
    for label, mutation in CP_NOT_HAD.items():
        yield conversation(server_connection, server_refuses("R-PRES-CP-not-had", mutation), label=label)


@case("OSI/CLI/PRES/BI-not-asked-for", "R-PRES-CPA-not-asked-for", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_not_asked_for() -> Iterator[Conversation]:
    """A client whose CP is answered with another mode, version or transfer syntax than it has asked for, or
    with its context for ACSE refused, does not use the association.
    """
    for label, mutation in CPA_NOT_ASKED_FOR.items():
        yield conversation(
            client_request,
            client_must_not_use(mutation),
            refuse("R-PRES-CPA-not-asked-for", ABORT_FORMS, RELEASE_REQUESTED, limit="limit.close"),
            label=label,
        )
    yield conversation(
        Act(action="connect"),
        Accept(not_known=ACSE_SYNTAX),
        reach(AARQ, limit="limit.associate"),
        AnswerAssociation(),
        Act(action="send-request", may_fail=True),
        refuse("R-PRES-CPA-not-asked-for", ABORT_FORMS, RELEASE_REQUESTED, limit="limit.close"),
        label="the context for ACSE refused",
    )


@case("OSI/SRV/ACSE/BI-no-context-name", "R-ACSE-context-name-absent", pics=SERVER, baseline=SERVER_BASELINE)
def server_no_context_name() -> Conversation:
    """An AARQ without application context name makes no association."""
    nameless = EditTlv(pdu="ACSE.AARQ", path="60/a1", edit=Edit.DROP)
    return conversation(server_connection, server_refuses("R-ACSE-context-name-absent", nameless))


@case(
    "OSI/CLI/ACSE-REJECT/BI-not-asked-for",
    "R-ACSE-AARE-not-asked-for",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_aare_not_asked_for() -> Iterator[Conversation]:
    """A client whose AARQ is answered with a result that is none, without an application context name or in
    another version than 1 does not use the association.
    """
    for label, mutation in AARE_NOT_ASKED_FOR.items():
        yield conversation(
            client_request,
            client_must_not_use(mutation),
            refuse("R-ACSE-AARE-not-asked-for", ABORT_FORMS, limit="limit.close"),
            label=label,
        )


def _released_in(context: int) -> tuple[AnyMutation, ...]:
    return (SetField(pdu="PRES.UD", field="user_data.0.context", value=context),)


@case("OSI/SRV/ACSE-RELEASE/BI-context", "R-ACSE-release-context", pics=SERVER, baseline=SERVER_BASELINE)
def server_release_context() -> Iterator[Conversation]:
    """A server does not answer a release under another context number than that of ACSE."""
    for label, context in RELEASE_CONTEXTS.items():
        yield conversation(
            server_association,
            Release(mutations=_released_in(context)),
            refuse("R-ACSE-release-context", ABORT_FORMS, limit="limit.close"),
            label=label,
        )


@case("OSI/CLI/ACSE-RELEASE/BI-context", "R-ACSE-release-context", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_release_context() -> Iterator[Conversation]:
    """A client does not answer a release under another context number than that of ACSE."""
    for label, context in RELEASE_CONTEXTS.items():
        yield conversation(
            client_association,
            Release(mutations=_released_in(context)),
            refuse("R-ACSE-release-context", ABORT_FORMS, limit="limit.close", serve=True),
            label=label,
        )


@case(
    "OSI/CLI/ACSE-TITLES/BV-configured",
    "R-ACSE-addresses-sent",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_configured() -> Conversation:
    """A client calls its partner by the selectors and titles that it was given, and says its own titles.

    What it leaves out says nothing wrong.
    """
    return conversation(
        client_request,
        *(
            Verify(requirement="R-ACSE-addresses-sent", field=field, pixit=pixit, optional=True)
            for field, pixit in ADDRESSES.items()
        ),
    )
