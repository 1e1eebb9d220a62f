"""An association that stays open for many cases: what comes over it is mutated, one case behind another."""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import Final

import msgspec

from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.link import StimulusBroken
from conform62351.tooling.engine.mutations import MutationError
from conform62351.tooling.fuzz.bases import Base
from conform62351.tooling.fuzz.case import Case, Delivered
from conform62351.tooling.fuzz.course import STANDS, Course
from conform62351.tooling.fuzz.delivery import Delivery
from conform62351.tooling.net.errors import NetError

MOST_CASES: Final = 1000
"""Cases on one association: it is opened anew behind them, so that nothing that it keeps grows for ever."""
MOST_REMEMBERED: Final = 32


class LivingAssociation:
    """Delivers cases of ``base`` on one association as long as that stands; use it as a context manager.

    Only what follows the steps that open the association is played for each case. A case that changes these
    steps, or is of another base, gets connections of its own, as by :class:`Delivery`. ``before`` are the
    last cases on this association, or on the one that ended last, oldest first: what a device does may come
    of them as well, and whether it does is shown by :meth:`Delivery.deliver`. ``late`` is what it did about
    the last case only when the next one began; ``opened`` is how many associations were opened.
    """

    def __init__(self, delivery: Delivery, base: Base) -> None:
        self.before: deque[Case] = deque(maxlen=MOST_REMEMBERED)
        self.late: tuple[Observation, ...] = ()
        self.opened = 0
        self._delivery = delivery
        self._opening = base.conversation.steps[: base.opening]
        self._course: Course | None = None
        self._cases = 0

    def deliver(self, case: Case) -> Delivered:
        """Play what of ``case`` comes over the association, which is opened if it does not stand.

        Raises:
            ActionFailed, MeansMissing: the set-up lacks what the steps need.
        """
        steps = case.conversation.steps
        if not self._opening or steps[: len(self._opening)] != self._opening:
            self.close()
            return self._delivery.deliver(case)
        began = self._delivery.begin()
        self._look_back()
        course = self._course
        opened = course is None
        if course is None:
            course = self._open()
            if not course.usual:
                self.close()
                return self._delivery.delivered(case, course, began)
        course.renew()
        self._cases += 1
        self.before.append(case)
        try:
            course.go(steps[len(self._opening) :])
        except BaseException:
            self.close()
            raise
        came = self._delivery.delivered(case, course, began)
        came = msgspec.structs.replace(came, continued=True, opened=opened)
        if not self._goes_on(course):
            self.close()
        return came

    def reopened(self) -> bool:
        """Open an association that has ended for cases to come; False: it stands, or does not open.

        Raises:
            ActionFailed, MeansMissing: the set-up lacks what the steps need.
        """
        if self._course is not None:
            return False
        if not self._open().usual:
            self.close()
        return self._course is not None

    def _open(self) -> Course:
        self.before.clear()
        self._cases = 0
        self.opened += 1
        self._delivery.dut.drop_left_over()
        self._course = course = self._delivery.course()
        try:
            course.go(self._opening)
        except BaseException:
            self.close()
            raise
        if course.usual:
            # What the first case sends and receives begins behind this.
            self._delivery.tape.clear()
        return course

    def _look_back(self) -> None:
        """See what came since the last case; an association that has ended since is let go."""
        self.late = ()
        if self._course is None:
            return
        try:
            self.late = self._course.come_since()
        except (MutationError, StimulusBroken, NetError):
            # What answers what came could not be made, or not be sent.
            self.close()
            return
        if any(one.kind not in STANDS for one in self.late):
            self.close()

    def _goes_on(self, course: Course) -> bool:
        """Return whether the next case can come over the same association."""
        if self._cases >= MOST_CASES or course.half_closed:
            return False
        if any(one.kind not in STANDS for one in course.observations):
            return False
        # What was to be sent has been counted, once it was touched: what comes next would be out of sequence.
        return not course.why or course.untouched

    def close(self) -> None:
        """End the association, if there is one."""
        course, self._course = self._course, None
        if course is not None:
            course.end()

    def __enter__(self) -> LivingAssociation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def inside(case: Case) -> bool:
    """Return whether a case changes something, and nothing beneath the protected protocol.

    Of what only comes in another order, or in other pieces, more is known when nothing came before it.
    """
    changes = case.mutations
    return bool(changes) and all(placed.mutation.pdu.startswith("MMS.") for placed in changes)
