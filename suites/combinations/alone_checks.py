"""The A-security-profile without TLS: its checks are those that are made over TLS (Table 1, clause 11)."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.combinations.alone import (
    A_CLIENT,
    A_CLIENT_BASELINE,
    A_PROFILE,
    A_PROFILE_ALONE,
    A_SERVER,
    A_SERVER_BASELINE,
)
from conform62351.suites.compatibility.conversations import (
    EVENT,
    client_refuses,
    client_request_on,
    client_takes,
    server_connection_on,
    server_refuses,
    server_takes,
)
from conform62351.suites.compatibility.credentials import needs
from conform62351.suites.compatibility.replay import VALUE_REPLAYED
from conform62351.suites.osi.conversations import client_request, server_connection
from conform62351.tooling.engine.authenticate import HOUR_S, Authenticate
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Close, Conversation, conversation

EXPIRED, STRANGER, SHORT_KEY = "bad/expired", "bad/unknown-ca", "bad/rsa1024"
REFUSED = {
    "an old time": Authenticate(shift=-HOUR_S),
    "an expired certificate": Authenticate(credential=EXPIRED),
    "an unknown authority": Authenticate(credential=STRANGER),
    "a short key": Authenticate(credential=SHORT_KEY),
}


@case(
    "COMB/SRV/A-PROFILE/BI-checks",
    A_PROFILE_ALONE,
    EVENT,
    pics=A_SERVER,
    baseline=A_SERVER_BASELINE,
    configuration=A_PROFILE,
    prerequisites=needs(EXPIRED, STRANGER, SHORT_KEY),
)
def server_a_profile_checks() -> Iterator[Conversation]:
    """A server with the A-security-profile alone looks at times and certificates as it does over TLS, and
    takes no value twice.
    """
    for label, authentication in REFUSED.items():
        refused = server_refuses(A_PROFILE_ALONE, authentication=authentication)
        yield conversation(server_connection, refused, label=label)
    yield conversation(
        server_connection_on(0),
        server_takes(A_PROFILE_ALONE),
        server_connection_on(1),
        server_refuses(A_PROFILE_ALONE, *VALUE_REPLAYED, on=1),
        label="a value again",
    )


@case(
    "COMB/CLI/A-PROFILE/BI-checks",
    A_PROFILE_ALONE,
    EVENT,
    pics=A_CLIENT,
    baseline=A_CLIENT_BASELINE,
    configuration=A_PROFILE,
    prerequisites=needs(EXPIRED, STRANGER, SHORT_KEY),
)
def client_a_profile_checks() -> Iterator[Conversation]:
    """A client with the A-security-profile alone looks at times and certificates as it does over TLS, and
    takes no value twice.
    """
    for label, authentication in REFUSED.items():
        refused = client_refuses(A_PROFILE_ALONE, authentication=authentication)
        yield conversation(client_request, refused, label=label)
    yield conversation(
        client_request_on(0),
        client_takes(A_PROFILE_ALONE),
        Close(),
        client_request_on(1),
        client_refuses(A_PROFILE_ALONE, *VALUE_REPLAYED, on=1),
        label="a value again",
    )
