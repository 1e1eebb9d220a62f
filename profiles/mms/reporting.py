"""The unbuffered report control block (IEC 61850-7-2 17.2, mapped by IEC 61850-8-1 17.2).

Provenance R but where a docstring says otherwise. All times are seconds since 1970, and are given.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from conform62351.profiles.mms.data import Data, TypeSpecification, mismatch
from conform62351.profiles.mms.names import BitString, DataAccessError, bit_names
from conform62351.profiles.mms.nodes import Leaf, Node, Structure
from conform62351.profiles.mms.report import OPTION_BITS, OPTIONS, TRIGGER_BITS, TRIGGERS, Entry, Report

CONSTRAINT: Final = "RP"

ATTRIBUTES: Final[Mapping[str, TypeSpecification]] = {
    "RptID": ("visible-string", -129),
    "RptEna": ("boolean", None),
    "Resv": ("boolean", None),
    "DatSet": ("visible-string", -129),
    "ConfRev": ("unsigned", 32),
    "OptFlds": ("bit-string", -OPTION_BITS),
    "BufTm": ("unsigned", 32),
    "SqNum": ("unsigned", 8),
    "TrgOps": ("bit-string", -TRIGGER_BITS),
    "IntgPd": ("unsigned", 32),
    "GI": ("boolean", None),
}
"""The attributes in their order, with their types."""

READ_ONLY: Final = frozenset({"ConfRev", "SqNum"})
SQ_NUM_RANGE: Final = 1 << 8
CONF_REV_RANGE: Final = 1 << 32
MAXIMUM_DUE: Final = 1000
"""Reports that wait at most; an unbuffered block loses the oldest ones."""
UNBUFFERED: Final = frozenset(OPTIONS) - {"buffer-overflow", "entryID", "segmentation"}
"""The options that a client can have of an unbuffered block: two belong to buffered ones, one is ours."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a data set: a functionally constrained data object or attribute."""

    domain: str
    item: str
    node: Node

    @property
    def reference(self) -> str:
        """The reference as reports carry it: ``domain/item``."""
        return f"{self.domain}/{self.item}"


