"""``conform62351 fuzz``: mutated conversations against a device, guided by what it does, with findings."""

from __future__ import annotations

import argparse
import os
import re
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from conform62351.pics.faults import did_you_mean
from conform62351.pics.pixit_actions import STACKS
from conform62351.profiles.role import Role
from conform62351.tooling.cli.faults_command import interruptions
from conform62351.tooling.cli.fuzz_progress import FuzzLine
from conform62351.tooling.cli.fuzz_text import regression_text, summary_text
from conform62351.tooling.cli.progress import colour_allowed
from conform62351.tooling.cli.run_command import add_override, ask
from conform62351.tooling.cli.spec_data import add_spec_data
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.frontend.fuzz_campaign import fuzz, regress, work
from conform62351.tooling.frontend.fuzz_options import FuzzOptions
from conform62351.tooling.frontend.inputs import Files, UsageError
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.progress import Limits
from conform62351.tooling.fuzz.replaying import Result
from conform62351.tooling.fuzz.summary import Summary, render

FINDINGS: Final = 1
NOT_TESTED: Final = 3
HARNESS: Final = 4
INTERRUPTED: Final = 130
MAX_WORKERS: Final = 64
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|)")
_SECONDS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}

DESCRIPTION = """\
Fuzz a device: conversations that it takes as they stand are changed, by field, TLV, octet,
segment and order, below and behind signatures, keys and protection, and played. What it does
is compared with what the standard allows. What brings new behaviour is changed further.

Without --pics and --pixit the built-in reference device, a process of its own, is fuzzed.
Findings are confirmed by repetition, reduced, and stored below DIR/findings, each with
octets, transcript, capture, and the command that plays it again.

exit code: 0 no finding; 1 findings; 2 usage; 3 the device could not be tested, or was lost;
4 an error of the harness; 130 interrupted, and --resume goes on"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "fuzz",
        help="fuzz a device: from TPKT to what is signed and protected",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder of the campaign (default: a new one)")
    parser.add_argument("--pics", type=Path, metavar="FILE", help="what the device claims")
    parser.add_argument("--pixit", type=Path, metavar="FILE", help="how to reach and operate it")
    add_override(parser)
    add_spec_data(parser)
    parser.add_argument("--explore", action="store_true", help="allow the answer unknown in the PICS")
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument(
        "--for", type=duration, dest="seconds", metavar="TIME", help="end after 90s, 10m, 2h in all"
    )
    limit.add_argument("--cases", type=_count, metavar="N", help="end after so many cases in all")
    _add_choice(parser, "--layer", [layer.value for layer in Layer], "change this layer only; repeatable")
    _add_choice(parser, "--stack", list(STACKS), "associations of this kind only; repeatable")
    _add_choice(parser, "--role", [role.value for role in Role], "the device in this role only")
    parser.add_argument("--seed", type=_count, metavar="N", help="what cases are drawn from")
    parser.add_argument("--resume", action="store_true", help="go on with the campaign in DIR")
    parser.add_argument(
        "--workers",
        type=_workers,
        default=1,
        metavar="N",
        help="so many processes: all at your device, or each with a built-in one of its own",
    )
    parser.add_argument(
        "--regression", type=Path, metavar="DIR", help="play the findings below DIR again, and draw no cases"
    )
    parser.add_argument(
        "--pid-file",
        type=Path,
        metavar="FILE",
        help="the device is a process of this machine, of this number",
    )
    parser.add_argument(
        "--stderr", type=Path, metavar="FILE", help="where that process writes its standard error"
    )
    parser.add_argument("--unattended", action="store_true", help="ask nobody")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="built-in device: plant a fault"
    )
    parser.add_argument(
        "--fault-module", type=Path, metavar="FILE", help="built-in device: faults of your own"
    )
    parser.add_argument("--worker", type=_workers, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="print summary.json on standard output")
    parser.set_defaults(handler=run)


def _add_choice(parser: argparse.ArgumentParser, name: str, words: list[str], text: str) -> None:
    def known(given: str) -> str:
        if given not in words:
            raise argparse.ArgumentTypeError(f"no {name[2:]} {given!r}{did_you_mean(given, words)}")
        return given

    parser.add_argument(
        name, action="append", default=[], type=known, metavar="NAME", help=f"{text} ({', '.join(words)})"
    )


def run(args: argparse.Namespace) -> int:
    """Carry out the command and return its exit code.

    Raises:
        UsageError: files or options are wrong.
        DeclarationError: declarations are wrong.
        RecipeError: a finding of a regression corpus cannot be read.
    """
    options = _options(args)
    operator = Operator(ask if sys.stdin.isatty() and not args.unattended else None)
    colour = colour_allowed(sys.stdout, os.environ)
    line = FuzzLine(sys.stderr)
    with interruptions() as stopped:
        if args.regression is not None:
            results = regress(options, operator, args.regression, line.doing, stopped)
            line.clear()
            print(regression_text(results, colour=colour))
            if stopped():
                return INTERRUPTED
            if any(one.result is Result.REPRODUCED for one in results):
                return FINDINGS
            return 0 if all(one.result is Result.NOT_REPRODUCED for one in results) else NOT_TESTED
        if args.worker is not None:
            work(options, args.worker, stopped)
            return 0
        summary = fuzz(options, operator, line.tell, stopped)
    line.clear()
    if args.json:
        sys.stdout.write(render(summary).decode())
    else:
        print(summary_text(summary, options.options.out, colour=colour))
    return _exit_code(summary, interrupted=stopped())


def _exit_code(summary: Summary, *, interrupted: bool) -> int:
    if interrupted:
        return INTERRUPTED
    if summary.findings:
        return FINDINGS
    if summary.errors:
        return HARNESS
    return 0 if summary.complete and summary.cases else NOT_TESTED


def _options(args: argparse.Namespace) -> FuzzOptions:
    if args.out is None and args.resume:
        raise UsageError("--resume goes on with the campaign that --out names")
    if args.stderr is not None and args.pid_file is None:
        raise UsageError("--stderr goes with --pid-file")
    seed = args.seed
    if seed is None and not args.resume:
        seed = secrets.randbelow(1 << 32)
    return FuzzOptions(
        options=Options(
            out=args.out or Path(datetime.now(UTC).strftime("conform62351-fuzz-%Y%m%dT%H%M%SZ")),
            files=Files(args.pics, args.pixit),
            explore=args.explore,
            seed=seed,
            command=("conform62351", *sys.argv[1:]),
            faults=tuple(args.fault),
            fault_module=args.fault_module,
            overrides=tuple(args.overrides),
            spec_data=args.spec_data,
        ),
        limits=Limits(cases=args.cases, seconds=args.seconds),
        layers=tuple(args.layer),
        stacks=tuple(args.stack),
        roles=tuple(args.role),
        resume=args.resume,
        workers=args.workers,
        process_file=args.pid_file,
        errors_file=args.stderr,
    )


def duration(text: str) -> float:
    """Return the seconds that a word such as 90s, 10m or 2h says. Raises ArgumentTypeError for none."""
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if not 0 < seconds <= 366 * 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 90s, 10m or 2h")
    return seconds


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return int(text)


def _workers(text: str) -> int:
    count = _count(text)
    if not 1 <= count <= MAX_WORKERS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MAX_WORKERS}")
    return count
