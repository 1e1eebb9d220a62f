"""What the log has of a TLS connection, and what it has not: each event once, none of what did not happen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.profiles.events62351 import Level, event_catalogue
from conform62351.profiles.role import Role
from conform62351.suites.osi.conversations import Steps
from conform62351.suites.tls.connections import left, standing, usable
from conform62351.suites.tls.handshakes import EVENT, SUCCEEDED, SUCCESS, begins
from conform62351.suites.tls.showing import RSA_SUITES, claims_one, shows
from conform62351.suites.tls.sides import tls_case
from conform62351.tooling.engine.log_steps import Aspect, Logged
from conform62351.tooling.engine.outcomes import TLS_ENDED, reach
from conform62351.tooling.engine.steps import Conversation, OpenTransport, conversation

ONCE: Final = "R-TLS-logged-once"
NO_FALSE: Final = "R-LOG-no-false-event"
SEVERITY: Final = "R-LOG-severity"
PEER: Final = "R-LOG-peer"
ASPECTS: Final[tuple[Aspect, ...]] = ("event", "severity", "peer")
ALARMS: Final = tuple(
    event.id
    for event in event_catalogue().values()
    if event.id.startswith("IEC62351-3:") and event.level is Level.ALARM
)
"""The alarms of part 3."""
STRANGER: Final = "bad-tls/unknown-ca"
NOT_TRUSTED: Final = "IEC62351-3:2.2"


def _has(requirement: str, event: str) -> Logged:
    return Logged(requirement=requirement, events=(event,), aspects=ASPECTS)


def _has_no(requirement: str, *events: str) -> Logged:
    """Return the step that judges that there is none of ``events``, or no second one."""
    return Logged(requirement=requirement, events=events, absent=True, aspects=("event",))


@tls_case("EVENT/BV-once", SUCCESS, SEVERITY, PEER, ONCE, claims="LOG.security-events.{role}")
def completed(role: Role) -> Iterator[Conversation]:
    """A {role} logs a handshake that completes once, as a notice that names the {peer}."""
    used: Steps = (*standing(role), *usable(role, SUCCESS), *left(role))
    yield conversation(used, _has(SUCCESS, SUCCEEDED), _has_no(ONCE, SUCCEEDED))


@tls_case("EVENT/BV-no-alarm", NO_FALSE, claims="LOG.security-events.{role}")
def in_order(role: Role) -> Iterator[Conversation]:
    """A {role} logs no alarm of TLS about a connection that is used and ended in order."""
    yield conversation(standing(role), usable(role, NO_FALSE), left(role), _has_no(NO_FALSE, *ALARMS))


@tls_case("EVENT/BI-failed", EVENT, SEVERITY, PEER, ONCE, claims="LOG.security-events.{role}")
def failed(role: Role) -> Iterator[Conversation]:
    """A {role} logs a handshake with a {peer} of an authority that it does not trust as the alarm that it is,
    once, and as no success.
    """
    opens: Steps = (OpenTransport(may_break=True),) if role is Role.SERVER else ()
    for label, absent in {"no success": SUCCEEDED, "no second alarm": NOT_TRUSTED}.items():
        yield conversation(
            begins(role, shows(STRANGER)),
            opens,
            reach(TLS_ENDED, limit="limit.connect"),
            _has(EVENT, NOT_TRUSTED),
            _has_no(ONCE, absent),
            label=label,
            pics=f"({claims_one(RSA_SUITES, role.value)})" if role is Role.CLIENT else "",
        )
