"""Conversations in which the tester authenticates itself with another of its credentials.

Each of the functions tries one credential after the other, in conversations that are named after them. A
credential that is not in the tester's folder is a means that the set-up lacks: cases name theirs by
:func:`needs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conform62351.suites.compatibility.conversations import (
    P_ABORT,
    client_refuses,
    client_takes,
    server_refuses,
    server_takes,
)
from conform62351.suites.osi.conversations import client_request, server_connection, server_usable
from conform62351.tooling.engine.authenticate import Authenticate
from conform62351.tooling.engine.outcomes import ASSOCIATED, REQUEST, expect, over, warned
from conform62351.tooling.engine.steps import (
    Act,
    Alternative,
    AnswerAssociation,
    Associate,
    Conversation,
    Respond,
    conversation,
)

NOT_ASKED_FOR = "refused, although compatibility mode does not ask for this rule of Annex G"


def needs(*names: str) -> tuple[str, ...]:
    """Return the means of having the credentials ``names``."""
    return tuple(f"credential {name}" for name in names)


def server_takes_each(requirement: str, *names: str) -> Iterator[Conversation]:
    """Show that the DUT server takes whoever shows one of the credentials ``names``."""
    for name in names:
        taken = server_takes(requirement, authentication=Authenticate(credential=name))
        yield conversation(server_connection, taken, label=name)


def client_takes_each(requirement: str, *names: str) -> Iterator[Conversation]:
    """Show that the DUT client takes a server that shows one of the credentials ``names``."""
    for name in names:
        taken = client_takes(requirement, authentication=Authenticate(credential=name))
        yield conversation(client_request, taken, label=name)


def server_refuses_each(
    requirement: str, *names: str, forms: Sequence[Alternative] = P_ABORT
) -> Iterator[Conversation]:
    """Show that the DUT server refuses whoever shows one of the credentials ``names``, and logs it."""
    for name in names:
        refused = server_refuses(requirement, authentication=Authenticate(credential=name), forms=forms)
        yield conversation(server_connection, refused, label=name)


def client_refuses_each(requirement: str, *names: str) -> Iterator[Conversation]:
    """Show that the DUT client refuses a server that shows one of the credentials ``names``, and logs it."""
    for name in names:
        refused = client_refuses(requirement, authentication=Authenticate(credential=name))
        yield conversation(client_request, refused, label=name)


def server_chooses_each(
    requirement: str, *names: str, taken: str = "", refused: str = NOT_ASKED_FOR
) -> Iterator[Conversation]:
    """Show that the DUT server takes one of the credentials ``names`` or answers by P-ABORT (decision 40).

    ``taken`` and ``refused`` are the warnings of either. An association that it makes has to work.
    """
    for name in names:
        yield conversation(
            server_connection,
            Associate(authentication=Authenticate(credential=name)),
            expect(requirement, _either(ASSOCIATED, taken, refused), limit="limit.associate"),
            server_usable(requirement),
            label=name,
        )


def client_chooses_each(
    requirement: str, *names: str, taken: str = "", refused: str = NOT_ASKED_FOR
) -> Iterator[Conversation]:
    """Show that the DUT client takes one of the credentials ``names`` or answers by P-ABORT (decision 40).

    ``taken`` and ``refused`` are the warnings of either. An association that it takes has to work.
    """
    for name in names:
        yield conversation(
            client_request,
            AnswerAssociation(authentication=Authenticate(credential=name)),
            Act(action="send-request", may_fail=True),
            expect(requirement, _either(REQUEST, taken, refused), limit="limit.associate"),
            Respond(),
            label=name,
        )


def _either(goes_on: Alternative, taken: str, refused: str) -> tuple[Alternative, ...]:
    return (*warned(taken, goes_on), *over(warned(refused, *P_ABORT)))
