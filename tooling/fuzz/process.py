"""Oracles about a device that is a process on this machine: its end, its memory, and what it says of itself.

A process may be told about by its id or as a child; its figures are those of ``/proc``, and where there is no
such thing only its end and its standard error are looked at.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import msgspec

from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.leaking import Done, Figures, Suspicions
from conform62351.tooling.fuzz.oracles import Complaint

ERRORS: Final = "process-errors"
CLAUSE: Final = "the device runs on"
MOST_SAMPLES: Final = 512
LEAST_SAMPLES: Final = 24
EVERY: Final = 4
"""Cases between two samples, as long as there are not too many of them."""
MOST_TOLD: Final = 256
WARMING: Final = 0.25
"""The share of the samples at the beginning that say nothing: caches fill, and modules are loaded."""
PARTS: Final = 6
CONTINUING: Final = 0.4
"""The share of the usual growth that each part of the time must show, or it comes to an end."""
MOST_READ: Final = 1 << 20
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_CRIES: Final = re.compile(
    rb"ERROR: (?:Address|Leak|Memory|Thread|HWAddress)Sanitizer|WARNING: (?:Memory|Thread)Sanitizer"
    rb"|: runtime error: |\*\*\* stack smashing detected|double free or corruption|malloc\(\): "
    rb"|free\(\): invalid|Traceback \(most recent call last\)|thread '.*' panicked|fatal runtime error"
    rb"|^panic: |Assertion .* failed",
    re.MULTILINE,
)
"""What sanitizers and run-time systems write when a process has done what it must not."""


class Process(Protocol):
    """A process, as :class:`subprocess.Popen` is one: ``poll`` returns None as long as it runs."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """Return how it has ended: its exit status, or the number of a signal below zero."""


class Foreign:
    """A process that is no child of this one: whether it runs can be told, and not how it ended."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._born = _born(pid)

    def poll(self) -> int | None:
        """Return None as long as it runs, then 256, which is no exit status."""
        return None if self._born is not None and _born(self.pid) == self._born else UNKNOWN_STATUS


UNKNOWN_STATUS: Final = 256


class Sample(msgspec.Struct, frozen=True):
    """The figures of a process after so many cases: octets in memory, open descriptors, threads."""

    cases: int
    memory: int
    descriptors: int
    threads: int


class Growth(msgspec.Struct, frozen=True):
    """What figure must not grow: by ``a_case`` for each case, and by ``least`` in all, to be a leak.

    Nothing is said before so many ``cases``: what fills up may look like a leak until then.
    """

    figure: str
    unit: str
    a_case: float
    least: float
    cases: int


GROWTHS: Final = (
    Growth("memory", "octets", 32768.0, 32 * 1024 * 1024, 400),
    Growth("memory", "octets", 4096.0, 32 * 1024 * 1024, 1500),
    Growth("descriptors", "descriptors", 0.01, 24, 300),
    Growth("threads", "threads", 0.01, 24, 300),
)
"""A correct device remembers signed times for 20 minutes, in some 200 octets each (decision 29), and a heap
that comes to be in pieces takes some 3 KiB a case for thousands of cases: no leaks."""


