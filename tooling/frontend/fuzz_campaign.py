"""A campaign of the fuzzer from its options to its summary, in this process or in several."""

from __future__ import annotations

import contextlib
import gc
import shlex
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from conform62351.reports.model.atomic import write_atomically
from conform62351.reports.render.fuzz import render_fuzz
from conform62351.tooling.engine.actions import Operator
from conform62351.tooling.engine.recipes import RecipeError
from conform62351.tooling.frontend.fuzz_options import FuzzOptions
from conform62351.tooling.frontend.fuzz_shared import share_of, shareable
from conform62351.tooling.frontend.fuzz_workers import Doing, Ended, run_workers, say
from conform62351.tooling.frontend.fuzzing import FuzzedDevice
from conform62351.tooling.frontend.inputs import UsageError
from conform62351.tooling.fuzz.campaign import Campaign
from conform62351.tooling.fuzz.findings import RECIPE_FILE, Finding, FindingStore, is_finding, load_finding
from conform62351.tooling.fuzz.outcome import Part
from conform62351.tooling.fuzz.progress import Progress, Tell
from conform62351.tooling.fuzz.replaying import Result, replay
from conform62351.tooling.fuzz.state import SETTINGS_FILE, CampaignState, Settings, load_settings
from conform62351.tooling.fuzz.storing import StateError
from conform62351.tooling.fuzz.summary import FindingRow, NotTested, Summary, render

SUMMARY_FILE: Final = "summary.json"
REPORT_FILE: Final = "fuzz.html"
WRITE_EVERY_S: Final = 5.0
Stopped = Callable[[], bool]


class RegressionEntry(msgspec.Struct, frozen=True):
    """What became of one entry of a regression corpus: its file, and what it was a finding of."""

    path: str
    told: str
    result: Result
    seen: str


def fuzz(options: FuzzOptions, operator: Operator, tell: Tell, stopped: Stopped) -> Summary:
    """Run a campaign and return its summary, which lies in its folder as well, with a report.

    Raises:
        UsageError: files or options are wrong, or the folder cannot be used.
        DeclarationError: declarations are wrong.
    """
    out = options.options.out
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with _folder_used(out):
        if options.workers > 1:
            with shareable(options, operator):
                part, device = run_workers(options, tell, stopped)
            summary = _summary(options, part, device, started, stopped)
        else:
            summary = _alone(options, operator, tell, stopped, started)
        _write(summary, out)
    return summary


