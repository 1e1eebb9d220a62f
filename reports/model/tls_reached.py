"""What a run shows of the TLS suites of Tables 9 and 12, row by row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Set

from conform62351.pics.catalogue import ROLES, Item, catalogue
from conform62351.reports.model.derived import shown
from conform62351.reports.model.events import Claim, Planned, RunStarted, TlsEstablished
from conform62351.reports.model.report import CaseReport
from conform62351.reports.model.security import suite_code
from conform62351.reports.model.tls_report import SuiteOutcome, SuiteReport, SuiteRoleReport
from conform62351.reports.model.verdict import Verdict

NO_CASE = "no case in this run"
NOT_APPLICABLE = "no case applies"
NOT_DECIDED = "its cases decided nothing"
_DECIDED = (Verdict.PASS, Verdict.FAIL)


class SuiteHistory:
    """Collects which suites connections had, over all cases of a run."""

    def __init__(self) -> None:
        self._roles: dict[str, str] = {}
        self._connections: Counter[tuple[str, str]] = Counter()
        self._associations: Counter[tuple[str, str]] = Counter()
        self._tester: set[str] = set()

    def started(self, event: RunStarted) -> None:
        """Take what the tester can speak."""
        self._tester.update(event.tls_suites)

    def planned(self, event: Planned) -> None:
        """Take the role that the device has in a case."""
        self._roles[event.case] = event.role

    def established(self, event: TlsEstablished, before: Collection[str]) -> None:
        """Count a handshake; ``before`` are the suites that its connection has had."""
        code = suite_code(event.code)
        if code not in before:
            self._connections[code, self._roles.get(event.case, "")] += 1

    def associated(self, codes: Iterable[str], role: str) -> None:
        """Count an association of the device in ``role`` over a connection that has had these suites."""
        for code in codes:
            self._associations[code, role] += 1

    def report(self, claims: Mapping[str, Claim], cases: Iterable[CaseReport]) -> list[SuiteReport]:
        """Return the rows of both tables, none for a run in which TLS did not occur."""
        about: dict[tuple[str, str], list[CaseReport]] = defaultdict(list)
        for case in cases:
            for requirement in dict.fromkeys(case.requirements):
                about[requirement, case.role].append(case)
        items: dict[str, list[Item]] = defaultdict(list)
        for item in catalogue():
            if item.suite:
                items[item.suite].append(item)
        rows = [
            _row(columns, {item.role: self._role(item, claims, about) for item in columns}, self._tester)
            for columns in items.values()
        ]
        tried = any(role.outcome != "not-tried" for row in rows for role in row.roles.values())
        return rows if tried or self._connections else []

    def _role(
        self,
        item: Item,
        claims: Mapping[str, Claim],
        about: Mapping[tuple[str, str], list[CaseReport]],
    ) -> SuiteRoleReport:
        answer = claims[item.code].answer if item.code in claims else ""
        cases = about.get((item.requirement, item.role), [])
        checks = [check for case in cases for check in case.checks if check.requirement == item.requirement]
        connections = self._connections[item.suite, item.role]
        associations = self._associations[item.suite, item.role]
        denied = answer == "no" or item.status == "x"
        outcome = _outcome(connections, associations, {check.verdict for check in checks}, denied=denied)
        return SuiteRoleReport(
            status=item.status,
            answer=answer,
            outcome=outcome,
            connections=connections,
            associations=associations,
            result=shown(checks, cases),
            cases=[case.id for case in cases],
            reason="" if outcome != "not-tried" else self._reason(item, cases),
        )

    def _reason(self, item: Item, cases: Collection[CaseReport]) -> str:
        """Say why a suite was neither used nor refused."""
        if self._tester and item.suite not in self._tester:
            return f"the tester's TLS does not have it{_obsolete(item.row)}"
        if not cases:
            return NO_CASE
        undecided = any(case.verdict is not Verdict.NOT_APPLICABLE for case in cases)
        return NOT_DECIDED if undecided else NOT_APPLICABLE


def _row(items: list[Item], roles: dict[str, SuiteRoleReport], tester: Collection[str]) -> SuiteReport:
    first = items[0]
    return SuiteReport(
        table=first.table or 0,
        code=first.suite,
        name=first.row,
        reference=first.reference,
        provenance=first.provenance.mark,
        tester=first.suite in tester if tester else None,
        roles={role: roles[role] for role in ROLES if role in roles},
    )


def _outcome(connections: int, associations: int, verdicts: Set[Verdict], *, denied: bool) -> SuiteOutcome:
    if associations:
        return "associated"
    if connections:
        return "handshake"
    if verdicts.isdisjoint(_DECIDED):
        return "not-tried"
    return "not-refused" if Verdict.FAIL in verdicts and denied else "refused"


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
