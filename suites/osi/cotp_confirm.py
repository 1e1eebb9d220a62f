"""The connection request of a DUT client and the answers to it (X.224 clauses 6.5, 6.6, 13.3, Annex H.2)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    ERROR_FORMS,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import (
    AnyMutation,
    Append,
    Cut,
    Insert,
    Overwrite,
    SetField,
    SetParameter,
)
from conform62351.tooling.engine.outcomes import AARQ, ENDED, expect, refuse
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnyStep,
    Conversation,
    Expect,
    Verify,
    conversation,
)

DR_IN_PLACE_OF_CC: tuple[AnyMutation, ...] = (
    Cut(pdu="COTP.CC", keep=4),
    Append(pdu="COTP.CC", octets=b"\x00\x00\x00"),
    Overwrite(pdu="COTP.CC", at=0, octets=b"\x06\x80"),
)
"""SRC-REF 0, reason 0; the destination reference stays that of the CR."""
ER_IN_PLACE_OF_CC: tuple[AnyMutation, ...] = (
    Cut(pdu="COTP.CC", keep=4),
    Append(pdu="COTP.CC", octets=b"\x00\xc1\x02\x06\xe0"),
    Overwrite(pdu="COTP.CC", at=0, octets=b"\x08\x70"),
)
"""Cause 0, and the beginning of the CR as the TPDU that is rejected."""
CC_LENGTHS: dict[str, tuple[AnyMutation, ...]] = {
    "a length indicator beyond the packet": (Overwrite(pdu="COTP.CC", at=0, octets=b"\xfe"),),
    "the reserved length indicator FF": (Overwrite(pdu="COTP.CC", at=0, octets=b"\xff"),),
    "a length indicator within the fixed part": (Overwrite(pdu="COTP.CC", at=0, octets=b"\x05"),),
    "a parameter longer than the header": (
        SetParameter(pdu="COTP.CC", code=0xC1, octets=b"\x00"),
        Overwrite(pdu="COTP.CC", at=-2, octets=b"\x05"),
    ),
}
AHEAD_OF_CC = {
    "a DT before the CC": b"\x03\x00\x00\x0b\x02\xf0\x80\x01\x00\x01\x00",
    "a CR to the client": b"\x03\x00\x00\x0b\x06\xe0\x00\x00\x00\x07\x00",
}


def answered(*mutations: AnyMutation) -> tuple[AnyStep, ...]:
    """Have the DUT client connect, and answer its CR with a CC under these mutations."""
    return (Act(action="connect"), Accept(mutations=mutations))


def goes_no_further(requirement: str) -> Expect:
    """Show that the client does not associate: it closes, or says by ER what is wrong."""
    return refuse(requirement, ERROR_FORMS, limit="limit.associate")


@case("OSI/CLI/COTP/BV-connect", "R-COTP-CR-form", "R-COTP-CR-selectors", pics=CLIENT)
def client_connect() -> Conversation:
    """A client's CR has no destination reference, prefers class 0, and calls the configured selector."""
    return conversation(
        Act(action="connect"),
        Accept(),
        expect("R-COTP-CR-form", AARQ, limit="limit.associate"),
        Verify(requirement="R-COTP-CR-form", field="COTP.CR.dst_ref", is_in=(0,)),
        Verify(requirement="R-COTP-CR-form", field="COTP.CR.class_option", is_in=(0,)),
        Verify(requirement="R-COTP-CR-form", field="COTP.CR.user_data", at_most=0),
        Verify(requirement="R-COTP-CR-selectors", field="COTP.CR.called_selector", pixit="tester.t_selector"),
    )


@case("OSI/CLI/COTP/BI-cc-class", "R-COTP-CC-wrong", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_cc_class() -> Iterator[Conversation]:
    """A CC for another class than 0 is not used."""
    for chosen in (2, 4):
        yield conversation(
            answered(SetField(pdu="COTP.CC", field="class_option", value=chosen << 4)),
            goes_no_further("R-COTP-CC-wrong"),
            label=f"class {chosen}",
        )


@case("OSI/CLI/COTP/BI-cc-reference", "R-COTP-CC-wrong", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_cc_reference() -> Conversation:
    """A CC for another reference than the client's own is not used."""
    return conversation(
        answered(SetField(pdu="COTP.CC", field="dst_ref", value=0x7B3D)), goes_no_further("R-COTP-CC-wrong")
    )


@case("OSI/CLI/COTP/BI-cc-length", "R-COTP-lengths", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_cc_length() -> Iterator[Conversation]:
    """A CC whose lengths do not fit closes the connection."""
    for label, mutations in CC_LENGTHS.items():
        yield conversation(answered(*mutations), goes_no_further("R-COTP-lengths"), label=label)


@case("OSI/CLI/COTP/BV-refused", "R-COTP-DR-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_refused() -> Conversation:
    """A client whose CR is answered with DR closes the connection."""
    return conversation(
        answered(*DR_IN_PLACE_OF_CC), refuse("R-COTP-DR-received", ENDED, limit="limit.associate")
    )


@case("OSI/CLI/COTP/BV-er-to-cr", "R-COTP-ER-received", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_er_to_cr() -> Conversation:
    """A client whose CR is answered with ER closes the connection."""
    return conversation(
        answered(*ER_IN_PLACE_OF_CC), refuse("R-COTP-ER-received", ENDED, limit="limit.associate")
    )


@case("OSI/CLI/COTP/BO-ahead-of-cc", "R-COTP-out-of-place", pics=CLIENT, baseline=CLIENT_BASELINE)
def client_ahead_of_cc() -> Iterator[Conversation]:
    """A TPDU that is not due before the CC ends the connection; the CC behind it has no effect."""
    for label, packet in AHEAD_OF_CC.items():
        yield conversation(
            answered(Insert(pdu="TPKT", at=0, octets=packet)),
            goes_no_further("R-COTP-out-of-place"),
            label=label,
        )
