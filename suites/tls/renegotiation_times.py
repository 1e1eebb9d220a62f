"""When renegotiations come, how long they are waited for, and what too many of them do (IEC 62351-3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import client_associates, server_associates
from conform62351.suites.tls.connections import INTERVALS, USUAL, standing, usable, within_wait
from conform62351.suites.tls.handshakes import EVENT
from conform62351.suites.tls.renegotiation import DATA
from conform62351.suites.tls.showing import logged
from conform62351.suites.tls.sides import tls_case
from conform62351.tooling.engine.outcomes import TLS_ENDED, expect, reach
from conform62351.tooling.engine.steps import (
    Act,
    AnyStep,
    Close,
    Conversation,
    Renegotiate,
    SendTls,
    Tls,
    conversation,
)
from conform62351.tooling.engine.tls_outcomes import ASKS, BEGINS, ON_THE_WAY, REFRESHED, RENEGOTIATED
from conform62351.tooling.engine.tls_steps import HELLO_REQUEST

INTERVAL: Final = "R-TLS-renegotiation-interval"
REFUSED: Final = "R-TLS-renegotiation-refused"
FLOOD: Final = "R-TLS-renegotiation-flood"

UNANSWERED: Final = "1.11"
MANY: Final = 100
"""Handshakes in succession: more than a device needs in all its time on one connection."""
FLOODING: Final = 1000
"""Requests in succession, which cost the tester next to nothing."""


@tls_case(
    "RENEG/BV-interval",
    INTERVAL,
    DATA,
    configuration=INTERVALS,
    prerequisites=within_wait("renegotiation_interval"),
    weight=1,
)
def interval(role: Role) -> Iterator[Conversation]:
    """A {role} has a connection renegotiated by itself when the interval is over that was set.

    The tester asks for nothing. Where keys are refreshed by resumption in between, that does not count.
    """
    refreshes = f"TLS.resumption-refresh.{role.value}"
    ways = {f"not {refreshes}": USUAL, refreshes: Tls(asked="resume") if role is Role.SERVER else USUAL}
    for pics, tls in ways.items():
        yield conversation(
            standing(role, tls),
            expect(
                INTERVAL,
                RENEGOTIATED,
                meanwhile=(*ON_THE_WAY, REFRESHED),
                serve=True,
                due="tls.renegotiation_interval",
            ),
            usable(role, DATA),
            label="keys refreshed in between" if pics == refreshes else "",
            pics=pics,
        )


@tls_case(
    "RENEG/BI-unanswered",
    REFUSED,
    EVENT,
    roles=(Role.SERVER,),
    claims="TLS.renegotiation-request.{role}",
    prerequisites=within_wait("answer_limit"),
    weight=1,
)
def server_unanswered(role: Role) -> Iterator[Conversation]:
    """A {role} that asks for a renegotiation closes the connection of a client that does not want one, or
    does not say a word within the time that is set, and raises an alarm.
    """
    return _unanswered(role)


@tls_case(
    "RENEG/BI-unanswered",
    REFUSED,
    EVENT,
    roles=(Role.CLIENT,),
    claims="TLS.renegotiation-start.{role}",
    prerequisites=within_wait("answer_limit"),
    weight=1,
)
def client_unanswered(role: Role) -> Iterator[Conversation]:
    """A {role} that begins a renegotiation closes the connection to a server that does not want one, or does
    not say a word within the time that is set, and raises an alarm.
    """
    return _unanswered(role)


def _unanswered(role: Role) -> Iterator[Conversation]:
    begins = (Act(action="renegotiate"), reach(ASKS if role is Role.SERVER else BEGINS))
    yield conversation(
        standing(role, Tls(asked="refuse")),
        begins,
        expect(REFUSED, TLS_ENDED),
        logged(UNANSWERED),
        label="declined",
    )
    yield conversation(
        standing(role, Tls(asked="ignore")),
        begins,
        expect(REFUSED, TLS_ENDED, due="tls.answer_limit"),
        logged(UNANSWERED),
        label="passed over",
    )


@tls_case("RENEG/BO-flood", FLOOD, weight=2)
def flood(role: Role) -> Iterator[Conversation]:
    """A {role} lives through renegotiations without end, and through requests for them: it follows or ends
    the connection, and associates afterwards.
    """
    if role is Role.SERVER:
        afterwards = server_associates(FLOOD, on=1)
        requests = SendTls(again="TLS.ClientHello", times=FLOODING, may_break=True)
    else:
        afterwards = client_associates(FLOOD, on=1)
        requests = SendTls(octets=HELLO_REQUEST, name="TLS.HelloRequest", times=FLOODING, may_break=True)
    floods: dict[str, AnyStep] = {
        "renegotiations": Renegotiate(times=MANY, may_break=True),
        "requests": requests,
    }
    for label, step in floods.items():
        yield conversation(standing(role), step, Close(), afterwards, label=label)
