"""A run from its inputs to its reports: the one path that both front ends take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from conform62351.fixtures.device.process import DeviceProcess
from conform62351.pics.pixit_actions import DEFAULT_CONFIGURATION
from conform62351.profiles.mms import codec
from conform62351.reports.model import events as e
from conform62351.reports.model.eventlog import EventLog
from conform62351.reports.model.report import RunReport
from conform62351.reports.model.run import load_report
from conform62351.reports.render.files import write_reports
from conform62351.suites.loading import load
from conform62351.tooling.engine.actions import ActionFailed, Operator
from conform62351.tooling.engine.case import Case
from conform62351.tooling.engine.configuring import configuration_at_start
from conform62351.tooling.engine.dut import Dut
from conform62351.tooling.engine.means import misdirected, offered_by
from conform62351.tooling.engine.planner import Plan, make_plan, select
from conform62351.tooling.engine.player import Player
from conform62351.tooling.engine.reading_search import settle_reading
from conform62351.tooling.engine.recipes import Recipe
from conform62351.tooling.engine.runlog import RunLog
from conform62351.tooling.engine.runner import FLAWS_OF_OURS, Runner
from conform62351.tooling.engine.sanity import Sanity
from conform62351.tooling.engine.security import NATIVE, WITH_AUTHENTICATION, means_of, needed_for
from conform62351.tooling.engine.signing_times import STATE_FILE
from conform62351.tooling.frontend.announcement import announce
from conform62351.tooling.frontend.builtin_device import serve_revocation, start_builtin
from conform62351.tooling.frontend.continuation import NEW_RUN, Continuation, continue_run
from conform62351.tooling.frontend.deviation_ledger import NEW_DEVIATIONS, DeviationLedger
from conform62351.tooling.frontend.inputs import Inputs, UsageError, load_inputs
from conform62351.tooling.frontend.options import Options, selector
from conform62351.tooling.frontend.run_capture import RunCapture
from conform62351.tooling.frontend.signals import undisturbed
from conform62351.tooling.frontend.tester_credentials import check_credentials
from conform62351.tooling.net.clock import Clock
from conform62351.tooling.net.errors import NetError
from conform62351.tooling.net.manifest import CredentialError
from conform62351.tooling.net.revocation_server import RevocationServer


@dataclass
class Prepared:
    """A run that is ready to start: nothing has been sent yet.

    ``serves_revocation``: it is about certificates of the tester's folder, whose revocation data have to be
    served.
    """

    inputs: Inputs
    plan: Plan
    dut: Dut
    before: Continuation
    serves_revocation: bool


class Execution:
    """Prepares and runs; use it as a context manager, so that the built-in device ends with it."""

    def __init__(self, options: Options, operator: Operator) -> None:
        self.options = options
        self._operator = operator
        self._stack = ExitStack()
        self._clock = Clock()
        self._capture: RunCapture | None = None
        self._log: EventLog | None = None
        self._runlog: RunLog | None = None
        self._runner: Runner | None = None
        self._prepared: Prepared | None = None
        self._device: DeviceProcess | None = None
        self._revocation: RevocationServer | None = None

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def prepare(self) -> Prepared:
        """Read the inputs, start the built-in device if it is meant, and plan.

        Raises:
            UsageError: files or options are wrong.
            NothingSelected: the selection leaves no case.
        """
        options = self.options
        if not options.files.builtin and (options.faults or options.fault_module):
            raise UsageError("--fault and --fault-module are for the built-in device only")
        selectors = [selector(text) for text in options.selectors]
        exclude = [selector(text) for text in options.exclude]
        inputs = load_inputs(
            options.files,
            explore=options.explore,
            overrides=options.overrides,
            spec_data=options.spec_data,
        )
        chosen = select(load(), selectors, exclude)
        secured = _needs_credentials(chosen, inputs)
        serves_revocation = secured and bool(inputs.pixit.text("pki.folder"))
        if options.files.builtin:
            inputs = self._with_device(inputs, secured=secured)
        before = NEW_RUN
        if options.into:
            before = continue_run(options.out, inputs)
        elif not _is_free(options.out):
            raise UsageError(f"{options.out} is not empty; --into adds to a run of the same device")
        dut = Dut(
            inputs.declaration,
            inputs.pixit,
            clock=self._clock,
            operator=self._operator,
            builtin=options.files.builtin,
            state=options.out / STATE_FILE if options.files.builtin else None,
            spec=inputs.spec,
        )
        dut.revocation = self._revocation
        self._stack.callback(dut.close)
        costs = {
            name: entry.cost
            for name, entry in inputs.pixit.configurations.items()
            if name == DEFAULT_CONFIGURATION or dut.actions.offers(entry.action)
        }
        stacks = {name: entry.stack for name, entry in inputs.pixit.configurations.items()}
        way_back = dut.actions.offers(inputs.pixit.configurations[DEFAULT_CONFIGURATION].action)
        try:
            offered = offered_by(dut)
            plan = make_plan(chosen, inputs.declaration, offered, costs, stacks, way_back=way_back)
            if dut.security.folder is not None:
                check_credentials(dut.security.folder, _resting_on(plan, stacks), self._clock.unix())
        except CredentialError as error:
            raise UsageError(f"pki.folder: {error}") from error
        # What it takes would count as time that the device takes.
        codec.prepare()
        return Prepared(inputs, plan, dut, before, serves_revocation)

    def _with_device(self, inputs: Inputs, *, secured: bool) -> Inputs:
        self._device, given, self._revocation = start_builtin(
            self.options, inputs.pixit, self._clock, self._stack, secured=secured
        )
        device = self._device
        loaded = load_inputs(
            self.options.files,
            explore=self.options.explore,
            substitutions={"control": device.control},
            overrides=self.options.overrides,
        )
        return replace(inputs, pixit=loaded.pixit.with_overrides(given))

    def run(
        self,
        prepared: Prepared,
        observer: Callable[[e.AnyEvent], None],
        between: Callable[[], None] = lambda: None,
    ) -> RunReport:
        """Execute the plan, write the reports below ``out`` and return the report.

        A KeyboardInterrupt ends the run early; the report is then marked incomplete.

        Raises:
            UsageError: the output directory, the capture or the reports cannot be written.
            EventLogError: the event log cannot be written any more.
        """
        runner = self.start(prepared, observer)
        incomplete = "harness error"
        try:
            runner.run(between)
            incomplete = ""
        except KeyboardInterrupt:
            incomplete = "interrupted"
        finally:
            report = self.finish(incomplete)
        return report

    def start(self, prepared: Prepared, observer: Callable[[e.AnyEvent], None]) -> Runner:
        """Open the event log and the capture, and return the runner of the plan.

        Raises:
            UsageError: the output directory or the capture cannot be written, or revocation data cannot be
                served.
        """
        out = self.options.out
        astray = misdirected(prepared.dut)
        if prepared.serves_revocation:
            prepared.dut.revocation = serve_revocation(prepared.inputs.pixit, self._stack)
        try:
            out.mkdir(parents=True, exist_ok=True)
            path = out / f"capture{prepared.before.number or ''}.pcapng" if self.options.capture else None
            self._capture = RunCapture(path, prepared.dut, prepared.plan, self._clock)
            observe = self._capture.marking(observer)
            self._log = self._stack.enter_context(EventLog(out / "events.jsonl", observe))
        except (OSError, NetError) as error:
            raise UsageError(f"the run cannot start: {error}") from error
        self._runlog = RunLog(self._log, self._clock, offset=prepared.before.last_t)
        announce(
            self._runlog,
            self.options,
            prepared.inputs,
            prepared.plan,
            capture=self._capture.how,
            started=self._clock.utc(),
        )
        if astray:
            self._runlog.note(astray)
        self._prepared = prepared
        self._runner = Runner(
            prepared.dut,
            self._runlog,
            out,
            prepared.plan,
            prepared.inputs.deviations,
            attempts_before=prepared.before.attempts,
            passed_before=prepared.before.passed,
        )
        return self._runner

    @undisturbed()
    def finish(self, incomplete: str = "") -> RunReport:
        """End the run that :meth:`start` began, write the reports and return the report.

        ``incomplete`` says why not everything planned was executed.

        Raises:
            UsageError: a report cannot be written; the event log holds all that it would say.
            EventLogError: the event log cannot be written any more.
        """
        assert self._log is not None
        assert self._runlog is not None
        assert self._runner is not None
        assert self._prepared is not None
        assert self._capture is not None
        self._runlog.case = ""
        self._capture.stop(self._runlog)
        if self._device is not None:
            self._device.stop()
            if self._device.errors:
                self._runlog.note(f"the built-in device wrote on standard error: {self._device.errors}")
        ledger = DeviationLedger(self._prepared.inputs, self._runner.outcomes, self._clock.utc().date())
        for remark in ledger.remarks(load()):
            self._runlog.note(remark)
        self._log.write(e.RunFinished(t=self._runlog.now(), complete=not incomplete, reason=incomplete))
        report = load_report(self.options.out / "events.jsonl")
        try:
            write_reports(report, self.options.out)
            ledger.write_new(self.options.out / NEW_DEVIATIONS)
        except OSError as error:
            raise UsageError(f"the reports cannot be written: {error}") from error
        return report

    def replay(self, recipe: Recipe, observer: Callable[[e.AnyEvent], None] | None) -> list[e.CheckMade]:
        """Play the conversation of a recipe against the device and return its checks.

        Raises:
            UsageError: files or options are wrong, the case no longer exists, or the recipe cannot be played.
        """
        if recipe.case not in load():
            raise UsageError(f"the recipe is of {recipe.case}, which this version does not have")
        self.options = replace(self.options, selectors=(recipe.case,), exclude=())
        prepared = self.prepare()
        if prepared.serves_revocation:
            prepared.dut.revocation = serve_revocation(prepared.inputs.pixit, self._stack)
        self._configure(prepared, load()[recipe.case].configuration)
        self.options.out.mkdir(parents=True, exist_ok=True)
        log = self._stack.enter_context(EventLog(self.options.out / "events.jsonl", observer))
        runlog = RunLog(log, self._clock)
        runlog.case = recipe.case
        sanity = Sanity(prepared.dut, runlog)
        if prepared.dut.stack in (*WITH_AUTHENTICATION, *NATIVE):
            # As before a case in a run: it tells the tester what the device's clock says.
            sanity.associates(required=False)
            settle_reading(prepared.dut, runlog)
        player = Player(prepared.dut, runlog, recipe.case, 1, sanity.associates)
        try:
            return player.play(recipe.conversation)
        except FLAWS_OF_OURS as error:
            raise UsageError(f"the recipe cannot be played: {error}") from error

    @staticmethod
    def _configure(prepared: Prepared, name: str) -> None:
        if name == configuration_at_start(prepared.dut):
            return
        if name not in prepared.inputs.pixit.configurations:
            raise UsageError(f"the recipe needs configuration {name}, which the PIXIT does not have")
        try:
            prepared.dut.configure(name)
        except ActionFailed as error:
            raise UsageError(f"the device cannot be configured as {name}: {error}") from error


def _needs_credentials(chosen: Sequence[tuple[Case, bool]], inputs: Inputs) -> bool:
    """Return whether one of the cases that the PICS selects needs credentials of the tester."""
    stacks = {name: entry.stack for name, entry in inputs.pixit.configurations.items()}
    bare = make_plan(chosen, inputs.declaration, (), dict.fromkeys(stacks, 0.0), stacks)
    return any(means.startswith(means_of("")) for entry in bare.entries for means in entry.missing)


def _resting_on(plan: Plan, stacks: Mapping[str, str]) -> list[str]:
    """Return the tester's credentials that the associations of a plan rest on."""
    entries = [entry for entry in plan.entries if entry.executable and not entry.case.review]
    used = [name for entry in entries for name in needed_for(stacks[entry.case.configuration])]
    return list(dict.fromkeys(used))


def _is_free(out: Path) -> bool:
    """Return whether ``out`` can become the directory of a run.

    Raises:
        UsageError: nobody can tell.
    """
    try:
        return not any(out.iterdir())
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        return False
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror}") from error
