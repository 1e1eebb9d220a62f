"""The device as far as its checks go: what a correct one finds in what was sent to it.

The octets go through the checks of ``profiles``, as a device makes them, with keys of the tester where keys
are needed, and the first message that is at fault is told with all its faults.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from conform62351.profiles.compatibility.association import CompatibilityAssociation
from conform62351.profiles.compatibility.replay import ReplayMemory
from conform62351.profiles.dissection.stream import packets
from conform62351.profiles.environments.osi.environment import NativeEnvironment
from conform62351.profiles.environments.osi.taking import title_of
from conform62351.profiles.errors import ProtocolError
from conform62351.profiles.events import Faulted, Noted
from conform62351.profiles.mms.codec import decode_pdu
from conform62351.profiles.native.codec import Carrier, SecPduError
from conform62351.profiles.native.examination import HandshakeExamination, Received, Token3Examination
from conform62351.profiles.native.handshake import fresh_key
from conform62351.profiles.native.handshake_checks import HANDSHAKE_TABLE
from conform62351.profiles.native.parameters import Connection, NativeParameters
from conform62351.profiles.native.replay import WINDOW, ReplayStore
from conform62351.profiles.native.secpdus import Handshake, ReleaseReq, WithToken3
from conform62351.profiles.native.token3_checks import TOKEN3_TABLE
from conform62351.profiles.native.transfer import DataTransfer
from conform62351.profiles.osi import association as osi
from conform62351.profiles.osi.apdu import UserInformation
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.policy import Finding, Policy, Reaction
from conform62351.profiles.role import Role
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.security import WITH_AUTHENTICATION, WITH_TLS
from conform62351.tooling.fuzz.case import Delivered

MARGIN_S: Final = 30.0
"""By how much a time must pass the window before it is certain that a device has to refuse it."""
NOT_CERTAIN: Final = frozenset(
    {
        "E2E.HS.6.4",
        "E2E.HS.7.3",
        "E2E.HS.24",
        "E2E.T3.6.4",
        "E2E.T3.7.3",
        "CMP.14",
    }
)
"""Checks that not every device makes: revocation and attribute certificates are a matter of its PICS."""
MOST_POSSIBLE: Final = 64
_GRAVE: Final = frozenset(
    {Reaction.CLOSE, Reaction.ERROR_AND_CLOSE, Reaction.DISCONNECT, Reaction.REFUSE, Reaction.ABORT}
)
_DUMMY: Final = b"\xa0\x00"
_OWN: Final = ("E2E.HS.", "E2E.T3.", "E2E.DT.", "CMP.")
"""The checks of both modes: of what they find, a device may overlook nothing."""


class Stage(StrEnum):
    """How far the device was when what it has to refuse came, or how far it got."""

    CONNECTING = "connecting"
    ASSOCIATING = "associating"
    OPEN = "open"
    RELEASING = "releasing"


_STAGES: Final = tuple(Stage)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an input.

    Without ``known`` nothing is, and the rest says nothing. ``faults`` are what the checks find in the first
    message that is at fault; the device was in ``stage`` then. Before it came what was in order: a request
    for an association where ``asked`` says so, and ``data`` PDUs of the protected protocol, of which
    ``requests`` ask for an answer.
    """

    known: bool = False
    faults: tuple[Finding, ...] = ()
    possible: tuple[Finding, ...] = ()
    stage: Stage = Stage.CONNECTING
    asked: bool = False
    data: int = 0
    requests: int = 0

    @property
    def security(self) -> tuple[Finding, ...]:
        """What the checks of native and compatibility mode find."""
        return tuple(finding for finding in self.faults if finding.step.startswith(_OWN))


UNKNOWN: Final = Standing()


class _Noting(Policy):
    """Goes on whatever is found, so that all faults of a message are."""

    def reacts(self, finding: Finding) -> bool:  # noqa: ARG002 - whatever it is
        """Return False."""
        return False


