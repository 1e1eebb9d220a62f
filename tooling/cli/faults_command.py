"""``conform62351 faults``: the suites against every faulty device, and the matrix of who fails what."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from conform62351.pics.faults import did_you_mean
from conform62351.reports.render.words import plural
from conform62351.suites.loading import load
from conform62351.tooling.cli.faults_text import hooks_text, matrix_text
from conform62351.tooling.cli.progress import clock_text, colour_allowed
from conform62351.tooling.cli.renewed_line import RenewedLine
from conform62351.tooling.engine.planner import select
from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.frontend.options import selector
from conform62351.tooling.proof.hooks import hooks
from conform62351.tooling.proof.matrix import Matrix, render
from conform62351.tooling.proof.messages import FaultFacts
from conform62351.tooling.proof.pool import Pool
from conform62351.tooling.proof.proving import ModuleRefused, Progress, Wishes, describe, prove
from conform62351.tooling.proof.scope import Scope

GAPS: Final = 1
INCOMPLETE: Final = 3
INTERRUPTED: Final = 130
CASE_LIMIT_S: Final = 60.0
MAX_JOBS: Final = 64

DESCRIPTION = """\
Prove that the test cases can fail: play them against devices that are wrong on purpose, each
wrong in one way, in worker processes. A case counts as failed when its valid conversation
passes, it fails twice, under short limits and under longer ones, and the correct device
passes it.

Without --fault-module all faulty devices of the project are played, each with the test groups
that it has to be caught in. With it only the module's are played, each with every case of its
roles in which it changes anything that the device checks, sends or reads.

--scope declared: the cases that a fault says it is caught by; group: their test groups;
impact: all cases; both of these as far as the fault changes anything in a case; all: all
cases of the fault's roles.

SELECTOR picks cases, as for run.

exit code: 0 every fault is noticed, and every case fails for one (asked where all faults of
the project are played); 1 not so; 2 usage, or the module cannot be loaded; 3 a case could not
be judged; 130 interrupted, with what there is printed"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "faults",
        help="prove that the test cases can fail: play them against faulty devices",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("selectors", nargs="*", metavar="SELECTOR", help="which cases; default: all")
    parser.add_argument("--json", action="store_true", help="print JSON (schema: tooling/proof)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the JSON to a file besides")
    parser.add_argument("--fault-module", type=Path, metavar="FILE", help="Python file that declares faults")
    parser.add_argument("--with-own", action="store_true", help="with a module: play our faults, too")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="this fault only; repeatable"
    )
    parser.add_argument(
        "--scope",
        choices=[scope.value for scope in Scope],
        help="how much to play; default: group for our faults, impact for those of a module",
    )
    parser.add_argument(
        "--jobs",
        type=_jobs,
        default=len(os.sched_getaffinity(0)),
        metavar="N",
        help="processes; default: one a core",
    )
    parser.add_argument(
        "--limit",
        type=_seconds,
        default=CASE_LIMIT_S,
        metavar="SECONDS",
        help="for one case with one fault (default: %(default)g)",
    )
    parser.add_argument(
        "--hooks", action="store_true", help="print what a fault can change in these cases, and play no fault"
    )
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command and return its exit code.

    Raises:
        UsageError: the module cannot be loaded, a fault is unknown, or nothing is left to play.
        NothingSelected: a selector matches no case.
    """
    cases = {identifier: case for identifier, case in load().items() if case.review is None}
    chosen = select(load(), [selector(text) for text in args.selectors], [])
    selected = [case.id for case, added in chosen if not added and case.id in cases]
    if args.out is not None and not os.access(args.out.parent, os.W_OK):
        raise UsageError(f"{args.out}: its folder cannot be written to")
    line = _Line()
    with interruptions() as stopped, Pool(args.jobs, args.fault_module, args.limit) as pool:
        if args.hooks:
            found = hooks(pool, selected, line.tell, stopped)
            line.clear()
            print(hooks_text(found))
            return INTERRUPTED if stopped() else 0
        faults = _faults(pool, args, stopped)
        if stopped():
            return INTERRUPTED
        scope, own_scope = (Scope(args.scope),) * 2 if args.scope else (Scope.IMPACT, Scope.GROUP)
        wishes = Wishes(scope, own_scope, cases, selected, faults, args.jobs, _all_of_ours(args))
        if not args.fault:
            wishes = replace(wishes, faults=[fault for fault in faults if _is_played(wishes, fault)])
        if not wishes.faults:
            raise UsageError("no fault has a case in this selection")
        matrix = prove(pool, wishes, line.tell, stopped)
        line.clear()
    return _conclude(matrix, args)


def _faults(pool: Pool, args: argparse.Namespace, stopped: Callable[[], bool]) -> Sequence[FaultFacts]:
    """Return the faults that are asked for."""
    if args.with_own and args.fault_module is None:
        raise UsageError("--with-own goes with --fault-module")
    try:
        known = describe(pool, stopped)
    except ModuleRefused as error:
        raise UsageError(str(error)) from error
    names = [fault.name for fault in known]
    for name in args.fault:
        if name not in names and not stopped():
            raise UsageError(f"no fault {name}{did_you_mean(name, names)}")
    own_too = args.fault_module is None or args.with_own or bool(args.fault)
    return [
        fault
        for fault in known
        if (own_too or not fault.own) and (not args.fault or fault.name in args.fault)
    ]


def _is_played(wishes: Wishes, fault: FaultFacts) -> bool:
    """Return whether the selection leaves a case; a module's fault is told of in any case."""
    return not fault.own or bool(wishes.candidates(fault).cases)


def _all_of_ours(args: argparse.Namespace) -> bool:
    """Return whether a case that never fails is a gap: all faults that may fail it are there."""
    return not args.fault and (args.fault_module is None or args.with_own)


def _conclude(matrix: Matrix, args: argparse.Namespace) -> int:
    octets = render(matrix)
    if args.out is not None:
        try:
            args.out.write_bytes(octets)
        except OSError as error:
            raise UsageError(f"{args.out}: {error.strerror}") from error
    if args.json:
        sys.stdout.write(octets.decode())
    else:
        print(matrix_text(matrix, colour=colour_allowed(sys.stdout, os.environ)))
    if not matrix.complete:
        return INTERRUPTED
    if matrix.gaps:
        return GAPS
    return INCOMPLETE if matrix.not_judged else 0


class _Line:
    """Tells on standard error how far it is: a line that is renewed on a terminal, else one now and then."""

    PAUSE_S: Final = 10.0

    def __init__(self) -> None:
        self._screen = RenewedLine(sys.stderr, live=sys.stderr.isatty())
        self._phase = ""
        self._told = 0.0

    def tell(self, progress: Progress) -> None:
        """Tell of ``progress``."""
        now = time.monotonic()
        if not self._screen.live and progress.phase == self._phase and now - self._told < self.PAUSE_S:
            return
        self._phase, self._told = progress.phase, now
        text = f"{progress.phase}: {progress.done} of {plural(progress.of, 'play')}"
        if progress.done < progress.of:
            text += f", about {clock_text(progress.left_s)} left"
        self._screen.renew(text)

    def clear(self) -> None:
        """Remove the renewed line."""
        self._screen.clear()


@contextlib.contextmanager
def interruptions() -> Iterator[Callable[[], bool]]:
    """Give a question whether somebody has interrupted; a second time ends the command at once."""
    received: list[int] = []

    def interrupt(number: int, _: object) -> None:
        received.append(number)
        if len(received) > 1:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _jobs(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MAX_JOBS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MAX_JOBS}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return value
