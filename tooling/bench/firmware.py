"""How many devices with faults of firmware a campaign finds in the time that each of them gets.

Run as ``python -m conform62351.tooling.bench.firmware``; each device is the built-in one with one fault, in a
process of its own, fuzzed in the first of the roles and stacks that the fault is in, until something is found
or its time is over. What is drawn depends on ``--seed`` alone; how much is drawn in the time depends on the
machine, so that the cases beside each result count as well. A finding counts when it was confirmed: the
correct device has none (``--correct`` fuzzes it in the same roles and stacks).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from conform62351.fixtures.firmware.registry import FirmwareFault, firmware_catalogue
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.fuzz_campaign import fuzz
from conform62351.tooling.frontend.fuzz_options import FuzzOptions
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.fuzz.progress import Limits, Progress

MINUTE_S: Final = 60.0
AIM: Final = 0.95


class Target(msgspec.Struct, frozen=True):
    """A device to fuzz: its fault, empty for none, and the role and the stack to do so in."""

    fault: str
    role: str
    stack: str


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one device.

    ``oracle`` is that of the first finding, empty where there was none, ``text`` what it says. ``met_s`` is
    when the complaint came that it began with, in seconds of the campaign; ``seconds`` are those with its
    confirmation. ``unconfirmed`` are complaints that no repetition showed, ``trouble`` what went wrong in
    the tester or could not be played.
    """

    target: Target
    oracle: str
    text: str
    cases: int
    met_s: float
    seconds: float
    unconfirmed: tuple[str, ...]
    trouble: tuple[str, ...]


class _Watch:
    """Sees how far a campaign is, and has it end with the first finding."""

    def __init__(self) -> None:
        self.found = False
        self.met_s = 0.0
        self._doing = False

    def tell(self, progress: Progress) -> None:
        """Take note of the moment when the campaign turned from drawing cases to a complaint."""
        self.found = self.found or progress.findings > 0
        if progress.doing.startswith("confirming") and not self._doing and not self.found:
            self.met_s = progress.seconds
        self._doing = bool(progress.doing)

    def stopped(self) -> bool:
        """Return whether there is a finding."""
        return self.found


def measure(target: Target, seconds: float, seed: int) -> Measured:
    """Fuzz a device for ``seconds`` at most, and return what became of it."""
    watch = _Watch()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        options = FuzzOptions(
            options=Options(
                out=Path(folder) / "campaign", seed=seed, faults=(target.fault,) if target.fault else ()
            ),
            limits=Limits(seconds=seconds),
            stacks=(target.stack,),
            roles=(target.role,),
        )
        summary = fuzz(options, Operator(None), watch.tell, watch.stopped)
    first = summary.findings[0] if summary.findings else None
    return Measured(
        target=target,
        oracle="" if first is None else first.oracle,
        text="" if first is None else first.text,
        cases=summary.cases,
        met_s=watch.met_s,
        seconds=time.monotonic() - began,
        unconfirmed=tuple(f"{one.oracle}: {one.text}" for one in summary.unconfirmed),
        trouble=tuple(f"{one.name}: {one.reason}" for one in (*summary.not_tested, *summary.errors)),
    )


def measured(targets: Sequence[Target], seconds: float, seed: int, jobs: int) -> Iterator[Measured]:
    """Fuzz all ``targets``, ``jobs`` at once, and yield what became of them in their order."""
    with ProcessPoolExecutor(jobs) as processes:
        count = len(targets)
        yield from processes.map(measure, targets, [seconds] * count, [seed] * count)


def targets_of(faults: Sequence[FirmwareFault], *, correct: bool) -> tuple[Target, ...]:
    """Return a device for each fault, or the correct one in each role and stack that they are fuzzed in."""
    found = (
        Target("" if correct else fault.name, str(fault.roles[0]), str(fault.stacks[0])) for fault in faults
    )
    return tuple(dict.fromkeys(found))


def line_of(one: Measured) -> str:
    """Return a line about one device, for people."""
    target = one.target
    words = ("MISSED", "found") if target.fault else ("clean", "FALSE")
    told = f"{one.oracle}: {one.text}" if one.oracle else "nothing"
    name = target.fault or "the correct device"
    found = f"{words[bool(one.oracle)]:6} {name} ({target.role}, {target.stack}): {told}"
    rest = [f"{one.cases} cases, {one.seconds:.0f} s in all"]
    rest += [f"met after {one.met_s:.1f} s"] if one.oracle else []
    rest += [f"not confirmed: {text}" for text in one.unconfirmed]
    rest += [f"trouble: {text}" for text in one.trouble]
    return "\n         ".join((found, *rest))


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--for", type=float, default=MINUTE_S, dest="seconds", help="seconds for each device")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="devices fuzzed at once")
    parser.add_argument("--correct", action="store_true", help="fuzz the correct device instead")
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="faults to plant (default: all)")
    args = parser.parse_args()
    catalogue = firmware_catalogue()
    faults = [catalogue[name] for name in args.faults or catalogue]
    targets = targets_of(faults, correct=args.correct)
    found = 0
    for one in measured(targets, args.seconds, args.seed, args.jobs):
        found += bool(one.oracle)
        print(line_of(one), flush=True)
    if args.correct:
        print(f"{found} of {len(targets)} false alarms")
    else:
        print(f"{found} of {len(targets)} found, {found / len(targets):.0%}; the aim is {AIM:.0%}")


if __name__ == "__main__":
    main()
