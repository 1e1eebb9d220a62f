"""Associations over TLS on which something is done to TLS itself: renegotiated, resumed, kept waiting.

All of it is alike for DUT servers and DUT clients but for who begins; ``role`` is that of the DUT.
"""

from __future__ import annotations

from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps, client_usable, server_usable
from conform62351.suites.tls.sides import CONDITIONS
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ASSOCIATED,
    ENDED,
    RELEASED,
    TRANSPORT_CONNECTED,
    expect,
    reach,
)
from conform62351.tooling.engine.steps import (
    Accept,
    Act,
    AnswerAssociation,
    Associate,
    Close,
    Connect,
    OpenTransport,
    Release,
    Tls,
)

WEAK: Final = "tls-weak"
"""The configuration of the DUT with TLS 1.0 and 1.1 enabled beside 1.2."""
INTERVALS: Final = "tls-intervals"
"""The configuration of the DUT with the intervals of the PIXIT."""
USUAL: Final = Tls()


def having(role: Role, *conditions: str) -> str:
    """Return the condition of a case for DUTs in a role; ``conditions`` have {role} where that stands."""
    parts = [CONDITIONS[role], *(condition.format(role=role.value) for condition in conditions)]
    return " and ".join(f"({part})" for part in parts)


def within_wait(name: str) -> tuple[str, ...]:
    """Return the prerequisite that a time of the DUT is one that the tester waits for."""
    return (f"tls.{name} within tls.largest_wait",)


def begun(role: Role, tls: Tls = USUAL, *, on: int = 0) -> Steps:
    """Return the steps that open a connection on which the tester does TLS so."""
    if role is Role.SERVER:
        return (Connect(tls=tls, on=on),)
    return (Act(action="connect"), Accept(tls=tls, on=on))


def associating(role: Role, requirement: str = "", *, on: int = 0) -> Steps:
    """Return the steps that associate over TLS; without a ``requirement`` they lead up to something else."""
    if role is Role.CLIENT:
        return (expect(requirement, AARQ, limit="limit.associate", on=on), AnswerAssociation(on=on))
    return (
        OpenTransport(on=on),
        expect(requirement, TRANSPORT_CONNECTED, limit="limit.connect", on=on),
        Associate(on=on),
        expect(requirement, ASSOCIATED, limit="limit.associate", on=on),
    )


def standing(role: Role, tls: Tls = USUAL, *, on: int = 0) -> Steps:
    """Return the steps that lead up to an association over TLS."""
    return (*begun(role, tls, on=on), *associating(role, on=on))


def usable(role: Role, requirement: str, *, on: int = 0) -> Steps:
    """Show that the association works."""
    return server_usable(requirement, on) if role is Role.SERVER else client_usable(requirement, on)


def left(role: Role, *, on: int = 0) -> Steps:
    """Return the steps that end an association, and its connection, in order; a client may do so at once."""
    if role is Role.SERVER:
        return (Release(on=on), reach(RELEASED, serve=True, on=on), Close(on=on))
    released = reach(RELEASED, ENDED, serve=True, on=on)
    return (*client_usable("", on), Release(on=on), released, Close(on=on))
