"""The octets of one side of a connection: records in both directions, their protection, what goes out.

What this side says passes through the policy here, and what goes by in either direction becomes evidence.
RFC 5246 6 and 7.1 (R).
"""

from __future__ import annotations

from typing import Final

import msgspec

from conform62351.profiles.policy import Policy
from conform62351.profiles.tls.alerts import DESCRIPTIONS, FATAL, WARNING, Alert
from conform62351.profiles.tls.engine.cipher_suites import CipherSuite
from conform62351.profiles.tls.engine.framing import MAX_PLAIN, MessageJoiner, Record, RecordReader, fragments
from conform62351.profiles.tls.engine.key_schedule import DirectionKeys
from conform62351.profiles.tls.engine.messages import HandshakeBody, encode, kind_of, name_of
from conform62351.profiles.tls.engine.parameters import EngineParameters
from conform62351.profiles.tls.engine.protection import Protector, Unprotector
from conform62351.profiles.tls.interface import AlertSent, HandshakeMessage, TlsEvent
from conform62351.profiles.tls.records import ContentType

ALERT: Final = "TLS.Alert"
APPLICATION_DATA: Final = "TLS.ApplicationData"
CHANGE_CIPHER_SPEC: Final = "TLS.ChangeCipherSpec"
FLIGHT: Final = "TLS.record"

_LEVELS: Final = {WARNING: 1, FATAL: 2}
_NUMBERS: Final = {name: number for number, name in DESCRIPTIONS.items()}


class CipherState(msgspec.Struct, frozen=True):
    """What both directions change to by ChangeCipherSpec: own keys and the peer's."""

    version: int
    suite: CipherSuite
    own: DirectionKeys
    peer: DirectionKeys
    encrypt_then_mac: bool


class Link:
    """Records of one connection in both directions.

    ``events`` collects what the machine gives back next. ``version`` stands in the records that go out, and
    ``pending`` is what ChangeCipherSpec puts into force.
    """

    def __init__(self, parameters: EngineParameters, policy: Policy) -> None:
        self.events: list[TlsEvent] = []
        self.version = parameters.record_version
        self.pending: CipherState | None = None
        self.reader = RecordReader()
        self.joiner = MessageJoiner()
        self._random = parameters.random
        self._record_size = parameters.record_size
        self._policy = policy
        self._protector: Protector | None = None
        self._unprotector: Unprotector | None = None
        self._flight = bytearray()
        self._output = bytearray()

    def unprotect(self, record: Record) -> bytes:
        """Return what a record carries. Raises BadRecord."""
        if self._unprotector is None:
            return record.fragment
        return self._unprotector.unprotect(record.kind, record.fragment, record.version)

    def heard(self, name: str, octets: bytes) -> bytes:
        """Take note of a message that came, and return the octets that the policy would have read."""
        self.events.append(HandshakeMessage("received", name, octets))
        return self._policy.read_octets(name, octets)

    def say(self, message: HandshakeBody) -> bytes | None:
        """Send a handshake message; return the octets that went out, None when the policy withholds it.

        Raises:
            EncodingError: a value of a policy does not fit its field.
        """
        name = name_of(kind_of(message))
        octets = self._policy.rewrite_octets(name, encode(self._policy.rewrite(name, message)))
        if octets is not None:
            self._went(name, octets)
            self.put(ContentType.HANDSHAKE, octets)
        return octets

    def change_cipher(self) -> bool:
        """Send ChangeCipherSpec and use the pending keys; with one withheld the old ones stay in use."""
        octets = self._policy.rewrite_octets(CHANGE_CIPHER_SPEC, b"\x01")
        if octets is None:
            return False
        self._went(CHANGE_CIPHER_SPEC, octets)
        self.put(ContentType.CHANGE_CIPHER_SPEC, octets)
        state = self.pending
        if state is not None:
            self._protector = Protector(
                state.version,
                state.suite,
                state.own,
                random=self._random,
                encrypt_then_mac=state.encrypt_then_mac,
            )
        return True

    def peer_changes_cipher(self, state: CipherState) -> None:
        """Read what follows with the peer's new keys."""
        self.reader.protected = True
        self._unprotector = Unprotector(
            state.version, state.suite, state.peer, encrypt_then_mac=state.encrypt_then_mac
        )

    def alert(self, level: str, description: str) -> None:
        """Send an alert."""
        told: Alert = self._policy.rewrite(ALERT, Alert(level, description))
        plain = bytes((_number(told.level, _LEVELS), _number(told.description, _NUMBERS)))
        octets = self._policy.rewrite_octets(ALERT, plain)
        if octets is not None:
            self._went(ALERT, octets)
            self.put(ContentType.ALERT, octets)
            self.events.append(AlertSent(told.level, told.description))

    def data(self, octets: bytes) -> None:
        """Send application data."""
        told = self._policy.rewrite_octets(APPLICATION_DATA, octets)
        if told is not None:
            self.put(ContentType.APPLICATION_DATA, told)

    def put(self, kind: int, octets: bytes) -> None:
        """Send octets as records of a type, protected as records are now."""
        protect = None if self._protector is None else self._protector.protect
        size = MAX_PLAIN if kind == ContentType.ALERT else self._record_size
        records = fragments(kind, self.version, octets, protect=protect, size=size)
        self._flight += b"".join(records)

    def end_flight(self) -> None:
        """Hand what was said since the last flight to the policy, as one, and from it to the output."""
        if self._flight:
            octets = self._policy.rewrite_octets(FLIGHT, bytes(self._flight))
            self._flight.clear()
            self._output += octets or b""

    def take_output(self) -> bytes:
        """Return what is to be handed to the transport, and forget it."""
        octets = bytes(self._output)
        self._output.clear()
        return octets

    def take_events(self) -> list[TlsEvent]:
        """Return the events so far, and forget them."""
        events, self.events = self.events, []
        return events

    def _went(self, name: str, octets: bytes) -> None:
        self.events.append(HandshakeMessage("sent", name, octets))


def _number(name: str, numbers: dict[str, int]) -> int:
    """Return the number of a name, or the one that ends a name such as ``alert 200``."""
    known = numbers.get(name)
    return int(name.rpartition(" ")[2]) & 0xFF if known is None else known
