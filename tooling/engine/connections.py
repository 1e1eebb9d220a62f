"""The connections of one conversation: opened by the tester or by the device, with what stood in the way."""

from __future__ import annotations

from collections.abc import Mapping

from conform62351.profiles.role import Role
from conform62351.reports.model.observation import Kind
from conform62351.tooling.engine.associating import connect, handshake_failure
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.judging import Observation
from conform62351.tooling.engine.link import Link
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.step import Step
from conform62351.tooling.engine.steps import Accept, Connect
from conform62351.tooling.net.errors import TlsHandshakeFailed
from conform62351.tooling.net.flow import Stream


class HarnessError(Exception):
    """The harness or the case is wrong, not the device."""


class Connections:
    """The connections by number: ``links`` those that stood, ``refused`` what was seen in place of others."""

    def __init__(self, dut: Dut, log: RunLog) -> None:
        self.links: dict[int, Link] = {}
        self.refused: dict[int, Observation] = {}
        self._dut = dut
        self._log = log

    def link(self, step: Step) -> Link:
        """Return the connection that a step is about.

        Raises:
            HarnessError: it was never opened.
        """
        try:
            return self.links[step.on]
        except KeyError:
            raise HarnessError(f"{step}: connection {step.on} was never opened")

    def connect(self, step: Connect) -> bool:
        """Open a connection to the device; return whether it stands.

        Raises:
            MeansMissing: the set-up lacks a credential.
        """
        stream = connect(self._dut, step.stack, step.tls_credential, step.port)
        return self._open(step, Role.CLIENT, stream)

    def accept(self, step: Accept) -> bool:
        """Wait for a connection of the device; return whether it stands.

        Raises:
            MeansMissing: the set-up lacks a credential.
        """
        since = self._dut.clock.unix()
        stream: Stream | Observation | None
        try:
            stream = self._dut.accept(step.stack, step.tls_credential, step.port)
        except TlsHandshakeFailed as error:
            stream = handshake_failure(error)
        if stream is None:
            limit = self._dut.pixit.number("limit.connect")
            stream = Observation(Kind.TIMEOUT, detail=f"the device did not connect within {limit:g} s")
        return self._open(step, Role.SERVER, stream, since)

    def _open(
        self, step: Connect | Accept, role: Role, stream: Stream | Observation, since: float = 0.0
    ) -> bool:
        if isinstance(stream, Observation):
            self.refused[step.on] = stream
            return False
        self.refused.pop(step.on, None)
        if step.on in self.links:
            self.links[step.on].close()
        self.links[step.on] = Link(
            step.on,
            role,
            stream,
            self._dut,
            self._log,
            stack=step.stack,
            tpdu_size=step.tpdu_size,
            not_known=step.not_known if isinstance(step, Accept) else "",
            elsewhere=self.sent_on,
            since=since,
        )
        return True

    def sent_on(self, number: int) -> Mapping[str, bytes]:
        """Return the octets that were sent last on a connection, by the names of their PDUs."""
        link = self.links.get(number)
        return {} if link is None else link.policy.sent

    def close(self) -> None:
        """Close every connection."""
        for link in self.links.values():
            link.close()
