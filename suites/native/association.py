"""The association of native mode, the baseline of every other case of these suites, and its end."""

from __future__ import annotations

from collections.abc import Iterator

from conform62351.suites.native.conversations import (
    CLIENT,
    CLIENT_BASELINE,
    NATIVE,
    OWN,
    SERVER,
    SERVER_BASELINE,
    client_takes,
    own_secpdus,
    server_connection_on,
    server_exchanges,
    server_takes,
)
from conform62351.suites.osi.conversations import Steps, client_connection, client_usable
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.native_outcomes import RELEASED_SECURELY
from conform62351.tooling.engine.outcomes import AARQ, expect
from conform62351.tooling.engine.steps import Conversation, Release, Verify, conversation

ASSOCIATION = "R-E2E-association"
RELEASE = "R-E2E-release"

with_ae: Steps = (Verify(requirement=ASSOCIATION, field="E2E.mode", is_in=("ae",)),)
"""Where a device has authenticated encryption, that is what these associations have."""


@case(
    SERVER_BASELINE,
    ASSOCIATION,
    *OWN,
    RELEASE,
    pics=SERVER,
    configuration=NATIVE,
)
def server_with_ae() -> Iterator[Conversation]:
    """A server in native mode takes an association, with authenticated encryption if it has that, answers
    reads under the keys that were agreed, and answers the release. Everything that it sends is in order.
    """
    for pics, mode in {"T11.AE.server": with_ae, "not T11.AE.server": ()}.items():
        yield conversation(
            server_connection_on(0),
            server_takes(ASSOCIATION),
            mode,
            server_exchanges(2, ASSOCIATION),
            Release(),
            expect(RELEASE, RELEASED_SECURELY),
            own_secpdus,
            label=pics,
            pics=pics,
        )


@case(
    CLIENT_BASELINE,
    ASSOCIATION,
    *OWN,
    RELEASE,
    pics=CLIENT,
    configuration=NATIVE,
)
def client_with_ae() -> Iterator[Conversation]:
    """A client in native mode asks for an association, with authenticated encryption if it has that, takes
    the acceptance, sends requests under the keys that were agreed, and answers the release. Everything that
    it sends is in order.
    """
    for pics, mode in {"T11.AE.client": with_ae, "not T11.AE.client": ()}.items():
        yield conversation(
            client_connection,
            expect(ASSOCIATION, AARQ, limit="limit.associate"),
            client_takes(ASSOCIATION),
            mode,
            client_usable(ASSOCIATION),
            Release(),
            expect(RELEASE, RELEASED_SECURELY, serve=True),
            own_secpdus,
            label=pics,
            pics=pics,
        )