@contextlib.contextmanager
def _folder_used(folder: Path) -> Iterator[None]:
    """Make a folder and use it. Raises UsageError where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except (StateError, RecipeError) as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror}") from error


def settings_of(options: FuzzOptions, device: FuzzedDevice, folder: Path, worker: int = 0) -> Settings:
    """Return the settings of a campaign; one that goes on keeps those that are not given anew.

    Raises:
        StateError: there is no campaign to go on with.
    """
    before = load_settings(folder) if options.resume else None
    seed = options.options.seed
    return Settings(
        device=device.name,
        inputs={} if device.builtin else device.inputs.hashes,
        seed=before.seed if before is not None and seed is None else seed or 0,
        layers=options.layers or (before.layers if before is not None else ()),
        stacks=options.stacks or (before.stacks if before is not None else ()),
        roles=options.roles or (before.roles if before is not None else ()),
        faults=options.options.faults or (before.faults if before is not None else ()),
        worker=worker,
    )


def campaign_part(
    options: FuzzOptions,
    operator: Operator,
    folder: Path,
    worker: int,
    tell: Callable[[Progress, Campaign], None],
    stopped: Stopped,
) -> tuple[Part, str]:
    """Run what one process does of a campaign, in ``folder``; return what it came to, and the device's name.

    Raises:
        StateError: the folder cannot be used.
        UsageError, DeclarationError: files or options are wrong.
    """
    if options.resume and not options.options.faults:
        # A device that goes on is the one that it was.
        planted = replace(options.options, faults=load_settings(folder).faults)
        options = replace(options, options=planted)
    with (
        share_of(options, worker, stopped) as share,
        FuzzedDevice(
            options.options,
            operator,
            folder,
            process_file=options.process_file,
            errors_file=options.errors_file,
            share=share,
        ) as device,
    ):
        settings = settings_of(options, device, folder, worker)
        state = CampaignState(folder, settings, resume=options.resume)
        try:
            campaign = Campaign(
                device.examiner,
                settings,
                state,
                FindingStore(options.options.out),
                device.evidence,
                tell=lambda progress: tell(progress, campaign),
                stopped=stopped,
            )
            # What is there by now stays for good: collections need not go through it again and again.
            gc.freeze()
            campaign.run(options.limits)
            return Part.of(campaign, settings.seed), device.name
        finally:
            state.close()


def work(options: FuzzOptions, worker: int, stopped: Stopped) -> None:
    """Be one of several workers: fuzz, and tell the process that has started this one.

    Raises:
        UsageError: files or options are wrong, or the folder cannot be used.
        DeclarationError: declarations are wrong.
    """
    folder = options.options.out / f"worker-{worker}"
    alone = False

    def told(progress: Progress, _: Campaign) -> None:
        nonlocal alone
        try:
            say(Doing(progress))
        except BrokenPipeError:
            alone = True

    # One that did not come to begin has nothing to go on with.
    resume = options.resume and (folder / SETTINGS_FILE).exists()
    with _folder_used(folder):
        part, device = campaign_part(
            replace(options, resume=resume),
            Operator(None),
            folder,
            worker,
            told,
            lambda: alone or stopped(),
        )
    with contextlib.suppress(BrokenPipeError):
        say(Ended(part, device))


def _alone(options: FuzzOptions, operator: Operator, tell: Tell, stopped: Stopped, started: str) -> Summary:
    out = options.options.out
    written = 0.0

    def told(progress: Progress, campaign: Campaign) -> None:
        nonlocal written
        tell(progress)
        if progress.seconds - written >= WRITE_EVERY_S:
            written = progress.seconds
            part = Part.of(campaign, 0)
            so_far = _summary(options, part, "", started, stopped, "under way")
            write_atomically(out / SUMMARY_FILE, render(so_far))

    part, device = campaign_part(options, operator, out, 0, told, stopped)
    return _summary(options, part, device, started, stopped)


def _summary(
    options: FuzzOptions, part: Part, device: str, started: str, stopped: Stopped, reason: str = ""
) -> Summary:
    out = options.options.out
    counts = part.counts
    if stopped():
        reason = "interrupted"
    store = FindingStore(out)
    words = tuple(options.options.device_words())
    return Summary(
        version=metadata.version("conform62351"),
        device=device,
        builtin=options.options.files.builtin,
        seed=part.seed,
        workers=options.workers,
        started=started,
        elapsed_s=round(counts.seconds, 1),
        cases=counts.cases,
        rate=round(counts.cases / counts.seconds, 1) if counts.seconds > 0 else 0.0,
        behaviours=counts.behaviours,
        corpus=part.corpus,
        undelivered=counts.undelivered,
        unavailable=counts.unavailable,
        resets=counts.resets,
        layers=_sorted(counts.layers),
        bases=_sorted(counts.bases),
        reactions=_sorted(counts.reactions),
        findings=[_row(one, store, out, counts.seen, words) for one in store.findings()],
        unconfirmed=[_row(one, store, out, counts.seen, words) for one in store.findings(confirmed=False)],
        not_tested=[NotTested(name, why) for name, why in part.not_tested.items()],
        errors=[NotTested(name, why) for name, why in part.errors.items()],
        lost=list(part.lost),
        complete=not (reason or part.gone),
        reason=reason or part.gone,
        command=list(options.options.command),
    )


def _sorted(counted: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _row(
    finding: Finding, store: FindingStore, out: Path, seen: dict[str, int], words: Sequence[str]
) -> FindingRow:
    folder = store.path(finding)
    recipe = folder / RECIPE_FILE
    complaint = finding.complaint
    return FindingRow(
        name=finding.name,
        oracle=complaint.oracle,
        severity=complaint.severity,
        clause=complaint.clause,
        provenance=complaint.provenance,
        text=complaint.text,
        reaction=str(finding.reaction),
        place=list(finding.place),
        base=finding.case.base,
        layer=finding.case.layer,
        mutators=list(finding.case.mutators),
        mutations=[str(placed) for placed in finding.case.mutations],
        steps=finding.case.recipe(),
        before=len(finding.before),
        rounds=finding.rounds,
        case=finding.number,
        confirmed=finding.confirmed,
        repeated=finding.repeated,
        reduced=finding.reduced,
        seen=seen.get(finding.name, 1),
        recipe=str(recipe.relative_to(out)),
        evidence=sorted(path.name for path in folder.iterdir() if path != recipe),
        replay=shlex.join(["conform62351", "replay", str(recipe), *words]),
    )


def _write(summary: Summary, out: Path) -> None:
    write_atomically(out / SUMMARY_FILE, render(summary))
    write_atomically(out / REPORT_FILE, render_fuzz(summary))


def regress(
    options: FuzzOptions,
    operator: Operator,
    corpus: Path,
    doing: Callable[[str], None],
    stopped: Stopped,
) -> list[RegressionEntry]:
    """Play the findings below ``corpus`` again, one after the other, and return what became of each.

    Raises:
        UsageError: files or options are wrong, or there is no finding.
        RecipeError: a finding is of another version.
    """
    paths = [path for path in sorted(corpus.rglob("*.json")) if is_finding(path)]
    if not paths:
        raise UsageError(f"{corpus}: no findings of the fuzzer there")
    findings = [(path, load_finding(path)) for path in paths]
    results: list[RegressionEntry] = []
    with (
        tempfile.TemporaryDirectory(prefix="conform62351-regression-") as folder,
        FuzzedDevice(
            options.options,
            operator,
            Path(folder),
            process_file=options.process_file,
            errors_file=options.errors_file,
        ) as device,
    ):
        for path, finding in findings:
            if stopped():
                break
            doing(f"{len(results)} of {len(findings)} played, now {finding.name}")
            played = replay(device.examiner, finding)
            results.append(RegressionEntry(str(path), finding.complaint.text, played.result, played.seen))
    return results
