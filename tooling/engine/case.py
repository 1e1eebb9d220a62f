"""Test cases: how suites declare them, and the catalogue that holds them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from conform62351.pics import conditions
from conform62351.pics.catalogue import catalogue as pics_catalogue
from conform62351.pics.declaration import Declaration
from conform62351.pics.pixit_actions import PLAIN, STACKS
from conform62351.pics.requirements import Requirement, requirements
from conform62351.profiles.events62351 import event_catalogue
from conform62351.tooling.engine.authenticate import NO_CERTIFICATE
from conform62351.tooling.engine.handshake import credentials_of
from conform62351.tooling.engine.security import means_of, needed_for
from conform62351.tooling.engine.steps import (
    Abort,
    Accept,
    Act,
    AnswerAssociation,
    AnswerRelease,
    Associate,
    Connect,
    Conversation,
    JudgingStep,
    ListNames,
    Logged,
    Release,
    Renegotiate,
    Request,
    Restart,
    SendSecPdu,
)
from conform62351.tooling.engine.tls import shown_in

IDENTIFIER = re.compile(
    r"[A-Z0-9]+/(SRV|CLI)/[A-Z0-9-]+/(BV|BI|BO)-[A-Za-z0-9-]+|PICS/STATIC/[A-Za-z0-9._-]+"
)
ROLES = {"SRV": "server", "CLI": "client"}


class CaseError(Exception):
    """A case is declared wrongly: the message names it and what is wrong."""


@dataclass(frozen=True)
class Case:
    """One test case: what it is for, to whom it applies, and how its conversations are made.

    ``pics`` is a condition over PICS codes (``always`` where none applies). ``baseline`` names the
    valid-behaviour case that must pass in the same run before this one says anything. ``prerequisites``
    are names of means that the set-up must offer beside the actions and data points that conversations use.
    ``configuration`` is the configuration of the DUT that the case needs. ``events`` are the security
    events that the case provokes. ``weight`` orders cases in a group: long and destructive ones last.
    ``denies``: it is about what the PICS denies, and does not apply where the set-up has no means to try it.
    A static case has a ``review`` of the PICS in place of conversations: it returns what is wrong, or
    an empty string; ``warning`` returns what its pass is to be read with, likewise.
    """

    id: str
    title: str
    purpose: str
    pics: str
    requirements: tuple[str, ...]
    make: Callable[[], tuple[Conversation, ...]]
    baseline: str = ""
    configuration: str = "default"
    prerequisites: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    weight: int = 0
    denies: bool = False
    review: Callable[[Declaration], str] | None = None
    warning: Callable[[Declaration], str] | None = None
    source: str = ""
    _cache: list[tuple[Conversation, ...]] = field(default_factory=list, repr=False, compare=False)

    @property
    def role(self) -> str:
        """The role of the DUT: ``server``, ``client`` or, for static cases, ``both``."""
        return ROLES.get(self.id.split("/")[1], "both")

    @property
    def group(self) -> str:
        """The identifier without its last part."""
        return self.id.rpartition("/")[0]

    @property
    def behaviour(self) -> str:
        """``BV``, ``BI`` or ``BO``; empty for static cases."""
        last = self.id.rpartition("/")[2]
        return last[:2] if self.role != "both" else ""

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        """The conversations; made once."""
        if not self._cache:
            self._cache.append(self.make())
        return self._cache[0]

    def conversations_for(self, answers: conditions.Answers) -> tuple[Conversation, ...]:
        """Return the conversations that a DUT with this PICS is tried by.

        What the PICS leaves unknown (an exploring run) is tried as if it were claimed, not denied.
        """
        known = supposed(answers)
        return tuple(
            talk for talk in self.conversations if not talk.pics or conditions.parse(talk.pics).holds(known)
        )

    def means_for(self, answers: conditions.Answers, stack: str = "") -> tuple[str, ...]:
        """Return what the set-up must offer for a DUT with this PICS.

        These are prerequisites, actions and the PIXIT's data points that steps use, and the credentials that
        its connections need. ``stack`` is that of the case's configuration, by default the one by its name.
        """
        stack = stack or (self.configuration if self.configuration in STACKS else PLAIN)
        used = [*self.prerequisites, *map(means_of, needed_for(stack))]
        for talk in self.conversations_for(answers):
            used += _means_of_steps(talk, stack)
        return tuple(dict.fromkeys(used))

    def stacks(self, usual: str) -> set[str]:
        """Return the stacks whose ports are connected to; ``usual`` is that of the case's configuration."""
        steps = (step for talk in self.conversations for step in talk.steps)
        opening = [step for step in steps if isinstance(step, Connect | Accept)]
        return {usual} | {step.port or step.stack for step in opening if step.port or step.stack}

    @property
    def clause(self) -> str:
        """The clause of the first requirement: the one that the case is about."""
        return self.first_requirement.clause

    @property
    def provenance(self) -> str:
        """The provenance mark of the first requirement."""
        return self.first_requirement.provenance

    @property
    def first_requirement(self) -> Requirement:
        """The requirement that the case is about."""
        return requirements()[self.requirements[0]]

    @property
    def pics_codes(self) -> tuple[str, ...]:
        """The PICS codes that the condition mentions."""
        return tuple(conditions.parse(self.pics).codes)


def supposed(answers: conditions.Answers) -> conditions.Answers:
    """Return ``answers`` with yes in the place of unknown."""
    if conditions.Answer.UNKNOWN not in answers.values():
        return answers
    unknown = conditions.Answer.UNKNOWN
    return {code: conditions.Answer.YES if answer is unknown else answer for code, answer in answers.items()}


