"""The steps that open connections, make associations on them and end these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from conform62351.tooling.engine.authenticate import NO_CERTIFICATE, TESTER_TLS, Authenticate
from conform62351.tooling.engine.handshake import Handshake, Signing
from conform62351.tooling.engine.step import SendingStep, Step
from conform62351.tooling.engine.tls import Tls
from conform62351.tooling.net.raw_stream import WAYS

RawWay = Literal["", "half-open", "out-of-order", "overlapping", "twice"]
"""How segments of the tester's own TCP go, by the names of :data:`~conform62351.tooling.net.raw_stream.WAYS`;
empty for those of the system's TCP."""


class Connect(Step, frozen=True, kw_only=True, tag="connect"):
    """Open a connection to the DUT.

    ``tpdu_size`` is the exponent of C0 in the CR to come, None to leave C0 out. ``stack`` is ``plain``,
    ``tls``, ``a-profile`` (authentication without TLS), ``compatibility`` (both), ``native`` (end-to-end
    security) or ``native-tls``; empty: that of the DUT's configuration. ``port`` is another stack, whose
    port is used in place of that of ``stack``.
    ``tls_credential`` is what the tester shows in TLS, empty for no certificate. With ``tls`` the tester's
    own engine does TLS as is said there. A handshake that fails is observed by the next step that waits on
    this connection. ``raw`` is how all that is sent goes over TCP, for a stack without TLS.
    """

    tpdu_size: int | None = None
    stack: str = ""
    port: str = ""
    tls_credential: str = TESTER_TLS
    tls: Tls | None = None
    raw: RawWay = ""

    def __str__(self) -> str:
        offer = "" if self.tpdu_size is None else f" for TPDUs of {1 << self.tpdu_size} octets"
        way = f", and send {WAYS[self.raw].what}" if self.raw else ""
        return f"open a TCP connection{offer}{_stack(self)}{self._where()}{way}"


class Accept(SendingStep, frozen=True, kw_only=True, tag="accept"):
    """Wait for the DUT client's connection; mutations concern the tester's CC.

    ``tpdu_size`` is the exponent of C0 that the CC does not go beyond, None for the size that the CR offers.
    ``not_known`` is an abstract syntax whose presentation context the tester will refuse. ``stack`` and what
    follows it are those of :class:`Connect`; a server has to show a certificate in TLS.
    """

    tpdu_size: int | None = None
    not_known: str = ""
    stack: str = ""
    port: str = ""
    tls_credential: str = TESTER_TLS
    tls: Tls | None = None

    def __str__(self) -> str:
        bound = "" if self.tpdu_size is None else f" for TPDUs of {1 << self.tpdu_size} octets"
        refusal = f", knowing no abstract syntax {self.not_known}" if self.not_known else ""
        return f"wait for the device's TCP connection{bound}{refusal}{_stack(self)}{self._how()}"


class OpenTransport(SendingStep, frozen=True, kw_only=True, tag="open-transport"):
    """Send CR."""

    def __str__(self) -> str:
        return f"send COTP CR{self._how()}"


class Associate(SendingStep, frozen=True, kw_only=True, tag="associate"):
    """Send initiate-Request in AARQ in CP in CONNECT.

    ``initiate`` are values to propose in place of the usual ones, by the names of InitiateParameters.
    ``authentication`` is for connections whose stack has it, ``handshake`` for native ones; None: everything
    right.
    """

    initiate: dict[str, Any] = msgspec.field(default_factory=dict)
    authentication: Authenticate | None = None
    handshake: Handshake | None = None

    def __str__(self) -> str:
        how = _secured(self.authentication, self.handshake)
        return f"send AARQ in CP in CONNECT{show_values(self.initiate)}{how}{self._how()}"


class AnswerAssociation(SendingStep, frozen=True, kw_only=True, tag="answer-association"):
    """Answer the DUT client's AARQ: accept, or reject with ``diagnostic`` of acse-service-user.

    A rejection is permanent, unless it is ``transient``.

    ``initiate`` are values that the tester can do in place of the usual ones, by the names of
    InitiateParameters; ``initiate_error``: it answers initiate with an initiate-Error. ``authentication``
    is for connections whose stack has it; None: everything right. A rejecting AARE has none. ``handshake``
    is for native ones: what the tester selects of what is offered, and how it signs. There, a rejecting AARE
    carries an ApplicationReject.
    """

    reject: bool = False
    transient: bool = False
    diagnostic: int = 1
    initiate: dict[str, Any] = msgspec.field(default_factory=dict)
    initiate_error: bool = False
    authentication: Authenticate | None = None
    handshake: Handshake | None = None

    def __str__(self) -> str:
        kind = "a transiently rejecting" if self.transient else "a rejecting"
        what = f"{kind} AARE, diagnostic {self.diagnostic}" if self.reject else "an accepting AARE"
        error = ", with an initiate-Error" if self.initiate_error else ""
        how = _secured(self.authentication, self.handshake)
        return f"answer with {what}{error}{show_values(self.initiate)}{how}{self._how()}"


class Release(SendingStep, frozen=True, kw_only=True, tag="release"):
    """Send RLRQ in FINISH; in native mode with a ReleaseReq in it, signed as ``signing`` says.

    ``conclude``: the ReleaseReq carries MMS conclude-Request; ``inside``: the request for that service, of
    the object that ``point`` names, with ``arguments`` as a step that requests it has them.
    """

    signing: Signing | None = None
    conclude: bool = False
    inside: str = ""
    point: str = ""
    arguments: dict[str, Any] = msgspec.field(default_factory=dict)

    def __str__(self) -> str:
        inside = " with conclude-Request" if self.conclude else ""
        if self.inside:
            about = f" of {self.point}" if self.point else ""
            inside = f" with the request for MMS {self.inside}{about}{show_values(self.arguments)}"
        return f"send RLRQ in FINISH{inside}{_secured(self.signing)}{self._how()}"


class AnswerRelease(SendingStep, frozen=True, kw_only=True, tag="answer-release"):
    """Answer the DUT's RLRQ with RLRE in DISCONNECT; in native mode with a ReleaseRsp, ``signing`` says how.

    A conclude-Request that came inside the RLRQ is answered inside the RLRE.
    """

    signing: Signing | None = None

    def __str__(self) -> str:
        return f"send RLRE in DISCONNECT{_secured(self.signing)}{self._how()}"


class Abort(SendingStep, frozen=True, kw_only=True, tag="abort"):
    """Send ABRT in ARU in session ABORT; in native mode with an ApplAbort, signed as ``signing`` says."""

    signing: Signing | None = None

    def __str__(self) -> str:
        return f"send ABRT in ARU in ABORT{_secured(self.signing)}{self._how()}"


def show_values(values: Mapping[str, Any]) -> str:
    """Return values by name as a step prints them behind what it does."""
    return "".join([f", {name} {value}" for name, value in values.items()])


def _stack(step: Connect | Accept) -> str:
    stack = f", stack {step.stack}" if step.stack else ""
    if step.port:
        stack += f", port for stack {step.port}"
    if step.tls_credential == NO_CERTIFICATE:
        stack += ", TLS without certificate"
    elif step.tls_credential != TESTER_TLS:
        stack += f", TLS as {step.tls_credential}"
    return stack if step.tls is None else f"{stack}, {step.tls}"


def _secured(*ways: Authenticate | Signing | None) -> str:
    return "".join([f", {how}" for how in ways if how is not None])
