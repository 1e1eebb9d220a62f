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
