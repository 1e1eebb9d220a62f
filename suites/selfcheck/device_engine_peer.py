"""The other side of TLS in tests of the device: the engine over real sockets, which keeps all it hears."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.fixtures.device.process import DeviceProcess
from conform62351.fixtures.pki.workshop import Workshop
from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import cipher_suite
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.parameters import EngineParameters
from conform62351.profiles.tls.engine.sessions import SessionStore
from conform62351.profiles.tls.interface import Established, PlainData, TlsEvent, TlsFailed
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Peer, Start, act, events
from conform62351.tooling.net.channel import Channel, End, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_identity import identity_of

Wanted = TypeVar("Wanted")
USUAL = (0xC02F, 0x003C)
RSA = "tester-tls"


class Tolerant(Policy):
    """Goes on behind every fault."""

    def reacts(self, finding: Finding) -> bool:
        return finding.step == ""


class Heard:
    """A connection over TLS with everything that its machine told."""

    def __init__(self, stream: SecureChannel, told: list[TlsEvent]) -> None:
        self.stream = stream
        self.told = told

    @property
    def machine(self) -> EngineTls:
        """The engine of this side."""
        assert isinstance(self.stream.machine, EngineTls)
        return self.stream.machine

    def count(self, kind: type[TlsEvent]) -> int:
        """Return how many events of a kind there were."""
        return len(self.all(kind))

    def all(self, kind: type[Wanted]) -> list[Wanted]:
        """Return the events of a kind that there were."""
        return [event for event in self.told if isinstance(event, kind)]

    def peer(self, role: Role) -> Peer:
        """Return the association of the connection, to be made."""
        return Peer(self.stream, role)

    def renegotiate(self) -> None:
        """Begin a renegotiation, or ask for one."""
        self.stream.drive(self.machine.renegotiate, limit=LIMIT_S)

    def wait(self, kind: type[Wanted], fits: Callable[[Wanted], bool] = lambda _: True) -> Wanted:
        """Return the first event of a kind that fits; what is read meanwhile is dropped."""
        deadline = time.monotonic() + LIMIT_S
        while True:
            for event in self.told:
                if isinstance(event, kind) and fits(event):
                    return event
            remaining = deadline - time.monotonic()
            got = self.stream.receive(remaining) if remaining > 0 else End.TIMEOUT
            assert isinstance(got, bytes), f"{got} and no {kind.__name__} among {self.told}"

    def wait_for(self, kind: type[TlsEvent], count: int) -> None:
        """Wait until there were so many events of a kind."""
        self.wait(kind, lambda _: self.count(kind) >= count)

    def outcome(self) -> Established | TlsFailed:
        """Wait until the handshake under way has come to something."""
        self.told.clear()
        deadline = time.monotonic() + LIMIT_S
        while (remaining := deadline - time.monotonic()) > 0:
            self.stream.receive(remaining)
            for event in self.told:
                if isinstance(event, Established | TlsFailed):
                    return event
        raise AssertionError("the handshake comes to nothing")

    def ended(self) -> End:
        """Wait until the device ends the connection."""
        deadline = time.monotonic() + LIMIT_S
        while (remaining := deadline - time.monotonic()) > 0:
            got = self.stream.receive(remaining)
            if got in (End.CLOSED, End.RESET):
                return got
        raise AssertionError("the connection stands")


class EnginePeers:
    """Makes the engine's side of connections with a device; ends them in the end."""

    def __init__(self, folder: CredentialFolder) -> None:
        self.folder = folder
        self.clock = Clock()
        self.store = SessionStore(os.urandom)
        self._stack = ExitStack()

    def parameters(self, *credentials: str, **members: Any) -> EngineParameters:
        """Return parameters of a tester who shows ``credentials``, which takes any peer."""
        usual: dict[str, Any] = {
            "now": self.clock.monotonic,
            "random": os.urandom,
            "suites": USUAL,
            "identities": tuple(identity_of(self.folder, name) for name in credentials),
        }
        return EngineParameters(**usual | members)

    def connected(
        self,
        device: ReferenceDevice | DeviceProcess,
        *credentials: str,
        policy: Policy | None = None,
        **members: Any,
    ) -> Heard:
        """Do the handshake with a device as its client. Raises TlsHandshakeFailed."""
        address = device.tls_address
        channel = Channel.connect(address.host, address.port, limit=LIMIT_S, clock=self.clock)
        return self.opened(channel, Role.CLIENT, credentials or (RSA,), policy, members)

    def called(
        self, listener: Listener, *credentials: str, policy: Policy | None = None, **members: Any
    ) -> Heard:
        """Do the handshake with a device that connects. Raises TlsHandshakeFailed."""
        channel = listener.accept(LIMIT_S)
        assert channel is not None, "the device does not connect"
        members = {"store": self.store, **members}
        return self.opened(channel, Role.SERVER, credentials or (RSA,), policy, members)

    def opened(
        self,
        channel: Channel,
        role: Role,
        credentials: tuple[str, ...],
        policy: Policy | None,
        members: dict[str, Any],
    ) -> Heard:
        """Do the handshake on a channel. Raises TlsHandshakeFailed."""
        self._stack.enter_context(channel)
        told: list[TlsEvent] = []

        def observe(event: TlsEvent) -> bool:
            told.append(event)
            return not isinstance(event, PlainData)

        machine = EngineTls(role, self.parameters(*credentials, **members), policy or Tolerant())
        stream = SecureChannel.open(channel, machine, limit=LIMIT_S, observer=observe)
        return Heard(self._stack.enter_context(stream), told)

    def listening(self) -> Listener:
        """Listen on a free port for a device that connects."""
        return self._stack.enter_context(Listener.bind("127.0.0.1", clock=self.clock))

    def __enter__(self) -> EnginePeers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def credential_for(code: int) -> str:
    """Return the name of what a server shows for a suite."""
    suite = cipher_suite(code)
    if suite.key_exchange.value == "DH":
        return {"RSA": "tls-dh-rsa", "DSS": "tls-dh-dss"}[suite.authentication.value]
    return {"RSA": RSA, "DSS": "tls-dsa", "ECDSA": "tls-ecdsa"}[suite.authentication.value]


def in_configuration(
    start: Start, workshop: Workshop, name: str = "tls", policy: Policy | None = None, **members: Any
) -> ReferenceDevice:
    """Start a device with credentials and bring it into the configuration ``name``."""
    device = start(policy, pki=workshop.dut, **members)
    act(device, "configure", name=name)
    return device


def calling(device: ReferenceDevice, listener: Listener) -> None:
    """Have a device connect to ``listener``."""
    act(device, "connect", host=listener.address.host, port=str(listener.address.port))


def associated(heard: Heard) -> Peer:
    """Return the association of a connection, made by its client."""
    peer = heard.peer(Role.CLIENT)
    peer.associate()
    return peer


def logged(device: ReferenceDevice, identifier: str) -> list[str]:
    """Return the texts of the records of one event in a device's log."""
    return [record.text or "" for record in events(device) if record.id == identifier]
