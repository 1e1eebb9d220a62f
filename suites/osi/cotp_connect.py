"""The connection request of COTP class 0, to a DUT server (X.224 clauses 6.5, 13.3 and 13.4, Annex H.2)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    CONNECT_REFUSAL_FORMS,
    ERROR_FORMS,
    INSISTING,
    SERVER,
    SERVER_BASELINE,
    SERVER_INSISTS,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, Overwrite, SetField, SetParameter
from conform62351.tooling.engine.outcomes import (
    ASSOCIATED,
    ENDED,
    TRANSPORT_CONNECTED,
    TRANSPORT_REFUSED,
    expect,
    over,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Associate,
    Connect,
    Conversation,
    Inject,
    OpenTransport,
    Verify,
    conversation,
)

ALTERNATIVE_CLASSES = 0xC7
CALLED_SELECTOR = 0xC2
OTHER_SELECTORS = {"another one": b"not this one", "a short one": b"\x7f\x7f", "an empty one": b""}
UNKNOWN_PARAMETERS = (0x99, 0x7E)
CR_LENGTHS: dict[str, tuple[AnyMutation, ...]] = {
    "a length indicator beyond the packet": (Overwrite(pdu="COTP.CR", at=0, octets=b"\xfe"),),
    "the reserved length indicator FF": (Overwrite(pdu="COTP.CR", at=0, octets=b"\xff"),),
    "a length indicator within the fixed part": (Overwrite(pdu="COTP.CR", at=0, octets=b"\x05"),),
    "a parameter longer than the header": (
        SetParameter(pdu="COTP.CR", code=UNKNOWN_PARAMETERS[0], octets=b"\x00"),
        Overwrite(pdu="COTP.CR", at=-2, octets=b"\x05"),
    ),
}


@case(
    "OSI/SRV/COTP/BV-connect",
    "R-COTP-class-0",
    "R-COTP-CC-class",
    "R-COTP-CC-reference",
    pics=SERVER,
)
def server_connect() -> Iterator[Conversation]:
    """A CR for class 0 is answered with a CC that selects class 0 and gives the reference of the CR back."""
    for reference in (0x0001, 0x1234, 0xFFFF):
        yield conversation(
            Connect(),
            OpenTransport(mutations=(SetField(pdu="COTP.CR", field="src_ref", value=reference),)),
            expect("R-COTP-class-0", TRANSPORT_CONNECTED, limit="limit.connect"),
            Verify(requirement="R-COTP-CC-class", field="COTP.CC.class_option", is_in=(0,)),
            Verify(requirement="R-COTP-CC-reference", field="COTP.CC.dst_ref", is_in=(reference,)),
            label=f"reference {reference:04X}",
        )


@case(
    "OSI/SRV/COTP/BV-alternative-class-0",
    "R-COTP-CR-alternative-class-0",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_alternative_class() -> Iterator[Conversation]:
    """A CR that prefers another class and names class 0 as alternative leads to class 0 or is refused."""
    for preferred in (2, 4):
        yield conversation(
            Connect(),
            OpenTransport(
                mutations=(
                    SetField(pdu="COTP.CR", field="class_option", value=preferred << 4),
                    SetParameter(pdu="COTP.CR", code=ALTERNATIVE_CLASSES, octets=b"\x00"),
                )
            ),
            expect(
                "R-COTP-CR-alternative-class-0",
                TRANSPORT_CONNECTED,
                over(CONNECT_REFUSAL_FORMS),
                limit="limit.connect",
            ),
            Verify(requirement="R-COTP-CR-alternative-class-0", field="COTP.CC.class_option", is_in=(0,)),
            Associate(),
            expect("R-COTP-CR-alternative-class-0", ASSOCIATED, limit="limit.associate"),
            label=f"class {preferred} or 0",
        )


@case("OSI/SRV/COTP/BI-other-class", "R-COTP-CR-other-class", pics=SERVER, baseline=SERVER_BASELINE)
def server_other_class() -> Iterator[Conversation]:
    """A CR that leaves no way to class 0 is refused."""
    for label, preferred, alternatives in (
        ("class 2", 2, None),
        ("class 4", 4, None),
        ("class 4 or 2", 4, b"\x20"),
    ):
        yield conversation(
            Connect(),
            OpenTransport(
                mutations=(
                    SetField(pdu="COTP.CR", field="class_option", value=preferred << 4),
                    SetParameter(pdu="COTP.CR", code=ALTERNATIVE_CLASSES, octets=alternatives),
                )
            ),
            refuse("R-COTP-CR-other-class", CONNECT_REFUSAL_FORMS, limit="limit.connect"),
            label=label,
        )


@case(
    "OSI/SRV/COTP/BV-unknown-parameter",
    "R-COTP-CR-unknown-parameter",
    pics=SERVER,
    baseline=SERVER_BASELINE,
)
def server_unknown_parameter() -> Iterator[Conversation]:
    """A parameter that no class defines does not keep a CR from being answered with a CC."""
    for code in UNKNOWN_PARAMETERS:
        yield conversation(
            Connect(),
            OpenTransport(mutations=(SetParameter(pdu="COTP.CR", code=code, octets=b"\x01\x02"),)),
            expect("R-COTP-CR-unknown-parameter", TRANSPORT_CONNECTED, limit="limit.connect"),
            Associate(),
            expect("R-COTP-CR-unknown-parameter", ASSOCIATED, limit="limit.associate"),
            label=f"parameter {code:02X}",
        )


@case(
    "OSI/SRV/COTP/BI-called-selector",
    "R-COTP-called-selector-unknown",
    pics=SERVER_INSISTS,
    baseline=SERVER_BASELINE,
    configuration=INSISTING,
)
def server_called_selector() -> Iterator[Conversation]:
    """A server that insists on its transport selector refuses a CR for another one."""
    for label, selector in OTHER_SELECTORS.items():
        yield conversation(
            Connect(),
            OpenTransport(mutations=(SetParameter(pdu="COTP.CR", code=CALLED_SELECTOR, octets=selector),)),
            refuse("R-COTP-called-selector-unknown", TRANSPORT_REFUSED, ENDED, limit="limit.connect"),
            label=label,
        )


@case("OSI/SRV/COTP/BI-cr-length", "R-COTP-lengths", pics=SERVER, baseline=SERVER_BASELINE)
def server_cr_length() -> Iterator[Conversation]:
    """A CR whose lengths do not fit is refused, or closes the connection; a good one has no effect then."""
    for label, mutations in CR_LENGTHS.items():
        yield conversation(
            Connect(),
            OpenTransport(mutations=mutations),
            OpenTransport(may_break=True),
            refuse("R-COTP-lengths", CONNECT_REFUSAL_FORMS, limit="limit.connect"),
            label=label,
        )


@case("OSI/SRV/COTP/BO-data-before-cr", "R-COTP-out-of-place", pics=SERVER, baseline=SERVER_BASELINE)
def server_data_before_cr() -> Conversation:
    """A DT before any CR ends the connection; a CR behind it has no effect."""
    return conversation(
        Connect(),
        Inject(layer="tpkt", octets=b"\x02\xf0\x80\x01\x00\x01\x00", name="COTP.DT"),
        OpenTransport(may_break=True),
        refuse("R-COTP-out-of-place", ERROR_FORMS, limit="limit.connect"),
    )
