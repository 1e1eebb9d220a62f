"""Handshakes that a DUT has to refuse because its PICS denies what is in them (Tables 11 and 13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.refusals import Way, beginning, refused
from conform62351.suites.osi.conversations import Steps, as_declared
from conform62351.tooling.engine.steps import Conversation, Verify, conversation

AS_RFC5114: Final = ("group 23 as rfc5114",)
"""The means of a device for which 23 is the MODP group of RFC 5114."""
GROUPS_OFFERED: Final = "E2E.HandshakeReq.token1.dhKey.*.dhGroup"
ALGORITHMS_OFFERED: Final = "E2E.listed"
"""Where a client's offer stands."""


@dataclass(frozen=True)
class Denied:
    """A handshake with what a DUT does not have by its PICS, if the condition ``pics`` holds.

    A client that has it offers it: ``offered`` is what would stand in the field ``where``.
    """

    pics: str
    sent: Way
    where: str = ""
    offered: int | str = ""


def denied_each(
    role: Role, requirement: str, rows: str | tuple[str, ...], denied: Mapping[str, Denied]
) -> Iterator[Conversation]:
    """Show that the DUT refuses each of these handshakes, if its PICS denies what is in them.

    Where a DUT offers or takes it all the same its declaration is wrong. ``rows`` are those of
    :func:`conform62351.suites.native.refusals.refuses_each`.
    """
    violated = (rows,) if isinstance(rows, str) else rows
    for label, one in denied.items():
        steps = as_declared(refused(requirement, violated, role, one.sent))
        yield conversation(
            beginning(role),
            _not_offered(requirement, one),
            steps,
            label=f"{label}, denied",
            pics=one.pics,
        )


def _not_offered(requirement: str, denied: Denied) -> Steps:
    if not denied.where:
        return ()
    excluded = (denied.offered,)
    declared = Severity.DECLARATION
    return (Verify(requirement=requirement, field=denied.where, excludes=excluded, severity=declared),)
