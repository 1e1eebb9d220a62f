"""Whether a device logs security events in a role, as its PICS claims or denies."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.log.conversations import FAILURES, READABLE, SUCCESS
from conform62351.suites.log.transport import COLLECTABLE
from conform62351.suites.osi.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    SERVER,
    SERVER_BASELINE,
    client_association,
    server_association,
)
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.log_steps import Logged
from conform62351.tooling.engine.steps import Conversation, conversation

WIRE: Final = "R-PICS-wire"
_JUDGED: Final = Logged(requirement=WIRE, events=(SUCCESS, *FAILURES), of_claim=True, aspects=("event",))
_SIDES: Final = {
    Role.SERVER: ("SRV", SERVER, SERVER_BASELINE, server_association),
    Role.CLIENT: ("CLI", CLIENT, CLIENT_BASELINE, client_association),
}


_CLAIMED: Final = {
    "events": ("LOG.security-events", "claims to log says something in its log", READABLE),
    "syslog": ("LOG.syslog-TLS", "claims to send its log by syslog over TLS sends something", COLLECTABLE),
}
"""By the end of the identifier: the item, what goes with a claim of it, and what the tester needs for it."""


def _register(role: Role, item: str, name: str, does: str, needs: tuple[str, ...]) -> None:
    side, applies, baseline, association = _SIDES[role]

    def make() -> Conversation:
        return conversation(association, _JUDGED, label=item)

    make.__doc__ = f"A {role.value} that {does} about an association."
    case(
        f"LOG/{side}/CLAIMS/{name}",
        WIRE,
        pics=f"{applies} and {item}",
        baseline=baseline,
        prerequisites=needs,
        denies=item.startswith("not "),
    )(make)


for _role in _SIDES:
    for _name, (_item, _does, _needs) in _CLAIMED.items():
        _register(_role, f"{_item}.{_role.value}", f"BV-{_name}", _does, _needs)
    _denied = f"not LOG.security-events.{_role.value}"
    _register(_role, _denied, "BI-events", "denies to log has nothing in a log", READABLE)
