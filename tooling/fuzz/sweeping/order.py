"""Sweeps the order of messages, and how they are cut: left out, repeated, early, late, in the wrong state."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from conform62351.profiles.role import Role
from conform62351.tooling.engine.security import NATIVE
from conform62351.tooling.engine.steps import (
    Abort,
    Accept,
    AnyStep,
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
from conform62351.tooling.fuzz.bases import Base
from conform62351.tooling.fuzz.mutators.order import (
    AGAIN,
    CARRIERS,
    MMS,
    MOST_REQUESTS,
    MOST_TRANSPORTS,
    REPEATABLE,
    SECPDUS,
    Steps,
    bare_injections,
    first_associated,
    first_open,
    put_in,
    recorded_pdus,
)
from conform62351.tooling.fuzz.mutators.stray import stray_pdus
from conform62351.tooling.fuzz.places import Place
from conform62351.tooling.fuzz.sweeping.probe import Detour

_AT_ONCE: Final = 8
"""Changes of the order that belong to the same round."""
_REPEATED: Final = 10
_SERVICES: Final = ("identify", "status", "getNameList")
_FINE: Final = (*(1,) * 40, 1024)
"""Single octets as far as headers go: long messages in nothing but such would take devices a second each."""
_CUTS: Final = (_FINE, (3, 1024), (4, 1024), (7, 128), (5, 1024), (2, 1024), (128,), (8, 64), (1448,), (1,))
"""Octets of segments, or of data in DTs: within headers, at their ends, round numbers; the last repeats."""
_WAIT_S: Final = 0.3
Change = tuple[str, Steps]


def order_detours(base: Base, talk: Conversation, places: Sequence[Place]) -> Iterator[Detour]:
    """Yield the changes of the order of what follows the opening of a base."""
    steps = talk.steps[base.opening :]
    groups = [
        _strays(steps, places),
        _wrong_state(steps),
        _again(steps),
        _without(steps),
        _secpdus(base, steps),
    ]
    if not base.opening:
        groups.append(_ended(steps))
        if base.role is Role.SERVER:
            groups.append(_beside(steps))
    rows = [list(group) for group in groups]
    for group in rows:
        for number, (name, made) in enumerate(group):
            if made != steps:
                whole = msgspec.structs.replace(talk, steps=(*talk.steps[: base.opening], *made))
                yield Detour(rank=number // _AT_ONCE, name=name, conversation=whole)


def segment_detours(base: Base, talk: Conversation) -> Iterator[Detour]:
    """Yield the ways to cut what is sent behind the opening of a base: all of it, then single messages."""
    sending = [at for at, step in enumerate(talk.steps) if at >= base.opening and _sends(step)]
    for number, size in enumerate(_CUTS):
        for chosen in (sending, *([[at] for at in sending] if len(sending) > 1 else [])):
            for tcp in (False, True):
                steps = list(talk.steps)
                for at in chosen:
                    cut = {"segments": size} if tcp else {"tpdus": (0, *size) if number % 3 == 1 else size}
                    steps[at] = msgspec.structs.replace(steps[at], **cut)
                which = "" if chosen == sending else f" of {chosen}"
                yield Detour(
                    rank=number,
                    name=f"{'TCP segments' if tcp else 'DTs'} {number}{which}",
                    conversation=msgspec.structs.replace(talk, steps=tuple(steps)),
                )


def _sends(step: AnyStep) -> bool:
    return isinstance(step, SendingStep) and not isinstance(step, Accept)


def _strays(steps: Steps, places: Sequence[Place]) -> Iterator[Change]:
    """Yield what was sent once, and what the other side would send, again where the connection stands."""
    first, associated = first_open(steps), first_associated(steps)
    end = len(steps)
    recorded = recorded_pdus(places)
    bare = bare_injections()
    alien = tuple(
        Inject(layer="presentation", octets=octets, name=name, may_break=True)
        for name, octets in stray_pdus()
    )
    for late in (False, True):
        rows = itertools.zip_longest(recorded, alien, bare)
        for one in (one for row in rows for one in row if one is not None):
            at = associated if one.name.startswith(MMS) else first if late else associated or first
            if at is not None:
                yield (
                    f"stray {one.name} {'late' if late else 'early'}",
                    put_in(steps, end if late else at, one),
                )
    for one in (*bare, *recorded):
        if not one.name.startswith(MMS):
            yield f"{_called(one)} at once", put_in(steps, first, one)


def _called(one: Inject) -> str:
    """Return what a stray PDU is called: those of one name differ in how long they are."""
    return f"stray {one.name} of {len(one.octets)} octets"


def _wrong_state(steps: Steps) -> Iterator[Change]:
    """Yield requests, releases and associations where there is no time for them."""
    at = first_associated(steps)
    if at is None:
        return
    asks = tuple(Request(service=name) for name in _SERVICES)
    again = SendAgain(pdu="SES.CN", may_break=True)
    yield "request after conclude", put_in(steps, at, Conclude(), asks[0])
    yield "concluded twice", put_in(steps, at, Conclude(), Conclude())
    yield (
        "released twice",
        put_in(steps, len(steps), Release(may_break=True), SendAgain(pdu="SES.FN", may_break=True)),
    )
    yield "released at once", put_in(steps, at, Release(may_break=True))
    yield "associated twice", put_in(steps, len(steps), again)
    yield "released after conclude", put_in(steps, at, Conclude(), Release(may_break=True))
    yield "aborted at once", put_in(steps, at, Abort(may_break=True))
    yield "aborted twice", (*steps, Abort(may_break=True), SendAgain(pdu="SES.AB", may_break=True))
    for one in asks:
        yield f"{one.service} beside", put_in(steps, at, one)


def _again(steps: Steps) -> Iterator[Change]:
    """Yield each message repeated: at once, at the end, many times."""
    places = [at for at, step in enumerate(steps) if type(step) in AGAIN]
    for at in places:
        one = SendAgain(pdu=AGAIN[type(steps[at])], on=steps[at].on, may_break=True)
        yield f"{one.pdu} again", put_in(steps, at + 1, one)
        yield f"{one.pdu} again at the end", (*steps, one)
        yield f"{one.pdu} again and again", put_in(steps, at + 1, *[one] * _REPEATED)
    for at, step in enumerate(steps):
        if isinstance(step, REPEATABLE):
            name = type(step).__name__
            yield f"{name} twice", put_in(steps, at, step)
            yield f"{name} many times", put_in(steps, at, *[step] * MOST_REQUESTS)


def _without(steps: Steps) -> Iterator[Change]:
    """Yield a message left out, exchanged with the next, and sent without waiting."""
    sending = [at for at, step in enumerate(steps) if _sends(step)]
    waits = [at for at, step in enumerate(steps[:-1]) if isinstance(step, Expect)]
    if waits:
        yield "no waiting", tuple(step for at, step in enumerate(steps) if at not in waits)
    for at in sending if len(sending) > 1 else ():
        yield f"without step {at}", (*steps[:at], *steps[at + 1 :])
    for one, other in itertools.pairwise(sending):
        swapped = list(steps)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        yield f"steps {one} and {other} exchanged", tuple(swapped)
    for at in waits:
        yield f"no waiting at {at}", (*steps[:at], *steps[at + 1 :])


def _secpdus(base: Base, steps: Steps) -> Iterator[Change]:
    """Yield SecPDUs of every kind where they are not due, in their own carrier and in others."""
    if base.stack not in NATIVE:
        return
    places = dict.fromkeys((first_associated(steps) or len(steps), first_open(steps), len(steps)))
    for at in places:
        for pdu in SECPDUS:
            yield f"stray {pdu} at {at}", put_in(steps, at, SendSecPdu(pdu=pdu, may_break=True))
    for pdu in SECPDUS:
        for carrier in CARRIERS:
            step = SendSecPdu(pdu=pdu, carrier=carrier, may_break=True)
            yield f"stray {pdu} in {carrier}", put_in(steps, len(steps), step)
    for asso_id in ("", "0", "1:1", "65535", "%n%s%n%s", "A" * 300):
        for pdu in SECPDUS:
            step = SendSecPdu(pdu=pdu, asso_id=asso_id, may_break=True)
            yield f"stray {pdu} of {asso_id[:9]}", put_in(steps, len(steps), step)


def _ended(steps: Steps) -> Iterator[Change]:
    """Yield the connection ended at each place, and a pause there."""
    for how in ("reset", "fin", "half"):
        for at in range(len(steps), first_open(steps) - 1, -1):
            waits = (step for step in steps[at:] if isinstance(step, Wait))
            yield f"{how} before step {at}", (*steps[:at], Close(how=how), *waits)
    for at in range(first_open(steps), len(steps)):
        yield f"pause before step {at}", put_in(steps, at, Wait(seconds=_WAIT_S))


def _beside(steps: Steps) -> Iterator[Change]:
    """Yield further connections that go no further than TCP, or CR, and stay there."""
    number = max(step.on for step in steps)
    for count in (1, MOST_TRANSPORTS):
        for opened in (True, False):
            more: list[AnyStep] = []
            for on in range(number + 1, number + 1 + count):
                more.append(Connect(on=on))
                more += [OpenTransport(on=on, may_break=True)] if opened else []
            yield (
                f"{count} connections beside, {'opened' if opened else 'not opened'}",
                put_in(steps, 0, *more),
            )
