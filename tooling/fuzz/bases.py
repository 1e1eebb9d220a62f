"""Base conversations: what passes as it stands, and what cases are made of by putting mutations in."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from conform62351.pics.conditions import Answer
from conform62351.pics.pixit_actions import DEFAULT_CONFIGURATION, STACKS
from conform62351.profiles.mms.codec import encode_pdu
from conform62351.profiles.osi import acse, presentation, session
from conform62351.profiles.osi.apdu import RLRQ
from conform62351.profiles.osi.parameters import ACSE_CONTEXT, MMS_CONTEXT
from conform62351.profiles.osi.ppdu import TD, UD, Pdv
from conform62351.profiles.osi.spdu import FinishSpdu
from conform62351.profiles.role import Role
from conform62351.tooling.engine.dut import HOST, STACK_CLAIMS, Dut
from conform62351.tooling.engine.handshake import Handshake, ModeName
from conform62351.tooling.engine.outcomes import (
    AARQ,
    ABORTED,
    ASSOCIATED,
    CONCLUDED,
    ENDED,
    RELEASE_REQUESTED,
    RELEASED,
    REQUEST,
    RESPONSE,
    SILENT,
    TRANSPORT_CONNECTED,
    reach,
)
from conform62351.tooling.engine.security import NATIVE, WITH_TLS
from conform62351.tooling.engine.steps import (
    Abort,
    Accept,
    Act,
    AnswerAssociation,
    AnswerRelease,
    AnyStep,
    Associate,
    Conclude,
    Connect,
    Conversation,
    Inject,
    OpenTransport,
    Rekey,
    Release,
    Request,
    Respond,
    SendSecPdu,
    conversation,
)
from conform62351.tooling.engine.tls import Tls

Steps = tuple[AnyStep, ...]


class Moment(StrEnum):
    """When in the course of an association the mutations come."""

    OPENING = "opening"
    ASSOCIATING = "associating"
    DATA = "data"
    REKEY = "rekey"
    RELEASE = "release"
    BEFORE = "before"
    """Data, or a release, before there is an association."""
    AFTER = "after"
    """Data after a release or an abort."""


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation without mutations that the device takes part in as the steps expect.

    ``role`` is that of the device, ``stack`` one of those of the PIXIT, and ``configuration`` the one that
    the device has to be in. The first ``opening`` steps open an association that may stay open for many
    cases; 0 where each needs one of its own.
    """

    name: str
    role: Role
    stack: str
    moment: Moment
    conversation: Conversation
    configuration: str
    opening: int = 0


_MODES: Final[dict[ModeName, tuple[str, ...]]] = {
    "ae": ("T11.AE",),
    "separate": ("T11.non-AE", "E2E.non-AE-encryption"),
    "clear": ("T11.non-AE", "E2E.integrity-only"),
}
"""The modes of native mode, with the items of the PICS, without their roles, that they rest on."""
_CONFIGURATIONS_OF_CLIENTS: Final[dict[tuple[str, ModeName], str]] = {
    ("native", "separate"): "native-separate",
    ("native", "clear"): "native-clear",
    ("native-tls", "clear"): "native-clear-tls",
}
"""Configurations in which a device that is client offers a mode; in that of the stack it offers AE."""
_CURVES: Final = {"secp256r1": "E2E.group-23", "brainpoolP256r1": "E2E.group-28"}
_OVER: Final = (*ENDED, ABORTED, SILENT)
"""What a device may do about what is out of place: end the connection or the association, or drop it."""
_READ: Final = Request(service="read", point="data.read")
_INVOKE_ID: Final = 77
_PDU: Final = encode_pdu("confirmed-RequestPDU", {"invokeID": _INVOKE_ID, "service": ("identify", None)})
_DATA: Final = presentation.encode(TD((Pdv(MMS_CONTEXT, _PDU),)))
_FINISH: Final = session.encode(
    FinishSpdu(user_data=presentation.encode(UD((Pdv(ACSE_CONTEXT, acse.encode(RLRQ())),))))
)
_INJECTED_DATA: Final = Inject(layer="session", octets=_DATA, name="PRES.TD", may_break=True)
_INJECTED_RELEASE: Final = Inject(layer="cotp", octets=_FINISH, name="SES.FN", may_break=True)


