"""The steps about the device's security-event log, to stand in any conversation."""

from __future__ import annotations

from typing import Literal

from conform62351.tooling.engine.step import Step

Aspect = Literal["event", "severity", "time", "peer", "source", "sequence", "form", "limits", "transport"]

REQUIREMENTS: dict[Aspect, str] = {
    "event": "R-LOG-event",
    "severity": "R-LOG-severity",
    "time": "R-LOG-time",
    "peer": "R-LOG-peer",
    "source": "R-LOG-source",
    "sequence": "R-LOG-sequence",
    "form": "R-LOG-form",
    "limits": "R-LOG-limits",
    "transport": "R-LOG-transport",
}
"""Each aspect under which a logged event is judged, with the requirement that it rests on."""
OF_AN_EVENT: tuple[Aspect, ...] = (
    "event",
    "severity",
    "time",
    "peer",
    "source",
    "sequence",
    "form",
    "limits",
)
"""The aspects of every logged event; how the log is carried is not among them."""


class Logged(Step, frozen=True, kw_only=True, tag="logged"):
    """Judge what the DUT has logged since the conversation began.

    One of ``events`` (identifiers such as ``IEC62351-14:4.4``) has to be there within ``log.latency``, about
    the connection ``on`` where it names a partner; events that are read for one another count as one, and an
    event that such a step has found already does not count again.
    ``absent``: none of them may be there, but for those that such a step has found already. That an event is
    missing or absent is judged only after a later one has come, which the tester provokes by an association
    of its own; the conversation is over then.

    ``about_partner`` is False for an event about something else than a connection of the conversation.

    ``of_claim``: the claim of the PICS itself is judged. A log that is claimed has to say something, be it
    none of ``events``; one that is denied must have none of them about the connection ``on``.

    Each of ``aspects`` is a check by itself. The first is judged against ``requirement``, the others against
    those in :data:`REQUIREMENTS`. Without the aspect ``event`` the event only leads up to what is judged: if
    it is missing, the case is inconclusive.

    The step is not applicable when the PICS denies the log in the role of the case, and inconclusive when it
    claims the log and the tester cannot read it, or when nothing at all is in it. It may stand in a
    conversation for all devices therefore. ``of_claim`` is for cases about the claim alone.
    """

    requirement: str
    events: tuple[str, ...]
    absent: bool = False
    about_partner: bool = True
    of_claim: bool = False
    aspects: tuple[Aspect, ...] = OF_AN_EVENT

    def requirement_of(self, aspect: Aspect) -> str:
        """Return the requirement that ``aspect`` is judged against."""
        return self.requirement if aspect == self.aspects[0] else REQUIREMENTS[aspect]

    def __str__(self) -> str:
        named = " or ".join(self.events)
        if self.of_claim:
            return f"check that the device logs as its PICS claims or denies: {named}{self._where()}"
        if self.absent:
            return f"check that the log has no {named}{self._where()}"
        judged = "" if self.aspects == OF_AN_EVENT else f", its {' and '.join(self.aspects)}"
        return f"check that the log has {named}{judged}{self._where()}"


class Restart(Step, frozen=True, kw_only=True, tag="restart"):
    """Have the DUT restart by the PIXIT's ``action``, and wait until it associates again.

    Cases with this step name the action as a prerequisite. A DUT that does not come back within the PIXIT's
    ``boot_time`` leaves the case inconclusive.
    """

    action: str = "reset"

    def __str__(self) -> str:
        return f"restart the device by action {self.action}, and wait until it associates"


class Collector(Step, frozen=True, kw_only=True, tag="collector"):
    """Let the tester's collector of the log be ``away``, or back again.

    When it is back, the DUT has the PIXIT's ``boot_time`` to connect; else the case is inconclusive. Cases
    with this step name the collector as a prerequisite.
    """

    away: bool

    def __str__(self) -> str:
        if self.away:
            return "let the collector of the log be unreachable"
        return "let the collector of the log be back, and wait for the device"


def logged(requirement: str, *events: str, on: int = 0) -> Logged:
    """Return the step that judges one of ``events`` under every aspect."""
    return Logged(requirement=requirement, events=events, on=on)


def not_logged(requirement: str, *events: str, on: int = 0) -> Logged:
    """Return the step that judges that none of ``events`` was logged."""
    return Logged(requirement=requirement, events=events, absent=True, aspects=("event",), on=on)
