"""How a session connection is made: the parameters of CONNECT and ACCEPT (X.225 clauses 7.1, 7.4, 8.3)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    ASSOCIATION_REFUSAL_FORMS,
    CLIENT,
    SERVER,
    SERVER_BASELINE,
    client_request,
    server_association,
    server_connection,
    server_takes,
    server_usable,
)
from conform62351.suites.osi.session_user_data import REFUSED
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Edit, EditSpdu, SetField
from conform62351.tooling.engine.outcomes import ASSOCIATED, expect, over
from conform62351.tooling.engine.steps import Associate, Conversation, NoFinding, Verify, conversation

DUPLEX = 0x0002
HALF_DUPLEX = 0x0001
TYPED_DATA = 0x0400
MAXIMUM_SELECTOR = 16

OPTIONAL_PARAMETERS: dict[str, AnyMutation] = {
    "a connection identifier": EditSpdu(
        pdu="SES.CN", path="13/5", edit=Edit.INSERT, octets=bytes.fromhex("0108 0a023132 0b023334")
    ),
    "a TSDU maximum without bounds": SetField(pdu="SES.CN", field="tsdu_maximum", octets=bytes(4)),
}
UNKNOWN_PARAMETERS: dict[str, AnyMutation] = {
    "a parameter 100": EditSpdu(pdu="SES.CN", path="13/193", edit=Edit.INSERT, octets=b"\x64\x02\xaa\xbb"),
    "an empty parameter 60": EditSpdu(pdu="SES.CN", path="13/193", edit=Edit.INSERT, octets=b"\x3c\x00"),
    "a parameter 30 in the connect/accept item": EditSpdu(
        pdu="SES.CN", path="13/5", edit=Edit.APPEND, octets=b"\x1e\x01\x00"
    ),
}


@case(
    "OSI/SRV/SES-CONNECT/BV-accept-form",
    "R-SES-parameters",
    "R-SES-version-2",
    "R-SES-duplex",
    "R-SES-LI-form",
    "R-SES-selector-length",
    "R-SES-AC-user-data-193",
    pics=SERVER,
)
def server_accept_form() -> Conversation:
    """An ACCEPT selects version 2 and duplex, in the parameters that belong there and in their order.

    User data in group 194 are seen in the field: they are reported as a warning.
    """
    return conversation(
        server_association,
        Verify(requirement="R-SES-version-2", field="SES.AC.version", is_in=(2,)),
        Verify(requirement="R-SES-duplex", field="SES.AC.requirements", is_in=(DUPLEX,)),
        Verify(requirement="R-SES-parameters", field="SES.AC.protocol_options", is_in=(0,), optional=True),
        NoFinding(requirement="R-SES-parameters", steps=("SES.AC.2",)),
        NoFinding(requirement="R-SES-LI-form", steps=("SES.AC.3",)),
        Verify(
            requirement="R-SES-selector-length",
            field="SES.AC.calling_selector",
            at_most=MAXIMUM_SELECTOR,
            optional=True,
        ),
        Verify(
            requirement="R-SES-selector-length",
            field="SES.AC.responding_selector",
            at_most=MAXIMUM_SELECTOR,
            optional=True,
        ),
        NoFinding(requirement="R-SES-AC-user-data-193", steps=("SES.AC.9",), tolerated=True),
    )


@case(
    "OSI/CLI/SES-CONNECT/BV-connect-form",
    "R-SES-parameters",
    "R-SES-version-2",
    "R-SES-duplex",
    "R-SES-LI-form",
    "R-SES-selector-length",
    "R-SES-CN-user-data-sent",
    pics=CLIENT,
)
def client_connect_form() -> Conversation:
    """A CONNECT proposes version 2 and duplex, in the parameters that belong there and in their order."""
    return conversation(
        client_request,
        Verify(requirement="R-SES-version-2", field="SES.CN.version", is_in=(2, 3)),
        NoFinding(requirement="R-SES-duplex", steps=("SES.CN.8",)),
        Verify(requirement="R-SES-parameters", field="SES.CN.protocol_options", is_in=(0,), optional=True),
        NoFinding(requirement="R-SES-parameters", steps=("SES.CN.2",)),
        NoFinding(requirement="R-SES-LI-form", steps=("SES.CN.3",)),
        Verify(
            requirement="R-SES-selector-length",
            field="SES.CN.calling_selector",
            at_most=MAXIMUM_SELECTOR,
            optional=True,
        ),
        Verify(
            requirement="R-SES-selector-length",
            field="SES.CN.called_selector",
            at_most=MAXIMUM_SELECTOR,
            optional=True,
        ),
        NoFinding(requirement="R-SES-CN-user-data-sent", steps=("SES.CN.10",)),
    )


@case("OSI/SRV/SES-CONNECT/BV-version-1-and-2", "R-SES-version-2", pics=SERVER, baseline=SERVER_BASELINE)
def server_both_versions() -> Conversation:
    """A CONNECT that proposes versions 1 and 2 is accepted in version 2."""
    return conversation(
        server_connection,
        Associate(mutations=(SetField(pdu="SES.CN", field="version", value=3),)),
        expect("R-SES-version-2", ASSOCIATED, limit="limit.associate"),
        Verify(requirement="R-SES-version-2", field="SES.AC.version", is_in=(2,)),
        server_usable("R-SES-version-2"),
    )


@case("OSI/SRV/SES-CONNECT/BV-more-functional-units", "R-SES-duplex", pics=SERVER, baseline=SERVER_BASELINE)
def server_functional_units() -> Iterator[Conversation]:
    """Of the functional units that a CONNECT proposes, duplex is selected and never half-duplex with it."""
    for label, proposed, selected in (
        ("half-duplex and duplex", HALF_DUPLEX | DUPLEX, (DUPLEX,)),
        ("duplex and typed data", DUPLEX | TYPED_DATA, (DUPLEX, DUPLEX | TYPED_DATA)),
    ):
        yield conversation(
            server_connection,
            Associate(mutations=(SetField(pdu="SES.CN", field="requirements", value=proposed),)),
            expect("R-SES-duplex", ASSOCIATED, limit="limit.associate"),
            Verify(requirement="R-SES-duplex", field="SES.AC.requirements", is_in=selected),
            server_usable("R-SES-duplex"),
            label=label,
        )


@case(
    "OSI/SRV/SES-CONNECT/BV-optional-parameter",
    "R-SES-CN-unknown-parameter",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_optional_parameter() -> Iterator[Conversation]:
    """A parameter of CONNECT that X.225 has and the server need not use is read over."""
    for label, mutation in OPTIONAL_PARAMETERS.items():
        yield conversation(
            server_connection,
            server_takes("R-SES-CN-unknown-parameter", mutation),
            label=label,
        )


@case(
    "OSI/SRV/SES-CONNECT/BI-unknown-parameter",
    "R-SES-CN-unknown-parameter",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_unknown_parameter() -> Iterator[Conversation]:
    """A parameter of CONNECT that is not known is ignored.

    A server that refuses it in order passes with a warning: X.225 has no such parameter.
    """
    for label, mutation in UNKNOWN_PARAMETERS.items():
        yield conversation(
            server_connection,
            Associate(mutations=(mutation,)),
            expect("R-SES-CN-unknown-parameter", ASSOCIATED, REFUSED, limit="limit.associate"),
            server_usable("R-SES-CN-unknown-parameter"),
            label=label,
        )


@case(
    "OSI/SRV/SES-CONNECT/BV-calling-selector", "R-SES-selector-length", pics=SERVER, baseline=SERVER_BASELINE
)
def server_calling_selector() -> Iterator[Conversation]:
    """A calling selector of any permitted length, or none, is the client's choice."""
    for label, selector in (("16 octets", bytes(range(16))), ("empty", b""), ("none", None)):
        yield conversation(
            server_connection,
            server_takes(
                "R-SES-selector-length", SetField(pdu="SES.CN", field="calling_selector", octets=selector)
            ),
            label=label,
        )


@case(
    "OSI/SRV/SES-CONNECT/BI-selector-too-long",
    "R-SES-selector-length",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_selector_too_long() -> Iterator[Conversation]:
    """A calling selector of more than 16 octets is refused, or not looked at; nothing overflows by it."""
    for size in (MAXIMUM_SELECTOR + 1, 254, 4000):
        yield conversation(
            server_connection,
            Associate(mutations=(SetField(pdu="SES.CN", field="calling_selector", octets=bytes(size)),)),
            expect(
                "R-SES-selector-length",
                ASSOCIATED,
                over(ASSOCIATION_REFUSAL_FORMS),
                limit="limit.associate",
            ),
            server_usable("R-SES-selector-length"),
            label=f"{size} octets",
        )