def bases_for(dut: Dut) -> tuple[Base, ...]:
    """Return the bases that suit what the device claims, and what the set-up offers.

    Each role that it claims comes with each stack that it claims in that role and that the PIXIT has a
    configuration for; native mode with each mode that it claims.
    """
    return tuple(base for role in Role for stack in STACKS for base in _of_stack(dut, role, stack))


def _of_stack(dut: Dut, role: Role, stack: str) -> Iterator[Base]:
    if not _reachable(dut, role) or not _claims(dut, role, *STACK_CLAIMS[stack]):
        return
    usual = _configuration(dut, stack)
    for mode, claims in _MODES.items() if stack in NATIVE else (("", ()),):
        if not _claims(dut, role, *claims):
            continue
        configuration = usual
        if role is Role.CLIENT and mode not in ("", "ae"):
            configuration = _CONFIGURATIONS_OF_CLIENTS.get((stack, mode), "")
        if configuration == DEFAULT_CONFIGURATION or configuration in dut.pixit.configurations:
            yield from _Maker(dut, role, stack, mode, configuration).make()


def _reachable(dut: Dut, role: Role) -> bool:
    if not _claims(dut, role, "T6.OSI"):
        return False
    return bool(dut.pixit.text(HOST)) if role is Role.SERVER else dut.actions.offers("connect")


def _claims(dut: Dut, role: Role, *items: str) -> bool:
    """Return whether the PICS does not deny the items in a role."""
    answers = dut.declaration.answers
    return all(answers.get(f"{item}.{role.value}") is not Answer.NO for item in items)


def _configuration(dut: Dut, stack: str) -> str:
    """Return the configuration of the device that has this stack, the one that is called like it first."""
    names = (stack, DEFAULT_CONFIGURATION, *dut.pixit.configurations)
    known = (name for name in names if name == DEFAULT_CONFIGURATION or name in dut.pixit.configurations)
    return next((name for name in known if dut.stack_of(name) == stack), "")


def _quick_groups(dut: Dut, role: Role) -> tuple[str, ...]:
    """Return an elliptic curve that the device claims: keys of other groups cost more than all the rest.

    Without one it is every group.
    """
    curves = dict(_CURVES)
    if dut.pixit.text("native.group23") != "secp256r1":
        del curves["secp256r1"]
    return next(((name,) for name, item in curves.items() if _claims(dut, role, item)), ())


