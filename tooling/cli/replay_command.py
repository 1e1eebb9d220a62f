"""``conform62351 replay``: play a stored recipe again and say whether it shows the same."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from conform62351.reports.model.verdict import Verdict
from conform62351.reports.render.visible import visible
from conform62351.reports.render.words import plural
from conform62351.tooling.cli.progress import Progress
from conform62351.tooling.cli.run_command import add_override
from conform62351.tooling.cli.spec_data import add_spec_data
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.recipes import load_recipe
from conform62351.tooling.frontend.execution import Execution
from conform62351.tooling.frontend.fuzzing import FuzzedDevice
from conform62351.tooling.frontend.inputs import Files
from conform62351.tooling.frontend.options import Options
from conform62351.tooling.fuzz.findings import is_finding, load_finding
from conform62351.tooling.fuzz.replaying import Result, replay

EXIT_CODES: Final = {
    Result.REPRODUCED: 1,
    Result.NOT_REPRODUCED: 0,
    Result.SOMETHING_ELSE: 3,
    Result.NOT_PLAYABLE: 3,
}


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "replay",
        help="play the recipe of a failed case, or a finding of the fuzzer, again",
        description="Play the recipe of a failed case, or a finding of the fuzzer, again; times, nonces and "
        "keys are made afresh. Exit code 1: reproduced; 0: no longer; 3: something else was seen.",
    )
    parser.add_argument(
        "recipe", type=Path, metavar="FILE", help="recipe below evidence/ of a report, or finding.json"
    )
    parser.add_argument("--pics", type=Path, metavar="FILE")
    parser.add_argument("--pixit", type=Path, metavar="FILE")
    parser.add_argument("--explore", action="store_true", help="allow the answer unknown in the PICS")
    add_override(parser)
    add_spec_data(parser)
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME", help="built-in device: plant a fault"
    )
    parser.add_argument(
        "--fault-module", type=Path, metavar="FILE", help="built-in device: faults of your own"
    )
    parser.add_argument("--verbose", action="store_true", help="print every PDU")
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command.

    Raises:
        RecipeError: the file is neither a recipe nor a finding.
        UsageError: declarations are wrong.
    """
    if is_finding(args.recipe):
        return _replay_finding(args)
    recipe = load_recipe(args.recipe)
    with (
        tempfile.TemporaryDirectory(prefix="conform62351-replay-") as scratch,
        Execution(_options(args, Path(scratch)), _operator()) as execution,
    ):
        progress = Progress(sys.stdout, verbose=True, colour=False, live=False) if args.verbose else None
        checks = execution.replay(recipe, progress)
    shown = next((check for check in checks if check.verdict is not Verdict.PASS), None)
    print(f"{visible(recipe.case)}: {recipe.verdict.value}: {visible(recipe.got)}")
    for line in recipe.conversation.recipe():
        print(f"  {visible(line)}")
    if shown is None:
        print("not reproduced: every check passed")
        return 0
    same = shown.requirement == recipe.requirement and shown.verdict is recipe.verdict
    print(f"{'reproduced' if same else 'something else'}: {shown.verdict.value}: {visible(shown.got)}")
    return 1 if same else 3


def _options(args: argparse.Namespace, out: Path) -> Options:
    return Options(
        out=out,
        files=Files(args.pics, args.pixit),
        explore=args.explore,
        capture=False,
        faults=tuple(args.fault),
        fault_module=args.fault_module,
        overrides=tuple(args.overrides),
        spec_data=args.spec_data,
    )


def _operator() -> Operator:
    return Operator(input if sys.stdin.isatty() else None)


def _replay_finding(args: argparse.Namespace) -> int:
    """Play a finding of the fuzzer again."""
    finding = load_finding(args.recipe)
    with (
        tempfile.TemporaryDirectory(prefix="conform62351-replay-") as scratch,
        FuzzedDevice(_options(args, Path(scratch)), _operator(), Path(scratch)) as device,
    ):
        played = replay(device.examiner, finding)
        if args.verbose:
            print(visible(device.ring.transcript(), lines=True), end="")
    print(f"{visible(finding.name)}: {visible(finding.complaint.text)}")
    if len(finding.cases) > 1:
        print(f"  behind {plural(len(finding.before), 'other case')}:")
    for line in finding.case.recipe():
        print(f"  {visible(line)}")
    print(f"{played.result.value}: {visible(played.seen)}")
    return EXIT_CODES[played.result]
