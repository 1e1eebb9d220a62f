"""The association over TLS, the baseline of every other case of these suites."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.role import Role
from conform62351.suites.tls.conversations import CLIENT, CLIENT_BASELINE, SERVER, SERVER_BASELINE, TLS
from conform62351.suites.tls.handshakes import SUCCESS, associates_over, logged_success
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation, Tls, conversation
from conform62351.tooling.engine.tls_outcomes import established

VERSION: Final = "R-TLS-version-1-2"
TLS_1_2: Final = established(version="TLSv1.2", renegotiated=False)


@case(SERVER_BASELINE, VERSION, SUCCESS, pics=SERVER, configuration=TLS)
def server_associate() -> Conversation:
    """A server has TLS 1.2 with the tester, associates, answers a read and the release, and logs the
    handshake.
    """
    return conversation(associates_over(Role.SERVER, VERSION, Tls(), TLS_1_2), logged_success)


@case(CLIENT_BASELINE, VERSION, SUCCESS, pics=CLIENT, configuration=TLS)
def client_associate() -> Conversation:
    """A client has TLS 1.2 with the tester, associates, sends a request and takes the release, and logs the
    handshake.
    """
    return conversation(associates_over(Role.CLIENT, VERSION, Tls(), TLS_1_2), logged_success)
