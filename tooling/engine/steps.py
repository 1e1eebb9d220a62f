"""Conversations as data: the steps of a test case, each a small value that prints itself.

A conversation names what the tester does and what it accepts from the device under test (DUT); it
holds no socket, no PDU object and no address. Data points, titles and selectors are taken from the
PIXIT when it is played, so the same conversation runs against every device and can be stored and
replayed.
"""

from __future__ import annotations

from typing import Any

import msgspec

from conform62351.reports.model.observation import Kind
from conform62351.reports.model.verdict import Severity
from conform62351.tooling.engine.mutations import AnyMutation


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="step"):
    """What all steps share: ``on`` numbers the connection, for conversations that hold several."""

    on: int = 0

    def _where(self) -> str:
        return f" on connection {self.on}" if self.on else ""


class SendingStep(Step, frozen=True, kw_only=True):
    """A step that makes PDUs; its ``mutations`` stay in force until the next sending step."""

    mutations: tuple[AnyMutation, ...] = ()
    tpdus: tuple[int, ...] = ()
    """Octets of data in each COTP DT; the last number repeats. Empty: what the agreed size asks for."""
    segments: tuple[int, ...] = ()
    """Sizes in octets of the TCP segments to send; the last size repeats. Empty: one segment."""
    pause: float = 0.0
    """Seconds between segments."""
    may_break: bool = False
    """The DUT may end the connection before everything is sent: that is no broken stimulus."""

    def _how(self) -> str:
        text = "".join(f", {mutation}" for mutation in self.mutations)
        if self.tpdus:
            text += f", in DTs of {', '.join(map(str, self.tpdus))} octets of data at most"
        if self.segments:
            text += f", in segments of {', '.join(map(str, self.segments))} octets"
        if self.pause:
            text += f", {self.pause:g} s apart"
        return text + self._where()


class Connect(Step, frozen=True, kw_only=True, tag="connect"):
    """Open a TCP connection to the DUT.

    ``tpdu_size`` is the exponent of C0 in the CR to come, None to leave C0 out.
    """

    tpdu_size: int | None = None

    def __str__(self) -> str:
        offer = "" if self.tpdu_size is None else f" for TPDUs of {1 << self.tpdu_size} octets"
        return f"open a TCP connection{offer}{self._where()}"


class Accept(SendingStep, frozen=True, kw_only=True, tag="accept"):
    """Wait for the DUT client's TCP connection; mutations concern the tester's CC.

    ``tpdu_size`` is the exponent of C0 that the CC does not go beyond, None for the size that the CR offers.
    """

    tpdu_size: int | None = None

    def __str__(self) -> str:
        bound = "" if self.tpdu_size is None else f" for TPDUs of {1 << self.tpdu_size} octets"
        return f"wait for the device's TCP connection{bound}{self._how()}"


class OpenTransport(SendingStep, frozen=True, kw_only=True, tag="open-transport"):
    """Send CR."""

    def __str__(self) -> str:
        return f"send COTP CR{self._how()}"


class Associate(SendingStep, frozen=True, kw_only=True, tag="associate"):
    """Send initiate-Request in AARQ in CP in CONNECT."""

    def __str__(self) -> str:
        return f"send AARQ in CP in CONNECT{self._how()}"


class AnswerAssociation(SendingStep, frozen=True, kw_only=True, tag="answer-association"):
    """Answer the DUT client's AARQ: accept, or reject with ``diagnostic`` of acse-service-user."""

    reject: bool = False
    diagnostic: int = 1

    def __str__(self) -> str:
        what = f"a rejecting AARE, diagnostic {self.diagnostic}," if self.reject else "an accepting AARE"
        return f"answer with {what}{self._how()}".replace(",,", ",")


class Request(SendingStep, frozen=True, kw_only=True, tag="request"):
    """Send an MMS request. ``point`` names the PIXIT entry that holds the object to use."""

    service: str
    point: str = ""
    arguments: dict[str, Any] = {}

    def __str__(self) -> str:
        about = f" of {self.point}" if self.point else ""
        return f"request MMS {self.service}{about}{self._how()}"


