"""The DtSecAborts of a DUT are in order themselves: signed afresh, about the association that ends (13.5)."""

from __future__ import annotations

from msgspec.structs import replace

from conform62351.profiles.role import Role
from conform62351.suites.native.conversations import (
    CLIENT_AE,
    CLIENT_BASELINE,
    NATIVE,
    OWN_ENDING,
    SERVER_AE,
    SERVER_BASELINE,
    own_ending,
    server_connection_on,
)
from conform62351.suites.native.transfers import ICV, IN_FLIGHT, UNDECODABLE, Line, due, sends
from conform62351.suites.osi.conversations import Steps
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.mutations import AnyMutation, FlipBit, SetField
from conform62351.tooling.engine.outcomes import AARQ, ASSOCIATED, expect
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Conversation,
    NoFinding,
    conversation,
)

SIGNED = "R-E2E-transfer-abort-signed"

ENCR = "E2E.EncrTransfer"
ALTERED = (FlipBit(pdu=ENCR, at=-1), ICV)
FAULTS: tuple[tuple[AnyMutation, Line], ...] = (
    ALTERED,
    (SetField(pdu=f"{ENCR}.token", field="assoID", value="999:998"), UNDECODABLE),
    ALTERED,
)
"""What is wrong on each of the associations: an alarm is due, a diagnostic, and an alarm again."""


def aborted(role: Role) -> Conversation:
    """Return associations that the DUT aborts one after the other, and what is judged of the aborts."""
    steps: Steps = ()
    for on, (mutation, line) in enumerate(FAULTS):
        forms, _ = due(role, ENCR, (line,))
        steps += associated(role, on)
        steps += sends(role, mutation, on=on)
        steps += (expect(SIGNED, *forms, meanwhile=IN_FLIGHT[role], on=on),)
    judged = (NoFinding(requirement=SIGNED, steps=("E2E.T3",)), *own_ending)
    of_each = (replace(step, on=on) for on in range(len(FAULTS)) for step in judged)
    return conversation(steps, *of_each)


def associated(role: Role, on: int) -> Steps:
    """Return the steps of an association, which is due: the one before has ended in order."""
    limit = "limit.associate"
    if role is Role.SERVER:
        return (*server_connection_on(on), Associate(on=on), expect(SIGNED, ASSOCIATED, limit=limit, on=on))
    return (
        Act(action="connect"),
        Accept(on=on),
        expect(SIGNED, AARQ, limit=limit, on=on),
        AnswerAssociation(on=on),
    )


@case(
    "E2E/SRV/DT/BI-aborts",
    SIGNED,
    *OWN_ENDING,
    pics=SERVER_AE,
    baseline=SERVER_BASELINE,
    configuration=NATIVE,
)
def server_aborted() -> Conversation:
    """A server signs its DtSecAborts as all else: they verify, name the association and the time, each time
    anew, and associations are made behind them as before.
    """
    return aborted(Role.SERVER)


@case(
    "E2E/CLI/DT/BI-aborts",
    SIGNED,
    *OWN_ENDING,
    pics=CLIENT_AE,
    baseline=CLIENT_BASELINE,
    configuration=NATIVE,
)
def client_aborted() -> Conversation:
    """A client signs its DtSecAborts as all else: they verify, name the association and the time, each time
    anew, and it associates again behind them.
    """
    return aborted(Role.CLIENT)
