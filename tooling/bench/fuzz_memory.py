"""The memory that the fuzzer itself takes over a long campaign.

Run as ``python -m conform62351.tooling.bench.fuzz_memory [--for 1h] [--rows 12] [-- WORD ...]``; the words
behind ``--`` go to ``conform62351 fuzz``, a process of its own. Without any the built-in device is
fuzzed in all roles and stacks. At the end it prints the resident memory at the beginning, in the middle and
at the end, with the highest one, and by how much each thousand of cases has added in the second half.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from conform62351.tooling.cli.fuzz_command import duration
from conform62351.tooling.fuzz.process import sample_of
from conform62351.tooling.fuzz.state import COUNTS_FILE, read_counts

EVERY_S: Final = 1.0
MEGABYTE: Final = 1e6


class Measured(NamedTuple):
    """The resident memory, in octets, so many seconds and cases after the beginning."""

    seconds: float
    cases: int
    memory: int

    def __str__(self) -> str:
        return f"{self.seconds:8.0f} s  {self.cases:8d} cases  {self.memory / MEGABYTE:8.1f} MB"


def measure(seconds: float, words: Sequence[str]) -> list[Measured]:
    """Fuzz for so many seconds, and return the memory second by second."""
    found: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="conform62351-memory-") as folder:
        out = Path(folder) / "campaign"
        command = [sys.executable, "-m", "conform62351.tooling.cli.main", "fuzz", "--out", str(out)]
        command += ["--for", f"{seconds:f}s", "--unattended", *words]
        began = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None:
                counts = read_counts(out / COUNTS_FILE)
                sample = sample_of(process.pid, 0 if counts is None else counts.cases)
                if sample is not None and sample.cases:
                    found.append(Measured(time.monotonic() - began, sample.cases, sample.memory))
                time.sleep(EVERY_S)
    return found


def growth(measured: Sequence[Measured]) -> float:
    """Return the octets by which memory has grown in the second half, for each thousand cases."""
    middle, end = measured[len(measured) // 2], measured[-1]
    return 1000 * (end.memory - middle.memory) / max(end.cases - middle.cases, 1)


def main() -> int:
    """Measure as the command line says, and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--for", dest="seconds", type=duration, default=3600.0, metavar="TIME")
    parser.add_argument("--rows", type=int, default=12, metavar="N", help="rows of figures in between")
    parser.add_argument("words", nargs="*", metavar="WORD", help="options of conform62351 fuzz, behind --")
    args = parser.parse_args()
    measured = measure(args.seconds, args.words)
    if not measured:
        print("no case was played", file=sys.stderr)
        return os.EX_UNAVAILABLE
    step = max(1, len(measured) // max(args.rows, 1))
    for one in measured[::step]:
        print(one)
    for name, one in (
        ("beginning", measured[0]),
        ("middle", measured[len(measured) // 2]),
        ("end", measured[-1]),
        ("highest", max(measured, key=lambda one: one.memory)),
    ):
        print(f"{name:>10}: {one}")
    print(f"in the second half {growth(measured) / MEGABYTE:.2f} MB more for each thousand cases")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
