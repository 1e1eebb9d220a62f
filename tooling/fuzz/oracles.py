"""What is said about a reaction: named oracles, each with the text that it goes by.

An oracle complains of what no reading of that text allows. Where the text is silent, or where it cannot be
told what the device had to do, it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec

from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging_steps import Expect
from conform62351.tooling.engine.mutations import Repeat
from conform62351.tooling.engine.step import SendingStep
from conform62351.tooling.engine.steps import Act, AnyStep, Conversation
from conform62351.tooling.fuzz.case import Case, Delivered, uncut
from conform62351.tooling.fuzz.reactions import Reaction, flaps
from conform62351.tooling.fuzz.twin import Standing

Severity = Literal["security", "unavailable", "form", "resource"]


class Complaint(msgspec.Struct, frozen=True):
    """What an oracle has against a device: ``text`` is one sentence for people."""

    oracle: str
    clause: str
    provenance: str
    text: str
    severity: Severity


class Usual(msgspec.Struct):
    """What is known of a base, which the device takes: its steps, the reaction, and checks that it fails.

    ``slowest`` is the longest that the device took for an answer, in seconds, when it was quickest.
    ``lets_go``: it has always ended a connection behind the tester.
    """

    content: tuple[AnyStep, ...]
    reaction: Reaction
    tolerated: frozenset[str] = frozenset()
    slowest: float = 0.0
    lets_go: bool = False


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """All that oracles look at. ``limit`` is the seconds that the device has for an answer.

    ``usual`` is what it does about the base of the case, None where that was not seen yet.
    """

    dut: Dut
    case: Case
    delivered: Delivered
    reaction: Reaction
    standing: Standing
    usual: Usual | None
    limit: float


class Oracle(msgspec.Struct, frozen=True):
    """An oracle by its name; ``judge`` yields what it has against the device."""

    name: str
    judge: Callable[[Scene], Iterator[Complaint]]


HEALTH: Final = "still-associates"
REPEATABLE: Final = "same-reaction"
UNASKED: Final = "unconfirmed-PDU"
"""What MMS sends by itself."""


def unavailable(seen: str) -> Complaint:
    """Return the complaint that a device no longer associates; ``seen`` is what came of the attempt."""
    return Complaint(HEALTH, "13.1; 11", "N", f"the device no longer associates: {seen}", "unavailable")


def unsteady(talk: Conversation, reactions: Sequence[Reaction]) -> Complaint | None:
    """Return the complaint that reactions to one and the same conversation differ, in turns.

    Times, nonces and keys are made afresh for each of them, so nothing in the recipe gives a reason. A device
    that has met a time before refuses it from then on: that is no turn back. Where several messages are sent
    at a time, it is chance how many of them a device has when it answers; so it is when a report comes, and
    whether a client that is told to send something has read by then what came before.
    """
    if _races(talk) or any(map(_reports, reactions)):
        return None
    if _hastens(talk):
        reactions = [one for one in reactions if not _goes_on(one, reactions)]
    if not flaps(reactions):
        return None
    told = "; then ".join(dict.fromkeys(str(reaction) for reaction in reactions))
    text = f"the same recipe is decided upon in turns: {told}"
    return Complaint(REPEATABLE, "14", "I", text, "form")


def _reports(reaction: Reaction) -> bool:
    """Return whether something came that nobody has asked for just then."""
    return any(deed.name == UNASKED for deed in reaction.deeds)


def _races(talk: Conversation) -> bool:
    """Return whether something is sent before the reaction to what was sent before it has come."""
    waited = True
    for step in talk.steps:
        if isinstance(step, SendingStep):
            if not waited or any(isinstance(one, Repeat) for one in step.mutations):
                return True
            waited = False
        elif isinstance(step, Expect):
            waited = True
    return False


def _hastens(talk: Conversation) -> bool:
    """Return whether the device is told to do something before its reaction to what was sent has come."""
    waited = True
    for step in talk.steps:
        if isinstance(step, Act) and not waited:
            return True
        waited = isinstance(step, Expect) or (waited and not isinstance(step, SendingStep))
    return False


def _goes_on(reaction: Reaction, others: Iterable[Reaction]) -> bool:
    """Return whether a reaction to which the connection stood is how one of the others begins."""
    count = len(reaction.deeds)
    return reaction.close is None and any(
        len(other.deeds) > count and other.deeds[:count] == reaction.deeds for other in others
    )


def content(talk: Conversation) -> tuple[AnyStep, ...]:
    """Return what a conversation says, without how TCP and COTP cut it."""
    return tuple(uncut(step) for step in talk.steps)
