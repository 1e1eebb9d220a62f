"""What a run reached: combinations of security measures (Table 1), TLS suites, native mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conform62351.pics.catalogue import ROLES
from conform62351.reports.model.events import (
    AnyEvent,
    AuthenticationSeen,
    CheckMade,
    Claim,
    ConversationStarted,
    HandshakeSeen,
    KeysAgreed,
    Observed,
    Planned,
    Received,
    RunStarted,
    Started,
    TlsEstablished,
    Verdicted,
)
from conform62351.reports.model.native_reached import CLEAR, Agreement, NativeHistory
from conform62351.reports.model.native_report import NativeReport
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.report import CaseReport, TableReport
from conform62351.reports.model.security import suite_code, tables_of
from conform62351.reports.model.security_report import (
    CombinationId,
    CombinationReport,
    RunSecurity,
    TlsUse,
)
from conform62351.reports.model.tls_reached import SuiteHistory

_COMBINATIONS: tuple[tuple[CombinationId, str, bool, str], ...] = (
    ("compatibility", "A-security-profile with TLS (compatibility mode)", True, "T7.compatibility"),
    ("TLS-alone", "TLS alone", True, "COMB.TLS-alone"),
    ("A-security-profile-alone", "A-security-profile without TLS", False, "COMB.A-security-profile-alone"),
    ("E2E-encrypted-with-TLS", "E2E-security with encryption, over TLS", True, "T7.native"),
    ("E2E-encrypted", "E2E-security with encryption, without TLS", True, "COMB.E2E-security-alone"),
    ("E2E-integrity-with-TLS", "E2E-security without encryption, over TLS", True, "E2E.integrity-only"),
    ("E2E-integrity", "E2E-security without encryption, without TLS", True, "E2E.integrity-only"),
    ("none", "no security measure", False, "MMS.unprotected"),
)


_OfConnection = TlsEstablished | AuthenticationSeen | HandshakeSeen | KeysAgreed | Received | Observed


@dataclass
class _Connection:
    """What happened on one connection: enough to tell its combination of Table 1."""

    suites: set[str] = field(default_factory=set)
    """The suites of its TLS: none without TLS, several after a renegotiation to another."""
    directions: set[str] = field(default_factory=set)
    native: Agreement = field(default_factory=Agreement)
    role: str = ""
    """The role of the device, once it has associated."""

    @property
    def tls(self) -> bool:
        return bool(self.suites)

    @property
    def combination(self) -> CombinationId:
        if self.native.keys:
            if self.native.keys[0].mode == CLEAR:
                return "E2E-integrity-with-TLS" if self.tls else "E2E-integrity"
            return "E2E-encrypted-with-TLS" if self.tls else "E2E-encrypted"
        if self.directions == {"sent", "received"}:
            return "compatibility" if self.tls else "A-security-profile-alone"
        return "TLS-alone" if self.tls else "none"


class RunSecurityHistory:
    """Collects what a run reached, over all its cases."""

    def __init__(self) -> None:
        self._connections: dict[tuple[str, int], _Connection] = {}
        self._associations: Counter[tuple[CombinationId, str]] = Counter()
        self._suites: Counter[tuple[str, str, str]] = Counter()
        self._rows = SuiteHistory()
        self._native = NativeHistory()

    def take(self, event: AnyEvent) -> None:
        """Add one event; connections are numbered anew in each conversation."""
        match event:
            case RunStarted():
                self._rows.started(event)
                self._settle(list(self._connections))
            case Planned():
                self._rows.planned(event)
            case Started() | ConversationStarted() | Verdicted():
                self._settle([key for key in self._connections if key[0] == event.case])
            case TlsEstablished():
                self._secured(event)
            case AuthenticationSeen():
                self._connection(event).directions.add(event.direction)
            case HandshakeSeen(direction="received"):
                self._connection(event).native.received = event
            case KeysAgreed():
                self._agreed(event)
            case Received():
                self._connection(event).native.transferred(event.pdus)
            case Observed():
                self._observed(event)
            case CheckMade():
                self._native.checked(event)
            case _:
                pass

    def _secured(self, event: TlsEstablished) -> None:
        suites = self._connection(event).suites
        self._rows.established(event, suites)
        self._suites[event.version, event.suite, suite_code(event.code)] += 1
        suites.add(suite_code(event.code))

    def _agreed(self, event: KeysAgreed) -> None:
        before = self._connection(event)
        if before.native.keys and not event.number:
            # Associations between cases have connections of the same number, one after the other.
            self._settle([(event.case, event.connection)])
            after = self._connection(event)
            after.suites, after.native.received = before.suites, before.native.received
        self._connection(event).native.keys.append(event)

    def _observed(self, event: Observed) -> None:
        self._native.observed(event)
        if event.kind == Kind.ASSOCIATED:
            self._connection(event).role = "server"
        elif event.kind == Kind.REQUEST and not event.name.startswith("ACSE."):
            self._connection(event).role = "client"

    def _connection(self, event: _OfConnection) -> _Connection:
        return self._connections.setdefault((event.case, event.connection), _Connection())

    def _settle(self, keys: list[tuple[str, int]]) -> None:
        for key in keys:
            connection = self._connections.pop(key)
            if connection.role:
                self._associations[connection.combination, connection.role] += 1
                self._rows.associated(connection.suites, connection.role)
            self._native.settle(connection.native, connection.role, tls=connection.tls)

    def report(self, claims: Mapping[str, Claim], cases: Iterable[CaseReport]) -> RunSecurity:
        """Return what the run reached by now, beside what the device claims and what its cases say."""
        self._settle(list(self._connections))
        return RunSecurity(
            combinations=[
                CombinationReport(
                    id=name,
                    name=text,
                    secure=secure,
                    claimed={role: _claimed(claims, f"{item}.{role}") for role in ROLES},
                    associations={role: self._associations[name, role] for role in ROLES},
                )
                for name, text, secure, item in _COMBINATIONS
            ],
            tls=[
                TlsUse(version=version, suite=suite, code=code, tables=tables_of(code), connections=count)
                for (version, suite, code), count in sorted(self._suites.items())
            ],
            suites=self._rows.report(claims, cases),
        )

    def native(self, tables: Iterable[TableReport], cases: Iterable[CaseReport]) -> NativeReport | None:
        """Return what the run reached of native mode by now; None for a device that has nothing of it."""
        self._settle(list(self._connections))
        return self._native.report(tables, cases)


def _claimed(claims: Mapping[str, Claim], code: str) -> bool:
    return code in claims and claims[code].answer == "yes"
