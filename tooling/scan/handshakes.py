"""What only whole handshakes show: client certificates, resumption, renegotiation that the client begins."""

from __future__ import annotations

import select
import socket
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from conform62351.profiles.policy import Finding, Policy
from conform62351.profiles.role import Role
from conform62351.profiles.tls.engine.cipher_suites import ENGINE_SUITES, Authentication
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.parameters import EngineParameters, TlsIdentity
from conform62351.profiles.tls.engine.sessions import Session
from conform62351.profiles.tls.interface import (
    AlertReceived,
    CloseNotify,
    Established,
    TlsEvent,
    TlsFailed,
    TlsStateError,
    Truncated,
)
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.flow import RECEIVE_SIZE
from conform62351.tooling.scan.prober import Prober
from conform62351.tooling.scan.registry import TLS_1_0, TLS_1_3
from conform62351.tooling.scan.report import ClientCertificate, Features, Unknown

WITHOUT_CERTIFICATE: Final = "not found out without a client certificate"
MAX_OCTETS: Final = 1 << 20
"""Octets that a server may send on one connection."""
CLOSED: Final = "the server closed the connection"
GOODBYE_S: Final = 0.2
HANDSHAKE_PROBES: Final = 2
"""A handshake may take as long as so many probes."""
NO_RENEGOTIATION: Final = "no_renegotiation"
_EACH: Final = ("resumption by identifier", "resumption by ticket", "renegotiation by the client")


@dataclass(frozen=True, slots=True)
class Tried:
    """What the handshakes have shown."""

    features: Features
    client: ClientCertificate
    unknown: list[Unknown]


class TakesAll(Policy):
    """Goes on whatever the server does: the scan measures, it does not defend itself."""

    def reacts(self, finding: Finding) -> bool:  # noqa: ARG002 - none of them ends anything
        """Return False: no finding ends a connection."""
        return False


class _Conversation:
    """A connection with a machine on it, driven until something is known or the limit is reached."""

    def __init__(self, sock: socket.socket, machine: EngineTls, limit: float, clock: Clock) -> None:
        self.machine = machine
        self.reason = ""
        self._socket = sock
        self._now = clock.monotonic
        self._limit = limit
        self._octets = 0
        self._events = deque[TlsEvent]()
        self._waiter = select.poll()
        self._waiter.register(sock, select.POLLIN)

    def until(self, begun: list[TlsEvent]) -> Established | None:
        """Go on behind what has ``begun`` until a handshake is complete; None with a reason where none is."""
        self._events += begun
        deadline = self._now() + self._limit
        while True:
            self._flush()
            while self._events:
                match self._events.popleft():
                    case Established() as established:
                        return established
                    case TlsFailed(reason=reason):
                        self.reason = self.reason or reason
                        return None
                    case AlertReceived(description=description):
                        self.reason = f"alert {description}"
                        if description == NO_RENEGOTIATION:
                            return None
                    case CloseNotify() | Truncated():
                        self.reason = self.reason or CLOSED
                        return None
            got = self._receive(deadline - self._now())
            if got is None:
                self.reason = self.reason or f"nothing more within {self._limit:g} s"
                return None
            self._events += self.machine.receive(got) if got else self.machine.receive_eof()
            if not got and not self._events:
                self.reason = self.reason or CLOSED
                return None

    def has_ended(self) -> bool:
        """Return whether the server has ended a connection on which a handshake was complete."""
        return any(isinstance(event, (CloseNotify, Truncated, TlsFailed)) for event in self._events)

    def _receive(self, limit: float) -> bytes | None:
        """Return octets, none at the end of the connection, None when nothing came, or far too much."""
        if limit <= 0 or self._octets > MAX_OCTETS or not self._waiter.poll(limit * 1000):
            return None
        try:
            got = self._socket.recv(RECEIVE_SIZE)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        self._octets += len(got)
        return got

    def _flush(self) -> None:
        # What does not fit the buffer of the kernel, at once, is more than any handshake has to say.
        with suppress(OSError):
            self._socket.send(self.machine.take_output())

    def leave(self) -> None:
        """Say goodbye: a server forgets the session of a connection that just ends."""
        self.machine.close_notify()
        self._flush()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            # The server may still have something to say, such as its own goodbye.
            if self._waiter.poll(GOODBYE_S * 1000):
                self._socket.recv(RECEIVE_SIZE)
        self._socket.close()


