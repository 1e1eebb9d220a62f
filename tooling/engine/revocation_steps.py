"""The steps about the tester's revocation server: what it gives and how it behaves, for one conversation."""

from __future__ import annotations

from typing import Final, Literal

from conform62351.tooling.engine.step import Step
from conform62351.tooling.net.revocation_data import AnswerState, ListState

MEANS: Final = "revocation server"
"""The means of having one: the tester has a folder of credentials whose certificates point to it."""
Trouble = Literal[
    "none",
    "silent",
    "late",
    "refusing",
    "endless",
    "garbage",
    "content type",
    "status 500",
    "empty",
    "cut short",
]


class PublishList(Step, frozen=True, kw_only=True, tag="publish-list"):
    """Have the revocation server give a CRL of ``authority`` of this state."""

    authority: str
    state: ListState = ListState.CURRENT

    def __str__(self) -> str:
        kind = f"{self.state.value} " if self.state.value else ""
        return f"let the revocation server give the {kind}list of {self.authority}"


class PublishAnswer(Step, frozen=True, kw_only=True, tag="publish-answer"):
    """Have the revocation server give an OCSP answer about ``credential`` of this state."""

    credential: str
    state: AnswerState = AnswerState.GOOD

    def __str__(self) -> str:
        return f"let the revocation server give the OCSP answer {self.state.value} about {self.credential}"


class TroubleRevocation(Step, frozen=True, kw_only=True, tag="trouble-revocation"):
    """Have the revocation server behave so about ``name``: ``crl/NAME``, ``ocsp``, or ``*`` for everything.

    ``seconds`` is how late one comes that is ``late``.
    """

    trouble: Trouble = "none"
    name: str = "*"
    seconds: float = 0.0

    def __str__(self) -> str:
        about = "everything" if self.name == "*" else self.name
        how = f"late by {self.seconds:g} s" if self.trouble == "late" else self.trouble
        how = "as usual" if self.trouble == "none" else how
        return f"let the revocation server behave about {about}: {how}"
