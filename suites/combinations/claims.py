"""Modes and combinations that a PICS denies (Tables 1, 7, 8 and 10), as they are on the wire.

A device that has one all the same has a wrong declaration. That shows where it can be set up for it: a PIXIT
without such a configuration leaves nothing to be tried, and the cases do not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from conform62351.pics.pixit_actions import DEFAULT_CONFIGURATION, PLAIN
from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity
from conform62351.suites.combinations.alone import A_PROFILE, TLS
from conform62351.suites.compatibility.conversations import COMPATIBILITY
from conform62351.suites.native.conversations import NATIVE, NATIVE_TLS
from conform62351.suites.osi.conversations import (
    ASSOCIATION_REFUSAL_FORMS,
    CONNECT_REFUSAL_FORMS,
    Steps,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.judging import HANDSHAKE
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    ENDED,
    SILENT,
    TCP_REFUSED,
    TLS_REFUSED,
    TRANSPORT_CONNECTED,
    expect,
    one,
    over,
    refuse,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    Associate,
    Connect,
    Conversation,
    OpenTransport,
    Verify,
    conversation,
)

WIRE: Final = "R-PICS-wire"
DECLARED: Final = Severity.DECLARATION
SIDES: Final = {Role.SERVER: "SRV", Role.CLIENT: "CLI"}
NO_TLS: Final = (*TLS_REFUSED, one(Kind.TLS_ALERT), one(Kind.TIMEOUT, HANDSHAKE))
"""TLS does not come about, by whichever side: the other one has something else to say."""
NO_CONNECTION: Final = (TCP_REFUSED, *NO_TLS, *CONNECT_REFUSAL_FORMS)
OTHERWISE: Final = (*NO_TLS, *ENDED, SILENT, one(Kind.UNDECODABLE))
"""How a client shows that it does not have what it is met with: it ends, does not come, or has another."""


def _connects(stack: str) -> Steps:
    """Have the DUT server take a transport connection; where it does not, nothing more is to be seen."""
    return (
        Connect(stack=stack),
        OpenTransport(may_break=True),
        expect(WIRE, TRANSPORT_CONNECTED, over(NO_CONNECTION), limit="limit.connect"),
        Associate(may_break=True),
    )


def _called(stack: str) -> Steps:
    """Have the DUT client connect to where the tester expects this stack."""
    return (Act(action="connect", stack=stack, may_fail=True), Accept(stack=stack))


def _no_association(role: Role, stack: str) -> Steps:
    """Show that there is no association over a stack with the DUT."""
    if role is Role.CLIENT:
        return (*_called(stack), refuse(WIRE, OTHERWISE, limit="limit.associate", severity=DECLARED))
    refusal = refuse(WIRE, ASSOCIATION_REFUSAL_FORMS, limit="limit.associate", severity=DECLARED)
    return (*_connects(stack), refusal)


def _no_authentication(role: Role, stack: str) -> Steps:
    """Show that the DUT does not authenticate itself at association, where there is one."""
    came: Steps = (
        *_connects(stack),
        expect(WIRE, ASSOCIATED, over(ASSOCIATION_REFUSAL_FORMS), limit="limit.associate"),
    )
    if role is Role.CLIENT:
        came = (*_called(stack), expect(WIRE, AARQ, over(OTHERWISE), limit="limit.associate"))
    field = "ACSE.AARE.authentication_value" if role is Role.SERVER else "ACSE.AARQ.authentication_value"
    return (*came, Verify(requirement=WIRE, field=field, absent=True, severity=DECLARED))


Shown = Callable[[Role, str], Steps]


def _denied(role: Role, stack: str, claims: Mapping[str, Shown]) -> Callable[[], Iterator[Conversation]]:
    """Return what shows these to be denied rightly: the last code of a condition is what it denies."""

    def make() -> Iterator[Conversation]:
        for condition, shown in claims.items():
            pics = condition.format(role=role.value)
            yield conversation(shown(role, stack), label=pics, pics=pics)

    return make


_DENIED: Final[Mapping[str, tuple[str, str, str, Mapping[str, Shown]]]] = {
    "compatibility": (
        COMPATIBILITY,
        "T7.compatibility.{role} and T8.T-security.{role} and T8.A-security-profile.{role}",
        "does not have compatibility mode, or what of it its PICS denies: TLS, or authentication.",
        {
            "not T7.compatibility.{role}": _no_authentication,
            "T7.compatibility.{role} and not T8.T-security.{role}": _no_association,
            "T7.compatibility.{role} and not T8.A-security-profile.{role}": _no_authentication,
        },
    ),
    "native": (
        NATIVE,
        "T7.native.{role} and T10.E2E-security.{role} and COMB.E2E-security-alone.{role}",
        "does not have native mode, or not without TLS, where its PICS denies that.",
        {
            "not T7.native.{role}": _no_association,
            "T7.native.{role} and not T10.E2E-security.{role}": _no_association,
            "T10.E2E-security.{role} and not COMB.E2E-security-alone.{role}": _no_association,
        },
    ),
    "native-TLS": (
        NATIVE_TLS,
        "T10.T-security.{role}",
        "does not have native mode over TLS where its PICS denies that.",
        {"not T10.T-security.{role}": _no_association},
    ),
    "unprotected": (
        PLAIN,
        "MMS.unprotected.{role}",
        "does not associate without any protection where its PICS denies that.",
        {"not MMS.unprotected.{role}": _no_association},
    ),
    "TLS-alone": (
        TLS,
        "COMB.TLS-alone.{role}",
        "does not have TLS alone where its PICS denies that.",
        {"not COMB.TLS-alone.{role}": _no_association},
    ),
    "A-security-profile-alone": (
        A_PROFILE,
        "COMB.A-security-profile-alone.{role}",
        "does not authenticate itself without TLS where its PICS denies that.",
        {"not COMB.A-security-profile-alone.{role}": _no_authentication},
    ),
}
"""By the end of the identifier: the stack and configuration, what is not all claimed, the purpose, and what
shows that it is denied rightly."""


def _register(name: str, role: Role) -> None:
    stack, claimed, purpose, claims = _DENIED[name]
    make = _denied(role, stack, claims)
    make.__doc__ = f"A {role.value} {purpose}\n\nWhere it has it all the same its declaration is wrong."
    case(
        f"COMB/{SIDES[role]}/CLAIMS/BI-{name}",
        WIRE,
        pics=f"T6.OSI.{role.value} and not ({claimed.format(role=role.value)})",
        configuration=DEFAULT_CONFIGURATION if stack == PLAIN else stack,
        denies=True,
    )(make)


@case(
    "COMB/CLI/CLAIMS/BV-native",
    WIRE,
    pics="T6.OSI.client and T7.native.client and T10.E2E-security.client",
    configuration=NATIVE,
)
def client_has_native() -> Conversation:
    """A client that claims native mode, and is set up for it, does not ask for an association without it.

    The tester reads what comes as without native mode, and finds no initiate-Request in it.
    """
    return conversation(
        Act(action="connect"),
        Accept(stack="plain", port=NATIVE),
        expect(WIRE, AARQ, OTHERWISE, limit="limit.associate"),
        Verify(requirement=WIRE, field="MMS.initiate-RequestPDU", absent=True, severity=DECLARED),
    )


for _role in SIDES:
    for _name in _DENIED:
        _register(_name, _role)