class Respond(SendingStep, frozen=True, kw_only=True, tag="respond"):
    """Answer the oldest unanswered MMS request of the DUT client."""

    def __str__(self) -> str:
        return f"answer the device's MMS request{self._how()}"


class Conclude(SendingStep, frozen=True, kw_only=True, tag="conclude"):
    """Send MMS conclude-Request."""

    def __str__(self) -> str:
        return f"send MMS conclude-Request{self._how()}"


class Release(SendingStep, frozen=True, kw_only=True, tag="release"):
    """Send RLRQ in FINISH."""

    def __str__(self) -> str:
        return f"send RLRQ in FINISH{self._how()}"


class AnswerRelease(SendingStep, frozen=True, kw_only=True, tag="answer-release"):
    """Answer the DUT's RLRQ with RLRE in DISCONNECT."""

    def __str__(self) -> str:
        return f"send RLRE in DISCONNECT{self._how()}"


class Abort(SendingStep, frozen=True, kw_only=True, tag="abort"):
    """Send ABRT in ARU in session ABORT."""

    def __str__(self) -> str:
        return f"send ABRT in ARU in ABORT{self._how()}"


class Inject(SendingStep, frozen=True, kw_only=True, tag="inject"):
    """Send octets under a layer, in whatever state: the layers below wrap them as usual.

    ``layer`` is ``tcp`` (nothing wraps them), ``tpkt`` (they are a TPDU), ``cotp`` (an SPDU) or
    ``session`` (a PPDU in a session DT). The two octets at ``reference_at``, unless it is 0, become the
    reference of the DUT's transport connection, as its CR or CC gave it.
    """

    layer: str
    octets: bytes
    name: str
    reference_at: int = 0

    def __str__(self) -> str:
        shown = self.octets[:24].hex(" ") + (" …" if len(self.octets) > 24 else "")
        return f"send {self.name} over {self.layer.upper()}: {shown}{self._how()}"


class SendAgain(SendingStep, frozen=True, kw_only=True, tag="send-again"):
    """Send the last message on this connection that held the PDU ``pdu`` again, octet for octet."""

    pdu: str

    def __str__(self) -> str:
        return f"send the last {self.pdu} again{self._how()}"


class Expect(Step, frozen=True, kw_only=True, tag="expect"):
    """Wait for the DUT's reaction and judge it against ``alternatives``.

    ``refusal`` says that the stimulus must not be accepted: acceptance then fails with severity
    ``security`` and another way to refuse with ``form``; else a missing behaviour fails with
    ``function``. ``limit`` names the PIXIT limit that bounds the wait. Without a ``requirement`` the step
    only leads up to what the case is about: if it is not reached, the case is inconclusive (``baseline``).
    ``serve``: MMS requests of a DUT client that come meanwhile are answered and passed over.
    """

    alternatives: tuple[Alternative, ...]
    requirement: str = ""
    refusal: bool = False
    limit: str = "limit.respond"
    serve: bool = False

    def __str__(self) -> str:
        verb = "expect" if self.requirement else "reach"
        meanwhile = ", answering MMS requests" if self.serve else ""
        return f"{verb} {' or '.join(map(str, self.alternatives))}{meanwhile}{self._where()}"


