"""What a server answers to a ClientHello, read as far as it is asked for and no further.

The reader gets octets in pieces of any size and keeps within bounds: what is no TLS, or too much of it, ends
the reading with a word about why, and never raises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from conform62351.profiles.tls.alerts import FATAL, Alert
from conform62351.profiles.tls.engine.extensions import ExtensionType, find, read_selected_version
from conform62351.profiles.tls.engine.framing import Message, MessageJoiner, RecordReader
from conform62351.profiles.tls.engine.hellos import ServerHello, decode_server_hello
from conform62351.profiles.tls.engine.wire import TlsDecodeError
from conform62351.profiles.tls.records import ContentType, HandshakeType
from conform62351.tooling.scan.registry import TLS_1_3, version_name

MAX_ALERTS: Final = 16
MAX_RECORDS: Final = 512
_KEY_SHARE: Final = 51

Wanted = Callable[[int], bool]
"""Given the suite of a ServerHello, tells whether the rest of the flight is wanted."""


def hello_alone(_: int) -> bool:
    """Want nothing behind the ServerHello."""
    return False


def whole_flight(_: int) -> bool:
    """Want all up to the ServerHelloDone."""
    return True


class Ending(Enum):
    """Why reading ended."""

    ANSWERED = "answered"
    ALERT = "alert"
    CLOSED = "closed"
    RESET = "reset"
    SILENT = "silent"
    GARBAGE = "no TLS"
    TOO_MUCH = "too much"
    NO_CONNECTION = "no connection"

    @property
    def tells(self) -> bool:
        """Whether a server that ends so may well mean that it refuses; silence, too, can be an answer."""
        return self not in (Ending.NO_CONNECTION, Ending.GARBAGE, Ending.TOO_MUCH)


@dataclass(slots=True)
class Answer:
    """What came: ``messages`` are the handshake messages behind the ServerHello, unread, by their types.

    ``detail`` says more where ``ending`` is no answer; ``seconds`` is the time from the first octet sent.
    """

    ending: Ending
    hello: ServerHello | None = None
    messages: dict[int, bytes] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    detail: str = ""
    octets: int = 0
    seconds: float = 0.0

    @property
    def version(self) -> int:
        """The version that the server has chosen, 0 without a ServerHello."""
        if self.hello is None:
            return 0
        chosen = find(self.hello.extensions, ExtensionType.SUPPORTED_VERSIONS)
        if chosen is None:
            return self.hello.version
        try:
            return read_selected_version(chosen.octets)
        except TlsDecodeError:
            return self.hello.version

    @property
    def key_share_group(self) -> int:
        """The group that a HelloRetryRequest or a ServerHello of TLS 1.3 names, 0 without one."""
        share = None if self.hello is None else find(self.hello.extensions, _KEY_SHARE)
        return 0 if share is None or len(share.octets) < 2 else int.from_bytes(share.octets[:2], "big")

    @property
    def alert(self) -> str:
        """The description of the fatal alert, else of the last one, empty without any."""
        fatal = [alert.description for alert in self.alerts if alert.level == FATAL]
        return (fatal or [alert.description for alert in self.alerts] or [""])[-1]

    def __str__(self) -> str:
        if self.hello is not None:
            return f"ServerHello of {version_name(self.version)} with suite {self.hello.suite:04X}"
        if self.alerts:
            return f"alert {self.alert}"
        return self.ending.value + (f": {self.detail}" if self.detail else "")


class AnswerReader:
    """Reads one answer; :attr:`answer` is what came so far."""

    def __init__(self, wanted: Wanted) -> None:
        self.answer = Answer(Ending.SILENT)
        self._wanted = wanted
        self._records = RecordReader()
        self._messages = MessageJoiner()
        self._left = MAX_RECORDS

    def take(self, octets: bytes) -> bool:
        """Take octets; return whether the answer is complete, or nothing more can be read of it."""
        answer = self.answer
        answer.octets += len(octets)
        self._records.feed(octets)
        try:
            while (record := self._records.next()) is not None:
                self._left -= 1
                if self._left < 0:
                    return self._end(Ending.TOO_MUCH, f"more than {MAX_RECORDS} records")
                if record.kind == ContentType.HANDSHAKE:
                    self._messages.feed(record.fragment)
                    while (message := self._messages.next()) is not None:
                        if self._take(message):
                            return self._end(Ending.ANSWERED)
                elif record.kind == ContentType.ALERT:
                    if self._alert(record.fragment):
                        return self._end(Ending.ALERT)
                elif answer.version >= TLS_1_3:
                    return self._end(Ending.ANSWERED)
                else:
                    return self._end(Ending.GARBAGE, f"a record of type {record.kind} in place of a hello")
        except TlsDecodeError as error:
            return self._end(Ending.GARBAGE, error.message)
        return False

    def end(self, ending: Ending, detail: str = "") -> Answer:
        """Take note of how the connection ended, or that the limits are reached, and return the answer."""
        answer = self.answer
        if answer.ending is Ending.SILENT:
            answer.ending = ending
            answer.detail = detail
        return answer

    def _end(self, ending: Ending, detail: str = "") -> bool:
        self.answer.ending, self.answer.detail = ending, detail
        return True

    def _alert(self, fragment: bytes) -> bool:
        """Take note of an alert and return whether it is the end."""
        if len(fragment) != 2:
            raise TlsDecodeError(0, f"an alert of {len(fragment)} octets")
        alert = Alert.of(fragment)
        self.answer.alerts.append(alert)
        return alert.level == FATAL or len(self.answer.alerts) >= MAX_ALERTS

    def _take(self, message: Message) -> bool:
        """Take a handshake message and return whether it is the last that is wanted."""
        answer = self.answer
        if message.kind == HandshakeType.SERVER_HELLO and answer.hello is None:
            answer.hello = decode_server_hello(message.body)
            return answer.version >= TLS_1_3 or not self._wanted(answer.hello.suite)
        if answer.hello is None:
            raise TlsDecodeError(0, f"handshake message {message.kind} in place of a ServerHello")
        answer.messages.setdefault(message.kind, message.body)
        return message.kind == HandshakeType.SERVER_HELLO_DONE
