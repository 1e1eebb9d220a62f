"""The other side of a device in tests that go every wrong way: it can send any SecPDU in any state.

Nothing that the device does ends it, and what it sends can be bent once, before signature or ICV or behind.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.profiles.compatibility.parameters import RisingTimes
from conform62351.profiles.crypto.algorithms import algorithm, identifier
from conform62351.profiles.environments.osi.association import NativeAssociation
from conform62351.profiles.environments.osi.parameters import NativeSecurity
from conform62351.profiles.generalized_time import write_time
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.server import MmsServer
from conform62351.profiles.native.ber import BerCodec
from conform62351.profiles.native.codec import Carrier
from conform62351.profiles.native.handshake import ClientHandshake
from conform62351.profiles.native.identity import Numbers, joined
from conform62351.profiles.native.parameters import Connection, LocalPolicy, Mode, NativeParameters
from conform62351.profiles.native.secpdus import (
    ApplAbort,
    ApplicationReject,
    ClearTransfer,
    DtSecAbort,
    EncrTransfer,
    HandshakeAcc,
    HandshakeReq,
    HandshakeSecAbort,
    HandshakeSecReject,
    ReleaseReq,
    ReleaseRsp,
    Transfer,
    WithToken3,
)
from conform62351.profiles.native.signing import Signer
from conform62351.profiles.native.tokens import Authenticator, ClearToken2
from conform62351.profiles.osi.events import Data
from conform62351.profiles.osi.situation import State
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Wanted
from conform62351.tooling.net.channel import Channel, End
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.errors import NetError

WITH_TOKEN3: Final[Mapping[str, type[WithToken3]]] = {
    kind.__name__: kind
    for kind in (
        ApplicationReject,
        HandshakeSecReject,
        HandshakeSecAbort,
        DtSecAbort,
        ApplAbort,
        ReleaseReq,
        ReleaseRsp,
    )
}
HANDSHAKES: Final = ("HandshakeReq", "HandshakeAcc")
TRANSFERS: Final[Mapping[str, type[Any]]] = {"ClearTransfer": ClearTransfer, "EncrTransfer": EncrTransfer}
SECPDUS: Final = (*HANDSHAKES, *WITH_TOKEN3, *TRANSFERS, "osiDiagnostics")
CARRIERS: Final = (Carrier.ABRT, Carrier.RLRQ, Carrier.RLRE, Carrier.AARE, Carrier.DATA)
GROUPS: Final = ("secp256r1",)
LONG_AGO: Final = b"20200101000000.000Z"
OTHER_ASSOCIATION: Final = "999:998"
TPKT_HEADER: Final = 4

Change = Callable[[Any], Any]
OVER: Final = (State.ENDING, State.CLOSED)


class Bend(Policy):
    """Goes on whatever it finds; changes what it is told to, once."""

    def __init__(self) -> None:
        self.values: dict[str, Change] = {}
        self.octets: dict[str, Change] = {}

    def rewrite(self, name: str, value: Any) -> Any:
        """Return the value, changed if it is its turn."""
        return self.values.pop(name, _same)(value)

    def rewrite_octets(self, name: str, octets: bytes) -> bytes | None:
        """Return the octets, changed if it is their turn."""
        changed: bytes = self.octets.pop(name, _same)(octets)
        return changed

    def reacts(self, finding: Finding) -> bool:
        """Go on."""
        return False


class Sender:
    """Has one identity, and remembers what it has sent of native mode on all its connections.

    ``twin`` is a device in the same role, whose titles it uses.
    """

    def __init__(self, role: Role, folder: CredentialFolder, twin: ReferenceDevice) -> None:
        self.role = role
        self.bend = Bend()
        self.codec = BerCodec()
        self.sent: list[bytes] = []
        self._twin = twin
        clock = twin.clock
        self._numbers = Numbers()
        self.native = NativeParameters(
            now=clock.unix,
            randomness=os.urandom,
            credential=folder.credential("e2e"),
            trust=folder.trust,
            signing_time=RisingTimes(clock.unix),
        )

    def link(self, channel: Channel, mode: Mode) -> Link:
        """Return what speaks over a connection; as a client it offers ``mode``."""
        native = msgspec.structs.replace(self.native, local=LocalPolicy(groups=GROUPS, mode=mode))
        security = NativeSecurity(native=native, numbers=self._numbers)
        parameters = self._twin.shared.configuration.parameters(self.role)
        return Link(self, channel, NativeAssociation(self.role, parameters, security, self.bend))

    def secpdu(self, name: str, asso_id: str | None, data: bytes) -> bytes:
        """Return a SecPDU, made and signed now; one of data has an ICV of zeros."""
        asso_id = asso_id or OTHER_ASSOCIATION
        signer = Signer(self.native, self.codec, self.bend)
        if name == "osiDiagnostics":
            return self.codec.osi_fault(1)
        if name in TRANSFERS:
            return self._transfer(name, asso_id, data)
        if name in HANDSHAKES:
            return _octets(signer.sign(self._handshake(name, asso_id)).octets)
        pdu: Any = WITH_TOKEN3[name](token3=signer.token3(asso_id))
        return _octets(signer.sign(pdu).octets)

    def _handshake(self, name: str, asso_id: str) -> HandshakeReq | HandshakeAcc:
        native = msgspec.structs.replace(self.native, local=LocalPolicy(groups=GROUPS))
        machine = ClientHandshake(native, self.codec, Connection(peer_address=lambda: None), 0)
        made = machine.request(MmsClient().initiate().octets).pdu
        assert isinstance(made, HandshakeReq)
        if name == "HandshakeReq":
            return HandshakeReq(pp=made.pp, token1=made.token1, applData=made.applData)
        token = msgspec.structs.replace(made.token1, assoID=joined(made.token1.assoID, 0))
        return HandshakeAcc(pp=made.pp, token1=token)

    def _transfer(self, name: str, asso_id: str, data: bytes) -> bytes:
        encrypted = name == "EncrTransfer"
        iv = os.urandom(16) if encrypted else None
        token = ClearToken2(assoID=asso_id, time=write_time(self.native.now()), seq=0, iv=iv)
        auth = Authenticator(identifier(algorithm("hmacWithSHA256")), bytes(32))
        pdu: Transfer = TRANSFERS[name](token2=token, applData=data, auth=auth)
        return self.codec.transfer(pdu, self.codec.tbp(pdu).octets)


class Link:
    """One connection, with an association or without."""

    def __init__(self, sender: Sender, channel: Channel, association: NativeAssociation) -> None:
        self.association = association
        self.client = MmsClient()
        self.server = MmsServer(reference_model())
        self.events: list[Any] = []
        self.heard: list[str] = []
        """The names of what the device has sent, since somebody looked."""
        self.late = b""
        """What the device has sent after it had ended the association."""
        self.ended = False
        self.is_up = False
        """Whether there is a transport connection."""
        self._sender = sender
        self._channel = channel
        self._buffer = b""

    def flush(self, behind: bytes = b"") -> None:
        """Send what is queued in one piece, with octets behind it."""
        for message in self.association.take_output():
            if any(name.startswith("E2E.") for name in message.names):
                self._sender.sent.append(message.octets)
            self.raw(message.octets + behind)
            behind = b""

    def raw(self, octets: bytes) -> None:
        """Send octets, as far as the device still takes any."""
        with suppress(NetError):
            self._channel.send(octets, limit=LIMIT_S)

    def queued(self) -> bytes:
        """Take what is queued, without sending it."""
        return b"".join(message.octets for message in self.association.take_output())

    def wait(self, kind: type[Wanted]) -> Wanted:
        """Return the next event of ``kind``; those before it are dropped."""
        self.flush()
        deadline = time.monotonic() + LIMIT_S
        while True:
            while self.events:
                event = self.events.pop(0)
                if isinstance(event, kind):
                    return event
            assert not self.ended, f"the end, and {self.heard}, before {kind.__name__}"
            assert self._read(deadline), f"no {kind.__name__} within {LIMIT_S} s"
            self.flush()

    def data(self, limit: float) -> list[bytes]:
        """Return the data that have come, or come within ``limit`` seconds; other events are dropped."""
        if not self.events and not self.ended:
            self._read(time.monotonic() + limit)
        events, self.events = self.events, []
        return [event.octets for event in events if isinstance(event, Data)]

    def answers(self) -> list[str]:
        """Return the SecPDUs that have come since the last time."""
        heard, self.heard = self.heard, []
        return [name for name in heard if name.startswith("E2E.")]

    def farewell(self, behind: bytes = b"") -> list[str]:
        """Wait for the end, and return what the device said before it: SecPDUs.

        Once it has ended the association ``behind`` is sent, and nothing may be said to that.
        """
        deadline = time.monotonic() + LIMIT_S
        while not self.ended and self.association.state not in OVER:
            assert self._read(deadline), f"no end within {LIMIT_S} s after {self.heard}"
        if not self.ended:
            self.raw(behind)
            with suppress(NetError):
                self._channel.half_close()
        while not self.ended:
            assert self._read(deadline), f"TCP stands {LIMIT_S} s after the end of the association"
        assert self.late == b"", f"{self.late.hex()} after the end of the association"
        self.close()
        return self.answers()

    def close(self) -> None:
        """Close the connection."""
        self.ended = True
        self.association.receive_eof()
        self._channel.close()

    def _read(self, deadline: float) -> bool:
        """Read what comes next; return whether anything did in time."""
        got = self._channel.receive(max(deadline - time.monotonic(), 0.0))
        if isinstance(got, End):
            self.ended = got is not End.TIMEOUT
            return self.ended
        self._buffer += got
        while len(self._buffer) >= TPKT_HEADER:
            length = int.from_bytes(self._buffer[2:TPKT_HEADER], "big")
            if len(self._buffer) < length:
                break
            packet, self._buffer = self._buffer[:length], self._buffer[length:]
            if self.association.state in OVER:
                self.late += packet
            self.events += self.association.receive(packet)
            self.heard += [pdu.name for pdu in self.association.take_received()]
        return True


def _same(value: Any) -> Any:
    return value


def _octets(octets: bytes | None) -> bytes:
    assert octets is not None
    return octets