class ProcessWatch:
    """Looks after one process over a campaign; ``errors`` is the file that its standard error goes to.

    After a reset :meth:`renew` tells of the process that has taken its place. ``crowd`` returns how many
    processes play at it now: what it takes for a single case is only told where that is one, and not at all
    what grows where it is none, for another process looks at that.
    """

    def __init__(
        self, process: Process, errors: Path | None = None, crowd: Callable[[], int] = lambda: 1
    ) -> None:
        self._process = process
        self._errors = errors
        self._crowd = crowd
        self._seen = 0
        self._cases = 0
        self._read = errors.stat().st_size if errors is not None and errors.exists() else 0
        self._samples: list[Sample] = []
        self._every = EVERY
        self._next = 0
        self._told: set[str] = set()
        self._suspicions = self._new_suspicions()

    def renew(self, process: Process) -> None:
        """Look after another process from now on."""
        self._process = process
        self._samples, self._every, self._next = [], EVERY, 0
        self._told.clear()
        self._suspicions = self._new_suspicions()

    def look(self, cases: int) -> tuple[Complaint, ...]:
        """Return what is wrong after ``cases`` cases, each thing once for a process."""
        crowd = self._crowd()
        self._cases += (cases - self._seen) * crowd
        self._seen = cases
        found = [*self._end(), *self._cries(), *(self._grown(self._cases) if crowd else ())]
        new = [one for one in found if _key(one) not in self._told and len(self._told) < MOST_TOLD]
        self._told.update(map(_key, new))
        return tuple(new)

    def leaks(
        self, case: Case, play: Callable[[], object], settle: Callable[[Done], object]
    ) -> Complaint | None:
        """Return what leaks with a case that was just played; it is played again by ``play`` if need be.

        Whatever comes of these plays is not looked at. ``settle`` waits until what it is given is true, or
        the device had the time to close its connections.
        """
        if self._crowd() != 1:
            return None
        suspect = self._suspicions.behind(case)
        found = None if suspect is None else self._suspicions.tried(case, suspect, play, settle)
        if found is None:
            return None
        figure = found.suspect.figure
        text = f"{figure} grow by {found.by} {found.suspect.unit} in {found.plays} plays of one case"
        return Complaint(f"process-{figure}", CLAUSE, "I", text, "resource")

    def _new_suspicions(self) -> Suspicions:
        return Suspicions(lambda: figures_of(self._process.pid))

    def _end(self) -> Iterator[Complaint]:
        status = self._process.poll()
        if status is not None:
            yield Complaint(
                "process-ends", CLAUSE, "I", f"the process has ended: {_how(status)}", "unavailable"
            )

    def _cries(self) -> Iterator[Complaint]:
        octets = self._new_errors()
        found = _CRIES.search(octets)
        if found is not None:
            line = octets[found.start() :].split(b"\n", 1)[0][:200].decode("utf-8", "replace")
            yield Complaint(ERRORS, CLAUSE, "I", f"on its standard error: {line}", "security")

    def _new_errors(self) -> bytes:
        """Return what was written since, at most a mebibyte of it; what comes after it is passed over."""
        if self._errors is None:
            return b""
        try:
            if self._errors.stat().st_size == self._read:
                return b""
            with self._errors.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                if size < self._read:
                    self._read = 0
                file.seek(self._read)
                octets = file.read(MOST_READ)
        except OSError:
            return b""
        self._read = size
        return octets

    def _grown(self, cases: int) -> Iterator[Complaint]:
        if cases < self._next:
            return
        sample = sample_of(self._process.pid, cases)
        if sample is None:
            return
        self._next = cases + self._every
        self._samples.append(sample)
        if len(self._samples) > MOST_SAMPLES:
            del self._samples[1::2]
            self._every *= 2
        seen_for = cases - self._samples[0].cases
        for growth in GROWTHS:
            grown = getattr(sample, growth.figure) - getattr(self._samples[0], growth.figure)
            if seen_for < growth.cases or grown < growth.least:
                continue
            by = steady_growth([(one.cases, float(getattr(one, growth.figure))) for one in self._samples])
            if by >= growth.a_case:
                text = f"{growth.figure} grow by {by:.3g} {growth.unit} a case, {grown:.0f} so far"
                yield Complaint(f"process-{growth.figure}", CLAUSE, "I", text, "resource")


def _key(complaint: Complaint) -> str:
    """Return what is told once: that memory grows, whatever by, and each thing on the standard error."""
    return complaint.text if complaint.oracle == ERRORS else complaint.oracle


def figures_of(pid: int) -> Figures | None:
    """Return what a process has now, None where that cannot be told."""
    try:
        status = Path(f"/proc/{pid}/statm").read_bytes().split()
        descriptors = len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return None
    return Figures(int(status[1]) * _PAGE, descriptors) if len(status) > 1 else None


def sample_of(pid: int, cases: int) -> Sample | None:
    """Return the figures of a process after so many cases, None where they cannot be had."""
    figures = figures_of(pid)
    try:
        threads = len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return None
    return None if figures is None else Sample(cases, figures.memory, figures.descriptors, threads)


def steady_growth(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much a figure grows for each case, 0 for one that does not, or stops growing.

    What counts is the median in each part of the time behind the beginning, so that single samples, however
    far off, decide nothing. It has to rise from each part to the next, by much the same: what rises step by
    step is what single cases have taken most of so far.
    """
    behind = points[int(len(points) * WARMING) :]
    size = len(behind) // PARTS
    if size < LEAST_SAMPLES // PARTS:
        return 0.0
    parts = [behind[number * size : (number + 1) * size] for number in range(PARTS)]
    medians = [statistics.median(value for _, value in part) for part in parts]
    rises = [later - earlier for earlier, later in itertools.pairwise(medians)]
    if min(rises) <= 0 or min(rises) < CONTINUING * statistics.fmean(rises):
        return 0.0
    first, last = (statistics.median(case for case, _ in part) for part in (parts[0], parts[-1]))
    return (medians[-1] - medians[0]) / (last - first)


def _how(status: int) -> str:
    if status == UNKNOWN_STATUS:
        return "nobody knows how"
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _born(pid: int) -> bytes | None:
    """Return when a process began, in ticks, None for one that is not there or is only waited for."""
    try:
        behind_name = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()
    except OSError:
        return None
    return None if behind_name[:1] in ([b"Z"], [b"X"], []) else behind_name[19]
