"""Partners that come while another association stands: they are examined as the first one was (clause 11).

A DUT client has one association at a time, unless it is set up for several servers: servers alone are judged.
"""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.compatibility.certificate_authority import CHAIN
from conform62351.suites.compatibility.conversations import (
    COMPATIBILITY,
    EVENT,
    REQUIRED,
    SERVER,
    SERVER_BASELINE,
    rejected_with,
    server_connection_on,
    server_refuses,
    server_takes,
)
from conform62351.suites.compatibility.credentials import needs
from conform62351.suites.compatibility.mechanism import MECHANISM_REQUIRED, NO_AUTHENTICATION
from conform62351.suites.compatibility.signature import SIGNATURE
from conform62351.suites.compatibility.time import WINDOW
from conform62351.suites.osi.conversations import Steps, server_usable
from conform62351.tooling.engine.authenticate import HOUR_S, Authenticate
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation, conversation

STRANGER = "bad/unknown-ca"


def _strangers() -> Iterator[tuple[str, str, Steps]]:
    """Yield who comes beside the partner: in a word, the requirement, and how it is refused."""
    refused = server_refuses(
        MECHANISM_REQUIRED, authentication=NO_AUTHENTICATION, forms=(rejected_with(REQUIRED),), on=1
    )
    yield "no authentication", MECHANISM_REQUIRED, refused
    for label, requirement, authentication in (
        ("a signature over another time", SIGNATURE, Authenticate(other_time_signed=True)),
        ("an old time", WINDOW, Authenticate(shift=-HOUR_S)),
        ("an unknown authority", CHAIN, Authenticate(credential=STRANGER)),
    ):
        yield label, requirement, server_refuses(requirement, authentication=authentication, on=1)


@case(
    "CMP/SRV/BESIDE/BI-another-association",
    SIGNATURE,
    WINDOW,
    CHAIN,
    MECHANISM_REQUIRED,
    EVENT,
    pics=SERVER,
    baseline=SERVER_BASELINE,
    configuration=COMPATIBILITY,
    prerequisites=needs(STRANGER),
)
def server_beside_another() -> Iterator[Conversation]:
    """A server with an association examines whoever asks for a second one, refuses it there alone, and goes
    on with the first.
    """
    for label, requirement, refused in _strangers():
        yield conversation(
            server_connection_on(0),
            server_takes(requirement),
            server_connection_on(1),
            refused,
            server_usable(requirement, 0),
            label=label,
        )
