"""Reports of IEC 61850-8-1 as the values of an informationReport, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from conform62351.profiles.mms.codec import MmsError
from conform62351.profiles.mms.data import Data, binary_time, binary_time_of
from conform62351.profiles.mms.names import BitString, bit_names, bits

VARIABLE_LIST: Final = ("vmd-specific", "RPT")
"""The name of the variable list that every report goes under (IEC 61850-8-1 17.2; R)."""

TRIGGERS: Final[Mapping[str, int]] = {
    "data-change": 1,
    "quality-change": 2,
    "data-update": 3,
    "integrity": 4,
    "general-interrogation": 5,
}
"""Bits of TrgOps, and of the reason for inclusion (IEC 61850-8-1 17.2; R)."""
TRIGGER_BITS: Final = 6

OPTIONS: Final[Mapping[str, int]] = {
    "sequence-number": 1,
    "report-time-stamp": 2,
    "reason-for-inclusion": 3,
    "data-set-name": 4,
    "data-reference": 5,
    "buffer-overflow": 6,
    "entryID": 7,
    "conf-revision": 8,
    "segmentation": 9,
}
"""Bits of OptFlds (IEC 61850-8-1 17.2; R)."""
OPTION_BITS: Final = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of the data set within a report: its index from 0 and its value.

    ``reference`` and ``reasons`` are there when OptFlds asks for them.
    """

    index: int
    data: Data
    reference: str | None = None
    reasons: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report, or one segment of it. What OptFlds leaves out is None; times are seconds since 1970."""

    rpt_id: str
    opt_flds: frozenset[str]
    members: int
    entries: tuple[Entry, ...]
    sq_num: int | None = None
    time_of_entry: float | None = None
    dat_set: str | None = None
    buf_ovfl: bool | None = None
    entry_id: bytes | None = None
    conf_rev: int | None = None
    sub_sq_num: int | None = None
    more_segments_follow: bool | None = None

    def value(self) -> dict[str, Any]:
        """Return the Unconfirmed-PDU to encode."""
        results = [("success", data) for data in self._data()]
        report = {
            "variableAccessSpecification": ("variableListName", VARIABLE_LIST),
            "listOfAccessResult": results,
        }
        return {"service": ("informationReport", report)}

    def _data(self) -> Iterator[Data]:
        yield "visible-string", self.rpt_id
        yield "bit-string", bits(self.opt_flds, OPTIONS, OPTION_BITS)
        if self.sq_num is not None:
            yield "unsigned", self.sq_num
        if self.time_of_entry is not None:
            yield binary_time(self.time_of_entry)
        if self.dat_set is not None:
            yield "visible-string", self.dat_set
        if self.buf_ovfl is not None:
            yield "boolean", self.buf_ovfl
        if self.entry_id is not None:
            yield "octet-string", self.entry_id
        if self.conf_rev is not None:
            yield "unsigned", self.conf_rev
        if self.sub_sq_num is not None:
            yield "unsigned", self.sub_sq_num
            yield "boolean", bool(self.more_segments_follow)
        yield "bit-string", bits_at([entry.index for entry in self.entries], self.members)
        for entry in self.entries:
            if entry.reference is not None:
                yield "visible-string", entry.reference
        for entry in self.entries:
            yield entry.data
        for entry in self.entries:
            if entry.reasons is not None:
                yield "bit-string", bits(entry.reasons, TRIGGERS, TRIGGER_BITS)


def bits_at(numbers: Sequence[int], length: int) -> BitString:
    """Return a BIT STRING of ``length`` bits with the numbered ones set."""
    return bits(map(str, numbers), {str(number): number for number in numbers}, length)


def segments(report: Report, fits: Callable[[Report], bool]) -> list[Report]:
    """Return ``report``, cut into segments where it does not fit (IEC 61850-8-1 17.2; R).

    A single member that does not fit is a segment of its own all the same.
    """
    parts = list(_parts(report, fits))
    if len(parts) == 1:
        return parts
    last = len(parts) - 1
    return [
        replace(part, sub_sq_num=number, more_segments_follow=number < last)
        for number, part in enumerate(parts)
    ]


def _parts(report: Report, fits: Callable[[Report], bool]) -> Iterator[Report]:
    if len(report.entries) < 2 or fits(report):
        yield report
        return
    half = len(report.entries) // 2
    options = report.opt_flds | {"segmentation"}
    for entries in (report.entries[:half], report.entries[half:]):
        part = replace(
            report, opt_flds=options, entries=entries, sub_sq_num=0xFFFF, more_segments_follow=True
        )
        yield from _parts(part, fits)


class _Results:
    """The access results of a report, taken one after the other."""

    def __init__(self, results: Sequence[tuple[str, Any]]) -> None:
        self._results = results
        self._position = 0

    def take(self, kind: str | None, what: str) -> Any:
        """Return the next value if it is of ``kind``, or the next Data whatever it is when None."""
        if self._position == len(self._results):
            raise MmsError(0, f"a report that ends before its {what}")
        result, data = self._results[self._position]
        self._position += 1
        if result != "success":
            raise MmsError(0, f"a report with an access failure as its {what}")
        if kind is None:
            return data
        if data[0] != kind:
            raise MmsError(0, f"a report with {data[0]} as its {what}, not {kind}")
        return data[1]

    def left(self) -> int:
        """Return how many results have not been taken."""
        return len(self._results) - self._position


def read_report(results: Sequence[tuple[str, Any]]) -> Report:
    """Return the report that the access results of an informationReport make up.

    Raises:
        MmsError: the values are not those that its own OptFlds announces.
    """
    taken = _Results(results)
    rpt_id = taken.take("visible-string", "RptID")
    options = bit_names(taken.take("bit-string", "OptFlds"), OPTIONS)

    def optional(option: str, kind: str, what: str) -> Any:
        return taken.take(kind, what) if option in options else None

    sq_num = optional("sequence-number", "unsigned", "SqNum")
    time = optional("report-time-stamp", "binary-time", "TimeOfEntry")
    if time is not None:
        try:
            time = binary_time_of(time)
        except ValueError as error:
            raise MmsError(0, f"a report with {error} as its TimeOfEntry") from error
    dat_set = optional("data-set-name", "visible-string", "DatSet")
    buf_ovfl = optional("buffer-overflow", "boolean", "BufOvfl")
    entry_id = optional("entryID", "octet-string", "EntryID")
    conf_rev = optional("conf-revision", "unsigned", "ConfRev")
    sub_sq_num = optional("segmentation", "unsigned", "SubSqNum")
    more = optional("segmentation", "boolean", "MoreSegmentsFollow")
    inclusion, members = taken.take("bit-string", "Inclusion-bitstring")
    included = [index for index in range(members) if inclusion[index // 8] & 0x80 >> index % 8]
    references: list[str | None] = [
        optional("data-reference", "visible-string", "data-reference") for _ in included
    ]
    values = [taken.take(None, "value") for _ in included]
    reasons = [optional("reason-for-inclusion", "bit-string", "reason for inclusion") for _ in included]
    if taken.left():
        raise MmsError(0, f"a report with {taken.left()} values more than it announces")
    entries = tuple(
        Entry(index, data, reference, None if reason is None else bit_names(reason, TRIGGERS))
        for index, data, reference, reason in zip(included, values, references, reasons, strict=True)
    )
    return Report(
        rpt_id,
        options,
        members,
        entries,
        sq_num,
        time,
        dat_set,
        buf_ovfl,
        entry_id,
        conf_rev,
        sub_sq_num,
        more,
    )
