"""The tester's end of TLS on one connection: what is seen of it, for steps to look into.

It is there before the connection is, so that a handshake that fails leaves its evidence too.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final

from conform62351.profiles.policy import Finding
from conform62351.profiles.tls.alerts import FATAL
from conform62351.profiles.tls.engine.sessions import SessionStore
from conform62351.profiles.tls.interface import (
    AlertReceived,
    Established,
    Found,
    HandshakeMessage,
    RenegotiationAsked,
    TlsEvent,
    TlsMachine,
)
from conform62351.reports.model.events import Received, Sent
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.evidence import Occasion, tls_established, tls_facts
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.stimulus import StimulusPolicy
from conform62351.tooling.engine.tls_messages import MessageReader
from conform62351.tooling.net.channel import Channel
from conform62351.tooling.net.secure_channel import SecureChannel

TLS: Final = "TLS"
"""Where steps look into what TLS came to."""
ALERT: Final = "TLS.Alert"
HELLOS: Final = ("TLS.ClientHello", "TLS.ServerHello")
"""What begins the device's part of a handshake."""
FULL: Final = "full"
RESUMED: Final = "resumed"
MOST_PENDING: Final = 1000
"""Observations that are kept: a device may ask for renegotiation without end."""
MOST_LOGGED: Final = 10_000
"""Messages that are put on record one by one."""


class TlsEnd:
    """TLS by ``machine`` on the connection ``number``, whose messages ``policy`` changes.

    ``pdus`` are the latest messages of the device by their names, as steps look into them, ``findings`` what
    checks have found, ``seen`` the observations that nobody has taken yet. ``hold`` names the message with
    which the first handshake stops.
    """

    def __init__(
        self, number: int, machine: TlsMachine, policy: StimulusPolicy, log: RunLog, hold: str = ""
    ) -> None:
        self.machine = machine
        self.policy = policy
        self.pdus: dict[str, Any] = {}
        self.findings: list[Finding] = []
        self.seen: deque[Observation] = deque(maxlen=MOST_PENDING)
        self.parameters: tuple[str, SessionStore | None] = ("", None)
        """The credential and the sessions that the connection began with."""
        self.handshakes = 0
        """How many were completed."""
        self.local = ""
        """The tester's address, once the TCP connection stands."""
        self._number = number
        self._log = log
        self._hold = hold
        self._reader = MessageReader()
        self._messages = 0

    def open(self, channel: Channel, limit: float) -> SecureChannel:
        """Do the handshake on ``channel``, or begin it, within ``limit`` seconds.

        Raises:
            TlsHandshakeFailed: it failed.
        """
        self.local = str(channel.flow.local)
        return SecureChannel.open(channel, self.machine, limit=limit, observer=self.take, hold=self._hold)

    def share(self, pdus: dict[str, Any], findings: list[Finding]) -> None:
        """Put what was seen, and what is to come, where all the rest on this connection is looked for."""
        pdus.update(self.pdus)
        findings.extend(self.findings)
        self.pdus, self.findings = pdus, findings

    def take(self, event: TlsEvent) -> bool:
        """Take an event of the machine; return whether somebody may be waiting for it."""
        match event:
            case HandshakeMessage():
                self._message(event)
            case Found(finding=finding):
                self.findings.append(finding)
            case Established():
                self._established(event)
                return True
            case RenegotiationAsked(by=by):
                self.seen.append(Observation(Kind.TLS_RENEGOTIATION, by))
                return True
            case AlertReceived(level=level, description=description) if level != FATAL:
                told = {"by": "device", "alert": description}
                self.seen.append(Observation(Kind.TLS_WARNING, description, "", told))
                return True
        return False

    def settle(self) -> None:
        """Forget that the first handshake is complete, which is no news once something else is waited for."""
        first = self.seen[0] if self.seen else None
        if first is not None and first.kind is Kind.TLS_ESTABLISHED and not first.fields["renegotiated"]:
            self.seen.popleft()

    def _message(self, message: HandshakeMessage) -> None:
        self._messages += 1
        octets = message.octets.hex() if self._messages <= MOST_LOGGED else ""
        at, case = self._log.now(), self._log.case
        if message.direction == "sent":
            self._reader.note_sent(message.name, message.octets)
            if octets:
                mutations = [str(mutation) for mutation in self.policy.applied]
                self._log.write(
                    Sent(
                        t=at,
                        case=case,
                        connection=self._number,
                        octets=octets,
                        pdus=[message.name],
                        mutations=mutations,
                    )
                )
            return
        if message.name in HELLOS:
            self._forget_messages()
        self.pdus[message.name] = self._reader.facts(message.name, message.octets)
        self.policy.received[message.name] = message.octets
        if octets:
            self._log.write(
                Received(t=at, case=case, connection=self._number, octets=octets, pdus=[message.name])
            )

    def _forget_messages(self) -> None:
        """Forget the messages of a handshake before: what is looked into are those of the last one."""
        for name in [name for name in self.pdus if name.startswith(f"{TLS}.") and name != ALERT]:
            del self.pdus[name]

    def _established(self, event: Established) -> None:
        self.handshakes += 1
        self.pdus[TLS] = facts = tls_facts(event, self.handshakes)
        self._log.write(tls_established(Occasion(self._log.now(), self._log.case, self._number), event))
        told = {
            "version": facts.version,
            "suite": facts.suite,
            "resumed": facts.resumed,
            "renegotiated": facts.renegotiated,
        }
        name = RESUMED if facts.resumed else FULL
        self.seen.append(Observation(Kind.TLS_ESTABLISHED, name, f"{facts.version} {facts.suite}", told))
