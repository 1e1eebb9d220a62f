"""What a peer sends, record by record, and where it goes (RFC 5246 6.2 and 7; R)."""

from __future__ import annotations

from typing import Final

from conform62351.profiles.role import Role
from conform62351.profiles.tls.alerts import CLOSE_NOTIFY, WARNING, Alert
from conform62351.profiles.tls.engine.checks_client_hello import ANCIENT_HELLO, ancient_hello
from conform62351.profiles.tls.engine.checks_state import STATE, Arrival
from conform62351.profiles.tls.engine.connection import Ended
from conform62351.profiles.tls.engine.course import Course
from conform62351.profiles.tls.engine.framing import (
    MAX_PLAIN,
    MESSAGE_HEADER,
    AncientHello,
    Message,
    Record,
)
from conform62351.profiles.tls.engine.link import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC
from conform62351.profiles.tls.engine.messages import name_of
from conform62351.profiles.tls.engine.protection import BadRecord
from conform62351.profiles.tls.engine.wire import DECODE_ERROR, TlsDecodeError
from conform62351.profiles.tls.interface import AlertReceived, CloseNotify, PlainData, TlsFailed
from conform62351.profiles.tls.records import ContentType, HandshakeType

SERVER_HELLO: Final = "TLS.ServerHello"
NO_RENEGOTIATION: Final = "no_renegotiation"
_ALERT_LENGTH: Final = 2


