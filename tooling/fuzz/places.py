"""Where mutations can go: what a conversation sends, PDU by PDU, as it passes the tester's policy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal

import msgspec

from conform62351.profiles.native.codec import Protected
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.step import SendingStep
from conform62351.tooling.engine.steps import AnyStep, Connect
from conform62351.tooling.engine.stimulus import COVERED, Elsewhere, StimulusPolicy
from conform62351.tooling.fuzz.bases import Base
from conform62351.tooling.fuzz.course import Course
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.fuzz.pulse import Pulse

Kind = Literal["value", "octets"]
MOST_PLACES: Final = 2000
"""Places of one conversation: bases have some dozens."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a mutation can go: the PDU called ``pdu`` that step number ``step`` sends.

    The first step is number 0. ``kind`` tells what there is to change: its ``value`` before it is encoded
    (field mutations), or its ``octets`` (all others). ``sample`` is what stood there when the base
    conversation was played: the value, a struct or a mapping, or the octets. Of what a signature or an ICV
    covers, called ``.tbs`` or ``.tbp``, the octets are those before it is made.
    """

    step: int
    pdu: str
    kind: Kind
    sample: Any


class WitnessPolicy(StimulusPolicy):
    """A tester's policy that has ``keep`` take what passes it: by name, kind and sample."""

    def __init__(self, elsewhere: Elsewhere, keep: Callable[[str, Kind, Any], None]) -> None:
        super().__init__(elsewhere)
        self._keep = keep

    def rewrite(self, name: str, value: Any) -> Any:
        """Keep the value as the tester's step makes it, or the octets that go by this way, and return it."""
        made = super().rewrite(name, value)
        if isinstance(value, Protected):
            self._keep(name, "octets", value.octets)
        elif isinstance(value, bytes):
            self._keep(name, "octets", value)
        else:
            self._keep(name, "value", made)
        return made

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Keep the octets and return them; what a signature covers is kept before."""
        if not name.endswith(COVERED):
            self._keep(name, "octets", octets)
        return super().rewrite_octets(name, octets)


class _Witnessed(Course):
    """A conversation whose PDUs are kept by the number of the step that has them sent.

    As for mutations, that is the last one that opened a connection or sent something.
    """

    def __init__(self, dut: Dut, log: RunLog, pulse: Pulse, kept: dict[tuple[int, str, Kind], Place]) -> None:
        super().__init__(dut, log, pulse, lambda elsewhere: WitnessPolicy(elsewhere, self._keep))
        self._kept = kept
        self._step = 0

    def numbered(self, steps: Iterable[AnyStep]) -> Iterator[AnyStep]:
        """Yield ``steps``, taking note of which is under way."""
        for number, step in enumerate(steps):
            if isinstance(step, Connect | SendingStep):
                self._step = number
            yield step

    def _keep(self, pdu: str, kind: Kind, sample: Any) -> None:
        if len(self._kept) < MOST_PLACES:
            place = Place(step=self._step, pdu=pdu, kind=kind, sample=sample)
            self._kept.setdefault((self._step, pdu, kind), place)


class NotPassed(Exception):
    """A base conversation does not pass as it stands: nothing can be learnt from what a mutation changes."""


def find_places(delivery: Delivery, base: Base) -> tuple[Place, ...]:
    """Play ``base`` as it stands, and return where mutations can go, in the order in which PDUs are made.

    Raises:
        NotPassed: the device does not do what the base expects.
        ActionFailed, MeansMissing: the set-up lacks what the steps need.
    """
    kept: dict[tuple[int, str, Kind], Place] = {}
    course = _Witnessed(delivery.dut, delivery.log, delivery.pulse, kept)
    delivery.begin()
    delivery.dut.drop_left_over()
    try:
        course.go(course.numbered(base.conversation.steps))
    finally:
        course.end()
    if not course.usual:
        seen = ", ".join(map(str, course.observations)) or "nothing came"
        raise NotPassed(f"{base.name}: {course.why or seen}")
    return tuple(kept.values())
