"""A fuzz case: a conversation with mutations put in, and what came of its delivery."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from conform62351.profiles.crypto.errors import CryptoError
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.native.secpdus import HandshakeReq
from conform62351.profiles.native.taken import Established
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.mutations import AnyMutation
from conform62351.tooling.engine.step import SendingStep
from conform62351.tooling.engine.steps import Accept, AnyStep, Connect, Conversation

UNWRITABLE: Final = (
    ProtocolError,
    CryptoError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
)
"""What encoders raise for values that a mutation has made and that have no encoding at all."""


OPENING: Final = (Connect, Accept)
"""The steps that open a connection."""


class Unplaceable(Exception):
    """A mutation is to go into a step that sends nothing, or that is not there."""


class Placed(msgspec.Struct, frozen=True):
    """A mutation and the number of the step that has it; the first step is number 0."""

    step: int
    mutation: AnyMutation

    def __str__(self) -> str:
        return f"step {self.step}: {self.mutation}"


class Case(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One input of the fuzzer, as it is stored (JSON), printed and played.

    ``base`` is the name of the :class:`~conform62351.tooling.fuzz.bases.Base` that it was made from, which
    has no mutations of its own, ``layer`` the value of a :class:`~conform62351.tooling.fuzz.layers.Layer`.
    ``mutators`` are the names of what made it, for people. All that is played stands in ``conversation``.
    """

    base: str
    layer: str
    mutators: tuple[str, ...]
    conversation: Conversation

    @functools.cached_property
    def mutations(self) -> tuple[Placed, ...]:
        """What the conversation has beyond its base, step by step."""
        return tuple(
            Placed(number, mutation)
            for number, step in enumerate(self.conversation.steps)
            for mutation in mutations_of(step)
        )

    def without(self, drop: Collection[int]) -> Case:
        """Return the case without the mutations of these places in :attr:`mutations`; others are ignored."""
        kept = (placed for place, placed in enumerate(self.mutations) if place not in drop)
        bare = bare_conversation(self.conversation)
        return msgspec.structs.replace(self, conversation=with_mutations(bare, kept))

    def recipe(self) -> list[str]:
        """Return the steps in words, one line each."""
        return self.conversation.recipe()


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a case.

    ``observations`` are what the device did, in order; ``after_s`` of each is the seconds since the tester
    began to wait for it, which is when it had sent what the device reacts to. ``complete`` tells that every
    mutation has reached the wire, ``why`` says why not. ``usual`` tells that the device reacted to each step
    as it does to the base. ``seconds`` is how long the whole case took. ``sent`` and ``received`` are the
    octets on the wire, message by message and read by read, under TLS those inside it; what goes beyond the
    limit of delivery is left out at the end. ``findings`` are the identifiers of the tester's own checks that
    the device's PDUs failed, ``events`` the lines that came to its security-event log. ``established`` are
    the keys of native mode, ``request`` is the HandshakeReq that a DUT client has sent: what oracles need to
    look into what was protected, and nobody stores. ``addresses`` are the tester's own, host:port, of the
    connections that it has opened. ``kept``: the device has kept a connection open that the tester had ended,
    for as long as it was waited for. ``hurried``: it was late by its own measure, and had the tester's end of
    the connection before it went on; ``unasked``: so it was because nothing was sent that it had not reacted
    to. ``continued``: it came over an association that stands for many cases, ``opened``: for this one, which
    has shown that the device associates.
    """

    observations: tuple[Observation, ...]
    complete: bool
    why: str = ""
    usual: bool = False
    seconds: float
    sent: tuple[bytes, ...] = ()
    received: tuple[bytes, ...] = ()
    findings: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    established: Established | None = None
    request: HandshakeReq | None = None
    addresses: tuple[str, ...] = ()
    kept: bool = False
    hurried: bool = False
    unasked: bool = False
    continued: bool = False
    opened: bool = False


def uncut(step: AnyStep) -> AnyStep:
    """Return the step as it is when TCP and COTP cut what it sends as usual."""
    if isinstance(step, SendingStep):
        return msgspec.structs.replace(step, tpdus=(), segments=(), pause=0.0)
    return msgspec.structs.replace(step, raw="") if isinstance(step, Connect) and step.raw else step


def over_sockets(case: Case) -> Case:
    """Return the case with all of its connections by the system's TCP: no privilege is needed for it."""
    talk = case.conversation
    if not any(isinstance(step, Connect) and step.raw for step in talk.steps):
        return case
    steps = tuple(
        msgspec.structs.replace(step, raw="") if isinstance(step, Connect) else step for step in talk.steps
    )
    return msgspec.structs.replace(case, conversation=msgspec.structs.replace(talk, steps=steps))


def mutations_of(step: AnyStep) -> tuple[AnyMutation, ...]:
    """Return the mutations that a step has, those of its TLS handshake last."""
    own = step.mutations if isinstance(step, SendingStep) else ()
    if isinstance(step, OPENING) and step.tls is not None:
        return (*own, *step.tls.mutations)
    return own


def bare_conversation(talk: Conversation) -> Conversation:
    """Return the conversation without its mutations."""
    return msgspec.structs.replace(talk, steps=tuple(_having(step, ()) for step in talk.steps))


def with_mutations(talk: Conversation, placed: Iterable[Placed]) -> Conversation:
    """Return the conversation with mutations added to its steps, behind those that are there.

    Those of a PDU of TLS go into the TLS handshake of a step that opens a connection.

    Raises:
        Unplaceable: there is no such step, or it sends nothing of that kind.
    """
    steps = list(talk.steps)
    for number, mutation in [(one.step, one.mutation) for one in placed]:
        if not 0 <= number < len(steps):
            raise Unplaceable(f"{mutation}: the conversation has {len(steps)} steps, not a number {number}")
        steps[number] = _having(steps[number], (*mutations_of(steps[number]), mutation))
    return msgspec.structs.replace(talk, steps=tuple(steps))


def _having(step: AnyStep, mutations: tuple[AnyMutation, ...]) -> AnyStep:
    """Return ``step`` with these mutations in place of its own."""
    tls: tuple[AnyMutation, ...] = ()
    if isinstance(step, OPENING):
        tls = tuple(mutation for mutation in mutations if mutation.pdu.startswith("TLS."))
        mutations = tuple(mutation for mutation in mutations if mutation not in tls)
        if step.tls is not None:
            step = msgspec.structs.replace(step, tls=msgspec.structs.replace(step.tls, mutations=tls))
        elif tls:
            raise Unplaceable(f"{tls[0]}: the tester's own engine does no TLS in this step: {step}")
    if isinstance(step, SendingStep):
        return msgspec.structs.replace(step, mutations=mutations)
    if mutations:
        raise Unplaceable(f"{mutations[0]}: this step sends nothing: {step}")
    return step
