"""Adding to a run that exists: what ``--into DIR`` carries over, and what forbids it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from conform62351.reports.model.eventlog import EventLogError, read_events
from conform62351.reports.model.events import RunStarted, Started, Verdicted
from conform62351.reports.model.verdict import Verdict
from conform62351.tooling.frontend.inputs import Inputs, UsageError


@dataclass(frozen=True)
class Continuation:
    """The earlier runs in an output directory.

    ``number`` counts them, ``attempts`` the attempts of each case, ``passed`` names the cases whose last
    attempt passed, ``last_t`` is the time of the last event in seconds.
    """

    number: int = 0
    attempts: dict[str, int] = field(default_factory=dict)
    passed: frozenset[str] = frozenset()
    last_t: float = 0.0


NEW_RUN = Continuation()


def continue_run(out: Path, inputs: Inputs) -> Continuation:
    """Read the run in ``out``, to continue it with ``inputs``.

    Raises:
        UsageError: there is no run, or it is one of another device, version, PICS, PIXIT or spec data.
    """
    path = out / "events.jsonl"
    started: RunStarted | None = None
    number = 0
    attempts: dict[str, int] = {}
    verdicts: dict[str, Verdict] = {}
    last_t = 0.0
    try:
        for event in read_events(path):
            last_t = event.t
            match event:
                case RunStarted():
                    started = event
                    number += 1
                case Started():
                    attempts[event.case] = max(event.attempt, attempts.get(event.case, 0))
                case Verdicted():
                    verdicts[event.case] = event.verdict
    except EventLogError as error:
        raise UsageError(f"--into: {error}") from error
    if started is None:
        raise UsageError(f"--into: {path} holds no run")
    header = inputs.declaration.header
    was = (
        started.dut.vendor,
        started.dut.product,
        started.dut.hardware_version,
        started.dut.software_version,
    )
    now = (header.vendor, header.product, header.hardware_version, header.software_version)
    if was != now:
        raise UsageError(f"--into: the run in {out} is of {' '.join(was)}, not of {' '.join(now)}")
    for name in ("pics", "pixit"):
        if started.hashes.get(name) != inputs.hashes.get(name):
            raise UsageError(
                f"--into: the run in {out} was made with another {name.upper()}; start a new one"
            )
    if started.spec_data != inputs.spec.source:
        raise UsageError(
            f"--into: the run in {out} was made with other spec data ({started.spec_data}); start a new one"
        )
    passed = frozenset(name for name, verdict in verdicts.items() if verdict is Verdict.PASS)
    return Continuation(number, attempts, passed, last_t)
