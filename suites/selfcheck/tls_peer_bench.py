"""The engine and TLS stacks of others at the two ends of a connection over real sockets."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from conform62351.fixtures.peers.tls.bouncycastle import BouncyCastle
from conform62351.fixtures.peers.tls.gnutls import GnuTls
from conform62351.fixtures.peers.tls.node import Node
from conform62351.fixtures.peers.tls.openssl import OpenSsl
from conform62351.fixtures.peers.tls.process import LOOPBACK, Credential
from conform62351.fixtures.peers.tls.stack import Conversation, Serving, Stack, Wish
from conform62351.fixtures.pki.workshop import Workshop, WorkshopPlan, make_workshop
from conform62351.profiles.pki.dh_keys import PKCS_3, X9_42
from conform62351.profiles.policy import Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import (
    Authentication,
    CipherSuite,
    KeyExchange,
    cipher_suite,
)
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.parameters import EngineParameters, TlsIdentity
from conform62351.profiles.tls.interface import TlsEvent
from conform62351.suites.selfcheck.peers import require
from conform62351.suites.selfcheck.tls_bench import CLOCK
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.credentials import CredentialFolder
from conform62351.tooling.net.flow import End
from conform62351.tooling.net.secure_channel import SecureChannel
from conform62351.tooling.net.tls_identity import identity_of

STACKS: Final[dict[str, Callable[[], Stack]]] = {
    "openssl": OpenSsl,
    "gnutls": GnuTls,
    "node": Node,
    "bouncycastle": BouncyCastle,
}
MISSING: Final = {
    "openssl": OpenSsl.missing,
    "gnutls": GnuTls.missing,
    "node": Node.missing,
    "bouncycastle": BouncyCastle.missing,
}
SUITES: Final = {
    "openssl": OpenSsl.suites,
    "gnutls": GnuTls.suites,
    "node": Node.suites,
    "bouncycastle": BouncyCastle.suites,
}
FORMS: Final = {"node": PKCS_3}
"""In which form a stack has Diffie-Hellman keys, where it is not that of X9.42."""
PEER_NAMES: Final = {"rsa": "tester-tls", "ecdsa": "tls-ecdsa", "dsa": "tls-dsa"}
ENGINE_NAMES: Final = {"rsa": "tls", "ecdsa": "tls-ecdsa", "dsa": "tls-dsa"}
LIMIT: Final = 60.0
"""Some stacks take seconds to start, and many more on a busy machine."""
OURS: Final = b"said by the engine\n"
THEIRS: Final = b"said by the peer\n"


def kind_of(suite: CipherSuite) -> str:
    """Return the kind of certificate that a server of a suite has; nothing for none."""
    if suite.authentication is Authentication.ANON:
        return ""
    signed = {Authentication.RSA: "rsa", Authentication.DSS: "dsa", Authentication.ECDSA: "ecdsa"}
    if suite.key_exchange is KeyExchange.DH:
        return "dh-rsa" if suite.authentication is Authentication.RSA else "dh-dss"
    return signed[suite.authentication]


class PeerBench:
    """Stacks that are started when they are first wanted, and credentials for both ends."""

    def __init__(self, workshop: Workshop, folder: Path) -> None:
        self._workshops = {X9_42: workshop}
        self._folder = folder
        self._stacks: dict[str, Stack] = {}
        self._open = ExitStack()

    def stack(self, name: str) -> Stack:
        """Return a stack, or skip the test (fail it in CI) where it is not installed."""
        require(MISSING[name]())
        if name not in self._stacks:
            self._stacks[name] = made = STACKS[name]()
            self._open.callback(made.end)
        return self._stacks[name]

    def tidy(self) -> None:
        """End what is started for one meeting only."""
        for stack in self._stacks.values():
            if not stack.lasting:
                stack.end()

    def close(self) -> None:
        """End every stack."""
        self._open.close()

    def _workshop(self, form: str) -> Workshop:
        if form not in self._workshops:
            plan = WorkshopPlan(now=time.time(), dh_form=form)
            self._workshops[form] = make_workshop(self._folder / form, plan)
        return self._workshops[form]

    def credential(self, kind: str, form: str = X9_42) -> Credential | None:
        """Return what a peer shows of itself; of no kind nothing."""
        if not kind:
            return None
        folder = CredentialFolder.load(self._workshop(form).tester)
        files = folder.files(PEER_NAMES.get(kind, f"tls-{kind}"))
        return Credential(files.certificate, files.key)

    def identity(self, kind: str, form: str = X9_42) -> tuple[TlsIdentity, ...]:
        """Return what the engine shows of itself; of no kind nothing."""
        if not kind:
            return ()
        folder = CredentialFolder.load(self._workshop(form).dut)
        return (identity_of(folder, ENGINE_NAMES.get(kind, f"tls-{kind}")),)

    def anchors(self, form: str = X9_42) -> Path:
        """Return the file of the authorities that all trust."""
        return CredentialFolder.load(self._workshop(form).tester).tls_anchors_file


class Meeting:
    """The engine's end of a connection: its channel, what its machine told, and the peer."""

    def __init__(self, channel: SecureChannel, events: list[TlsEvent], peer: Conversation) -> None:
        self.channel = channel
        self.events = events
        self.peer = peer

    @property
    def machine(self) -> EngineTls:
        """The engine."""
        assert isinstance(self.channel.machine, EngineTls)
        return self.channel.machine

    def converse(self) -> None:
        """Let data pass both ways."""
        self.channel.send(OURS, limit=LIMIT)
        self.peer.hears(OURS.strip())
        self.peer.says(THEIRS)
        wanted = OURS if self.peer.echoes else THEIRS
        heard = b""
        while wanted.strip() not in heard:
            octets = self.channel.receive(LIMIT)
            assert isinstance(octets, bytes), (octets, self.events)
            heard += octets

    def end(self) -> None:
        """Wait for the peer's end, and close."""
        with self.channel:
            while isinstance(octets := self.channel.receive(LIMIT), bytes):
                """What still comes is of no interest."""
            assert octets is End.CLOSED

    def settle(self, done: Callable[[], bool]) -> None:
        """Take what comes until something is so."""
        while not done():
            octets = self.channel.receive(LIMIT)
            assert isinstance(octets, bytes), (octets, self.events)


