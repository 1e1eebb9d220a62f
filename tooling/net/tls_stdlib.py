"""TLS by Python's ``ssl`` (OpenSSL) behind the interface of :mod:`profiles.tls.interface`.

It lives here and not in ``profiles`` because ``ssl`` reads the host's clock and randomness by itself. OpenSSL
shows no records: alerts and the peer's chain are read from the octets that pass while they are plain, which
in TLS 1.2 is all of the handshake that matters. Behind that a fatal alert received is known from OpenSSL's
error, one sent mostly; warnings are not.
"""

from __future__ import annotations

import re
import ssl
from collections import deque
from contextlib import suppress
from functools import cache
from typing import Final

from conform62351.profiles.tls.alerts import CLOSE_NOTIFY, DESCRIPTIONS, FATAL, Alert
from conform62351.profiles.tls.interface import (
    AlertReceived,
    AlertSent,
    CloseNotify,
    Established,
    PlainData,
    TlsEvent,
    TlsFailed,
    TlsStateError,
    Truncated,
)
from conform62351.profiles.tls.records import PlainRecords
from conform62351.profiles.tls.suites import suite_name

READ_SIZE: Final = 65536
OID_TITLE: Final = bytes.fromhex("060355046a06")
"""Attribute type 2.5.4.106, followed by the tag of an OBJECT IDENTIFIER as its value."""
OID_TITLE_TROUBLE: Final = "OpenSSL reads no certificate whose title (2.5.4.106) is an OBJECT IDENTIFIER"

_RECEIVED: Final = re.compile(r"(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(.+)")
_SENT_FOR: Final = {
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": "bad_record_mac",
    "DIGEST_CHECK_FAILED": "decrypt_error",
    "BAD_SIGNATURE": "decrypt_error",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "certificate_required",
    "UNEXPECTED_MESSAGE": "unexpected_message",
    "UNEXPECTED_RECORD": "unexpected_message",
    "WRONG_VERSION_NUMBER": "protocol_version",
    "BAD_RECORD_TYPE": "unexpected_message",
    "PACKET_LENGTH_TOO_LONG": "record_overflow",
    "DATA_LENGTH_TOO_LONG": "record_overflow",
    "ENCRYPTED_LENGTH_TOO_LONG": "record_overflow",
    "LENGTH_TOO_SHORT": "bad_record_mac",
}
"""What OpenSSL 3 sends for an error of its own, where the alert itself is encrypted."""
_CERTIFICATE_ALERTS: Final = {
    2: "unknown_ca",
    3: "certificate_unknown",
    9: "bad_certificate",
    10: "certificate_expired",
    12: "certificate_expired",
    18: "unknown_ca",
    19: "unknown_ca",
    20: "unknown_ca",
    21: "unknown_ca",
    22: "unknown_ca",
    23: "certificate_revoked",
    24: "unknown_ca",
    25: "unknown_ca",
    26: "unsupported_certificate",
}
"""The same by the code of a failed verification, as ssl(3) maps it; ``bad_certificate`` for the rest."""


