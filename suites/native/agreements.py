"""Associations by one offer each: what comes of them, and data over them in both directions."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.role import Role
from conform62351.reports.model.verdict import Severity
from conform62351.suites.native.conversations import (
    CLIENT,
    SERVER,
    own_secpdus,
    server_connection_on,
    server_exchanges,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_request
from conform62351.suites.osi.conversations import client_takes as client_goes_on
from conform62351.tooling.engine.handshake import Handshake
from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.steps import AnswerAssociation, Verify

SEPARATE_SERVER: Final = f"{SERVER} and T11.non-AE.server and E2E.non-AE-encryption.server"
SEPARATE_CLIENT: Final = f"{CLIENT} and T11.non-AE.client and E2E.non-AE-encryption.client"
CLEAR_SERVER: Final = f"{SERVER} and T11.non-AE.server and E2E.integrity-only.server"
CLEAR_CLIENT: Final = f"{CLIENT} and T11.non-AE.client and E2E.integrity-only.client"
"""The conditions of the two modes without authenticated encryption."""

HMAC: Final = "hmacWithSHA256"
GCM: Final = ("aes128-GCM", "aes256-GCM")
CBC: Final = ("aes128-CBC", "aes256-CBC")
TAG_LENGTHS: Final = (12, 16)
OPTIONAL_TAG_LENGTHS: Final = (13, 14, 15)
"""Octets of tags of GCM and GMAC (decision 8): all devices have the first ones."""


def code(role: Role, *rows: str) -> str:
    """Return the condition that the PICS claims all of these rows of Table 13."""
    return " and ".join(f"T13.{row}.{role.value}" for row in rows)


def tag_lengths(role: Role) -> tuple[tuple[int, str], ...]:
    """Return the lengths of tags, each with the PICS item that claims it, empty where all devices have it."""
    claimed = ((length, f"E2E.tag-length-{length}.{role.value}") for length in OPTIONAL_TAG_LENGTHS)
    return (*((length, "") for length in TAG_LENGTHS), *claimed)


def agreed(requirement: str, **facts: str | int) -> Steps:
    """Show that what came of the handshake is this, by the names of the tester's facts."""
    return tuple(
        Verify(requirement=requirement, field=f"E2E.{name}", is_in=(value,), severity=Severity.FUNCTION)
        for name, value in facts.items()
    )


def server_agrees(
    requirement: str, handshake: Handshake, *mutations: AnyMutation, **facts: str | int
) -> Steps:
    """Have the DUT server accept what is offered so, and show that reads are answered over it.

    ``facts`` are what is to be agreed. Cite the requirements of ``OWN`` too.
    """
    return (
        *server_connection_on(0),
        *server_takes(requirement, *mutations, handshake=handshake),
        *agreed(requirement, **facts),
        *server_exchanges(1, requirement),
        *own_secpdus,
    )


def client_agrees(
    requirement: str, handshake: Handshake, *mutations: AnyMutation, **facts: str | int
) -> Steps:
    """Select so of what the DUT client offers, and show that it goes on: it sends a request, and another once
    it has the answer to that.

    The rest is as in :func:`server_agrees`.
    """
    return (
        *client_request,
        AnswerAssociation(mutations=mutations, handshake=handshake),
        *client_goes_on(requirement),
        *agreed(requirement, **facts),
        *client_goes_on(requirement),
        *own_secpdus,
    )


def agrees(
    role: Role, requirement: str, handshake: Handshake, *mutations: AnyMutation, **facts: str | int
) -> Steps:
    """Return the steps for a DUT of ``role``: :func:`server_agrees` or :func:`client_agrees`."""
    steps = server_agrees if role is Role.SERVER else client_agrees
    return steps(requirement, handshake, *mutations, **facts)
