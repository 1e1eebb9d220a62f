"""What a device sends to authenticate itself: the members of AARQ and AARE, the value and the certificate."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.profiles.compatibility.examination import AUTHENTICATION_SYNTAX, MECHANISM, VALUE
from conform62351.profiles.osi.parameters import ACSE_SYNTAX, BASIC_CONTEXT, MMS_SYNTAX
from conform62351.profiles.osi.ppdu import ACCEPTANCE
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    COMPATIBILITY,
    SERVER,
    SERVER_BASELINE,
    server_association,
)
from conform62351.suites.osi.acse_associate import requirements_coding
from conform62351.suites.osi.conversations import Steps, client_request, server_connection
from conform62351.suites.osi.ppdus import FOR_ACSE, FOR_MMS, Proposal, proposing
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import Edit, EditTlv
from conform62351.tooling.engine.outcomes import ASSOCIATED, reach
from conform62351.tooling.engine.steps import (
    Associate,
    Conversation,
    NoFinding,
    Verify,
    conversation,
)

CONTEXT_NAME = "R-CMP-application-context"
FUNCTIONAL_UNIT = "R-CMP-functional-unit"
CODING = "R-ACSE-requirements-coding"
MECHANISM_NAME = "R-CMP-mechanism-name"
PROPOSED = "R-CMP-context-proposed"
ACCEPTED = "R-CMP-context-accepted"
FORM = "R-CMP-value-form"
REFERENCE = "R-CMP-external-context"
CERTIFICATE = "R-CMP-own-certificate"

OUR_CONTEXT = "PRES.CPA.results.2.result"
"""What becomes of the third context that the tester proposes: that of mmsAuthenticationAS."""
TRUSTED = ("CMP.7", "CMP.8", "CMP.12", "CMP.13", "CMP.14", "CMP.15", "CMP.17", "CMP.18")
"""The checks of size, encoding, validity, revocation, path and key of a certificate."""
OF_FORM = ("CMP.9", "CMP.10")
"""What a certificate deviates in without being refused (11-decisions 40)."""
BER_SYNTAXES = FOR_MMS[2]


def for_authentication(number: int) -> Proposal:
    """Return the proposal of a context for mmsAuthenticationAS."""
    return (number, AUTHENTICATION_SYNTAX, BER_SYNTAXES)


def referring_to(number: int) -> EditTlv:
    """Return the mutation that puts another number into the EXTERNAL of the tester's value."""
    return EditTlv(pdu=VALUE, path="a2/02", edit=Edit.CONTENT, octets=bytes((number,)))


def _members(apdu: str) -> Steps:
    return (
        Verify(requirement=CONTEXT_NAME, field=f"ACSE.{apdu}.application_context", is_in=(BASIC_CONTEXT,)),
        Verify(requirement=FUNCTIONAL_UNIT, field=f"ACSE.{apdu}.requirements"),
        NoFinding(requirement=FUNCTIONAL_UNIT, steps=(f"ACSE.{apdu}.15",)),
        requirements_coding(apdu),
        Verify(requirement=MECHANISM_NAME, field=f"ACSE.{apdu}.mechanism_name", is_in=(MECHANISM,)),
    )


VALUE_FORM: Steps = (
    NoFinding(requirement=FORM, steps=("CMP.3", "CMP.4", "CMP.5")),
    Verify(requirement=REFERENCE, field="CMP.context"),
    NoFinding(requirement=REFERENCE, steps=("CMP.6",)),
)
GOOD_CERTIFICATE: Steps = (
    Verify(requirement=CERTIFICATE, field="CMP.certificate"),
    NoFinding(requirement=CERTIFICATE, steps=TRUSTED),
    NoFinding(requirement=CERTIFICATE, steps=OF_FORM, tolerated=True),
)


@case(
    "CMP/SRV/OWN/BV-members",
    CONTEXT_NAME,
    FUNCTIONAL_UNIT,
    CODING,
    MECHANISM_NAME,
    pics=SERVER,
    configuration=COMPATIBILITY,
)
def server_members() -> Conversation:
    """An accepting AARE has the usual application context, the authentication unit and the mechanism-name."""
    return conversation(server_association, _members("AARE"))


