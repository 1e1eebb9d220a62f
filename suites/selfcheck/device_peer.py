"""The other side of a connection in tests of the device: our own machines over a real socket."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from conform62351.fixtures.device.actions import actions_of
from conform62351.fixtures.device.configuration import Configuration, DeviceDescription, load_description
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.profiles.compatibility.association import CompatibilityAssociation
from conform62351.profiles.compatibility.parameters import CompatibilityParameters
from conform62351.profiles.mms.client import MmsClient
from conform62351.profiles.mms.messages import InformationReport, MmsMessage
from conform62351.profiles.mms.modelfile import reference_model
from conform62351.profiles.mms.server import MmsServer
from conform62351.profiles.osi.association import Association
from conform62351.profiles.osi.events import (
    AssociateConfirm,
    AssociateIndication,
    Data,
    ReleaseConfirm,
    ReleaseIndication,
)
from conform62351.profiles.osi.parameters import OsiParameters
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.securitylog import EventRecord
from conform62351.profiles.securitylog_reader import parse_line
from conform62351.profiles.transport.events import TransportConfirm
from conform62351.tooling.net.channel import Address, Channel, End, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.e2e_keys import KeyFileWriter
from conform62351.tooling.net.flow import Stream
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_contexts import TlsFactory

Wanted = TypeVar("Wanted")
LIMIT_S = 20.0
PATIENCE_S = 30.0
"""How long devices wait for their peers unless that is what is tried: a busy machine keeps these waiting."""


def description_of(**members: Any) -> DeviceDescription:
    """Return the built-in device, patient; ``members`` replace those of its description."""
    built_in = load_description(None, None)
    patient: dict[str, Any] = {"associate_limit": PATIENCE_S, "respond_limit": PATIENCE_S}
    patient["configurations"] = answered_within(PATIENCE_S, built_in)
    return replace(built_in, **(patient | members))


def answered_within(seconds: float, built_in: DeviceDescription) -> dict[str, Configuration]:
    """Return the configurations of a device that waits so long for an answer within a handshake of TLS."""
    made = dict(built_in.configurations)
    for name, one in made.items():
        if one.tls is not None:
            times = msgspec.structs.replace(one.tls.times, answer=seconds)
            made[name] = replace(one, tls=msgspec.structs.replace(one.tls, times=times))
    return made


class Peer:
    """A tester in small: it associates, asks, answers and keeps every event."""

    def __init__(
        self,
        channel: Stream,
        role: Role,
        parameters: OsiParameters | None = None,
        policy: Policy | None = None,
        security: CompatibilityParameters | None = None,
    ) -> None:
        self.channel = channel
        parameters = parameters or OsiParameters()
        self.association: Association = (
            Association(role, parameters, policy)
            if security is None
            else CompatibilityAssociation(role, parameters, security, policy)
        )
        self.client = MmsClient()
        self.server = MmsServer(reference_model())
        self.events: list[Any] = []
        self.end: End | None = None

    def associate(self) -> None:
        """Open the association as client."""
        self.association.open_transport()
        self.wait(TransportConfirm)
        self.ask_for_association()
        confirm = self.wait(AssociateConfirm)
        self.client.handle(confirm.user_data, 0.0)

    def ask_for_association(self) -> None:
        """Send the AARQ."""
        initiate = self.client.initiate()
        assert initiate.octets is not None
        self.association.associate(initiate.octets, initiate.name)
        self.flush()

    def accept(self) -> None:
        """Accept the association that the device asks for."""
        indication = self.wait(AssociateIndication)
        (reply,) = self.server.handle(indication.user_data, 0.0).replies
        assert reply.octets is not None
        self.association.accept(reply.octets, reply.name)
        self.flush()

    def flush(self) -> None:
        """Send what is queued."""
        for message in self.association.take_output():
            self.channel.send(message.octets, limit=LIMIT_S)

    def wait(self, kind: type[Wanted], fits: Callable[[Wanted], bool] = lambda _: True) -> Wanted:
        """Return the next event of ``kind``; events before it are dropped."""
        self.flush()
        deadline = time.monotonic() + LIMIT_S
        while True:
            while self.events:
                event = self.events.pop(0)
                if isinstance(event, kind) and fits(event):
                    return event
            remaining = deadline - time.monotonic()
            assert remaining > 0, f"no {kind.__name__} within {LIMIT_S} s"
            assert self.end is None, f"{self.end} before {kind.__name__}"
            got = self.channel.receive(remaining)
            if isinstance(got, bytes):
                self.events += self.association.receive(got)
                self.flush()
            elif got is not End.TIMEOUT:
                self.end = got
                self.events += self.association.receive_eof()

    def ask(self, message: MmsMessage) -> Any:
        """Send a request and return the MMS event that answers it; reports in between are dropped."""
        self.send(message)
        while True:
            (event,) = self.client.handle(self.wait(Data).octets, 0.0).events
            if not isinstance(event, InformationReport):
                return event

    def report(self) -> InformationReport:
        """Return the next report."""
        while True:
            (event,) = self.client.handle(self.wait(Data).octets, 0.0).events
            if isinstance(event, InformationReport):
                return event

    def send(self, message: MmsMessage) -> None:
        """Send an MMS PDU."""
        assert message.octets is not None
        self.association.send_data(message.octets, message.name)
        self.flush()

    def answer(self) -> str:
        """Answer the next MMS request of the device and return the service."""
        octets = self.wait(Data).octets
        (reply,) = self.server.handle(octets, 0.0).replies
        self.send(reply)
        return reply.name

    def release(self) -> None:
        """Release the association and close."""
        self.association.release()
        self.wait(ReleaseConfirm)
        self.channel.close()

    def accept_release(self) -> None:
        """Answer the release that the device asks for."""
        self.wait(ReleaseIndication)
        self.association.accept_release()
        self.flush()

    def ended(self, limit: float = LIMIT_S) -> End:
        """Wait for the end of the TCP connection and return how it came; octets before it are dropped."""
        deadline = time.monotonic() + limit
        while self.end is None:
            got = self.channel.receive(max(deadline - time.monotonic(), 0.0))
            if isinstance(got, bytes):
                self.events += self.association.receive(got)
            else:
                self.end = got
        return self.end


class Peers:
    """Makes peers, and closes their connections in the end."""

    def __init__(self) -> None:
        self.clock = Clock()
        self._stack = ExitStack()

    def connected(
        self,
        address: Address,
        parameters: OsiParameters | None = None,
        policy: Policy | None = None,
        *,
        window: int | None = None,
    ) -> Peer:
        """Open a TCP connection to a device; ``window`` makes the buffer small that the device fills."""
        sock = socket.socket()
        if window is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        sock.connect((address.host, address.port))
        channel = self._stack.enter_context(Channel(sock, clock=self.clock, initiated=True))
        return Peer(channel, Role.CLIENT, parameters, policy)

    def associated(self, address: Address, parameters: OsiParameters | None = None) -> Peer:
        """Open an association with a device."""
        peer = self.connected(address, parameters)
        peer.associate()
        return peer

    def secured(self, address: Address, factory: TlsFactory) -> Peer:
        """Open an association with a device over TLS."""
        channel = Channel.connect(address.host, address.port, limit=LIMIT_S, clock=self.clock)
        self._stack.enter_context(channel)
        peer = Peer(SecureChannel.open(channel, factory.machine(), limit=LIMIT_S), Role.CLIENT)
        peer.associate()
        return peer

    def listening(self) -> Listener:
        """Listen on a free port for a device that connects."""
        return self._stack.enter_context(Listener.bind("127.0.0.1", clock=self.clock))

    def called(self, listener: Listener) -> Peer:
        """Accept the connection that a device opens."""
        channel = listener.accept(LIMIT_S)
        assert channel is not None, "the device does not connect"
        return Peer(self._stack.enter_context(channel), Role.SERVER)

    def __enter__(self) -> Peers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class Start(Protocol):
    """Starts a device in this process; keyword arguments replace members of its description."""

    def __call__(
        self,
        policy: Policy | None = None,
        *,
        log: str = "a.log",
        pki: Path | None = None,
        tls_library: bool = False,
        tls_key_log: KeyFileWriter | None = None,
        **members: Any,
    ) -> ReferenceDevice:
        """Return a device that serves."""


def events(device: ReferenceDevice) -> list[EventRecord]:
    """Return what stands in the security log, which must read back without remark."""
    parsed = [parse_line(line) for line in device.log.tail(1 << 20).splitlines()]
    assert all(line.remarks == () for line in parsed)
    return [line.record for line in parsed]


def wait_for_event(device: ReferenceDevice, identifier: str, text: str = "") -> EventRecord:
    """Return the first such event, as soon as it is there."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        for record in events(device):
            if record.id == identifier and re.search(text, record.text or ""):
                return record
        time.sleep(0.01)
    raise AssertionError(f"no event {identifier} {text}: {events(device)}")


def wait_otherwise(device: ReferenceDevice, **limits: float) -> None:
    """Give a device other limits, by their names in its description; they hold for what stands, too."""
    shared = device.shared
    shared.description = replace(shared.description, **limits)  # type: ignore[arg-type]
    with shared.lock:
        endpoints = list(shared.endpoints)
    for endpoint in endpoints:
        endpoint.calls.wake()


def act(device: ReferenceDevice, action: str, **arguments: str) -> Any:
    """Perform an action as the control port does."""
    return actions_of(device)[action].perform(arguments)