class Incoming:
    """Takes the octets of the peer of one connection, in pieces of any size."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._connection = course.connection
        self._link = course.link
        self._warnings = 0
        self._empty = 0
        self._usual = False
        self._link.reader.ancient = self._connection.role is Role.SERVER

    def take(self, octets: bytes) -> None:
        """Take octets. Raises Ended: they, or what they lead to, end the connection.

        Where the checks are made as they stand in their table, records that none of them is about are taken
        without, since a peer may send very many of one octet each.
        """
        self._usual = self._connection.policy.keeps((STATE,))
        self._course.begin()
        self._link.reader.feed(octets)
        while self._course.reading:
            record = self._next()
            if record is None:
                return
            self._take_record(record)

    def _next(self) -> Record | None:
        reader = self._link.reader
        try:
            record = reader.next()
        except AncientHello as hello:
            self._connection.judge(ANCIENT_HELLO, ancient_hello(hello.version, self._connection.parameters))
            raise Ended(hello.message, hello.alert) from hello
        except TlsDecodeError as error:
            raise self._unreadable(error) from error
        reader.ancient = reader.ancient and record is None
        return record

    def _unreadable(self, error: TlsDecodeError) -> Ended:
        """Judge octets behind which nothing can be read; return how the connection ends in any case."""
        self._judge(error.alert, error.message)
        return Ended(error.message, error.alert)

    def _judge(self, alert: str, why: str) -> None:
        self._connection.judge(STATE, Arrival(alert=alert, why=why))

    def _take_record(self, record: Record) -> None:
        # An alert may be about the very version, and what a server makes of it stands in its hello.
        course = self._course
        awaited = course.handshake is not None and SERVER_HELLO in course.handshake.expected
        agreed = None if awaited or record.kind == ContentType.ALERT else self._connection.version
        if not self._usual or agreed not in (None, record.version):
            self._connection.judge(STATE, Arrival(version=record.version, agreed=agreed))
        plain = self._unprotected(record)
        if len(plain) > MAX_PLAIN:
            self._judge("record_overflow", f"a record with {len(plain)} octets in it")
        match record.kind:
            case ContentType.HANDSHAKE:
                self._take_handshake(plain)
            case ContentType.CHANGE_CIPHER_SPEC:
                self._take_change(plain)
            case ContentType.ALERT:
                self._take_alert(plain)
            case ContentType.APPLICATION_DATA:
                self._take_data(plain)
            case _:
                self._judge("unexpected_message", f"a record of type {record.kind}")

    def _unprotected(self, record: Record) -> bytes:
        """Return what a record carries; who does not look whether it verifies reads it all the same."""
        try:
            return self._link.unprotect(record)
        except BadRecord as error:
            found = STATE.findings(Arrival(alert=error.alert, why=error.message), self._connection.policy)
            self._connection.report(found)
            if found or error.plain is None:
                raise Ended(error.message, error.alert) from error
            return error.plain

    def _take_handshake(self, fragment: bytes) -> None:
        joiner = self._link.joiner
        if not fragment:
            self._judge("unexpected_message", "a record of handshake without octets")
            return
        try:
            joiner.feed(fragment)
            while self._course.reading and (message := joiner.next()) is not None:
                self._take_message(message)
            if joiner.pending and not self._usual:
                self._connection.judge(STATE, Arrival(held=joiner.pending))
        except TlsDecodeError as error:
            raise self._unreadable(error) from error

    def _take_message(self, message: Message) -> None:
        course, original = self._course, message.octets
        read = self._link.heard(name_of(message.kind), original)
        octets = read if len(read) >= MESSAGE_HEADER else original
        kind = octets[0]
        client = self._connection.role is Role.CLIENT
        if client and kind == HandshakeType.HELLO_REQUEST:
            self._take_hello_request(octets)
            return
        if not client and kind == HandshakeType.CLIENT_HELLO and not course.client_begins():
            return
        if course.handshake is None:
            self._connection.judge(STATE, Arrival(name=name_of(kind), expected=frozenset()))
            return
        course.handshake.take(octets, original)
        if course.handshake.done:
            self._warnings = 0
            course.settle()

    def _take_hello_request(self, octets: bytes) -> None:
        if len(octets) > MESSAGE_HEADER:
            self._judge(DECODE_ERROR, f"a HelloRequest of {len(octets)} octets")
        if self._course.may_renegotiate("HelloRequest"):
            self._course.begin_as_client(resume=self._connection.parameters.resume_when_asked)

    def _take_change(self, plain: bytes) -> None:
        read = self._link.heard(CHANGE_CIPHER_SPEC, plain)
        handshake = self._course.handshake
        expected = frozenset[str]() if handshake is None else handshake.expected
        partial = self._link.joiner.pending
        arrival = Arrival(name=CHANGE_CIPHER_SPEC, expected=expected, partial=partial)
        self._connection.judge(STATE, arrival)
        if read != b"\x01":
            self._judge("illegal_parameter", f"a ChangeCipherSpec of {read[:8].hex() or 'no octets'}")
        if handshake is not None:
            handshake.change_cipher()

    def _take_alert(self, plain: bytes) -> None:
        read = self._link.heard(ALERT, plain)
        if len(read) != _ALERT_LENGTH:
            self._judge(DECODE_ERROR, f"an alert of {len(read)} octets")
            return
        alert = Alert.of(read)
        if alert.description == CLOSE_NOTIFY:
            self._take_close()
            return
        self._connection.tell(AlertReceived(alert.level, alert.description))
        if alert.level != WARNING:
            self._course.stop()
            self._connection.forget()
            self._connection.tell(TlsFailed("the peer refused by an alert", alert.description))
            return
        self._warnings += 1
        self._connection.judge(STATE, Arrival(warnings=self._warnings))
        if alert.description == NO_RENEGOTIATION:
            self._course.give_up()

    def _take_close(self) -> None:
        self._course.reading = False
        self._connection.tell(CloseNotify())
        if self._connection.established is None:
            self._course.stop()
            self._connection.tell(TlsFailed("the peer closed within the handshake", CLOSE_NOTIFY))

    def _take_data(self, plain: bytes) -> None:
        handshake = self._course.handshake
        allowed = handshake is None or (handshake.renegotiation and not handshake.peer_changed)
        if not self._usual or not allowed:
            self._connection.judge(STATE, Arrival(name=APPLICATION_DATA, data_allowed=allowed))
        self._empty = 0 if plain else self._empty + 1
        if not self._usual or self._empty:
            self._connection.judge(STATE, Arrival(empty=self._empty))
        if plain:
            self._connection.tell(PlainData(plain))
