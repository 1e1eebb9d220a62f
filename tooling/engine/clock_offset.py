"""How far the device's clock is from ours, learnt from the first signed time that it sends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClockOffset:
    """The device's clock minus ours, in seconds, known to within ``uncertainty`` seconds.

    Boundary cases (a time just inside or just outside the 10-minute window of clause 14, mark N) are
    shifted by ``offset`` and keep ``uncertainty`` off the boundary.
    """

    offset: float
    uncertainty: float

    def boundary(self, limit: float, *, inside: bool, margin: float) -> float:
        """Return a difference to our clock, in seconds, just inside or outside of the device's limit.

        A positive ``limit`` is in the device's future, a negative one in its past. ``margin`` is the
        distance to the boundary that testers keep (11-decisions 29, mark I), seconds.
        """
        distance = margin + self.uncertainty
        towards_zero = -1.0 if limit > 0 else 1.0
        return self.offset + limit + (towards_zero if inside else -towards_zero) * distance


def measure(claimed: float, sent_at: float, received_at: float, resolution: float) -> ClockOffset:
    """Estimate the offset from a signed time in a PDU that answers something of ours.

    ``claimed`` is the time in the PDU, ``sent_at`` and ``received_at`` are our clock when we asked and
    when the answer came, ``resolution`` is that of the device's time stamps; all in seconds UTC. The
    device read its clock somewhere between the two, and cut off up to one resolution.

    Raises:
        ValueError: the answer came before the question.
    """
    if received_at < sent_at:
        raise ValueError("the answer came before the question")
    middle = (sent_at + received_at) / 2
    return ClockOffset(
        offset=claimed + resolution / 2 - middle,
        uncertainty=(received_at - sent_at) / 2 + resolution / 2,
    )


class ClockUncertain(Exception):
    """The tester does not know the device's clock well enough for a case about time: the message says why."""


class DutClock:
    """The device's clock as the tester knows it, from every signed time that the device sends.

    ``tolerance`` (seconds) is the PIXIT's ``clock_tolerance``: neither may a measurement be less certain,
    nor may two of them lie further apart.
    """

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self._known: ClockOffset | None = None
        self._drift = 0.0

    def measured(self, found: ClockOffset) -> None:
        """Take a measurement; the most certain one is kept."""
        known = self._known
        if known is not None:
            apart = abs(found.offset - known.offset) - found.uncertainty - known.uncertainty
            self._drift = max(self._drift, apart)
        if known is None or found.uncertainty < known.uncertainty:
            self._known = found

    def forget(self) -> None:
        """Forget everything: the device's clock has been set."""
        self._known, self._drift = None, 0.0

    @property
    def offset(self) -> float | None:
        """The device's clock minus ours in seconds, None as long as it has sent no signed time."""
        return None if self._known is None else self._known.offset

    def __str__(self) -> str:
        """Return what is known in words, empty as long as nothing is."""
        if self._known is None:
            return ""
        way = "behind" if self._known.offset < 0 else "ahead of"
        told = (
            f"{abs(self._known.offset):.3f} s {way} the tester's, to within {self._known.uncertainty:.3f} s"
        )
        drift = f"; it drifted by {self._drift:.3f} s" if self._drift else ""
        return f"by its signed times the device's clock is {told}{drift}"

    def certain(self) -> ClockOffset:
        """Return the offset for a case that depends on it.

        Raises:
            ClockUncertain: it is not known, or not well enough.
        """
        if self._known is None:
            raise ClockUncertain("the device has sent no signed time by which its clock could be measured")
        if self._known.uncertainty > self._tolerance:
            raise ClockUncertain(
                f"the device's clock is known to {self._known.uncertainty:.1f} s only, "
                f"clock_tolerance is {self._tolerance:g} s"
            )
        if self._drift > self._tolerance:
            raise ClockUncertain(
                f"the device's clock drifted by {self._drift:.1f} s during the run, "
                f"clock_tolerance is {self._tolerance:g} s"
            )
        return self._known
