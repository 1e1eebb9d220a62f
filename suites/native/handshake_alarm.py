"""What refusals of handshakes are like: alarms tell nothing, and what is sent is in order (clause 14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conform62351.profiles.osi.apdu import ABORT_BY_USER, REJECTED_PERMANENT
from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    own_form,
    own_freshness,
)
from conform62351.suites.native.handshake_identity import SOMEBODY
from conform62351.suites.native.handshake_signature import RSA_STATED, stated_otherwise, wrongly_signed
from conform62351.suites.native.refusals import SENT, Way, beginning, credentials, refused, rejecting, way
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import AnyMutation, SetField, SetTime
from conform62351.tooling.engine.steps import Conversation, Verify, conversation

ALARM = "R-E2E-alarm"
FORM = ("R-E2E-mapping", "R-E2E-encoding", "R-E2E-BER")
RISING = "R-E2E-rising-times"
NUMBER_TOLD = "R-E2E-reject-number"
NUMBERS_TOLD = "R-E2E-abort-number"

DAY_S: Final = 86_400.0
NUMBER: Final = 940
"""A number of the tester's that its other associations have not had for long."""
NO_NUMBERS: Final = f"{NUMBER}:{NUMBER}:{NUMBER}"
ONE_NUMBER: Final = 3
BOTH_NUMBERS: Final = len(f"0:{NUMBER}")
"""Characters of one number at most, and of both at least."""

CARRIED: Final[Mapping[Role, Steps]] = {
    Role.SERVER: rejecting(FORM[0], REJECTED_PERMANENT),
    Role.CLIENT: (
        Verify(requirement=FORM[0], field="ACSE.ABRT.source", is_in=(ABORT_BY_USER,)),
        Verify(requirement=FORM[0], field="ACSE.ABRT.diagnostic", absent=True),
    ),
}
"""What carries a refusal: an AARE that rejects for good without a reason, an ABRT of the user without one."""


def alarming(role: Role) -> Mapping[str, tuple[str, Way]]:
    """Return handshakes that raise an alarm, with the row of clause 14 that each violates."""
    return {
        "another algorithm than stated": ("3.1", stated_otherwise(role)[RSA_STATED]),
        "an invalid signature": ("4.2", wrongly_signed(role)["one bit inverted"]),
        "somebody else": ("8", way(handshake=Handshake(credential=SOMEBODY))),
    }


def refused_without_alarm(role: Role) -> Mapping[str, tuple[str, Way]]:
    """Return handshakes that are refused with a diagnostic, before assoID is taken for right and after."""
    token = SENT[role].token
    return {
        "a wrong assoID": ("1.2", way(SetField(pdu=token, field="assoID", value="A"))),
        "an old time": ("10", way(SetTime(pdu=token, shift=-DAY_S))),
    }


def alarms_of(role: Role) -> Iterator[Conversation]:
    """Show that alarms carry no diagnostic."""
    for label, (row, sent) in alarming(role).items():
        yield conversation(beginning(role), refused(ALARM, (row,), role, sent), label=label)


def refusals_of(role: Role) -> Iterator[Conversation]:
    """Show that the SecPDU of a refusal, and what carries it, are in order, and that it is of now."""
    for label, (row, sent) in (*alarming(role).items(), *refused_without_alarm(role).items()):
        refusing = refused(FORM[0], (row,), role, sent)
        yield conversation(beginning(role), refusing, CARRIED[role], own_form, own_freshness[1:], label=label)


def number_told() -> Conversation:
    """Show that a server which has read the request tells in its refusal which association it is about."""
    old = way(SetTime(pdu=SENT[Role.SERVER].token, shift=-DAY_S), handshake=Handshake(number=NUMBER))
    told = Verify(
        requirement=NUMBER_TOLD,
        field="E2E.HandshakeSecReject.token3.assoID",
        is_in=(str(NUMBER),),
        severity=Severity.FUNCTION,
    )
    refusing = refused(FORM[0], ("10",), Role.SERVER, old)
    return conversation(beginning(Role.SERVER), refusing, told, label="its number")


def numbers_told() -> Iterator[Conversation]:
    """Show that a client names both numbers, and its own alone while it cannot tell the server's."""
    token = SENT[Role.CLIENT].token
    ways: Mapping[str, tuple[str, AnyMutation, int | None, int | None]] = {
        "both numbers": ("10", SetTime(pdu=token, shift=-DAY_S), BOTH_NUMBERS, None),
        "both numbers, signed by no algorithm that there is": (
            "2",
            SetField(pdu=token, field="sigAlg.oid", value="1.2.3"),
            BOTH_NUMBERS,
            None,
        ),
        "its own number": ("1.2", SetField(pdu=token, field="assoID", value=NO_NUMBERS), None, ONE_NUMBER),
    }
    for label, (row, wrong, at_least, at_most) in ways.items():
        told = Verify(
            requirement=NUMBERS_TOLD,
            field="E2E.HandshakeSecAbort.token3.assoID",
            at_least=at_least,
            at_most=at_most,
            severity=Severity.FUNCTION,
        )
        refusing = refused(FORM[0], (row,), Role.CLIENT, way(wrong, handshake=Handshake(number=NUMBER)))
        yield conversation(beginning(Role.CLIENT), refusing, told, label=label)


@case(
    "E2E/SRV/ALARM/BI-no-diagnostic",
    ALARM,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(SOMEBODY),
)
def server_no_diagnostic() -> Iterator[Conversation]:
    """A server leaves out the diagnostic of its HandshakeSecReject when it raises an alarm, whatever the
    alarm is about.
    """
    return alarms_of(Role.SERVER)


@case(
    "E2E/SRV/ALARM/BI-own-refusal",
    *FORM,
    RISING,
    NUMBER_TOLD,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(SOMEBODY),
)
def server_own_refusal() -> Iterator[Conversation]:
    """What a server refuses a handshake with is in order itself: HandshakeSecReject with the assoID of the
    association, a signature that verifies and a time of now, in AARE as it should be.
    """
    yield from refusals_of(Role.SERVER)
    yield number_told()


@case(
    "E2E/CLI/ALARM/BI-no-diagnostic",
    ALARM,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(SOMEBODY),
)
def client_no_diagnostic() -> Iterator[Conversation]:
    """A client leaves out the diagnostic of its HandshakeSecAbort when it raises an alarm, whatever the alarm
    is about.
    """
    return alarms_of(Role.CLIENT)


@case(
    "E2E/CLI/ALARM/BI-own-refusal",
    *FORM,
    RISING,
    NUMBERS_TOLD,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
    prerequisites=credentials(SOMEBODY),
)
def client_own_refusal() -> Iterator[Conversation]:
    """What a client refuses a handshake with is in order itself: HandshakeSecAbort with the assoID of the
    association, a signature that verifies and a time of now, in ABRT as it should be.
    """
    yield from refusals_of(Role.CLIENT)
    yield from numbers_told()
