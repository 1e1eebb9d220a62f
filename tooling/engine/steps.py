"""Conversations as data: the steps of a test case, each a small value that prints itself.

A conversation names what the tester does and what it accepts from the device under test (DUT); it
holds no socket, no PDU object and no address. Data points, titles and selectors are taken from the
PIXIT when it is played, so the same conversation runs against every device and can be stored and
replayed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from conform62351.tooling.engine.association_steps import (
    Abort,
    Accept,
    AnswerAssociation,
    AnswerRelease,
    Associate,
    Connect,
    OpenTransport,
    Release,
    show_values,
)
from conform62351.tooling.engine.authenticate import Authenticate, TimeForm
from conform62351.tooling.engine.handshake import Handshake, Signing
from conform62351.tooling.engine.judging_steps import (
    Alike,
    Alternative,
    Claimed,
    Expect,
    Fill,
    ListNames,
    NoFinding,
    Verify,
    show_value,
)
from conform62351.tooling.engine.log_steps import Collector, Logged, Restart
from conform62351.tooling.engine.native_steps import Rekey, SendSecPdu
from conform62351.tooling.engine.revocation_steps import PublishAnswer, PublishList, TroubleRevocation
from conform62351.tooling.engine.step import SendingStep, Step
from conform62351.tooling.engine.tls import Tls
from conform62351.tooling.engine.tls_steps import Proceed, Renegotiate, SendTls

__all__ = [
    "Abort",
    "Accept",
    "Act",
    "Alike",
    "Alternative",
    "AnswerAssociation",
    "AnswerRelease",
    "AnyStep",
    "Associate",
    "Authenticate",
    "Claimed",
    "Close",
    "Collector",
    "Conclude",
    "Connect",
    "Conversation",
    "Expect",
    "Fill",
    "Handshake",
    "Inject",
    "JudgingStep",
    "ListNames",
    "Logged",
    "NoFinding",
    "OpenTransport",
    "Proceed",
    "PublishAnswer",
    "PublishList",
    "Rekey",
    "Release",
    "Renegotiate",
    "Request",
    "Respond",
    "Restart",
    "SendAgain",
    "SendSecPdu",
    "SendTls",
    "SendingStep",
    "Signing",
    "Step",
    "TimeForm",
    "Tls",
    "TroubleRevocation",
    "Verify",
    "Wait",
    "conversation",
    "show_value",
]


PAST_PROTECTION = ", not protected"


class Request(SendingStep, frozen=True, kw_only=True, tag="request"):
    """Send an MMS request. ``point`` names the PIXIT entry that holds the object to use.

    ``arguments`` are those of :func:`conform62351.tooling.engine.requests.make_request`. ``until_full``: the
    request is sent until as many are outstanding as were agreed. ``unprotected``: in the presentation context
    of MMS, past native mode.
    """

    service: str
    point: str = ""
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)
    until_full: bool = False
    unprotected: bool = False

    def __str__(self) -> str:
        about = f" of {self.point}" if self.point else ""
        full = ", until as many are outstanding as were agreed" if self.until_full else ""
        past = PAST_PROTECTION if self.unprotected else ""
        return f"request MMS {self.service}{about}{show_values(self.arguments)}{full}{past}{self._how()}"


class Respond(SendingStep, frozen=True, kw_only=True, tag="respond"):
    """Answer the oldest unanswered MMS request of the DUT client.

    ``how``: by a ``response``, or if it is a confirmed one by an ``error`` or a ``reject``. ``keep``: it
    stays unanswered for the tester, because a mutation makes this no answer to it. ``unprotected``: in the
    presentation context of MMS, past native mode.
    """

    how: str = "response"
    keep: bool = False
    unprotected: bool = False

    def __str__(self) -> str:
        by = "" if self.how == "response" else f" with {self.how}"
        kept = ", which stays unanswered" if self.keep else ""
        past = PAST_PROTECTION if self.unprotected else ""
        return f"answer the device's MMS request{by}{kept}{past}{self._how()}"


class Conclude(SendingStep, frozen=True, kw_only=True, tag="conclude"):
    """Send MMS conclude-Request."""

    def __str__(self) -> str:
        return f"send MMS conclude-Request{self._how()}"


class Inject(SendingStep, frozen=True, kw_only=True, tag="inject"):
    """Send octets under a layer, in whatever state: the layers below wrap them as usual.

    ``layer`` is ``tcp`` (nothing wraps them), ``tpkt`` (they are a TPDU), ``cotp`` (an SPDU), ``session`` (a
    PPDU in a session DT) or ``presentation`` (an MMS PDU on an association that stands). The two octets at
    ``reference_at``, unless it is 0, become the reference of the DUT's transport connection, as its CR or CC
    gave it. ``unprotected``: an MMS PDU goes in the presentation context of MMS, past native mode.
    """

    layer: str
    octets: bytes
    name: str
    reference_at: int = 0
    unprotected: bool = False

    def __str__(self) -> str:
        shown = self.octets[:24].hex(" ") + (" …" if len(self.octets) > 24 else "")
        past = PAST_PROTECTION if self.unprotected else ""
        return f"send {self.name} over {self.layer.upper()}{past}: {shown}{self._how()}"


class SendAgain(SendingStep, frozen=True, kw_only=True, tag="send-again"):
    """Send the last message on this connection that held the PDU ``pdu`` again, octet for octet."""

    pdu: str

    def __str__(self) -> str:
        return f"send the last {self.pdu} again{self._how()}"


class Act(Step, frozen=True, kw_only=True, tag="act"):
    """Have the DUT do something, by the PIXIT's action of that name.

    ``may_fail``: a correct DUT refuses (it has no association to send a request on, for instance).
    ``first``: it gets a moment to be done, and what the DUT has sent by then is taken before the next step.
    ``stack`` is that whose port of the tester the DUT is told to connect to, as in :class:`Connect`.
    """

    action: str
    may_fail: bool = False
    first: bool = False
    stack: str = ""

    def __str__(self) -> str:
        port = f" to the port for stack {self.stack}" if self.stack else ""
        return f"action {self.action}{port}{', and take what it brings' if self.first else ''}"


class Wait(Step, frozen=True, kw_only=True, tag="wait"):
    """Let time pass: ``seconds``, or the PIXIT value that ``limit`` names."""

    seconds: float = 0.0
    limit: str = ""

    def __str__(self) -> str:
        return f"wait {self.limit or f'{self.seconds:g} s'}"


class Close(Step, frozen=True, kw_only=True, tag="close"):
    """End the TCP connection from the tester's side: ``fin``, ``reset`` or ``half`` (FIN, still reading).

    TLS is ended before it by a close_notify, but for ``reset`` and ``cut``, which is a FIN all the same.
    """

    how: str = "fin"

    def __str__(self) -> str:
        return f"end the TCP connection ({self.how}){self._where()}"


JudgingStep = Expect | Verify | NoFinding | Alike | Fill | ListNames | Claimed | Logged
"""The steps that make checks."""

AnyStep = (
    Connect
    | Accept
    | OpenTransport
    | Associate
    | AnswerAssociation
    | Request
    | Respond
    | Conclude
    | Release
    | AnswerRelease
    | Abort
    | Inject
    | SendAgain
    | SendSecPdu
    | Rekey
    | Renegotiate
    | SendTls
    | Proceed
    | PublishList
    | PublishAnswer
    | TroubleRevocation
    | Expect
    | Verify
    | NoFinding
    | Alike
    | Fill
    | ListNames
    | Claimed
    | Logged
    | Collector
    | Act
    | Restart
    | Wait
    | Close
)


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of one try; ``label`` names the value when a case tries several.

    ``pics``, unless it is empty, is a condition without which the DUT is not tried so.
    """

    steps: tuple[AnyStep, ...]
    label: str = ""
    pics: str = ""

    def recipe(self) -> list[str]:
        """Return the steps in words, one line each."""
        return [str(step) for step in self.steps]


def conversation(*steps: AnyStep | tuple[AnyStep, ...], label: str = "", pics: str = "") -> Conversation:
    """Join steps, and tuples of steps that suites name, into a conversation.

    Raises TypeError for anything else, which nobody would play.
    """
    flat: list[AnyStep] = []
    for item in steps:
        if isinstance(item, tuple):
            flat.extend(item)
        else:
            flat.append(item)
    for step in flat:
        if not isinstance(step, Step):
            raise TypeError(f"no step: {step!r}")
    return Conversation(steps=tuple(flat), label=label, pics=pics)