class ReportControl:
    """One block: its attributes as leaves of the model, its owner, and the reports that are due.

    The owner is whatever object stands for an association; only its identity counts.
    """

    def __init__(
        self,
        reference: str,
        values: Mapping[str, Data],
        data_sets: Mapping[str, Sequence[Member]],
    ) -> None:
        self.reference = reference
        self.owner: object | None = None
        self._data_sets = data_sets
        self._leaves = {
            name: Leaf(name, kind, values[name], CONSTRAINT, name not in READ_ONLY)
            for name, kind in ATTRIBUTES.items()
        }
        self.node = Structure(reference.rpartition("$")[2], self._leaves)
        self._kept = False
        self._due: deque[Report] = deque(maxlen=MAXIMUM_DUE)
        self._gathered: dict[int, tuple[frozenset[str], Data]] = {}
        self._gathered_until = 0.0
        self._integrity_at: float | None = None

    def _get(self, name: str) -> Any:
        return self._leaves[name].data[1]

    def _set(self, name: str, value: Any) -> None:
        leaf = self._leaves[name]
        leaf.data = leaf.specification[0], value

    @property
    def enabled(self) -> bool:
        """Whether RptEna is TRUE."""
        return bool(self._get("RptEna"))

    @property
    def triggers(self) -> frozenset[str]:
        """The names of the bits in TrgOps."""
        return bit_names(self._get("TrgOps"), TRIGGERS)

    @property
    def members(self) -> Sequence[Member]:
        """The members of the data set in DatSet; none without one."""
        return self._data_sets.get(self.data_set, ())

    @property
    def data_set(self) -> str:
        """The reference in DatSet; empty when there is none."""
        return str(self._get("DatSet"))

    def refusal(self, name: str, data: Data, client: object) -> DataAccessError | None:
        """Return why ``client`` may not write ``data`` to the attribute ``name`` now, or None.

        Which error stands for which ACSI service error is I, after the habit of libiec61850 (F).
        """
        if name in READ_ONLY:
            return DataAccessError.OBJECT_ACCESS_DENIED
        if self.owner is not None and self.owner is not client:
            return DataAccessError.TEMPORARILY_UNAVAILABLE
        refused = mismatch(ATTRIBUTES[name], data)
        if refused is not None:
            return refused
        if name == "RptEna":
            lacks_members = data[1] and not self.members
            return DataAccessError.OBJECT_ATTRIBUTE_INCONSISTENT if lacks_members else None
        if name == "GI":
            possible = not data[1] or (self.enabled and "general-interrogation" in self.triggers)
            return None if possible else DataAccessError.TEMPORARILY_UNAVAILABLE
        if self.enabled:
            return DataAccessError.TEMPORARILY_UNAVAILABLE
        if name == "DatSet" and data[1] and data[1] not in self._data_sets:
            return DataAccessError.OBJECT_VALUE_INVALID
        return None

    def write(self, name: str, data: Data, client: object, now: float) -> None:
        """Write an attribute, whatever :meth:`refusal` says; a value of another kind changes nothing."""
        kind, value = data
        if kind != ATTRIBUTES[name][0]:
            return
        if name == "RptEna":
            self._enable(client, now) if value else self._disable()
        elif name == "Resv":
            self._kept = value
            self._own(client if value else None)
        elif name == "GI":
            if value:
                self._flush(now)
                self._report_all("general-interrogation", now)
        else:
            if name == "DatSet" and value != self._get(name):
                self._set("ConfRev", (self._get("ConfRev") + 1) % CONF_REV_RANGE or 1)
            self._set(name, value)

    def _own(self, client: object | None) -> None:
        self.owner = client
        self._set("Resv", client is not None)

    def _enable(self, client: object, now: float) -> None:
        if self.enabled:
            return
        self._own(client)
        self._set("RptEna", True)
        self._set("SqNum", 0)
        period = self._get("IntgPd") / 1000
        self._integrity_at = now + period if period and "integrity" in self.triggers else None

    def _disable(self) -> None:
        """Disable; a reservation that came with RptEna ends with it, one by Resv stays (I)."""
        self._set("RptEna", False)
        self._due.clear()
        self._gathered.clear()
        self._integrity_at = None
        if not self._kept:
            self._own(None)

    def release(self, client: object) -> None:
        """Free the block of an association that has ended."""
        if self.owner is client:
            self._kept = False
            self._disable()

    def changed(self, reasons: Mapping[Leaf, str], now: float) -> None:
        """Take note of leaves that were written, and what of each is a reason to report.

        What comes within BufTm of the first one goes into one report, unless a member changes twice.
        """
        triggers = self.triggers
        if not self.enabled or triggers.isdisjoint(reasons.values()):
            return
        for index, member in enumerate(self.members):
            found = triggers.intersection(reasons[leaf] for leaf in member.node.leaves() if leaf in reasons)
            if not found:
                continue
            if index in self._gathered:
                self._flush(now)
            if not self._gathered:
                self._gathered_until = now + self._get("BufTm") / 1000
            self._gathered[index] = frozenset(found), member.node.read()
        if self._gathered and self._gathered_until <= now:
            self._flush(now)

    def _flush(self, now: float) -> None:
        if self._gathered:
            entries = [(index, *self._gathered[index]) for index in sorted(self._gathered)]
            self._gathered.clear()
            self._queue(entries, now)

    def _report_all(self, reason: str, now: float) -> None:
        reasons = frozenset({reason})
        self._queue([(index, reasons, member.node.read()) for index, member in enumerate(self.members)], now)

    def next_due(self) -> float | None:
        """Return when :meth:`take_due` next has something to give, or None when time alone brings nothing."""
        if self._due:
            return 0.0
        times = [self._gathered_until] if self._gathered else []
        if self._integrity_at is not None:
            times.append(self._integrity_at)
        return min(times, default=None)

    def take_due(self, now: float) -> list[Report]:
        """Return the reports that are due for the owner, in order. Missed integrity periods count once."""
        if self._gathered and self._gathered_until <= now:
            self._flush(now)
        if self._integrity_at is not None and self._integrity_at <= now:
            self._flush(now)
            self._report_all("integrity", now)
            period = self._get("IntgPd") / 1000
            self._integrity_at += ((now - self._integrity_at) // period + 1) * period
        due = list(self._due)
        self._due.clear()
        return due

    def _queue(self, entries: Sequence[tuple[int, frozenset[str], Data]], now: float) -> None:
        flags: BitString = self._get("OptFlds")
        options = bit_names(flags, OPTIONS) & UNBUFFERED
        members = self.members
        report = Report(
            rpt_id=self._get("RptID") or self.reference,
            opt_flds=options,
            members=len(members),
            entries=tuple(
                Entry(
                    index,
                    data,
                    members[index].reference if "data-reference" in options else None,
                    reasons if "reason-for-inclusion" in options else None,
                )
                for index, reasons, data in entries
            ),
            sq_num=self._get("SqNum") if "sequence-number" in options else None,
            time_of_entry=now if "report-time-stamp" in options else None,
            dat_set=self._get("DatSet") if "data-set-name" in options else None,
            conf_rev=self._get("ConfRev") if "conf-revision" in options else None,
        )
        self._set("SqNum", (self._get("SqNum") + 1) % SQ_NUM_RANGE)
        self._due.append(report)
