"""Listens for a device as client: what each connection offers, until time or count is up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from conform62351.profiles.generalized_time import moment_text
from conform62351.profiles.role import Role
from conform62351.profiles.tls.alerts import DESCRIPTIONS
from conform62351.profiles.tls.engine.cipher_suites import (
    ENGINE_SUITES,
    TLS_1_0,
    Authentication,
    Cipher,
)
from conform62351.profiles.tls.engine.machine import EngineTls
from conform62351.profiles.tls.engine.parameters import EngineParameters, TlsIdentity
from conform62351.profiles.tls.interface import AlertReceived, Established, TlsFailed
from conform62351.tooling.net.channel import Channel, Listener
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import NetError, SendIncomplete
from conform62351.tooling.net.flow import Address, End
from conform62351.tooling.scan.client_hellos import HelloReader, describe
from conform62351.tooling.scan.flights import describe_chain
from conform62351.tooling.scan.handshakes import TakesAll
from conform62351.tooling.scan.judging import ALL_TABLES, findings_of_clients, rows_of
from conform62351.tooling.scan.report import HelloSeen, ListenReport, Row

CONNECTION_S: Final = 10.0
"""Seconds that a client has for its hello, or for a whole handshake."""
CONNECTION_OCTETS: Final = 1 << 20
MAX_CONNECTIONS: Final = 10_000
_HANDSHAKE_FAILURE: Final = next(n for n, name in DESCRIPTIONS.items() if name == "handshake_failure")
_REFUSAL: Final = bytes((21, 3, 1, 0, 2, 2, _HANDSHAKE_FAILURE))
_CLIENT: Final = "client"
_TLS_1_2: Final = "TLSv1.2"
_RENEGOTIATION: Final = frozenset(("renegotiation_info", "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"))


@dataclass(frozen=True, slots=True)
class Stand:
    """How clients are met. Where ``identities`` are given, a handshake is made, else an alert ends it.

    ``duration`` (seconds) and ``count`` (connections) end the listening, None for no such end.
    """

    address: Address
    random: Callable[[int], bytes]
    duration: float | None = None
    count: int | None = None
    identities: tuple[TlsIdentity, ...] = ()
    tables: tuple[int, ...] = ALL_TABLES


def listen(
    stand: Stand,
    clock: Clock,
    tell: Callable[[HelloSeen], None],
    ready: Callable[[Address], None],
    stopped: Callable[[], bool],
) -> ListenReport:
    """Meet clients until time or count is up, or ``stopped``; ``ready`` learns the address, ``tell`` each.

    Raises:
        NetError: the address cannot be listened on.
    """
    began, started = clock.monotonic(), clock.unix()
    seen: list[HelloSeen] = []
    most = MAX_CONNECTIONS if stand.count is None else min(stand.count, MAX_CONNECTIONS)
    with Listener.bind(stand.address.host, stand.address.port, clock=clock) as listener:
        ready(listener.address)
        while len(seen) < most and not stopped():
            left = 1.0 if stand.duration is None else began + stand.duration - clock.monotonic()
            if left <= 0:
                break
            channel = listener.accept(min(left, 1.0))
            if channel is None:
                continue
            seen.append(_meet(channel, stand, clock))
            tell(seen[-1])
        address = listener.address
    report = ListenReport(
        listening=str(address),
        started=moment_text(started),
        elapsed_s=round(clock.monotonic() - began, 6),
        connections=seen,
    )
    return judged(report, seen, stand.tables)


def judged(
    report: ListenReport, seen: Sequence[HelloSeen], tables: Sequence[int] = ALL_TABLES
) -> ListenReport:
    """Return ``report`` with what is to be said of all hellos together, as those of one device.

    What one of them has is offered, and so is an excluded suite. What must be there must be in each: the
    signature algorithms, and a table's mandatory suites in all that offer TLS 1.2 and any suite of that table
    (6.3.4.1; N).
    """
    hellos = [hello for hello in seen if hello.version]
    if not hellos:
        return report
    taken = {int(suite.code, 16) for hello in hellos for suite in hello.suites}
    rows = [row for table in tables for row in _rows(table, taken, hellos)]
    lists = [set(hello.signature_algorithms) for hello in hellos]
    signals = [_RENEGOTIATION & {*hello.extensions, *hello.signalling} for hello in hellos]
    findings = findings_of_clients(
        versions={version for hello in hellos for version in hello.versions},
        taken=taken,
        rows=rows,
        signatures=set.intersection(*lists),
        compression={name for hello in hellos for name in hello.compression},
        secure_renegotiation=all(signals),
    )
    return msgspec.structs.replace(report, rows=rows, findings=findings)


def _rows(table: int, taken: set[int], hellos: Sequence[HelloSeen]) -> list[Row]:
    offers = [
        {int(suite.code, 16) for suite in hello.suites} for hello in hellos if _TLS_1_2 in hello.versions
    ]
    rows = rows_of(_CLIENT, taken, complete=True, tables=(table,))
    of_table = {int(row.code, 16) for row in rows}
    mandatory = {int(row.code, 16) for row in rows if row.status == "m"}
    lacked = {code for offer in offers if offer & of_table for code in mandatory - offer}
    return rows_of(_CLIENT, taken - lacked, complete=True, tables=(table,))


def _meet(channel: Channel, stand: Stand, clock: Clock) -> HelloSeen:
    meeting = _Meeting(channel, clock.monotonic() + CONNECTION_S)
    with channel:
        try:
            return meeting.run(stand)
        except NetError as error:
            return msgspec.structs.replace(meeting.seen(), outcome=str(error))


class _Meeting:
    """One connection of a client."""

    def __init__(self, channel: Channel, deadline: float) -> None:
        self._channel = channel
        self._deadline = deadline
        self._reader = HelloReader()
        self._octets = 0

    def seen(self) -> HelloSeen:
        """Tell what came so far."""
        return describe(self._reader, str(self._channel.flow.remote))

    def run(self, stand: Stand) -> HelloSeen:
        """Read the hello, and answer it. Raises NetError."""
        while True:
            got = self._receive()
            if isinstance(got, End):
                return msgspec.structs.replace(self.seen(), outcome=_said(got))
            if self._reader.take(got):
                break
        if self._reader.hello is None or not stand.identities:
            self._send(_REFUSAL)
            return msgspec.structs.replace(self.seen(), outcome="refused with handshake_failure")
        return self._handshake(stand)

    def _handshake(self, stand: Stand) -> HelloSeen:
        machine = EngineTls(Role.SERVER, _parameters(stand, self._channel.clock), TakesAll())
        events = [*machine.start(), *machine.receive(self._reader.octets)]
        outcome = ""
        while True:
            self._send(machine.take_output())
            for event in events:
                match event:
                    case Established(suite=suite):
                        outcome = f"handshake with {suite}"
                    case AlertReceived(description=description):
                        outcome = outcome or f"alert {description} of the client"
                    case TlsFailed(reason=reason):
                        outcome = outcome or reason
            if outcome:
                break
            got = self._receive()
            events = machine.receive(got) if isinstance(got, bytes) else machine.receive_eof()
            if not isinstance(got, bytes) and not events:
                outcome = _said(got)
        machine.close_notify()
        self._send(machine.take_output())
        seen = msgspec.structs.replace(self.seen(), outcome=outcome)
        if not machine.peer_chain:
            return seen
        chain = describe_chain(machine.peer_chain, "", self._channel.clock.unix())
        return msgspec.structs.replace(seen, certificate=chain)

    def _receive(self) -> bytes | End:
        left = self._deadline - self._channel.clock.monotonic()
        if left <= 0 or self._octets > CONNECTION_OCTETS:
            return End.TIMEOUT
        got = self._channel.receive(left)
        if isinstance(got, bytes):
            self._octets += len(got)
        return got

    def _send(self, octets: bytes) -> None:
        left = max(self._deadline - self._channel.clock.monotonic(), 0.0)
        try:
            self._channel.send(octets, limit=left)
        except SendIncomplete:
            # What the client said before it left is still there to be read.
            return


def _said(end: End) -> str:
    return {
        End.CLOSED: "the client closed the connection",
        End.RESET: "the client reset the connection",
        End.TIMEOUT: f"not complete within {CONNECTION_S:g} s",
    }[end]


def _parameters(stand: Stand, clock: Clock) -> EngineParameters:
    return EngineParameters(
        now=clock.monotonic,
        random=stand.random,
        suites=tuple(
            code
            for code, suite in ENGINE_SUITES.items()
            if suite.authentication is not Authentication.ANON and suite.cipher is not Cipher.NULL
        ),
        identities=stand.identities,
        minimum=TLS_1_0,
        require_peer=False,
    )
