"""The other side of secured connections in tests of the device: TLS and authentication at association."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import msgspec

from conform62351.fixtures.device.configuration import Stack
from conform62351.fixtures.device.device import ReferenceDevice
from conform62351.profiles.compatibility.parameters import CompatibilityParameters
from conform62351.profiles.pki.credential import Credential
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.suites.selfcheck.device_peer import LIMIT_S, Peer
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.flow import Stream
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_contexts import TlsFactory, settings_of

TESTER = "tester"
TESTER_TLS = "tester-tls"


class SecuredPeers:
    """Makes peers that show credentials of a folder; ends their connections in the end."""

    def __init__(self, folder: CredentialFolder) -> None:
        self.folder = folder
        self.clock = Clock()
        self._stack = ExitStack()

    def connected(
        self,
        device: ReferenceDevice,
        stack: Stack,
        *,
        credential: str = TESTER,
        tls: str | None = TESTER_TLS,
        time: Callable[[], float] | None = None,
        policy: Policy | None = None,
    ) -> Peer:
        """Open a connection to the port of ``stack``; over TLS the handshake is done.

        ``credential`` authenticates the association, ``tls`` is shown in TLS (None: nothing), ``time`` gives
        what is signed.
        """
        address = device.tls_address if stack.tls else device.address
        channel = Channel.connect(address.host, address.port, limit=LIMIT_S, clock=self.clock)
        return self._peer(channel, Role.CLIENT, stack, credential, tls, time, policy)

    def called(
        self, listener: Listener, stack: Stack, *, credential: str = TESTER, tls: str = TESTER_TLS
    ) -> Peer:
        """Accept the connection that a device opens."""
        channel = listener.accept(LIMIT_S)
        assert channel is not None, "the device does not connect"
        return self._peer(channel, Role.SERVER, stack, credential, tls, None, None)

    def listening(self, host: str = "127.0.0.1") -> Listener:
        """Listen on a free port for a device that connects."""
        return self._stack.enter_context(Listener.bind(host, clock=self.clock))

    def secured(self, channel: Channel, role: Role, tls: str | None = TESTER_TLS) -> SecureChannel:
        """Do the TLS handshake. Raises TlsHandshakeFailed."""
        settings = msgspec.structs.replace(settings_of(self.folder, tls), resumption=False)
        machine = TlsFactory(settings, server_side=role is Role.SERVER).machine()
        return SecureChannel.open(channel, machine, limit=LIMIT_S)

    def _peer(
        self,
        channel: Channel,
        role: Role,
        stack: Stack,
        credential: str,
        tls: str | None,
        time: Callable[[], float] | None,
        policy: Policy | None,
    ) -> Peer:
        stream: Stream = self._stack.enter_context(channel)
        if stack.tls:
            stream = self._stack.enter_context(self.secured(channel, role, tls))
        security = self.parameters(credential, time) if stack.authenticates else None
        return Peer(stream, role, policy=policy, security=security)

    def parameters(self, credential: str, time: Callable[[], float] | None = None) -> CompatibilityParameters:
        """Return what authenticates a peer with ``credential``."""
        certificate = self.folder.credential(credential).certificate
        shown = Credential(certificate, self.folder.key(credential))
        return CompatibilityParameters(
            now=self.clock.unix, credential=shown, trust=self.folder.trust, signing_time=time
        )

    def __enter__(self) -> SecuredPeers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