class _Maker:
    """Makes the bases of one role, stack and mode."""

    def __init__(self, dut: Dut, role: Role, stack: str, mode: ModeName, configuration: str) -> None:
        self._dut = dut
        self._role = role
        self._stack = stack
        self._mode = mode
        self._configuration = configuration
        self._native = stack in NATIVE
        self._handshake = Handshake(mode=mode, groups=_quick_groups(dut, role)) if mode else None

    def make(self) -> Iterator[Base]:
        yield from self._of_server() if self._role is Role.SERVER else self._of_client()

    def _base(self, moment: Moment, what: str, *steps: AnyStep | Steps, opening: int = 0) -> Base:
        parts = (self._role.value, self._stack, self._mode, moment.value, what)
        return Base(
            name="/".join(filter(None, parts)),
            role=self._role,
            stack=self._stack,
            moment=moment,
            conversation=conversation(*steps),
            configuration=self._configuration,
            opening=opening,
        )

    @property
    def _tls(self) -> Tls | None:
        """The tester's own engine, where there is TLS: a library lets nobody change its messages."""
        return Tls() if self._stack in WITH_TLS else None

    def _offers(self, action: str) -> bool:
        return self._dut.actions.offers(action)

    def _of_server(self) -> Iterator[Base]:
        reached = reach(TRANSPORT_CONNECTED, limit="limit.connect")
        transport: Steps = (Connect(), OpenTransport(), reached)
        associate = (Associate(handshake=self._handshake), reach(ASSOCIATED, limit="limit.associate"))
        opened = (*transport, *associate)
        answered = (_READ, reach(RESPONSE))
        yield self._base(Moment.OPENING, "", Connect(tls=self._tls), OpenTransport(), reached)
        yield self._base(Moment.ASSOCIATING, "", opened, answered)
        if self._native:
            everything = msgspec.structs.replace(associate[0], handshake=Handshake(mode=self._mode))
            yield self._base(Moment.ASSOCIATING, "groups", transport, everything, associate[1], answered)
        for what, request in self._requests():
            steps = (request, reach(RESPONSE))
            yield self._base(Moment.DATA, what, opened, steps, opening=len(opened))
        if self._native:
            yield self._base(Moment.REKEY, "", opened, Rekey(), answered, answered)
        yield self._base(Moment.RELEASE, "", opened, Release(), reach(RELEASED))
        yield self._base(
            Moment.RELEASE, "conclude", opened, Conclude(), reach(CONCLUDED), Release(), reach(RELEASED)
        )
        for what, stray in self._strays():
            yield self._base(Moment.BEFORE, what, transport, stray, reach(_OVER))
            yield self._base(
                Moment.AFTER, f"release-{what}", opened, Release(), stray, reach(RELEASED, _OVER)
            )
        yield self._base(Moment.AFTER, "abort", opened, Abort(), _INJECTED_DATA, reach(_OVER))

    def _of_client(self) -> Iterator[Base]:
        asked = reach(AARQ, limit="limit.associate")
        connected: Steps = (Act(action="connect"), Accept(), asked)
        opened = (*connected, AnswerAssociation(handshake=self._handshake))
        yield self._base(Moment.OPENING, "", Act(action="connect"), Accept(tls=self._tls), asked)
        for what, stray in self._strays():
            yield self._base(Moment.BEFORE, what, connected, stray, reach(_OVER))
        released = (Release(), reach(RELEASED, serve=True))
        yield self._base(Moment.RELEASE, "", opened, released)
        for what, stray in self._strays():
            behind = (Release(), stray, reach(RELEASED, _OVER, serve=True))
            yield self._base(Moment.AFTER, f"release-{what}", opened, behind)
        yield self._base(Moment.AFTER, "abort", opened, Abort(), _INJECTED_DATA, reach(_OVER, serve=True))
        ended = reach(*ENDED, SILENT, limit="limit.close")
        if self._offers("release") and _claims(self._dut, self._role, "OSI.release-initiation"):
            own = (Act(action="release"), reach(RELEASE_REQUESTED, serve=True), AnswerRelease())
            yield self._base(Moment.RELEASE, "own", opened, own, ended)
        refusal = AnswerAssociation(reject=True, handshake=self._handshake)
        refused = self._base(Moment.ASSOCIATING, "refused", connected, refusal, ended)
        if not self._offers("send-request"):
            yield refused
            return
        wanted = (Act(action="send-request", may_fail=True), reach(REQUEST))
        answered = (*wanted, Respond())
        yield self._base(Moment.ASSOCIATING, "", opened, wanted)
        yield refused
        yield self._base(Moment.DATA, "", opened, answered, wanted, opening=len(opened))
        if self._native:
            yield self._base(Moment.REKEY, "", opened, Rekey(), answered, answered, wanted)

    def _requests(self) -> Iterator[tuple[str, Request]]:
        """Yield the requests to a server by the names of their services, as far as the PIXIT has objects."""
        yield "read", _READ
        yield "identify", Request(service="identify")
        yield "status", Request(service="status")
        yield "getNameList", Request(service="getNameList")
        attributes = "getVariableAccessAttributes"
        yield attributes, Request(service=attributes, point="data.read")
        if self._dut.pixit.text("data.write"):
            arguments: dict[str, Any] = {"data": ("boolean", False)}
            yield "write", Request(service="write", point="data.write", arguments=arguments)
        if self._dut.pixit.text("data.data_set"):
            members = "getNamedVariableListAttributes"
            yield members, Request(service=members, point="data.data_set")

    def _strays(self) -> Iterator[tuple[str, AnyStep]]:
        """Yield what comes where there is no association."""
        yield "data", _INJECTED_DATA
        yield "release", _INJECTED_RELEASE
        if self._native:
            pdu: Any = "ClearTransfer" if self._mode == "clear" else "EncrTransfer"
            yield "transfer", SendSecPdu(pdu=pdu, may_break=True)


def chosen_bases(bases: Iterable[Base], roles: Collection[str], stacks: Collection[str]) -> tuple[Base, ...]:
    """Return the bases of some roles and stacks; of all where none are named."""
    return tuple(
        base
        for base in bases
        if (not roles or base.role in {Role(name) for name in roles}) and (not stacks or base.stack in stacks)
    )
