"""What a run reached: combinations of security measures (Table 1), TLS suites (Table 9), native mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from conform62351.pics.catalogue import ROLES, catalogue
from conform62351.reports.model.events import (
    AnyEvent,
    AuthenticationSeen,
    CheckMade,
    Claim,
    ConversationStarted,
    HandshakeSeen,
    KeysAgreed,
    Observed,
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
    SuiteReport,
    TlsUse,
)

COMPATIBILITY_SUITES = 9
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

    tls: bool = False
    directions: set[str] = field(default_factory=set)
    native: Agreement = field(default_factory=Agreement)
    role: str = ""
    """The role of the device, once it has associated."""

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
        self._tester: set[str] = set()
        self._native = NativeHistory()

    def take(self, event: AnyEvent) -> None:
        """Add one event; connections are numbered anew in each conversation."""
        match event:
            case RunStarted():
                self._tester.update(event.tls_suites)
                self._settle(list(self._connections))
            case Started() | ConversationStarted() | Verdicted():
                self._settle([key for key in self._connections if key[0] == event.case])
            case TlsEstablished():
                self._suites[event.version, event.suite, suite_code(event.code)] += 1
                self._connection(event).tls = True
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

    def _agreed(self, event: KeysAgreed) -> None:
        before = self._connection(event)
        if before.native.keys and not event.number:
            # Associations between cases have connections of the same number, one after the other.
            self._settle([(event.case, event.connection)])
            after = self._connection(event)
            after.tls, after.native.received = before.tls, before.native.received
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
            self._native.settle(connection.native, connection.role, tls=connection.tls)

    def report(self, claims: Mapping[str, Claim]) -> RunSecurity:
        """Return what the run reached by now, beside what the device claims."""
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
            table_9=self._table_9(claims),
        )

    def native(self, tables: Iterable[TableReport], cases: Iterable[CaseReport]) -> NativeReport | None:
        """Return what the run reached of native mode by now; None for a device that has nothing of it."""
        self._settle(list(self._connections))
        return self._native.report(tables, cases)

    def _table_9(self, claims: Mapping[str, Claim]) -> list[SuiteReport]:
        used: Counter[str] = Counter()
        for (_, _, code), count in self._suites.items():
            used[code] += count
        rows: dict[str, SuiteReport] = {}
        for item in catalogue():
            if item.table != COMPATIBILITY_SUITES or item.suite in rows:
                continue
            claimed = [role for role in ROLES if _claimed(claims, f"{item.section}.{item.row}.{role}")]
            tester = item.suite in self._tester if self._tester else None
            count = used[item.suite]
            rows[item.suite] = SuiteReport(
                code=item.suite,
                name=item.row,
                status=item.status,
                claimed=claimed,
                tester=tester,
                connections=count,
                reason="" if count else _unused(item.row, item.status, claimed, tester),
            )
        needed = any(_claimed(claims, f"T8.T-security.{role}") for role in ROLES)
        return list(rows.values()) if needed or any(row.connections for row in rows.values()) else []


def _claimed(claims: Mapping[str, Claim], code: str) -> bool:
    return code in claims and claims[code].answer == "yes"


def _unused(name: str, status: str, claimed: list[str], tester: bool | None) -> str:
    """Say why no connection had a suite of Table 9."""
    reasons = []
    if not claimed:
        reasons.append("not claimed, as the standard wants it" if status == "x" else "not claimed")
    if tester is False:
        reasons.append(f"the tester's TLS does not have it{_obsolete(name)}")
    elif claimed:
        reasons.append("claimed, but not negotiated in this run")
    return "; ".join(reasons)


def _obsolete(name: str) -> str:
    static = name.startswith("TLS_DH_") and "_anon_" not in name
    parts = [
        "static Diffie-Hellman" if static else "",
        "DSS" if "_DSS_" in name else "",
        "3DES" if "_3DES_" in name else "",
        "RC4" if "_RC4_" in name else "",
    ]
    found = ", ".join(part for part in parts if part)
    return f" ({found})" if found else ""
