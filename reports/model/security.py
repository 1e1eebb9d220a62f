"""What a case shows of TLS, authentication, native mode and the security-event log, from its events."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from conform62351.pics.catalogue import catalogue
from conform62351.reports.model.events import (
    AuthenticationSeen,
    CertificateFacts,
    HandshakeSeen,
    KeysAgreed,
    LogRecordRead,
    Observed,
    TlsEstablished,
)
from conform62351.reports.model.native_reached import told
from conform62351.reports.model.native_report import HandshakeReport, KeysReport, SecPduReport
from conform62351.reports.model.security_report import (
    AuthenticationReport,
    CaseSecurity,
    LogRecordReport,
    TlsReport,
)

KEPT_FIRST = 48
KEPT_LAST = 16
"""How many of a kind a case shows: a case of thousands of replays is looked up in the event log."""
SUITE_TABLES = (9, 12)

SecurityEvent = TlsEstablished | AuthenticationSeen | HandshakeSeen | KeysAgreed | Observed | LogRecordRead
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a case an event stands: attempt, conversation within it (0: before the first), its label."""

    attempt: int
    conversation: int
    label: str


@dataclass
class _Kept(Generic[_Item]):
    """The first and the last of what came, and how many came between."""

    first: list[_Item] = field(default_factory=list)
    last: deque[_Item] = field(default_factory=lambda: deque(maxlen=KEPT_LAST))
    omitted: int = 0

    def add(self, item: _Item) -> None:
        if len(self.first) < KEPT_FIRST:
            self.first.append(item)
            return
        self.omitted += len(self.last) == KEPT_LAST
        self.last.append(item)

    def all(self) -> list[_Item]:
        return [*self.first, *self.last]


class SecurityHistory:
    """Collects what one case shows."""

    def __init__(self) -> None:
        self._tls: _Kept[tuple[TlsEstablished, Place]] = _Kept()
        self._authentications: _Kept[tuple[AuthenticationSeen, Place]] = _Kept()
        self._handshakes: _Kept[tuple[HandshakeSeen, Place]] = _Kept()
        self._keys: _Kept[tuple[KeysAgreed, Place]] = _Kept()
        self._secpdus: _Kept[tuple[Observed, Place]] = _Kept()
        self._log_records: _Kept[tuple[LogRecordRead, Place]] = _Kept()

    def take(self, event: SecurityEvent, place: Place) -> None:
        """Add one event."""
        match event:
            case TlsEstablished():
                self._tls.add((event, place))
            case AuthenticationSeen():
                self._authentications.add((event, place))
            case HandshakeSeen():
                self._handshakes.add((event, place))
            case KeysAgreed():
                self._keys.add((event, place))
            case Observed():
                if told(event) is not None:
                    self._secpdus.add((event, place))
            case LogRecordRead():
                self._log_records.add((event, place))

    def certificates(self) -> Iterator[CertificateFacts]:
        """Yield the certificates that the report of this case names."""
        for tls, _ in self._tls.all():
            yield from tls.chain
        for value, _ in self._authentications.all():
            yield from value.chain
        for handshake, _ in self._handshakes.all():
            yield from handshake.chain

    def report(self) -> CaseSecurity:
        """Return what the case shows."""
        return CaseSecurity(
            tls=[_tls(event, place) for event, place in self._tls.all()],
            authentications=[_authentication(event, place) for event, place in self._authentications.all()],
            handshakes=[_handshake(event, place) for event, place in self._handshakes.all()],
            keys=[_keys(event, place) for event, place in self._keys.all()],
            secpdus=[_secpdu(event, place) for event, place in self._secpdus.all()],
            log_records=[_log_record(event, place) for event, place in self._log_records.all()],
            omitted=self._omitted(),
        )

    def _omitted(self) -> int:
        counts = (self._tls.omitted, self._authentications.omitted, self._handshakes.omitted)
        return sum(counts) + self._keys.omitted + self._secpdus.omitted + self._log_records.omitted