@case(
    "CMP/CLI/OWN/BV-members",
    CONTEXT_NAME,
    FUNCTIONAL_UNIT,
    CODING,
    MECHANISM_NAME,
    pics=CLIENT,
    configuration=COMPATIBILITY,
)
def client_members() -> Conversation:
    """An AARQ has the usual application context, the authentication unit and the mechanism-name."""
    return conversation(client_request, _members("AARQ"))


@case("CMP/SRV/OWN/BV-context", ACCEPTED, pics=SERVER, configuration=COMPATIBILITY)
def server_context() -> Conversation:
    """A server accepts the context for mmsAuthenticationAS, the third that a client proposes."""
    return conversation(
        server_association, Verify(requirement=ACCEPTED, field=OUR_CONTEXT, is_in=(ACCEPTANCE,))
    )


@case("CMP/CLI/OWN/BV-context", PROPOSED, pics=CLIENT, configuration=COMPATIBILITY)
def client_context() -> Conversation:
    """A client proposes contexts for ACSE, for MMS and for mmsAuthenticationAS."""
    return conversation(
        client_request,
        Verify(
            requirement=PROPOSED,
            field="PRES.CP.contexts.*.abstract_syntax",
            includes=(ACSE_SYNTAX, MMS_SYNTAX, AUTHENTICATION_SYNTAX),
        ),
    )


@case("CMP/SRV/OWN/BV-value-form", FORM, REFERENCE, pics=SERVER, configuration=COMPATIBILITY)
def server_value_form() -> Conversation:
    """The value of a server is an EXTERNAL under its tag in AARE, in the client's context, and no more."""
    return conversation(server_association, VALUE_FORM)


@case("CMP/CLI/OWN/BV-value-form", FORM, REFERENCE, pics=CLIENT, configuration=COMPATIBILITY)
def client_value_form() -> Conversation:
    """The value of a client is an EXTERNAL under its tag in AARQ, in its own context, and no more."""
    return conversation(client_request, VALUE_FORM)


@case(
    "CMP/SRV/OWN/BV-context-number",
    REFERENCE,
    ACCEPTED,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_context_number() -> Iterator[Conversation]:
    """A server takes whatever number a client gives the context, and refers to it in its own value."""
    for number in (7, 101):
        yield conversation(
            server_connection,
            Associate(
                mutations=(proposing(FOR_ACSE, FOR_MMS, for_authentication(number)), referring_to(number))
            ),
            reach(ASSOCIATED, limit="limit.associate"),
            Verify(requirement=ACCEPTED, field=OUR_CONTEXT, is_in=(ACCEPTANCE,)),
            Verify(requirement=REFERENCE, field="CMP.context", is_in=(number,)),
            label=f"number {number}",
        )


@case(
    "CMP/SRV/OWN/BV-context-number-repeated",
    REFERENCE,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_context_number_repeated() -> Iterator[Conversation]:
    """A server repeats the number that the client refers to where no context for it was proposed."""
    for number in (5, 11):
        yield conversation(
            server_connection,
            Associate(mutations=(proposing(FOR_ACSE, FOR_MMS), referring_to(number))),
            reach(ASSOCIATED, limit="limit.associate"),
            Verify(requirement=REFERENCE, field="CMP.context", is_in=(number,)),
            label=f"number {number}",
        )


@case("CMP/SRV/OWN/BV-certificate", CERTIFICATE, pics=SERVER, configuration=COMPATIBILITY)
def server_certificate() -> Conversation:
    """A server shows a certificate that the tester can trust: its size, validity, path and RSA key are right.

    What deviates in its form alone is a warning.
    """
    return conversation(server_association, GOOD_CERTIFICATE)


@case("CMP/CLI/OWN/BV-certificate", CERTIFICATE, pics=CLIENT, configuration=COMPATIBILITY)
def client_certificate() -> Conversation:
    """A client shows a certificate that the tester can trust: its size, validity, path and RSA key are right.

    What deviates in its form alone is a warning.
    """
    return conversation(client_request, GOOD_CERTIFICATE)
