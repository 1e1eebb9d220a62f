"""Changes of the order of messages: repeated, swapped, from elsewhere, too early, and without waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, get_args

import msgspec

from conform62351.tooling.engine.native_steps import CarrierName, SecPduName
from conform62351.tooling.engine.security import NATIVE
from conform62351.tooling.engine.steps import (
    Abort,
    Accept,
    AnswerAssociation,
    AnyStep,
    Associate,
    Close,
    Conclude,
    Connect,
    Conversation,
    Expect,
    Inject,
    OpenTransport,
    Release,
    Request,
    SendAgain,
    SendingStep,
    SendSecPdu,
    Wait,
)
from conform62351.tooling.fuzz.mutators.mutator import Rearranger
from conform62351.tooling.fuzz.mutators.stray import bare_spdus, stray_pdus
from conform62351.tooling.fuzz.places import Place

MMS: Final = "MMS."
_OVER: Final = {"COTP.": "tpkt", "SES.": "cotp", "PRES.": "session", MMS: "presentation"}
"""Under which layer recorded octets are injected, by the beginning of the name of their PDU."""
AGAIN: Final[dict[type[AnyStep], str]] = {
    OpenTransport: "COTP.CR",
    Associate: "SES.CN",
    AnswerAssociation: "SES.AC",
    Request: "SES.DT",
    Conclude: "SES.DT",
    Release: "SES.FN",
    Abort: "SES.AB",
}
"""By which of its PDUs the message of a step is found again."""
SECPDUS: Final = tuple(get_args(SecPduName))
CARRIERS: Final = tuple(get_args(CarrierName))
_PAUSES: Final = (0.0, 0.01, 0.1, 0.5)
REPEATABLE: Final = (Request, Conclude, Inject, SendSecPdu)
MOST_REQUESTS: Final = 40
MOST_TRANSPORTS: Final = 8
Steps = tuple[AnyStep, ...]
Change = Callable[[Steps, Random], Steps]


class OrderRearranger:
    """Changes the order of a conversation behind its first ``start`` steps."""

    def __init__(self, name: str, change: Change, *, start: int = 0) -> None:
        self.name = name
        self._change = change
        self._start = start

    def suits(self, talk: Conversation) -> bool:
        """Return whether the conversation has anything to send."""
        return any(isinstance(step, Connect | SendingStep) for step in talk.steps[self._start :])

    def change(self, talk: Conversation, random: Random) -> Conversation:
        """Return the conversation with its steps changed."""
        steps = (*talk.steps[: self._start], *self._change(talk.steps[self._start :], random))
        return msgspec.structs.replace(talk, steps=steps)


def first_open(steps: Sequence[AnyStep]) -> int:
    """Return the number of the first step behind the one that opens a connection, 0 if none does."""
    return next((at + 1 for at, step in enumerate(steps) if isinstance(step, Connect | Accept)), 0)


def _anywhere(steps: Steps, random: Random) -> int:
    return random.randint(first_open(steps), len(steps))


def first_associated(steps: Sequence[AnyStep]) -> int | None:
    """Return where MMS can be sent first, None where the steps open a connection and no association."""
    first = first_open(steps)
    if first:
        opening = (
            at + (2 if isinstance(step, Associate) else 1)
            for at, step in enumerate(steps)
            if isinstance(step, Associate | AnswerAssociation)
        )
        first = next(opening, len(steps) + 1)
    return None if first > len(steps) else first


def _once_associated(steps: Steps, random: Random) -> int | None:
    """Return a place where MMS can be sent, None where there is none."""
    first = first_associated(steps)
    return None if first is None else random.randint(first, len(steps))


def put_in(steps: Steps, at: int, *more: AnyStep) -> Steps:
    """Return the steps with ``more`` before the one that is number ``at``."""
    return (*steps[:at], *more, *steps[at:])


def _again(steps: Steps, random: Random) -> Steps:
    """Send the message of a step once more, or several times, behind it."""
    places = [at for at, step in enumerate(steps) if type(step) in AGAIN]
    if not places:
        return steps
    at = random.choice(places)
    again = SendAgain(pdu=AGAIN[type(steps[at])], on=steps[at].on, may_break=True)
    behind = random.randint(at + 1, len(steps))
    return put_in(steps, behind, *[again] * random.choice((1, 1, 2, 10)))


def _swap(steps: Steps, random: Random) -> Steps:
    """Put two steps that send into each other's place."""
    places = [
        at for at, step in enumerate(steps) if isinstance(step, SendingStep) and not isinstance(step, Accept)
    ]
    if len(places) < 2:
        return steps
    first, second = random.sample(places, 2)
    swapped = list(steps)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    return tuple(swapped)


def _hurry(steps: Steps, random: Random) -> Steps:
    """Do not wait for an answer, or for none."""
    waits = [at for at, step in enumerate(steps[:-1]) if isinstance(step, Expect)]
    if not waits:
        return steps
    dropped = set(waits) if random.random() < 0.3 else {random.choice(waits)}
    return tuple(step for at, step in enumerate(steps) if at not in dropped)


