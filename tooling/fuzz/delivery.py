"""Delivers cases by the engine that plays test cases, each on connections of its own."""

from __future__ import annotations

import math
from typing import Final

from conform62351.reports.model.events import AnyEvent, Received, Sent
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.fuzz.case import Case, Delivered
from conform62351.tooling.fuzz.course import MOST_OCTETS, Course
from conform62351.tooling.fuzz.pulse import Pulse

CARRIED: Final = (Sent, Received)
"""The events that tell of octets on the wire."""


class Tape:
    """Keeps what one case sends and receives, as octets, while it goes to the event log."""

    def __init__(self, log: RunLog) -> None:
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self._log = log
        self._room = {Sent: MOST_OCTETS, Received: MOST_OCTETS}

    def clear(self) -> None:
        """Begin with the next case."""
        self.sent.clear()
        self.received.clear()
        self._room = {Sent: MOST_OCTETS, Received: MOST_OCTETS}

    def write(self, event: AnyEvent) -> None:
        """Append an event to the event log, and keep its octets."""
        self._log.write(event)
        if not isinstance(event, CARRIED):
            return
        kind = type(event)
        if self._room[kind] > 0:
            octets = bytes.fromhex(event.octets[: 2 * self._room[kind]])
            self._room[kind] -= max(len(octets), 1)
            (self.sent if kind is Sent else self.received).append(octets)


class Delivery:
    """Delivers cases to a device, each on connections of its own.

    ``log`` takes the evidence; its ``case`` is the identifier that belongs to what is delivered. ``patience``
    is how many seconds the device gets for each reaction; None for the limits of the PIXIT. With it, a silent
    server that has been much quicker lately costs less: see :class:`Course`.
    """

    def __init__(self, dut: Dut, log: RunLog, *, patience: float | None = None) -> None:
        self.dut = dut
        self.tape = Tape(log)
        self.log = log.to(self.tape)
        self.pulse = Pulse(math.inf if patience is None else patience)
        self._source = log

    def deliver(self, case: Case) -> Delivered:
        """Play the conversation of ``case`` and return what came of it; the connections are closed after it.

        Raises:
            ActionFailed, MeansMissing: the set-up lacks what the steps need.
        """
        began = self.begin()
        self.dut.drop_left_over()
        course = self.course()
        try:
            course.go(case.conversation.steps)
        finally:
            course.end()
        return self.delivered(case, course, began)

    def course(self) -> Course:
        """Return a course for a case to come."""
        return Course(self.dut, self.log, self.pulse)

    def begin(self) -> float:
        """Begin with a case, and return when that was."""
        self.log.case = self._source.case
        self.tape.clear()
        return self.dut.clock.monotonic()

    def delivered(self, case: Case, course: Course, began: float) -> Delivered:
        """Return what came of a case that is over."""
        why = course.not_sent()
        if not why and len(course.pending_mutations) < len(case.mutations):
            why = "the conversation ended before the last mutation"
        return Delivered(
            observations=tuple(course.observations),
            complete=not why,
            why=why,
            usual=course.usual,
            seconds=self.dut.clock.monotonic() - began,
            sent=tuple(self.tape.sent),
            received=tuple(self.tape.received),
            findings=course.found(),
            established=course.established(),
            request=course.handshake_request(),
            addresses=course.addresses(),
            kept=course.kept,
            hurried=course.half_closed,
            unasked=course.unasked,
        )