class Handshakes:
    """Makes handshakes, with one of ``identities`` where the server asks for a certificate.

    ``random`` gives octets.
    """

    def __init__(self, *, random: Callable[[int], bytes], identities: tuple[TlsIdentity, ...] = ()) -> None:
        self._random = random
        self._identities = identities

    def run(
        self,
        prober: Prober,
        suites: Mapping[int, Sequence[int]],
        features: Features,
        client: ClientCertificate,
    ) -> Tried:
        """Try what can be tried; what the flights have denied is not tried again.

        Raises:
            ScanStopped: a limit of the whole scan is reached.
        """
        run = _Run(prober, suites, self._random, self._identities)
        if not run.suites:
            why = "no suite in common with the engine" if suites else "no version in common with the engine"
            return Tried(features, client, [Unknown(what, why) for what in _EACH])
        base = run.handshake(identity=False)
        if client.asked:
            client = msgspec.structs.replace(client, required=not base.complete)
        if not base.complete and self._identities:
            base = run.handshake(identity=True)
        if not base.complete:
            bare = client.asked and not self._identities
            why = WITHOUT_CERTIFICATE if bare else f"no handshake comes about: {base.reason}"
            return Tried(features, client, [Unknown(what, why) for what in _EACH])
        run.with_identity = base.with_identity
        features = self._resumption(run, base, features)
        taken, why = run.renegotiation()
        features = msgspec.structs.replace(features, client_renegotiation=taken)
        unknown = [] if taken is not None else [Unknown("renegotiation by the client", why)]
        return Tried(features, client, unknown)

    def _resumption(self, run: _Run, base: _Outcome, features: Features) -> Features:
        by_identifier = features.resumption_identifier
        if by_identifier is not False:
            by_identifier = run.resumes(base)
        by_ticket = features.resumption_ticket
        if by_ticket is not False:
            ticketed = run.handshake(identity=run.with_identity, tickets=True)
            by_ticket = bool(ticketed.session and ticketed.session.ticket) and run.resumes(
                ticketed, tickets=True
            )
        return msgspec.structs.replace(
            features, resumption_identifier=by_identifier, resumption_ticket=by_ticket
        )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a handshake ended."""

    established: Established | None
    reason: str
    session: Session | None
    with_identity: bool

    @property
    def complete(self) -> bool:
        return self.established is not None


class _Run:
    """The handshakes with one server."""

    def __init__(
        self,
        prober: Prober,
        suites: Mapping[int, Sequence[int]],
        random: Callable[[int], bytes],
        identities: tuple[TlsIdentity, ...],
    ) -> None:
        self.with_identity = False
        self.version = max((version for version in suites if TLS_1_0 <= version < TLS_1_3), default=0)
        self.suites = tuple(
            code
            for code in suites.get(self.version, ())
            if code in ENGINE_SUITES and ENGINE_SUITES[code].authentication is not Authentication.ANON
        )
        self._prober = prober
        self._random = random
        self._identities = identities

    def handshake(self, *, identity: bool, tickets: bool = False, session: Session | None = None) -> _Outcome:
        """Make a handshake and end it in order."""
        with self._conversation(identity, tickets, session) as conversation:
            if isinstance(conversation, str):
                return _Outcome(None, conversation, None, identity)
            established = conversation.until(conversation.machine.start())
            return _Outcome(established, conversation.reason, conversation.machine.session, identity)

    def resumes(self, base: _Outcome, *, tickets: bool = False) -> bool:
        """Return whether the session of a handshake is resumed."""
        if base.session is None:
            return False
        again = self.handshake(identity=self.with_identity, tickets=tickets, session=base.session)
        return again.established is not None and again.established.resumed

    def renegotiation(self) -> tuple[bool | None, str]:
        """Begin a renegotiation; None with a reason where it cannot be tried."""
        with self._conversation(self.with_identity, False, None) as conversation:
            if isinstance(conversation, str):
                return None, conversation
            if conversation.until(conversation.machine.start()) is None:
                return None, conversation.reason
            if conversation.has_ended():
                return None, f"{CLOSED} behind the handshake"
            try:
                begun = conversation.machine.renegotiate()
            except TlsStateError as error:
                return None, str(error)
            renewed = conversation.until(begun)
            return renewed is not None, conversation.reason

    @contextmanager
    def _conversation(
        self, identity: bool, tickets: bool, session: Session | None
    ) -> Iterator[_Conversation | str]:
        """Open a connection; where there is none, say why."""
        try:
            sock = self._prober.connect()
        except NetError as error:
            yield str(error)
            return
        self._prober.count()
        parameters = EngineParameters(
            now=self._prober.clock.monotonic,
            random=self._random,
            suites=self.suites,
            identities=self._identities if identity else (),
            minimum=self.version,
            maximum=self.version,
            tickets=tickets,
            session=session,
        )
        machine = EngineTls(Role.CLIENT, parameters, TakesAll())
        limit = HANDSHAKE_PROBES * self._prober.limits.probe_s
        conversation = _Conversation(sock, machine, limit, self._prober.clock)
        try:
            yield conversation
        finally:
            conversation.leave()
