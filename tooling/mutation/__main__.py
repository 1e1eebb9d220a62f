"""``python -m conform62351.tooling.mutation``: mutants of the reference device, and the cases that kill them.

Each mutant is the device with one line of compatibility or native mode changed, in a process of its own; the
tester is what is installed. What is found stands in a folder and is not sought again while sources and cases
stay as they are. Exits with 0 when all mutants that were asked for have been tried, the score is reached and
every survivor is explained, with 1 when not, with 3 when some have not been tried.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from conform62351.tooling.mutation.cases import playable
from conform62351.tooling.mutation.executing import Executed, Kept
from conform62351.tooling.mutation.explained import ExplanationError, explanations, reason_for
from conform62351.tooling.mutation.judging import HarnessError, Judged
from conform62351.tooling.mutation.mutants import Mutant
from conform62351.tooling.mutation.results import Results, digest
from conform62351.tooling.mutation.running import Job, Workers
from conform62351.tooling.mutation.scope import (
    PROFILES,
    all_mutants,
    in_chance_order,
    modules_of_device,
    mutable,
)
from conform62351.tooling.mutation.selecting import Selection
from conform62351.tooling.mutation.summary import WANTED, Summary

INCOMPLETE = 3
STATE = "conform62351-mutation"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m conform62351.tooling.mutation", description=(__doc__ or "").partition("\n\n")[2]
    )
    parser.add_argument("module", nargs="*", help="its name below profiles, or the beginning of it")
    parser.add_argument("--state", type=Path, default=Path(STATE), help=f"folder for results ({STATE})")
    parser.add_argument("--sample", type=int, metavar="N", help="try N mutants, taken at random")
    parser.add_argument("--seed", type=int, default=1, help="which sample (default: 1)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes of the tester")
    parser.add_argument("--limit", type=float, default=7200, metavar="S", help="begin no mutant after that")
    parser.add_argument("--tries", type=int, default=40, help="cases for a mutant at most (default: 40)")
    parser.add_argument("--mutant-limit", type=float, default=20, metavar="S", help="seconds for a mutant")
    parser.add_argument("--survivors", action="store_true", help="try again what survived, and nothing else")
    parser.add_argument("--report", action="store_true", help="try nothing, report what is known")
    parser.add_argument("--list", action="store_true", help="list the mutants and end")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser.parse_args()


def main() -> int:
    """Run the command and return its exit code."""
    arguments = _arguments()
    try:
        known = explanations()
    except ExplanationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    modules = modules_of_device()
    wanted = tuple(PROFILES + name for name in arguments.module) or (PROFILES,)
    mutants = [one for one in all_mutants(modules) if one.module.startswith(wanted)]
    if arguments.list:
        for one in mutants:
            sys.stdout.write(f"{one.module}:{one.line} {one.function}: {one.operator}: {one.change}\n")
        return 0
    mutants = in_chance_order(mutants, arguments.seed)[: arguments.sample]
    arguments.state.mkdir(parents=True, exist_ok=True)
    results = Results(arguments.state / "results.jsonl")
    sources = digest()
    cases = playable()
    found = {one.key: result for one in mutants if (result := results.of(one, sources, cases))}
    waiting = [one for one in mutants if one.key not in found]
    if arguments.survivors:
        waiting = [one for one in mutants if results.survived(one)]
    # What has no reason yet is tried first: nearly all that have one survive, and that takes longest.
    waiting.sort(key=lambda one: bool(reason_for(one, known)))
    if waiting and not arguments.report:
        _try(arguments, mutants, waiting, mutable(modules), results, sources)
    judged = {one.key: result.judged for one in mutants if (result := results.of(one, sources, cases))}
    summary = Summary(sorted(mutants, key=lambda one: (one.module, one.start)), judged, known)
    if arguments.json:
        sys.stdout.write(json.dumps(summary.as_json(), indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in summary.lines())
    if summary.counts["not tried"]:
        return INCOMPLETE
    return 0 if summary.score >= WANTED and not summary.survivors and not summary.stale else 1


def _try(
    arguments: argparse.Namespace,
    mutants: Sequence[Mutant],
    waiting: Sequence[Mutant],
    modules: Sequence[str],
    results: Results,
    sources: str,
) -> None:
    until = time.monotonic() + arguments.limit
    with Workers(arguments.workers, modules, tries=arguments.tries, limit=arguments.mutant_limit) as workers:
        executed = _executed(arguments.state / "executed.jsonl", workers, sources)
        cases = {name: case for name, (case, _) in playable().items()}
        selection = Selection(
            modules,
            executed,
            lambda case: f"{cases[case].group} {cases[case].configuration}",
            lambda case: f"{case} {cases[case].purpose}",
        )
        for one in mutants:
            if case := results.killer(one):
                selection.learn(one, case)
        count = 0

        def done(mutant: Mutant, judged: Judged | HarnessError) -> None:
            nonlocal count
            count += 1
            told = f"the tester failed: {judged}"
            if isinstance(judged, Judged):
                results.add(mutant, sources, judged)
                if judged.by:
                    selection.learn(mutant, judged.by)
                told = f"{judged.outcome.value} {judged.by} in {judged.seconds:.1f} s"
            place = f"{mutant.module.removeprefix(PROFILES)}:{mutant.line}"
            sys.stderr.write(f"{count}/{len(waiting)} {place} {mutant.change[:50]}: {told}\n")

        workers.judge((Job(one, selection.cases(one)) for one in waiting), done, until)


def _executed(path: Path, workers: Workers, sources: str) -> Mapping[str, Executed | None]:
    kept = Kept(path, sources)
    cases = [case for case, _ in playable().values()]
    left = sorted((one for one in cases if one.id not in kept.executed), key=lambda one: one.configuration)

    def done(executed: Mapping[str, Executed | None]) -> None:
        kept.add(executed)
        sys.stderr.write(f"{len(kept.executed) - 1}/{len(cases)} cases played for what they execute\n")

    workers.execute([one.id for one in left], done)
    failed = [case for case, lines in kept.executed.items() if lines is None]
    if failed:
        sys.stderr.write(f"the correct device does not pass {' '.join(failed)}\n")
    return kept.executed


if __name__ == "__main__":
    sys.exit(main())
