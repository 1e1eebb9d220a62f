"""What refusals of handshakes are like: alarms tell nothing, and what is sent is in order (clause 14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    EVENT,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    own_form,
)
from conform62351.suites.native.handshake_identity import SOMEBODY
from conform62351.suites.native.handshake_signature import stated_otherwise, wrongly_signed
from conform62351.suites.native.refusals import SENT, Way, beginning, credentials, refused, way
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import SetField, SetTime
from conform62351.tooling.engine.steps import Conversation, conversation

ALARM = "R-E2E-alarm"
FORM = ("R-E2E-mapping", "R-E2E-encoding")

DAY_S: Final = 86_400.0


def alarming(role: Role) -> Mapping[str, tuple[str, Way]]:
    """Return handshakes that raise an alarm, with the row of clause 14 that each violates."""
    return {
        "another algorithm than stated": ("3.1", stated_otherwise(role)[""]),
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
    """Show that the SecPDU of a refusal, and what carries it, are in order."""
    for label, (row, sent) in (*alarming(role).items(), *refused_without_alarm(role).items()):
        yield conversation(beginning(role), refused(FORM[0], (row,), role, sent), own_form, label=label)


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
    return refusals_of(Role.SERVER)


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
    return refusals_of(Role.CLIENT)