class StdlibTls:
    """One side of one TLS connection; ``session`` is that of a machine before, to be resumed by a client.

    ``context`` keeps the sessions of servers; it may leave certificates, keys and key log to ``credentials``.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        credentials: ssl.SSLContext | None = None,
        *,
        server_side: bool,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side, session=session)
        if credentials is not None:
            self._tls.context = credentials
        self._established: Established | None = None
        self._heard = PlainRecords()
        self._said = PlainRecords()
        self._output = bytearray()
        self._unsent: deque[bytes] = deque()
        self._alert_received = ""
        self._alert_sent = ""
        self._reading = True
        self._writing = True

    @property
    def established(self) -> Established | None:
        """See :class:`profiles.tls.interface.TlsMachine`."""
        return self._established

    @property
    def peer_chain(self) -> tuple[bytes, ...]:
        """See the interface; in TLS 1.3 before Python 3.13, and when resumed, the peer's own alone."""
        if self._heard.certificates:
            return self._heard.certificates
        if self._established is not None:
            return self._established.peer_chain
        return ()

    @property
    def session(self) -> ssl.SSLSession | None:
        """See the interface."""
        return self._tls.session if self._established is not None else None

    def start(self) -> list[TlsEvent]:
        """See the interface."""
        return self._advance()

    def receive(self, octets: bytes) -> list[TlsEvent]:
        """See the interface."""
        if not self._reading:
            return []
        events: list[TlsEvent] = []
        for alert in self._heard.take(octets):
            self._received(alert, events)
        self._incoming.write(octets)
        return events + self._advance()

    def receive_eof(self) -> list[TlsEvent]:
        """See the interface."""
        if not self._reading:
            return []
        self._reading = False
        if self._established is not None:
            return [Truncated()]
        self._writing = False
        return [TlsFailed("the connection ended within the handshake", self._alert_received or None)]

    def send(self, octets: bytes) -> list[TlsEvent]:
        """See the interface; while the peer renegotiates, data wait for its answer."""
        if self._established is None or not self._writing:
            raise TlsStateError("no handshake is complete" if self._writing else "this side has ended")
        self._unsent.append(octets)
        return self._advance()

    def close_notify(self) -> list[TlsEvent]:
        """See the interface."""
        events: list[TlsEvent] = []
        if self._established is not None and self._writing:
            self._writing = False
            try:
                self._tls.unwrap()
            except ssl.SSLError:
                """It waits for the peer's close_notify, or finds data before it, which are read as ever."""
            self._take_records(events)
        return events

    def take_output(self) -> bytes:
        """See the interface."""
        octets = bytes(self._output)
        self._output.clear()
        return octets

    def _advance(self) -> list[TlsEvent]:
        """Do all that can be done with what has come, and return what came of it."""
        events: list[TlsEvent] = []
        failure: ssl.SSLError | None = None
        try:
            if self._established is None:
                self._tls.do_handshake()
                self._established = self._describe()
                events.append(self._established)
            self._write()
            self._read(events)
            self._write()
        except ssl.SSLWantReadError:
            """The handshake goes on when the peer has answered."""
        except ssl.SSLError as error:
            failure = error
        written = self._take_records(events)
        if failure is not None:
            self._fail(failure, events, written)
        return events

    def _write(self) -> None:
        with suppress(ssl.SSLWantReadError):
            while self._unsent:
                self._tls.write(self._unsent[0])
                self._unsent.popleft()

    def _read(self, events: list[TlsEvent]) -> None:
        """Read until OpenSSL wants more or the peer has ended."""
        while self._reading:
            try:
                octets = self._tls.read(READ_SIZE)
            except ssl.SSLWantReadError:
                return
            except ssl.SSLZeroReturnError:
                octets = b""
            if octets:
                events.append(PlainData(octets))
            else:
                self._reading = False
                events.append(CloseNotify())

    def _take_records(self, events: list[TlsEvent]) -> int:
        """Move what OpenSSL has written to the output, and return its size; an alert in it is an event."""
        octets = self._outgoing.read()
        self._output += octets
        for alert in self._said.take(octets):
            if alert.level == FATAL:
                self._alert_sent = alert.description
            if alert.description != CLOSE_NOTIFY:
                events.append(AlertSent(alert.level, alert.description))
        return len(octets)

    def _received(self, alert: Alert, events: list[TlsEvent]) -> None:
        if alert.level == FATAL:
            self._alert_received = alert.description
        events.append(AlertReceived(alert.level, alert.description))

    def _fail(self, error: ssl.SSLError, events: list[TlsEvent], written: int) -> None:
        self._reading = self._writing = False
        reason = error.reason or ""
        told = _RECEIVED.fullmatch(reason)
        if told is not None and not self._alert_received:
            name = {"user_cancelled": "user_canceled"}.get(told[1].lower(), told[1].lower())
            if name in DESCRIPTIONS.values():
                self._received(Alert(FATAL, name), events)
        if written and self._said.ended and not self._alert_received:
            # What OpenSSL has written is an alert, and encrypted.
            self._alert_sent = _alert_for(error)
            events.append(AlertSent(FATAL, self._alert_sent))
        events.append(TlsFailed(self._words(error), self._alert_received or self._alert_sent or None))

    def _words(self, error: ssl.SSLError) -> str:
        if self._alert_received:
            return "the peer refused by an alert"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the peer's certificate is refused: {error.verify_message}"
        if any(OID_TITLE in certificate for certificate in self.peer_chain):
            return OID_TITLE_TROUBLE
        return (error.reason or "unknown error of OpenSSL").lower().replace("_", " ")

    def _describe(self) -> Established:
        cipher = self._tls.cipher()
        name = cipher[0] if cipher else ""
        code = suite_codes().get(name, 0)
        return Established(
            self._tls.version() or "",
            suite_name(code) if code else name,
            code,
            self._heard.certificates or self._chain(),
            bool(self._tls.session_reused),
        )

    def _chain(self) -> tuple[bytes, ...]:
        """Return the peer's certificates as OpenSSL tells them, where they did not pass in plain."""
        whole = getattr(self._tls, "get_unverified_chain", None)
        if whole is not None:
            return tuple(whole())
        own = self._tls.getpeercert(binary_form=True)
        return (own,) if own else ()


def _alert_for(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE_ALERTS.get(error.verify_code, "bad_certificate")
    return _SENT_FOR.get(error.reason or "", "")


@cache
def suite_codes() -> dict[str, int]:
    """Return the numbers of all suites that this OpenSSL has, by its own names for them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    return {suite["name"]: suite["id"] & 0xFFFF for suite in context.get_ciphers()}
