"""How a presentation connection is made: the contexts of CP and CPA (X.226 clauses 6.2, 8.2)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.identifiers import IDENTIFIERS
from conform62351.profiles.osi.parameters import ACSE_SYNTAX, BER_SYNTAX, MMS_SYNTAX
from conform62351.suites.osi.conversations import (
    ABORT_FORMS,
    CLIENT,
    CLIENT_BASELINE,
    INSISTING,
    SERVER,
    SERVER_BASELINE,
    SERVER_INSISTS,
    client_request,
    client_usable,
    server_association,
    server_connection,
    server_refuses,
    server_takes,
    server_usable,
)
from conform62351.suites.osi.ppdus import (
    FOR_ACSE,
    FOR_MMS,
    PACKED_SYNTAX,
    UNKNOWN_NAME,
    Proposal,
    proposing,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditTlv, SetField
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    RELEASE_REQUESTED,
    expect,
    reach,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    AnyStep,
    Associate,
    Conversation,
    NoFinding,
    Verify,
    conversation,
)

NORMAL_MODE = 1
OTHER_SELECTORS = {"another one": b"\x7f\x7f", "a long one": b"\x7f\x7f\x7f\x7f", "an empty one": b""}
ACCEPTED = (0,)
REFUSED = (1, 2)
NUMBERS = {
    "5 and 7": (5, 7, False),
    "3 and 1": (3, 1, False),
    "MMS before ACSE": (1, 3, True),
    "two octets each": (129, 32_767, False),
}
"""Numbers of the contexts for ACSE and MMS, and whether MMS comes first in the list."""
THIRD_SYNTAXES = {
    "mmsAuthenticationAS": (IDENTIFIERS.oid("mmsAuthenticationAS"), (*ACCEPTED, *REFUSED)),
    "e2eSecurityAS": (IDENTIFIERS.oid("e2eSecurityAS"), (*ACCEPTED, *REFUSED)),
    "an unknown one": (UNKNOWN_NAME, REFUSED),
}
"""Abstract syntaxes and the results that they may get: a device with a security profile knows one of them."""
PLACES = {"last": 2, "between": 1, "first": 0}
SEVERAL_SYNTAXES = {
    "BER last": (PACKED_SYNTAX, BER_SYNTAX),
    "BER first": (BER_SYNTAX, PACKED_SYNTAX),
    "BER between": (PACKED_SYNTAX, BER_SYNTAX, UNKNOWN_NAME),
}
MISSING_CONTEXTS: dict[str, AnyMutation] = {
    "no context for MMS": proposing(FOR_ACSE),
    "no context for ACSE": proposing(FOR_MMS),
    "an empty list": proposing(),
    "no list": SetField(pdu="PRES.CP", field="contexts"),
}
WITHOUT_BER: dict[str, AnyMutation] = {
    "MMS": proposing(FOR_ACSE, (3, MMS_SYNTAX, (PACKED_SYNTAX,))),
    "ACSE": proposing((1, ACSE_SYNTAX, (PACKED_SYNTAX,)), FOR_MMS),
}


def result(place: int, member: str = "result") -> str:
    """Return the path of a member of an entry of the result list."""
    return f"PRES.CPA.results.{place}.{member}"


def accepted(requirement: str, *places: int) -> tuple[AnyStep, ...]:
    """Show that the contexts at ``places`` of the list are accepted."""
    return tuple(Verify(requirement=requirement, field=result(place), is_in=ACCEPTED) for place in places)


def in_ber(requirement: str, *places: int) -> tuple[AnyStep, ...]:
    """Show that BER is selected for the contexts at ``places`` of the list."""
    return tuple(
        Verify(requirement=requirement, field=result(place, "transfer_syntax"), is_in=(BER_SYNTAX,))
        for place in places
    )


@case(
    "OSI/SRV/PRES/BV-accept-form",
    "R-PRES-CPA-form",
    "R-PRES-result-list",
    "R-PRES-result-entries",
    "R-PRES-user-data-form",
    pics=SERVER,
)
def server_accept_form() -> Conversation:
    """A CPA states normal mode, accepts both contexts in BER and carries one value in the ACSE context."""
    return conversation(
        server_association,
        Verify(requirement="R-PRES-CPA-form", field="PRES.CPA.mode", is_in=(NORMAL_MODE,)),
        NoFinding(requirement="R-PRES-result-list", steps=("PRES.CPA.7",)),
        accepted("R-PRES-result-entries", 0, 1),
        in_ber("R-PRES-result-entries", 0, 1),
        NoFinding(
            requirement="R-PRES-user-data-form",
            steps=("PRES.CPA.11", "PRES.CPA.12", "PRES.CPA.13", "PRES.CPA.14", "PRES.CPA.15"),
        ),
    )


@case(
    "OSI/CLI/PRES/BV-connect-form",
    "R-PRES-CP-form",
    "R-PRES-context-numbers",
    "R-PRES-user-data-form",
    pics=CLIENT,
)
def client_connect_form() -> Conversation:
    """A CP asks for normal mode and proposes ACSE and MMS in BER, under numbers that the client keeps to.

    Even numbers, which X.226 leaves to the responder, are reported as a warning.
    """
    return conversation(
        client_request,
        Verify(requirement="R-PRES-CP-form", field="PRES.CP.mode", is_in=(NORMAL_MODE,)),
        NoFinding(requirement="R-PRES-CP-form", steps=("PRES.CP.8", "PRES.CP.10", "ACSE.AARQ.8")),
        NoFinding(requirement="R-PRES-context-numbers", steps=("PRES.CP.9",), tolerated=True),
        NoFinding(requirement="R-PRES-context-numbers", steps=("PRES.CP.15", "ACSE.AARQ.20")),
        NoFinding(
            requirement="R-PRES-user-data-form",
            steps=("PRES.CP.11", "PRES.CP.12", "PRES.CP.13", "PRES.CP.14"),
        ),
        AnswerAssociation(),
        client_usable("R-PRES-context-numbers"),
        NoFinding(requirement="R-PRES-context-numbers", steps=("PRES.TD.9",)),
    )


@case("OSI/SRV/PRES/BV-context-numbers", "R-PRES-context-numbers", pics=SERVER, baseline=SERVER_BASELINE)
def server_context_numbers() -> Iterator[Conversation]:
    """Whatever numbers the client gives its contexts, and in whatever order, the server uses them."""
    for label, (for_acse, for_mms, mms_first) in NUMBERS.items():
        contexts: list[Proposal] = [(for_acse, *FOR_ACSE[1:]), (for_mms, *FOR_MMS[1:])]
        if mms_first:
            contexts.reverse()
        yield conversation(
            server_connection,
            Associate(
                mutations=(
                    proposing(*contexts),
                    SetField(pdu="PRES.CP", field="user_data.0.context", value=for_acse),
                    SetField(pdu="ACSE.AARQ", field="user_information.0.indirect_reference", value=for_mms),
                )
            ),
            expect("R-PRES-context-numbers", ASSOCIATED, limit="limit.associate"),
            server_usable("R-PRES-context-numbers"),
            NoFinding(
                requirement="R-PRES-context-numbers", steps=("PRES.CPA.15", "ACSE.AARE.20", "PRES.TD.9")
            ),
            label=label,
        )


@case(
    "OSI/SRV/PRES/BV-third-context",
    "R-PRES-third-context",
    "R-PRES-result-list",
    "R-PRES-result-entries",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_third_context() -> Iterator[Conversation]:
    """A third context that the server does not know is refused in its own entry, wherever it stands."""
    for label, (syntax, results) in THIRD_SYNTAXES.items():
        for where, place in PLACES.items():
            contexts: list[Proposal] = [FOR_ACSE, FOR_MMS]
            contexts.insert(place, (5, syntax, (BER_SYNTAX,)))
            others = sorted({0, 1, 2} - {place})
            yield conversation(
                server_connection,
                Associate(mutations=(proposing(*contexts),)),
                expect("R-PRES-third-context", ASSOCIATED, limit="limit.associate"),
                NoFinding(requirement="R-PRES-result-list", steps=("PRES.CPA.7",)),
                Verify(requirement="R-PRES-third-context", field=result(place), is_in=results),
                accepted("R-PRES-result-list", *others),
                in_ber("R-PRES-result-entries", *others),
                NoFinding(requirement="R-PRES-result-entries", steps=("PRES.CPA.8",)),
                server_usable("R-PRES-third-context"),
                label=f"{label}, {where}",
            )


@case("OSI/SRV/PRES/BI-contexts-missing", "R-PRES-contexts-missing", pics=SERVER, baseline=SERVER_BASELINE)
def server_contexts_missing() -> Iterator[Conversation]:
    """A CP that proposes no context for MMS, none for ACSE, or none at all makes no association."""
    for label, mutation in MISSING_CONTEXTS.items():
        yield conversation(
            server_connection,
            server_refuses("R-PRES-contexts-missing", mutation),
            label=label,
        )


@case("OSI/SRV/PRES/BV-transfer-syntaxes", "R-PRES-transfer-syntax", pics=SERVER, baseline=SERVER_BASELINE)
def server_transfer_syntaxes() -> Iterator[Conversation]:
    """Of several transfer syntaxes for a context BER is selected; a context without it is refused alone."""
    for label, syntaxes in SEVERAL_SYNTAXES.items():
        yield conversation(
            server_connection,
            Associate(mutations=(proposing((1, ACSE_SYNTAX, syntaxes), (3, MMS_SYNTAX, syntaxes)),)),
            expect("R-PRES-transfer-syntax", ASSOCIATED, limit="limit.associate"),
            accepted("R-PRES-transfer-syntax", 0, 1),
            in_ber("R-PRES-transfer-syntax", 0, 1),
            server_usable("R-PRES-transfer-syntax"),
            label=label,
        )
    yield conversation(
        server_connection,
        Associate(mutations=(proposing(FOR_ACSE, FOR_MMS, (5, MMS_SYNTAX, (PACKED_SYNTAX,))),)),
        expect("R-PRES-transfer-syntax", ASSOCIATED, limit="limit.associate"),
        Verify(requirement="R-PRES-transfer-syntax", field=result(2), is_in=REFUSED),
        server_usable("R-PRES-transfer-syntax"),
        label="a second context for MMS, without BER",
    )


@case("OSI/SRV/PRES/BI-without-ber", "R-PRES-transfer-syntax", pics=SERVER, baseline=SERVER_BASELINE)
def server_without_ber() -> Iterator[Conversation]:
    """A CP that proposes MMS or ACSE without BER makes no association."""
    for label, mutation in WITHOUT_BER.items():
        yield conversation(
            server_connection,
            server_refuses("R-PRES-transfer-syntax", mutation),
            label=label,
        )


@case("OSI/CLI/PRES/BI-mms-refused", "R-PRES-MMS-context-refused", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_mms_refused() -> Conversation:
    """A client whose context for MMS is refused, although the AARE accepts, ends the association unused."""
    return conversation(
        Act(action="connect"),
        Accept(not_known=MMS_SYNTAX),
        reach(AARQ, limit="limit.associate"),
        AnswerAssociation(),
        Act(action="send-request", may_fail=True),
        refuse("R-PRES-MMS-context-refused", ABORT_FORMS, RELEASE_REQUESTED, limit="limit.close"),
    )


@case("OSI/SRV/PRES/BV-member-order", "R-PRES-CP-member-order", pics=SERVER, baseline=SERVER_BASELINE)
def server_member_order() -> Conversation:
    """A CP whose mode selector stands behind the parameters is read: the members of a SET have no order."""
    return conversation(
        server_connection,
        server_takes(
            "R-PRES-CP-member-order", EditTlv(pdu="PRES.CP", path="31/a0", edit=Edit.SWAP, other="31/a2")
        ),
    )


@case(
    "OSI/SRV/PRES/BI-called-selector",
    "R-PRES-called-selector-unknown",
    pics=SERVER_INSISTS,
    baseline=SERVER_BASELINE,
    configuration=INSISTING,
)
def server_called_selector() -> Iterator[Conversation]:
    """A server that insists on its presentation selector makes no association for another one."""
    for label, selector in OTHER_SELECTORS.items():
        yield conversation(
            server_connection,
            server_refuses(
                "R-PRES-called-selector-unknown",
                SetField(pdu="PRES.CP", field="called_selector", octets=selector),
            ),
            label=label,
        )