def parameters(**members: Any) -> EngineParameters:
    """Return parameters with a real clock and real randomness, that ask for no certificate."""
    usual: dict[str, Any] = {"now": time.monotonic, "random": os.urandom, "verify_peer": False}
    return EngineParameters(**usual | members)


def as_client(serving: Serving, policy: Policy | None = None, **members: Any) -> Meeting:
    """Return the engine as a client of a peer's server."""
    channel = Channel.connect(LOOPBACK, serving.port, limit=LIMIT, clock=CLOCK)
    return _met(channel, EngineTls(Role.CLIENT, parameters(**members), policy), serving)


def as_server(stack: Stack, wish: Wish, **members: Any) -> Meeting:
    """Return the engine as the server of a peer's client."""
    with Listener.bind(LOOPBACK, clock=CLOCK) as listener:
        peer = stack.visit(listener.address.port, wish)
        return accepted(listener, peer, **members)


def accepted(listener: Listener, peer: Conversation, **members: Any) -> Meeting:
    """Return the engine as the server of the next client."""
    channel = listener.accept(LIMIT)
    assert channel is not None
    return _met(channel, EngineTls(Role.SERVER, parameters(**members)), peer)


def _met(channel: Channel, machine: EngineTls, peer: Conversation) -> Meeting:
    events: list[TlsEvent] = []

    def observe(event: TlsEvent) -> bool:
        events.append(event)
        return True

    return Meeting(SecureChannel.open(channel, machine, limit=LIMIT, observer=observe), events, peer)


def suite_wish(bench: PeerBench, name: str, code: int, *, ask: bool = False, **members: Any) -> Wish:
    """Return how a peer serves a suite."""
    own = bench.credential(kind_of(cipher_suite(code)), FORMS.get(name, X9_42))
    return Wish(suites=(code,), credential=own, ask=ask, **members)


def suite_identity(bench: PeerBench, name: str, code: int) -> tuple[TlsIdentity, ...]:
    """Return what the engine shows of itself to a peer as server of a suite."""
    return bench.identity(kind_of(cipher_suite(code)), FORMS.get(name, X9_42))
