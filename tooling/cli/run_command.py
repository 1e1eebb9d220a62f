"""``conform62351 run``: the suites against a device, with a report."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from conform62351.pics.faults import did_you_mean
from conform62351.reports.model.exit_code import exit_code
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.verdict import InconclusiveReason
from conform62351.reports.render.json_report import render_json
from conform62351.reports.render.text import render_text
from conform62351.reports.render.words import plural
from conform62351.tooling.cli.progress import Progress, colour_allowed
from conform62351.tooling.cli.spec_data import add_spec_data
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.deviation_ledger import NEW_DEVIATIONS
from conform62351.tooling.frontend.execution import Execution, Prepared
from conform62351.tooling.frontend.inputs import Files, UsageError
from conform62351.tooling.frontend.options import Options

DESCRIPTION = """\
Run the test cases that the PICS selects against a device. Without --pics and --pixit the
built-in reference device is started and tested.

SELECTOR is a case identifier or the beginning of one (OSI/SRV), or table:13/aes256-GCM,
clause:11.2, role:server, event:IEC62351-4:1.3, requirement:R-TPKT-version.

exit code: 0 passed; 1 a fail; 2 usage; 3 inconclusive; 4 harness error; 5 nothing selected or
all not applicable; 130 interrupted"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "run",
        help="run test cases against a device and write a report",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("selectors", nargs="*", metavar="SELECTOR", help="what to run; default: everything")
    parser.add_argument("--exclude", action="append", default=[], metavar="SELECTOR", help="leave out")
    parser.add_argument("--pics", type=Path, metavar="FILE", help="what the device claims")
    parser.add_argument("--pixit", type=Path, metavar="FILE", help="how to reach and operate it")
    add_override(parser)
    parser.add_argument("--deviations", type=Path, metavar="FILE", help="expected failures")
    add_spec_data(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, metavar="DIR", help="new directory for the report")
    where.add_argument("--into", type=Path, metavar="DIR", help="continue or add to the run in DIR")
    parser.add_argument(
        "--plan", action="store_true", help="print what would run and what is missing; send nothing"
    )
    parser.add_argument(
        "--unattended", action="store_true", help="ask nobody: cases that need a person are inconclusive"
    )
    parser.add_argument(
        "--explore", action="store_true", help="allow the answer unknown; the result is no conformance run"
    )
    parser.add_argument(
        "--accept-inconclusive",
        action="append",
        default=[],
        metavar="REASON",
        help=f"do not fail for this reason: {', '.join(reason.value for reason in InconclusiveReason)}",
    )
    parser.add_argument("--no-capture", action="store_true", help="write no capture of the wire")
    parser.add_argument("--seed", type=int, metavar="N", help="repeat what is drawn at random")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="built-in device: plant a fault"
    )
    parser.add_argument(
        "--fault-module", type=Path, metavar="FILE", help="built-in device: faults of your own"
    )
    parser.add_argument("--verbose", action="store_true", help="print every PDU")
    parser.add_argument("--json", action="store_true", help="print report.json on standard output")
    parser.set_defaults(handler=run)


def add_override(parser: argparse.ArgumentParser) -> None:
    """Add the option that sets a PIXIT value for this run only."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="NAME=VALUE",
        help="a PIXIT value for this run only, such as dut.port=10102",
    )


def run(args: argparse.Namespace) -> int:
    """Carry out the command and return its exit code.

    Raises:
        UsageError: files or options are wrong.
        NothingSelected: the selection leaves no case.
    """
    _check_accepted(args.accept_inconclusive)
    out = args.into or args.out or Path(datetime.now(UTC).strftime("conform62351-report-%Y%m%dT%H%M%SZ"))
    options = Options(
        out=out,
        files=Files(args.pics, args.pixit, args.deviations),
        selectors=tuple(args.selectors),
        exclude=tuple(args.exclude),
        into=args.into is not None,
        explore=args.explore,
        accepted_inconclusive=tuple(args.accept_inconclusive),
        capture=not args.no_capture,
        seed=args.seed,
        command=("conform62351", *sys.argv[1:]),
        faults=tuple(args.fault),
        fault_module=args.fault_module,
        overrides=tuple(args.overrides),
        spec_data=args.spec_data,
    )
    attended = sys.stdin.isatty() and not args.unattended
    operator = Operator(ask if attended else None)
    with _terminated_like_interrupted(), Execution(options, operator) as execution:
        prepared = execution.prepare()
        if args.plan:
            print(plan_text(prepared))
            return 0
        progress = Progress(
            verbose=args.verbose,
            colour=colour_allowed(sys.stderr, os.environ),
            live=sys.stderr.isatty() and not args.verbose,
        )
        report = execution.run(prepared, progress)
        progress.finish()
    return _conclude(report, out, as_json=args.json, accepted=args.accept_inconclusive)


def _check_accepted(reasons: list[str]) -> None:
    """Raise UsageError unless all ``reasons`` are words of the closed list: others would accept nothing."""
    words = [reason.value for reason in InconclusiveReason]
    named = InconclusiveReason.PREREQUISITE.value + ":"
    for text in reasons:
        if text not in words and not (text.startswith(named) and text != named):
            raise UsageError(
                f"--accept-inconclusive {text}: no such reason{did_you_mean(text, words)} "
                f"(reasons: {', '.join(words)}, {named}NAME)"
            )


def _conclude(report: RunReport, out: Path, *, as_json: bool, accepted: list[str]) -> int:
    try:
        if as_json:
            sys.stdout.write(render_json(report).decode())
        else:
            print(render_text(report, colour=colour_allowed(sys.stdout, os.environ)))
            if (out / NEW_DEVIATIONS).exists():
                print(f"entries for new deviations, ready to paste: {out / NEW_DEVIATIONS}")
            print(f"report: {out / 'report.html'}")
        sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads on; the exit code still tells what the run found.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - closed with the process
    return exit_code(report, accepted)


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Have SIGTERM end a run as the keyboard does: with a report marked incomplete."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def ask(question: str) -> str:
    """Put a question to the person at the terminal and return the answer."""
    print(f"\r\x1b[K{question} [done/no] ", end="", file=sys.stderr, flush=True)
    return input()


def plan_text(prepared: Prepared) -> str:
    """Return the plan as text: cases in order by configuration, and what each missing means costs."""
    plan = prepared.plan
    lines = []
    configuration = None
    for entry in plan.entries:
        if not entry.executable:
            continue
        if entry.case.configuration != configuration:
            configuration = entry.case.configuration
            lines.append(f"configuration {configuration}:")
        added = "  (baseline)" if entry.added else ""
        lines.append(f"  {entry.case.id}{added}")
    excluded = [entry for entry in plan.entries if entry.not_applicable]
    runnable = sum(entry.executable for entry in plan.entries)
    lines.append(f"{plural(runnable, 'case')} to run, {len(excluded)} not applicable")
    for code in dict.fromkeys(entry.not_applicable for entry in excluded):
        lines.append(f"  {code}: {sum(entry.not_applicable == code for entry in excluded)} not applicable")
    for means, cases in plan.costs().items():
        lines.append(f"missing {means}: {plural(len(cases), 'case')} will be inconclusive")
        lines.extend(f"  {case}" for case in cases)
    return "\n".join(lines)
