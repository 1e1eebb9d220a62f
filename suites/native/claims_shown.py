"""What a device sends beside its certificate, as its PICS claims or denies it: certPath and attCert."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.claims import WIRE
from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    NATIVE,
    SERVER,
    SERVER_BASELINE,
    server_association,
)
from conform62351.suites.osi.conversations import client_request
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.native_evidence import LEFT_OUT, NEEDLESS, SENT
from conform62351.tooling.engine.steps import Conversation, Verify, conversation

ITEMS: Final = {"certPath": "E2E.certPath-sending", "attCert": "E2E.attribute-certificates-sending"}
"""What may be sent, and its item of the PICS."""
_HANDSHAKES: Final = {Role.SERVER: "HandshakeAcc", Role.CLIENT: "HandshakeReq"}
_PICS: Final = {Role.SERVER: SERVER, Role.CLIENT: CLIENT}
_BASELINES: Final = {Role.SERVER: SERVER_BASELINE, Role.CLIENT: CLIENT_BASELINE}
_STEPS: Final = {Role.SERVER: server_association(), Role.CLIENT: client_request}


def _as_told(role: Role, member: str, *, is_claimed: bool) -> Verify:
    """Judge whether ``member`` is in the device's handshake.

    A certificate that a trust anchor has issued needs no path, since the anchor is left out of it (13.2).
    """
    severity = Severity.DECLARATION
    if member == "certPath":
        right = (SENT, NEEDLESS) if is_claimed else (LEFT_OUT, NEEDLESS)
        return Verify(requirement=WIRE, field="E2E.path", is_in=right, severity=severity)
    field = f"E2E.{_HANDSHAKES[role]}.token1.{member}"
    return Verify(requirement=WIRE, field=field, absent=not is_claimed, severity=severity)


def _register(role: Role, member: str, *, is_claimed: bool) -> None:
    item = f"{ITEMS[member]}.{role.value}"

    def make() -> Conversation:
        return conversation(_STEPS[role], _as_told(role, member, is_claimed=is_claimed), label=item)

    claims, sends = ("claims", "sends one") if is_claimed else ("denies", "sends none")
    make.__doc__ = f"""A {role.value} that {claims} to send {member} {sends} in its {_HANDSHAKES[role]}."""
    case(
        f"E2E/{'SRV' if role is Role.SERVER else 'CLI'}/CLAIMS/{'BV' if is_claimed else 'BI'}-{member}",
        WIRE,
        pics=f"{_PICS[role]} and {'' if is_claimed else 'not '}{item}",
        baseline=_BASELINES[role],
        configuration=NATIVE,
        denies=not is_claimed,
    )(make)


for _role in Role:
    for _member in ITEMS:
        _register(_role, _member, is_claimed=True)
        _register(_role, _member, is_claimed=False)
