"""What a run reached of native mode: rows of Tables 10, 11 and 13, groups, readings, fresh ivs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from conform62351.pics.catalogue import ROLES
from conform62351.reports.model.events import CheckMade, HandshakeSeen, KeysAgreed, Observed
from conform62351.reports.model.native_report import (
    DerivationUse,
    FreshnessReport,
    GroupUse,
    NativeReport,
    NativeRowReport,
    RowRoleReport,
    SecPduUse,
)
from conform62351.reports.model.observation import Kind
from conform62351.reports.model.report import CaseReport, ItemReport, TableReport
from conform62351.reports.model.verdict import Verdict

ABOUT = ("T7.native.", "COMB.E2E-security-alone.", "T10.", "T11.", "T13.", "E2E.")
"""The items of the PICS that are about native mode."""
CLEAR = "clear"
SEPARATE = "separate"
TRANSFERS = ("E2E.EncrTransfer", "E2E.ClearTransfer")
ENDINGS = (Kind.REJECTED, Kind.ABORTED, Kind.RELEASED, Kind.RELEASE_REQUESTED)
FRESH = "R-E2E-fresh-iv"
"""The requirement against which ivs and nonces that come again are judged."""
_KEYS = {
    "RSA": "T13.rsaEncryption",
    "secp256r1": "T13.ecPublicKey-secp256r1",
    "brainpoolP256r1": "T13.ecPublicKey-brainpoolP256r1",
}
"""Rows by how the key of a certificate reads in a report, without its size."""
_COUNTED = (
    "T7.native",
    "COMB.E2E-security-alone",
    "T10.",
    "T11.",
    "T13.",
    "E2E.group-",
    "E2E.tag-length-",
    "E2E.non-AE-encryption",
    "E2E.integrity-only",
    "E2E.certPath-sending",
)
"""The rows that an association shows."""
NO_CASE = "no case in this run"
NOT_AGREED = "not agreed on in this run"


def told(event: Observed) -> tuple[str, str] | None:
    """Return the SecPDU that a reject, abort or release came with, and what it says; None without one."""
    if event.kind not in ENDINGS:
        return None
    if event.name.startswith("E2E."):
        return event.name, event.detail
    if event.detail.startswith("secpdu "):
        name, _, said = event.detail.removeprefix("secpdu ").partition(", ")
        return name, said
    return None


@dataclass
class Agreement:
    """What one connection came to in native mode."""

    keys: list[KeysAgreed] = field(default_factory=list)
    received: HandshakeSeen | None = None
    transfers: int = 0
    """Data transfers of the device."""

    def transferred(self, pdus: Iterable[str]) -> None:
        """Count the data transfers among ``pdus``, which came from the device."""
        self.transfers += sum(name in TRANSFERS for name in pdus)

    def rows(self, *, tls: bool) -> Iterator[str]:
        """Yield the rows of the PICS that the association shows of the device."""
        agreed = self.keys[0]
        yield from ("T7.native", "T10.E2E-security")
        yield "T10.T-security" if tls else "COMB.E2E-security-alone"
        yield "T11.AE" if agreed.mode not in (CLEAR, SEPARATE) else "T11.non-AE"
        if agreed.mode == SEPARATE:
            yield "E2E.non-AE-encryption"
        if agreed.mode == CLEAR:
            yield "E2E.integrity-only"
        encryption, _, tag = agreed.encryption.partition("/")
        integrity, _, length = agreed.integrity.partition("/")
        if encryption:
            yield f"T13.{encryption}"
        if integrity:
            yield f"T13.{integrity}-ICV" if length else f"T13.{integrity}"
        for octets in filter(None, (tag, length)):
            yield f"E2E.tag-length-{octets}"
        yield f"E2E.group-{agreed.group}"
        if self.received is not None:
            yield f"T13.{self.received.signature}"
            if self.received.chain:
                key = self.received.chain[0].key.partition(" ")[0]
                yield _KEYS.get(key, key)
            if len(self.received.chain) > 1:
                yield "E2E.certPath-sending"


class NativeHistory:
    """Collects what associations of native mode show, over all cases of a run."""

    def __init__(self) -> None:
        self._associations = 0
        self._rekeys = 0
        self._rows: Counter[tuple[str, str]] = Counter()
        self._groups: Counter[tuple[int, str]] = Counter()
        self._derivations: Counter[str] = Counter()
        self._secpdus: Counter[tuple[str, str, str]] = Counter()
        self._transfers: Counter[str] = Counter()
        self._checks: Counter[str] = Counter()
        self._repeated: dict[str, None] = {}

    def settle(self, agreement: Agreement, role: str, *, tls: bool) -> None:
        """Count an association that has ended; ``role`` is the device's, empty if it carried no data."""
        if not agreement.keys:
            return
        first = agreement.keys[0]
        self._transfers["all"] += agreement.transfers
        self._transfers["iv"] += agreement.transfers if first.mode != CLEAR else 0
        self._transfers["nonce"] += agreement.transfers if "/" in first.integrity else 0
        if not role:
            return
        self._associations += 1
        self._rekeys += len(agreement.keys) - 1
        self._groups[first.group, first.group_name] += 1
        self._derivations[first.derivation] += 1
        for row in set(agreement.rows(tls=tls)):
            self._rows[row, role] += 1

    def observed(self, event: Observed) -> None:
        """Take what a SecPDU said."""
        found = told(event)
        if found is not None:
            self._secpdus[event.kind, *found] += 1

    def checked(self, event: CheckMade) -> None:
        """Take a judgement about ivs and nonces."""
        if event.requirement != FRESH:
            return
        self._checks[event.verdict.value] += 1
        found = [*event.warnings, *([] if event.verdict is Verdict.PASS else [event.got])]
        self._repeated.update(dict.fromkeys(f"{event.case}: {text}" for text in found))

    def report(self, tables: Iterable[TableReport], cases: Iterable[CaseReport]) -> NativeReport | None:
        """Return what the run shows of native mode; None when it is neither claimed nor was agreed on."""
        items = [item for table in tables for item in table.items if item.code.startswith(ABOUT)]
        claimed = any(item.answer == "yes" for item in items)
        if not claimed and not self._associations:
            return None
        return NativeReport(
            associations=self._associations,
            rekeys=self._rekeys,
            groups=[
                GroupUse(number=number, name=name, associations=count)
                for (number, name), count in sorted(self._groups.items())
            ],
            derivations=[
                DerivationUse(reading=reading, associations=count)
                for reading, count in sorted(self._derivations.items())
            ],
            freshness=FreshnessReport(
                transfers=self._transfers["all"],
                with_iv=self._transfers["iv"],
                with_nonce=self._transfers["nonce"],
                checks=dict(self._checks),
                repeated=list(self._repeated),
            ),
            secpdus=[
                SecPduUse(kind=kind, name=name, detail=detail, count=count)
                for (kind, name, detail), count in sorted(self._secpdus.items())
            ],
            rows=self._table_rows(items, {case.id: case for case in cases}),
        )

    def _table_rows(self, items: Iterable[ItemReport], cases: dict[str, CaseReport]) -> list[NativeRowReport]:
        found: dict[str, list[ItemReport]] = {}
        for item in items:
            found.setdefault(item.code.removesuffix(f".{item.role}"), []).append(item)
        return [
            NativeRowReport(
                table=code.partition(".")[0],
                code=code,
                row=row[0].row,
                reference=row[0].reference,
                provenance=row[0].provenance,
                roles={
                    item.role: self._of_role(code, item, cases)
                    for item in sorted(row, key=lambda item: ROLES.index(item.role))
                },
            )
            for code, row in found.items()
        ]

    def _of_role(self, code: str, item: ItemReport, cases: dict[str, CaseReport]) -> RowRoleReport:
        count = self._rows[code, item.role] if code.startswith(_COUNTED) else None
        return RowRoleReport(
            status=item.status,
            answer=item.answer,
            associations=count,
            result=item.result,
            verdicts=item.verdicts,
            reason=_reason(item, count, [cases[name] for name in item.cases]),
        )


def _reason(item: ItemReport, count: int | None, about: list[CaseReport]) -> str:
    """Say why a row was not exercised; empty when it was, or when nothing was to be."""
    if count or (count is None and item.result not in (None, Verdict.NOT_RUN, Verdict.NOT_APPLICABLE)):
        return ""
    if item.answer != "yes":
        return "not claimed" if item.answer == "no" else ""
    if not about:
        return NO_CASE if count is None else f"{NO_CASE}; {NOT_AGREED}"
    waiting = {case.reason for case in about if case.verdict is Verdict.NOT_RUN}
    if waiting and all(case.verdict is Verdict.NOT_RUN for case in about):
        return "; ".join(sorted(filter(None, waiting))) or "its cases have not run"
    return NOT_AGREED if count is not None else "its cases are not applicable, or have not run"