class Twin:
    """The device as far as its checks go, without keys and credentials of its own, for one connection."""

    def __init__(
        self,
        dut: Dut,
        role: Role,
        stack: str,
        delivered: Delivered,
        parameters: OsiParameters,
        native: NativeParameters | None,
        tolerated: frozenset[str],
        *,
        rekeys: bool,
    ) -> None:
        self._dut = dut
        self._role = role
        self._stack = stack
        self._delivered = delivered
        self._tolerated = tolerated
        self._rekeys = rekeys
        self._policy = _Noting()
        self._native = native
        if native is not None:
            self._native = msgspec.structs.replace(native, store=ReplayStore(), now=self._now)
            self._security = dut.security.native.security(self._native, tls=False, tls_certificate=None)
        self._osi = parameters
        self._association = self._made()
        self._transfer: DataTransfer | None = None
        self._title: str | None = None
        self._found: list[Finding] = []
        self._possible: list[Finding] = []
        self._asked = False
        self._data = 0
        self._requests = 0
        self._known = True

    def _now(self) -> float:
        """Return the device's time, as far as it is known."""
        return self._dut.clock.unix() + (self._dut.known_clock.offset or 0.0)

    def _made(self) -> osi.Association:
        if self._native is not None:
            environment = NativeEnvironment(self._security.codec, self._policy)
            return osi.Association(self._role, self._osi, self._policy, environment=environment)
        if self._stack in WITH_AUTHENTICATION:
            security = msgspec.structs.replace(
                self._dut.security.parameters(None),
                credential=None,
                now=self._now,
                memory=ReplayMemory(),
                window=WINDOW + MARGIN_S,
            )
            return CompatibilityAssociation(self._role, self._osi, security, self._policy)
        return osi.Association(self._role, self._osi, self._policy)

    def run(self, until: Stage = Stage.RELEASING) -> Standing:
        """Take what was sent, up to the first message at fault, or to where the device is past ``until``."""
        if self._role is Role.CLIENT:
            self._association.open_transport()
        stage = Stage.CONNECTING
        for message in self._messages():
            stage = self._stage()
            if stage is Stage.RELEASING or _STAGES.index(stage) > _STAGES.index(until):
                # A device need not look at what comes behind a release, nor at more behind an abort.
                break
            for event in self._association.receive(message):
                self._take(event)
            self._association.take_output()
            self._association.take_received()
            if self._found or not self._known:
                break
            stage = self._stage()
        return Standing(
            known=self._known,
            faults=tuple(self._found),
            possible=tuple(self._possible[:MOST_POSSIBLE]),
            stage=stage,
            asked=self._asked,
            data=self._data,
            requests=self._requests,
        )

    def _messages(self) -> Iterator[bytes]:
        """Yield what was sent, packet by packet as far as there are packets: a device reads them so."""
        for message in self._delivered.sent:
            for start, end in packets(message):
                yield message[start:end]

    def _stage(self) -> Stage:
        match self._association.state:
            case osi.State.IDLE:
                return Stage.CONNECTING
            case osi.State.CONNECTED | osi.State.ASSOCIATING | osi.State.INDICATED:
                return Stage.ASSOCIATING
            case osi.State.OPEN:
                return Stage.OPEN
        return Stage.RELEASING

    def _keep(self, findings: Sequence[Finding]) -> None:
        for one in findings:
            if one.fault.reaction in _GRAVE:
                (self._possible if one.step in self._tolerated else self._found).append(one)

    def _take(self, event: Any) -> None:
        match event:
            case Faulted(finding=finding) | Noted(finding=finding):
                self._keep((finding,))
            case osi.TransportConfirm():
                self._association.associate(_DUMMY, "MMS")
            case osi.AssociateIndication(aarq=aarq):
                self._title = title_of(aarq.calling_ap_title, aarq.calling_ae_qualifier)
                self._handshake(Carrier.AARQ, aarq.user_information)
                self._asked = not self._found
                self._association.accept(_DUMMY, "MMS")
            case osi.AssociateConfirm(aare=aare):
                self._title = title_of(aare.responding_ap_title, aare.responding_ae_qualifier)
                self._handshake(Carrier.AARE, aare.user_information)
            case osi.Data(context=context, octets=octets):
                self._take_data(context, octets)
            case osi.ReleaseIndication(rlrq=rlrq) if self._native is not None and rlrq is not None:
                self._release(rlrq.user_information)

    def _handshake(self, carrier: Carrier, information: UserInformation | None) -> None:
        if self._native is None:
            return
        request = None
        if carrier is Carrier.AARE:
            request = self._delivered.request
            if request is None:
                self._known = False
                return
        received = self._read(carrier, information)
        if received.pdu is not None and not isinstance(received.pdu, Handshake):
            self._known = False
            return
        native = self._native
        examination = HandshakeExamination(
            received,
            native,
            self._connection(),
            self._policy,
            own_key=lambda group: fresh_key(native, group),
            request=request,
        )
        self._keep(HANDSHAKE_TABLE.findings(examination, self._policy))

    def _connection(self) -> Connection:
        return Connection(lambda: self._title, self._stack in WITH_TLS, None)

    def _read(self, carrier: Carrier, information: UserInformation | None) -> Received:
        octets = (information[0].octets if information else b"") or b""
        try:
            pdu = self._security.codec.decode(carrier, octets).pdu
        except SecPduError as error:
            return Received(None, error)
        return Received(pdu if isinstance(pdu, Handshake | WithToken3) else None)

    def _take_data(self, context: int, octets: bytes) -> None:
        if self._native is not None:
            if self._association.contexts.get(context) != self._osi.protocol_syntax:
                return
            found = self._unprotected(octets)
            if found is None:
                return
            octets = found
        if self._found:
            return
        self._data += 1
        try:
            pdu = decode_pdu(octets)
        except ProtocolError:
            return
        if pdu.name == "confirmed-RequestPDU":
            self._requests += 1

    def _unprotected(self, octets: bytes) -> bytes | None:
        """Return the PDU of the protected protocol, None where it cannot be had."""
        transfer = self._keyed()
        if transfer is None:
            self._known = False
            return None
        received = transfer.receive(octets)
        token = None if received.pdu is None else received.pdu.token2
        if token is not None and self._rekeys and (token.rekey is not None or token.changedKey):
            # The keys from here on are made of a private key of the device.
            self._known = False
            return None
        self._keep(received.noted)
        return received.applData

    def _keyed(self) -> DataTransfer | None:
        established = self._delivered.established
        native = self._native
        if self._transfer is None and established is not None and native is not None:
            self._transfer = DataTransfer(
                self._role,
                established.agreed,
                established.own,
                established.peer_public,
                self._security.codec,
                clock=self._now,
                randomness=os.urandom,
                policy=self._policy,
                window=WINDOW + MARGIN_S,
                secret=established.secret,
            )
        return self._transfer

    def _release(self, information: UserInformation | None) -> None:
        established = self._delivered.established
        if established is None or self._native is None:
            self._known = False
            return
        examination = Token3Examination(
            self._read(Carrier.RLRQ, information),
            self._native,
            self._connection(),
            self._policy,
            kind=ReleaseReq,
            expected=frozenset((established.agreed.assoID,)),
        )
        self._keep(TOKEN3_TABLE.findings(examination, self._policy))