class Alternative(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reaction that passes; ``name`` and ``fields`` narrow it down.

    ``warning`` is reported with the pass. ``over``: with this reaction the conversation is at its end, the
    steps that follow are for the others.
    """

    kind: Kind
    name: str = ""
    fields: dict[str, Any] = {}
    warning: str = ""
    over: bool = False

    def __str__(self) -> str:
        text = self.kind.value if not self.name else f"{self.kind.value} {self.name}"
        if self.fields:
            text += " with " + ", ".join(f"{name} {value}" for name, value in self.fields.items())
        return text


class Verify(Step, frozen=True, kw_only=True, tag="verify"):
    """Judge a field of the last PDU of that name that came on this connection.

    ``field`` is a path such as ``SES.AC.version`` or ``PRES.CPA.results.2.result``. ``is_in`` lists the
    values that pass, ``pixit`` names the PIXIT entry whose value does. ``optional``: a PDU or field that is
    absent passes too. ``absent``: nothing else passes.
    """

    requirement: str
    field: str
    is_in: tuple[Any, ...] = ()
    pixit: str = ""
    at_most: int | None = None
    at_least: int | None = None
    optional: bool = False
    absent: bool = False
    severity: Severity = Severity.FORM

    def __str__(self) -> str:
        return f"check that {self.field} is {self.expected()}{self._where()}"

    def expected(self) -> str:
        """Return the condition in words."""
        if self.absent:
            return "absent"
        parts = [" or ".join(map(show_value, self.is_in))] if self.is_in else []
        if self.pixit:
            parts.append(f"{self.pixit} of the PIXIT")
        if self.at_least is not None:
            parts.append(f"at least {self.at_least}")
        if self.at_most is not None:
            parts.append(f"at most {self.at_most}")
        return (" and ".join(parts) or "present") + (", or absent" if self.optional else "")


class NoFinding(Step, frozen=True, kw_only=True, tag="no-finding"):
    """Judge that the tester's own checks whose identifiers begin with one of ``steps`` found nothing.

    ``tolerated``: what they find is a warning and not a fail (a field note, a deviation of form that
    readers accept).
    """

    requirement: str
    steps: tuple[str, ...]
    tolerated: bool = False
    severity: Severity = Severity.FORM

    def __str__(self) -> str:
        kind = "note deviations" if self.tolerated else "check that there is no deviation"
        return f"{kind} in {', '.join(self.steps)}{self._where()}"


class Fill(Step, frozen=True, kw_only=True, tag="fill"):
    """Associate until the DUT holds as many associations as the PIXIT says (``max_associations``).

    ``held`` of them the conversation holds already; the new connections are numbered from ``on`` up. One
    that is not made is tried again within ``limit.associate``, since a device may need a moment to forget
    another that has ended. Without a ``requirement`` this only leads up to what the case is about.
    """

    requirement: str = ""
    held: int = 0

    def __str__(self) -> str:
        return f"associate until max_associations of the PIXIT stand, from connection {self.on} on"


class Act(Step, frozen=True, kw_only=True, tag="act"):
    """Have the DUT do something, by the PIXIT's action of that name.

    ``may_fail``: a correct DUT refuses (it has no association to send a request on, for instance).
    """

    action: str
    may_fail: bool = False

    def __str__(self) -> str:
        return f"action {self.action}"


class Wait(Step, frozen=True, kw_only=True, tag="wait"):
    """Let time pass: ``seconds``, or the PIXIT value that ``limit`` names."""

    seconds: float = 0.0
    limit: str = ""

    def __str__(self) -> str:
        return f"wait {self.limit or f'{self.seconds:g} s'}"


class Close(Step, frozen=True, kw_only=True, tag="close"):
    """End the TCP connection from the tester's side: ``fin``, ``reset`` or ``half`` (FIN, still reading)."""

    how: str = "fin"

    def __str__(self) -> str:
        return f"end the TCP connection ({self.how}){self._where()}"


JudgingStep = Expect | Verify | NoFinding | Fill
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
    | Expect
    | Verify
    | NoFinding
    | Fill
    | Act
    | Wait
    | Close
)


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of one try; ``label`` names the value when a case tries several."""

    steps: tuple[AnyStep, ...]
    label: str = ""

    def recipe(self) -> list[str]:
        """Return the steps in words, one line each."""
        return [str(step) for step in self.steps]


def conversation(*steps: AnyStep | tuple[AnyStep, ...], label: str = "") -> Conversation:
    """Join steps, and tuples of steps that suites name, into a conversation."""
    flat: list[AnyStep] = []
    for item in steps:
        if isinstance(item, tuple):
            flat.extend(item)
        else:
            flat.append(item)
    return Conversation(steps=tuple(flat), label=label)


def show_value(value: Any) -> str:
    """Return ``value`` as a report prints it: octets in hexadecimal."""
    return value.hex(" ") if isinstance(value, bytes) else str(value)