def _means_of_steps(talk: Conversation, usual: str) -> Iterator[str]:
    """Yield the means that the steps use; ``usual`` is the stack of connections that do not name another."""
    for step in talk.steps:
        match step:
            case (
                Act(action=name)
                | Restart(action=name)
                | Request(point=name)
                | ListNames(point=name)
                | Release(point=name)
            ) if name:
                yield name
            case Connect() | Accept():
                stack = step.stack or usual
                yield from map(means_of, needed_for(stack, step.tls_credential, step.tls))
            case Renegotiate(tls=how) if how is not None:
                yield from map(means_of, filter(None, shown_in(how, "")))
            case Associate() | AnswerAssociation():
                yield from _means_of_association(step)
            case (
                Release(signing=how)
                | AnswerRelease(signing=how)
                | Abort(signing=how)
                | SendSecPdu(signing=how)
            ) if how is not None:
                yield from map(means_of, credentials_of(how))


def _means_of_association(step: Associate | AnswerAssociation) -> Iterator[str]:
    authentication, handshake = step.authentication, step.handshake
    if authentication is not None:
        yield means_of(authentication.credential)
        if authentication.key:
            yield means_of(authentication.key)
    if handshake is not None:
        yield from map(means_of, credentials_of(handshake))


Maker = Callable[[], Conversation | Iterable[Conversation]]


class Catalogue(Mapping[str, Case]):
    """All registered cases by identifier, in the order of registration."""

    def __init__(self) -> None:
        self._cases: dict[str, Case] = {}

    def __getitem__(self, identifier: str) -> Case:
        return self._cases[identifier]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cases)

    def __len__(self) -> int:
        return len(self._cases)

    def add(self, case: Case) -> None:
        """Register ``case``.

        Raises:
            CaseError: the identifier is taken or malformed, or the case names what does not exist.
        """
        if not IDENTIFIER.fullmatch(case.id):
            raise CaseError(f"{case.id}: not an identifier of the form AREA/SRV/GROUP/BI-name")
        if case.id in self._cases:
            raise CaseError(f"{case.id}: registered twice")
        if not case.requirements:
            raise CaseError(f"{case.id}: cites no requirement")
        for name in case.requirements:
            if name not in requirements():
                raise CaseError(f"{case.id}: no requirement {name}")
        for code in case.pics_codes:
            if code not in pics_catalogue().items:
                raise CaseError(f"{case.id}: no PICS item {code}")
        self._cases[case.id] = case

    def case(
        self,
        identifier: str,
        *requirement: str,
        pics: str,
        baseline: str = "",
        configuration: str = "default",
        prerequisites: tuple[str, ...] = (),
        events: tuple[str, ...] = (),
        weight: int = 0,
        denies: bool = False,
    ) -> Callable[[Maker], Maker]:
        """Register the decorated function: it returns the conversations, its docstring states the purpose.

        The first of ``requirement`` is the one that the case is about.
        """

        def register(function: Maker) -> Maker:
            purpose = inspect.cleandoc(function.__doc__ or "")
            if not purpose:
                raise CaseError(f"{identifier}: no docstring states its purpose")

            def make() -> tuple[Conversation, ...]:
                made = function()
                talks = (made,) if isinstance(made, Conversation) else tuple(made)
                if not talks:
                    raise CaseError(f"{identifier}: no conversation")
                _check_references(identifier, requirement, talks)
                return talks

            self.add(
                Case(
                    id=identifier,
                    title=purpose.split("\n\n")[0].replace("\n", " "),
                    purpose=purpose,
                    pics=pics,
                    requirements=requirement,
                    make=make,
                    baseline=baseline,
                    configuration=configuration,
                    prerequisites=prerequisites,
                    events=events,
                    weight=weight,
                    denies=denies,
                    source=f"{function.__module__}:{function.__code__.co_firstlineno}",
                )
            )
            return function

        return register


def _check_references(identifier: str, cited: tuple[str, ...], talks: tuple[Conversation, ...]) -> None:
    judged = {
        step.requirement
        for talk in talks
        for step in talk.steps
        if isinstance(step, JudgingStep) and step.requirement
    }
    if not judged:
        raise CaseError(f"{identifier}: no step judges anything: the case cannot fail")
    for name in sorted(judged - set(cited)):
        raise CaseError(f"{identifier}: judges {name}, which it does not cite")
    for talk in talks:
        for code in conditions.parse(talk.pics or "always").codes:
            if code not in pics_catalogue().items:
                raise CaseError(f"{identifier}: no PICS item {code}")
    opening = [step for talk in talks for step in talk.steps if isinstance(step, Connect | Accept | Act)]
    stacks = {step.stack for step in opening}
    stacks |= {step.port for step in opening if not isinstance(step, Act)}
    for stack in sorted(stacks - {"", *STACKS}):
        raise CaseError(f"{identifier}: no stack {stack}")
    if any(isinstance(step, Accept) and step.tls_credential == NO_CERTIFICATE for step in opening):
        raise CaseError(f"{identifier}: a server without a certificate, which TLS does not have")
    named = {
        event for talk in talks for step in talk.steps if isinstance(step, Logged) for event in step.events
    }
    for event in sorted(named - set(event_catalogue())):
        raise CaseError(f"{identifier}: no security event {event}")
    labels = [talk.label for talk in talks]
    if len(set(labels)) != len(labels):
        raise CaseError(f"{identifier}: two conversations have the same label")


CATALOGUE = Catalogue()
case = CATALOGUE.case
