"""AP-titles and AE-qualifiers of AARQ and AARE (X.227 clause 9; IEC 62351-4 clauses 10 and 15)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
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
    server_takes,
    server_usable,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, SetField, SetText
from conform62351.tooling.engine.outcomes import (
    ABORTED,
    ASSOCIATED,
    expect,
    over,
    refuse,
    rejected,
)
from conform62351.tooling.engine.steps import (
    Alternative,
    AnswerAssociation,
    Associate,
    Conversation,
    NoFinding,
    conversation,
)

FOREIGN_AP_TITLE = "1.1.1.999.62351"
FOREIGN_AE_QUALIFIER = 62_351
CALLING_AP, CALLING_AE, CALLED_AP, CALLED_AE = 3, 6, 7, 10
"""Diagnostics of the ACSE user about titles."""
IN_X227 = {CALLING_AE: 5, CALLED_AE: 9}
"""What X.227 itself numbers the AE-qualifiers; 6 and 10 are invocation identifiers there."""

Titled = tuple[tuple[AnyMutation, ...], int]


def title(direction: str, part: str, value: str | int | None) -> SetField:
    """Return the mutation that sets a title in the AARQ, or leaves it out."""
    return SetField(pdu="ACSE.AARQ", field=f"{direction}_{part}", value=value)


def rewritten(direction: str, pattern: str) -> SetText:
    """Return the mutation that makes another AP-title of the right one."""
    return SetText(pdu="ACSE.AARQ", field=f"{direction}_ap_title", pattern=pattern)


NEARLY = {"an arc more": "{0}.1", "an arc before it": "2.{0}"}
"""What is added to the right AP-title."""
NO_CALLED = (title("called", "ap_title", None), title("called", "ae_qualifier", None))
NO_CALLING = (title("calling", "ap_title", None), title("calling", "ae_qualifier", None))
NO_QUALIFIERS = (title("called", "ae_qualifier", None), title("calling", "ae_qualifier", None))
LESS_TITLES: dict[str, tuple[AnyMutation, ...]] = {
    "no called ones": NO_CALLED,
    "no calling ones": NO_CALLING,
    "none": (*NO_CALLED, *NO_CALLING),
    "AP-titles alone": NO_QUALIFIERS,
}
WRONG_CALLED: dict[str, Titled] = {
    "another AP-title": ((title("called", "ap_title", FOREIGN_AP_TITLE),), CALLED_AP),
    **{label: ((rewritten("called", pattern),), CALLED_AP) for label, pattern in NEARLY.items()},
    "another AE-qualifier": ((title("called", "ae_qualifier", FOREIGN_AE_QUALIFIER),), CALLED_AE),
}
WRONG_CALLING: dict[str, Titled] = {
    "another AP-title": ((title("calling", "ap_title", FOREIGN_AP_TITLE),), CALLING_AP),
    **{label: ((rewritten("calling", pattern),), CALLING_AP) for label, pattern in NEARLY.items()},
    "no AP-title": ((title("calling", "ap_title", None),), CALLING_AP),
    "another AE-qualifier": ((title("calling", "ae_qualifier", FOREIGN_AE_QUALIFIER),), CALLING_AE),
    "no AE-qualifier": ((title("calling", "ae_qualifier", None),), CALLING_AE),
}
NO_RESPONDING: tuple[AnyMutation, ...] = (
    SetField(pdu="ACSE.AARE", field="responding_ap_title"),
    SetField(pdu="ACSE.AARE", field="responding_ae_qualifier"),
)


def rejected_for(diagnostic: int) -> tuple[Alternative, ...]:
    """Return the rejection with this diagnostic; the number that X.227 has for it passes with a warning."""
    forms = [rejected(result=1, source=1, diagnostic=diagnostic)]
    if diagnostic in IN_X227:
        number = IN_X227[diagnostic]
        warning = f"diagnostic {number}, the number in X.227, in place of {diagnostic}"
        forms.append(rejected(result=1, source=1, diagnostic=number, warning=warning))
    return tuple(forms)


@case("OSI/SRV/ACSE-TITLES/BV-form", "R-ACSE-titles-form", pics=SERVER)
def server_form() -> Conversation:
    """Responding titles are an OBJECT IDENTIFIER and an INTEGER."""
    return conversation(
        server_association, NoFinding(requirement="R-ACSE-titles-form", steps=("ACSE.AARE.12",))
    )


@case("OSI/CLI/ACSE-TITLES/BV-form", "R-ACSE-titles-form", pics=CLIENT)
def client_form() -> Conversation:
    """Called and calling titles are OBJECT IDENTIFIERs and INTEGERs."""
    return conversation(client_request, NoFinding(requirement="R-ACSE-titles-form", steps=("ACSE.AARQ.9",)))


@case(
    "OSI/SRV/ACSE-TITLES/BV-absent",
    "R-ACSE-titles-absent",
    pics=SERVER,
    baseline=SERVER_BASELINE,
    prerequisites=("any calling-ap-title", "any calling-ae-qualifier"),
)
def server_absent() -> Iterator[Conversation]:
    """An AARQ without titles, or with some of them, is accepted."""
    for label, mutations in LESS_TITLES.items():
        yield conversation(
            server_connection,
            server_takes("R-ACSE-titles-absent", *mutations),
            label=label,
        )


@case(
    "OSI/SRV/ACSE-TITLES/BI-called",
    "R-ACSE-called-titles-wrong",
    pics=SERVER_INSISTS,
    baseline=SERVER_BASELINE,
    configuration=INSISTING,
)
def server_called() -> Iterator[Conversation]:
    """A server that insists on its own titles rejects an AARQ that calls another one, and says which."""
    for label, (mutations, diagnostic) in WRONG_CALLED.items():
        yield conversation(
            server_connection,
            Associate(mutations=mutations),
            refuse("R-ACSE-called-titles-wrong", rejected_for(diagnostic), limit="limit.associate"),
            label=label,
        )


@case(
    "OSI/SRV/ACSE-TITLES/BI-calling",
    "R-ACSE-calling-titles-wrong",
    pics=SERVER_INSISTS,
    baseline=SERVER_BASELINE,
    configuration=INSISTING,
)
def server_calling() -> Iterator[Conversation]:
    """A server that insists on the calling titles rejects others, or none, and says which are wrong."""
    for label, (mutations, diagnostic) in WRONG_CALLING.items():
        yield conversation(
            server_connection,
            Associate(mutations=mutations),
            refuse("R-ACSE-calling-titles-wrong", rejected_for(diagnostic), limit="limit.associate"),
            label=label,
        )


@case(
    "OSI/SRV/ACSE-TITLES/BI-called-empty",
    "R-ACSE-called-AP-title-empty",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_called_empty() -> Conversation:
    """A called AP-title that is an empty OBJECT IDENTIFIER, without AE-qualifier, is survived."""
    return conversation(
        server_connection,
        Associate(mutations=(title("called", "ap_title", ""), title("called", "ae_qualifier", None))),
        expect(
            "R-ACSE-called-AP-title-empty", ASSOCIATED, over(rejected(), ABORTED), limit="limit.associate"
        ),
        server_usable("R-ACSE-called-AP-title-empty"),
    )


@case(
    "OSI/CLI/ACSE-TITLES/BV-responding-absent",
    "R-ACSE-responding-titles-absent",
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
)
def client_responding_absent() -> Conversation:
    """An accepting AARE without responding titles is accepted."""
    return conversation(
        client_request,
        AnswerAssociation(mutations=NO_RESPONDING),
        client_usable("R-ACSE-responding-titles-absent"),
    )
