"""Replay near the limits of the window: a time is remembered for as long as it would be taken (clause 11)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    COMPATIBILITY,
    EVENT,
    SERVER,
    SERVER_BASELINE,
    client_refuses,
    client_request_on,
    client_takes,
    server_connection_on,
    server_refuses,
    server_takes,
)
from conform62351.suites.compatibility.replay import REPLAY, VALUE_REPLAYED
from conform62351.tooling.engine.authenticate import Authenticate, Boundary
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Close, Conversation, conversation

SIDES: tuple[Boundary, ...] = ("past", "future")


def _just_inside(side: Boundary) -> Authenticate:
    return Authenticate(boundary=side, inside=True)


@case(
    "CMP/SRV/REPLAY/BI-edge-of-window",
    REPLAY,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
)
def server_edge_of_window() -> Iterator[Conversation]:
    """A server answers by P-ABORT when a value comes again whose time is almost 10 minutes old, or almost as
    far ahead of its clock.
    """
    for side in SIDES:
        yield conversation(
            server_connection_on(0),
            server_takes(REPLAY, authentication=_just_inside(side)),
            server_connection_on(1),
            server_refuses(REPLAY, *VALUE_REPLAYED, on=1),
            label=f"a time in the {side}",
        )


@case(
    "CMP/CLI/REPLAY/BI-edge-of-window",
    REPLAY,
    EVENT,
    pics=CLIENT,
    baseline=CLIENT_BASELINE,
    configuration=COMPATIBILITY,
)
def client_edge_of_window() -> Iterator[Conversation]:
    """A client answers by P-ABORT when a value comes again whose time is almost 10 minutes old, or almost as
    far ahead of its clock.
    """
    for side in SIDES:
        yield conversation(
            client_request_on(0),
            client_takes(REPLAY, authentication=_just_inside(side)),
            Close(),
            client_request_on(1),
            client_refuses(REPLAY, *VALUE_REPLAYED, on=1),
            label=f"a time in the {side}",
        )