def _tls(event: TlsEstablished, place: Place) -> TlsReport:
    return TlsReport(
        attempt=place.attempt,
        conversation=place.conversation,
        label=place.label,
        connection=event.connection,
        version=event.version,
        suite=event.suite,
        code=suite_code(event.code),
        tables=tables_of(suite_code(event.code)),
        chain=_fingerprints(event),
        resumed=event.resumed,
    )


def _fingerprints(event: TlsEstablished | AuthenticationSeen | HandshakeSeen) -> list[str]:
    """Return the SHA-256 of the certificates that were shown."""
    return [certificate.sha256 for certificate in event.chain]


def _is_inside(event: AuthenticationSeen | HandshakeSeen) -> bool | None:
    """Return whether a signed time is within its window; None: there is none that can be read."""
    return None if event.offset_s is None else abs(event.offset_s) <= event.window_s


def _authentication(event: AuthenticationSeen, place: Place) -> AuthenticationReport:
    return AuthenticationReport(
        attempt=place.attempt,
        conversation=place.conversation,
        label=place.label,
        connection=event.connection,
        direction=event.direction,
        chain=_fingerprints(event),
        time=event.time,
        time_utc=event.time_utc,
        offset_s=event.offset_s,
        window_s=event.window_s,
        inside=_is_inside(event),
        signed=event.signed,
        remarks=event.remarks,
    )


def _handshake(event: HandshakeSeen, place: Place) -> HandshakeReport:
    return HandshakeReport(
        attempt=place.attempt,
        conversation=place.conversation,
        label=place.label,
        connection=event.connection,
        direction=event.direction,
        pdu=event.pdu,
        pp=event.pp,
        asso_id=event.asso_id,
        mode=event.mode,
        algorithms=event.algorithms,
        groups=event.groups,
        hmac=event.hmac,
        signature=event.signature,
        protection=event.protection,
        chain=_fingerprints(event),
        time=event.time,
        time_utc=event.time_utc,
        offset_s=event.offset_s,
        window_s=event.window_s,
        inside=_is_inside(event),
        remarks=event.remarks,
    )


def _keys(event: KeysAgreed, place: Place) -> KeysReport:
    return KeysReport(
        attempt=place.attempt,
        conversation=place.conversation,
        label=place.label,
        connection=event.connection,
        number=event.number,
        asso_id=event.asso_id,
        group=event.group,
        group_name=event.group_name,
        mode=event.mode,
        encryption=event.encryption,
        integrity=event.integrity,
        hmac=event.hmac,
        derivation=event.derivation,
    )


def _secpdu(event: Observed, place: Place) -> SecPduReport:
    name, detail = told(event) or (event.name, event.detail)
    return SecPduReport(
        attempt=place.attempt,
        conversation=place.conversation,
        label=place.label,
        connection=event.connection,
        kind=event.kind,
        name=name,
        detail=detail,
    )


def _log_record(event: LogRecordRead, place: Place) -> LogRecordReport:
    return LogRecordReport(
        attempt=place.attempt,
        conversation=place.conversation,
        label=place.label,
        id=event.id,
        mnemonic=event.mnemonic,
        severity=event.severity,
        time=event.time,
        sequence=event.sequence,
        source=event.source,
        peer=event.peer,
        text=event.text,
        remarks=event.remarks,
    )


def suite_code(code: int) -> str:
    """Return a TLS code point as the PICS writes it: ``C02F``."""
    return f"{code:04X}"


@functools.cache
def _suite_tables() -> Mapping[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number in SUITE_TABLES:
        for item in catalogue():
            if item.table == number and number not in found.setdefault(item.suite, []):
                found[item.suite].append(number)
    return found


def tables_of(code: str) -> list[int]:
    """Return which of Tables 9 and 12 have the suite with the code point ``code``."""
    return list(_suite_tables().get(code, []))
