"""What a device signs when it authenticates itself: which time, written how, in which octets, with what."""

from __future__ import annotations

from conform62351.reports.model.verdict import Severity
from conform62351.suites.compatibility.association import SIGNED
from conform62351.suites.compatibility.conversations import (
    CLIENT,
    COMPATIBILITY,
    SERVER,
    client_request_on,
    server_association,
    server_connection_on,
)
from conform62351.suites.osi.conversations import Steps, client_request
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.outcomes import ASSOCIATED, reach
from conform62351.tooling.engine.steps import (
    Associate,
    Close,
    Conversation,
    NoFinding,
    Verify,
    conversation,
)

TIME = "R-CMP-own-time"
TIME_FORM = "R-CMP-time-form"
ALGORITHM = "R-CMP-signature-algorithm"
OCTETS = "R-CMP-signature-octets"

ROUNDS = 3
SHIFTS_S = (0.0, -120.0, 120.0)
"""How far the tester's times are off while it looks at the device's, which have to go on as they were."""
JUMP_S = 60


def _present_and_new(on: int) -> Steps:
    return (
        Verify(requirement=TIME, field="CMP.time", severity=Severity.FUNCTION, on=on),
        Verify(
            requirement=TIME,
            field="CMP.jump_s",
            at_least=-JUMP_S,
            at_most=JUMP_S,
            optional=True,
            severity=Severity.FUNCTION,
            on=on,
        ),
        NoFinding(requirement=TIME, steps=("CMP.21", "CMP.22"), severity=Severity.FUNCTION, on=on),
    )


WRITTEN: Steps = (
    NoFinding(requirement=TIME_FORM, steps=("CMP.19",)),
    NoFinding(requirement=TIME_FORM, steps=("CMP.20",), tolerated=True),
)
SIGNED_RIGHT: Steps = (
    NoFinding(requirement=ALGORITHM, steps=("CMP.17",)),
    Verify(requirement=ALGORITHM, field="CMP.signed", is_in=SIGNED, severity=Severity.FUNCTION),
)
OCTETS_SIGNED: Steps = (
    Verify(requirement=OCTETS, field="CMP.signed", is_in=SIGNED, severity=Severity.FUNCTION),
    NoFinding(requirement=OCTETS, steps=("CMP.24",), tolerated=True),
)


@case("CMP/SRV/OWN/BV-time", TIME, pics=SERVER, configuration=COMPATIBILITY)
def server_time() -> Conversation:
    """A server signs the present in UTC, whatever time it is shown, and another for every association."""
    rounds: list[Steps] = []
    for on, shift in enumerate(SHIFTS_S):
        shown = Authenticate(shift=shift)
        rounds.append((*server_connection_on(on), Associate(authentication=shown, on=on)))
        rounds.append((reach(ASSOCIATED, limit="limit.associate", on=on), *_present_and_new(on)))
        rounds.append((Close(on=on),))
    return conversation(*rounds)


@case("CMP/CLI/OWN/BV-time", TIME, pics=CLIENT, configuration=COMPATIBILITY)
def client_time() -> Conversation:
    """A client signs the present in UTC, and another time whenever it asks for an association."""
    rounds: list[Steps] = []
    for on in range(ROUNDS):
        rounds.append((*client_request_on(on), *_present_and_new(on), Close(on=on)))
    return conversation(*rounds)


@case("CMP/SRV/OWN/BV-time-form", TIME_FORM, pics=SERVER, configuration=COMPATIBILITY)
def server_time_form() -> Conversation:
    """A server writes its time with three digits behind the dot, and with Z.

    Other forms that readers take are a warning; what is no time in UTC fails.
    """
    return conversation(server_association, WRITTEN)


@case("CMP/CLI/OWN/BV-time-form", TIME_FORM, pics=CLIENT, configuration=COMPATIBILITY)
def client_time_form() -> Conversation:
    """A client writes its time with three digits behind the dot, and with Z.

    Other forms that readers take are a warning; what is no time in UTC fails.
    """
    return conversation(client_request, WRITTEN)


@case("CMP/SRV/OWN/BV-signature", ALGORITHM, pics=SERVER, configuration=COMPATIBILITY)
def server_signature() -> Conversation:
    """A server signs its time, and nothing else, with sha256WithRSAEncryption."""
    return conversation(server_association, SIGNED_RIGHT)


@case("CMP/CLI/OWN/BV-signature", ALGORITHM, pics=CLIENT, configuration=COMPATIBILITY)
def client_signature() -> Conversation:
    """A client signs its time, and nothing else, with sha256WithRSAEncryption."""
    return conversation(client_request, SIGNED_RIGHT)


@case("CMP/SRV/OWN/BV-octets-signed", OCTETS, pics=SERVER, configuration=COMPATIBILITY)
def server_octets_signed() -> Conversation:
    """A server signs its time as the TLV 81 or 18.

    The content octets alone are a warning, or a fail where the PIXIT says so.
    """
    return conversation(server_association, OCTETS_SIGNED)


@case("CMP/CLI/OWN/BV-octets-signed", OCTETS, pics=CLIENT, configuration=COMPATIBILITY)
def client_octets_signed() -> Conversation:
    """A client signs its time as the TLV 81 or 18.

    The content octets alone are a warning, or a fail where the PIXIT says so.
    """
    return conversation(client_request, OCTETS_SIGNED)
