"""The tester's revocation server as conversations use it: what they change is undone when they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from conform62351.profiles.errors import ProtocolError
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.revocation_steps import MEANS, PublishAnswer, PublishList, TroubleRevocation
from conform62351.tooling.engine.security import MeansMissing
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.revocation_behaviour import (
    USUAL,
    Behaviour,
    Endless,
    Late,
    Refusing,
    Silent,
    Wrong,
    Wrongness,
)
from conform62351.tooling.net.revocation_data import AnswerState, read_answer, read_list
from conform62351.tooling.net.revocation_server import RevocationServer

RevocationStep = PublishList | PublishAnswer | TroubleRevocation

_TROUBLES: Final[Mapping[str, Callable[[float], Behaviour]]] = {
    "none": lambda _: USUAL,
    "silent": lambda _: Silent(),
    "late": Late,
    "refusing": lambda _: Refusing(),
    "endless": lambda _: Endless(),
}
"""Behaviours by their names; the others are ways to be wrong."""


class RevocationSource:
    """Changes what the revocation server of ``dut`` gives of the tester's folder."""

    def __init__(self, dut: Dut) -> None:
        self._dut = dut
        self._changed: tuple[RevocationServer, CredentialFolder] | None = None

    def do(self, step: RevocationStep) -> None:
        """Do what a step says.

        Raises:
            MeansMissing: nobody serves revocation data, or the folder has not what is to be published.
        """
        server, folder = self._dut.revocation, self._dut.security.folder
        if server is None or folder is None:
            raise MeansMissing(MEANS, "revocation data are not served")
        self._changed = server, folder
        try:
            match step:
                case PublishList(authority=authority, state=state):
                    server.publish_crl(f"{authority}.crl", read_list(folder.path, authority, state))
                case PublishAnswer(credential=name, state=state):
                    about = read_answer(folder.path, name, AnswerState.GOOD)
                    server.publish_answer(read_answer(folder.path, name, state), about=about)
                case TroubleRevocation(name=name, trouble=trouble, seconds=seconds):
                    server.switch(name, _behaviour(trouble, seconds))
        except (NetError, ProtocolError) as error:
            raise MeansMissing(MEANS, str(error)) from error

    def restore(self) -> None:
        """Let the server give what it gave at first, and behave as usual.

        Raises:
            CredentialError: the folder cannot be read any more.
        """
        if self._changed is None:
            return
        server, folder = self._changed
        self._changed = None
        server.behave()
        server.publish(folder)


def _behaviour(trouble: str, seconds: float) -> Behaviour:
    make = _TROUBLES.get(trouble)
    return Wrong(Wrongness(trouble)) if make is None else make(seconds)