def _many(steps: Steps, random: Random) -> Steps:
    """Do what a step does many times over before looking at an answer."""
    places = [at for at, step in enumerate(steps) if isinstance(step, REPEATABLE)]
    if not places:
        return steps
    at = random.choice(places)
    more = steps[at : at + 1] * random.choice((1, 1, 5, 6, MOST_REQUESTS))
    return put_in(steps, at, *more)


def _ask(steps: Steps, random: Random) -> Steps:
    """Send a request, or conclude, where nobody waits for it."""
    services = ("identify", "status", "getNameList")
    wanted: Steps = (Conclude(), *(Request(service=name) for name in services))
    one, at = random.choice(wanted), _once_associated(steps, random)
    return steps if at is None else put_in(steps, at, *[one] * random.choice((1, 1, 2)))


def _end(steps: Steps, random: Random) -> Steps:
    """End the connection, or half of it, in between; nothing is sent on it after that."""
    at = _anywhere(steps, random)
    return (
        *steps[:at],
        Close(how=random.choice(("fin", "reset", "half"))),
        *(s for s in steps[at:] if isinstance(s, Wait)),
    )


def _pause(steps: Steps, random: Random) -> Steps:
    return put_in(steps, _anywhere(steps, random), Wait(seconds=random.choice(_PAUSES)))


def _beside(steps: Steps, random: Random) -> Steps:
    """Open further connections that go no further than CR, or TCP, and leave them there."""
    number = max(step.on for step in steps)
    more: list[AnyStep] = []
    for on in range(number + 1, number + 1 + random.choice((1, 2, MOST_TRANSPORTS))):
        more.append(Connect(on=on))
        if random.random() < 0.6:
            more.append(OpenTransport(on=on, may_break=True))
    return put_in(steps, random.choice((0, _anywhere(steps, random))), *more)


def _secpdu(steps: Steps, random: Random) -> Steps:
    """Send a SecPDU of any kind, in any carrier, with what it may tell."""
    step = SendSecPdu(
        pdu=random.choice(SECPDUS),
        carrier=random.choice(("", "", *CARRIERS)),
        diagnostic=random.choice(("", "0", "1", "7", "255", "2147483647")),
        asso_id=random.choice((None, None, "", "0", "1:1", "65535")),
        may_break=True,
    )
    return put_in(steps, _anywhere(steps, random), *[step] * random.choice((1, 1, 2)))


def _mms(steps: Steps, random: Random) -> Steps:
    """Send an MMS PDU that the other side would send, or that comes once, or never."""
    name, octets = random.choice(stray_pdus())
    one = Inject(layer="presentation", octets=octets, name=name, may_break=True)
    at = _once_associated(steps, random)
    return steps if at is None else put_in(steps, at, one)


def _spdu(steps: Steps, random: Random) -> Steps:
    """Send an SPDU that nothing was put into."""
    return put_in(steps, _anywhere(steps, random), random.choice(bare_injections()))


def bare_injections() -> tuple[Inject, ...]:
    """Return what sends SPDUs without any parameter."""
    return tuple(
        Inject(layer="cotp", octets=octets, name=name, may_break=True) for name, octets in bare_spdus()
    )


def recorded_pdus(places: Sequence[Place]) -> tuple[Inject, ...]:
    """Return what sends the octets of each PDU that the base has sent, whenever that is."""
    found = {}
    for place in places:
        layer = next((layer for prefix, layer in _OVER.items() if place.pdu.startswith(prefix)), "")
        if layer and place.kind == "octets" and isinstance(place.sample, bytes):
            found[place.pdu, place.step] = Inject(
                layer=layer, octets=place.sample, name=place.pdu, may_break=True
            )
    return tuple(found.values())


def order_rearrangers(
    places: Sequence[Place], stack: str, *, calls: bool, start: int = 0
) -> tuple[Rearranger, ...]:
    """Return what changes the order of conversations of a base with these places, over ``stack``.

    ``calls``: the tester opens the connections. The first ``start`` steps stay as they are, and so does the
    association that they open.
    """
    recorded = recorded_pdus(places)

    def stray(steps: Steps, random: Random) -> Steps:
        one = random.choice(recorded)
        mms = one.name.startswith(MMS)
        at = _once_associated(steps, random) if mms else _anywhere(steps, random)
        return steps if at is None else put_in(steps, at, *[one] * random.choice((1, 1, 1, 3)))

    changes: list[tuple[str, Change]] = [
        ("message sent again", _again),
        ("steps swapped", _swap),
        ("no waiting", _hurry),
        ("many times", _many),
        ("stray request", _ask),
        ("stray MMS PDU", _mms),
        ("bare SPDU", _spdu),
        ("pause", _pause),
    ]
    if recorded:
        changes.append(("recorded message", stray))
    if stack in NATIVE:
        changes.append(("stray SecPDU", _secpdu))
    if not start:
        changes.append(("connection ended", _end))
    if calls and not start:
        changes.append(("connections beside", _beside))
    return tuple(OrderRearranger(name, change, start=start) for name, change in changes)
