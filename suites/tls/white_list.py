"""Devices that are set to individual certificates: who is listed is taken, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from conform62351.suites.tls.conversations import CLIENT_BASELINE, SERVER, SERVER_BASELINE
from conform62351.suites.tls.handshakes import EVENT
from conform62351.suites.tls.showing import (
    CLIENT_OF_RSA,
    client_refuses,
    client_takes,
    server_refuses,
    server_takes,
    shows,
)
from conform62351.tooling.engine.authenticate import TESTER_TLS
from conform62351.tooling.engine.case import case
from conform62351.tooling.engine.steps import Conversation, conversation

WHITE_LIST: Final = "R-TLS-white-list"
LISTS: Final = "tls-white-list"
"""The configuration in which the device takes individual certificates: those of the workshop's list."""
SERVER_LISTS: Final = f"({SERVER}) and TLS.white-list.server"
CLIENT_LISTS: Final = f"({CLIENT_OF_RSA}) and TLS.white-list.client"

LISTED: Final = {"of an authority": TESTER_TLS, "signed by its own key": "bad-tls/listed"}
NOT_LISTED: Final = {
    "of the same authority and subject": "bad-tls/no-key-usage",
    "of another anchor": "bad-tls/second-anchor",
    "signed by its own key": "bad-tls/self-signed",
}


@case(
    "TLS/SRV/LIST/BV-listed",
    WHITE_LIST,
    pics=SERVER_LISTS,
    baseline=SERVER_BASELINE,
    configuration=LISTS,
)
def server_listed() -> Iterator[Conversation]:
    """A server that is set to individual certificates takes those that are listed, whoever issued them: here
    two of the list that the workshop makes for it.
    """
    for label, credential in LISTED.items():
        yield conversation(server_takes(WHITE_LIST, shows(credential)), label=label)


@case(
    "TLS/CLI/LIST/BV-listed",
    WHITE_LIST,
    pics=CLIENT_LISTS,
    baseline=CLIENT_BASELINE,
    configuration=LISTS,
)
def client_listed() -> Iterator[Conversation]:
    """A client that is set to individual certificates takes those that are listed, whoever issued them: here
    two of the list that the workshop makes for it.
    """
    for label, credential in LISTED.items():
        yield conversation(client_takes(WHITE_LIST, shows(credential)), label=label)


@case(
    "TLS/SRV/LIST/BI-not-listed",
    WHITE_LIST,
    EVENT,
    pics=SERVER_LISTS,
    baseline=SERVER_BASELINE,
    configuration=LISTS,
)
def server_not_listed() -> Iterator[Conversation]:
    """A server that is set to individual certificates refuses all others, even of an authority and a subject
    that it knows.
    """
    for label, credential in NOT_LISTED.items():
        yield conversation(server_refuses(WHITE_LIST, shows(credential), "2.3"), label=label)


@case(
    "TLS/CLI/LIST/BI-not-listed",
    WHITE_LIST,
    EVENT,
    pics=CLIENT_LISTS,
    baseline=CLIENT_BASELINE,
    configuration=LISTS,
)
def client_not_listed() -> Iterator[Conversation]:
    """A client that is set to individual certificates refuses all others, even of an authority and a subject
    that it knows.
    """
    for label, credential in NOT_LISTED.items():
        yield conversation(client_refuses(WHITE_LIST, shows(credential), "2.3"), label=label)
